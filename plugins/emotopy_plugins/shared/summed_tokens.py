"""The embedder `static` by definition: one text and one token at a time (reference mode)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from emotopy.records.axes import FloatArray
from emotopy_plugins.shared.static_vectors import NEGATION_KEEPS, without_surrogates
from emotopy_plugins.shared.tokenizer import Tokens
from emotopy_plugins.shared.vader_rules import cues_of, negated

if TYPE_CHECKING:
    from emotopy_plugins.shared.static_vectors import StaticEmbedder


def sums(embedder: StaticEmbedder, texts: Sequence[str]) -> FloatArray:
    """Return what `StaticEmbedder._sums` does, bitwise: the sum of the vectors of a text's tokens.

    A piece is what stands between two spaces. Where a negation covers the first word of a piece, the tokens in it, and
    in the space before, count a quarter.
    """
    model = embedder._model  # noqa: SLF001 (the same embedder, computed another way)
    found = np.zeros((len(texts), model.weights.shape[1]))
    for row, given in enumerate(texts):
        text = without_surrogates(given)
        quarter = _covered_characters(text) if embedder.negation else set()
        encoding = model.tokenizer.encode(text, add_special_tokens=False)
        for token, (start, end) in zip(encoding.ids, encoding.offsets, strict=True):
            is_covered = start < end and quarter.issuperset(range(start, end))
            found[row] += model.weights[token] * (NEGATION_KEEPS if is_covered else 1.0)
    return found


def _covered_characters(text: str) -> set[int]:
    tokens = Tokens.of([text])
    covered = negated(tokens, cues_of(tokens.words)).tolist()
    found: set[int] = set()
    place = word = 0
    for piece in text.split(" "):
        n_words = len(Tokens.of([piece]).words)
        if n_words and covered[word]:
            found |= set(range(place - 1, place + len(piece)))
        place, word = place + len(piece) + 1, word + n_words
    return found
