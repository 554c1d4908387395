"""Named data sets, which plugins offer, and the sample diaries that come with emotopy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emotopy.lazily import importing

if TYPE_CHECKING:
    from emotopy.datasets.sample import diaries_path as diaries_path
    from emotopy.datasets.sample import made_up_diaries_path as made_up_diaries_path

__all__ = ["diaries_path", "made_up_diaries_path"]

__getattr__ = importing(__name__, dict.fromkeys(__all__, "emotopy.datasets.sample"))
