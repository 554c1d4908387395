"""The intensity scorer `goemotions`."""

from __future__ import annotations

import numpy as np
import pytest

from emotopy import map_texts
from emotopy.emotions import LABELS, PLUTCHIK8
from emotopy.errors import ConfigError
from emotopy.registry import Registry
from emotopy.roles import Fingerprinted, IntensityScorer, KnowsLanguages
from emotopy_plugins.intensity_scorers.goemotions import GoEmotionsScorer
from emotopy_plugins.shared.goemotions_head import SHA256, GoEmotionsModel, plutchik

TEXTS = ["I love this, thank you!", "the report has four pages", "", "I hate it, how disgusting", " \n", "12 %"]


def test_scores_are_the_heads_probabilities():
    """`by_emotion` are the probabilities, `values` 1 − P(neutral); a text without words has zeros throughout."""
    scorer = GoEmotionsScorer()
    assert isinstance(scorer, IntensityScorer)
    assert isinstance(scorer, KnowsLanguages)
    assert isinstance(scorer, Fingerprinted)
    scores, probabilities = scorer.score(TEXTS), GoEmotionsModel().probabilities(TEXTS)
    assert scores.emotions == LABELS
    np.testing.assert_array_equal(scores.by_emotion, probabilities)
    has_words = np.array([True, True, False, True, False, True])
    np.testing.assert_allclose(scores.values, has_words * (1 - probabilities[:, LABELS.index("neutral")]))
    assert scores.values[0] > scores.values[1]
    assert scores.values[3] > scores.values[1]
    assert not scores.by_emotion[~has_words].any()


def test_plutchiks_eight_are_columns_on_request():
    """The same values, other columns."""
    scores = Registry.load(plugins=False).make("intensity_scorer", "goemotions", emotions="plutchik8").score(TEXTS)
    assert scores.emotions == PLUTCHIK8
    np.testing.assert_allclose(scores.by_emotion, plutchik(GoEmotionsModel().probabilities(TEXTS)))
    np.testing.assert_array_equal(scores.values, GoEmotionsScorer().score(TEXTS).values)
    with pytest.raises(ConfigError):
        Registry.load(plugins=False).make("intensity_scorer", "goemotions", emotions="ekman6")


def test_coverage_is_the_share_of_known_words():
    """Letters at random are no words; figures alone have none."""
    coverage = GoEmotionsScorer().score(["I love this", "xqzj love vbnkq trfgh", "12 %", ""]).coverage
    np.testing.assert_allclose(coverage, [1, 0.25, 0, 0])


def test_either_head_can_be_asked():
    """By default it is the head of words; the cache tells them apart."""
    mean = GoEmotionsScorer(head="mean")
    np.testing.assert_array_equal(mean.score(TEXTS).by_emotion, GoEmotionsModel("mean").probabilities(TEXTS))
    assert mean.fingerprint != GoEmotionsScorer().fingerprint


def test_the_fingerprint_names_head_and_vectors():
    """Work in the cache is reused for this head alone."""
    assert SHA256[:16] in GoEmotionsScorer().fingerprint
    assert GoEmotionsModel().fingerprint == GoEmotionsScorer().fingerprint
    assert "static:wordllama" in GoEmotionsScorer().fingerprint


def test_texts_are_mapped_with_it():
    """Beside the other stages of a map: a column per label, joy where joy was planted."""
    texts = [f"{text} {i}" for i in range(5) for text in ("I am so happy today", "he was terrified of dogs")]
    config = {"intensity_scorer": "goemotions", "reducer": "pca", "clusterer": "kmeans"}
    table = map_texts(texts, config=config).texts
    assert {f"emotion_{label}" for label in LABELS} <= set(table.columns)
    assert table["emotion_joy"][::2].min() > table["emotion_joy"][1::2].max()
