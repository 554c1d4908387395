"""One story, written in every form, is read back; no input ends in anything but an error of ours."""

from __future__ import annotations

import csv
import io
import json
import sys
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotopy.errors import EmotopyError
from emotopy.readers.column_names import DURATION, MISSING_WORDS, OFFSET, ONSET, WORD, find_column
from emotopy.readers.narratives import read_narrative
from emotopy.readers.nonspeech import MARKERS, SILENCE
from emotopy.readers.transcripts import read_transcript

LETTERS = "abcdefgäéжש"
TAKEN = {word.lower() for word in (*MISSING_WORDS, *MARKERS, *SILENCE)}


@st.composite
def stories(draw, *, most_words=3):
    """Pieces of one to some words, none of them twice, with onsets and offsets in whole milliseconds."""
    count = draw(st.integers(1, 6))
    words = st.text(LETTERS, min_size=1, max_size=5).filter(lambda word: word not in TAKEN)
    pool = draw(st.lists(words, min_size=count * most_words, max_size=count * most_words, unique=True))
    at, pieces = draw(st.integers(0, 5_000)), []
    for i in range(count):
        length = draw(st.integers(40, 3_000))
        n_words = draw(st.integers(1, most_words))
        text = " ".join(pool[i * most_words : i * most_words + n_words])
        pieces.append((text, at, at + length))
        at += length + draw(st.sampled_from([0, 0, 20, 1_700]))
    return pieces


def said_in(path, **options):
    """Return what is read, in whole milliseconds, and check that times are those that were written."""
    words = read_narrative(path, **options).words
    for word in words:
        for time in (word.onset_s, word.offset_s):
            assert abs(time * 1000 - round(time * 1000)) < 1e-6
    return [(word.text, round(word.onset_s * 1000), round(word.offset_s * 1000)) for word in words]


def clock(ms, sign):
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}{sign}{ms % 1000:03d}"


def captions(pieces, sign):
    return "\n".join(
        f"{i}\n{clock(onset, sign)} --> {clock(offset, sign)}\n{text}\n"
        for i, (text, onset, offset) in enumerate(pieces, start=1)
    )


def textgrid(pieces, *, long):
    intervals, at = [], 0
    for text, onset, offset in pieces:
        intervals += [("", at, onset)] if onset > at else []
        intervals.append((text, onset, offset))
        at = offset
    name = ["", "class = ", "name = ", "xmin = ", "xmax = ", "text = "] if long else [""] * 6
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", f"{name[3]}0", f"{name[4]}{at / 1000}"]
    lines += ["tiers? <exists>" if long else "<exists>", "size = 1" if long else "1"]
    lines += ["item []:", "    item [1]:"] if long else []
    lines += [f'{name[1]}"IntervalTier"', f'{name[2]}"words"', f"{name[3]}0", f"{name[4]}{at / 1000}"]
    lines.append(f"intervals: size = {len(intervals)}" if long else str(len(intervals)))
    for i, (text, onset, offset) in enumerate(intervals, start=1):
        lines += [f"intervals [{i}]:"] if long else []
        lines += [f"{name[3]}{onset / 1000}", f"{name[4]}{offset / 1000}", f'{name[5]}"{text}"']
    return "\n".join(lines) + "\n"


def table(columns, separator):
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, delimiter=separator, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return sheet.getvalue()


def as_json(pieces):
    segments = [{"start": a / 1000, "end": b / 1000, "text": f" {text}"} for text, a, b in pieces]
    return json.dumps({"segments": segments})


def as_ctm(pieces):
    return "".join(f"r 1 {a / 1000} {(b - a) / 1000} {text}\n" for text, a, b in pieces)


FORMS = {
    "a.srt": lambda pieces: captions(pieces, ","),
    "b.srt": lambda pieces: "\ufeff" + captions(pieces, ".").replace("\n", "\r\n"),
    "a.vtt": lambda pieces: "WEBVTT\n\nNOTE so it is\n\n" + captions(pieces, "."),
    "long.TextGrid": lambda pieces: textgrid(pieces, long=True),
    "short.TextGrid": lambda pieces: textgrid(pieces, long=False),
    "a.json": as_json,
}


@pytest.mark.parametrize("name", FORMS)
@given(pieces=stories())
@settings(max_examples=40)
def test_a_story_is_read_back_from_every_form(tmp_path_factory, name, pieces):
    """Words and times, to the millisecond."""
    path = tmp_path_factory.mktemp("x") / name
    path.write_text(FORMS[name](pieces), "utf-8", newline="")
    assert said_in(path) == pieces


SPEAKERS = st.sampled_from(["Anna Smith", "BEN", "SPEAKER_00", "Speaker 2"])


