"""Captions with times: SubRip (.srt) and WebVTT (.vtt). A caption is a piece of the story; markup is dropped.

Captions of two speakers may overlap, and files are sometimes out of order: captions are sorted by onset, and a note
says how many overlap.
"""

from __future__ import annotations

import html
import re
from itertools import pairwise

import attrs

from emotopy.errors import InputError
from emotopy.readers.cell_values import described
from emotopy.readers.timed_pieces import Piece, in_order, is_silence, overlap
from emotopy.records.brain import Narrative
from emotopy.records.reprs import measured

_WANTED = "wanted a caption (number, 00:00:01,000 --> 00:00:02,500, text)"
_NO_HOURS = re.compile(r"^[ \t]*(?:\d+:\d+[.,]\d+[ \t]*-->.*|[\d:.,]+[ \t]*-->[ \t]*\d+:\d+[.,]\d+)", re.MULTILINE)
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|\{\\[^{}]*\}")


@attrs.frozen
class Caption:
    """A caption as it stands in a file, its markup too, and the line of its times."""

    text: str = attrs.field(repr=measured)
    onset_s: float
    offset_s: float
    line: int


def read_subrip(content: str, name: str, text: str | None = None) -> Narrative:
    """Make a narrative of a SubRip file; raises InputError that names the line where it can't be read."""
    _no_column(text, name)
    return _narrative(subrip_captions(content, name), name)


def read_webvtt(content: str, name: str, text: str | None = None) -> Narrative:
    """Make a narrative of a WebVTT file; raises InputError that says what is wrong with it."""
    _no_column(text, name)
    return _narrative(webvtt_captions(content, name), name)


def subrip_captions(content: str, name: str) -> list[Caption]:
    """Return the captions of a SubRip file; raises InputError that names the line where it can't be read."""
    import srt

    if bare := _NO_HOURS.search(content):  # srt would read 00:03,000 as three minutes
        line = content.count("\n", 0, bare.start()) + 1
        raise InputError(f"{name}, line {line}: {_WANTED}, got {described(bare[0].strip())}; write the hours, too")
    captions = []
    at = 0
    try:
        for caption in srt.parse(content):
            line, at = _line_of(content, at, srt.timedelta_to_srt_timestamp(caption.start))
            if "-->" in caption.content:  # srt takes a caption that it can't read for text of the one before
                odd = content.count("\n", 0, content.index("-->", content.index("-->", at) + 3)) + 1
                raise InputError(
                    f"{name}, line {odd}: {_WANTED}; correct the times there", file=name, row=odd, wanted="a caption"
                )
            onset_s, offset_s = caption.start.total_seconds(), caption.end.total_seconds()
            captions.append(Caption(caption.content, onset_s, offset_s, line))
    except (srt.SRTParseError, srt.TimestampParseError, OverflowError) as error:
        start = getattr(error, "expected_start", at)
        found = content[start:].lstrip().partition("\n")[0][:60]
        line = content.count("\n", 0, len(content) - len(content[start:].lstrip())) + 1
        raise InputError(
            f"{name}, line {line}: {_WANTED}, got {described(found)}; correct the file there",
            file=name,
            row=line,
            wanted="a caption",
            got=described(found, quotes=False),
        ) from None  # the library's message quotes the file
    return captions


def webvtt_captions(content: str, name: str) -> list[Caption]:
    """Return the captions of a WebVTT file; raises InputError that says what is wrong with it."""
    import webvtt
    from webvtt.errors import MalformedCaptionError, MalformedFileError

    try:
        captions = webvtt.from_string(content, strict=True).captions
    except (MalformedFileError, MalformedCaptionError) as error:
        reason = str(error).partition("[")[0].strip()  # lines of the file follow
        raise InputError(
            f"{name}: can't be read as WebVTT: {reason}; correct the file there", file=name, wanted="WebVTT"
        ) from None
    found, at = [], 0
    for caption in captions:
        line, at = _line_of(content, at, caption.start)
        onset_s, offset_s = (_seconds(stamp) for stamp in (caption.start, caption.end))
        found.append(Caption(caption.raw_text, onset_s, offset_s, line))
    return found


def _narrative(captions: list[Caption], name: str) -> Narrative:
    pieces = [Piece(plain(one.text), one.onset_s, one.offset_s, f"line {one.line}") for one in captions]
    spoken = [piece for piece in pieces if not is_silence(piece.text)]
    ordered = sorted(spoken, key=lambda piece: piece.onset_s)  # stable
    notes = []
    if ordered != spoken:
        notes.append(f"{name}: captions are out of order; they were sorted by onset.")
    n_overlaps = sum(overlap(before, after) for before, after in pairwise(ordered))
    if n_overlaps:
        notes.append(f"{name}: {n_overlaps} of {len(ordered)} captions begin before the one before them has ended.")
    words = in_order(ordered, name, may_overlap=True)
    end_s = max((piece.offset_s for piece in pieces), default=0.0)
    return Narrative(words, end_s, end_s, name=name, notes=tuple(notes))


def _no_column(text: str | None, name: str) -> None:
    if text is not None:
        raise InputError(f"{name}: captions have no columns or tiers; leave --text {text} out")


def plain(caption: str) -> str:
    """Return a caption's words without markup, on one line."""
    return " ".join(html.unescape(_MARKUP.sub("", caption)).split())


def _line_of(content: str, start: int, stamp: str) -> tuple[int, int]:
    """Return the line on which a time stamp stands, from `start` on, and where it ends."""
    at = content.find(stamp.partition(",")[0], start)
    at = start if at < 0 else at
    return content.count("\n", 0, at) + 1, at + len(stamp)


def _seconds(stamp: str) -> float:
    """Return seconds of HH:MM:SS.mmm.

    >>> _seconds("01:00:02.500")
    3602.5
    """
    seconds = 0.0
    for part in stamp.split(":"):
        seconds = 60 * seconds + float(part)
    return seconds
