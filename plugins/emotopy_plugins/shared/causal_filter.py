"""A high-pass that knows only the past: each volume is filtered by itself and those before it."""

from __future__ import annotations

import numpy as np

from emotopy.records.axes import FloatArray
from emotopy_plugins.shared.signal_cleaning import check_cutoff

ORDER = 2
"""Of the Butterworth filter: the lowest that leaves nothing of a linear drift in the end. A higher one cuts more
steeply, but remembers the run's beginning for longer: a period of the cutoff after a step, an order of 2 has 0.9 % of
it left, one of 5 has 11 %."""


class CausalHighPass:
    """A Butterworth high-pass, forwards only, which goes on from where it stopped.

    It begins with the first volume as if that had been there for ever: the volume itself comes out as zero, and the
    scanner's baseline leaves no ramp. What the first volume differs from the mean decays within about a period of the
    cutoff. A missing volume (a row of NaN) stays NaN; the filter is given the last one in its place.

    Parameters
    ----------
    high_pass_hz
        The cutoff; None or 0 filters nothing.
    tr_s
        Seconds between volumes.

    Raises ConfigError for a cutoff of half the sampling rate or more.
    """

    def __init__(self, high_pass_hz: float | None, tr_s: float) -> None:
        self._sections: FloatArray | None = None
        self._first: FloatArray | None = None
        self._last: FloatArray | None = None
        self._state: FloatArray | None = None
        if high_pass_hz:
            from scipy.signal import butter

            check_cutoff(high_pass_hz, tr_s)
            self._sections = butter(ORDER, high_pass_hz, "highpass", fs=1 / tr_s, output="sos")

    def apply(self, volumes: FloatArray) -> FloatArray:
        """Return the next volumes (n_volumes, n_regions) filtered; rows of NaN stay.

        However the volumes of a run are cut into pieces, the numbers are the same.
        """
        kept = np.isfinite(volumes).all(axis=1)
        found = np.full(volumes.shape, np.nan)
        if self._first is None:
            if not kept.any():
                return found
            start = int(kept.argmax())
            self._first = np.asarray(volumes[start], dtype=np.float64)
            self._last = np.zeros_like(self._first)
        else:
            start = 0
        # Less the first volume, zeros are what was there for ever: a high-pass gives nothing for a constant. To put the
        # baseline into the filter's state instead would leave rounding of its size.
        above = volumes[start:] - self._first
        here = kept[start:]
        latest = np.maximum.accumulate(np.where(here, np.arange(len(here)), -1))
        held = np.where((latest >= 0)[:, None], above[np.maximum(latest, 0)], self._last)
        self._last = held[-1] if len(held) else self._last
        found[start:] = np.where(here[:, None], self._filtered(held), np.nan)
        return found

    def _filtered(self, values: FloatArray) -> FloatArray:
        if self._sections is None or not len(values):
            return values
        from scipy.signal import sosfilt

        if self._state is None:
            self._state = np.zeros((len(self._sections), 2, values.shape[1]))
        filtered, self._state = sosfilt(self._sections, values, axis=0, zi=self._state)
        return np.asarray(filtered)
