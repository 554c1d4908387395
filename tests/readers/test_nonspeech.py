"""What isn't speech: labels of aligners, sounds in captions, who speaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.readers.nonspeech import (
    LeftOut,
    is_marker,
    is_silence,
    numbered_speaker,
    shows_an_aligner,
    without_nonspeech,
    words_of_a_label,
)


@pytest.mark.parametrize(
    "text", ["I", "(I) know", "(softly)", "(привет) да", "(你好)", "(שלום)", "5 < 6 and 7 > 3", "Q&A"]
)
def test_speech_in_parentheses_and_signs_of_order_stay(text):
    """Languages without capitals, small letters of any alphabet, one letter, blanks behind the sign."""
    assert without_nonspeech(text) == text


@pytest.mark.parametrize(
    "word", ["noise", "laughter", "Silence", "pause", "breath", "laugh", "USB", "LG", "BR", "spade", "None"]
)
def test_words_are_no_markers(word):
    """No aligner writes them bare."""
    assert not is_marker(word)
    assert words_of_a_label(word, is_word=True, by_aligner=True) == (word, [])


@pytest.mark.parametrize(
    "label", ["sp", "SIL", "<p:>", "{LG}", "[noise]", "<cutoff-ho>", "br", "sentence_end", "", "#"]
)
def test_markers_of_tiers_are_no_words_there_and_words_elsewhere(label):
    """In a sentence or a caption "sp" stays; what stands in brackets doesn't."""
    assert is_marker(label)
    assert words_of_a_label(label, is_word=True, by_aligner=True)[0] == ""
    assert words_of_a_label(label, is_word=False, by_aligner=False)[0] == (
        label if label.isalpha() or label == "#" or "_" in label else ""
    )


def test_bare_markers_of_a_table_need_an_aligner():
    """A list of words may hold "br"; an aligner's holds silence, too."""
    assert not shows_an_aligner(["br", "lg", "we"])
    assert shows_an_aligner(["br", "{NS}"])
    assert words_of_a_label("br", is_word=True, by_aligner=False) == ("br", [])


def test_silence_is_not_counted_and_texts_are_not_named():
    """Labels are; a text in brackets is described by these."""
    left_out = LeftOut()
    left_out.add(["<unk>", "<unk>", "[I was so afraid]"])
    (note,) = left_out.notes("a.TextGrid")
    assert "3 labels" in note
    assert "<unk> (2)" in note
    assert "afraid" not in note
    assert LeftOut().notes("a") == ()
    assert words_of_a_label("sp", is_word=True, by_aligner=True) == ("", [])
    assert is_silence(" SP ")


@pytest.mark.parametrize(
    ("text", "speaker"),
    [("[SPEAKER_00]: Well.", "SPEAKER_00"), ("Speaker 1: Well.", "Speaker 1"), ("(speaker 1) Well.", "speaker 1")],
)
def test_numbered_speakers(text, speaker):
    """As programs write them."""
    assert numbered_speaker(text) == (speaker, "Well.")


@given(st.text())
def test_nothing_but_whole_brackets_is_taken_out(text):
    """What is left stands in the text, in its order; twice is as once."""
    left = without_nonspeech(text)
    signs = iter(text)
    assert all(sign in signs for sign in left.replace(" ", ""))
    assert without_nonspeech(left) == without_nonspeech(without_nonspeech(left))
