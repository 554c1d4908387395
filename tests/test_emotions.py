"""Emotion sets and names."""

from __future__ import annotations

import pytest

from emotopy.emotions import EMOTIONS, LABELS, SETS, emotion, emotion_names
from emotopy.errors import ConfigError, UnknownName


def test_sets_have_the_sizes_that_their_names_say():
    """Eight, six, two and 28, each name once."""
    assert {name: len(set(SETS[name])) for name in SETS} == {
        "plutchik8": 8,
        "ekman6": 6,
        "valence-arousal": 2,
        "goemotions28": 28,
    }
    assert SETS["goemotions28"] == LABELS


@pytest.mark.parametrize("name", sorted({name for names in SETS.values() for name in names}))
def test_every_emotion_of_a_set_has_a_definition_and_anchors(name):
    """Its own name is the first of two anchors or more."""
    known = EMOTIONS[name]
    assert known.definition
    assert known.anchors[0] == name
    assert len(set(known.anchors)) == len(known.anchors) >= 2


def test_dimensions_have_two_ends():
    """Valence and arousal alone have opposites."""
    assert {name for name, known in EMOTIONS.items() if known.opposites} == {"valence", "arousal"}


def test_names_of_ones_own():
    """A list, with or without blanks; an unknown emotion is its own anchor."""
    assert emotion_names("joy, home sickness") == ("joy", "home sickness")
    assert emotion_names(["joy", "Fernweh"]) == ("joy", "Fernweh")
    assert emotion("Fernweh").anchors == ("Fernweh",)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("", "got none"),
        ([], "got none"),
        ("joy,", "got ''"),
        ("joy,joy", "'joy' occurs twice"),
        ("joy,onset", "got 'onset'"),
        ("joy,=1+1", "got '=1+1'"),
        ("a\tb", "letters, digits"),
    ],
)
def test_names_that_cannot_head_a_column_are_refused(wanted, words):
    """Empty, doubled, reserved, or with characters that tables and spreadsheets take for something else."""
    with pytest.raises(ConfigError) as caught:
        emotion_names(wanted)
    assert words in str(caught.value)


def test_a_misspelt_set_is_no_emotion():
    """One word near a set's name is a typo; one that isn't near is an emotion of the user's."""
    with pytest.raises(UnknownName, match=r"no set is called 'plutchick8'\. Did you mean 'plutchik8'\?"):
        emotion_names("plutchick8")
    assert emotion_names("awe") == ("awe",)
