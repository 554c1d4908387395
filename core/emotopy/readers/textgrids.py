"""Praat TextGrids, long and short form, whole or broken off.

Praat's own rule is all there is to the format: what counts in a text file are free-standing numbers, strings in double
quotes and flags in angle brackets, in their order; everything else (``xmin =``, ``intervals [7]:``) is there for people
(Praat manual, "TextGrid file formats"). So one reader serves both forms, and a file that was cut anywhere is read up to
the last interval that is whole. How many intervals a tier has is counted, not believed: aligners write headers that
say otherwise. The libraries that read TextGrids fail on most such files: tgt where the cut falls
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
from emotopy.readers.nonspeech import LeftOut, is_silence, words_of_a_label
from emotopy.readers.timed_pieces import Piece, in_order
from emotopy.records.brain import Narrative, Word
from emotopy.records.reprs import counted
from emotopy.wording import flag

WORD_TIERS = ("word", "words", "tokens", "ort-mau", "ort", "orthography")
SENTENCE_TIERS = ("sentence", "sentences", "utterance", "utterances")
TIER_CLASSES = ("IntervalTier", "TextTier")
SINGLE_WORDS = 0.9
"""From which part of its labels on that are one word a tier of another name is one of words."""

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
    """A tier: its name, the intervals that are whole, what its header declares, and whether it breaks off."""

    name: str
    start_s: float
    end_s: float
    n_declared: int
    is_intervals: bool
    intervals: list[Piece] = attrs.field(factory=list, repr=counted)
    is_whole: bool = True

    @property
    def reaches_its_end(self) -> bool:
        """Whether the last interval ends where the tier does."""
        return bool(self.intervals) and self.intervals[-1].offset_s >= self.end_s - 1e-6

    @property
    def known_until_s(self) -> float:
        """How far the tier reaches: to its declared end, or that of the last interval that is whole."""
        if self.is_whole:
            return self.end_s
        return self.intervals[-1].offset_s if self.intervals else self.start_s

    @property
    def holds_words(self) -> bool:
        """Whether its labels are single words: by its name, or by the labels."""
        if _short(self.name) in WORD_TIERS + SENTENCE_TIERS:
            return _short(self.name) in WORD_TIERS
        labels = [piece for piece in self.intervals if piece.text]
        return sum(piece.is_word for piece in labels) >= SINGLE_WORDS * len(labels)


def read_textgrid(content: str, name: str, text: str | None = None) -> Narrative:
    """Make a narrative of a TextGrid's word tier (or the tier that `text` names), and of its sentence tier.

    Without `text`: the interval tier called word or words (or "SPEAKER - words"), else the only interval tier. A tier
    that breaks off is read as far as it goes; `end_s` is the end of its last whole interval, and a note names the span
    that is missing. Labels that aren't speech are left out; a note counts them. Raises InputError that names the line.
    """
    tiers = [tier for tier in read_tiers(content, name) if tier.is_intervals]
    tier = _chosen(tiers, text, name)
    left_out = LeftOut()
    words = in_order(_speech(tier, left_out), name)
    notes = []
    if not tier.is_whole:
        notes.append(
            f"{name} breaks off after interval {len(tier.intervals):,} of {tier.n_declared:,}, at "
            f"{tier.known_until_s:.2f} s; its header says {tier.end_s:.2f} s. The last "
            f"{tier.end_s - tier.known_until_s:.2f} s are unknown, not silent."
        )
    elif len(tier.intervals) != tier.n_declared:
        notes.append(
            f"{name}: the header of tier {named([tier.name])} gives {tier.n_declared:,} intervals, but "
            f"there are {len(tier.intervals):,}; all were read."
        )
    sentences = _sentences(tiers, tier, name, left_out)
    return Narrative(
        words,
        tier.known_until_s,
        tier.end_s,
        name=name,
        sentences=sentences,
        notes=(*notes, *left_out.notes(name)),
    )


def _speech(tier: Tier, left_out: LeftOut) -> list[Piece]:
    """Return the intervals of a tier in which something is said, without what isn't speech."""
    pieces = []
    speaker, holds_words = tier.name.rpartition(" - ")[0].strip(), tier.holds_words
    for piece in tier.intervals:
        if is_silence(piece.text):
            continue
        said, labels = words_of_a_label(piece.text, is_word=holds_words, by_aligner=True)
        left_out.add(labels)
        if said:
            pieces.append(attrs.evolve(piece, text=said, speaker=speaker))
    return pieces


