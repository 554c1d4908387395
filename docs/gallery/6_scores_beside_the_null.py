"""Scores of a decoding beside their null.

The correlation r of each emotion, with listeners as ticks, beside the scores of surrogate ratings.
"""

from emotopy.export import read_result

decoding = read_result("emotopy-demo/brain")
figure = decoding.plot.scores()
