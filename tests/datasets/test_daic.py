"""What DAIC-WOZ and E-DAIC share: comments of transcribers, units of text, labels."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import InputError
from emotopy_plugins.datasets.daic import Turn, chunks, find_transcripts, in_units, read_labels, without_comments

FILES = (("train", "a.csv"), ("test", "b.csv"))


@st.composite
def talks(draw):
    """Turns of words without white space, in the order of time; rarely a word longer than a chunk."""
    words = st.text("abcé'", min_size=1, max_size=14) | st.text("x", min_size=290, max_size=320)
    texts = draw(st.lists(st.lists(words, min_size=1, max_size=30).map(" ".join), min_size=1, max_size=12))
    return [Turn("participant", text, 2.0 * i, 2.0 * i + 1) for i, text in enumerate(texts)]


@given(talks(), st.integers(20, 300))
def test_chunks_are_greedy_whole_and_bounded(turns, most):
    """No chunk is longer than asked for, none could have taken the next word, and no character is lost or moved."""
    found = chunks(turns, most)
    assert "".join("".join(turn.text.split()) for turn in turns) == "".join("".join(c.text.split()) for c in found)
    assert all(0 < len(chunk.text) <= most for chunk in found)
    for before, after in itertools.pairwise(found):
        assert len(before.text) + 1 + len(after.text.split()[0]) > most
        assert before.start_s <= after.start_s
        assert before.stop_s <= after.stop_s
    assert (found[0].start_s, found[-1].stop_s) == (turns[0].start_s, turns[-1].stop_s)


def test_chunks_cut_between_words():
    """A text of 12 words of 49 characters makes chunks of 6 words: 6 × 50 − 1 = 299 characters."""
    words = [f"{i:02d}".ljust(49, "w") for i in range(12)]
    turns = [Turn("participant", " ".join(words[:5]), 0.0, 1.0), Turn("participant", " ".join(words[5:]), 2.0, 9.0)]
    first, second = chunks(turns)
    assert (first.text.split(), second.text.split()) == (words[:6], words[6:])
    assert (first.start_s, first.stop_s, second.start_s, second.stop_s) == (0.0, 9.0, 2.0, 9.0)


@pytest.mark.parametrize("unit_text", ["chunk", "interview"])
def test_speakers_are_never_joined(unit_text):
    """Chunks and interviews hold one speaker's words each, in the order of their starts."""
    turns = [Turn("interviewer", "how", 0.0, 1.0), Turn("participant", "fine", 1.0, 2.0)]
    turns += [Turn("interviewer", "why", 2.0, 3.0), Turn("participant", "just so", 3.0, 4.0)]
    found = in_units(turns, unit_text)
    assert [(turn.speaker, turn.text, turn.start_s, turn.stop_s) for turn in found] == [
        ("interviewer", "how why", 0.0, 3.0),
        ("participant", "fine just so", 1.0, 4.0),
    ]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("people <peop> say so", "people say so"),
        ("<laughter>", ""),
        ("um [laughter] well xxx yes xxxx", "um well yes"),
        ("my name is scrubbed_entry", "my name is"),
        ("<sync. and on we go", "and on we go"),
        ("a < b", "a b"),
        ("exxon and xx-large", "exxon and xx-large"),
    ],
)
def test_comments_of_transcribers_are_no_speech(text, left):
    """Brackets of both kinds with what they hold, words not understood, names taken out; nothing else."""
    assert without_comments(text) == left


@given(st.text(st.sampled_from("ab <>[]x_"), max_size=40))
def test_no_bracket_is_left(text):
    """Whatever stands in a transcript, what comes out holds no bracket, and nothing that wasn't there."""
    left = without_comments(text)
    assert not set("<>[]") & set(left)
    assert all(math.inf > left.count(letter) <= text.count(letter) for letter in "ab")


