"""Records: what flows between stages. Frozen, with named axes, checked once when they are made."""

from emotopy.records.axes import BoolArray, FloatArray, IntArray, axes
from emotopy.records.mapped import Mapped
from emotopy.records.regions import Node, RegionAxis, RegionWeights, label
from emotopy.records.result import RegionResult, Result
from emotopy.records.text import ALL_TEXTS, Clusters, Corpus, Intensities, Level, RegionMapping

__all__ = [
    "ALL_TEXTS",
    "BoolArray",
    "Clusters",
    "Corpus",
    "FloatArray",
    "IntArray",
    "Intensities",
    "Level",
    "Mapped",
    "Node",
    "RegionAxis",
    "RegionMapping",
    "RegionResult",
    "RegionWeights",
    "Result",
    "axes",
    "label",
]
