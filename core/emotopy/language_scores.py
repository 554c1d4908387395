"""How probable py3langid finds each language for many texts at once: the numbers of its `rank`, without its loops.

The library walks an automaton byte by byte and text by text, and sorts all languages for each. Here the texts of a
block take each step together, and the scores of a block are one sparse product. The model is read from the attributes
of the library's identifier; where a version keeps other ones, or scores in another way, the library's own loop runs.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import numpy.typing as npt

from emotopy.host import checkpoint
from emotopy.records.axes import FloatArray, IntArray
from emotopy.reference import defined_by

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

BLOCK = 4_096
"""Texts at a time: the model's rows for their features are made floats, 10 kB for each nine."""
FEWEST_TOGETHER = 48
"""Fewer texts than this take their steps one after the other, which is faster then."""
SAMPLE = ("The quick brown fox is afraid.", "Die Liebe ist schön", "怖い")
"""Texts that tell whether the library scores as this module does."""
TOLERANCE = 1e-4
"""How far a probability may be from the library's, which rounds in single precision."""


@attrs.frozen(eq=False)
class Automaton:
    """The library's model: an automaton over bytes whose states give features, and a naive Bayes of those.

    Attributes
    ----------
    next_state : (256 * n_rows,)
        The state that follows, at 256 times the row of the state plus the byte.
    row_of, feature_of : (n_states,)
        The row of each state, and the feature that it gives; negative for none.
    weights : (n_features, n_classes)
        Log probabilities, half precision; `prior` (n_classes,) those of the classes.
    """

    next_state: IntArray
    row_of: IntArray
    feature_of: IntArray
    weights: FloatArray
    prior: FloatArray

    @classmethod
    def of(cls, identifier: LanguageIdentifier) -> Automaton:
        """Read the model of an identifier; AttributeError, TypeError or ValueError where it is of another form."""
        found: Any = identifier
        return cls(
            next_state=np.frombuffer(found.tk_nextmove, dtype=f"u{found.tk_nextmove.itemsize}"),
            row_of=np.array(found.tk_row, dtype=np.int64),
            feature_of=np.array(found.tk_output, dtype=np.int64),
            weights=np.asarray(found.nb_ptc),
            prior=np.asarray(found.nb_pc, dtype=np.float64),
        )

    def features(self, contents: Sequence[bytes]) -> tuple[IntArray, IntArray]:
        """Return the features that the bytes of each text give: the text's place and the feature, (n_found,) each."""
        length = np.array([len(content) for content in contents], dtype=np.int64)
        order = np.argsort(-length, kind="stable")
        length = length[order]
        joined = np.frombuffer(b"".join(contents[i] for i in order), dtype=np.uint8)
        start = np.cumsum(length) - length
        state = np.zeros(len(contents), dtype=np.int64)
        found_in, found = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        step, n = 0, int((length > 0).sum())
        while n >= FEWEST_TOGETHER:
            state = self.next_state[(self.row_of[state[:n]] << 8) + joined[start[:n] + step]].astype(np.int64)
            feature = self.feature_of[state]
            gives = np.flatnonzero(feature >= 0)
            found_in.append(gives)
            found.append(feature[gives])
            step += 1
            n = int(np.searchsorted(-length[:n], -step))  # those that are longer than the steps taken
        for i in range(n):
            features = self._walk(int(state[i]), joined[start[i] + step : start[i] + length[i]].tobytes())
            found_in.append(np.full(len(features), i, dtype=np.int64))
            found.append(np.array(features, dtype=np.int64))
        return order[np.concatenate(found_in)], np.concatenate(found)

    def _walk(self, state: int, content: bytes) -> list[int]:
        # Views of memory, since an array makes an object of every number that is asked for.
        next_state, row_of, feature_of = (one.data for one in (self.next_state, self.row_of, self.feature_of))
        found = []
        for letter in content:
            state = next_state[(row_of[state] << 8) + letter]
            if (feature := feature_of[state]) >= 0:
                found.append(feature)
        return found

    def probabilities(self, texts: Sequence[str]) -> FloatArray:
        """Return the probability of each class for each text, (n_texts, n_classes); rows sum to one."""
        from scipy.sparse import csr_array

        contents = [encoded(text) for text in texts]
        text, feature = self.features(contents)
        used, column = np.unique(feature, return_inverse=True)
        pair, count = np.unique(text * max(1, len(used)) + column, return_counts=True)
        row, column = np.divmod(pair, max(1, len(used)))
        ends = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(texts)))])
        counts = csr_array((np.log1p(count), column, ends), shape=(len(texts), len(used)))
        scores = counts @ self.weights[used].astype(np.float64) + self.prior
        scores[np.diff(ends) == 0] = 0  # no feature, no opinion
        scores /= np.sqrt([[max(1, len(content))] for content in contents])
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def encoded(text: str) -> bytes:
    """Return what the library reads of a text: composed, and in small letters where all are capitals."""
    return unicodedata.normalize("NFC", text.lower() if text.isupper() else text).encode("utf-8", "surrogatepass")


@defined_by("emotopy.language_score_loops.label_probabilities")
def label_probabilities(identifier: LanguageIdentifier, texts: Sequence[str]) -> FloatArray:
    """Return the probability of each of the identifier's labels for each text, (n_texts, n_labels).

    A text's row doesn't depend on its neighbours, to the last digit.
    """
    labels = list(identifier.labels)
    automaton = _automaton(identifier)
    if automaton is None:
        from emotopy.language_score_loops import label_probabilities as loop

        return loop(identifier, texts)
    return _by_label(automaton, labels, identifier.nb_classes, texts)


def _by_label(automaton: Automaton, labels: Sequence[str], classes: Sequence[str], texts: Sequence[str]) -> FloatArray:
    found = np.zeros((len(texts), len(labels)))
    for start in range(0, len(texts), BLOCK):
        checkpoint()
        by_class = automaton.probabilities(texts[start : start + BLOCK])
        found[start : start + BLOCK] = sum_by_name(by_class, classes)
    return found


def sum_by_name(values: npt.NDArray[Any], names: Sequence[str]) -> npt.NDArray[Any]:
    """Return the sums of the columns (n_rows, n_columns) of each name, in the order of their first columns.

    >>> sum_by_name(np.array([[1, 2, 4]]), ["de", "en", "de"])
    array([[5, 2]])
    """
    first, further = _columns_of(tuple(names))
    found = values[:, first]
    for place, column in further:
        found[:, place] += values[:, column]
    return found


@cache
def _columns_of(names: tuple[str, ...]) -> tuple[list[int], list[tuple[int, int]]]:
    """Return the first column of each name, and the further ones beside the place of their name."""
    place: dict[str, int] = {}
    first, further = [], []
    for column, name in enumerate(names):
        if name in place:
            further.append((place[name], column))
        else:
            place[name] = len(place)
            first.append(column)
    return first, further


@cache
def _automaton(identifier: LanguageIdentifier) -> Automaton | None:
    """Return the identifier's model; None where it is of another form, or gives other numbers than the library."""
    try:
        automaton = Automaton.of(identifier)
        ours = _by_label(automaton, list(identifier.labels), identifier.nb_classes, SAMPLE)
    except (AttributeError, IndexError, TypeError, ValueError):
        return None
    ranked = [dict(identifier.rank(text)) for text in SAMPLE]
    theirs = [[float(one[label]) for label in identifier.labels] for one in ranked]
    close = all(math.isclose(a, b, abs_tol=TOLERANCE) for a, b in zip(ours.ravel(), np.ravel(theirs), strict=True))
    return automaton if close else None
