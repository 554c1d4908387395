"""Connectivity `static`: one correlation of every pair of regions over the whole run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import attrs
import numpy as np
from annotated_types import Ge

from emotopy.hookspecs import hookimpl
from emotopy.inference.windows import windowed_correlations
from emotopy.records.axes import FloatArray
from emotopy.roles import Connectivity, Factory
from emotopy_plugins.shared.signal_cleaning import check_has_pairs, clean, kept_volumes


@attrs.frozen
class Static:
    """Correlate every pair of regions over the whole run; returns Fisher z as (1, n_edges).

    This measure only describes a run; it has one row, so nothing can be decoded from it.
    """

    fisher: bool = True
    high_pass_hz: Annotated[float, Ge(0)] | None = 1 / 128

    def clean(self, series: FloatArray, tr_s: float, confounds: FloatArray | None = None) -> FloatArray:
        """Return the series detrended, high-passed and standardised."""
        return clean(series, tr_s, high_pass_hz=self.high_pass_hz, confounds=confounds)

    def features(self, series: FloatArray, tr_s: float) -> FloatArray:  # noqa: ARG002 (the hook's signature)
        """Return Fisher z (or r) per edge, in one row."""
        check_has_pairs(series)
        keep = kept_volumes(series)
        kept = series if keep is None else series[keep]
        weights = np.full(len(kept), 1 / len(kept))
        return windowed_correlations(kept, np.array([0]), weights, fisher=self.fisher)


@hookimpl
def register_connectivity() -> Mapping[str, Factory[Connectivity]]:
    """Offer `static`."""
    return {"static": Static}
