"""Clusters that explain themselves."""

from __future__ import annotations

import math
import re
from collections import Counter

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

from emotopy.pathways.text.segment_values import SegmentValues
from emotopy.pathways.text.tables import (
    MOST_CHARACTERS,
    WORD,
    describe_clusters,
    exemplars_of,
    top_words,
    word_counts,
)
from emotopy.readers.segmentation import Segmentation
from emotopy.records import Clusters, Intensities, RegionMapping

ODD_WORDS = ["Fear", "the", "I'm", "naïve", "ſtraſse", "42", "x", "dog's", "don’t", "can't", "怖い", "İ", "_a"]
ODD_WORDS += ["a_b", "ok,", "THE"]
WORDS = ["storm", "river", "anger", "mountain", "laugh", "window"]


def c_tf_idf(texts, labels, number):
    """Grootendorst's equation 2, word by word; words in order of weight, then of the alphabet."""
    by_cluster = {}
    for text, label in zip(texts, labels, strict=True):
        if label >= 0:
            by_cluster.setdefault(label, Counter()).update(re.findall(r"[a-z]{2,}", text.lower()))
    mean_words = sum(sum(counts.values()) for counts in by_cluster.values()) / len(by_cluster)
    mine = by_cluster[number]
    return {
        word: count / sum(mine.values()) * math.log(1 + mean_words / sum(c[word] for c in by_cluster.values()))
        for word, count in mine.items()
    }


@given(
    st.lists(
        st.tuples(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join), st.integers(-1, 2)),
        min_size=3,
        max_size=12,
    )
)
def test_top_words_follow_the_published_formula(rows):
    """Words come by descending c-TF-IDF, computed here word by word; noise has no part in it."""
    texts, labels = [text for text, _ in rows], np.array([label for _, label in rows])
    numbers = np.unique(labels[labels >= 0])
    for number, words in zip(numbers, top_words(texts, labels, numbers), strict=True):
        weight = c_tf_idf(texts, labels, int(number))
        assert set(words) == set(weight)
        ranked = [weight[word] for word in words]
        np.testing.assert_allclose(ranked, sorted(ranked, reverse=True), rtol=1e-12)


def test_ties_go_by_the_alphabet_and_function_words_are_left_out():
    """Equal weights are in alphabetical order; "the" and digits are no top words; at most ten."""
    texts = ["the zebra and the apple 2024 !", "the quiet lake"]
    assert top_words(texts, np.array([0, 1]), np.array([0, 1])) == [["apple", "zebra"], ["lake", "quiet"]]
    many = " ".join(f"word{chr(97 + i)}" for i in range(20))
    assert len(top_words([many], np.array([0]), np.array([0]))[0]) == 10


def test_clusters_without_words_have_none():
    """Emoji, digits and function words alone give empty lists; no cluster gives none."""
    assert top_words(["😀 12", "the and"], np.array([0, 1]), np.array([0, 1])) == [[], []]
    assert top_words(["words"], np.array([-1]), np.array([], dtype=int)) == []
    assert top_words(["storm", "the"], np.array([0, 3]), np.array([0, 3])) == [["storm"], []]


def test_without_texts_only_common_words_are_shown():
    """A word that fewer than five texts of the cluster use stays out."""
    texts = ["storm river"] * 5 + ["storm secret"]
    labels = np.zeros(6, dtype=int)
    assert top_words(texts, labels, np.array([0]), fewest_units=5) == [["storm", "river"]]
    assert "secret" in top_words(texts, labels, np.array([0]))[0]


def test_without_texts_a_word_has_to_come_from_five_persons():
    """A name that one person writes again and again stays out; units count per cluster, not over all texts."""
    texts = ["storm rosalind"] * 20 + [f"storm river{i}" for i in range(5)] + ["rosalind lake"] * 9
    units = np.array([0] * 20 + [1, 2, 3, 4, 5] + [1, 2, 3, 4, 5, 6, 7, 7, 7])
    labels = np.array([0] * 25 + [1] * 9)
    found = top_words(texts, labels, np.array([0, 1]), unit_codes=units, fewest_units=5)
    assert found == [["storm"], ["lake", "rosalind"]]


