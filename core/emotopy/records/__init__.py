"""Records: what flows between stages. Frozen, with named axes, checked once when they are made."""

from emotopy.records.axes import BoolArray, FloatArray, IntArray, axes
from emotopy.records.regions import Node, RegionAxis, RegionWeights, label
from emotopy.records.result import Result
from emotopy.records.text import Clusters, Corpus, Intensities, Level, RegionMapping

__all__ = [
    "BoolArray",
    "Clusters",
    "Corpus",
    "FloatArray",
    "IntArray",
    "Intensities",
    "Level",
    "Node",
    "RegionAxis",
    "RegionMapping",
    "RegionWeights",
    "Result",
    "axes",
    "label",
]
