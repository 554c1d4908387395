"""Files of captions, SubRip (.srt) and WebVTT (.vtt), as people and programs write them.

Both forms are read here, since neither of their libraries reads what is common: stamps without hours or with a fraction
of one digit, coordinates behind the times, blank lines within a caption, captions without a number. A line with an
arrow and two times begins a caption; all else is text, a number, or (WebVTT) a comment. What can't be read is an error
with its line.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

import attrs

from emotopy.errors import InputError
from emotopy.readers.cell_values import described
from emotopy.records.reprs import counted, measured

ARROW = "-->"
_STAMP = re.compile(r"(?:(?P<h>\d{1,6}):)?(?P<m>\d{1,6}):(?P<s>\d{1,6})(?:[.,](?P<f>\d{1,9}))?")
_BRACKETED = re.compile(r"\s{0,9}\[(?P<onset>[\d:.,]{1,20}) --> (?P<offset>[\d:.,]{1,20})\]")
_LIKE_A_STAMP = re.compile(r"\d+:\d")
_SKIPPED = re.compile(r"(?:NOTE|STYLE|REGION|WEBVTT)(?:\s|$)")
"""How blocks begin that hold no caption; the header comes again where segments of a stream were joined."""
_TAGS = "i|b|u|s|em|strong|font|span|c|v|lang|ruby|rt|rp|p|div|a"
_MARKUP = re.compile(rf"</?(?:{_TAGS})(?=[\s.>/])[^<>]*>|</?\d[\d:.,]*>|</>|\{{\\[^{{}}]*\}}", re.IGNORECASE)
"""Tags, times within a caption, and what SubStation Alpha puts in braces."""
_BREAK = re.compile(r"<br\s{0,9}/?>|\\[Nnh]", re.IGNORECASE)
"""Ends of lines as HTML and SubStation Alpha write them."""


@attrs.frozen
class Caption:
    """A caption as it stands in a file, its markup too, and the line of its times.

    `parts` are its words with their own times, where the file says these.
    """

    text: str = attrs.field(repr=measured)
    onset_s: float
    offset_s: float
    line: int
    parts: tuple[Caption, ...] = attrs.field(default=(), repr=counted)


@attrs.frozen
class Captions:
    """The captions of a file, in its order, and what was assumed."""

    captions: tuple[Caption, ...] = attrs.field(repr=counted)
    notes: tuple[str, ...] = ()


@attrs.frozen
class _Timing:
    """Where a caption begins: the line, counted from 0, and its times."""

    at: int
    onset_s: float
    offset_s: float


def read_captions(content: str, name: str, *, is_webvtt: bool) -> Captions:
    """Return the captions of a file, by its first line rather than by its ending.

    Raises InputError that names the line where it can't be read.
    """
    lines = content.replace("\ufeff", "").split("\n")
    first = next((line for line in lines if line.strip()), "")
    starts = re.match(r"WEBVTT(?:\s|$)", first.lstrip()) is not None
    if starts:
        notes = () if is_webvtt else (f"{name}: begins as WebVTT, so it was read as WebVTT.",)
        return _captions(lines, name, notes, is_webvtt=True)
    if is_webvtt and not (first.strip().isdigit() or _is_timing(first)):
        number = lines.index(first) + 1
        raise _error(name, number, "WEBVTT in the first line", first)
    notes = (f"{name}: doesn't begin with WEBVTT, so it was read as SubRip.",) if is_webvtt else ()
    return _captions(lines, name, notes, is_webvtt=False)


def is_captions(content: str) -> bool:
    r"""Whether a text is SubRip or WebVTT, by how it begins.

    >>> is_captions("1\n00:01,5 --> 00:02,5\nhello"), is_captions("1\nhello")
    (True, False)
    """
    start = content[:2000].lstrip("\ufeff \t\n")
    if start.startswith("WEBVTT"):
        return True
    lines = [line for line in start.split("\n") if line.strip()][:2]
    return bool(lines) and (_is_timing(lines[0]) or (lines[0].strip().isdigit() and _is_timing(lines[-1])))


def bracketed_captions(content: str) -> Captions | None:
    """Return captions of a line each, its times in brackets, as whisper prints; None where the first line is none.

    >>> bracketed_captions("[00:00.000 --> 00:06.140]  so happy").captions[0].offset_s, bracketed_captions("so happy")
    (6.14, None)
    """
    captions: list[Caption] = []
    for number, line in enumerate(content.replace("\ufeff", "").split("\n"), start=1):
        found = _BRACKETED.match(line)
        onset, offset = (_stamp(found["onset"]), _stamp(found["offset"])) if found else (None, None)
        if found is not None and onset is not None and offset is not None:
            captions.append(Caption(line[found.end() :].strip(), onset, offset, number))
        elif captions:
            captions[-1] = attrs.evolve(captions[-1], text=f"{captions[-1].text}\n{line}".strip())
        elif line.strip():
            return None
    return Captions(tuple(captions)) if captions else None


def plain(caption: str) -> str:
    """Return a caption's words without markup, on one line.

    >>> plain("so<00:00:01.500><c> happy</c> &amp;&nbsp;<i>well</i>")
    'so happy & well'
    """
    return " ".join(html.unescape(_MARKUP.sub("", _BREAK.sub(" ", caption))).split())


def _captions(lines: Sequence[str], name: str, notes: tuple[str, ...], *, is_webvtt: bool) -> Captions:
    timings = list(_timings(lines, name))
    if not timings:
        first = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("WEBVTT")), 0)
        if is_webvtt and not any(ARROW in line for line in lines):
            return Captions((), notes)
        raise _error(name, first + 1, "a caption (a number, 00:00:01,000 --> 00:00:02,500, a text)", lines[first])
    head = _blocks(lines, 0, timings[0].at, is_webvtt=is_webvtt)
    is_numbered = _number(head, lines, timings[0].at, expected=None, is_webvtt=is_webvtt, is_numbered=True) is not None
    if not is_webvtt:
        _check_head(head, lines, name, is_numbered=is_numbered)
    captions, late = [], []
    for i, timing in enumerate(timings):
        until = timings[i + 1].at if i + 1 < len(timings) else len(lines)
        blocks = _blocks(lines, timing.at + 1, until, is_webvtt=is_webvtt)
        if i + 1 < len(timings):
            number = _number(blocks, lines, until, expected=str(i + 2), is_webvtt=is_webvtt, is_numbered=is_numbered)
            blocks = [[at for at in block if at != number] for block in blocks]
        text, is_late = _text(blocks, lines, is_webvtt=is_webvtt)
        if is_late:
            late.append(timing.at + 1)
        captions.append(Caption(text, timing.onset_s, timing.offset_s, timing.at + 1))
    if late:
        shown = ", ".join(map(str, late[:8])) + (f" and {len(late) - 8} more" if len(late) > 8 else "")
        notes = (*notes, f"{name}: text behind a blank line was read as part of the caption before it: lines {shown}.")
    return Captions(tuple(captions), notes)


def _timings(lines: Sequence[str], name: str) -> Iterator[_Timing]:
    """Yield where captions begin; raises InputError for a line that has an arrow and only one time."""
    for at, line in enumerate(lines):
        if ARROW not in line:
            continue
        before, _, after = line.partition(ARROW)
        onset, rest = _stamp(before.strip()), after.split(maxsplit=1)
        offset = _stamp(rest[0]) if rest else None
        if onset is not None and offset is not None:
            yield _Timing(at, onset, offset)
        elif _LIKE_A_STAMP.search(line):
            raise _error(name, at + 1, "two times, such as 00:00:01,000 --> 00:00:02,500", line)


def _is_timing(line: str) -> bool:
    before, _, after = line.partition(ARROW)
    rest = after.split(maxsplit=1)
    return bool(rest) and _stamp(before.strip()) is not None and _stamp(rest[0]) is not None


def _stamp(stamp: str) -> float | None:
    """Return the seconds of a time, None where it isn't one. What stands behind the point is a decimal fraction.

    >>> _stamp("01:00:02.500"), _stamp("00:01,000"), _stamp("0:0:4,8"), _stamp("00:00:02"), _stamp("2")
    (3602.5, 1.0, 4.8, 2.0, None)
    """
    found = _STAMP.fullmatch(stamp)
    if found is None:
        return None
    whole = 3600 * int(found["h"] or 0) + 60 * int(found["m"]) + int(found["s"])
    return float(f"{whole}.{found['f'] or 0}")


def _blocks(lines: Sequence[str], start: int, until: int, *, is_webvtt: bool) -> list[list[int]]:
    """Return the runs of lines that aren't blank, by number; the first is empty where a blank line comes first.

    In WebVTT a line of blanks is part of a caption: YouTube writes such.
    """
    blocks: list[list[int]] = [[]]
    for at in range(start, until):
        if lines[at] if is_webvtt else lines[at].strip():
            blocks[-1].append(at)
        elif blocks[-1] or len(blocks) == 1:
            blocks.append([])
    return blocks


def _number(
    blocks: Sequence[Sequence[int]],
    lines: Sequence[str],
    timing: int,
    *,
    expected: str | None,
    is_webvtt: bool,
    is_numbered: bool,
) -> int | None:
    """Return the line before a caption's times that numbers (in WebVTT: names) it, or None.

    It stands right before the times: behind a blank line, or where captions are numbered; or further above, if it is
    the number that comes next.
    """
    last = next((block[-1] for block in reversed(blocks) if block and lines[block[-1]].strip()), None)
    if last is None:
        return None
    is_number = lines[last].strip().isdecimal()
    is_behind_blank = any(block and block[0] == last for block in blocks[1:]) or expected is None
    if last == timing - 1:
        if is_webvtt and is_behind_blank and not lines[last].startswith("WEBVTT"):
            return last
        return last if is_number and (is_behind_blank or is_numbered) else None
    is_next = expected is None or lines[last].strip() == expected
    return last if is_number and is_numbered and is_next and not is_webvtt else None


def _check_head(head: Sequence[Sequence[int]], lines: Sequence[str], name: str, *, is_numbered: bool) -> None:
    """Raise InputError for text before the first caption, which no caption holds."""
    text = [at for block in head for at in block if lines[at].strip()]
    if len(text) > is_numbered:
        raise _error(name, text[0] + 1, "a caption (a number, 00:00:01,000 --> 00:00:02,500, a text)", lines[text[0]])


def _text(blocks: Sequence[Sequence[int]], lines: Sequence[str], *, is_webvtt: bool) -> tuple[str, bool]:
    """Return a caption's text, and whether some of it stands behind a blank line. Comments of WebVTT are no text."""
    text: list[str] = []
    is_late = False
    for number, block in enumerate(blocks):
        if number and is_webvtt and block and _SKIPPED.match(lines[block[0]]):
            continue
        shown = [lines[at] for at in block if lines[at].strip()]
        is_late = is_late or bool(text and number and shown)
        text += shown
    return "\n".join(text), is_late


def _error(name: str, line: int, wanted: str, got: str) -> InputError:
    got = got.strip()
    return InputError.at(
        name, line=line, wanted=wanted, got=described(got) if got else "an empty line", advice="correct the file there"
    )
