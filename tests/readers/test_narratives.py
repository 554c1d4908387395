"""Stories with times: captions, BIDS events, tables; and what is wrong with files."""

from __future__ import annotations

import pytest

from emotopy.errors import InputError
from emotopy.readers.narratives import MAX_BYTES, read_narrative
from emotopy.readers.nonspeech import is_silence

SRT = """1
00:00:01,000 --> 00:00:02,500
<i>Alice</i> was
beginning

2
00:00:03,000 --> 00:00:04,250
to get {\\an8}tired
"""
VTT = """WEBVTT

NOTE nobody reads this

intro
00:01.000 --> 00:02.500 align:start
<v Narrator>Alice &amp; her
sister

00:00:03.000 --> 00:00:04.250
sat
"""
EVENTS = "onset\tduration\ttrial_type\tword\n0.5\t0.25\tspeech\tAlice\n1.0\t0\tkey\tn/a\n1.5\t0.5\tspeech\twas\n"


@pytest.fixture
def story(tmp_path):
    """Write a story to a file of this name, and return its path."""

    def write(name, content, **options):
        path = tmp_path / name
        path.write_text(content, **options)
        return path

    return write


def words_of(narrative):
    return [(word.text, word.onset_s, word.offset_s) for word in narrative.words]


@pytest.mark.parametrize("name", ["a.srt", "a.SRT"])
def test_subrip(story, name):
    """A caption is a piece on one line, without markup."""
    narrative = read_narrative(story(name, SRT))
    assert words_of(narrative) == [("Alice was beginning", 1.0, 2.5), ("to get tired", 3.0, 4.25)]
    assert (narrative.end_s, narrative.notes) == (4.25, ())


@pytest.mark.parametrize("name", ["a.vtt", "captions"])
def test_webvtt(story, name):
    """Notes, cue names, settings, voices and entities are dealt with; without an ending the first line says it."""
    narrative = read_narrative(story(name, VTT))
    assert words_of(narrative) == [("Alice & her sister", 1.0, 2.5), ("sat", 3.0, 4.25)]


def test_captions_may_overlap_and_come_out_of_order(story):
    """Two people may speak at once; captions are sorted, and notes say both."""
    content = SRT.replace("00:00:03,000", "00:00:00,500")
    narrative = read_narrative(story("a.srt", content))
    assert [word.text for word in narrative.words] == ["to get tired", "Alice was beginning"]
    assert "out of order; they were sorted" in narrative.notes[0]
    assert "1 of 2 captions start before the previous one has ended" in narrative.notes[1]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.srt", SRT.replace("00:00:03,000", "three"), 7),
        ("a.srt", SRT.replace("00:00:01,000", "one"), 2),
        ("a.srt", SRT.replace("00:00:03,000", "00:00:03:12"), 7),
        ("a.srt", SRT.replace("00:00:04,250", "00:00:02,250"), 7),
        ("a.srt", "Alice was beginning\n", 1),
        ("a.srt", f"A story\n\n{SRT}", 1),
        ("a.vtt", VTT.replace("WEBVTT", "VTT"), 1),
        ("a.vtt", VTT.replace("00:00:03.000", "three"), 10),
    ],
)
def test_broken_captions_are_errors(story, name, content, line):
    """The error names the file and the line, and quotes no caption."""
    with pytest.raises(InputError) as caught:
        read_narrative(story(name, content))
    assert (caught.value.file, caught.value.row) == (name, line)
    assert caught.value.wanted
    assert "beginning" not in str(caught.value)


@pytest.mark.parametrize("stamp", ["00:03,000", "0:0:3", "0:00:03.0", "000:00:03,000000", "00:03"])
def test_stamps_may_lack_hours_and_figures(story, stamp):
    """All of them say three seconds."""
    narrative = read_narrative(story("a.srt", SRT.replace("00:00:03,000", stamp)))
    assert [word.onset_s for word in narrative.words] == [1.0, 3.0]


def test_bids_events(story):
    """Events without words are left out, but count for how far the story is known."""
    narrative = read_narrative(story("sub-1_events.tsv", EVENTS))
    assert words_of(narrative) == [("Alice", 0.5, 0.75), ("was", 1.5, 2.0)]
    assert narrative.end_s == 2.0


