"""Cleaning of region series through nilearn: detrend, high-pass, confounds, standardise; censored volumes as NaN."""

from __future__ import annotations

import numpy as np

from emotopy.errors import ConfigError, InputError, ShapeError
from emotopy.records.axes import BoolArray, FloatArray

PADDING = 18
"""What the filter mirrors at either end at the least; a run must be longer (scipy's default for order 5)."""


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
        raise InputError(
            f"volume {volume}, column {column}: wanted a finite number, got {series[volume, column]}",
            row=volume,
            column=str(column),
            wanted="a finite number",
            got=str(series[volume, column]),
        )
    return ~censored if censored.any() else None


def clean(
    series: FloatArray, tr_s: float, *, high_pass_hz: float | None, confounds: FloatArray | None = None
) -> FloatArray:
    """Return the series (n_volumes, n_regions) detrended, high-passed and standardised (sample SD), as nilearn does it.

    Censored volumes (rows of NaN) are interpolated for detrending and filter (linearly; at the ends the nearest value)
    and come back as NaN; they have no part in the regression and in mean and SD. `confounds` (n_volumes, n_confounds)
    are filtered alike and regressed out. Butterworth filter of order 5, forwards and backwards, on a run that is
    mirrored at both ends for a period of the cutoff. (scipy and nilearn turn the mirror image upside down, which pins
    the first and last value to zero: it took the response to a story's beginning out of real runs, and turned it over.)

    Raises InputError for a constant column, a run too short for the filter or the confounds, and confounds that aren't
    finite; ShapeError for confounds that don't fit; ConfigError for a high-pass that leaves nothing.
    """
    from nilearn.signal import clean as nilearn_clean

    keep = kept_volumes(series)
    check_columns(series if keep is None else series[keep])
    _check_confounds(confounds, keep, len(series))
    if high_pass_hz:
        _check_filter(high_pass_hz, tr_s, len(series))

    def filtered(columns: FloatArray) -> FloatArray:
        # Not by nilearn's `sample_mask`: 0.14.1 leaves a censored volume whose mirror image is censored as it is, and
        # its cubic spline runs away at the ends, where the volumes before the steady state are.
        whole = columns if keep is None else _interpolated(columns, keep)
        found = _high_passed(nilearn_clean(whole, detrend=True, filter=False, standardize=None), high_pass_hz, tr_s)
        return found if keep is None else found[keep]

    beside = None if confounds is None else filtered(confounds)
    cleaned = nilearn_clean(
        filtered(series), confounds=beside, detrend=False, filter=False, standardize="zscore_sample"
    )
    if keep is None:
        return np.asarray(cleaned)
    whole = np.full(series.shape, np.nan)
    whole[keep] = cleaned
    return whole


def _high_passed(columns: FloatArray, high_pass_hz: float | None, tr_s: float) -> FloatArray:
    """Return the columns (n_volumes, n_columns) filtered, all in one call: nilearn's `clean` makes one for each."""
    from nilearn.signal import butterworth

    if not high_pass_hz:
        return columns
    period = max(PADDING, round(1 / (high_pass_hz * tr_s)))
    padding = {"padtype": "even", "padlen": min(period, len(columns) - 1)}
    return np.asarray(butterworth(columns, 1 / tr_s, high_pass=high_pass_hz, copy=True, **padding))


def _interpolated(columns: FloatArray, keep: BoolArray) -> FloatArray:
    """Return the columns (n_volumes, n_columns) with straight lines through what isn't kept."""
    volumes, kept = np.arange(len(columns)), np.flatnonzero(keep)
    return np.stack([np.interp(volumes, kept, column[keep]) for column in columns.T], axis=1)


def check_has_pairs(series: FloatArray) -> None:
    """Raise InputError for a series (n_volumes, n_regions) without two regions to correlate."""
    if series.shape[1] < 2:
        raise InputError.at("series", wanted="2 regions or more, whose pairs are correlated", got=str(series.shape[1]))


def check_columns(kept: FloatArray) -> None:
    """Raise InputError for columns of the kept volumes (n_kept, n_regions) that are constant, or for no volume."""
    if not len(kept):
        raise InputError("wanted volumes to clean, got none, because all are censored")
    flat = np.ptp(kept, axis=0) <= 1e-12 * np.maximum(np.abs(kept).max(axis=0), 1e-300)
    if flat.any():
        columns = ", ".join(map(str, np.flatnonzero(flat)[:8]))
        raise InputError(f"columns {columns} are constant over the run; leave these regions out")


def _check_confounds(confounds: FloatArray | None, keep: BoolArray | None, n_volumes: int) -> None:
    if confounds is None:
        return
    if confounds.ndim != 2 or len(confounds) != n_volumes:
        raise ShapeError(f"confounds: wanted a row for each of {n_volumes} volumes, got shape {confounds.shape}")
    kept = confounds if keep is None else confounds[keep]
    if not np.isfinite(kept).all():
        column = int(np.argwhere(~np.isfinite(kept))[0, 1])
        raise InputError(f"confounds: wanted finite numbers, got others in column {column}; leave the column out")
    if kept.shape[1] + 3 > len(kept):
        raise InputError(
            f"confounds: wanted more volumes than confounds, got {len(kept)} volumes and "
            f"{kept.shape[1]} confounds, which would leave only rounding errors; name fewer columns"
        )


def check_cutoff(high_pass_hz: float, tr_s: float) -> None:
    """Raise ConfigError for a high-pass that leaves nothing."""
    if high_pass_hz >= 0.5 / tr_s:
        raise ConfigError(
            f"connectivity.high_pass_hz: wanted less than half the sampling rate, {0.5 / tr_s:g} Hz at "
            f"a TR of {tr_s:g} s, got {high_pass_hz:g}; use longer windows, or set this option"
        )


def _check_filter(high_pass_hz: float, tr_s: float, n_volumes: int) -> None:
    check_cutoff(high_pass_hz, tr_s)
    if n_volumes <= PADDING:
        raise InputError(f"wanted a run of more than {PADDING} volumes for the high-pass filter, got {n_volumes}")
