"""Gone: the data set `daic-woz` is offered by a plugin."""

from emotopy.datasets.moved import moved

__getattr__ = moved(__name__, {"load_daic_woz": 'write emotopy.load_dataset("daic-woz", DIR)'})
