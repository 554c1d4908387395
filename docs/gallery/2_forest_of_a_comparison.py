"""Two groups compared, region by region.

Hedges' g with its 95 % interval. Writers are the units. Filled markers have a family-wise p below 0.05.
"""

from emotopy.export import read_result

comparison = read_result("emotopy-demo/comparison")
figure = comparison.plot.forest(measure="relative", width="one")
