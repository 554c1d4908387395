"""The protocols that stages of plugins implement: one per role, each with one main method.

Plugins return plain arrays; the host wraps them in records, checks shapes and values, and names the owner in every
error. Names of axes follow `emotopy.records.axes`. Optional capabilities of a stage are small protocols in modules
of their own, which the host checks with `isinstance`, never by the name of a type.
"""

from __future__ import annotations

from emotopy.host import Host as Host
from emotopy.host import silent_progress as silent_progress
from emotopy.roles.brain_capabilities import CleansSignal as CleansSignal
from emotopy.roles.brain_capabilities import ExactCrossValidation as ExactCrossValidation
from emotopy.roles.brain_capabilities import ExpectsColumns as ExpectsColumns
from emotopy.roles.brain_capabilities import Explains as Explains
from emotopy.roles.brain_capabilities import FeatureStream as FeatureStream
from emotopy.roles.brain_capabilities import HasCoefficients as HasCoefficients
from emotopy.roles.brain_capabilities import HasReadouts as HasReadouts
from emotopy.roles.brain_capabilities import LinearDecoder as LinearDecoder
from emotopy.roles.brain_capabilities import NamesOverlaps as NamesOverlaps
from emotopy.roles.brain_capabilities import StreamsFeatures as StreamsFeatures
from emotopy.roles.dataset_capabilities import DescribesRecords as DescribesRecords
from emotopy.roles.dataset_capabilities import FetchesOriginals as FetchesOriginals
from emotopy.roles.dataset_capabilities import RecognisesSource as RecognisesSource
from emotopy.roles.stage_capabilities import Estimate as Estimate
from emotopy.roles.stage_capabilities import Fingerprinted as Fingerprinted
from emotopy.roles.stage_capabilities import Priced as Priced
from emotopy.roles.stage_capabilities import Saves as Saves
from emotopy.roles.stage_capabilities import Sends as Sends
from emotopy.roles.stages import ROLES as ROLES
from emotopy.roles.stages import STAGES as STAGES
from emotopy.roles.stages import Annotator as Annotator
from emotopy.roles.stages import Atlas as Atlas
from emotopy.roles.stages import Clusterer as Clusterer
from emotopy.roles.stages import Connectivity as Connectivity
from emotopy.roles.stages import Dataset as Dataset
from emotopy.roles.stages import Embedder as Embedder
from emotopy.roles.stages import Factory as Factory
from emotopy.roles.stages import IntensityScorer as IntensityScorer
from emotopy.roles.stages import MappingInputs as MappingInputs
from emotopy.roles.stages import NeuralDecoder as NeuralDecoder
from emotopy.roles.stages import Reducer as Reducer
from emotopy.roles.stages import RegionMapper as RegionMapper
from emotopy.roles.stages import Reporter as Reporter
from emotopy.roles.text_capabilities import CombinedMapper as CombinedMapper
from emotopy.roles.text_capabilities import ExplainsWords as ExplainsWords
from emotopy.roles.text_capabilities import FitsTexts as FitsTexts
from emotopy.roles.text_capabilities import KnowsLanguages as KnowsLanguages
from emotopy.roles.text_capabilities import KnowsWords as KnowsWords
from emotopy.roles.text_capabilities import MapsEmbeddings as MapsEmbeddings
from emotopy.roles.text_capabilities import ProfileMapper as ProfileMapper
from emotopy.roles.text_capabilities import SoftClusterer as SoftClusterer

__all__ = [
    "ROLES",
    "STAGES",
    "Annotator",
    "Atlas",
    "CleansSignal",
    "Clusterer",
    "CombinedMapper",
    "Connectivity",
    "Dataset",
    "DescribesRecords",
    "Embedder",
    "Estimate",
    "ExactCrossValidation",
    "ExpectsColumns",
    "Explains",
    "ExplainsWords",
    "Factory",
    "FeatureStream",
    "FetchesOriginals",
    "Fingerprinted",
    "FitsTexts",
    "HasCoefficients",
    "HasReadouts",
    "Host",
    "IntensityScorer",
    "KnowsLanguages",
    "KnowsWords",
    "LinearDecoder",
    "MappingInputs",
    "MapsEmbeddings",
    "NamesOverlaps",
    "NeuralDecoder",
    "Priced",
    "ProfileMapper",
    "RecognisesSource",
    "Reducer",
    "RegionMapper",
    "Reporter",
    "Saves",
    "Sends",
    "SoftClusterer",
    "StreamsFeatures",
    "silent_progress",
]
