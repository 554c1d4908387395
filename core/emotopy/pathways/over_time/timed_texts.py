"""Mapped texts in time order, as courses and change points take them."""

from __future__ import annotations

import attrs
import numpy as np

from emotopy.inference.intervals import FEWEST_UNITS
from emotopy.readers.times import Times
from emotopy.records import FloatArray, IntArray, Mapped

FEWEST_TEXTS = 8
"""Fewer texts with a time make no course."""


@attrs.frozen(eq=False)
class TimedTexts:
    """Scored texts with a time, earliest first; texts of the same time in the order of their rows.

    `times`, `rows` (of the input), `intensity`, `weights` (what a text counts), `group`, `unit` (its number, −1 where
    none is named): (n_texts,); `profile`, `intensity_assignment`, `weighted_intensity`: (n_texts, n_regions).
    """

    times: FloatArray
    rows: IntArray
    profile: FloatArray
    intensity_assignment: FloatArray
    weighted_intensity: FloatArray
    intensity: FloatArray
    weights: FloatArray
    group: np.ndarray
    unit: IntArray

    @classmethod
    def of(cls, mapped: Mapped, times: Times) -> TimedTexts:
        """Take the texts that have a time."""
        rows = np.flatnonzero(mapped.is_scored & np.isfinite(times.values))
        rows = rows[np.argsort(times.values[rows], kind="stable")]
        units = mapped.column("unit")
        codes: dict[str | None, int] = {None: -1}
        codes |= {name: code for code, name in enumerate(sorted({name for name in units if name is not None}))}
        groups = np.array([name or "" for name in mapped.column("group")], dtype=object)
        return cls(
            times=times.values[rows],
            rows=rows,
            profile=mapped.profile_by_row[rows],
            intensity_assignment=mapped.intensity_assignment_by_row[rows],
            weighted_intensity=mapped.weighted_intensity_by_row[rows],
            intensity=mapped.intensity_by_row[rows],
            weights=mapped.weights_by_row[rows],
            group=groups[rows],
            unit=np.array([codes[units[row]] for row in rows], dtype=np.int64),
        )

    def __len__(self) -> int:
        return len(self.times)

    def take(self, places: IntArray) -> TimedTexts:
        """Return the texts at these places."""
        return TimedTexts(*(getattr(self, field.name)[places] for field in attrs.fields(TimedTexts)))

    @property
    def is_too_small(self) -> bool:
        """Whether there is no course to draw: too few texts, or all at one time."""
        return len(self) < FEWEST_TEXTS or self.times[0] == self.times[-1]

    @property
    def n_units(self) -> int:
        """How many units are named."""
        return len(np.unique(self.unit[self.unit >= 0]))

    @property
    def is_series(self) -> bool:
        """Whether the texts are read as one series, because too few units stand side by side."""
        return self.n_units < FEWEST_UNITS

    @property
    def codes(self) -> IntArray:
        """Units as statistics count them: nameless texts are a unit each, in a series one together."""
        if self.is_series:
            return self.unit
        nameless = self.unit < 0
        codes = self.unit.copy()
        codes[nameless] = self.unit.max() + 1 + np.arange(np.count_nonzero(nameless))
        return codes

    def ratio(self) -> tuple[FloatArray, FloatArray]:
        """Return numerator and denominator, (n_texts, 2 · n_regions): of the mean profile, then of the intensity."""
        weights = self.weights[:, None]
        return (
            np.hstack([self.profile, self.weighted_intensity]) * weights,
            np.hstack([np.ones_like(self.profile), self.intensity_assignment]) * weights,
        )

    def within_units(self, values: FloatArray) -> FloatArray:
        """Return values (n_texts, n_columns) without the means of units, so that who writes when makes no change."""
        _, places = np.unique(self.unit, return_inverse=True)
        counts = np.bincount(places)
        sums = np.zeros((len(counts), values.shape[1]))
        np.add.at(sums, places, values)
        return np.asarray(values - (sums / counts[:, None])[places] + values.mean(axis=0))
