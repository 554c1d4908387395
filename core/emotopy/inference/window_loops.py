"""What `windows` computes, by definition: one window, and one pair of regions, at a time (reference mode).

With the weights w of a window's volumes, summing to one: mean m = Σ w x, covariance Σ w (x − m_x) (y − m_y), and
correlation the covariance ÷ both standard deviations (Pozzi, Di Matteo & Aste 2012, Eur Phys J B 85:175).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from emotopy.inference.windows import ENOUGH, FLAT, MOST_R, Room, constant_region
from emotopy.records.axes import BoolArray, FloatArray, IntArray


def windowed_correlations(
    series: FloatArray,
    starts: IntArray,
    weights: FloatArray,
    *,
    fisher: bool = True,
    keep: BoolArray | None = None,
    constant_is_zero: bool = False,
) -> FloatArray:
    """Return what `windows.windowed_correlations` does; equal to 1e-6, since that multiplies in float32."""
    n_regions = series.shape[1]
    floor = FLAT * np.abs(series).max(axis=0)
    found = np.full((len(starts), n_regions * (n_regions - 1) // 2), np.nan, dtype=np.float32)
    for number, window, share in _windows(series, starts, weights, keep):
        deviation = [window[:, region] - share @ window[:, region] for region in range(n_regions)]
        spread = [float(np.sqrt(share @ one**2)) for one in deviation]
        for region in range(n_regions):
            if spread[region] <= floor[region]:
                if not constant_is_zero:
                    raise constant_region(region, number)
                spread[region] = np.inf
        edge = 0
        for first in range(n_regions):
            for second in range(first + 1, n_regions):
                r = share @ (deviation[first] * deviation[second]) / (spread[first] * spread[second])
                found[number, edge] = np.arctanh(np.clip(r, -MOST_R, MOST_R)) if fisher else r
                edge += 1
    return found


def last_correlations(
    window: FloatArray,
    weights: FloatArray,
    keep: BoolArray,
    floor: FloatArray,  # noqa: ARG001 (of the series; here the window's own)
    room: Room,  # noqa: ARG001 (of the fast function)
    *,
    fisher: bool = True,
    constant_is_zero: bool = False,
) -> FloatArray | None:
    """Return what `windows.last_correlations` does; equal to 1e-6."""
    if keep.mean() < ENOUGH:
        return None
    only = np.zeros(1, dtype=np.int64)
    filled = np.where(keep[:, None], window, 0)
    found = windowed_correlations(filled, only, weights, fisher=fisher, keep=keep, constant_is_zero=constant_is_zero)
    return np.asarray(found[0])


def windowed_means(
    series: FloatArray, starts: IntArray, weights: FloatArray, *, keep: BoolArray | None = None
) -> FloatArray:
    """Return what `windows.windowed_means` does; equal up to rounding in float64."""
    found = np.full((len(starts), series.shape[1]), np.nan)
    for number, window, share in _windows(series, starts, weights, keep):
        for column in range(series.shape[1]):
            found[number, column] = share @ window[:, column]
    return found


def _windows(
    series: FloatArray, starts: IntArray, weights: FloatArray, keep: BoolArray | None
) -> Iterator[tuple[int, FloatArray, FloatArray]]:
    """Yield the number, the volumes (width, n_regions) and the weights of each window that keeps enough volumes."""
    for number, start in enumerate(starts):
        span = slice(start, start + len(weights))
        kept = np.ones(len(weights), dtype=bool) if keep is None else keep[span]
        if kept.mean() >= ENOUGH:
            share = weights if keep is None else weights * kept / (weights * kept).sum()
            yield number, np.asarray(series[span], dtype=np.float64), share
