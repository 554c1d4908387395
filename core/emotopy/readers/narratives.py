"""Stories with times: Praat TextGrid, BIDS events, SubRip, WebVTT, and tables of words or segments.

Every reader returns a `Narrative` on the file's own clock, in seconds. What a source leaves open (where it breaks off,
captions that overlap) stands in the narrative's notes.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

from emotopy.errors import InputError
from emotopy.readers.text_io import decode, read_bounded
from emotopy.records.brain import Narrative

FORMS = "a Praat TextGrid, SubRip (.srt), WebVTT (.vtt), or a table with times (BIDS events.tsv, .tsv, .csv)"
MAX_BYTES = 64 << 20
"""Largest file that is read: a word-aligned story of an hour has about 1 MB."""


def read_narrative(path: Path, *, text: str | None = None) -> Narrative:
    """Read a story with times; the file's ending, else its first bytes, say which form it has.

    `text` names the tier (TextGrid) or column (table) that holds the words; by default the one that is called so.

    Raises InputError that names the file and the line: for a file that can't be read, is empty or too large, isn't
    UTF-8 (or UTF-16 with a byte-order mark), isn't of its form, holds no words, or whose words are out of order.
    """
    content = read_content(path)
    read = _reader(path, content)
    narrative = read(content, path.name, text)
    if not narrative.words:
        raise InputError(f"{path.name}: holds no words, only silence; wanted {FORMS}")
    return narrative


def read_content(path: Path) -> str:
    """Return the text of a file, of bounded size, with plain line ends; raises InputError."""
    if path.is_dir():
        raise InputError(f"{path.name} is a folder; wanted a file: {FORMS}")
    data = read_bounded(path, MAX_BYTES)
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    content = decode(data, path.name, "utf-16" if is_utf16 else "utf-8-sig")
    if not content.strip():
        raise InputError(f"{path.name} is empty; wanted {FORMS}")
    return content.replace("\r\n", "\n").replace("\r", "\n")


def _reader(path: Path, content: str) -> Callable[[str, str, str | None], Narrative]:
    from emotopy.readers.subtitles import read_subrip, read_webvtt
    from emotopy.readers.textgrids import read_textgrid
    from emotopy.readers.timed_tables import read_timed_table

    readers: dict[str, Callable[[str, str, str | None], Narrative]] = {
        ".textgrid": read_textgrid,
        ".srt": read_subrip,
        ".vtt": read_webvtt,
        ".webvtt": read_webvtt,
        ".tsv": read_timed_table,
        ".tab": read_timed_table,
        ".csv": read_timed_table,
    }
    ending = path.suffix.lower()
    if ending in readers:
        return readers[ending]
    start = content.lstrip()[:200]
    if "ooTextFile" in start:
        return read_textgrid
    if start.startswith("WEBVTT"):
        return read_webvtt
    raise InputError(f"{path.name}: can't tell what it is; wanted {FORMS}: words need times")
