"""Windowed statistics as batched linear algebra: correlations and means of every window at once, memory bounded."""

from __future__ import annotations

import numpy as np

from emotopy.errors import InputError
from emotopy.host import checkpoint
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy.reference import defined_by

MOST_R = 1 - 1e-7
"""|r| is clipped here before Fisher's z: the last step of float32 below one."""
BLOCK_BYTES = 2 * 1024**2
"""Windows are centred and scaled in blocks of about this much: what a processor's cache holds."""
ENOUGH = 0.8
"""A window needs this share of its volumes; one that lost more to censoring has no value."""


FLAT = 1e-12
"""A column is constant where it varies by less than this share of its largest value."""


def edges(n_regions: int) -> tuple[IntArray, IntArray]:
    """Return the regions of each edge, (n_edges,) twice: the upper triangle, row by row."""
    return np.triu_indices(n_regions, k=1)


def windows_of(series: FloatArray, starts: IntArray, width: int) -> FloatArray:
    """Return a view (n_windows, width, n_regions) on a series (n_volumes, n_regions)."""
    view = np.lib.stride_tricks.sliding_window_view(series, width, axis=0)  # (n_starts, n_regions, width)
    return view[starts].transpose(0, 2, 1)


def usable(keep: BoolArray | None, starts: IntArray, width: int) -> BoolArray:
    """Return which windows keep at least 80 % of their volumes, (n_windows,)."""
    if keep is None:
        return np.ones(len(starts), dtype=bool)
    return np.asarray(windows_of(keep[:, None].astype(np.float64), starts, width)[..., 0].mean(axis=1) >= ENOUGH)


