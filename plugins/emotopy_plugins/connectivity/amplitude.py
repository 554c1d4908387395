"""Connectivity `amplitude`: the level of every region, as a feature beside and against its couplings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import attrs
import numpy as np
from annotated_types import Ge, Le

from emotopy.errors import InputError
from emotopy.hookspecs import hookimpl
from emotopy.inference.windows import windowed_means
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Windowing
from emotopy.roles import Connectivity, Factory
from emotopy_plugins.shared.signal_cleaning import clean, kept_volumes


@attrs.frozen
class Amplitude:
    """Use the signal of each region: its mean per window, or the volumes t − n_lags … t + n_lags around each volume t.

    "windowed" (n_windows, n_regions) has the same windows and targets as `sliding-window` and can be compared with it;
    "lags" (n_volumes, n_regions × (2 n_lags + 1)) has a target per volume and serves as a positive control.
    """

    windowing: Windowing = attrs.field(factory=Windowing)
    mode: Literal["windowed", "lags"] = "windowed"
    _n_lags: Annotated[int, Ge(0), Le(1000)] = 1
    high_pass_hz: Annotated[float, Ge(0)] | None = 1 / 128

    @property
    def n_lags(self) -> int | None:
        """Number of volumes on either side that belong to a row; None where rows are windows."""
        return self._n_lags if self.mode == "lags" else None

    def clean(self, series: FloatArray, tr_s: float, confounds: FloatArray | None = None) -> FloatArray:
        """Return the series detrended, high-passed and standardised."""
        return clean(series, tr_s, high_pass_hz=self.high_pass_hz, confounds=confounds)

    def features(self, series: FloatArray, tr_s: float) -> FloatArray:
        """Return the weighted mean of each region per window, or the levels around each volume, lag by lag.

        With lags, a volume whose neighbours are missing is NaN, as those at the run's ends are.
        """
        if self.mode == "lags":
            return self._lagged(series)
        keep = kept_volumes(series)
        filled = series if keep is None else np.nan_to_num(series)
        starts, weights = self.windowing.starts(tr_s, len(series)), self.windowing.weights(tr_s)
        return windowed_means(filled, starts, weights, keep=keep)

    def _lagged(self, series: FloatArray) -> FloatArray:
        if len(series) <= 2 * self._n_lags:
            raise InputError(
                f"wanted more than {2 * self._n_lags} volumes for lags of ±{self._n_lags}, got {len(series)}"
            )
        padded = np.pad(series.astype(np.float64), ((self._n_lags, self._n_lags), (0, 0)), constant_values=np.nan)
        return np.hstack([padded[lag : lag + len(series)] for lag in range(2 * self._n_lags + 1)])


@hookimpl
def register_connectivity() -> Mapping[str, Factory[Connectivity]]:
    """Offer `amplitude`."""
    return {"amplitude": Amplitude}
