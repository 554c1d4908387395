"""Cutting a story into segments."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import ConfigError, InputError
from emotopy.pathways.annotation.segments import cut
from emotopy.records.brain import Narrative, Word

pytestmark = pytest.mark.usefixtures("flags")


def story(*words, end_s=None, **more):
    """A narrative of (text, onset, offset)."""
    made = tuple(Word(*word) for word in words)
    last = end_s if end_s is not None else max(word.offset_s for word in made)
    return Narrative(made, last, last, name="story", **more)


@st.composite
def stories(draw):
    """Words w0, w1, ... that follow one another with gaps, to a tenth of a second."""
    at, words = draw(st.integers(0, 300)), []
    for i in range(draw(st.integers(1, 40))):
        length, gap = draw(st.integers(1, 15)), draw(st.sampled_from([0, 0, 0, 3, 12, 200]))
        words.append((f"w{i}", at / 10, (at + length) / 10))
        at += length + gap
    return story(*words)


def test_windows_lie_on_multiples_of_the_step_and_end_with_the_story():
    """8 s every 4 s: the first at the step before the first word, the last cut where the story ends."""
    words = [(f"w{i}", 20.5 + i, 21.5 + i) for i in range(15)]
    segments = cut(story(*words, end_s=36.0))
    np.testing.assert_array_equal(segments.onset_s, [20, 24, 28])
    np.testing.assert_array_equal(segments.duration_s, [8, 8, 8])
    assert segments.texts[0] == "w0 w1 w2 w3 w4 w5 w6"
    np.testing.assert_array_equal(cut(story(*words, end_s=37.5)).duration_s, [8, 8, 8, 5.5])


def test_silent_windows_are_no_segments():
    """Where nobody speaks there is nothing to rate; how often is counted."""
    segments = cut(story(("a", 0.0, 1.0), ("b", 30.0, 31.0)), width_s=5.0, step_s=5.0)
    np.testing.assert_array_equal(segments.onset_s, [0, 30])
    assert segments.n_silent == 5


@given(stories(), st.sampled_from([(8.0, 4.0), (6.0, 6.0), (9.0, 3.0)]))
def test_every_word_is_in_as_many_windows_as_its_middle(narrative, widths):
    """Independently counted: word by word, window by window."""
    width, step = widths
    segments = cut(narrative, width_s=width, step_s=step)
    for word in narrative.words:
        middle = (word.onset_s + word.offset_s) / 2
        holding = [i for i, text in enumerate(segments.texts) if word.text in text.split()]
        covering = [i for i, onset in enumerate(segments.onset_s) if onset <= middle < onset + width]
        assert holding == covering
        assert holding
    assert (segments.onset_s + segments.duration_s <= narrative.end_s + 1e-9).all()


@given(stories(), st.sampled_from(["pause", "sentence"]))
def test_pauses_and_sentences_keep_every_word_once(narrative, segmentation):
    """No word is lost or doubled, and segments don't overlap."""
    last = narrative.words[-1]
    words = (*narrative.words[:-1], Word(f"{last.text}.", last.onset_s, last.offset_s))
    segments = cut(Narrative(words, last.offset_s, last.offset_s), segmentation)
    assert " ".join(segments.texts).split() == [word.text for word in words]
    assert (segments.onset_s[1:] >= (segments.onset_s + segments.duration_s)[:-1] - 1e-9).all()


def test_a_pause_ends_a_segment():
    """A gap of 0.6 s or longer does, a shorter one doesn't."""
    words = [("a", 0.0, 1.0), ("b", 1.5, 2.0), ("c", 2.6, 3.0)]
    assert cut(story(*words), "pause").texts == ("a b", "c")
    assert cut(story(*words), "pause", pause_s=0.5).texts == ("a", "b", "c")


def test_sentences_by_punctuation():
    """Full stops, questions, quotes after them; abbreviations and initials end nothing."""
    text = 'Mr. J. Hare ran. "Why?" she asked… Well'
    words = [(word, float(i), i + 1.0) for i, word in enumerate(text.split())]
    assert cut(story(*words), "sentence").texts == ("Mr. J. Hare ran.", '"Why?"', "she asked…", "Well")


