"""Connectivity `cofluctuation`: how strongly two regions deviate together (Faskowitz et al. 2020)."""

import numpy as np
from emotopy import hookimpl
from emotopy.records import Windowing


class Cofluctuation:
    """Averages the product of two regions' z-scores over each window of the run."""

    thread_safe = True

    def __init__(self, windowing: Windowing | None = None):
        self.windowing = windowing or Windowing()  # emotopy provides the windows of the run

    def features(self, series, tr_s):
        """Return (n_windows, n_edges) for series (n_volumes, n_regions); ignores censored volumes (rows of NaN)."""
        z = (series - np.nanmean(series, axis=0)) / np.nanstd(series, axis=0)
        one, other = np.triu_indices(series.shape[1], k=1)
        together = z[:, one] * z[:, other]
        return np.array([np.nanmean(together[span], axis=0) for span in self.windowing.spans(tr_s, len(series))])


@hookimpl
def register_connectivity():
    """Offer `cofluctuation`."""
    return {"cofluctuation": Cofluctuation}
