"""The two axes of the map of texts: principal components of the points that the reducer gives."""

from __future__ import annotations

import math
from collections.abc import Iterator

import attrs
import numpy as np

from emotopy.errors import ShapeError
from emotopy.records import FloatArray, axes

N_AXES = 2
BLOCK_ROWS = 4096
"""Points whose products are summed at once: a copy of all of them at double precision may take gigabytes."""
FLAT = 1e-12
"""Of the variance along the first axis; less along the second is rounding of points on a line."""
NEAR = 1e-6
"""Two loadings that differ by so little count as equal: rounding must not decide about a sign."""
LARGEST = float(np.finfo(np.float32).max)


@attrs.frozen(eq=False, repr=False)
class MapAxes:
    """What places points on the map of texts.

    Attributes
    ----------
    mean : (n_components,)
        The mean of the points that the axes come from: the middle of the map.
    loadings : (n_axes, n_components)
        The first and the second principal axis, of length 1 and at right angles. There is one where all points lie on a
        line, and none where all are equal.
    """

    mean: FloatArray = attrs.field(validator=axes("components"))
    loadings: FloatArray

    def __attrs_post_init__(self) -> None:
        shape = np.shape(self.loadings)
        if len(shape) != 2 or shape[0] > N_AXES or shape[1] != len(self.mean):
            raise ShapeError(f"loadings: wanted up to {N_AXES} rows of {len(self.mean)} components, got shape {shape}")

    @classmethod
    def of(cls, points: FloatArray) -> MapAxes:
        """Find the axes of points.

        Parameters
        ----------
        points : (n_points, n_components)
            In an order that the input's doesn't change; one point at least.
        """
        size = _size(points)
        if size == 0:
            return cls(np.zeros(points.shape[1]), np.empty((0, points.shape[1])))
        # Counted from a point among them: the mean of equal points is then the point itself, to the last digit.
        origin, total = points[0].astype(np.float64) / size, np.zeros(points.shape[1])
        for block in _blocks(points, size):
            total += (block - origin).sum(axis=0)
        middle = origin + total / len(points)
        return cls(middle * size, principal_axes(points, middle, size))

    def place(self, points: FloatArray) -> FloatArray:
        """Return the places of points on the map, `map_x` and `map_y`.

        Parameters
        ----------
        points : (n_points, n_components)

        Returns
        -------
        (n_points, 2), in the unit of the points; 0 along an axis that there isn't, NaN beyond what float32 can hold.
        """
        found = np.zeros((len(points), N_AXES))
        # A row at a time, without BLAS: it rounds a point alone otherwise than the same point among others.
        with np.errstate(over="ignore", invalid="ignore"):
            found[:, : len(self.loadings)] = np.einsum("nc,ac->na", points - self.mean, self.loadings)
        found[~(np.abs(found) <= LARGEST)] = np.nan
        return found


def principal_axes(points: FloatArray, middle: FloatArray, size: float) -> FloatArray:
    """Return the first two principal axes of points, (n_axes, n_components): fewer where points don't span two.

    The sign of an axis is arbitrary. Here its largest loading by absolute value is positive; of loadings that are
    equally large to 1e-6, the first.

    Parameters
    ----------
    points : (n_points, n_components)
    middle : (n_components,)
        Their mean, divided by `size`.
    size
        What the points are divided by, so that no square overflows.
    """
    k = points.shape[1]
    products = np.zeros((k, k))
    for block in _blocks(points, size):
        centred = block - middle
        products += centred.T @ centred
    variances, vectors = np.linalg.eigh(products)  # ascending
    is_spread = variances[::-1][:N_AXES] > FLAT * variances[-1]
    found = np.ascontiguousarray(vectors[:, ::-1][:, :N_AXES].T[is_spread])
    sizes = np.abs(found)
    deciding = np.argmax(sizes >= sizes.max(axis=1, initial=0.0, keepdims=True) * (1 - NEAR), axis=1)
    return np.asarray(found * np.sign(np.take_along_axis(found, deciding[:, None], axis=1)))


def no_places(n: int) -> FloatArray:
    """Return the places of texts that have none, (n, 2): NaN."""
    return np.full((n, N_AXES), np.nan)


def _size(points: FloatArray) -> float:
    """Return the power of two below the largest of the numbers, by which dividing rounds nothing; 0 if all are 0."""
    largest = max(float(points.max()), -float(points.min()))
    return math.ldexp(1.0, math.frexp(largest)[1] - 1) if largest else 0.0


def _blocks(points: FloatArray, size: float) -> Iterator[FloatArray]:
    for at in range(0, len(points), BLOCK_ROWS):
        yield points[at : at + BLOCK_ROWS].astype(np.float64) / size
