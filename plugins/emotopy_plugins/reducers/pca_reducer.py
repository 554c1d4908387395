"""Principal components of any corpus, down to a single text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from emotopy.records.axes import FloatArray
from emotopy_plugins.shared.validation import checked_rows, n_distinct


class PcaReducer:
    """scikit-learn's PCA, after its StandardScaler where wanted, with no more components than rows can span.

    k different rows span k − 1 directions around their mean; components beyond would hold rounding errors, which
    whitening would blow up to full size. Texts that are all equal get one component, zero for all.
    """

    def __init__(
        self,
        n_components: int = 5,
        *,
        standardise: bool = False,
        whiten: bool = False,
        random_state: int | None = None,
        notify: Callable[[str], None] = lambda message: None,
    ) -> None:
        self.n_components = n_components
        self.standardise = standardise
        self.whiten = whiten
        self.random_state = random_state
        self._say = notify
        self._steps: Any = None

    def __repr__(self) -> str:
        return f"PcaReducer(n_components={self.n_components}, standardise={self.standardise}, whiten={self.whiten})"

    def fit_transform(self, X: FloatArray) -> FloatArray:
        """Learn the components from X (n_texts, n_dims); return its coordinates (n_texts, n_components or fewer)."""
        from sklearn.decomposition import PCA
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        rows = checked_rows(X, "reducer pca")
        different = n_distinct(rows, at_most=self.n_components + 1)
        kept = max(1, min(self.n_components, rows.shape[1], different - 1))
        if kept < self.n_components:
            limit = f"{rows.shape[1]} dimensions" if kept == rows.shape[1] else f"{different} different texts"
            self._say(f"reducer pca: {kept} of {self.n_components} components, as there are only {limit}")
        pca = PCA(kept, whiten=self.whiten and different > 1, random_state=self.random_state)
        self._steps = make_pipeline(StandardScaler(), pca) if self.standardise else make_pipeline(pca)
        if different == 1:
            with np.errstate(invalid="ignore"):  # the component's share of a variance of zero is 0/0
                self._steps.fit(rows[:1])  # the mean of copies would be off by a rounding error
            return self.transform(rows)
        points: FloatArray = self._steps.fit_transform(rows)
        return points

    def transform(self, X: FloatArray) -> FloatArray:
        """Return the coordinates of new rows X (n_texts, n_dims) on the components learnt."""
        points: FloatArray = self._steps.transform(checked_rows(X, "reducer pca"))
        return points
