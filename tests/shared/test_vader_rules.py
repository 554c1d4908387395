"""Words that modify others: the data, and the factors with nothing to modify."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy_plugins.shared.tokenizer import Tokens, tokenize
from emotopy_plugins.shared.vader_rules import (
    CLAUSE_WORDS,
    CUE_CODES,
    INTENSIFIERS,
    NEGATORS,
    PHRASES,
    Rules,
    cues_of,
    join_phrases,
    negated,
    negates,
    text_factors,
    word_factors,
)

OFF = Rules(negation=False, intensifiers=False, capitals=False, exclamations=False)


def codes(tokens: Tokens) -> np.ndarray:
    return np.array([CUE_CODES.get(word.decode(), 0) for word in tokens.words], np.int16)


def test_a_word_modifies_in_one_way():
    """No word is a negator, an intensifier and the beginning of a clause at once, and each is one token."""
    assert not NEGATORS & INTENSIFIERS.keys()
    assert not CLAUSE_WORDS & (NEGATORS | INTENSIFIERS.keys())
    assert all(tokenize(word) == [word] for word in CUE_CODES)


@pytest.mark.parametrize("word", ["not", "isn't", "isnt", "won't", "can't", "shan't", "cannot", "never", "without"])
def test_contractions_negate_with_and_without_apostrophe(word):
    """The usual negators are known, contracted forms in both spellings."""
    assert word in NEGATORS


def test_intensifiers_raise_and_diminishers_lower_by_vaders_increment():
    """Every degree adverb adds or takes off VADER's 0.293."""
    assert set(INTENSIFIERS.values()) == {0.293, -0.293}
    assert INTENSIFIERS["very"] == 0.293
    assert INTENSIFIERS["slightly"] == -0.293


@pytest.mark.parametrize("phrase", sorted(PHRASES))
def test_a_phrase_is_read_as_one_within_a_sentence(phrase):
    """Both words of a phrase are part of it, the first modifies nothing more; across a full stop they are two words."""
    together, apart = Tokens.of([" ".join(phrase)]), Tokens.of([". ".join(phrase)])
    joined, part = join_phrases(together, codes(together))
    assert (joined[0], part.tolist()) == (0, [True, True])
    joined, part = join_phrases(apart, codes(apart))
    assert (joined.tolist(), part.any()) == (codes(apart).tolist(), False)


def test_codes_are_those_of_the_words():
    """Function words have their codes, other words 0, and only negators negate."""
    cues = cues_of([b"not", b"table", b"very", "naïve".encode()])
    assert cues.tolist() == [CUE_CODES["not"], 0, CUE_CODES["very"], 0]
    assert negates(cues).tolist() == [True, False, False, False]
    assert cues_of([]).shape == (0,)


WORDS = st.sampled_from(
    ["not", "never", "no", "doubt", "only", "so", "but", "yet", "glad", "a", "b", "c", ".", "!", ",", ";"]
)


@given(st.lists(st.lists(WORDS, max_size=12).map(" ".join), max_size=3), st.integers(1, 5))
def test_a_negation_covers_the_words_after_it(texts, window):
    """Which tokens are covered equals a loop over each clause of each text, phrases left out."""
    tokens = Tokens.of(texts)
    wanted = []
    for text in texts:
        for sentence in text.replace("!", ".").replace(";", ".").split("."):
            words, left = tokenize(sentence), 0
            for place, word in enumerate(words):
                left = 0 if word in CLAUSE_WORDS else left
                wanted.append(left > 0)
                in_phrase = tuple(words[place : place + 2]) in PHRASES or (
                    place > 0 and tuple(words[place - 1 : place + 1]) in PHRASES
                )
                left = window if word in NEGATORS and not in_phrase else left - 1
    assert negated(tokens, cues_of(tokens.words), window).tolist() == wanted


@pytest.mark.parametrize("texts", [[], [""], ["", "!!"], ["not"]])
def test_factors_of_nothing(texts):
    """Texts without emotional words give no word factors, and one factor per text."""
    tokens = Tokens.of(texts)
    nowhere = np.zeros(0, np.int64)
    assert word_factors(tokens, codes(tokens), nowhere, Rules()).shape == (0,)
    assert text_factors(tokens, np.zeros(len(texts), np.int64), Rules()).shape == (len(texts),)


def test_with_every_rule_off_all_factors_are_one():
    """Without rules nothing is weighed."""
    tokens = Tokens.of(["not VERY Happy! kind of", "never!!"])
    np.testing.assert_array_equal(word_factors(tokens, codes(tokens), np.arange(6), OFF), np.ones(6))
    np.testing.assert_array_equal(text_factors(tokens, np.array([5, 1]), OFF), np.ones(2))
