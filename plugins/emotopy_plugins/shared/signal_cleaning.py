"""Cleaning of region series through nilearn: detrend, high-pass, confounds, standardise; censored volumes as NaN."""

from __future__ import annotations

import numpy as np

from emotopy.errors import InputError
from emotopy.records.axes import FloatArray
from emotopy.records.brain import BoolArray


def kept_volumes(series: FloatArray) -> BoolArray | None:
    """Return which volumes are kept, (n_volumes,), or None for all: a censored volume is a row of NaN.

    Raises InputError for a volume in which only some regions are NaN or infinite.
    """
    bad = ~np.isfinite(series)
    censored = bad.all(axis=1)
    partly = bad.any(axis=1) & ~censored
    if partly.any():
        volume = int(np.flatnonzero(partly)[0])
        column = int(np.flatnonzero(bad[volume])[0])
        raise InputError(f"volume {volume}, column {column}: wanted a finite number, got {series[volume, column]}")
    return ~censored if censored.any() else None


def clean(
    series: FloatArray, tr_s: float, *, high_pass_hz: float | None, confounds: FloatArray | None = None
) -> FloatArray:
    """Return the series (n_volumes, n_regions) detrended, high-passed and standardised (sample SD), as nilearn does it.

    Censored volumes (rows of NaN) are interpolated for the filter and come back as NaN. `confounds` (n_volumes,
    n_confounds) are filtered alike and regressed out. Butterworth filter of order 5, forwards and backwards.

    Raises InputError for a constant column.
    """
    from nilearn.signal import clean as nilearn_clean

    keep = kept_volumes(series)
    kept = series if keep is None else series[keep]
    flat = np.ptp(kept, axis=0) <= 1e-12 * np.maximum(np.abs(kept).max(axis=0), 1e-300)
    if flat.any():
        columns = ", ".join(map(str, np.flatnonzero(flat)[:8]))
        raise InputError(f"columns {columns} are constant over the run; leave these regions out")
    filled = series if keep is None else np.nan_to_num(series)
    cleaned = nilearn_clean(
        filled,
        confounds=confounds,
        sample_mask=None if keep is None else np.flatnonzero(keep),
        detrend=True,
        standardize="zscore_sample",
        filter="butterworth" if high_pass_hz else False,
        high_pass=high_pass_hz or None,
        t_r=tr_s,
    )
    if keep is None:
        return np.asarray(cleaned)
    whole = np.full(series.shape, np.nan)
    whole[keep] = cleaned
    return whole
