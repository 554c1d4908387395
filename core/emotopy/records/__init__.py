"""Records: what flows between stages. Frozen, with named axes, checked once when they are made."""

from emotopy.records.axes import BoolArray as BoolArray
from emotopy.records.axes import FloatArray as FloatArray
from emotopy.records.axes import IntArray as IntArray
from emotopy.records.axes import axes as axes
from emotopy.records.brain import EmotionCourse as EmotionCourse
from emotopy.records.brain import Narrative as Narrative
from emotopy.records.brain import Ratings as Ratings
from emotopy.records.brain import RegionSeries as RegionSeries
from emotopy.records.brain import Windowing as Windowing
from emotopy.records.brain import Word as Word
from emotopy.records.dataset_info import DatasetCard as DatasetCard
from emotopy.records.dataset_info import LeftOut as LeftOut
from emotopy.records.dataset_info import left_out_of as left_out_of
from emotopy.records.dataset_info import notes_of as notes_of
from emotopy.records.dataset_info import with_remarks as with_remarks
from emotopy.records.mapped import Mapped as Mapped
from emotopy.records.regions import Node as Node
from emotopy.records.regions import RegionAxis as RegionAxis
from emotopy.records.regions import RegionWeights as RegionWeights
from emotopy.records.regions import label as label
from emotopy.records.report import Fragment as Fragment
from emotopy.records.report import PageLimits as PageLimits
from emotopy.records.report import Places as Places
from emotopy.records.report import ReportSection as ReportSection
from emotopy.records.report import ReportSections as ReportSections
from emotopy.records.report import ResultWithPlaces as ResultWithPlaces
from emotopy.records.report import ShowsTexts as ShowsTexts
from emotopy.records.result import RegionResult as RegionResult
from emotopy.records.result import Result as Result
from emotopy.records.text import ALL_TEXTS as ALL_TEXTS
from emotopy.records.text import ANY_LANGUAGE as ANY_LANGUAGE
from emotopy.records.text import AUTO_LANGUAGE as AUTO_LANGUAGE
from emotopy.records.text import Clusters as Clusters
from emotopy.records.text import Corpus as Corpus
from emotopy.records.text import Intensities as Intensities
from emotopy.records.text import Level as Level
from emotopy.records.text import RegionMapping as RegionMapping
from emotopy.records.text import UnitWeights as UnitWeights

__all__ = [
    "ALL_TEXTS",
    "ANY_LANGUAGE",
    "AUTO_LANGUAGE",
    "BoolArray",
    "Clusters",
    "Corpus",
    "DatasetCard",
    "EmotionCourse",
    "FloatArray",
    "Fragment",
    "IntArray",
    "Intensities",
    "LeftOut",
    "Level",
    "Mapped",
    "Narrative",
    "Node",
    "PageLimits",
    "Places",
    "Ratings",
    "RegionAxis",
    "RegionMapping",
    "RegionResult",
    "RegionSeries",
    "RegionWeights",
    "ReportSection",
    "ReportSections",
    "Result",
    "ResultWithPlaces",
    "ShowsTexts",
    "UnitWeights",
    "Windowing",
    "Word",
    "axes",
    "label",
    "left_out_of",
    "notes_of",
    "with_remarks",
]