def test_sentences_by_their_tier():
    """A sentence holds the words whose middle lies in it; words outside every sentence are left out."""
    words = [("a", 0.0, 1.0), ("b", 1.0, 2.0), ("c", 2.0, 3.0), ("d", 5.0, 6.0)]
    tier = (Word("A b.", 0.0, 2.1), Word("D.", 4.9, 6.1))
    segments = cut(story(*words, sentences=tier), "sentence")
    assert segments.texts == ("a b", "d")
    np.testing.assert_array_equal(segments.onset_s, [0, 5])


def test_sentences_need_punctuation_or_a_tier():
    """Bare words of an aligner have neither; the error proposes pauses."""
    with pytest.raises(ConfigError, match=r"neither a sentence tier nor punctuation.*--segmentation pause"):
        cut(story(("a", 0.0, 1.0)), "sentence")


def test_captions_are_spread_over_their_span():
    """Words of a caption last in proportion to their letters, so windows cut inside it."""
    segments = cut(story(("aa bbbbbb", 0.0, 8.0)), width_s=4.0, step_s=2.0)
    assert segments.texts == ("aa", "bbbbbb", "bbbbbb")
    assert cut(story(("aa bbbbbb", 0.0, 8.0)), "given").texts == ("aa bbbbbb",)


def test_given_segments_may_overlap_but_are_not_cut_anew():
    """Sliding windows given as such stay as they are."""
    narrative = story(("one two", 0.0, 8.0), ("two three", 4.0, 12.0), given=True)
    segments = cut(narrative, "given")
    np.testing.assert_array_equal(segments.onset_s, [0, 4])
    np.testing.assert_array_equal(segments.duration_s, [8, 8])
    with pytest.raises(InputError, match=r"dividing them again would count words twice.*--segmentation given"):
        cut(narrative, "seconds")


def test_a_given_segment_must_last():
    """A rating needs a span."""
    with pytest.raises(InputError, match="segment 2, at 3 s, has no duration"):
        cut(story(("a", 0.0, 1.0), ("b", 3.0, 3.0)), "given")


def test_a_given_piece_without_time_goes_to_the_one_it_touches():
    """The one before, else the one behind; its text is kept."""
    segments = cut(story(("oh", 0.0, 0.0), ("a", 0.0, 1.0), ("b", 1.0, 1.0), ("c", 3.0, 3.0), ("d", 3.0, 4.0)), "given")
    assert segments.texts == ("oh a b", "c d")
    np.testing.assert_array_equal(segments.onset_s, [0, 3])
    np.testing.assert_array_equal(segments.duration_s, [1, 1])


@pytest.mark.parametrize("segmentation", ["seconds", "pause", "given"])
def test_segments_know_who_speaks(segmentation):
    """Each speaker once, in order; nothing at all where the story names nobody."""
    words = (
        Word("a b", 0.0, 1.0, "Anna"),
        Word("c", 1.0, 2.0),
        Word("d", 2.0, 3.0, "Ben"),
        Word("e", 3.0, 4.0, "Anna"),
    )
    segments = cut(Narrative(words, 4.0, 4.0), segmentation)
    whole = (("Anna", "Ben"),)
    assert segments.speakers == ((("Anna",), (), ("Ben",), ("Anna",)) if segmentation == "given" else whole)
    assert cut(story(("a", 0.0, 1.0)), segmentation).speakers == ()


def test_clitics_go_back_to_their_words():
    """Aligners cut "it's" and "don't"; readers don't."""
    words = [(text, float(i), i + 1.0) for i, text in enumerate(["it", "'s", "so", "do", "n't", "'tisn't"])]
    assert cut(story(*words), "pause").texts == ("it's so don't 'tisn't",)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"segmentation": "second"}, "Did you mean 'seconds'?"),
        ({"width_s": 0.0}, "width: wanted more than 0 s, got 0.0"),
        ({"step_s": float("nan")}, "step: wanted more than 0 s, got nan"),
        ({"pause_s": float("inf")}, "pause: wanted more than 0 s, got inf"),
        ({"width_s": 2.0, "step_s": 3.0}, "step: wanted at most the width"),
        ({"width_s": 1e-6, "step_s": 1e-6}, "step: wanted up to 100,000 windows"),
    ],
)
def test_options_out_of_range_are_refused(options, words):
    """The message starts with the flag."""
    with pytest.raises(ConfigError) as caught:
        cut(story(("a", 0.0, 1.0)), **options)
    assert words in str(caught.value)