def read_tiers(content: str, name: str) -> list[Tier]:
    """Return the tiers of a TextGrid, the last one perhaps broken off; raises InputError that names the line."""
    tokens = _Tokens(content, name)
    tiers: list[Tier] = []
    try:
        kind, what = tokens.text("the file's type"), tokens.text("its class")
        if not kind.startswith("ooTextFile") or what != "TextGrid":
            raise InputError.at(
                name, wanted='a TextGrid in text form ("ooTextFile", "TextGrid")', got="another first line"
            )
        tokens.number("the start")
        tokens.number("the end")
        if tokens.flag() != "<exists>":
            raise InputError.at(name, wanted="a TextGrid with a tier of words", got="one that holds no tiers")
        n_tiers = tokens.count("the number of tiers")
        while len(tiers) < n_tiers or tokens.next_text() in TIER_CLASSES:
            kind = tokens.text("the tier's class")
            if kind not in TIER_CLASSES:
                raise InputError.at(
                    name,
                    line=tokens.line,
                    wanted="a tier, IntervalTier or TextTier",
                    got=described(kind),
                    advice="open the file in Praat and save it again",
                )
            title = tokens.text("the tier's name")
            start_s, end_s = tokens.number("the tier's start"), tokens.number("the tier's end")
            tier = Tier(title, start_s, end_s, tokens.count("the number of intervals"), kind == "IntervalTier")
            tiers.append(tier)
            while _goes_on(tier, tokens):
                onset_s = tokens.number("the start of an interval")
                offset_s = tokens.number("the end of an interval") if tier.is_intervals else onset_s
                # a quote at the very end may be the first of two, unless nothing is to come
                is_last = len(tier.intervals) + 1 == tier.n_declared
                label = tokens.text("the text of an interval", is_last=is_last)
                tier.intervals.append(Piece(" ".join(label.split()), onset_s, offset_s, f"line {tokens.line}"))
    except _BreaksOffError:
        if not tiers:
            raise InputError(
                f"{name}: breaks off before its first tier; download or export the file again", file=name
            ) from None
        last = tiers[-1]
        last.is_whole = last.reaches_its_end or len(last.intervals) == last.n_declared
    return tiers


def _goes_on(tier: Tier, tokens: _Tokens) -> bool:
    """Whether another interval of a tier follows: as its header says, unless the content says otherwise."""
    if len(tier.intervals) < tier.n_declared:
        return tokens.next_text() not in TIER_CLASSES
    return tokens.next_is_number() and not tier.reaches_its_end


def _chosen(tiers: Sequence[Tier], text: str | None, name: str) -> Tier:
    titles = [tier.name for tier in tiers]
    if text is not None:
        found = [tier for tier in tiers if tier.name == text]
        if not found:
            raise InputError(
                f"{name}: has no tier {text!r}.{nearest(text, titles)} Interval tiers: {named(titles)}",
                file=name,
                wanted=f"a tier {text!r}",
                got=f"the tiers {named(titles)}",
            )
        return found[0]
    found = [tier for tier in tiers if _short(tier.name) in WORD_TIERS]
    if len(found) == 1:
        return found[0]
    if len(tiers) == 1:
        return tiers[0]
    raise InputError(
        f"{name}: the tier of words is ambiguous; name it with {flag('--text')}; interval tiers: {named(titles)}",
        file=name,
        wanted="a tier of words",
        got=f"the tiers {named(titles)}",
        advice=f"say which with {flag('--text')}",
    )


def _sentences(tiers: Sequence[Tier], words: Tier, name: str, left_out: LeftOut) -> tuple[Word, ...] | None:
    for tier in tiers:
        if tier is not words and _short(tier.name) in SENTENCE_TIERS:
            return in_order(_speech(tier, left_out), name)
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
        self._waiting: re.Match[str] | None = None
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

    def next_text(self) -> str | None:
        """Return the token that comes next, if it is a text; it stays next."""
        match = self._peek()
        return match.group("text") if match is not None and match.lastgroup == "text" else None

    def next_is_number(self) -> bool:
        """Whether a number comes next; it stays next."""
        match = self._peek()
        return match is not None and match.lastgroup == "number"

    def flag(self) -> str:
        return self._next("flag", "<exists>")

    def number(self, what: str) -> float:
        value = float(self._next("number", what))
        if not math.isfinite(value):
            raise InputError.at(self._name, line=self.line, wanted=f"{what}, a finite number", got=str(value))
        return value

    def count(self, what: str) -> int:
        value = self.number(what)
        if value < 0 or not value.is_integer():
            raise InputError.at(self._name, line=self.line, wanted=f"{what}, a whole number", got=f"{value:g}")
        return int(value)

    def _peek(self) -> re.Match[str] | None:
        if self._waiting is None:
            self._waiting = next(self._stream, None)
        return self._waiting

    def _next(self, kind: str, what: str) -> str:
        match, self._waiting = self._peek(), None
        if match is None or match.lastgroup == "open" or (match.end() == len(self._content) and kind == "number"):
            raise _BreaksOffError  # a number at the very end may have lost digits
        self._at, self._is_over = match.start(), match.end() == len(self._content)
        if match.lastgroup != kind:
            raise InputError.at(
                self._name,
                line=self.line,
                wanted=what,
                got=described(match.group()),
                advice="the TextGrid is damaged there: open it in Praat and save it again",
            )
        return match.group(kind)
