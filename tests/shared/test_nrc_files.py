"""NRC word lists: the bundled one, and the formats that the NRC gives out."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from emotopy.errors import ConfigError, InputError, MissingExtra
from emotopy_plugins.shared import nrc_files
from emotopy_plugins.shared.nrc_files import (
    AFFECTS,
    EMOTIONS,
    OUR_WORDS,
    RATINGS,
    read_bundled,
    read_list,
    read_text,
    read_words,
    with_our_words,
)
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
    ("content", "message"),
    [
        ("calm\tjoy\t1\ncalm\tbliss\t1\n", r"list\.txt: line 2: wanted one of anger.*got 'bliss'"),
        ("calm\tjoy\t1\n\ncalm\tfear\t2\n", r"line 3: wanted a score from 0 to 1, got '2'"),
        ("calm\tjoy\tnan\n", r"line 1: wanted a score from 0 to 1, got 'nan'"),
        ("calm\tjoy\t1\ncalm joy 1\n", r"list\.txt: line 1: wanted an NRC list.*\[1, 3\] columns"),
        ("calm\tjoy\t1\ncalm\tfear\t1\ncalm\t1\n", r"line 3: wanted a word and 2 more columns"),
        ("calm\tjoy\t1\n\tfear\t1\n", r"line 2: wanted a word"),
        ("calm\t0.5\t0.5\t5\n", r"line 1: wanted a score from -1 to 1, got '5'"),
        ("word\tvalence\tarousal\tpower\n", r"line 1: wanted the columns valence, arousal, dominance"),
        ("word\tvalence\tarousal\tdominance\n", "got a header alone"),
        ("word\temotion\tscore\n", "got a header alone"),
        ("", "got no columns"),
        ("{nonsense", "wanted JSON like"),
        ('{"calm": "joy"}', "got str for 'calm'"),
        ('{"calm": ["bliss"]}', "got 'bliss' for 'calm'"),
        ("[" * 10, r"got \[1\] columns"),
        ('{"a":' * 100_000, "wanted JSON like"),
        (b"calm\tjoy\t1\n\xe9\tjoy\t1\n", "line 2: byte 0xe9 is not UTF-8"),
    ],
)
def test_a_wrong_file_is_an_error_that_names_the_line(written, content, message):
    """What can't be read says which line, what was wanted and what came."""
    with pytest.raises(InputError, match=message):
        read_list(written(content))


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
