"""What `emotopy.language_probabilities` computes, text by text, as py3langid itself does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from emotopy.records.axes import FloatArray

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier


def probabilities(identifier: LanguageIdentifier, texts: Sequence[str]) -> FloatArray:
    """Return how probable each of the identifier's labels is for each text, (n_texts, n_labels) float32."""
    found = np.zeros((len(texts), len(identifier.labels)), dtype=np.float32)
    for row, text in enumerate(texts):
        ranked = dict(identifier.rank(text))
        found[row] = [ranked[label] for label in identifier.labels]
    return found
