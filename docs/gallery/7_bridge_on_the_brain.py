"""What a story's text predicts, on the brain.

Weights of regions that the bridge compares with those that the decoder reads.
"""

from emotopy.export import read_result

bridge = read_result("emotopy-demo/bridge")
figure = bridge.plot.brain()