@defined_by("emotopy.inference.window_loops.windowed_correlations")
def windowed_correlations(
    series: FloatArray,
    starts: IntArray,
    weights: FloatArray,
    *,
    fisher: bool = True,
    keep: BoolArray | None = None,
    constant_is_zero: bool = False,
) -> FloatArray:
    """Return the weighted Pearson correlation of every pair of regions in every window, (n_windows, n_edges) float32.

    Parameters
    ----------
    series
        (n_volumes, n_regions), finite.
    starts
        First volume of each window, (n_windows,).
    weights
        Of a window's volumes, (width,), summing to one.
    fisher
        Return arctanh r, with |r| clipped just below one.
    keep
        (n_volumes,), False for censored volumes: they get weight 0. A window that keeps under 80 % is NaN.
    constant_is_zero
        A region that is constant within a window correlates 0 there; otherwise it is an error.

    Centred and scaled in float64, then multiplied in float32: casting first would cost up to 1e-3 at scanner baselines.
    Raises InputError for a region that is constant within a window.
    """
    n_regions, width = series.shape[1], len(weights)
    good = usable(keep, starts, width)
    floor = FLAT * np.abs(series).max(axis=0)
    block = max(1, BLOCK_BYTES // (8 * width * n_regions))
    room = Room(min(block, len(starts)), width, n_regions)
    found = np.empty((len(starts), len(room.upper)), dtype=np.float32)
    for start in range(0, len(starts), block):
        checkpoint()
        rows = slice(start, min(start + block, len(starts)))
        room.correlate(
            series,
            starts[rows],
            _weights(starts[rows], weights, keep),
            floor,
            good[rows],
            out=found[rows],
            fisher=fisher,
            constant_is_zero=constant_is_zero,
            first=start,
        )
    found[~good] = np.nan
    return found


class Room:
    """Memory for the correlations of up to `n_windows` windows at once, to be used again and again.

    Fresh memory would cost more than the arithmetic.
    """

    def __init__(self, n_windows: int, width: int, n_regions: int) -> None:
        first, second = edges(n_regions)
        self.upper = first * n_regions + second
        self._units = np.empty((n_windows, width, n_regions), dtype=np.float32)
        self._product = np.zeros((n_regions, n_regions), dtype=np.float32, order="F")

    def correlate(
        self,
        series: FloatArray,
        starts: IntArray,
        weights: FloatArray,
        floor: FloatArray,
        good: BoolArray,
        *,
        out: FloatArray,
        fisher: bool,
        constant_is_zero: bool = False,
        first: int = 0,
    ) -> None:
        """Put the correlations of windows of the series (n_volumes, n_regions) into `out` (n_windows, n_edges).

        `weights` (n_windows, width) are each window's own. A region whose standard deviation isn't above its `floor`
        (n_regions,) in a window that is `good` is constant: it correlates 0, or InputError is raised. `first` is the
        number of the first window.
        """
        from scipy.linalg.blas import ssyrk

        centred, length = _centred_windows(series, starts, weights)
        flat = (length <= floor) & good[:, None]
        if constant_is_zero:
            centred[np.broadcast_to(flat[:, None, :], centred.shape)] = 0
        elif flat.any():
            window, region = map(int, np.argwhere(flat)[0])
            raise constant_region(region, first + window)
        length[length == 0] = 1
        unit = np.divide(centred, length[:, None, :], out=self._units[: len(length)], casting="same_kind")
        for window, r in zip(unit, out, strict=True):
            # one triangle of the product, half the work; in Fortran's order the lower one, which is our upper one
            ssyrk(1.0, window.T, c=self._product, lower=1, overwrite_c=1)
            np.take(self._product.T.ravel(), self.upper, out=r, mode="clip")
        if fisher:
            np.clip(out, -MOST_R, MOST_R, out=out)
            np.arctanh(out, out=out)


@defined_by("emotopy.inference.window_loops.last_correlations")
def last_correlations(
    window: FloatArray,
    weights: FloatArray,
    keep: BoolArray,
    floor: FloatArray,
    room: Room,
    *,
    fisher: bool = True,
    constant_is_zero: bool = False,
) -> FloatArray | None:
    """Return what `windowed_correlations` gives for one window (width, n_regions), to the last bit, (n_edges,).

    `keep` (width,) is False for censored volumes; None is returned where under 80 % are kept. `floor` (n_regions,) is
    the standard deviation above which a region isn't constant. `room` has room for one window or more.
    """
    start = np.zeros(1, dtype=np.int64)
    if not usable(keep, start, len(weights)).all():
        return None
    out = np.empty((1, len(room.upper)), dtype=np.float32)
    room.correlate(
        window,
        start,
        _weights(start, weights, keep),
        floor,
        np.ones(1, dtype=bool),
        out=out,
        fisher=fisher,
        constant_is_zero=constant_is_zero,
    )
    return np.asarray(out[0])


@defined_by("emotopy.inference.window_loops.windowed_means")
def windowed_means(
    series: FloatArray, starts: IntArray, weights: FloatArray, *, keep: BoolArray | None = None
) -> FloatArray:
    """Return the weighted mean of every column in every window, (n_windows, n_columns) float64.

    The same weights as for `windowed_correlations`, so that ratings and signal are smoothed alike. A window that keeps
    under 80 % of its volumes, or holds a NaN, is NaN.
    """
    per_window = _weights(starts, weights, keep)
    means = np.einsum("nw,nwr->nr", per_window, windows_of(series, starts, len(weights)))
    means[~usable(keep, starts, len(weights))] = np.nan
    return np.asarray(means)


def check_varies(window: FloatArray, number: int) -> None:
    """Raise InputError for a column of a window (n_kept, n_regions) that is constant; `number` is the window's."""
    flat = np.ptp(window, axis=0) <= FLAT * np.maximum(np.abs(window).max(axis=0), 1e-300)
    if flat.any():
        raise constant_region(int(np.flatnonzero(flat)[0]), number)


def constant_region(region: int, window: int) -> InputError:
    """Return the error for a region that is constant within a window."""
    return InputError(
        f"column {region} is constant within window {window}; leave out the region, or use longer windows",
        column=str(region),
    )


def _centred_windows(series: FloatArray, starts: IntArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return windows (n_windows, width, n_regions) float64, centred, times the root of `weights` (n_windows, width).

    Beside them the length of each column, (n_windows, n_regions): its weighted standard deviation.
    """
    values = windows_of(series, starts, weights.shape[1])
    centred = np.empty(values.shape)
    np.subtract(values, np.einsum("nw,nwr->nr", weights, values)[:, None, :], out=centred)
    centred *= np.sqrt(weights)[:, :, None]
    return centred, np.sqrt(np.einsum("nwr,nwr->nr", centred, centred))


def _weights(starts: IntArray, weights: FloatArray, keep: BoolArray | None) -> FloatArray:
    """Weights per window, (n_windows, width); censored volumes weigh nothing, the others make up for them.

    A window that lost none has the weights to the last bit, whether or not others lost some.
    """
    if keep is None:
        return np.asarray(np.broadcast_to(weights, (len(starts), len(weights))))
    there = windows_of(keep[:, None].astype(np.float64), starts, len(weights))[..., 0]
    kept = there * weights
    total = np.where(there.all(axis=1), 1.0, kept.sum(axis=1))[:, None]
    return np.asarray(np.divide(kept, total, out=np.zeros_like(kept), where=total > 0))
