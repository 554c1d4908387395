"""What a story's text predicts, on the brain.

The weights that a story's text predicts for each region. The bridge compares them with the weights of the decoder.
"""

from emotopy.export import read_result

bridge = read_result("emotopy-demo/bridge")
figure = bridge.plot.brain()
