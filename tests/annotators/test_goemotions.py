"""The annotator `goemotions`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emotopy import Registry
from emotopy.emotions import LABELS, PLUTCHIK8, SETS
from emotopy.errors import ConfigError, UnknownName
from emotopy.pathways.annotation.pathway import annotate
from emotopy.records.brain import Narrative, Word
from emotopy.roles import Annotator, Host, KnowsLanguages
from emotopy_plugins.annotators.goemotions import GoEmotionsAnnotator, with_past
from emotopy_plugins.shared.goemotions_head import MIXTURES, GoEmotionsModel

STORY = [
    "she was afraid, terrified of the dark",
    "the table is brown",
    "they laughed, so happy and glad",
    "thank you, you are very kind",
    "!!!",
    "he cried, it was so sad, his friend had died",
]


def joined_by_hand(probabilities, names):
    """Plain means over labels."""
    return np.stack([probabilities[:, [LABELS.index(one) for one in MIXTURES[name]]].mean(axis=1) for name in names], 1)


def test_plutchiks_eight_are_mixtures_and_the_labels_are_labels():
    """Where only the eight are asked for, names mean means; where all 28 are, each means its label."""
    probabilities = GoEmotionsModel("mean").probabilities(STORY)
    annotator = GoEmotionsAnnotator()
    assert isinstance(annotator, Annotator)
    assert isinstance(annotator, KnowsLanguages)
    np.testing.assert_allclose(annotator.annotate(STORY, PLUTCHIK8), joined_by_hand(probabilities, PLUTCHIK8))
    np.testing.assert_allclose(annotator.annotate(STORY, LABELS), probabilities)
    np.testing.assert_allclose(annotator.annotate(STORY, ["joy"]), joined_by_hand(probabilities, ["joy"]))


@pytest.mark.parametrize(
    ("mixtures", "emotions", "is_mixture"),
    [
        (None, ["joy", "trust"], [True, True]),
        (None, ["joy", "trust", "pride"], [False, True, False]),
        (True, ["joy", "trust", "pride"], [True, True, False]),
        (False, ["joy", "pride"], [False, False]),
    ],
)
def test_a_name_that_is_both_means_what_the_option_says(mixtures, emotions, is_mixture):
    """`trust` is always a mean, `pride` always a label; `joy` is either, and a note says which by default."""
    said: list[str] = []
    annotator = GoEmotionsAnnotator(mixtures=mixtures, host=Host(notify=said.append))
    probabilities = GoEmotionsModel("mean").probabilities(STORY)
    wanted = [
        joined_by_hand(probabilities, [name])[:, 0] if mixed else probabilities[:, LABELS.index(name)]
        for name, mixed in zip(emotions, is_mixture, strict=True)
    ]
    np.testing.assert_allclose(annotator.annotate(STORY, emotions), np.stack(wanted, axis=1))
    assert len(said) == (mixtures is None)


@pytest.mark.parametrize("emotions", [["disgust", "pride"], ["trust", "anticipation"]])
def test_names_with_one_meaning_need_no_note(emotions):
    """The mean over `disgust` alone is the label `disgust`."""
    said: list[str] = []
    GoEmotionsAnnotator(host=Host(notify=said.append)).annotate(STORY, emotions)
    assert said == []


@pytest.mark.parametrize(
    ("mixtures", "name", "alone"),
    [
        (None, "homesickness", ("trust", "anticipation")),
        (True, "joyy", ("trust", "anticipation")),
        (False, "trust", ()),
    ],
)
def test_an_unknown_emotion_is_an_error_that_lists(mixtures, name, alone):
    """The choices are the 28 and, unless they are left out, the two that are means alone."""
    with pytest.raises(UnknownName) as caught:
        GoEmotionsAnnotator(mixtures=mixtures).annotate(STORY, ["joy", name])
    assert caught.value.name == name
    assert set(caught.value.choices) == {*LABELS, *alone}


def test_either_head_can_be_asked():
    """By default it is the head of means."""
    words = Registry.load(plugins=False).make("annotator", "goemotions", head="words")
    found = words.annotate(STORY, LABELS)
    np.testing.assert_allclose(found, GoEmotionsModel("words").probabilities(STORY))
    assert np.abs(found - GoEmotionsAnnotator().annotate(STORY, LABELS)).max() > 0.1


def test_segments_of_an_emotion_are_rated_highest_in_it():
    """Planted fear, joy, gratitude and sadness are found where they stand."""
    ratings = GoEmotionsAnnotator().annotate(STORY, ["fear", "joy", "trust", "sadness"])
    assert ratings.argmax(axis=0).tolist() == [0, 2, 3, 5]


def test_decay_averages_over_the_past():
    """The option does what `with_past` does; later segments don't matter."""
    alone, whole = GoEmotionsAnnotator(), GoEmotionsAnnotator(decay=0.5)
    ratings = whole.annotate(STORY, PLUTCHIK8)
    np.testing.assert_allclose(ratings, with_past(alone.annotate(STORY, PLUTCHIK8), 0.5))
    np.testing.assert_allclose(whole.annotate(STORY[:3], PLUTCHIK8), ratings[:3])


