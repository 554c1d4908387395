"""Transcripts of talk: who said what, from captions (SubRip, WebVTT) or lines such as `Anna: hello`.

Time stamps and names of speakers are never text. A name is what stands before a colon again and again, or in capitals;
a colon within a sentence makes no speaker.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from emotopy.errors import InputError
from emotopy.readers.caption_files import Caption, is_captions, read_captions
from emotopy.readers.caption_repeats import without_repeats
from emotopy.readers.encodings import decode_detected
from emotopy.readers.nonspeech import LeftOut, is_sound, numbered_speaker, words_and_labels
from emotopy.readers.speakers import COLON, MOST_WORDS, NAME, is_like_a_name, spoken
from emotopy.readers.text_io import MAX_LINE_MB, read_bounded
from emotopy.records.reprs import counted, measured

FORMS = "SubRip (.srt), WebVTT (.vtt), or lines such as `Anna: hello`, also with times (`[00:01:23] Anna: hello`)"
MOST_BYTES = 64 << 20
"""The largest file that is read: an hour of talk has about 100 KB."""
SOUND = "sounds such as [music] or (laughter)"
"""Why a turn is left out."""


@attrs.frozen
class Turn:
    """What somebody said: when it begins and who says it, None where the file doesn't say; the line it stands in."""

    text: str = attrs.field(repr=measured)
    onset_s: float | None
    speaker: str | None
    line: int


@attrs.frozen
class Transcript:
    """The turns of a transcript, how many were left out and why, and what was assumed."""

    turns: tuple[Turn, ...] = attrs.field(repr=counted)
    left_out: dict[str, int]
    notes: tuple[str, ...] = ()


@attrs.frozen
class _Piece:
    """A line, or a part of a caption: what may be a name is still in the text unless `speaker` is certain."""

    text: str = attrs.field(repr=measured)
    onset_s: float | None
    line: int
    speaker: str | None = None
    is_change: bool = False
    is_caption: bool = False


_CLOCK = r"(?:(?P<{0}h>\d{{1,2}}):)?(?P<{0}m>\d{{1,3}}):(?P<{0}s>[0-5]\d(?:[.,]\d{{1,3}})?)"
_RANGE = r"(?:\s*(?:-->|[-–])\s*(?:\d{1,2}:)?\d{1,3}:[0-5]\d(?:[.,]\d{1,3})?)?"
_FRONT = re.compile(rf"\s*[\[(]?{_CLOCK.format('f')}{_RANGE}[\])]?(?=\s|$)\s*[-–]?\s*")
"""A time in front of a line, in brackets or not, perhaps with the one where it ends."""
_LABEL = re.compile(rf"\s*{NAME}\s*(?:[\[(]\s*{_CLOCK.format('l')}{_RANGE}\s*[\])])?\s*{COLON}")
"""A name before a colon, perhaps with a time in brackets."""
_HEADLINE = re.compile(rf"\s*{NAME}\s+[\[(]?{_CLOCK.format('e')}[\])]?\s*")
"""A line with a name and a time alone; what follows is what was said."""


def read_transcript(path: Path, *, max_line_mb: float = MAX_LINE_MB) -> Transcript:
    """Read a transcript; the file's ending, else its content, says which form it has.

    Raises InputError for a file that can't be read, is of another form, holds a line above
    `max_line_mb`, or has neither speakers nor times.
    """
    content, notes = decode_detected(read_bounded(path, MOST_BYTES), path.name, max_line_mb=max_line_mb)
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    if not content.strip():
        raise InputError(f"{path.name} is empty; wanted {FORMS}", file=path.name, wanted=FORMS, got="an empty file")
    pieces, assumed = _pieces(content, path)
    labels, more = _labels(pieces, path.name)
    turns, told = _turns(pieces, labels, path.name)
    kept, n_sounds, left_out = _speech(turns)
    if not kept or all(turn.onset_s is None and turn.speaker is None for turn in kept):
        what = "has neither speakers nor times" if kept else "contains no speech"
        raise InputError(
            f"{path.name} {what}; wanted {FORMS}. `emotopy map` reads files with one text per line",
            file=path.name,
            wanted=FORMS,
            got="neither speakers nor times" if kept else "nothing that was said",
        )
    without = sum(turn.onset_s is None for turn in kept)
    if 0 < without < len(kept):
        told.append(f"{path.name}: {without:,} of {len(kept):,} turns have no time.")
    told += left_out.notes(path.name)
    return Transcript(kept, {SOUND: n_sounds} if n_sounds else {}, (*notes, *assumed, *more, *told))


def _speech(turns: Sequence[Turn]) -> tuple[tuple[Turn, ...], int, LeftOut]:
    """Return the turns without what isn't speech, how many hold nothing else, and what was taken out of the others."""
    kept, n_sounds, left_out = [], 0, LeftOut()
    for turn in turns:
        if is_sound(turn.text):
            n_sounds += 1
            continue
        lines, labels = [], []
        for line in turn.text.split("\n"):
            words, more = words_and_labels(line)
            lines.append(words)
            labels += more
        text = "\n".join(line for line in lines if line)
        left_out.add(labels if text else [])
        n_sounds += bool(turn.text and not text)
        if text:
            kept.append(attrs.evolve(turn, text=text))
    return tuple(kept), n_sounds, left_out


