"""Decoded beside annotated emotion over a story.

The decoded line is the mean over listeners, and its band contains their middle half. Each title gives r and the 95 %
quantile of its null distribution.
"""

from emotopy.export import read_result

decoding = read_result("emotopy-demo/brain")
figure = decoding.plot.course(emotions=["fear"])
