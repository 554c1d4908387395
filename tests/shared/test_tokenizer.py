"""Tokens: what a word is, and what stands around it."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import InputError
from emotopy_plugins.shared.tokenizer import Tokens, blocks, sums_by_text, tokenize

ANY_TEXT = st.text(st.characters(codec=None), max_size=40) | st.text("aB'’`\0-_ .!é🙂\u200bא٣", max_size=40)


def slow_tokens(text: str) -> list[str]:
    """Cut a text character by character: the definition, read literally."""
    for apostrophe in "’‘‛′´ʼʹ＇`":
        text = text.replace(apostrophe, "'")
    kept = []
    for char in unicodedata.normalize("NFKC", text) if not text.isascii() else text:
        category = unicodedata.category(char)
        if char > "\x7f" and (0xFE00 <= ord(char) <= 0xFE0F or (category == "Cf" and char != "\u200b")):
            continue
        kept.append(char.lower() if char == "'" or category[0] in "LN" or category in ("Mn", "Mc") else " ")
    cut = "".join(kept)
    # an apostrophe that isn't between two characters of a word divides
    inside = [
        char if char != "'" or (0 < i < len(cut) - 1 and cut[i - 1] not in " '" and cut[i + 1] not in " '") else " "
        for i, char in enumerate(cut)
    ]
    return "".join(inside).split(" ")


@given(ANY_TEXT)
def test_tokens_are_those_of_the_definition(text):
    """Any text, whatever its characters, is cut as a character-by-character reading of the definition cuts it."""
    assert tokenize(text) == [token for token in slow_tokens(text) if token]


@given(st.lists(ANY_TEXT, max_size=7), st.integers(1, 30))
def test_a_text_is_cut_alike_in_any_company(texts, n_chars):
    """Tokens per text don't depend on neighbours or on the size of a block."""
    together = []
    for where, tokens in blocks(texts, n_chars):
        assert len(tokens.n_tokens) == len(texts[where])
        split = np.split(np.array(tokens.words, object), np.cumsum(tokens.n_tokens)[:-1])
        together += [[word.decode() for word in words] for words in split]
    assert together == [tokenize(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don’t 'quote' rock`n`roll", ["don't", "quote", "rock`n`roll".replace("`", "'")]),
        ("_happy_ well-being C3PO", ["happy", "well", "being", "c3po"]),
        ("𝓱𝓪𝓹𝓹𝔂 ﬁne hap\u00adpy", ["happy", "fine", "happy"]),
        ("cafe\u0301 CAFÉ", ["café", "café"]),
        ("a\0b\u200bc", ["a", "b", "c"]),
        ("שלום 👍🏽 love❤️", ["שלום", "love"]),
        ("lone \ud800 surrogate", ["lone", "surrogate"]),
        (" \n\t", []),
    ],
)
def test_words_of_all_kinds(text, tokens):
    """Typographic apostrophes, styled letters, soft hyphens, accents, null characters, emoji are dealt with."""
    assert tokenize(text) == tokens


def test_token_and_text_line_up():
    """Every token knows its text; texts without tokens have none."""
    tokens = Tokens.of(["", "one two", "!!", "three", ""])
    assert tokens.n_tokens.tolist() == [0, 2, 0, 1, 0]
    assert tokens.text.tolist() == [1, 1, 3]


def test_sentences_end_at_their_marks_and_with_the_text():
    """A full stop, "!", "?", ";" and the end of a text begin a new sentence; commas and line breaks don't."""
    tokens = Tokens.of(["a, b\nc. d... e!", "f?g;h", "", "i。j"])
    assert np.diff(tokens.sentence, prepend=0).tolist() == [1, 0, 0, 1, 1, 1, 1, 1, 1, 1]


def test_capitals_stand_out_only_among_small_letters():
    """A word in capitals counts in a text that has small letters, and a single letter never does."""
    tokens = Tokens.of(["I am HAPPY 42", "I AM HAPPY", "McDonald's Is OK"])
    assert tokens.capital.tolist() == [False, False, True, False] + [False] * 3 + [False, False, True]


def test_marks_are_counted_per_text():
    """Exclamation marks are counted where they stand, full-width ones too."""
    assert Tokens.of(["!!", "", "a!b?!", "wow！"]).marks("!").tolist() == [2, 0, 2, 1]


def test_sums_by_text_equal_a_loop(rng):
    """Rows are added up under their text's number, texts without rows get zero."""
    text, values = np.array([4, 0, 4, 2, 2, 2]), rng.standard_normal((6, 3))
    wanted = np.zeros((5, 3))
    for number, row in zip(text, values, strict=True):
        wanted[number] += row
    np.testing.assert_allclose(sums_by_text(text, values, 5), wanted)


def test_a_text_of_a_megabyte_is_a_block_of_its_own():
    """A long text between short ones is cut whole."""
    texts = ["short", "long words, " * 90_000, "short"]
    sizes = [(where.start, where.stop, len(tokens.words)) for where, tokens in blocks(texts)]
    assert sizes == [(0, 1, 1), (1, 2, 180_000), (2, 3, 1)]


@pytest.mark.parametrize("texts", ["one string", ["text", None], [b"bytes"]])
def test_only_sequences_of_strings_are_texts(texts):
    """One string, a missing text or bytes are refused."""
    with pytest.raises(InputError, match="texts: wanted"):
        list(blocks(texts))
