"""Praat TextGrids, long and short form, whole or broken off.

Praat's own rule is all there is to the format: what counts in a text file are free-standing numbers, strings in double
quotes and flags in angle brackets, in their order; everything else (``xmin =``, ``intervals [7]:``) is there for people
(Praat manual, "TextGrid file formats"). So one reader serves both forms, and a file that was cut anywhere is read up to
the last interval that is whole. The libraries that read TextGrids fail on most such files: tgt where the cut falls
inside an interval, praatio and textgrid always.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

import attrs

from emotopy.errors import InputError, nearest
from emotopy.readers.cell_values import described
from emotopy.readers.delimited import named
from emotopy.readers.timed_pieces import Piece, in_order, is_silence
from emotopy.records.brain import Narrative, Word
from emotopy.records.reprs import counted

WORD_TIERS = ("word", "words", "tokens", "ort-mau", "ort", "orthography")
SENTENCE_TIERS = ("sentence", "sentences", "utterance", "utterances")

_TOKEN = re.compile(
    r'"(?P<text>[^"]*(?:""[^"]*)*)"(?!")'
    r'|(?P<open>"[^"]*(?:""[^"]*)*)\Z'
    r"|(?P<flag><\w*>)"
    r"|(?P<comment>!.*)"
    r"|(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?!\S)"
    r'|[^\s"]+'
)


class _BreaksOffError(Exception):
    """The file ends in the middle."""


@attrs.define
class Tier:
    """A tier: its name, the intervals that are whole, and what its header declares."""

    name: str
    start_s: float
    end_s: float
    n_declared: int
    is_intervals: bool
    intervals: list[Piece] = attrs.field(factory=list, repr=counted)

    @property
    def is_whole(self) -> bool:
        """Whether all intervals that the header declares are there."""
        return len(self.intervals) == self.n_declared

    @property
    def known_until_s(self) -> float:
        """How far the tier reaches: to its declared end, or that of the last interval that is whole."""
        if self.is_whole:
            return self.end_s
        return self.intervals[-1].offset_s if self.intervals else self.start_s


def read_textgrid(content: str, name: str, text: str | None = None) -> Narrative:
    """Make a narrative of a TextGrid's word tier (or the tier that `text` names), and of its sentence tier.

    Without `text`: the interval tier called word or words (or "SPEAKER - words"), else the only interval tier. A tier
    that breaks off is read as far as it goes; `end_s` is the end of its last whole interval, and a note names the span
    that is missing. Raises InputError that names the line.
    """
    tiers = [tier for tier in read_tiers(content, name) if tier.is_intervals]
    tier = _chosen(tiers, text, name)
    words = in_order([piece for piece in tier.intervals if not is_silence(piece.text)], name)
    notes = []
    if not tier.is_whole:
        notes.append(
            f"{name} breaks off after interval {len(tier.intervals):,} of {tier.n_declared:,}, at "
            f"{tier.known_until_s:.2f} s; its header says {tier.end_s:.2f} s. The last "
            f"{tier.end_s - tier.known_until_s:.2f} s are unknown, not silent."
        )
    return Narrative(
        words, tier.known_until_s, tier.end_s, name=name, sentences=_sentences(tiers, tier, name), notes=tuple(notes)
    )


def read_tiers(content: str, name: str) -> list[Tier]:
    """Return the tiers of a TextGrid, the last one perhaps broken off; raises InputError that names the line."""
    tokens = _Tokens(content, name)
    tiers: list[Tier] = []
    try:
        kind, what = tokens.text("the file's type"), tokens.text("its class")
        if not kind.startswith("ooTextFile") or what != "TextGrid":
            raise InputError(
                f'{name}: wanted a TextGrid in text form ("ooTextFile", "TextGrid"), got another first line'
            )
        tokens.number("the start")
        tokens.number("the end")
        if tokens.flag() != "<exists>":
            raise InputError(f"{name}: the TextGrid holds no tiers; wanted one with words")
        for _ in range(tokens.count("the number of tiers")):
            kind, title = tokens.text("the tier's class"), tokens.text("the tier's name")
            if kind not in ("IntervalTier", "TextTier"):
                raise InputError(f"{name}, line {tokens.line}: wanted a tier, IntervalTier or TextTier, got {kind!r}")
            start_s, end_s = tokens.number("the tier's start"), tokens.number("the tier's end")
            tier = Tier(title, start_s, end_s, tokens.count("the number of intervals"), kind == "IntervalTier")
            tiers.append(tier)
            for number in range(1, tier.n_declared + 1):
                onset_s = tokens.number("the start of an interval")
                offset_s = tokens.number("the end of an interval") if tier.is_intervals else onset_s
                label = tokens.text("the text of an interval", is_last=number == tier.n_declared)
                tier.intervals.append(Piece(" ".join(label.split()), onset_s, offset_s, f"line {tokens.line}"))
    except _BreaksOffError:
        if not tiers:
            raise InputError(f"{name}: breaks off before its first tier; get the file again") from None
    return tiers


def _chosen(tiers: Sequence[Tier], text: str | None, name: str) -> Tier:
    titles = [tier.name for tier in tiers]
    if text is not None:
        found = [tier for tier in tiers if tier.name == text]
        if not found:
            raise InputError(f"{name}: has no tier {text!r}.{nearest(text, titles)} Interval tiers: {named(titles)}")
        return found[0]
    found = [tier for tier in tiers if _short(tier.name) in WORD_TIERS]
    if len(found) == 1:
        return found[0]
    if len(tiers) == 1:
        return tiers[0]
    raise InputError(f"{name}: which tier holds the words? Say so with --text; interval tiers: {named(titles)}")


def _sentences(tiers: Sequence[Tier], words: Tier, name: str) -> tuple[Word, ...] | None:
    for tier in tiers:
        if tier is not words and _short(tier.name) in SENTENCE_TIERS:
            return in_order([piece for piece in tier.intervals if not is_silence(piece.text)], name)
    return None


def _short(title: str) -> str:
    """Return a tier's name in lower case, without the speaker that an aligner puts before it."""
    return title.rpartition(" - ")[2].strip().lower()


