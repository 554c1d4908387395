"""NRC word lists: the bundled one, and the formats that the NRC gives out."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emotopy.errors import ConfigError, EmotopyError, InputError, MissingExtra
from emotopy.readers.column_names import AFFECT, LEXICON_WORD, SCORE
from emotopy_plugins.shared import nrc_files
from emotopy_plugins.shared.files import read_text
from emotopy_plugins.shared.nrc_files import (
    OUR_WORDS,
    read_bundled,
    read_list,
    read_words,
    with_our_words,
)
from emotopy_plugins.shared.nrc_layouts import AFFECTS, EMOTIONS, RATINGS
from emotopy_plugins.shared.tokenizer import tokenize
from emotopy_plugins.shared.vader_rules import CUE_CODES

EMOLEX = "abandon\tfear\t1\nabandon\tjoy\t0\ncalm\tjoy\t1\ncalm\tfear\t0\n"
INTENSITY = "word\temotion\temotion-intensity-score\noutraged\tanger\t0.964\ncalm\tjoy\t0.3\n"
OLD_INTENSITY = "term\tscore\tAffectDimension\noutraged\t0.964\tanger\ncalm\t0.3\tjoy\n"
VAD = "Word\tValence\tArousal\tDominance\nhappy\t1.000\t0.735\t0.772\ncalm\t0.8\t0.1\t0.5\n"


@pytest.fixture
def written(tmp_path):
    def write(content: str | bytes):
        path = tmp_path / "list.txt"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_the_bundled_list_is_the_known_one():
    """The list of nrclex holds its 6,468 words, all ten affects, and not "sad"; the checksum is that of the file."""
    words = read_bundled()
    totals = dict(zip(words.emotions, words.scores.sum(axis=0).astype(int).tolist(), strict=True))
    assert (len(words), words.format, words.low, words.high) == (6468, "emolex", 0.0, 1.0)
    assert totals["negative"] == 3324
    assert totals["surprise"] == 534
    assert "sad" not in words.rows
    assert words.emotions == AFFECTS == (*EMOTIONS, "positive", "negative")
    assert words.sha256 == "437a177fdb118b330516de72fe4bb6919c53a6d5f772a6ee3bb835c0912066b0"


def test_reading_the_bundled_list_does_not_import_nrclex():
    """Neither nrclex nor what it needs is imported, by reading or by scoring."""
    code = (
        "import sys\n"
        "from emotopy_plugins.intensity_scorers.nrc import NrcIntensityScorer\n"
        "from emotopy.roles import Host\n"
        "NrcIntensityScorer(Host()).score(['happy'])\n"
        "print(sorted({'nrclex', 'nltk', 'textblob', 'pandas', 'scipy', 'sklearn'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_bundled_list_cut_short_is_refused(tmp_path, monkeypatch):
    """A list of too few words, or none at all, is an error that says what to do."""
    (tmp_path / "nrclex" / "data").mkdir(parents=True)
    (tmp_path / "nrclex" / "__init__.py").write_text("")
    (tmp_path / "nrclex" / "data" / "nrc_en.json").write_text(json.dumps({"happy": ["joy"]}))
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "nrclex", raising=False)
    with pytest.raises(InputError, match=r"wanted 6,000 words or more.*got 1 words; reinstall nrclex"):
        read_bundled()
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(MissingExtra, match="pip install nrclex"):
        read_bundled()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("header", ["", "English Word\tEmotion\tAssociation\n"])
def test_emolex_word_level(written, newline, mark, header):
    """EmoLex is known by its zeros and ones, with or without header, byte-order mark and Windows line ends."""
    path = written((mark + header + EMOLEX).replace("\n", newline))
    words = read_list(path)
    assert (words.format, dict(words.rows)) == ("emolex", {"abandon": 0, "calm": 1})
    assert words.scores[:, [AFFECTS.index("fear"), AFFECTS.index("joy")]].tolist() == [[1, 0], [0, 1]]
    assert words.scores.sum() == 2
    assert words.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("content", [INTENSITY, OLD_INTENSITY])
def test_emotion_intensity(written, content):
    """Emotion Intensity keeps its scores, whichever of its two column orders the file has."""
    words = read_list(written(content))
    assert words.format == "intensity"
    assert words.scores[words.rows["outraged"], AFFECTS.index("anger")] == 0.964
    assert words.scores[words.rows["calm"], AFFECTS.index("joy")] == 0.3


def test_valence_arousal_dominance(written):
    """VAD is known by its four columns, runs from 0 to 1 or from −1 to 1, and its header says the order."""
    words = read_list(written(VAD))
    assert (words.format, words.emotions, words.low) == ("vad", RATINGS, 0.0)
    np.testing.assert_array_equal(words.scores, [[1.0, 0.735, 0.772], [0.8, 0.1, 0.5]])
    other = read_list(written("term\tdominance\tvalence\tarousal\nhappy\t0.5\t0.9\t-0.4\n"))
    assert (other.low, other.scores.tolist()) == (-1.0, [[0.9, -0.4, 0.5]])
    assert len(read_list(written(VAD.partition("\n")[2]))) == 2


def test_a_json_list_like_nrclex(written):
    """A list in nrclex's own form is read too, in lower case."""
    words = read_list(written('{"Calm": ["joy", "positive"]}'))
    assert words.scores[words.rows["calm"]].sum() == 2


