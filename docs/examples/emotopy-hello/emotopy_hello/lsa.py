"""Embedder `lsa`: latent semantic analysis, which learns from the corpus.

It computes weighted word counts (TF-IDF) and reduces them to a few dimensions (Deerwester et al. 1990).
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge
from emotopy import hookimpl
from emotopy.records import FloatArray
from emotopy.roles import Embedder, Factory


class Lsa:
    """Fits TF-IDF weights to the corpus and projects onto the largest singular vectors.

    Words in fewer than `min_texts` texts are ignored. A text without a known word gives a row of zeros.
    """

    def __init__(
        self, n_dims: Annotated[int, Ge(1)] = 50, min_texts: Annotated[int, Ge(1)] = 1, random_state: int | None = None
    ) -> None:
        self.n_dims, self.min_texts, self.random_state = n_dims, min_texts, random_state
        self._counts: Any = None
        self._directions: FloatArray | None = None

    def fit(self, texts: Sequence[str]) -> "Lsa":
        """Learn the vocabulary, the weights and the directions from the distinct texts of the corpus."""
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._counts = TfidfVectorizer(min_df=min(self.min_texts, len(texts)), token_pattern=r"\w+")
        weighted = self._counts.fit_transform(texts)
        n_dims = min(self.n_dims, *weighted.shape)
        found = TruncatedSVD(n_dims, random_state=self.random_state).fit(weighted)
        self._directions = np.asarray(found.components_, dtype=np.float64)
        return self

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Return (n_texts, n_dims) float32; with few texts or words, fewer dimensions."""
        if self._directions is None:
            from sklearn.exceptions import NotFittedError

            raise NotFittedError("lsa: isn't fitted yet; it learns its words from the corpus")
        weighted = self._counts.transform(texts)
        return np.asarray(weighted @ self._directions.T, dtype=np.float32)

    def knows_words(self, words: Sequence[str]) -> np.ndarray:
        """Return which words are in the vocabulary; texts without any are excluded."""
        return np.array([word.lower() in self._counts.vocabulary_ for word in words], dtype=bool)

    def state(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Return the fitted state for a saved model."""
        words = sorted(self._counts.vocabulary_, key=self._counts.vocabulary_.get)
        return {"weights": self._counts.idf_, "directions": self._directions}, {"words": words}

    def restore(self, arrays: Mapping[str, np.ndarray], values: Mapping[str, Any]) -> None:
        """Restore the fitted state. It comes from a file and is therefore validated."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        words, weights, directions = values.get("words"), arrays.get("weights"), arrays.get("directions")
        fits = (
            set(values) == {"words"}
            and set(arrays) == {"weights", "directions"}
            and isinstance(words, list)
            and len({*words}) == len(words) == len(weights)
            and all(isinstance(word, str) for word in words)
            and weights.dtype == directions.dtype == np.float64
            and (weights.ndim, directions.ndim) == (1, 2)
            and 0 < len(directions)
            and directions.shape[1] == len(words)
        )
        if not fits:
            raise ValueError("wanted words, a weight for each and directions over them, got something else")
        self._counts = TfidfVectorizer(vocabulary={word: i for i, word in enumerate(words)}, token_pattern=r"\w+")
        self._counts.idf_ = weights
        self._directions = directions


@hookimpl
def register_embedders() -> Mapping[str, Factory[Embedder]]:
    """Offer `lsa`."""
    return {"lsa": Lsa}
