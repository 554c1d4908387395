"""Exact nearest neighbours of rows among reference rows, by matrix products.

Candidates come from products in single precision; the distances of the candidates, and which of them are the nearest,
are computed in double precision, row by row. So a row's neighbours don't depend on the rows it is asked with.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import attrs
import numpy as np

from emotopy.host import checkpoint
from emotopy.records.axes import FloatArray, IntArray
from emotopy.reference import defined_by
from emotopy_plugins.shared.blas_limit import blas_limited_by_scikit_learn

Metric = Literal["cosine", "euclidean", "manhattan", "correlation"]

_SPARE = 8
"""Candidates beyond the neighbours that are wanted: rounding of single precision can exchange near ones."""
_AT_ONCE = 4_000_000  # products held at a time: 16 MB
_GROUP = 20  # columns that share a maximum
_NOBODY = np.float32(-1e30)  # the score of a column that only fills up the last group


@attrs.frozen(eq=False)
class Neighbours:
    """The nearest reference rows of some rows, the nearest first; of equally near ones, the first.

    Attributes
    ----------
    indices : (n_rows, n_neighbors)
        Which reference rows.
    distances : (n_rows, n_neighbors)
        How far they are, in the units of the metric.
    """

    indices: IntArray
    distances: FloatArray


def comparable(rows: FloatArray, metric: Metric) -> FloatArray:
    """Return rows (n_rows, n_dims), float32, whose Euclidean distances rank as the metric does.

    For `cosine` rows have length 1 (a row of zeros stays), for `correlation` mean 0 as well.

    >>> comparable(np.array([[3.0, 4.0], [0.0, 0.0]]), "cosine").tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    if metric == "correlation":
        rows = rows - rows.mean(axis=1, keepdims=True)
    if metric in ("cosine", "correlation"):
        lengths = np.sqrt(np.einsum("nd,nd->n", rows, rows))[:, np.newaxis]
        rows = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)
    return rows.astype(np.float32)


@attrs.frozen(eq=False)
class NeighbourSearch:
    """A search among reference rows that are `comparable`; make it with `of`.

    Attributes
    ----------
    reference : (n_reference, n_dims)
        The rows to find.
    metric
        `cosine` and `correlation` give half the squared Euclidean distance of rows of length 1, which is 1 − cosine.
    """

    reference: FloatArray
    metric: Metric
    _factor: FloatArray = attrs.field(repr=False)

    @classmethod
    def of(cls, reference: FloatArray, metric: Metric) -> NeighbourSearch:
        """Prepare the search: reference rows as columns, with a last row that turns products into distances' order."""
        n, n_dims = reference.shape
        factor = np.zeros((n_dims + 1, n + -n % _GROUP), dtype=np.float32)
        factor[:-1, :n] = reference.T
        factor[-1] = _NOBODY
        factor[-1, :n] = -0.5 * np.einsum("nd,nd->n", reference, reference, dtype=np.float64)
        return cls(reference, metric, factor)

    @defined_by("emotopy_plugins.reducers.umap_loops.nearest")
    def nearest(self, rows: FloatArray, n_neighbors: int) -> Neighbours:
        """Find the nearest reference rows of `comparable` rows (n_rows, n_dims)."""
        n_neighbors = min(n_neighbors, len(self.reference))
        if self.metric == "manhattan":
            return self._by_city_blocks(rows, n_neighbors)
        indices = np.empty((len(rows), n_neighbors), dtype=np.int64)
        distances = np.empty((len(rows), n_neighbors))
        for part in blocks(len(rows), max(1, _AT_ONCE // self._factor.shape[1])):
            checkpoint()
            # |row - reference|² / 2 = |row|² / 2 - (row · reference - |reference|² / 2)
            scores = rows[part] @ self._factor[:-1]
            scores += self._factor[-1]
            candidates = largest(scores, min(n_neighbors + _SPARE, len(self.reference)))
            differences = rows[part, np.newaxis].astype(np.float64)
            differences = differences - self.reference[candidates]
            squares = np.einsum("nkd,nkd->nk", differences, differences)
            order = np.lexsort((candidates, squares), axis=1)[:, :n_neighbors]
            indices[part] = np.take_along_axis(candidates, order, axis=1)
            distances[part] = np.take_along_axis(squares, order, axis=1)
        return Neighbours(indices, np.sqrt(distances) if self.metric == "euclidean" else distances / 2)

    def _by_city_blocks(self, rows: FloatArray, n_neighbors: int) -> Neighbours:
        from sklearn.neighbors import NearestNeighbors

        search = NearestNeighbors(n_neighbors=n_neighbors, metric="manhattan", algorithm="brute")
        with blas_limited_by_scikit_learn():
            distances, indices = search.fit(self.reference).kneighbors(rows)
        order = np.lexsort((indices, distances), axis=1)
        return Neighbours(np.take_along_axis(indices, order, 1), np.take_along_axis(distances, order, 1))


def largest(scores: FloatArray, n: int) -> IntArray:
    """Return the columns of the n largest scores of each row, (n_rows, n), in any order.

    Columns come in groups; the n largest lie in the n groups with the largest maxima, so that only those are sorted.

    >>> largest(np.array([[3.0, 9.0, 1.0, 7.0]]), 2).tolist()
    [[1, 3]]
    """
    n_rows, n_columns = scores.shape
    n_groups = n_columns // _GROUP
    if n_groups <= 2 * n or n_columns % _GROUP:
        return np.sort(np.argpartition(scores, n_columns - n, axis=1)[:, n_columns - n :], axis=1)
    grouped = scores.reshape(n_rows, _GROUP, n_groups)
    best = np.argpartition(grouped.max(axis=1), n_groups - n, axis=1)[:, n_groups - n :]
    columns = (best[:, np.newaxis, :] + n_groups * np.arange(_GROUP)[:, np.newaxis]).reshape(n_rows, -1)
    among = largest(np.take_along_axis(scores, columns, axis=1), n) if n < columns.shape[1] else None
    return columns if among is None else np.take_along_axis(columns, among, axis=1)


def blocks(n_rows: int, size: int) -> Iterator[slice]:
    """Yield consecutive slices of at most `size` rows.

    >>> list(blocks(5, 3))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    return (slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size))