def test_the_first_line_of_a_word_counts(written):
    """Where a word and emotion, or a word and its ratings, stand twice, the first line counts."""
    assert read_list(written("Calm\tjoy\t0.3\ncalm\tjoy\t0.9\n")).scores.sum() == pytest.approx(0.3)
    assert read_list(written("Calm\t0\t0\t0.3\ncalm\t1\t1\t1\n")).scores.tolist() == [[0, 0, 0.3]]


@pytest.mark.parametrize(
    ("content", "row", "column"),
    [
        ("calm\tjoy\t1\ncalm\tbliss\t1\n", 2, None),
        ("calm\tjoy\t1\n\ncalm\tfear\t2\n", 3, None),
        ("calm\tjoy\tnan\n", 1, None),
        ("calm\tjoy\t" + "9" * 400 + "\n", 1, None),
        ("calm\tjoy\t1\ncalm joy 1\n", 2, None),
        ("calm\tjoy\t1\ncalm\tfear\t1\ncalm\t1\n", 3, None),
        ("calm\tjoy\t1\n\tfear\t1\n", 2, None),
        ("calm\t0.5\t0.5\t5\n", 1, None),
        ("word\tvalence\tarousal\tpower\na\t1\t1\t1\n", 1, None),
        ("word\tvalence\tarousal\tdominance\n", 1, None),
        ("word\temotion\tscore\n", 1, None),
        ("", None, None),
        ("\n \t\n", None, None),
        ("{nonsense", 1, None),
        ('{"calm": "joy"}', None, None),
        ('{"calm": ["bliss"]}', None, None),
        ("[" * 10, 1, None),
        ('{"a":' * 100_000, None, None),
        (b"calm\tjoy\t1\n\xe9\tjoy\t1\n", 2, None),
        ("word\tanger\tfear\na\t0\t2\n", 1, "fear"),  # of a column per emotion the row is counted
        ("word\tanger\tfear\na\t0\n", 1, None),
        ("word\tanger\tanger\tfear\na\t0\t0\t0\n", 1, "anger"),
        ("Wort\tmot\tanger\tfear\na\tb\t0\t0\n", None, None),
        ("lemma\tvalence\tarousal\tdominance\na\t0.1\t0.2\t0.3\n", None, None),  # on which scale?
    ],
)
def test_a_wrong_file_is_an_error_that_names_the_line(written, content, row, column):
    """What can't be read says which line, what was wanted and what came."""
    with pytest.raises(InputError) as caught:
        read_list(written(content))
    error = caught.value
    assert (error.file, error.row, error.column) == ("list.txt", row, column)
    assert error.wanted
    assert error.got


