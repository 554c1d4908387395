"""Reducer `umap`: neighbours stay neighbours, distances don't keep their meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Literal

import attrs
import numpy as np
from annotated_types import Ge, Interval, Le

from emotopy.errors import PluginError
from emotopy.hookspecs import hookimpl
from emotopy.records.axes import FloatArray
from emotopy.roles import Factory, Host, Reducer
from emotopy_plugins.reducers.pca import PcaReducer
from emotopy_plugins.shared.quiet import silenced
from emotopy_plugins.shared.validation import n_distinct, validate_rows

MANY_ROWS = 30_000
SMALLEST = 10
"""Fewer different rows than this have no neighbourhoods to keep: equal rows would be strewn at random."""


@attrs.define(eq=False, slots=False)
class UmapReducer:
    """UMAP (McInnes et al. 2018, arXiv 1802.03426; the package umap-learn), which new texts can be placed on.

    `min_dist` 0 packs neighbours tightly, which suits clustering. With a seed it runs on one core, so as to be
    repeatable. Fewer than ten different texts get principal components instead, and the user is told.

    Rows of more than `n_pca` dimensions are brought to so many principal components first (None: never): clusters of
    GoEmotions agree better with its labels then and are more alike over seeds, and it is quicker (docs/decisions.md).
    `n_epochs` is how often the layout is improved; None: 100 times above 30,000 rows, below that as umap-learn does
    (500 times up to 10,000 rows, then 200).

    Where a row of `transform` comes to lie depends a little on the rows it comes with (umap-learn issue 158): rows to
    be compared belong into one `fit_transform`.
    """

    n_components: Annotated[int, Ge(1)] = 5
    n_neighbors: Annotated[int, Ge(2)] = 15
    min_dist: Annotated[float, Interval(ge=0, le=1)] = attrs.field(default=0.0, repr=False)
    metric: Literal["cosine", "euclidean", "manhattan", "correlation"] = "cosine"
    n_pca: Annotated[int, Ge(2)] | None = attrs.field(default=50, repr=False)
    n_epochs: Annotated[int, Ge(1), Le(100_000)] | None = attrs.field(default=None, repr=False)
    random_state: int | None = attrs.field(default=None, repr=False)
    host: Host = attrs.field(factory=Host, repr=False)
    _fitted: Any = attrs.field(default=None, init=False, repr=False)
    _pca: PcaReducer | None = attrs.field(default=None, init=False, repr=False)

    def fit_transform(self, X: FloatArray) -> FloatArray:
        """Place the rows of X (n_texts, n_dims); return (n_texts, n_components or fewer).

        Raises PluginError where UMAP leaves rows without a place.
        """
        rows = validate_rows(X, "reducer umap")
        different = n_distinct(rows, at_most=SMALLEST)
        self._pca = None
        if different < SMALLEST:
            self.host.notify(
                f"reducer umap: principal components instead, as there are only {different} different texts"
            )
            self._fitted = PcaReducer(self.n_components, random_state=self.random_state)
        else:
            if self.n_pca is not None and min(rows.shape) > self.n_pca:
                self._pca = PcaReducer(self.n_pca, random_state=self.random_state)
                rows = self._pca.fit_transform(rows).astype(np.float32)
            self._fitted = self._umap(len(rows))
        with expected_warnings():
            return placed(self._fitted.fit_transform(rows))

    def transform(self, X: FloatArray) -> FloatArray:
        """Place new rows X (n_texts, n_dims) among those of the fit."""
        rows = validate_rows(X, "reducer umap")
        if self._pca is not None:
            rows = self._pca.transform(rows).astype(np.float32)
        with expected_warnings():
            return placed(self._fitted.transform(rows))

    def _umap(self, n_rows: int) -> Any:
        import umap

        n_neighbors = min(self.n_neighbors, n_rows - 1)
        n_components = min(self.n_components, n_rows)
        if (n_neighbors, n_components) != (self.n_neighbors, self.n_components):
            self.host.notify(f"reducer umap: n_neighbors {n_neighbors}, n_components {n_components} for {n_rows} texts")
        return umap.UMAP(
            n_components=n_components,
            n_neighbors=n_neighbors,
            min_dist=self.min_dist,
            metric=self.metric,
            # the spectral start needs more eigenvectors than such a corpus has
            init="random" if n_components >= n_rows - 2 else "spectral",
            n_epochs=self.n_epochs or default_epochs(n_rows),
            random_state=self.random_state,
            # several threads write in any order; with a seed UMAP would warn and do this itself
            n_jobs=-1 if self.random_state is None else 1,
        )


@hookimpl
def register_reducers() -> Mapping[str, Factory[Reducer]]:
    """Offer `umap`."""
    return {"umap": UmapReducer}


def default_epochs(n_rows: int) -> int | None:
    """Return how often the layout of so many rows is improved; None leaves it to umap-learn.

    >>> [default_epochs(n_rows) for n_rows in (20_000, 60_000)]
    [None, 100]
    """
    return None if n_rows <= MANY_ROWS else 100


def placed(points: FloatArray) -> FloatArray:
    """Return the points, or raise PluginError where some have no coordinates: vertices that lost all their edges."""
    lost = int((~np.isfinite(points).all(axis=1)).sum())
    if lost:
        raise PluginError(
            f"reducer umap: {lost} of {len(points)} texts got no coordinates, since they are opposite to all others; "
            "choose metric = euclidean, or the reducer pca"
        )
    return points


@contextmanager
def expected_warnings() -> Iterator[None]:
    """Silence what UMAP says, and deals with itself, when groups of texts have no neighbours in common."""
    with silenced("Graph is not fully connected"), silenced("Spectral initiali[sz]ation failed"):
        yield
