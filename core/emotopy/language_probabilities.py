"""How probable each language is for many texts at once: py3langid's model, one byte of all texts after the other.

The library walks through one text at a time, byte by byte. Here the texts of a block walk together, and what they are
scored with is one sparse product.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.records.axes import FloatArray, IntArray
from emotopy.reference import defined_by

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

BLOCK_BYTES = 1 << 21
"""Texts that are looked at together have about so many bytes; memory follows it."""
FEWEST_TOGETHER = 24
"""Of so few texts that are left, each goes on alone."""


@defined_by("emotopy.language_probability_loops.probabilities")
def probabilities(identifier: LanguageIdentifier, texts: Sequence[str]) -> FloatArray:
    """Return how probable each of the identifier's labels is for each text, (n_texts, n_labels) float32.

    A text's row doesn't depend on its neighbours, but for rounding.
    """
    found = np.zeros((len(texts), len(identifier.labels)), dtype=np.float32)
    encoded = [_encoded(text) for text in texts]
    first, size = 0, 0
    for row, text in enumerate(encoded):
        size += len(text)
        if size >= BLOCK_BYTES or row + 1 == len(encoded):
            found[first : row + 1] = _block(identifier, encoded[first : row + 1])
            first, size = row + 1, 0
    return found


def _block(identifier: LanguageIdentifier, texts: Sequence[bytes]) -> FloatArray:
    from scipy.sparse import csr_array

    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    text, feature = _visits(identifier, texts, lengths)
    used, column = np.unique(feature, return_inverse=True)
    counts = csr_array(
        (np.ones(len(text), dtype=np.float32), (text, column.ravel())), shape=(len(texts), max(len(used), 1))
    )
    counts.sum_duplicates()
    counts.data = np.log1p(counts.data)
    table = np.zeros((max(len(used), 1), len(identifier.nb_classes)), dtype=np.float32)
    table[: len(used)] = identifier.nb_ptc[used]
    scores = counts @ table
    scores[np.diff(counts.indptr) > 0] += identifier.nb_pc  # a text without features fits every language alike
    scores *= (1 / np.sqrt(np.maximum(lengths, 1))).astype(np.float32)[:, None]
    np.exp(scores - scores.max(axis=1, keepdims=True), out=scores)
    scores /= scores.sum(axis=1, keepdims=True)
    labels = identifier.labels
    place = {label: i for i, label in enumerate(labels)}
    found = np.zeros((len(texts), len(labels)), dtype=np.float32)
    for label, of_class in zip(identifier.nb_classes, scores.T, strict=True):  # some labels have several classes
        found[:, place[label]] += of_class
    return found


def _visits(identifier: LanguageIdentifier, texts: Sequence[bytes], lengths: IntArray) -> tuple[IntArray, IntArray]:
    """Return text and number of each feature that stands in the texts, once for every time it stands there."""
    next_state, row_base, output = _automaton(identifier)
    order = np.argsort(-lengths, kind="stable")  # those that have a byte at a place come first
    data = np.frombuffer(b"".join(texts), dtype=np.uint8)
    start = (np.cumsum(lengths) - lengths)[order]
    n_left = len(texts) - np.searchsorted(np.sort(lengths), np.arange(1, int(lengths.max(initial=0)) + 1))
    state = np.zeros(len(texts), dtype=np.int64)
    rows, features = [], []
    step = 0
    for step, n in enumerate([*n_left.tolist(), 0]):
        if n < FEWEST_TOGETHER:
            break
        state = next_state[row_base[state[:n]] + data[start[:n] + step]]
        seen = output[state]
        there = np.flatnonzero(seen >= 0)
        rows.append(there)
        features.append(seen[there])
    for row in range(int(n_left[step]) if step < len(n_left) else 0):
        alone = _walk(identifier, texts[order[row]][step:], int(state[row]))
        rows.append(np.full(len(alone), row))
        features.append(np.array(alone, dtype=np.int64))
    if not rows:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    return order[np.concatenate(rows)], np.concatenate(features).astype(np.int64)


def _walk(identifier: LanguageIdentifier, text: bytes, state: int) -> list[int]:
    """Return the features of a text, from a state on."""
    found, output, next_state, row_base = [], identifier.tk_output, identifier.tk_nextmove, identifier._rowbase  # noqa: SLF001
    for letter in text:
        state = next_state[row_base[state] + letter]
        if output[state] >= 0:
            found.append(output[state])
    return found


@lru_cache(maxsize=2)
def _automaton(identifier: LanguageIdentifier) -> tuple[Any, Any, Any]:
    """Return the identifier's tables as arrays: next state, where a state's row begins, the feature that a state is."""
    return (
        np.asarray(identifier.tk_nextmove),
        np.asarray(identifier.tk_row, dtype=np.int64) << 8,
        np.asarray(identifier.tk_output, dtype=np.int32),
    )


def _encoded(text: str) -> bytes:
    """Return the bytes that the identifier looks at: letters in one Unicode form, a text all in capitals in small."""
    if text.isupper():
        text = text.lower()
    if text.isascii():
        return text.encode()
    return unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")
