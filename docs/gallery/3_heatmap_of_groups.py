"""Regions and groups as a heat map.

One row per region and one column per group. Darker means more.
"""

from emotopy.export import read_result

result = read_result("emotopy-demo/texts")
figure = result.plot.heatmap()