def with_voices(pieces, speakers):
    voiced = [(f"<v {who}>{text}</v>", a, b) for (text, a, b), who in zip(pieces, speakers, strict=True)]
    return "WEBVTT\n\n" + captions(voiced, ".")


def with_names(pieces, speakers):
    return captions([(f"{who}: {text}", a, b) for (text, a, b), who in zip(pieces, speakers, strict=True)], ",")


def with_a_column(pieces, speakers):
    texts, onsets, offsets = zip(*pieces, strict=True)
    return table({"start_ms": onsets, "end_ms": offsets, "speaker": speakers, "text": texts}, ",")


def with_keys(pieces, speakers):
    both = zip(pieces, speakers, strict=True)
    return json.dumps(
        [{"start": a / 1000, "end": b / 1000, "text": text, "speaker": who} for (text, a, b), who in both]
    )


@pytest.mark.parametrize(
    ("name", "write_story"),
    [("a.vtt", with_voices), ("a.srt", with_names), ("a.csv", with_a_column), ("a.json", with_keys)],
)
@given(pieces=stories(), data=st.data())
@settings(max_examples=40)
def test_speakers_are_read_back_and_are_no_words(tmp_path_factory, name, write_story, pieces, data):
    """Voices, names before a colon in each caption, a column, a key."""
    pieces = [*pieces, ("so it is", pieces[-1][2], pieces[-1][2] + 500)]  # one caption alone names nobody for certain
    speakers = data.draw(st.lists(SPEAKERS, min_size=len(pieces), max_size=len(pieces)))
    path = tmp_path_factory.mktemp("x") / name
    path.write_text(write_story(pieces, speakers), "utf-8")
    assert said_in(path) == pieces
    assert [word.speaker for word in read_narrative(path).words] == speakers


@given(pieces=stories(most_words=1))
def test_words_are_read_back_from_ctm(tmp_path_factory, pieces):
    """A word a line."""
    path = tmp_path_factory.mktemp("x") / "a.ctm"
    path.write_text(as_ctm(pieces), "utf-8")
    assert said_in(path) == pieces


@given(stories(), st.data())
@settings(max_examples=150)
def test_a_table_may_call_its_columns_as_others_do(tmp_path_factory, pieces, data):
    """Every name of every column, in any order, case, separator and unit, with rows without a word between."""
    ends = data.draw(st.booleans(), "ends")
    onset, second = data.draw(st.sampled_from(ONSET)), data.draw(st.sampled_from(OFFSET if ends else DURATION))
    word = data.draw(st.sampled_from(WORD))
    unit = data.draw(st.sampled_from(["", " (s)", "_ms"])) if "sec" not in onset else ""
    per_second = 1 if unit == "_ms" else 1000
    rows = []
    for text, start, end in pieces:
        rows.append((start / per_second, (end if ends else end - start) / per_second, text))
        if data.draw(st.booleans(), "a row without a word"):
            rows.append(data.draw(st.sampled_from([("n/a", "n/a", "n/a"), (0.5, "", ""), ("", "", "NA")])))
    names = [onset + unit, second + unit, word]
    cells = dict(zip(names, zip(*rows, strict=True), strict=True)) | {"trial_type": ["x"] * len(rows)}
    columns = {
        key.upper() if data.draw(st.booleans()) else key: cells[key] for key in data.draw(st.permutations(list(cells)))
    }
    separator = data.draw(st.sampled_from([(",", "a.csv"), (";", "a.csv"), ("\t", "a.tsv"), ("\t", "a.txt")]))
    path = tmp_path_factory.mktemp("x") / separator[1]
    path.write_text(table(columns, separator[0]), "utf-8")
    assert find_column(columns, WORD)
    assert said_in(path) == pieces


@given(stories())
def test_milliseconds_may_be_told(tmp_path_factory, pieces):
    """Where the columns don't say it, `time_unit` does."""
    path = tmp_path_factory.mktemp("x") / "a.csv"
    columns = {
        "onset": [a for _, a, _ in pieces],
        "offset": [b for _, _, b in pieces],
        "word": [w for w, _, _ in pieces],
    }
    path.write_text(table(columns, ","), "utf-8")
    assert said_in(path, time_unit="ms") == pieces


