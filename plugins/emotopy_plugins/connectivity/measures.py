"""What turns a cleaned region series into features: maths in `inference.windows`, cleaning in `shared`."""

from __future__ import annotations

from typing import Literal

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.inference.windows import (
    MOST_R,
    check_varies,
    edges,
    usable,
    windowed_correlations,
    windowed_means,
    windows_of,
)
from emotopy.records.axes import FloatArray, IntArray
from emotopy.records.brain import Windowing
from emotopy.roles import Host
from emotopy_plugins.shared.signal_cleaning import clean, kept_volumes


@attrs.frozen
class SlidingWindow:
    """Windowed correlations, (n_windows, n_edges) float32; edges in the order of `emotopy.inference.windows.edges`."""

    windowing: Windowing
    estimator: Literal["pearson", "ledoit-wolf"] = "pearson"
    fisher: bool = True
    high_pass_hz: float | None = None
    host: Host | None = None

    @property
    def cutoff_hz(self) -> float:
        """The high-pass that is used: as set, else 1 / width."""
        return self.high_pass_hz if self.high_pass_hz is not None else 1 / self.windowing.width_s

    def clean(self, series: FloatArray, tr_s: float, confounds: FloatArray | None = None) -> FloatArray:
        """Return the series as this measure wants it; warns where the window is too short for the high-pass."""
        if self.host and self.cutoff_hz < 0.999 / self.windowing.width_s:
            longest = "slower than any window" if self.cutoff_hz == 0 else f"of up to {1 / self.cutoff_hz:.0f} s"
            self.host.notify(
                f"Windows of {self.windowing.width_s:g} s with a high-pass at {self.cutoff_hz:.4f} Hz let fluctuations "
                f"{longest} through, which make windowed correlations fluctuate by themselves; a window should last "
                f"at least 1 / high-pass (Leonardi & Van De Ville 2015): set windowing.width_s or "
                "connectivity.high_pass_hz."
            )
        return clean(series, tr_s, high_pass_hz=self.cutoff_hz, confounds=confounds)

    def features(self, series: FloatArray, tr_s: float) -> FloatArray:
        """Return Fisher z (or r) per window and edge; a window with too many censored volumes is NaN."""
        starts, weights = self.windowing.starts(tr_s, len(series)), self.windowing.weights(tr_s)
        keep = kept_volumes(series)
        if self.estimator == "pearson":
            filled = series if keep is None else np.nan_to_num(series)
            return windowed_correlations(filled, starts, weights, fisher=self.fisher, keep=keep)
        return self._shrunken(series, starts, weights)

    def _shrunken(self, series: FloatArray, starts: IntArray, weights: FloatArray) -> FloatArray:
        from sklearn.covariance import LedoitWolf

        keep = kept_volumes(series)
        good = usable(keep, starts, len(weights))
        first, second = edges(series.shape[1])
        found = np.full((len(starts), len(first)), np.nan, dtype=np.float32)
        for i in np.flatnonzero(good):
            window = windows_of(series, starts[[i]], len(weights))[0]
            kept = np.isfinite(window).all(axis=1)
            check_varies(window[kept], int(i))
            share = weights[kept] / weights[kept].sum()
            # a weighted window as an unweighted sample: rows scaled so that their second moments are the weighted ones
            sample = (window[kept] - share @ window[kept]) * np.sqrt(share * kept.sum())[:, None]
            covariance = LedoitWolf(store_precision=False, assume_centered=True).fit(sample).covariance_
            scale = np.sqrt(np.diag(covariance))
            found[i] = (covariance / np.outer(scale, scale))[first, second]
        return np.arctanh(np.clip(found, -MOST_R, MOST_R)) if self.fisher else found


@attrs.frozen
class WindowedAmplitude:
    """Mean level per window, (n_windows, n_regions)."""

    windowing: Windowing
    high_pass_hz: float | None = 1 / 128

    def clean(self, series: FloatArray, tr_s: float, confounds: FloatArray | None = None) -> FloatArray:
        """Return the series detrended, high-passed and standardised."""
        return clean(series, tr_s, high_pass_hz=self.high_pass_hz, confounds=confounds)

    def features(self, series: FloatArray, tr_s: float) -> FloatArray:
        """Return the weighted mean of each region per window."""
        keep = kept_volumes(series)
        filled = series if keep is None else np.nan_to_num(series)
        starts, weights = self.windowing.starts(tr_s, len(series)), self.windowing.weights(tr_s)
        return windowed_means(filled, starts, weights, keep=keep)


@attrs.frozen
class LaggedAmplitude:
    """Levels at t − n_lags … t + n_lags, (n_volumes, n_regions × (2 n_lags + 1)), lag by lag; NaN at the run's ends."""

    n_lags: int = 1
    high_pass_hz: float | None = 1 / 128

    def clean(self, series: FloatArray, tr_s: float, confounds: FloatArray | None = None) -> FloatArray:
        """Return the series detrended, high-passed and standardised."""
        return clean(series, tr_s, high_pass_hz=self.high_pass_hz, confounds=confounds)

    def features(self, series: FloatArray, tr_s: float) -> FloatArray:  # noqa: ARG002 (the hook's signature)
        """Return the levels around each volume; a volume whose neighbours are missing is NaN."""
        if len(series) <= 2 * self.n_lags:
            raise InputError(
                f"wanted more than {2 * self.n_lags} volumes for lags of ±{self.n_lags}, got {len(series)}"
            )
        padded = np.pad(series.astype(np.float64), ((self.n_lags, self.n_lags), (0, 0)), constant_values=np.nan)
        return np.hstack([padded[lag : lag + len(series)] for lag in range(2 * self.n_lags + 1)])


@attrs.frozen
class Static:
    """The correlation of the whole run, (1, n_edges)."""

    fisher: bool = True
    high_pass_hz: float | None = 1 / 128

    def clean(self, series: FloatArray, tr_s: float, confounds: FloatArray | None = None) -> FloatArray:
        """Return the series detrended, high-passed and standardised."""
        return clean(series, tr_s, high_pass_hz=self.high_pass_hz, confounds=confounds)

    def features(self, series: FloatArray, tr_s: float) -> FloatArray:  # noqa: ARG002 (the hook's signature)
        """Return Fisher z (or r) per edge, in one row."""
        keep = kept_volumes(series)
        kept = series if keep is None else series[keep]
        weights = np.full(len(kept), 1 / len(kept))
        return windowed_correlations(kept, np.array([0]), weights, fisher=self.fisher)
