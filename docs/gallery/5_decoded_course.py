"""Decoded beside annotated emotion over a story.

The decoded line is the mean over listeners, its band their middle half; each title has r and what 95 % of surrogate
ratings stay below.
"""

from emotopy.export import read_result

decoding = read_result("emotopy-demo/brain")
figure = decoding.plot.course(emotions=["fear"])
