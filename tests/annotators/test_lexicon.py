"""The annotator `lexicon`."""

from __future__ import annotations

import numpy as np
import pytest

from emotopy.errors import ConfigError, InputError
from emotopy.roles import Annotator, Host
from emotopy_plugins.annotators.lexicon import LexiconAnnotator
from emotopy_plugins.shared.nrc_files import RESEARCH_ONLY
from emotopy_plugins.shared.nrc_layouts import EMOTIONS

pytestmark = pytest.mark.usefixtures("flags")

SEGMENTS = ["the happy mother sang", "a ghost and a murder", "the table", "!!!"]


@pytest.fixture
def emolex(tmp_path):
    """A list in the word-level form of EmoLex."""
    path = tmp_path / "emolex.txt"
    path.write_text("happy\tjoy\t1\nhappy\ttrust\t1\nghost\tfear\t1\nmurder\tfear\t1\nmurder\tanger\t1\n")
    return path


def test_a_rating_is_the_share_of_tokens_that_carry_the_emotion(emolex):
    """With the rules off: 1 of 4 tokens, 2 of 5, none; a segment without tokens is 0."""
    annotator = LexiconAnnotator(Host(), emolex, negation=False, intensifiers=False, capitals=False, exclamations=False)
    assert isinstance(annotator, Annotator)
    ratings = annotator.annotate(SEGMENTS, ["joy", "fear", "anger"])
    np.testing.assert_allclose(ratings, [[1 / 4, 0, 0], [0, 2 / 5, 1 / 5], [0, 0, 0], [0, 0, 0]])


def test_rules_act_and_ratings_stay_within_one(emolex):
    """Negation damps; intensifiers raise, but never above 1."""
    ratings = LexiconAnnotator(Host(), emolex).annotate(["happy", "not happy", "HAPPY happy!!!!"], ["joy"])[:, 0]
    assert ratings[0] == 1
    assert 0 < ratings[1] < 0.5
    assert ratings[2] == 1


def test_vad_ratings_are_brought_to_0_to_1(tmp_path):
    """A list from −1 to 1 is mapped to 0 to 1; what holds no known word is neutral, 0.5."""
    path = tmp_path / "vad.txt"
    path.write_text("term\tvalence\tarousal\tdominance\nhappy\t0.9\t0.4\t0.2\nghost\t-0.6\t0.5\t-0.1\n")
    ratings = LexiconAnnotator(Host(), path).annotate(["happy", "ghost", "table"], ["arousal", "valence"])
    np.testing.assert_allclose(ratings, [[0.7, 0.95], [0.75, 0.2], [0.5, 0.5]])


def test_the_bundled_list_says_its_licence_and_knows_plutchiks_eight():
    """Without a file of the user's own the list in nrclex is read, and its terms are said."""
    said: list[str] = []
    ratings = LexiconAnnotator(Host(notify=said.append)).annotate(
        ["a terrible murder", "the joyful birth of a baby"], EMOTIONS
    )
    assert said == [RESEARCH_ONLY]
    assert ratings.shape == (2, 8)
    assert ratings[0, EMOTIONS.index("fear")] > ratings[1, EMOTIONS.index("fear")]


def test_emotions_that_the_list_lacks_are_named(emolex):
    """The error says what the list holds, and for valence which file would do."""
    with pytest.raises(ConfigError, match=r"emolex\.txt has no admiration, grief; it has anger.*anchors and llm"):
        LexiconAnnotator(Host(), emolex).annotate(SEGMENTS, ["joy", "grief", "admiration"])
    with pytest.raises(ConfigError, match=r"VAD file, --set annotator\.lexicon=FILE"):
        LexiconAnnotator(Host(), emolex).annotate(SEGMENTS, ["valence", "arousal"])


def test_a_list_that_hardly_knows_the_words_is_told(emolex):
    """Coverage under 5 % is a note."""
    said: list[str] = []
    annotator = LexiconAnnotator(Host(notify=said.append), emolex)
    said.clear()  # of the list itself
    annotator.annotate(["one happy three four"], ["joy"])
    assert said == []
    annotator.annotate(["one two three four"], ["joy"])
    assert "contains only 0.0% of the words of the story" in said[0]


def test_a_list_that_cannot_be_read_names_the_file(tmp_path):
    """The error of the shared reader comes through."""
    with pytest.raises(InputError, match="can't be read: No such file"):
        LexiconAnnotator(Host(), tmp_path / "absent.txt")


def test_common_emotion_words_count():
    """A sad segment is sad by default; with our words off, or with a list of one's own, it isn't."""
    segments = ["the dog was sad", "the table"]
    assert LexiconAnnotator(Host()).annotate(segments, ["sadness"])[:, 0].tolist() == [1 / 4, 0]
    assert not LexiconAnnotator(Host(), extra_words=False).annotate(segments, ["sadness"]).any()


def test_our_words_are_added_to_ones_own_list_on_request(emolex):
    """With a file of the user's own they count only where that is said."""
    assert not LexiconAnnotator(Host(), emolex).annotate(["so sad"], ["sadness"]).any()
    assert LexiconAnnotator(Host(), emolex, extra_words=True).annotate(["so sad"], ["sadness"]).any()
