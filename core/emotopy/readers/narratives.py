"""Stories with times: Praat TextGrid, BIDS events, SubRip, WebVTT, and tables of words or segments.

Every reader returns a `Narrative` on the file's own clock, in seconds. What a source leaves open (where it breaks off,
captions that overlap) stands in the narrative's notes.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import attrs

from emotopy.errors import InputError
from emotopy.readers.text_io import decode, read_bounded
from emotopy.records.brain import Narrative, Word

FORMS = "a Praat TextGrid, SubRip (.srt), WebVTT (.vtt), or a table with times (BIDS events.tsv, .tsv, .csv)"
MAX_BYTES = 64 << 20
"""Largest file that is read: a word-aligned story of an hour has about 1 MB."""
OVERLAP_S = 0.011
"""How far neighbours may overlap before it counts: aligners round to 10 ms."""
SILENCE = frozenset({"", "sp", "sil", "spn", "<sil>", "<sp>", "<spn>", "<p>", "<p:>", "<eps>", "#", "_"})
"""Labels that aligners give to what isn't speech, in lower case."""


@attrs.frozen
class Piece:
    """A word or a longer piece as it stands in a file; `place` says where, for messages ("line 7", "row 6")."""

    text: str
    onset_s: float
    offset_s: float
    place: str

    @property
    def is_word(self) -> bool:
        """Whether it is one word."""
        return len(self.text.split()) == 1

    def __str__(self) -> str:
        return repr(self.text if len(self.text) <= 20 else self.text[:19] + "…")


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


def in_order(pieces: Sequence[Piece], name: str, *, may_overlap: bool = False) -> tuple[Word, ...]:
    """Return pieces as words, in the order they stand in.

    Raises InputError that names the place of a piece which ends before it begins, which begins before the one before
    it, or (unless they may) of a single word that begins before the word before it has ended.
    """
    for piece in pieces:
        if piece.offset_s < piece.onset_s:
            raise InputError(
                f"{name}, {piece.place}: {piece} ends at {piece.offset_s:g} s, before it begins at {piece.onset_s:g} "
                "s; correct its times"
            )
    for before, piece in pairwise(pieces):
        if piece.onset_s < before.onset_s:
            raise InputError(
                f"{name}, {piece.place}: {piece} begins at {piece.onset_s:g} s, before {before} in {before.place} "
                f"({before.onset_s:g} s); sort the file by onset"
            )
        if not may_overlap and overlap(before, piece) and piece.is_word and before.is_word:
            raise InputError(
                f"{name}, {piece.place}: {piece} begins at {piece.onset_s:g} s, before {before} in {before.place} has "
                f"ended ({before.offset_s:g} s); words can't overlap: correct onset or duration"
            )
    return tuple(Word(piece.text, piece.onset_s, piece.offset_s) for piece in pieces)


def overlap(before: Piece, after: Piece) -> bool:
    """Whether `after` begins before `before` has ended, by more than rounding."""
    return after.onset_s < before.offset_s - OVERLAP_S


def is_silence(text: str) -> bool:
    """Whether a label stands for silence.

    >>> is_silence("sp"), is_silence("spade")
    (True, False)
    """
    return text.strip().lower() in SILENCE


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
