"""A map of texts.

One point per text, coloured by its group. UMAP keeps neighbours, but not distances.
"""

from emotopy.export import read_result

result = read_result("emotopy-demo/texts")
figure = result.plot.text_map(colour_by="group")
