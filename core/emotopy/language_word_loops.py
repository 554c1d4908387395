"""Which texts hold no word that is known, as the share of each text's known words says. For reference mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from emotopy.languages import word_coverage
from emotopy.records.axes import BoolArray


def without_known_words(texts: Sequence[str], knows_words: Callable[[Sequence[str]], BoolArray]) -> BoolArray:
    """Return which texts hold no word that a stage knows, (n_texts,)."""
    return np.asarray(word_coverage(texts, knows_words) == 0)
