"""Gone: the data set `alice` is offered by a plugin."""

from emotopy.datasets.moved import moved

__getattr__ = moved(__name__, {"load_alice": 'write emotopy.load_dataset("alice", DIR)'})
