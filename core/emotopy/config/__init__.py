"""Configuration: which stage does what, in layers, checked before any work."""

from __future__ import annotations

from emotopy.config.config import *  # noqa: F403
from emotopy.config.config import __all__ as __all__
