"""Configuration: which stage does what, in layers, checked before any work."""

from __future__ import annotations

from emotopy.config.config import Config as Config
from emotopy.config.config import StageChoice as StageChoice
from emotopy.config.config import as_choice as as_choice
from emotopy.config.config import assemble as assemble
from emotopy.config.config import build as build
from emotopy.config.config import scalar_fields as scalar_fields
from emotopy.config.layers import SCALARS as SCALARS
from emotopy.config.layers import SECTIONS as SECTIONS
from emotopy.config.layers import Layer as Layer
from emotopy.config.layers import hints_of as hints_of
from emotopy.config.layers import load_preset as load_preset
from emotopy.config.layers import merge as merge
from emotopy.config.layers import normalise as normalise
from emotopy.config.layers import parse_sets as parse_sets
from emotopy.config.layers import presets as presets
from emotopy.config.layers import read_file as read_file
from emotopy.config.preset import DEFAULT_PRESET as DEFAULT_PRESET
from emotopy.config.preset import all_presets as all_presets
from emotopy.config.preset import find_preset as find_preset