def _pieces(content: str, path: Path) -> tuple[list[_Piece], tuple[str, ...]]:
    """Return the lines, or the parts of captions, that may be turns, and what was assumed."""
    is_webvtt = path.suffix.lower() in (".vtt", ".webvtt")
    if not is_webvtt and path.suffix.lower() != ".srt" and not is_captions(content):
        return list(_line_pieces(content)), ()
    read = read_captions(content, path.name, is_webvtt=is_webvtt or content.lstrip().startswith("WEBVTT"))
    read = without_repeats(read, path.name)
    return [piece for caption in read.captions for piece in _caption_pieces(caption)], read.notes


def _caption_pieces(caption: Caption) -> Iterator[_Piece]:
    for one in spoken(caption):
        speaker, text = (one.speaker, one.text) if one.speaker is not None else numbered_speaker(one.text)
        yield _Piece(text, caption.onset_s, caption.line, speaker or None, one.is_change, is_caption=True)


def _line_pieces(content: str) -> Iterator[_Piece]:
    """Go through the lines of a text; times in front are taken off, a line of a name and a time is said of the next.

    A time without brackets may be part of a sentence ("10:30 was too late", "until 10:30"). It counts where the first
    line has one too; a line of a name and a time also where the name comes again so.
    """
    lines = [(number, line) for number, line in enumerate(content.split("\n"), start=1) if line.strip()]
    begins_with_time = _headline(lines[0][1]) is not None or _FRONT.match(lines[0][1]) is not None
    headlines = Counter(name for _, line in lines if (name := _headline(line)) is not None)
    waiting: tuple[str | None, float] | None = None  # of a line that holds a name or a time alone
    for number, line in lines:
        name = _headline(line)
        if name is not None and (begins_with_time or headlines[name] > 1):
            match = _HEADLINE.fullmatch(line)
            waiting = (name, _seconds(match, "e")) if match else None
            continue
        front = _FRONT.match(line)
        if front and not begins_with_time and front[0].lstrip()[0] not in "[(":
            front = None
        rest = line[front.end() :].strip() if front else line.strip()
        onset_s = _seconds(front, "f") if front else None
        if onset_s is not None and not rest:
            waiting = (None, onset_s)
            continue
        speaker, at = waiting or (None, None)
        waiting = None
        yield _Piece(rest, at if onset_s is None else onset_s, number, speaker)


def _headline(line: str) -> str | None:
    """Return the name of a line that holds a name and a time alone."""
    match = _HEADLINE.fullmatch(line)
    return None if match is None or len(match["name"].split()) > MOST_WORDS else match["name"].strip()


def _labels(pieces: Sequence[_Piece], name: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the names before colons that are speakers, and notes on those that come once.

    All are, if every piece has one. Else those that come again, and those whose every word begins with a capital or a
    figure; "I said: no" is part of what was said.
    """
    found = [(piece, label) for piece in pieces if piece.speaker is None and (label := _label(piece.text)) is not None]
    counts = Counter(label for _, label in found)
    if not found or len(found) == sum(piece.speaker is None for piece in pieces):
        return frozenset(counts), ()
    once = [(piece.line, label) for piece, label in found if counts[label] == 1]
    labels = frozenset(label for label, n in counts.items() if n > 1 or is_like_a_name(label))
    notes = []
    for is_speaker, what in ((True, "as speakers, by their capitals"), (False, "as part of what was said")):
        lines = [line for line, label in once if is_like_a_name(label) == is_speaker]
        if lines:
            shown = ", ".join(map(str, lines[:8])) + (f" and {len(lines) - 8} more" if len(lines) > 8 else "")
            notes.append(f"{name}: words before a colon that occur only once were read {what}: lines {shown}.")
    return labels, tuple(notes)


def _label(text: str) -> str | None:
    match = _LABEL.match(text)
    if match is None or len(match["name"].split()) > MOST_WORDS:
        return None
    return match["name"].strip()


def _turns(pieces: Sequence[_Piece], labels: frozenset[str], name: str) -> tuple[list[Turn], list[str]]:
    """Make turns: a line without a speaker goes on with the turn before, a caption with its speaker."""
    turns: list[Turn] = []
    speaker: str | None = None
    n_carried = 0
    for piece in pieces:
        text, onset_s, label = piece.text, piece.onset_s, piece.speaker
        match = _LABEL.match(text)
        if label is None and match is not None and match["name"].strip() in labels:
            label = match["name"].strip()
            text = text[match.end() :]
            onset_s = _seconds(match, "l") if match["lm"] else onset_s
        if label is not None:
            speaker = label
        elif piece.is_change:
            speaker = None
        elif not piece.is_caption and onset_s is None and turns:
            turns[-1] = attrs.evolve(turns[-1], text=f"{turns[-1].text}\n{text}".strip())
            continue
        elif speaker is not None:
            n_carried += 1
        turns.append(Turn(text.strip(), onset_s, speaker, piece.line))
    notes = []
    if n_carried:
        notes.append(
            f"{name}: {n_carried:,} turns name no speaker; they were assigned to the speaker of the previous turn."
        )
    named = {turn.speaker for turn in turns if turn.speaker is not None}
    n_nameless = sum(turn.speaker is None and bool(turn.text) for turn in turns)
    if named and n_nameless:
        notes.append(f"{name}: {n_nameless:,} turns name no speaker, and none is known.")
    return turns, notes


def _seconds(match: re.Match[str], prefix: str) -> float:
    hours, minutes, seconds = (match[f"{prefix}{part}"] or "0" for part in "hms")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds.replace(",", "."))
