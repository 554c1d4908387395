"""The annotator `anchors`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from emotopy.emotions import SETS, emotion
from emotopy.errors import ConfigError
from emotopy.registry import Context, Registry
from emotopy.roles import Annotator, Host
from emotopy_plugins.annotators import anchors as plugin
from emotopy_plugins.annotators.anchors import AnchorsAnnotator
from emotopy_plugins.embedders.static import StaticEmbedder

FEARFUL, JOYFUL, PLAIN = "she was afraid, terrified of the dark", "they laughed, happy and glad", "the table is brown"


class Tabled:
    """An embedder that looks vectors up; words it doesn't know lie along the last axis."""

    def __init__(self, vectors: dict[str, Sequence[float]]) -> None:
        self.vectors = vectors

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([self.vectors.get(text, [0.0, 0.0, 1.0]) for text in texts], dtype=np.float32)


def test_ratings_follow_the_formula():
    """1 / (1 + exp(−steepness · z)) of the cosine with the normalised mean of unit anchors, as written out here."""
    vectors = {"glee": [3.0, 0.0, 0.0], "a": [1.0, 2.0, 0.0], "b": [0.0, 1.0, 1.0], "c": [2.0, 0.0, 0.5]}
    cosine = np.array([v[0] / np.linalg.norm(v) for v in (vectors["a"], vectors["b"], vectors["c"])])
    z = (cosine - cosine.mean()) / cosine.std()
    ratings = AnchorsAnnotator(Tabled(vectors), steepness=1.7).annotate(["a", "b", "c", "a"], ["glee"])
    np.testing.assert_allclose(ratings[:3, 0], 1 / (1 + np.exp(-1.7 * z)), rtol=1e-5)
    assert ratings[3, 0] == ratings[0, 0]


def test_an_anchor_is_the_mean_of_its_words():
    """Every anchor word pulls, whatever the length of its vector."""
    words = emotion("joy").anchors
    vectors = {word: [5.0, 0.0, 0.0] for word in words[:2]} | {word: [0.0, 1.0, 0.0] for word in words[2:]}
    anchor = np.array([2.0, len(words) - 2.0, 0.0]) / np.hypot(2.0, len(words) - 2.0)
    found = AnchorsAnnotator(Tabled(vectors))._anchors(["joy"])
    np.testing.assert_allclose(found, [anchor], rtol=1e-6)


def test_a_dimension_has_two_ends():
    """Valence rises with pleasant words and falls with unpleasant ones."""
    happy, plain, awful = AnchorsAnnotator(StaticEmbedder()).annotate(
        [JOYFUL, PLAIN, "a terrible, awful death"], ["valence"]
    )[:, 0]
    assert happy > plain > awful


def test_segments_of_an_emotion_are_rated_highest_in_it():
    """With the default embedder, fear and joy are told from each other and from neither."""
    ratings = AnchorsAnnotator(StaticEmbedder()).annotate([FEARFUL, JOYFUL, PLAIN], ["fear", "joy"])
    assert ratings[:, 0].argmax() == 0
    assert ratings[:, 1].argmax() == 1


@pytest.mark.parametrize("name", SETS)
def test_every_set_can_be_rated(name):
    """All emotions of all sets have anchors that the default embedder knows."""
    ratings = AnchorsAnnotator(StaticEmbedder()).annotate([FEARFUL, JOYFUL, PLAIN, "well"], SETS[name])
    assert ratings.shape == (4, len(SETS[name]))
    assert ((ratings > 0) & (ratings < 1)).all()
    assert (ratings.std(axis=0) > 0.05).all()


def test_the_order_of_segments_does_not_matter():
    """Each segment keeps its rating, to the last bit, when the story is turned round."""
    annotator, story = AnchorsAnnotator(StaticEmbedder()), [FEARFUL, JOYFUL, PLAIN, "well", FEARFUL]
    np.testing.assert_array_equal(
        annotator.annotate(story[::-1], ["fear", "joy"])[::-1], annotator.annotate(story, ["fear", "joy"])
    )


def test_a_story_of_one_segment_is_halfway_and_says_so():
    """Nothing can be compared with nothing: 0.5, and a note."""
    said: list[str] = []
    ratings = AnchorsAnnotator(StaticEmbedder(), host=Host(notify=said.append)).annotate(
        [FEARFUL, FEARFUL], ["fear", "joy", "anger"]
    )
    np.testing.assert_array_equal(ratings, np.full((2, 3), 0.5))
    assert "has only one segment" in said[0]


def test_a_segment_without_known_words_is_rated():
    """A zero vector has cosine 0 with everything; no NaN comes of it."""
    ratings = AnchorsAnnotator(Tabled({"": [0, 0, 0], "a": [1, 0, 0], "joy": [1, 0, 0]})).annotate(["", "a"], ["joy"])
    assert np.isfinite(ratings).all()


def test_steepness_must_be_positive():
    """The message starts with the option's key."""
    with pytest.raises(ConfigError, match=r"annotator\.steepness: wanted more than 0 and finite, got 0"):
        Registry([plugin]).make("annotator", "anchors", embedder=StaticEmbedder(), steepness=0)


def test_the_registry_lends_it_an_embedder():
    """By default that of the context; by name another one."""
    registry = Registry.load()
    made = registry.make("annotator", "anchors", Context(stages={"embedder": StaticEmbedder()}))
    assert isinstance(made, Annotator)
    with pytest.raises(ConfigError, match="needs a stage"):
        registry.make("annotator", "anchors")
