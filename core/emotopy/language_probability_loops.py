"""What `emotopy.language_probabilities` and `emotopy.languages` compute for many texts, text by text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from emotopy.records.axes import BoolArray, FloatArray

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier


def probabilities(identifier: LanguageIdentifier, texts: Sequence[str]) -> FloatArray:
    """Return how probable each of the identifier's labels is for each text, (n_texts, n_labels), as py3langid does."""
    found = np.zeros((len(texts), len(identifier.labels)), dtype=np.float32)
    for row, text in enumerate(texts):
        ranked = dict(identifier.rank(text))
        found[row] = [ranked[label] for label in identifier.labels]
    return found


def without_known_words(texts: Sequence[str], knows_words: Callable[[Sequence[str]], BoolArray]) -> BoolArray:
    """Return which texts hold no word that a stage knows, (n_texts,)."""
    from emotopy.languages import word_coverage

    return np.asarray(word_coverage(texts, knows_words) == 0)