def test_exemplars_are_the_distinct_texts_nearest_to_the_centre(rng):
    """By cosine with the cluster's mean embedding; equal texts count once, long ones are cut, zeros are no trouble."""
    embeddings = rng.standard_normal((9, 5)).astype(np.float32)
    embeddings[4] = 0
    members = np.array([0, 2, 3, 4, 7, 8])
    texts = [f"text {i}" for i in range(8)] + ["text 7"]
    embeddings[8] = embeddings[7]
    centre = embeddings[members].mean(axis=0)
    cosine = {texts[i]: float(embeddings[i] @ centre / max(np.linalg.norm(embeddings[i]), 1e-12)) for i in members}
    assert exemplars_of(texts, embeddings, members) == sorted(cosine, key=lambda t: (-round(cosine[t], 6), t))[:3]
    (long,) = exemplars_of(["x" * 900], np.ones((1, 3)), np.array([0]))
    assert len(long) == MOST_CHARACTERS
    assert long.endswith("x…")


@pytest.fixture
def parts(rng):
    """Fifteen segments of ten texts, of one to three words, in clusters 0 and 4, and noise."""
    texts = [f"{WORDS[i % 6]} {WORDS[(i * i) % 6]} number" for i in range(15)]
    cut = Segmentation(texts, np.array([0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 7, 8, 8, 9]), rng.integers(1, 4, 15))
    labels = np.array([0, 4, -1] * 5)
    profile = rng.standard_normal((15, 3))
    mapping = RegionMapping(("a", "b", "c"), np.full((15, 3), 1 / 3), profile, profile, "r", np.ones(3) / 3)
    intensities = Intensities(("joy", "fear"), np.zeros(15), rng.random((15, 2)), np.ones(15))
    return SegmentValues(cut, rng.standard_normal((15, 4)), mapping, intensities, Clusters(labels))


UNITS = np.arange(15)
OF_TEXT = np.array([0, 4, -1, 0, 4, -1, 0, 4, 4, 0])


def test_a_row_per_cluster_says_what_it_is(parts):
    """Number of texts and of segments, share of all texts, top region and word-weighted emotions of the segments."""
    table = describe_clusters(parts, unit_codes=UNITS, text_labels=OF_TEXT)
    assert table["cluster"].tolist() == [0, 4]
    assert table["n_texts"].tolist() == [4, 4]
    assert table["n_segments"].tolist() == [5, 5]
    assert table["share"].tolist() == [0.4, 0.4]
    for row, number in enumerate((0, 4)):
        members = np.flatnonzero(parts.clusters.labels == number)
        words = parts.cut.n_words[members]
        profile = np.average(parts.mapping.profile[members], axis=0, weights=words)
        emotions = np.average(parts.intensities.by_emotion[members], axis=0, weights=words)
        assert table["top_region"][row] == parts.mapping.targets[profile.argmax()]
        np.testing.assert_allclose(table.loc[row, ["emotion_joy", "emotion_fear"]].astype(float), emotions)
        assert set(table.loc[row, ["exemplar_1", "exemplar_2"]]) <= {parts.cut.segments[i] for i in members}


def test_without_texts_there_are_no_exemplars(parts):
    """With `no_texts` the columns aren't there, so that nothing can end up in them."""
    table = describe_clusters(parts, unit_codes=UNITS, text_labels=OF_TEXT, no_texts=True)
    assert not [name for name in table if name.startswith("exemplar")]
    assert table["top_words"].tolist() == ["number", "number"]


def test_all_noise_is_an_empty_table_with_its_columns(parts):
    """No cluster is an outcome, not an error."""
    noise = attrs.evolve(parts, clusters=Clusters(np.full(15, -1)))
    table = describe_clusters(noise, unit_codes=UNITS, text_labels=np.full(10, -1))
    assert len(table) == 0
    assert list(table)[:4] == ["cluster", "n_texts", "share", "top_words"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(ODD_WORDS))))
def test_word_counts_are_those_of_scikit_learn(lists):
    """Words, their order and their counts, function words and all."""
    texts = [" ".join(words) for words in lists]
    shortened = ["i'm", "don’t", "can't"]
    vectorizer = CountVectorizer(stop_words=[*ENGLISH_STOP_WORDS, *shortened], token_pattern=WORD)
    vocabulary, counts = word_counts(texts)
    try:
        wanted = vectorizer.fit_transform(texts)
    except ValueError:
        assert vocabulary == []
        return
    assert vocabulary == vectorizer.get_feature_names_out().tolist()
    np.testing.assert_array_equal(counts.toarray(), wanted.toarray())