@given(stories(), st.data())
def test_a_missing_word_is_as_no_row(tmp_path_factory, pieces, data):
    """Each of the marks, at any place."""
    folder = tmp_path_factory.mktemp("x")
    rows = [(a / 1000, b / 1000, text) for text, a, b in pieces]
    header = ["onset", "offset", "word"]
    at = data.draw(st.integers(0, len(rows)))
    mark = data.draw(st.sampled_from(sorted(MISSING_WORDS)))
    for name, more in (("with.tsv", [(0, 0, mark)]), ("without.tsv", [])):
        lines = [header, *rows[:at], *more, *rows[at:]]
        (folder / name).write_text("".join("\t".join(map(str, line)) + "\n" for line in lines), "utf-8")
    assert read_narrative(folder / "with.tsv").words == read_narrative(folder / "without.tsv").words


ENDINGS = st.sampled_from(["srt", "vtt", "tsv", "csv", "txt", "TextGrid", "json", "ctm"])
CAPTIONS = ("WEBVTT", "1", "00:00:01,000 --> 00:00:02,000", "00:01.5 --> 00:02", "-->", "<v Anna>", "<u>a</u>", "NOTE")
TABLES = ("\t", ",", "0.5", "-1", "nan", "1e9", "start", "end", "word", "onset\tduration\tword", "00:00:01:12", "\x00")
GRIDS = (
    '"',
    "ooTextFile",
    'File type = "ooTextFile"\n"TextGrid"\n0\n1\n<exists>\n1\n',
    '"IntervalTier"\n"words"\n0\n1\n',
)
OBJECTS = ('{"segments": [', '{"start": 0, "end": 1, "text": "a"}', "]}", '{"words": [{}]}', "null", "[")
PIECES = st.sampled_from(["\n", "\n\n", "a b", "ANNA: ", "[x]", "♪", "ä", *CAPTIONS, *TABLES, *GRIDS, *OBJECTS])


@given(ENDINGS, st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=14).map("".join)))
@settings(max_examples=600)
def test_no_text_ends_in_a_foreign_error(tmp_path_factory, ending, content):
    """It is read, or an error of ours says why not."""
    path = tmp_path_factory.mktemp("x") / f"a.{ending}"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    for read in (read_narrative, read_transcript):
        with suppress(EmotopyError):
            read(path)


@given(ENDINGS, st.binary(max_size=120))
def test_no_bytes_end_in_a_foreign_error(tmp_path_factory, ending, content):
    """Neither do bytes that are no text."""
    path = tmp_path_factory.mktemp("x") / f"a.{ending}"
    path.write_bytes(content)
    for read in (read_narrative, read_transcript):
        with suppress(EmotopyError):
            read(path)


@given(stories(), st.sampled_from(sorted(FORMS)), st.data())
@settings(max_examples=150)
def test_a_damaged_file_ends_in_no_foreign_error(tmp_path_factory, pieces, name, data):
    """Cut, or with characters taken out or put in, anywhere."""
    content = FORMS[name](pieces)
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 30)))
    put = data.draw(st.sampled_from(["", "\n", "-", '"', "9", "-->", ":", "{", "00:"]))
    path = tmp_path_factory.mktemp("x") / name
    path.write_text(content[:start] + put + content[end:], "utf-8", newline="")
    with suppress(EmotopyError):
        read_narrative(path)


HEADS = {
    "a.srt": "1\n00:00:01,000 --> 00:00:02,000\n",
    "a.vtt": "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n",
    "a.csv": "start,end,text\n0,1,",
    "a.TextGrid": 'File type = "ooTextFile"\n"TextGrid"\n0\n1\n<exists>\n1\n"IntervalTier"\n"words"\n0\n1\n1\n0\n1\n',
}
SIGNS = (
    "<",
    "[",
    "{",
    "(",
    "(A",
    "♪",
    ">",
    "-",
    ":",
    "A ",
    "A: ",
    " ",
    "\n",
    "- a\n",
    "<v ",
    "<u>a",
    "&",
    "-->",
    "0:",
    "1\n",
    ",",
)


def n_calls(read, path):
    """Return how many functions, ours and built in, are called to read a file."""
    counted = 0

    def count(_frame, event, _argument):
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        with suppress(EmotopyError):
            read(path)
    finally:
        sys.setprofile(None)
    return counted


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("name", HEADS)
def test_work_grows_with_the_file_and_no_faster(tmp_path, name, sign):
    """300 kB of one sign are read (a pattern that tries all ways would never end), in calls that grow with the size."""
    counts = []
    for n_characters in (20_000, 40_000):
        path = tmp_path / name
        path.write_text(HEADS[name] + sign * (n_characters // len(sign)), "utf-8")
        counts.append(n_calls(read_narrative, path))
    assert counts[1] < 2.5 * counts[0] + 5_000
    path.write_text(HEADS[name] + sign * (300_000 // len(sign)), "utf-8")
    with suppress(EmotopyError):
        read_narrative(path)
