"""Groups on the brain.

The mean profile of each group in each region (`relative`), in standard deviations of single reference segments.
"""

from emotopy.export import read_result

result = read_result("emotopy-demo/texts")
figure = result.plot.brain()
