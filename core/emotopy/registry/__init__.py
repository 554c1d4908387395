"""The registry: which stages there are, who offers them, how they are made, and how options are checked."""

from __future__ import annotations

from emotopy.registry.loading import BUILT_IN as BUILT_IN
from emotopy.registry.loading import ENTRY_POINT_GROUP as ENTRY_POINT_GROUP
from emotopy.registry.offers import Offer as Offer
from emotopy.registry.offers import Problem as Problem
from emotopy.registry.presets import Preset as Preset
from emotopy.registry.registry import Context as Context
from emotopy.registry.registry import Registry as Registry
from emotopy.registry.registry import check_protocol as check_protocol
