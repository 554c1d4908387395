"""What is found of languages for many texts at once, text by text. For reference mode and fallback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from emotopy.records.axes import FloatArray

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier


def label_probabilities(identifier: LanguageIdentifier, texts: Sequence[str]) -> FloatArray:
    """Return the library's probability of each label for each text, (n_texts, n_labels)."""
    labels = identifier.labels
    found = np.zeros((len(texts), len(labels)))
    for row, text in enumerate(texts):
        ranked = dict(identifier.rank(text))
        found[row] = [ranked[label] for label in labels]
    return found
