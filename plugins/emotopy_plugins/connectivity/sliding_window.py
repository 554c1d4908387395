"""Connectivity `sliding-window`: the correlation of every pair of regions in every window. The default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import attrs
import numpy as np
from annotated_types import Ge

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.inference.trailing_window import TrailingWindow
from emotopy.inference.windows import MOST_R, check_varies, edges, usable, windowed_correlations, windows_of
from emotopy.records.axes import FloatArray, IntArray
from emotopy.records.brain import Windowing
from emotopy.roles import Connectivity, Factory, Host
from emotopy_plugins.shared.causal_filter import CausalHighPass
from emotopy_plugins.shared.signal_cleaning import check_columns, check_has_pairs, clean, kept_volumes


@attrs.frozen
class SlidingWindow:
    """Correlate every pair of regions in tapered windows; (n_windows, n_edges) float32, Fisher z.

    `high_pass_hz` defaults to 1 / window width: slower fluctuations can't be told from a trend within a window
    (Leonardi & Van De Ville 2015, NeuroImage 104:430). `estimator` "ledoit-wolf" shrinks each window's correlations,
    as nilearn does by default; the shrinkage depends on the window's length. A region that is `constant` within a
    window is an error, or correlates 0 there ("zero", with "pearson" only), as published code has it. Edges are in
    the order of `emotopy.inference.windows.edges`.

    `causal` filters forwards only, without detrending, so that a window depends on nothing after it and can be had
    while the scanner runs (`stream`); by default the filter runs in both directions. Causal windows are correlated by
    "pearson", and confounds can't be regressed out of them.
    """

    windowing: Windowing = attrs.field(factory=Windowing)
    estimator: Literal["pearson", "ledoit-wolf"] = "pearson"
    fisher: bool = True
    high_pass_hz: Annotated[float, Ge(0)] | None = None
    constant: Literal["error", "zero"] = "error"
    causal: bool = False
    host: Host = attrs.field(factory=Host, repr=False)

    def __attrs_post_init__(self) -> None:
        if self.causal and self.estimator != "pearson":
            raise ConfigError(
                "connectivity.estimator: wanted pearson with connectivity.causal = true, got "
                f"{self.estimator}: shrinkage depends on the standard deviation of a region over the "
                "whole run; leave out one of the two",
                path="connectivity.estimator",
                wanted="pearson",
                got=self.estimator,
            )

    @property
    def cutoff_hz(self) -> float:
        """The high-pass that is used: as set, else 1 / width."""
        return self.high_pass_hz if self.high_pass_hz is not None else 1 / self.windowing.width_s

    def clean(self, series: FloatArray, tr_s: float, confounds: FloatArray | None = None) -> FloatArray:
        """Return the series as this measure wants it; warns where the window is too short for the high-pass.

        Raises ConfigError for confounds where the measure is causal: what they explain is known at the run's end.
        """
        if self.cutoff_hz < 0.999 / self.windowing.width_s:
            longest = "slower than any window" if self.cutoff_hz == 0 else f"of up to {1 / self.cutoff_hz:.0f} s"
            self.host.notify(
                f"Windows of {self.windowing.width_s:g} s with a high-pass at {self.cutoff_hz:.4f} Hz "
                f"pass fluctuations {longest}, which cause spurious fluctuations of windowed "
                "correlations; a window should last at least 1 / high-pass (Leonardi & Van De Ville "
                "2015): set windowing.width_s or connectivity.high_pass_hz."
            )
        if not self.causal:
            return clean(series, tr_s, high_pass_hz=self.cutoff_hz, confounds=confounds)
        if confounds is not None:
            raise ConfigError(
                "connectivity.causal: wanted series without confounds, because regressing them out "
                "needs the whole run; leave out the confounds, or causal",
                path="connectivity.causal",
                wanted="series without confounds",
            )
        return self._filtered(series, tr_s)

    def _filtered(self, series: FloatArray, tr_s: float) -> FloatArray:
        """Return the series filtered forwards, about as large in every region."""
        keep = kept_volumes(series)
        check_columns(series if keep is None else series[keep])
        filtered = CausalHighPass(self.cutoff_hz, tr_s).apply(series)
        # By a power of two, which rounds nothing: correlations stay as they are to the last bit, and no region or
        # subject outweighs the others where the mean of subjects is taken out of each.
        deviation = np.nanstd(filtered, axis=0)
        return np.asarray(filtered / np.exp2(np.round(np.log2(np.where(deviation > 0, deviation, 1)))))

    def stream(self, n_regions: int, tr_s: float) -> WindowStream:
        """Return what takes volumes one by one and gives the features of the window that ends with each.

        Raises ConfigError where the measure isn't causal.
        """
        if not self.causal:
            raise ConfigError(
                "connectivity.causal: wanted true for volumes that arrive one by one, got false, with "
                "which the filter needs the whole run",
                path="connectivity.causal",
                wanted="true",
                got=False,
            )
        weights = self.windowing.weights(tr_s)
        return WindowStream(
            CausalHighPass(self.cutoff_hz, tr_s), TrailingWindow(n_regions, weights, fisher=self.fisher)
        )

    def features(self, series: FloatArray, tr_s: float) -> FloatArray:
        """Return Fisher z (or r) per window and edge; a window with too many censored volumes is NaN."""
        check_has_pairs(series)
        starts, weights = self.windowing.starts(tr_s, len(series)), self.windowing.weights(tr_s)
        keep = kept_volumes(series)
        if self.estimator == "pearson":
            filled = series if keep is None else np.nan_to_num(series)
            zero = self.constant == "zero"
            return windowed_correlations(filled, starts, weights, fisher=self.fisher, keep=keep, constant_is_zero=zero)
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


@attrs.frozen(eq=False)
class WindowStream:
    """A causal high-pass, then the correlations of the last window."""

    high_pass: CausalHighPass
    window: TrailingWindow

    def update(self, volume: FloatArray) -> FloatArray | None:
        """Take a volume (n_regions,), NaN where it is missing; return the features (n_edges,), or None.

        None until a window is full, and where it lost too many volumes. Raises InputError for a volume in which only
        some regions are NaN, and for a region that is constant within the window.
        """
        series = np.asarray(volume, dtype=np.float64)[None]
        keep = kept_volumes(series)
        filtered = self.high_pass.apply(series)[0]
        return self.window.update(filtered if keep is None else None)


@hookimpl
def register_connectivity() -> Mapping[str, Factory[Connectivity]]:
    """Offer `sliding-window`."""
    return {"sliding-window": SlidingWindow}
