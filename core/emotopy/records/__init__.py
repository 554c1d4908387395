"""Records: what flows between stages. Frozen, with named axes, checked once at the door."""

from emotopy.records.axes import BoolArray, FloatArray, IntArray, axes
from emotopy.records.regions import Node, RegionWeights, label
from emotopy.records.text import Clusters, Corpus, Intensities, Level, Mapping, MappingInputs

__all__ = [
    "BoolArray",
    "Clusters",
    "Corpus",
    "FloatArray",
    "IntArray",
    "Intensities",
    "Level",
    "Mapping",
    "MappingInputs",
    "Node",
    "RegionWeights",
    "axes",
    "label",
]
