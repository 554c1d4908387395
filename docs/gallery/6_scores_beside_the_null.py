"""Scores of a decoding beside their null.

r of each emotion, listeners as ticks, beside the scores of surrogate ratings.
"""

from emotopy.export import read_result

decoding = read_result("emotopy-demo/brain")
figure = decoding.plot.scores()
