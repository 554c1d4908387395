"""Surrogate brain maps: as smooth over space as the real one, but somewhere else (Moran spectral randomisation).

Two smooth maps correlate by accident far more often than two lists of numbers do: neighbouring regions aren't
independent. The eigenvectors of the doubly centred matrix of spatial weights (Moran's eigenvector maps) are patterns
from smooth to rough; a map is a sum of them, and surrogates have the same sizes of its parts but other signs, so that
Moran's I is kept exactly (the procedure ``singleton`` of the sources).

Sources: Dray, Legendre & Peres-Neto 2006, Ecological Modelling 196:483 (eigenvector maps); Wagner & Dray 2015, Methods
in Ecology and Evolution 6:1169 (surrogates). The same, for surfaces, in brainspace's `MoranRandomization`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotopy.errors import InputError, ShapeError
from emotopy.host import checkpoint
from emotopy.inference.correlation import pearson
from emotopy.records.axes import BoolArray, FloatArray
from emotopy.records.regions import Node

BLOCK_BYTES = 64 * 1024**2
"""Surrogates are correlated in blocks of about this size."""
MIDLINE_MM = 2.0
"""Nodes no further from the midline than this belong to both hemispheres."""


def region_distances(nodes: Sequence[Node], regions: Sequence[str]) -> FloatArray:
    """Return distances between regions in mm, (n_regions, n_regions).

    Two regions are as far apart as their nodes are within a hemisphere: the mean over the nodes of either region there,
    then over the hemispheres that both have nodes in. A node on the midline (|x| ≤ 2 mm) is in both. The distance
    through the brain, from one side to the other, says nothing: left and right amygdala are 40 mm apart and alike. So
    regions without a common hemisphere (left language regions and right ones, say) are as far apart as they would be,
    were one of them mirrored; a region and its mirror image lie at one place.

    `regions` may also be names of nodes; then each is a region of its own.

    Raises InputError for a region without a node.
    """
    by_region: dict[str, list[Node]] = {name: [] for name in regions}
    level = "region" if {node.region for node in nodes} & set(regions) else "name"
    for node in nodes:
        if getattr(node, level) in by_region:
            by_region[getattr(node, level)].append(node)
    if lost := [name for name, own in by_region.items() if not own]:
        raise InputError(f"distances: wanted a node for each region, the atlas has none for {', '.join(lost[:5])}")
    total = np.zeros((len(regions), len(regions)))
    n_sides = np.zeros_like(total)
    for side in (-1, 1):
        members = [
            [node for node in own if abs(node.x_mm) <= MIDLINE_MM or node.x_mm * side > 0] for own in by_region.values()
        ]
        apart, known = _mean_distances(members)
        total[known] += apart[known]
        n_sides[known] += 1
    folded, _ = _mean_distances(list(by_region.values()))
    distances = np.where(n_sides > 0, total / np.maximum(n_sides, 1), folded)
    np.fill_diagonal(distances, 0.0)
    return np.asarray(distances)


def inverse_distances(distances_mm: FloatArray) -> FloatArray:
    """Return spatial weights 1/d with a diagonal of 0, (n_regions, n_regions).

    Regions at one place (a region and its mirror image) weigh as those at the smallest distance above 0 do, twice over.
    Raises ShapeError for a matrix that isn't square, symmetric and free of negative numbers, InputError where all
    regions lie at one place.
    """
    distances = np.asarray(distances_mm, dtype=np.float64)
    if distances.ndim != 2 or distances.shape[0] != distances.shape[1] or not np.isfinite(distances).all():
        raise ShapeError(f"distances: wanted finite (n_regions, n_regions), got shape {distances.shape}")
    if not np.allclose(distances, distances.T) or (distances < 0).any():
        raise ShapeError("distances: wanted a symmetric matrix without negative numbers")
    apart = distances[distances > 0]
    if not len(apart):
        raise InputError("distances: wanted regions at different positions, got all of them at one")
    weights = 1.0 / np.maximum(distances, apart.min() / 2)
    np.fill_diagonal(weights, 0.0)
    return np.asarray(weights)


def eigenmaps(weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return Moran's eigenvector maps, (n_regions, n_regions − 1), and their eigenvalues, largest (smoothest) first.

    The maps are orthonormal, each has mean 0, and together they span every map of mean 0. `weights` (n_regions,
    n_regions) is symmetric.

    Raises ShapeError where it isn't, or where there are fewer than three regions.
    """
    weights = np.asarray(weights, dtype=np.float64)
    square = weights.ndim == 2 and weights.shape[0] == weights.shape[1]
    if not square or len(weights) < 3 or not np.allclose(weights, weights.T):
        raise ShapeError(f"weights: wanted a symmetric matrix of three regions or more, got shape {weights.shape}")
    from scipy.linalg import helmert

    centred = np.ascontiguousarray(helmert(len(weights)).T)  # an orthonormal basis of the vectors that sum to 0
    values, vectors = np.linalg.eigh(centred.T @ weights @ centred)
    return centred @ vectors[:, ::-1], values[::-1]


def randomise(rng: np.random.Generator, n: int, maps: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return surrogates of maps, (n, n_emotions, n_regions): mean and variance of each are kept exactly.

    Parameters
    ----------
    rng
        Source of the signs.
    n
        Number of surrogates.
    maps
        (n_emotions, n_regions). One draw turns all maps alike, so that what they have in common stays.
    vectors
        Eigenvector maps (`eigenmaps`).

    Each part of a map gets a random sign; there are 2^(n_regions − 1) surrogates. Raises ShapeError where the axes
    don't fit.
    """
    maps = np.asarray(maps, dtype=np.float64)
    if maps.ndim != 2 or vectors.shape != (maps.shape[1], maps.shape[1] - 1):
        raise ShapeError(
            f"maps: wanted (n_emotions, n_regions) and vectors (n_regions, n_regions - 1), got {maps.shape} and "
            f"{vectors.shape}"
        )
    parts = maps @ vectors  # (n_emotions, n_regions − 1)
    signs = rng.choice([-1.0, 1.0], size=(n, 1, parts.shape[1]))
    return np.asarray(maps.mean(axis=1)[:, None] + (signs * parts) @ vectors.T)


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
    found = []
    for start in range(0, n, step):
        checkpoint()
        found.append(pearson(first, randomise(rng, min(step, n - start), second, vectors)))
    return np.concatenate(found)


def _mean_distances(
    members: Sequence[Sequence[Node]],
) -> tuple[FloatArray, BoolArray]:
    """Return the mean distance between two regions' nodes, all mirrored to one side, and which have nodes at all."""
    places = np.array([(abs(node.x_mm), node.y_mm, node.z_mm) for own in members for node in own]).reshape(-1, 3)
    owner = np.array([i for i, own in enumerate(members) for _ in own], dtype=np.int64)
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    belongs = np.zeros((len(members), len(owner)))
    belongs[owner, np.arange(len(owner))] = 1.0
    n_pairs = belongs.sum(axis=1)[:, None] * belongs.sum(axis=1)
    return belongs @ apart @ belongs.T / np.maximum(n_pairs, 1), n_pairs > 0
