"""Groups on the brain.

How far the texts of each group lean to each region, against all texts (`relative`, in SD of single texts).
"""

from emotopy.export import read_result

result = read_result("emotopy-demo/texts")
figure = result.plot.brain()
