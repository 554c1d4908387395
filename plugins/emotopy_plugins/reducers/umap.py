"""Reducer `umap`: neighbours stay neighbours, distances don't keep their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import attrs
import numpy as np
from annotated_types import Ge, Interval, Le

from emotopy.errors import ShapeError
from emotopy.hookspecs import hookimpl
from emotopy.records.axes import FloatArray, IntArray
from emotopy.roles import Factory, Host, Reducer
from emotopy.storage.container_specs import Array
from emotopy.storage.state_fields import Fields
from emotopy_plugins.reducers.landmarks import LandmarkMap, LayoutOptions, distinct
from emotopy_plugins.reducers.nearest_neighbours import Metric, blocks
from emotopy_plugins.reducers.pca import PcaReducer
from emotopy_plugins.shared.validation import check_fitted, validate_rows

MANY_LANDMARKS = 10_000
_PLACED_AT_ONCE = 4_000  # texts, in double precision meanwhile
SMALLEST = 10
"""Fewer different rows than this have no neighbourhoods to keep: equal rows would be strewn at random."""


@attrs.define(eq=False, slots=False)
class UmapReducer:
    """UMAP (McInnes et al. 2018, arXiv 1802.03426) of landmarks, among which all other texts are placed.

    Rows of more than `n_pca` dimensions are brought to so many principal components first (None: never). At most
    `n_landmarks` different texts, chosen by a hash of their vectors, are laid out (None: all of them); every other text
    is placed by its nearest landmarks, which stay where they are. `transform` places new texts in the same way: a text
    lands at the same place in the fit and later, alone and among others. Neither the order of texts nor copies of them
    change the map.

    `min_dist` 0 packs neighbours tightly, which suits clustering. `n_epochs` is how often the layout is improved; None:
    500 times, above 10,000 landmarks 200 times. Fewer than ten different texts get principal components instead, and
    the user is told.

    The layout is emotopy's own, in NumPy: nothing is compiled at run time. It is not umap-learn's to the digit; how the
    two compare is measured in docs/evidence-text.md.
    """

    n_components: Annotated[int, Ge(1)] = 5
    n_neighbors: Annotated[int, Ge(2)] = 15
    min_dist: Annotated[float, Interval(ge=0, le=1)] = attrs.field(default=0.0, repr=False)
    metric: Metric = "cosine"
    n_pca: Annotated[int, Ge(2)] | None = attrs.field(default=50, repr=False)
    n_epochs: Annotated[int, Ge(1), Le(100_000)] | None = attrs.field(default=None, repr=False)
    n_landmarks: Annotated[int, Ge(SMALLEST)] | None = attrs.field(default=20_000, repr=False)
    random_state: int | None = attrs.field(default=None, repr=False)
    host: Host = attrs.field(factory=Host, repr=False)
    _fitted: LandmarkMap | PcaReducer | None = attrs.field(default=None, init=False, repr=False)

    def fit_transform(self, X: FloatArray) -> FloatArray:
        """Place the rows of X (n_texts, n_dims); return (n_texts, n_components or fewer), float32."""
        rows = validate_rows(X, "reducer umap")
        first, inverse = distinct(rows)
        different = len(first)
        if different < SMALLEST:
            self.host.notify(
                "reducer umap: principal components are used instead, because there are only "
                f"{different} different texts"
            )
            self._fitted = PcaReducer(self.n_components, random_state=self.random_state)
            return self._fitted.fit_transform(rows)
        landmarks = first[: self.n_landmarks]
        if len(landmarks) < different:
            self.host.notify(
                f"reducer umap: {len(landmarks):,} of {different:,} different texts are used as "
                "landmarks; the others are placed among them"
            )
        fitted = self._lay_out(rows[landmarks])
        self._fitted = fitted
        # copies of landmarks lie where the landmark lies
        points = fitted.points[np.minimum(inverse, len(landmarks) - 1)]
        others = np.flatnonzero(inverse >= len(landmarks))
        if len(others):
            points[others] = self._place(fitted, rows, others)
        return points

    def transform(self, X: FloatArray) -> FloatArray:
        """Place new rows X (n_texts, n_dims) among the landmarks of the fit."""
        check_fitted(self._fitted, "reducer umap")
        rows = validate_rows(X, "reducer umap")
        if isinstance(self._fitted, LandmarkMap):
            if rows.shape[1] != len(self._fitted.mean):
                raise ShapeError(
                    f"reducer umap: wanted rows of {len(self._fitted.mean)} dimensions, those of the fit, got "
                    f"{rows.shape[1]}"
                )
            return self._place(self._fitted, rows, np.arange(len(rows)))
        return self._fitted.transform(rows)

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return the map of the landmarks, or the principal components that a small corpus got instead."""
        assert self._fitted is not None
        arrays, values = self._fitted.state()
        return arrays, {"is_map": isinstance(self._fitted, LandmarkMap), **values}

    def restore(self, arrays: Mapping[str, Array], values: Mapping[str, Any]) -> None:
        """Take up a fit."""
        if Fields(values).flag("is_map"):
            self._fitted = LandmarkMap.from_state(arrays, values)
        else:
            self._fitted = PcaReducer(self.n_components, random_state=self.random_state)
            self._fitted.restore(arrays, values)

    def _place(self, fitted: LandmarkMap, rows: FloatArray, chosen: IntArray) -> FloatArray:
        placed = np.empty((len(chosen), fitted.points.shape[1]), dtype=np.float32)
        with self.host.progress(f"reducer umap: placing {len(chosen):,} texts", len(chosen)) as advance:
            for part in blocks(len(chosen), _PLACED_AT_ONCE):
                placed[part] = fitted.place(rows[chosen[part]])
                advance(len(placed[part]))
        return placed

    def _lay_out(self, rows: FloatArray) -> LandmarkMap:
        n_rows = len(rows)
        n_neighbors = min(self.n_neighbors, n_rows - 1)
        n_components = min(self.n_components, n_rows)
        if (n_neighbors, n_components) != (self.n_neighbors, self.n_components):
            self.host.notify(f"reducer umap: n_neighbors {n_neighbors}, n_components {n_components} for {n_rows} texts")
        options = LayoutOptions(n_components, n_neighbors, self.min_dist, self.metric, self.n_pca)
        n_epochs = self.n_epochs or default_epochs(n_rows)
        generator = np.random.default_rng(self.random_state)
        with self.host.progress(f"reducer umap: layout of {n_rows:,} texts", n_epochs) as advance:
            return LandmarkMap.of(rows, options, n_epochs, generator, advance)


@hookimpl
def register_reducers() -> Mapping[str, Factory[Reducer]]:
    """Offer `umap`."""
    return {"umap": UmapReducer}


def default_epochs(n_landmarks: int) -> int:
    """Return how often the layout of so many landmarks is improved, as in umap-learn.

    >>> [default_epochs(n_landmarks) for n_landmarks in (10_000, 20_000)]
    [500, 200]
    """
    return 500 if n_landmarks <= MANY_LANDMARKS else 200
