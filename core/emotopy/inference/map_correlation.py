"""How much two sets of brain maps agree over regions, beside maps that are as smooth but lie elsewhere."""

from __future__ import annotations

import numpy as np

from emotopy.inference.correlation import pearson
from emotopy.inference.moran import eigenmaps, inverse_distances, randomise
from emotopy.records.axes import FloatArray

BLOCK_BYTES = 64 * 1024**2
"""Surrogates are made in blocks of about this size."""


def null_correlations(
    first: FloatArray, second: FloatArray, distances_mm: FloatArray, *, n: int, seed: int
) -> FloatArray:
    """Return r over regions of each map of `first` with surrogates of the same of `second`, (n, n_emotions).

    `first` and `second` are (n_emotions, n_regions); one draw turns the maps of all emotions alike. `distances_mm`
    (n_regions, n_regions) are those between regions; spatial weights are their inverse. It makes no difference which
    of the two is randomised: part k of the one meets part k of the other, and their product gets a random sign either
    way. NaN where either map is constant.
    """
    vectors, _ = eigenmaps(inverse_distances(distances_mm))
    rng = np.random.default_rng(seed)
    step = max(1, BLOCK_BYTES // (second.size * 8))
    return np.concatenate(
        [pearson(first, randomise(rng, min(step, n - start), second, vectors)) for start in range(0, n, step)]
    )
