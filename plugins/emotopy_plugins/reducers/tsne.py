"""Reducer `tsne`: neighbours stay neighbours, distances don't keep their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import attrs
import numpy as np
from annotated_types import Ge

from emotopy.hookspecs import hookimpl
from emotopy.records.axes import FloatArray
from emotopy.roles import Factory, Host, Reducer
from emotopy_plugins.reducers.pca import PcaReducer
from emotopy_plugins.shared.validation import n_distinct, validate_rows

SMALLEST = 10
"""Fewer different rows than this have no neighbourhoods to keep."""


@attrs.define(eq=False, slots=False)
class TsneReducer:
    """t-SNE (van der Maaten & Hinton 2008; scikit-learn, Barnes-Hut). New texts can't be placed.

    `perplexity` is about the number of neighbours that count; a small corpus gets less. It starts from principal
    components; fewer than ten different texts get those alone, and the user is told.
    """

    n_components: Literal[1, 2, 3] = 2
    perplexity: Annotated[float, Ge(1)] = 30.0
    metric: Literal["cosine", "euclidean", "manhattan"] = "cosine"
    random_state: int | None = attrs.field(default=None, repr=False)
    host: Host = attrs.field(factory=Host, repr=False)

    def fit_transform(self, X: FloatArray) -> FloatArray:
        """Place the rows of X (n_texts, n_dims); return (n_texts, n_components or fewer)."""
        from sklearn.manifold import TSNE

        rows = validate_rows(X, "reducer tsne")
        different = n_distinct(rows, at_most=SMALLEST)
        if different < SMALLEST:
            self.host.notify(
                "reducer tsne: principal components are used instead, because there are only "
                f"{different} different texts"
            )
            return PcaReducer(self.n_components, random_state=self.random_state).fit_transform(rows)
        perplexity = min(self.perplexity, (len(rows) - 1) / 3)  # three times as many neighbours are looked at
        if perplexity < self.perplexity:
            self.host.notify(
                f"reducer tsne: perplexity {perplexity:.3g} instead of {self.perplexity:g} for {len(rows)} texts"
            )
        tsne = TSNE(
            self.n_components,
            perplexity=perplexity,
            metric=self.metric,
            init="pca" if self.n_components <= rows.shape[1] else "random",
            random_state=self.random_state,
        )
        return np.asarray(tsne.fit_transform(rows))


@hookimpl
def register_reducers() -> Mapping[str, Factory[Reducer]]:
    """Offer `tsne`."""
    return {"tsne": TsneReducer}
