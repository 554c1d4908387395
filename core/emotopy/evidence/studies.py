"""The studies that evidence is built from: peaks, and words of abstracts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.records import FloatArray, IntArray


@attrs.frozen(eq=False)
class Studies:
    """Published studies: the peaks each reports, and how often its abstract uses each word of a vocabulary.

    `peaks` (n_peaks, 3) are MNI x, y, z in millimetres, each once per study though several of its tables show it;
    `study_of_peak` (n_peaks,) is the row of its study; `counts` is a sparse matrix (n_studies, n_words) with a column
    per entry of `vocabulary`; `inputs` maps file names to SHA-256 checksums, empty for studies made in memory.

    Raises InputError where these don't fit together.
    """

    ids: tuple[str, ...]
    peaks: FloatArray
    study_of_peak: IntArray
    counts: Any
    vocabulary: tuple[str, ...]
    inputs: Mapping[str, str] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if self.peaks.ndim != 2 or self.peaks.shape[1] != 3 or not np.isfinite(self.peaks).all():
            raise InputError(f"peaks: wanted finite x, y, z in a row each, got an array of shape {self.peaks.shape}")
        if self.study_of_peak.shape != (len(self.peaks),):
            raise InputError(f"study_of_peak: wanted a row number for each of {len(self.peaks)} peaks")
        if len(self.peaks) and not 0 <= self.study_of_peak.min() <= self.study_of_peak.max() < len(self.ids):
            raise InputError(f"study_of_peak: wanted row numbers from 0 to {len(self.ids) - 1}")
        if self.counts.shape != (len(self.ids), len(self.vocabulary)):
            raise InputError(
                f"the word counts have shape {self.counts.shape}, but there are {len(self.ids)} studies "
                f"and {len(self.vocabulary)} words; check that the files belong to the same release"
            )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def n_peaks(self) -> IntArray:
        """How many peaks each study reports, (n_studies,)."""
        return np.bincount(self.study_of_peak, minlength=len(self.ids))
