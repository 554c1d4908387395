"""Time along the width of a drawing: where a moment lies, and what stands under it."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from emotopy.records import FloatArray
from emotopy_plugins.reporters.decoding_charts import Axis
from emotopy_plugins.reporters.formatting import plain

N_TICKS = 5
SECONDS_A_DAY = 86_400
FEW_DAYS = 3
"""Over a shorter span dates are shown with the time of day."""


@attrs.frozen
class TimeAxis:
    """Moments between `low` and `high` lie between `start` and `end`; dates count seconds since 1970."""

    low: float
    high: float
    start: float
    end: float
    is_date: bool
    is_clock: bool

    @classmethod
    def over(cls, column: Any, unit: str, start: float, end: float) -> TimeAxis:
        """Return the axis of a time column whose unit is ``days``, ``s`` or none."""
        is_date = unit == "days"
        values = numbers(column)
        return cls(float(values.min()), float(values.max()), start, end, is_date, unit == "s")

    def at(self, value: float) -> float:
        """Return where a moment lies, rounded to 0.1."""
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Places of the ticks with their labels: round values of numbers, else evenly spaced moments."""
        if not self.is_date and not self.is_clock:
            return Axis.over([self.low, self.high], self.start, self.end, whole=False).ticks
        moments = np.linspace(self.low, self.high, N_TICKS)
        return [(self.at(float(moment)), self.label(float(moment))) for moment in moments]

    def label(self, value: float) -> str:
        """Return what a moment is called: a date, a clock time, or the number.

        >>> TimeAxis(0.0, 9e6, 0, 1, is_date=True, is_clock=False).label(86400.0)
        '1970-01-02'
        >>> TimeAxis(0.0, 99.0, 0, 1, is_date=False, is_clock=True).label(75.4)
        '0:01:15'
        """
        if self.is_date:
            stamp = str(np.datetime64(round(value), "s"))
            return stamp[:10] if self.high - self.low >= FEW_DAYS * SECONDS_A_DAY else stamp[:16].replace("T", " ")
        if self.is_clock:
            minutes, seconds = divmod(round(value), 60)
            return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
        digits = max(0, 2 - int(np.floor(np.log10(max(self.high - self.low, 1e-300)))))
        return plain(value, min(digits, 6))


def numbers(column: Any) -> FloatArray:
    """Return a time column as floats, (n_rows,): as it is, or seconds since 1970 of dates."""
    if getattr(column.dtype, "kind", "") == "M":
        zoned = getattr(column.dtype, "tz", None) is not None
        plain_dates = column.dt.tz_convert("UTC").dt.tz_localize(None) if zoned else column
        return np.asarray(plain_dates.to_numpy(dtype="datetime64[s]").astype(np.float64))
    return np.asarray(column.to_numpy(dtype=np.float64))
