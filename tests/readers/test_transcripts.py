"""Transcripts: who says what and when; times and names are never text."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import InputError
from emotopy.readers.transcripts import SOUND, read_transcript


@pytest.fixture
def read(write):
    """Read a transcript of this content; return (seconds, speaker, text) of every turn, and the transcript."""

    def turns(content, name="x.txt"):
        transcript = read_transcript(write(name, content))
        return [(turn.onset_s, turn.speaker, turn.text) for turn in transcript.turns], transcript

    return turns


SRT = """1
00:00:01,500 --> 00:00:03,000
Anna: How are
you <i>today</i>?

2
00:00:03,200 --> 00:00:04,000
BOB: Sad &amp; tired.

3
00:00:05,000 --> 00:00:06,000
I said: go away.

4
00:00:06,000 --> 00:00:07,000
[door slams]

5
01:00:06,000 --> 01:00:07,000
Anna: Oh.

6
01:00:08,000 --> 01:00:09,000
BOB: Yes.
"""


def test_captions_with_names_are_turns_of_speakers(read):
    """A caption without a name goes on with the speaker, which is told; a colon in a sentence makes none; no sounds."""
    turns, transcript = read(SRT, "x.srt")
    assert turns == [
        (1.5, "Anna", "How are you today?"),
        (3.2, "BOB", "Sad & tired."),
        (5.0, "BOB", "I said: go away."),
        (3606.0, "Anna", "Oh."),
        (3608.0, "BOB", "Yes."),
    ]
    assert transcript.left_out == {SOUND: 1}
    assert len(transcript.notes) == 2
    assert read(SRT, "x.bin")[0] == turns


def test_voices_of_webvtt_are_speakers(read):
    """As Teams writes them, also two in one caption; one without a voice has no speaker, and that is told."""
    turns, _ = read(
        "WEBVTT\n\nNOTE nobody's words\n\n00:01.000 --> 00:02.000\n<v Anna Smith>How are you?</v>\n\n"
        "a1\n00:00:02.000 --> 00:00:03.000 align:start\n<v.loud Bob>Sad.</v> <v Anna Smith>Oh.</v>\n\n"
        "00:04.000 --> 00:05.000\nfar away: hello\n",
        "x.vtt",
    )
    assert [turn[:2] for turn in turns[:3]] == [(1, "Anna Smith"), (2, "Bob"), (2, "Anna Smith")]
    assert [text for _, _, text in turns[:3]] == ["How are you?", "Sad.", "Oh."]


def test_names_in_webvtt_as_zoom_writes_them(read):
    """Every caption has one, so that even one that comes once is a speaker."""
    turns, transcript = read(
        "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\nAnna Smith: Hi: all.\n\n"
        "2\n00:00:02.000 --> 00:00:03.000\nBob: Hi.\n",
        "x.vtt",
    )
    assert turns == [(1.0, "Anna Smith", "Hi: all."), (2.0, "Bob", "Hi.")]
    assert transcript.notes == ()


def test_signs_of_another_speaker_are_no_text_and_end_a_turn(read):
    """Two lines with a dash are two turns; ">>" is somebody, but not who spoke before."""
    turns, _ = read(
        "1\n00:00:01,000 --> 00:00:02,000\n- How are you?\n- Sad.\n\n"
        "2\n00:00:02,000 --> 00:00:03,000\nAnna: Oh\n\n3\n00:00:03,000 --> 00:00:04,000\n>> What?\n\n"
        "4\n00:00:04,000 --> 00:00:05,000\nAnna: Yes\nit is -5 degrees\n",
        "x.srt",
    )
    assert turns == [
        (1.0, None, "How are you?"),
        (1.0, None, "Sad."),
        (2.0, "Anna", "Oh"),
        (3.0, None, "What?"),
        (4.0, "Anna", "Yes it is -5 degrees"),
    ]


@pytest.mark.parametrize(
    ("content", "times"),
    [
        ("Anna: How are you?\nBob: Sad.\nvery sad.\n\nAnna: Oh: well.\n", [None] * 3),
        ("[00:01] Anna: How are you?\n[00:02.5] Bob: Sad.\nvery sad.\n[1:00:03] Anna: Oh: well.\n", [1, 2.5, 3603]),
        ("00:01 Anna: How are you?\n00:02.5 Bob: Sad.\nvery sad.\n1:00:03 - Anna: Oh: well.\n", [1, 2.5, 3603]),
        ("Anna [00:01]: How are you?\nBob (00:02.5): Sad.\nvery sad.\nAnna [1:00:03]: Oh: well.\n", [1, 2.5, 3603]),
        ("Anna  0:01\nHow are you?\n\nBob  0:02.5\nSad.\nvery sad.\n\nAnna  1:00:03\nOh: well.\n", [1, 2.5, 3603]),
        ("(0:01)\nAnna: How are you?\n(0:02,5)\nBob: Sad.\nvery sad.\n(1:00:03)\nAnna: Oh: well.\n", [1, 2.5, 3603]),
        ("[0:01 --> 0:02] Anna: How are you?\n[0:02.5 - 0:03] Bob: Sad.\nvery sad.\nAnna: Oh: well.\n", [1, 2.5, None]),
    ],
)
def test_lines_with_names_and_times_in_many_forms(read, content, times):
    """Times before a name, behind it, over it, or none; a line without a name goes on with the turn."""
    turns, transcript = read(content)
    assert [turn[1:] for turn in turns] == [("Anna", "How are you?"), ("Bob", "Sad.\nvery sad."), ("Anna", "Oh: well.")]
    assert [turn[0] for turn in turns] == times
    assert len(transcript.notes) == ("Bob  0" not in content) + (1 in times and None in times)


def test_a_name_that_comes_once_is_a_speaker_by_its_capitals_and_told(read):
    """Where not every line has a name; words in small letters are part of the sentence, and told too."""
    turns, transcript = read("Anna: Hi.\nso it goes\nDr. Bob Smith: Hi.\nit is so: sad\nAnna: Ok\n")
    assert turns[1] == (None, "Dr. Bob Smith", "Hi.\nit is so: sad")
    assert len(transcript.notes) == 2


def test_times_and_colons_within_sentences_are_text(read):
    """A clock time at the end or the start of a line, and words before a colon that come once, which are told."""
    turns, transcript = read(
        "Anna: When?\nBob: I wait\nuntil 10:30\n11:00 is too late\nI mean: really\nAnna: Ok\nBob: Ok\n"
    )
    assert [text for _, _, text in turns] == [
        "When?",
        "I wait\nuntil 10:30\n11:00 is too late\nI mean: really",
        "Ok",
        "Ok",
    ]
    (note,) = transcript.notes
    assert "lines 5" in note
    assert "part of what was said" in note


def test_times_alone_are_enough(read):
    """As whisper writes its text: rows with a time and no speaker."""
    turns, _ = read(
        "[00:00.000 --> 00:02.000]  I was so sad.\n[00:02.000 --> 00:04.000]  (sighs)\n[00:04.000 --> 00:05.000]  Ok.\n"
    )
    assert turns == [(0.0, None, "I was so sad."), (4.0, None, "Ok.")]


def test_a_turn_without_a_time_among_others_is_told(read):
    """It counts in no course over time."""
    turns, transcript = read("[0:01] Anna: a\nBob: b\n[0:03] Anna: c\nBob: d\n")
    assert [turn[0] for turn in turns] == [1, None, 3, None]
    assert len(transcript.notes) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.txt", "I was so sad.\nThen I was glad.\n"),
        ("x.txt", " \n"),
        ("x.srt", "1\n00:00:01,000 --> 00:00:02,000\n[music]\n"),
        ("x.srt", "hello there\n"),
        ("x.vtt", "hello there\n"),
        ("x.txt", b"Anna: not \xff fine\nBob: no\n"),
    ],
)
def test_what_is_no_transcript_is_named(write, name, content):
    """Texts without speakers and times, sounds alone, files of another form."""
    with pytest.raises(InputError) as caught:
        read_transcript(write(name, content))
    assert caught.value.file == name


@pytest.mark.parametrize("line", ["A. " * 20_000, "[x] " * 20_000 + "y", "(a)" + " " * 20_000 + "b", "1:" * 20_000])
def test_hostile_lines_take_no_time(read, line):
    """Lines that nearly are names, sounds or times are read at once."""
    began = time.monotonic()
    turns, _ = read(f"Anna: so happy\nBob: {line}\nAnna: Ok\n{line}\n")
    assert len(turns) >= 2
    assert time.monotonic() - began < 5


NAMES = st.text(st.characters(categories=["Lu", "Ll"]), min_size=1, max_size=8).map(lambda name: f"{name} Q")
WORDS = st.text(st.characters(categories=["Ll"]), min_size=1, max_size=8)
SAID = st.lists(WORDS, min_size=1, max_size=6).map(" ".join)
TURNS = st.lists(st.tuples(st.integers(0, 10**7), NAMES, SAID), min_size=1, max_size=6)


def clock(ms, sign):
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}{sign}{ms % 1000:03d}"


@given(TURNS, st.sampled_from(["srt", "vtt", "voices", "lines"]))
def test_what_was_said_is_what_is_read(tmp_path_factory, turns, form):
    """Any names, times and words, in each form, come back, and neither names nor times are text."""
    content = "WEBVTT\n\n" if form in ("vtt", "voices") else ""
    for number, (ms, name, said) in enumerate(turns, start=1):
        if form == "lines":
            content += f"[{clock(ms, '.')}] {name}: {said}\n"
            continue
        sign = "," if form == "srt" else "."
        content += f"{number}\n{clock(ms, sign)} --> {clock(ms + 1000, sign)}\n"
        content += f"<v {name}>{said}</v>\n\n" if form == "voices" else f"{name}: {said}\n\n"
    path = tmp_path_factory.mktemp("x") / f"x.{ {'lines': 'txt', 'voices': 'vtt'}.get(form, form) }"
    path.write_text(content, "utf-8")
    transcript = read_transcript(path)
    assert [(round(turn.onset_s * 1000), turn.speaker, turn.text) for turn in transcript.turns] == turns
    assert transcript.notes == ()
