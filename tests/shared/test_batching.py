"""Packing texts into requests, splitting those that are too long, and combining the vectors of the parts."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy_plugins.shared.batching import combine, halve, n_bytes, pack, split_text

any_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
with_spaces = st.lists(st.sampled_from(["joy", "äöü", "😠", " ", "\n", "悲しみ", "a" * 30])).map("".join)


@given(st.lists(any_text), st.integers(1, 7), st.integers(1, 60))
def test_every_text_is_in_one_request_in_order(texts, max_inputs, max_bytes):
    """The requests one after the other are the texts."""
    batches = pack(texts, max_inputs=max_inputs, max_bytes=max_bytes)
    assert [text for batch in batches for text in batch] == texts
    assert all(batches)


@given(st.lists(any_text), st.integers(1, 7), st.integers(1, 60))
def test_limits_are_kept(texts, max_inputs, max_bytes):
    """No request has too many inputs; only a text alone may be longer than a request should be."""
    for batch in pack(texts, max_inputs=max_inputs, max_bytes=max_bytes):
        assert len(batch) <= max_inputs
        assert len(batch) == 1 or sum(map(n_bytes, batch)) <= max_bytes


@given(st.lists(any_text), st.integers(1, 7), st.integers(1, 60))
def test_requests_are_as_full_as_they_may(texts, max_inputs, max_bytes):
    """No request could have taken the first text of the next one."""
    batches = pack(texts, max_inputs=max_inputs, max_bytes=max_bytes)
    for batch, following in itertools.pairwise(batches):
        is_full = len(batch) == max_inputs
        assert is_full or sum(map(n_bytes, batch)) + n_bytes(following[0]) > max_bytes


@given(st.lists(any_text, min_size=2))
def test_halves_are_the_whole(texts):
    """Both halves have texts, and together they are the request."""
    left, right = halve(tuple(texts))
    assert left + right == tuple(texts)
    assert left
    assert right


@given(st.one_of(any_text, with_spaces), st.integers(4, 50))
def test_parts_are_short_and_lose_only_white_space(text, max_bytes):
    """No part is too long or empty, none ends in half a character, and every other character is in its place."""
    parts = split_text(text, max_bytes)
    assert all(0 < n_bytes(part) <= max_bytes for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(st.lists(st.text("abcdefä", min_size=1, max_size=5), min_size=1), st.integers(24, 60))
def test_words_stay_whole(words, max_bytes):
    """Where every word is shorter than half a part, none is cut."""
    parts = split_text(" ".join(words), max_bytes)
    assert [word for part in parts for word in part.split()] == words


def test_parts_have_about_equal_length():
    """A text just above the limit isn't cut into a long part and a crumb."""
    parts = split_text("word " * 21, 100)
    assert [len(part) for part in parts] == [49, 54]


def test_a_text_without_spaces_is_cut_between_characters():
    """Four-byte characters, and limits that aren't multiples of four."""
    assert split_text("😠" * 5, 11) == ("😠😠", "😠", "😠😠")
    assert split_text("😠" * 3, 5) == ("😠",) * 3


def test_the_mean_is_weighted_and_of_unit_norm():
    """Three parts, two dimensions, worked out by hand: (2·(1,0) + 1·(0,1) + 1·(0,1)) / 4 points along (1, 1)."""
    vectors = np.array([[1, 0], [0, 1], [0, 1]], dtype=np.float32)
    combined = combine(vectors, np.array([2.0, 1.0, 1.0]))
    assert combined.dtype == np.float32
    np.testing.assert_allclose(combined, [np.sqrt(0.5)] * 2, rtol=1e-6)


def test_the_norm_is_that_of_the_parts():
    """Of a server that doesn't norm its vectors: three quarters of norm 2 and a quarter of norm 6 give norm 3."""
    combined = combine(np.array([[2.0, 0.0], [0.0, 6.0]]), np.array([3.0, 1.0]))
    np.testing.assert_allclose(combined, [3 * np.sqrt(0.5)] * 2, rtol=1e-6)


def test_parts_that_cancel_out_have_no_mean():
    """Two opposite vectors leave no direction: an error, not NaN."""
    with pytest.raises(ValueError, match="cancel out"):
        combine(np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([1.0, 1.0]))