def test_a_missing_or_oversized_file_is_an_error(tmp_path, written):
    """A path that isn't there, a folder, and a file beyond the bound are refused, the last before it is all read."""
    for path, reason in ((tmp_path / "absent.txt", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(InputError, match=f"can't be read: {reason}"):
            read_list(path)
    assert read_text(written("abc"), max_bytes=3)[0] == "abc"
    with pytest.raises(InputError, match="of up to 3 bytes"):
        read_text(written("abcd"), max_bytes=3)


def test_the_research_note_names_owner_and_paper():
    """What the user is told holds the owner, the restriction and whom to cite."""
    for part in ("National Research Council Canada", "research use only", "Mohammad & Turney"):
        assert part in nrc_files.RESEARCH_ONLY


# Words of our own ----------------------------------------------------------------------------------------------------


def our_entries() -> list[dict[str, str]]:
    with OUR_WORDS.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_our_words_are_in_the_form_of_the_list():
    """Sorted and distinct, each one token that the list lacks and that modifies nothing, with known affects."""
    entries, bundled = our_entries(), read_bundled()
    words = [entry["word"] for entry in entries]
    assert words == sorted(set(words))
    assert 150 <= len(words) <= 300
    assert [word for word in words if tokenize(word) != [word] or word in bundled.rows or word in CUE_CODES] == []
    for entry in entries:
        affects = entry["affects"].split()
        assert affects == [affect for affect in AFFECTS if affect in affects]
        assert set(affects) & set(EMOTIONS)
        assert not {"positive", "negative"} <= set(affects)


def test_our_words_are_added_and_the_lists_own_stay():
    """The list gains our words at its end, loses and changes none, and has another checksum."""
    bundled = read_bundled()
    words = with_our_words(bundled)
    assert len(words) == len(bundled) + len(our_entries()) == len(words.scores)
    assert {word: words.rows[word] for word in bundled.rows} == dict(bundled.rows)
    np.testing.assert_array_equal(words.scores[: len(bundled)], bundled.scores)
    for entry in our_entries():
        scores = words.scores[words.rows[entry["word"]]]
        assert [affect for affect, score in zip(AFFECTS, scores, strict=True) if score] == entry["affects"].split()
    assert words.sha256 != bundled.sha256
    assert "sad" in words.rows


def test_our_words_go_with_the_bundled_list_unless_told_otherwise(written):
    """None adds them to the bundled list alone; True adds them to one's own list of categories, False to none."""
    own = written(EMOLEX + "sad\tfear\t1\n")
    assert "sad" in read_words(None, len).rows
    assert "sad" not in read_words(None, len, extra_words=False).rows
    assert "hates" not in read_words(own, len).rows
    both = read_words(own, len, extra_words=True)
    assert "hates" in both.rows
    assert both.scores[both.rows["sad"]].tolist() == [float(affect == "fear") for affect in AFFECTS]


@pytest.mark.parametrize("content", [INTENSITY, VAD])
def test_our_words_have_no_scores(written, content):
    """With a list of degrees or ratings, asking for our words is an error."""
    path = written(content)
    assert len(read_words(path, len)) == len(read_list(path))
    with pytest.raises(ConfigError):
        read_words(path, len, extra_words=True)


# Layouts -----------------------------------------------------------------------------------------------------------

TEXT_IN_FRONT = "Copyright of a list\nContact: nobody\n\nNumber of words: 3\n......\n\n"
WORDS = st.lists(
    st.tuples(st.sampled_from(["calm", "ill at ease", "über", "911", "joy", "none"]), st.sampled_from(AFFECTS)),
    min_size=1,
    unique=True,
)


def scores_of(words):
    return {
        (word, affect): score
        for word, row in words.rows.items()
        for affect, score in zip(words.emotions, words.scores[row], strict=True)
        if score
    }


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pairs=WORDS,
    word=st.sampled_from(LEXICON_WORD),
    affect=st.sampled_from(AFFECT),
    score=st.sampled_from(SCORE),
    order=st.permutations([0, 1, 2]),
    layout=st.sampled_from(["long", "without a score", "wide"]),
    separator=st.sampled_from("\t,;"),
    is_numbered=st.booleans(),
    front=st.sampled_from(["", "\n", TEXT_IN_FRONT]),
    newline=st.sampled_from(["\n", "\r\n"]),
    upper=st.booleans(),
)
def test_every_writing_of_a_list_is_read_alike(
    written, pairs, word, affect, score, order, layout, separator, is_numbered, front, newline, upper
):
    """Synonyms, order, separators, row numbers in front, blank lines and text in front say nothing about the words."""
    if layout == "wide":
        names = list(dict.fromkeys(word for word, _ in pairs))
        rows = [[word, *AFFECTS], *([name, *(str(int((name, one) in pairs)) for one in AFFECTS)] for name in names)]
        rows = [[*row[order[0] :], *row[: order[0]]] for row in rows]
    elif layout == "without a score":
        rows = [[[one, other][i] for i in order if i < 2] for one, other in [(word, affect), *pairs]]
    else:
        rows = [[row[i] for i in order] for row in [(word, affect, score), *((*pair, "1") for pair in pairs)]]
    rows[0] = [title.upper() for title in rows[0]] if upper else rows[0]
    if is_numbered:
        rows = [["" if not at else str(at - 1), *row] for at, row in enumerate(rows)]
    content = (front + "".join(separator.join(row) + "\n" for row in rows)).replace("\n", newline)
    words = read_list(written(content))
    assert scores_of(words) == dict.fromkeys(pairs, 1.0)
    if layout != "long":
        assert words.format == "emolex"


def test_text_in_front_of_a_list_is_no_entry(written):
    """The list begins with the first line that is one; how many stood before the list is said."""
    words = read_list(written(TEXT_IN_FRONT + "aback\tanger\t0\nabandon\tfear\t1\n"))
    assert list(words.rows) == ["aback", "abandon"]
    assert any("4 lines" in note for note in words.notes)
    assert not any("before the list" in note for note in read_list(written("\n\naback\tanger\t0\n")).notes)


@pytest.mark.parametrize(
    ("content", "name", "wanted", "is_told"),
    [
        ("word\temotion\temotion-intensity-score\ncalm\tjoy\t1\n", "list.txt", "intensity", False),
        ("term\tscore\tAffectDimension\ncalm\t1\tjoy\n", "list.txt", "intensity", False),
        ("English Word\tEmotion\tAssociation\ncalm\tjoy\t1\n", "list.txt", "emolex", False),
        ("calm\tjoy\t1\n", "NRC-Emotion-Intensity-Lexicon-v1.txt", "intensity", False),
        ("calm\tjoy\t1\n", "NRC-Emotion-Lexicon-Wordlevel-v0.92.txt", "emolex", False),
        ("calm\tjoy\t1\n", "list.txt", "emolex", True),
        ("calm\tjoy\t1.000\n", "list.txt", "intensity", False),
        ("word\tsentiment\ncalm\tjoy\n", "list.txt", "emolex", False),
    ],
)
def test_degrees_and_categories_are_told_apart_by_what_the_list_says(tmp_path, content, name, wanted, is_told):
    """By header and name; where neither says it by how NRC writes scores, and that is told; never by their size."""
    path = tmp_path / name
    path.write_text(content)
    words = read_list(path)
    assert words.format == wanted
    assert any("lexicon_form" in note for note in words.notes) == is_told
    assert read_list(path, "intensity").format == "intensity"
    assert not any("lexicon_form" in note for note in read_list(path, "intensity").notes)


@pytest.mark.parametrize(
    ("header", "name", "low", "is_told"),
    [
        ("Word\tValence\tArousal\tDominance\n", "list.txt", 0.0, False),
        ("term\tvalence\tarousal\tdominance\n", "list.txt", -1.0, True),
        ("term\tvalence\tarousal\tdominance\n", "NRC-VAD-Lexicon-v2.1.txt", -1.0, False),
        ("", "NRC-VAD-Lexicon-v2.1.txt", -1.0, False),
        ("", "list.txt", 0.0, True),
    ],
)
def test_the_scale_of_ratings_is_said_by_header_or_name(tmp_path, header, name, low, is_told):
    """A part of a list without a negative rating isn't thereby on the scale from 0 to 1."""
    path = tmp_path / name
    path.write_text(header + "calm\t0.9\t0.1\t0.5\nill at ease\t0.2\t0.8\t0.2\n")
    words = read_list(path)
    assert (words.low, len(words)) == (low, 2)
    assert any("lexicon_form" in note for note in words.notes) == is_told
    for form, wanted in (("vad-v1", 0.0), ("vad-v2", -1.0)):
        words = read_list(path, form)
        assert words.low == wanted
        assert not any("lexicon_form" in note for note in words.notes)
    with pytest.raises(InputError):
        read_list(path, "emolex")


def test_a_negative_rating_contradicts_version_1(written):
    """What the user says of a list holds, or is an error with the line."""
    with pytest.raises(InputError) as caught:
        read_list(written("calm\t0.9\t-0.1\t0.5\n"), "vad-v1")
    assert caught.value.row == 1


def test_the_hashtag_lexicon(written):
    """The emotion first, scores without an upper bound: kept as they are, and said."""
    words = read_list(written("anger\tcalm\t0.25\njoy\tcalm\t1.75\njoy\tjoy\t2.5\n"))
    assert scores_of(words) == {("calm", "anger"): 0.25, ("calm", "joy"): 1.75, ("joy", "joy"): 2.5}
    assert words.format == "intensity"
    assert words.notes


def test_the_only_column_beside_the_emotions_holds_the_words(written):
    """As pandas writes a list whose words are the index."""
    assert scores_of(read_list(written(",anger,fear\ncalm,0,0\nwild,1,0\n"))) == {("wild", "anger"): 1.0}


def test_emotions_that_a_list_lacks_are_said(written):
    """A list with a column for four emotions says nothing of the others."""
    words = read_list(written("English Word\tanger\tfear\tjoy\tsadness\tGerman Word\nabandon\t0\t1\t0\t1\tx\n"))
    assert scores_of(words) == {("abandon", "fear"): 1.0, ("abandon", "sadness"): 1.0}
    assert any("anticipation, disgust, surprise, trust" in note for note in words.notes)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
        st.lists(
            st.sampled_from(
                ["word", "joy", "anger", "valence", "\t", "\t", "\n", ",", "1", "0.5", "9" * 400, '"', "\x00"]
            )
        ).map(lambda parts: "".join(parts).encode()),
        st.text(alphabet='{}[]":,joy1', max_size=60).map(str.encode),
    )
)
def test_whatever_the_bytes_errors_are_ours(written, content):
    """No other exception than one of ours."""
    with contextlib.suppress(EmotopyError):
        read_list(written(content))


@pytest.mark.parametrize(
    ("content", "n_notes"),
    [
        ("word\temotion\tscore\nwill\tjoy\t0\nWill\tjoy\t1\nsea\tjoy\t1\n", 1),
        ("word\temotion\tscore\nwill\tjoy\t1\nWill\tjoy\t1\nsea\tjoy\t1\n", 0),
        ("word\tvalence\tarousal\tdominance\nwill\t0.1\t0.2\t0.3\nWill\t0.9\t0.2\t0.3\n", 1),
    ],
)
def test_scores_that_contradict_each_other_are_told(content, n_notes):
    """The first counts, as in earlier versions; a note says how many rows say otherwise."""
    from emotopy_plugins.shared.nrc_layouts import read_lines

    entries = read_lines("list.txt", content, None)
    assert entries.scores["will"][0] in (0.0, 0.1)
    assert sum("the first score is used" in note for note in entries.notes) == n_notes
