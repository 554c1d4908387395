"""The group test of preset `vos2025` (arXiv 2508.09337), as published. It is not calibrated; docs/science.md says why.

Resampled copies of rows count as new rows, cluster numbers of groups that were fitted separately are read as if they
were the same, and nothing is corrected for the number of nodes. Use `group_comparison` for claims.
"""

from __future__ import annotations

import attrs
import numpy as np

from emotopy.errors import InputError, ShapeError
from emotopy.records.axes import BoolArray, FloatArray, IntArray

EMPTY_CELL = 0.1
"""The intensity that stands for a node without any text of a group, as published."""


@attrs.frozen(eq=False)
class PublishedComparison:
    """First group against second per node, after oversampling; all arrays (n_nodes,).

    `n_a`, `n_b` count texts, copies included; `mean_a`, `mean_b` are 0.1 in empty cells; `p` is two-sided, uncorrected.
    """

    n_a: IntArray
    n_b: IntArray
    mean_a: FloatArray
    mean_b: FloatArray
    p: FloatArray


def oversampled_mann_whitney(
    intensities: FloatArray, nodes: IntArray, is_first: BoolArray, n_nodes: int, rng: np.random.Generator
) -> PublishedComparison:
    """Oversample the smaller group with replacement to the larger, then compare intensities node by node.

    Parameters
    ----------
    intensities, nodes, is_first
        Of texts (n_texts,): intensity, number of the node (0 to n_nodes − 1), and whether it is in the first group.
    n_nodes
        Number of nodes.
    rng
        Source of the copies.

    Raises ShapeError for axes or node numbers that don't fit, InputError for an empty group.
    """
    intensities, nodes, is_first = np.asarray(intensities), np.asarray(nodes), np.asarray(is_first, dtype=bool)
    if not intensities.shape == nodes.shape == is_first.shape == (len(intensities),):
        raise ShapeError(
            f"wanted intensities, nodes and is_first of shape (n_texts,), got {intensities.shape}, {nodes.shape} and "
            f"{is_first.shape}"
        )
    if len(nodes) and (nodes.min() < 0 or nodes.max() >= n_nodes):
        raise ShapeError(f"nodes: wanted numbers from 0 to {n_nodes - 1}, got {nodes.min()} to {nodes.max()}")
    rows = [np.flatnonzero(is_first), np.flatnonzero(~is_first)]
    if not len(rows[0]) or not len(rows[1]):
        raise InputError(f"a comparison needs texts in both groups, got {len(rows[0])} and {len(rows[1])}")
    most = max(len(own) for own in rows)
    rows = [own if len(own) == most else rng.choice(own, most) for own in rows]
    cells = [[intensities[own[nodes[own] == node]] for node in range(n_nodes)] for own in rows]
    filled = [[cell if len(cell) else np.array([EMPTY_CELL]) for cell in side] for side in cells]
    sizes = [np.array([len(cell) for cell in side]) for side in cells]
    means = [np.array([cell.mean() for cell in side]) for side in filled]
    p = np.array([_mann_whitney(a, b) for a, b in zip(*filled, strict=True)])
    return PublishedComparison(n_a=sizes[0], n_b=sizes[1], mean_a=means[0], mean_b=means[1], p=p)


def _mann_whitney(a: FloatArray, b: FloatArray) -> float:
    from scipy.stats import mannwhitneyu

    if np.ptp(np.concatenate([a, b])) == 0:
        return 1.0
    return float(mannwhitneyu(a, b, alternative="two-sided").pvalue)