def test_labels_come_from_the_score(write, tmp_path):
    """10 and above is depressed; ids and scores may be written as floats, column names in any case."""
    write("labels/a.csv", "participant_ID,PHQ_Score,Gender\n300.0,9,female\n301,10.0,male\n302,24,\n")
    labels = read_labels(tmp_path, FILES)
    assert {who: (one.group, one.phq8, one.gender, one.split) for who, one in labels.by_participant.items()} == {
        "300": ("healthy", 9, "female", "train"),
        "301": ("depressed", 10, "male", "train"),
        "302": ("depressed", 24, None, "train"),
    }
    assert labels.files == ["a.csv"]


@pytest.mark.parametrize(
    ("content", "row", "column"),
    [
        ("id,PHQ8_Score\n1,2\n", None, None),
        ("Participant_ID,PHQ8_Score\n1,25\n", 1, "PHQ8_Score"),
        ("Participant_ID,PHQ8_Score\n1,ten\n", 1, "PHQ8_Score"),
        ("Participant_ID,PHQ8_Score\nx,1\n", 1, "Participant_ID"),
        ("Participant_ID,PHQ8_Score\n" + "9" * 400 + ",1\n", 1, "Participant_ID"),
        ("Participant_ID,PHQ8_Score\n1,2\n1,3\n", 2, "PHQ8_Score"),
        ("Participant_ID,PHQ8_Score\n1,2,3\n", 2, None),
        (b"Participant_ID,PHQ8_Score\n\xff,2\n", 2, None),
    ],
)
def test_label_files_that_cannot_be_right_are_errors(write, tmp_path, content, row, column):
    """A column that lacks, a score that can't be one, two scores for one person: file and row are named."""
    write("a.csv", content)
    with pytest.raises(InputError) as caught:
        read_labels(tmp_path, FILES)
    error = caught.value
    assert (error.file, error.row, error.column) == ("a.csv", row, column)
    assert error.wanted
    assert error.got


@pytest.mark.parametrize("mark", ["", "NA", "n/a", "NaN", "."])
def test_a_missing_score_is_none_however_it_is_written(write, tmp_path, mark):
    """Participants without a score are known as such; a missing binary label or gender says nothing."""
    write("a.csv", f"subject id,PHQ8 Score,phq8-binary,Sex\n300,{mark},{mark},1\n301,12,{mark},{mark}\n")
    labels = read_labels(tmp_path, FILES)
    assert labels.unscored == {"300": "a.csv"}
    assert {who: (one.phq8, one.gender) for who, one in labels.by_participant.items()} == {"301": (12, None)}
    assert not labels.notes


def test_blank_rows_below_the_labels_are_no_participants(write, tmp_path):
    """As a spreadsheet writes them; how many there were is told."""
    write("a.csv", "Participant_ID,PHQ8_Binary,PHQ8_Score\n300,0,2\n,,\n301,1,12\n,,\n,,\n")
    labels = read_labels(tmp_path, FILES)
    assert {who: one.phq8 for who, one in labels.by_participant.items()} == {"300": 2, "301": 12}
    assert len(labels.notes) == 1


def test_absent_labels_and_transcripts_are_told(write, tmp_path):
    """A folder without either says what was wanted; two transcripts of one participant are named."""
    with pytest.raises(InputError) as caught:
        read_labels(tmp_path, FILES)
    assert "a.csv, b.csv" in caught.value.wanted
    for folder in (tmp_path, tmp_path / "gone"):
        with pytest.raises(InputError) as caught:
            find_transcripts(folder)
        assert caught.value.file == folder.name
    write("300_P/300_TRANSCRIPT.csv", "")
    write("300_P/._300_TRANSCRIPT.csv", "what a Mac leaves beside a file")
    assert list(find_transcripts(tmp_path)) == ["300"]
    write("copy/300_P/300_Transcript.csv", "")
    with pytest.raises(InputError) as caught:
        find_transcripts(tmp_path)
    assert caught.value.file.endswith("300_Transcript.csv")
    assert "300_TRANSCRIPT.csv" in caught.value.got
