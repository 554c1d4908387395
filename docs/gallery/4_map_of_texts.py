"""A map of texts.

A point per text, coloured by its group. Points from UMAP keep neighbours, no distances.
"""

from emotopy.export import read_result

result = read_result("emotopy-demo/texts")
figure = result.plot.text_map(colour_by="group")
