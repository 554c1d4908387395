"""t-SNE with its perplexity fitted to the corpus, and a way out for corpora that are too small for it."""

from __future__ import annotations

from collections.abc import Callable

from emotopy.records.axes import FloatArray
from emotopy_plugins.reducers.pca_reducer import PcaReducer
from emotopy_plugins.shared.validation import checked_rows, n_distinct

SMALLEST = 10
"""Fewer different rows than this have no neighbourhoods to keep."""


class TsneReducer:
    """scikit-learn's TSNE, started from principal components; those alone for fewer than `SMALLEST` different rows.

    It has no `transform`: t-SNE places all rows together.
    """

    def __init__(
        self,
        n_components: int = 2,
        *,
        perplexity: float = 30.0,
        metric: str = "cosine",
        random_state: int | None = None,
        notify: Callable[[str], None] = lambda message: None,
    ) -> None:
        self.n_components = n_components
        self.perplexity = perplexity
        self.metric = metric
        self.random_state = random_state
        self._say = notify

    def __repr__(self) -> str:
        return f"TsneReducer(n_components={self.n_components}, perplexity={self.perplexity}, metric={self.metric!r})"

    def fit_transform(self, X: FloatArray) -> FloatArray:
        """Place the rows of X (n_texts, n_dims); return (n_texts, n_components or fewer)."""
        from sklearn.manifold import TSNE

        rows = checked_rows(X, "reducer tsne")
        different = n_distinct(rows, at_most=SMALLEST)
        if different < SMALLEST:
            self._say(f"reducer tsne: principal components instead, as there are only {different} different texts")
            return PcaReducer(self.n_components, random_state=self.random_state).fit_transform(rows)
        perplexity = min(self.perplexity, (len(rows) - 1) / 3)  # three times as many neighbours are looked at
        if perplexity < self.perplexity:
            self._say(f"reducer tsne: perplexity {perplexity:.3g} instead of {self.perplexity:g} for {len(rows)} texts")
        points: FloatArray = TSNE(
            self.n_components,
            perplexity=perplexity,
            metric=self.metric,
            init="pca" if self.n_components <= rows.shape[1] else "random",
            random_state=self.random_state,
        ).fit_transform(rows)
        return points
