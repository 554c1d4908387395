"""Lines above the limit are refused before anything parses them; the limit is lowered here, and inputs are small."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import InputError
from emotopy.readers.chats import read_chat
from emotopy.readers.encodings import decode_detected
from emotopy.readers.narratives import read_narrative
from emotopy.readers.tables import read_table
from emotopy.readers.text_io import MAX_LINE_MB, check_lines, decode, read_text
from emotopy.readers.transcripts import read_transcript
from emotopy_plugins.shared.files import read_text as read_word_list
from emotopy_plugins.shared.nrc_files import read_list

LIMIT = 300
LIMIT_MB = LIMIT / 2**20
PARSERS = ("json/decoder.py", "readers/separated.py", "readers/fast_delimited.py", "readers/caption_files.py")


def padded(front, back, n, fill="so "):
    """A line of n bytes, without its end."""
    return front + (fill * n)[: n - len(front) - len(back)] + back


def file_of(folder, name, *lines):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes("\n".join(lines).encode() + b"\n")
    return path


def json_lines(folder, n):
    line = padded('{"text": "', '"}', n)
    return read_table, file_of(folder, "a.jsonl", '{"text": "one"}', line, '{"text": "three"}'), 2


def csv(folder, n):
    return read_table, file_of(folder, "a.csv", "id,text", "1,one", padded('2,"', '"', n), "3,three"), 3


def texts(folder, n):
    return read_table, file_of(folder, "a.txt", padded("", "o", n), "two"), 1


def whatsapp(folder, n):
    front = "31/12/2024, 22:59 - Ann: "
    return read_chat, file_of(folder, "chat.txt", front + "hi", padded(front, "o", n), front + "yes"), 2


def slack(folder, n):
    message = {"type": "message", "user": "U1", "ts": "1735689540.000100", "text": "hi"}
    line = padded(json.dumps(message)[:-3], '"}', n, "o ")
    file_of(folder, "days/2024-12-30.json", "[", json.dumps(message), "]")
    return read_chat, file_of(folder, "days/2024-12-31.json", "[", line, "]").parent, 2


def transcript(folder, n):
    return read_transcript, file_of(folder, "a.txt", "Ann: hello", "Bob: no", padded("Ann: ", "o", n)), 3


def subtitles(folder, n):
    times = "00:00:01,000 --> 00:00:02,000"
    return read_narrative, file_of(folder, "a.srt", "1", times, padded("", "o", n)), 3


def words(folder, n):
    rows = ["onset\toffset\ttext", "1\t2\tone", padded("3\t4\t", "o", n)]
    return read_narrative, file_of(folder, "a.tsv", *rows), 3


def word_list(folder, n):
    rows = ["fear\tfear\t1", "joy\tjoy\t1", padded("g", "f\tsadness\t1", n, "rie")]
    return read_list, file_of(folder, "a.txt", *rows), 3


def data_set(folder, n):
    return read_text, file_of(folder, "a.tsv", "one", padded("", "o", n)), 2


def keywords(folder, n):
    return read_word_list, file_of(folder, "a.csv", "one", padded("", "o", n)), 2


FORMS = (json_lines, csv, texts, whatsapp, slack, transcript, subtitles, words, word_list, data_set, keywords)


@pytest.mark.parametrize("form", FORMS)
def test_a_line_above_the_limit_is_refused_unparsed(form, tmp_path):
    """A byte above it: the error names file and line, and no parser was called for this file."""
    read, path, line = form(tmp_path, LIMIT + 1)
    called = []
    before = sys.getprofile()
    sys.setprofile(lambda frame, event, _: called.append(frame.f_code.co_filename) if event == "call" else None)
    try:
        with pytest.raises(InputError) as caught:
            read(path, max_line_mb=LIMIT_MB)
    finally:
        sys.setprofile(before)
    error = caught.value
    assert error.file == (path if path.is_file() else path / "2024-12-31.json").name
    assert error.row == line
    assert error.wanted
    assert error.got
    if path.is_file():
        assert not [file for file in called if file.endswith(PARSERS)]


@pytest.mark.parametrize("form", FORMS)
def test_a_line_at_the_limit_is_read(form, tmp_path):
    """As it is by default."""
    read, path, _ = form(tmp_path, LIMIT)
    assert str(read(path, max_line_mb=LIMIT_MB)) == str(read(path))


def test_the_limit_is_16_mb():
    """Of bytes."""
    assert MAX_LINE_MB == 16


@given(st.lists(st.integers(0, 12), max_size=9), st.sampled_from(["\n", "\r\n", "\r"]), st.integers(1, 9))
def test_the_first_longer_line_is_found(lengths, ending, most):
    """Whatever stands before it, and however lines end (those of old Macs aren't counted)."""
    data = ending.join("x" * n for n in lengths).encode()
    longer = [i for i, n in enumerate(lengths, start=1) if n > most]
    if not longer:
        check_lines(data, "a.txt", most / 2**20)
        return
    with pytest.raises(InputError) as caught:
        check_lines(data, "a.txt", most / 2**20)
    assert caught.value.file == "a.txt"
    assert caught.value.row == (1 if ending == "\r" else longer[0])


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8-sig"])
def test_before_the_encoding_is_found_out(encoding):
    """Whoever guesses encodings is a parser, too."""
    data = ("a\n" + "é" * LIMIT * 2).encode(encoding)
    for read in (decode_detected, decode):
        with pytest.raises(InputError) as caught:
            read(data, "a.txt", max_line_mb=LIMIT_MB)
        assert caught.value.row == 2