@given(arrays(np.float64, (9, 2), elements=st.floats(0, 1)), st.floats(0, 0.99))
def test_the_past_is_a_weighted_mean(ratings, decay):
    """Equals the sum over lags, written out; lies within the range of what it averages."""
    wanted = np.empty_like(ratings)
    for row in range(len(ratings)):
        weights = decay ** np.arange(row, -1, -1)
        wanted[row] = weights @ ratings[: row + 1] / weights.sum()
    found = with_past(ratings, decay)
    np.testing.assert_allclose(found, wanted, atol=1e-12)
    assert (found <= ratings.max(axis=0) + 1e-12).all()
    assert (found >= ratings.min(axis=0) - 1e-12).all()


def test_the_past_is_a_recursive_filter(rng):
    """With weights divided by their sum, as scipy's filter of one pole over that of ones."""
    from scipy.signal import lfilter

    ratings = rng.random((40, 3))
    pole = [1.0, -0.7]
    wanted = lfilter([1.0], pole, ratings, axis=0) / lfilter([1.0], pole, np.ones((40, 1)), axis=0)
    np.testing.assert_allclose(with_past(ratings, 0.7), wanted)


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan")])
def test_a_decay_that_is_none_is_refused(decay):
    """By the registry and by the function."""
    with pytest.raises(ConfigError):
        Registry.load(plugins=False).make("annotator", "goemotions", decay=decay)
    with pytest.raises(ConfigError):
        with_past(np.ones((3, 1)), decay)


@pytest.mark.parametrize("name", [name for name in SETS if name != "valence-arousal"])
def test_sets_can_be_rated(name):
    """All sets but valence and arousal, which no label measures."""
    assert GoEmotionsAnnotator().annotate(STORY, SETS[name]).shape == (len(STORY), len(SETS[name]))


def test_valence_is_refused():
    """The head has no valence, and doesn't make one up."""
    with pytest.raises(UnknownName):
        GoEmotionsAnnotator().annotate(STORY, SETS["valence-arousal"])


def test_a_story_in_another_language_is_told():
    """German is rated, with a note that it means nothing; English has no such note, nor has a story of marks."""
    german = ["Das Mädchen ging langsam durch den dunklen Wald", "und hatte große Angst vor den wilden Tieren"]
    notes = []
    for story in (german, STORY, ["!!!"]):
        said: list[str] = []
        GoEmotionsAnnotator(host=Host(notify=said.append)).annotate(story, ["pride"])
        notes.append(len(said))
    assert notes == [1, 0, 0]


def test_a_story_is_annotated(rng):
    """Through the pathway: ratings per segment, the scale told, the stage in the provenance."""
    words = [Word(word, float(i), i + 0.9) for i, word in enumerate(" ".join(STORY[:4]).split())]
    annotation = annotate(Narrative(tuple(words), 30.0, 30.0), {"use": "goemotions", "decay": 0.5}, "plutchik8")
    assert annotation.ratings.values.shape[1] == 8
    assert GoEmotionsAnnotator.scale in annotation.notes
    assert annotation.provenance["stages"]["annotator"]["options"] == {"head": "mean", "decay": 0.5, "mixtures": None}