class _Tokens:
    """What counts in the file, one after the other, each of the kind that is wanted there."""

    def __init__(self, content: str, name: str) -> None:
        self._name = name
        self._content = content
        self._stream: Iterator[re.Match[str]] = (
            match for match in _TOKEN.finditer(content) if match.lastgroup not in (None, "comment")
        )
        self._counted = (0, 1)
        self._at, self._is_over = 0, False

    @property
    def line(self) -> int:
        """The line of the last token."""
        start, line = self._counted
        line += self._content.count("\n", start, self._at)
        self._counted = (self._at, line)
        return line

    def text(self, what: str, *, is_last: bool = False) -> str:
        text = self._next("text", what)
        if self._is_over and not is_last:
            raise _BreaksOffError  # the quote at the very end may be the first of two
        return text.replace('""', '"')

    def flag(self) -> str:
        return self._next("flag", "<exists>")

    def number(self, what: str) -> float:
        value = float(self._next("number", what))
        if not math.isfinite(value):
            raise InputError(f"{self._name}, line {self.line}: wanted {what}, a finite number, got {value}")
        return value

    def count(self, what: str) -> int:
        value = self.number(what)
        if value < 0 or not value.is_integer():
            raise InputError(f"{self._name}, line {self.line}: wanted {what}, a whole number, got {value:g}")
        return int(value)

    def _next(self, kind: str, what: str) -> str:
        match = next(self._stream, None)
        if match is None or match.lastgroup == "open" or (match.end() == len(self._content) and kind == "number"):
            raise _BreaksOffError  # a number at the very end may have lost digits
        self._at, self._is_over = match.start(), match.end() == len(self._content)
        if match.lastgroup != kind:
            raise InputError(
                f"{self._name}, line {self.line}: wanted {what}, got {described(match.group())}; the TextGrid is "
                "damaged "
                "there: open it in Praat and save it anew"
            )
        return match.group(kind)
