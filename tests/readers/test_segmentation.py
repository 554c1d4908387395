"""Texts cut into segments, and word-weighted means over them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.readers.segmentation import LONGEST, WORDS_A_PART, Segmentation, count_words, segment_texts

WAYS = ("sentence", "words", "none")
PROSE = st.lists(
    st.sampled_from(
        ["sad", "I'm", "ok.", "Why?", '"', "“no”", "Dr.", "e.g.", "\n", "\n\n", "😀", "!!!", "难过。", "x" * 50]
    ),
    max_size=90,
).map(" ".join)


@given(st.lists(st.one_of(PROSE, st.text(max_size=200)), min_size=1, max_size=6), st.sampled_from(WAYS))
def test_nothing_is_lost_or_moved(texts, how):
    """Segments, put together, are their text but for blanks; every text has one at least, in order."""
    found = segment_texts(texts, how)
    assert found.n_texts == len(texts)
    for place, text in enumerate(texts):
        own = [found.segments[i] for i in np.flatnonzero(found.text == place)]
        assert own
        assert "".join("".join(own).split()) == "".join(text.split())
    np.testing.assert_array_equal(found.n_words, count_words(found.segments))
    np.testing.assert_array_equal(found.words_of_text, count_words(texts))


@given(st.lists(PROSE, min_size=1, max_size=4), st.sampled_from(["sentence", "words"]))
def test_long_sentences_are_cut_evenly(texts, how):
    """No segment is longer than the limit; only a text without any word has a segment without words."""
    found = segment_texts(texts, how)
    assert found.n_words.max() <= LONGEST
    assert ((found.n_words > 0) | (found.words_of_text[found.text] == 0)).all()


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("I am very sad. He is not at all! Why?", ["I am very sad.", "He is not at all! Why?"]),
        ("Yes. No. I said so. Well, I have to go now.", ["Yes. No. I said so.", "Well, I have to go now."]),
        ("Dr. Smith left at 3.5 p.m. sharp.", ["Dr. Smith left at 3.5 p.m. sharp."]),
        ("The first part of it\n\nHere is the second", ["The first part of it", "Here is the second"]),
        ("我很难过。他昨天走了！", ["我很难过。", "他昨天走了！"]),
        ("So good !!! 😀", ["So good !!! 😀"]),
        ("!!! 😀", ["!!! 😀"]),
    ],
)
def test_sentences_are_found(text, segments):
    """Abbreviations and numbers end no sentence, blank lines and Chinese stops do; short ones go with a neighbour."""
    assert segment_texts([text]).segments == segments


def test_an_open_quotation_mark_swallows_nothing():
    """Sentences between a quotation mark that nobody closed and the next one, far on, are still sentences."""
    sentences = [f"Number {i} is here." for i in range(40)]
    found = segment_texts(['He said "yes. ' + " ".join(sentences) + ' And then "no" came.'])
    assert set(sentences[1:-1]) <= set(found.segments)  # the first may be joined with what stands before it


def test_even_parts_are_even():
    """35 words without a stop are three parts of 11 or 12; 18 stay whole."""
    words = [f"w{i}" for i in range(35)]
    assert segment_texts([" ".join(words)]).n_words.tolist() == [11, 12, 12]
    assert segment_texts([" ".join(words[:18])]).n_words.tolist() == [18]
    assert abs(segment_texts([" ".join(words * 20)], "words").n_words.mean() - WORDS_A_PART) < 1


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("Don't 2 go-there!", 4),
        ("?!", 0),
        ("我很难过。", 4),
        ("とても悲しい", 6),
        ("ฉันเศร้ามาก วันนี้", 5),
        ("l’été", 1),
        ("a_b", 2),
    ],
)
def test_words_are_counted_in_scripts_without_spaces_too(text, n):
    """Chinese and Japanese by characters, Thai by five characters, others by runs of letters."""
    assert count_words([text]).tolist() == [n]


@given(st.data())
def test_means_are_weighted_by_words(data):
    """Equal to a loop over texts; one segment keeps its very value; equal values keep theirs."""
    counts = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=6))
    text = np.repeat(np.arange(len(counts)), counts)
    n_words = np.array(data.draw(st.lists(st.integers(0, 40), min_size=len(text), max_size=len(text))))
    cut = Segmentation(["x"] * len(text), text, n_words)
    values = np.random.default_rng(0).standard_normal((len(text), 3))
    labels = np.array(data.draw(st.lists(st.integers(-1, 3), min_size=len(text), max_size=len(text))))
    means, majority = cut.mean(values), cut.majority(labels)
    for place in range(len(counts)):
        own = np.flatnonzero(text == place)
        weights = n_words[own] if n_words[own].sum() else np.ones(len(own))
        np.testing.assert_allclose(means[place], np.average(values[own], axis=0, weights=weights), rtol=1e-12)
        if len(own) == 1:
            np.testing.assert_array_equal(means[place], values[own[0]])
        words = {label: weights[labels[own] == label].sum() for label in set(labels[own].tolist())}
        best = [label for label, count in words.items() if count == max(words.values())]
        assert majority[place] == min(best, key=lambda label: (label < 0, label))
    np.testing.assert_allclose(cut.mean(np.full(len(text), 0.3)), 0.3)


def test_positions_run_from_the_beginning_to_the_end():
    """The middle of each segment, as the share of the text's words before it."""
    cut = segment_texts(["One two three four. And here are another eight words, no more.", "Alone."])
    np.testing.assert_allclose(cut.position, [2 / 12, 8 / 12, 0.5])
    assert cut.number.tolist() == [0, 1, 0]
    assert cut.segments_of(np.array([1])).tolist() == [2]


def test_half_a_character_is_no_trouble():
    """Lone surrogates, which no library takes, stay where they are."""
    assert segment_texts(["This is half \ud83d one. This is the next one"]).segments == [
        "This is half \ud83d one.",
        "This is the next one",
    ]


def test_a_book_of_paragraphs_keeps_its_sentences():
    """Beyond 10,000 characters the splitter loses blank lines; every sentence is still one, and nothing is lost."""
    sentences = ["I was very happy to see my friends.", "We walked along the river in the evening."]
    book = "\n\n".join([" ".join(sentences)] * 400)
    found = segment_texts([book])
    assert found.segments == sentences * 400
    assert "".join("".join(found.segments).split()) == "".join(book.split())
