"""Connectivity `my-connectivity`: correlations in windows. Replace it with your measure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from emotopy import hookimpl
from emotopy.records import FloatArray, Windowing
from emotopy.roles import Connectivity, Factory


class MyConnectivity:
    """Correlates every pair of regions in every window of the run."""

    thread_safe = True

    def __init__(self, windowing: Windowing | None = None) -> None:
        self.windowing = windowing or Windowing()  # emotopy provides it

    def features(self, series: FloatArray, tr_s: float) -> FloatArray:
        """Return (n_windows, n_edges) for series (n_volumes, n_regions); a censored volume is a row of NaN."""
        pairs = np.triu_indices(series.shape[1], k=1)
        windows = [series[span] for span in self.windowing.spans(tr_s, len(series))]
        kept = [window[np.isfinite(window).all(axis=1)] for window in windows]
        return np.array([np.atleast_2d(np.corrcoef(window.T))[pairs] for window in kept])


@hookimpl
def register_connectivity() -> Mapping[str, Factory[Connectivity]]:
    """Offer `my-connectivity`."""
    return {"my-connectivity": MyConnectivity}