def test_a_table_of_words_may_have_other_names_and_ends_instead_of_durations(story):
    """Start and end, in any case; the column of words can be named."""
    path = story("a.csv", 'Start,End,said\n0,1,"well, so"\n1,2,Alice\n')
    assert words_of(read_narrative(path, text="said")) == [("well, so", 0, 1), ("Alice", 1, 2)]


def test_overlapping_segments_are_taken_as_given(story):
    """Sliding windows with their texts are a story too; a note says that they overlap."""
    path = story("a.tsv", "onset\tduration\ttext\n0\t8\tone two\n4\t8\ttwo three\n")
    narrative = read_narrative(path)
    assert narrative.given
    assert "segments overlap, so they were used unchanged" in narrative.notes[0]


@pytest.mark.parametrize(
    ("content", "row", "column"),
    [
        ("onset\tduration\tword\n1\t0.5\ta\n0.5\t0.5\tb\n", 2, None),
        ("onset\tduration\tword\n0\t1\ta\n0.5\t1\tb\n", 2, None),
        ("onset\tduration\tword\n0\t-1\ta\n", 1, None),
        ("onset\tduration\tword\n0\tn/a\ta\n", 1, "duration"),
        ("onset\tduration\tword\n0\t1\tn/a\ninf\t1\ta\n", 2, "onset"),
        ("moment\tduration\tword\n0\t1\ta\n", None, None),
        ("onset\tduration\tsaid\n0\t1\ta\n", None, None),
        ("onset\tduration\tword\n0\t1\tn/a\n", None, None),
        ("onset\tduration\tword\n0\t1\n", 2, None),
    ],
)
def test_events_that_cannot_be_used_are_errors(story, content, row, column):
    """Unsorted, overlapping, without times or words: the error names file, row and column."""
    with pytest.raises(InputError) as caught:
        read_narrative(story("events.tsv", content))
    assert (caught.value.file, caught.value.row, caught.value.column) == ("events.tsv", row, column)
    assert str(caught.value).startswith("events.tsv")


def test_a_column_that_is_not_there_gets_a_suggestion(story):
    """A typo in --text is answered with the nearest name."""
    with pytest.raises(InputError, match=r"has no column 'wrod'\. Did you mean 'word'\?"):
        read_narrative(story("events.tsv", EVENTS), text="wrod")
    with pytest.raises(InputError, match="captions have no columns or tiers"):
        read_narrative(story("a.srt", SRT), text="word")


def test_rounding_of_aligners_is_no_overlap(story):
    """Neighbours that overlap by 10 ms are read."""
    path = story("a.tsv", "onset\tduration\tword\n0\t0.51\ta\n0.5\t1\tb\n")
    assert len(read_narrative(path).words) == 2


def test_files_that_are_no_story_are_errors(story, tmp_path):
    """Absent, a folder, empty, too large, another encoding, a text without times."""
    with pytest.raises(InputError, match=r"absent\.srt can't be read: No such file"):
        read_narrative(tmp_path / "absent.srt")
    with pytest.raises(InputError, match="is a folder"):
        read_narrative(tmp_path)
    with pytest.raises(InputError, match=r"a\.srt is empty"):
        read_narrative(story("a.srt", " \n"))
    with pytest.raises(InputError, match=r"b\.srt, line 3: byte 0xc4 is not UTF-8"):
        read_narrative(story("b.srt", SRT.replace("Alice", "Älice"), encoding="latin-1"))
    with pytest.raises(InputError, match=r"unknown format; .*words need times"):
        read_narrative(story("a.txt", "Alice was beginning to get very tired"))
    with (tmp_path / "large.srt").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(InputError, match="got a larger one"):
        read_narrative(tmp_path / "large.srt")


def test_silence_has_many_names():
    """Labels of aligners, not words that look like them."""
    assert all(map(is_silence, ["", " ", "sp", "SIL", "<p:>", "<eps>"]))
    assert not any(map(is_silence, ["silence", "spade", "a"]))
