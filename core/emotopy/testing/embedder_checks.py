"""What embedders promise."""

from __future__ import annotations

from typing import Any

import numpy as np

from emotopy.errors import EmotopyError
from emotopy.readers.segmentation import without_word, word_places
from emotopy.roles import ExplainsWords
from emotopy.testing.example_inputs import ODD_TEXTS, TEXTS, learns
from emotopy.testing.generic_checks import same
from emotopy.testing.suite import Candidate, NotApplicable, matrix, refuses, require


def check_one_finite_row_per_text(candidate: Candidate) -> None:
    """`embed` returns finite float32 values of shape (n_texts, n_dims)."""
    vectors = matrix(candidate, _fitted(candidate).embed(list(TEXTS)), len(TEXTS), "embed()")
    require(vectors.dtype == np.float32, f"{candidate}: embed() must return float32, got {vectors.dtype}")


def check_same_text_same_row(candidate: Candidate) -> None:
    """The vector of a text depends neither on the other texts, their order and number, nor on earlier calls."""
    embedder = _fitted(candidate)
    together = embedder.embed(list(TEXTS))
    order = np.random.default_rng(0).permutation(len(TEXTS))
    shuffled = embedder.embed([TEXTS[i] for i in order])
    require(same(shuffled, together[order]), f"{candidate}: the order of the texts changes their vectors")
    alone = np.vstack([embedder.embed([text]) for text in TEXTS[:4]])
    require(same(alone, together[:4]), f"{candidate}: a text alone has another vector than among others")
    twice = embedder.embed([TEXTS[0], TEXTS[1], TEXTS[0]])
    require(same(twice[0], twice[2]), f"{candidate}: the same text twice has two vectors")


def check_odd_texts_embed_or_raise(candidate: Candidate) -> None:
    """Emoji, digits, punctuation and long texts have finite vectors or raise an EmotopyError, never NaN."""
    embedder = _fitted(candidate)
    for text in ODD_TEXTS:
        try:
            vector = embedder.embed([text])
        except EmotopyError:
            continue
        matrix(candidate, vector, 1, f"embed([{text[:20]!r}])")


def check_no_texts_no_rows(candidate: Candidate) -> None:
    """An empty list, which the host never passes, raises or gives (0, n_dims), never one row or None."""
    embedder = _fitted(candidate)
    refuses(candidate, lambda: embedder.embed([]), "embed([])")


def check_words_left_out_embed_as_the_rest(candidate: Candidate) -> None:
    """`embed_without` returns what `embed` returns for a text without the word, for each word; no rows for no words."""
    embedder = _fitted(candidate)
    if not isinstance(embedder, ExplainsWords):
        raise NotApplicable(f"{candidate}: doesn't leave words out (ExplainsWords)")
    texts = [TEXTS[0], "...", TEXTS[1]]
    words = [word_places(text) for text in texts]
    left = [without_word(text, *word) for text, own in zip(texts, words, strict=True) for word in own]
    wanted = _fitted(candidate).embed(left)
    found = matrix(candidate, embedder.embed_without(texts, words), len(left), "embed_without()")
    fair = same(found, wanted)
    require(fair, f"{candidate}: embed_without() must give what embed() gives for the texts without a word")


def _fitted(candidate: Candidate) -> Any:
    """Return the stage, fitted to the usual texts where it learns from texts."""
    embedder = candidate.stage()
    if learns(candidate, embedder):
        embedder.fit(sorted(TEXTS))
    return embedder
