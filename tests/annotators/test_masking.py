"""Names masked before a story is sent to a model."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from emotopy_plugins.annotators.llm import find_names, mask

WORDS = st.lists(st.sampled_from(["Alice", "alice", "ran", "Dinah", "I", "The", "the", "'", ".", "é"]), max_size=30)


def test_a_capital_at_the_beginning_of_a_sentence_is_no_evidence():
    """ "Down" and "Soon" begin sentences; "Dinah" stands inside one."""
    assert find_names(["Down went the cat. Soon 'Poor thing' said Dinah: Well"]) == ["Dinah"]


def test_a_name_found_once_is_masked_at_the_beginning_too():
    """Evidence in one place counts in all."""
    assert mask(["so Alice ran", "Alice fell"]) == ["so Name1 ran", "Name1 fell"]


def test_a_word_that_also_stands_in_lower_case_is_no_name():
    """White, of the White Rabbit, is a colour elsewhere."""
    assert mask(["the White Rabbit", "a white jar"]) == ["the White Name1", "a white jar"]


def test_names_given_go_first_and_only_whole_words_count():
    """The longest name wins; a name inside a longer word stays."""
    masked = mask(["the White Rabbit saw Al and Alice", "a white rabbit"], ["White Rabbit", "Al"])
    assert masked == ["the Name1 saw Name2 and Name3", "a white rabbit"]


def test_i_is_no_name():
    """Neither is I'm, nor a word in capitals."""
    assert mask(["so I and I'm sure NASA ran"]) == ["so I and I'm sure NASA ran"]


@given(st.lists(WORDS.map(" ".join), max_size=5))
def test_masking_twice_changes_nothing_more(segments):
    """No name that was found is left, and placeholders hold none."""
    masked = mask(segments)
    assert len(masked) == len(segments)
    for name in find_names(segments):
        assert not any(re.search(rf"\b{name}\b", segment) for segment in masked)
    assert mask(masked) == masked
