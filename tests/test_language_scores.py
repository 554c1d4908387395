"""Probabilities of languages for many texts at once: the library's own, the same for a text alone as among others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotopy.language_score_loops import label_probabilities as loop
from emotopy.language_scores import FEWEST_TOGETHER, TOLERANCE, Automaton, label_probabilities
from emotopy.languages import _identifier

pytestmark = pytest.mark.fast_path
WORDS = ["love", "Angst", "ANGST", "désespoir", "怖い", "страх", "42", "e\u0301", "😀", " ", "\x00", "für"]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(WORDS)).map(" ".join)), min_size=1, max_size=9)
)
def test_any_texts_have_the_library_s_probabilities(texts):
    """Up to the library's single precision; rows sum to one."""
    texts = [text.encode("utf-8", "replace").decode() for text in texts]  # no halves of surrogate pairs, as `detect`
    found = label_probabilities(_identifier(), texts)
    np.testing.assert_allclose(found, loop(_identifier(), texts), atol=TOLERANCE / 10)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("n", [1, FEWEST_TOGETHER - 1, FEWEST_TOGETHER, 3 * FEWEST_TOGETHER])
def test_a_text_s_row_does_not_depend_on_its_neighbours(n, rng):
    """To the last digit, whether texts take their steps together or one by one, and whatever their lengths."""
    texts = [" ".join(rng.choice(WORDS, size=size)) for size in rng.integers(0, 60, size=n)]
    together = label_probabilities(_identifier(), texts)
    alone = np.vstack([label_probabilities(_identifier(), [text]) for text in texts])
    np.testing.assert_array_equal(together, alone)


class Rescored:
    """An identifier of a library that scores in another way."""

    def __init__(self, identifier, **changed):
        self._identifier, self._changed = identifier, changed

    def __getattr__(self, name):
        return self._changed.get(name) or getattr(self._identifier, name)


def test_a_library_that_scores_otherwise_is_asked_itself():
    """Where the model has another form, or gives other numbers, the library's own loop runs."""
    real = _identifier()
    uniform = [(label, 1 / len(real.labels)) for label in real.labels]
    other_scores = Rescored(real, rank=lambda text: uniform)
    np.testing.assert_allclose(label_probabilities(other_scores, ["I am afraid of him"]), 1 / len(real.labels))
    other_form = Rescored(real, tk_nextmove=[1, 2, 3])
    with pytest.raises((AttributeError, TypeError)):
        Automaton.of(other_form)
    np.testing.assert_array_equal(label_probabilities(other_form, ["Die Angst"]), loop(real, ["Die Angst"]))
