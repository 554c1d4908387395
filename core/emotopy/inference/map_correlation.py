"""How much two sets of brain maps agree over regions, beside maps that are as smooth but lie elsewhere."""

from __future__ import annotations

import numpy as np

from emotopy.inference.moran import eigenmaps, inverse_distances, randomise
from emotopy.records.axes import FloatArray

BLOCK_BYTES = 64 * 1024**2
"""Surrogates are made in blocks of about this size."""


def map_correlations(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return Pearson's r over regions of each two maps, (…, n_emotions); NaN where either map is constant.

    `first` (n_emotions, n_regions), `second` (…, n_emotions, n_regions).
    """
    one, other = _unit(first), _unit(second)
    return np.asarray((one * other).sum(axis=-1))


def null_correlations(
    first: FloatArray,
    second: FloatArray,
    distances_mm: FloatArray,
    *,
    n: int,
    seed: int,
) -> FloatArray:
    """Return `map_correlations` of `first` with surrogates of `second`, (n, n_emotions).

    One draw turns the maps of all emotions alike. `distances_mm` (n_regions, n_regions) are those between regions;
    spatial weights are their inverse. It makes no difference which of the two is randomised: part k of the one meets
    part k of the other, and their product gets a random sign either way.
    """
    vectors, _ = eigenmaps(inverse_distances(distances_mm))
    rng = np.random.default_rng(seed)
    step = max(1, BLOCK_BYTES // (second.size * 8))
    return np.concatenate(
        [map_correlations(first, randomise(rng, min(step, n - start), second, vectors)) for start in range(0, n, step)]
    )


def _unit(maps: FloatArray) -> FloatArray:
    away = maps - maps.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(away, axis=-1, keepdims=True)
    varies = length > 1e-12 * np.abs(maps).max(axis=-1, keepdims=True)
    return np.asarray(np.divide(away, length, out=np.full_like(away, np.nan), where=varies))
