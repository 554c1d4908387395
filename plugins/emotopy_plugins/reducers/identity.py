"""The reducer that leaves embeddings as they are."""

from __future__ import annotations

from emotopy.records.axes import FloatArray


class Identity:
    """Passes every row on, (n_texts, n_dims)."""

    def __repr__(self) -> str:
        return "Identity()"

    def fit_transform(self, X: FloatArray) -> FloatArray:
        """Return X itself."""
        return X

    def transform(self, X: FloatArray) -> FloatArray:
        """Return X itself."""
        return X
