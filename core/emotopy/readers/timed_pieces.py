"""Words and longer pieces with their times, as they stand in a file: what the readers of stories share."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import attrs

from emotopy.errors import InputError
from emotopy.readers.cell_values import described
from emotopy.records.brain import Word
from emotopy.records.reprs import measured
from emotopy.wording import flag

OVERLAP_S = 0.011
"""How far neighbours may overlap before it counts: aligners round to 10 ms."""
SLOWEST_S = 30.0
"""Seconds a word: nobody tells a story that slowly."""
SLOW_S = 3.0
"""Seconds a word: slower than anybody speaks, pauses aside; frames of a film or volumes may be meant."""
FEWEST_WORDS = 20
"""From how many words on a slow pace is told."""
FASTEST_S = 0.02
"""Nor that fast."""
SHORTEST_S = 600.0
"""A shorter story may be a list of a few events, of any pace."""


@attrs.frozen
class Piece:
    """A word or a longer piece as it stands in a file; `place` says where, for messages ("line 7", "row 6").

    `speaker` is who says it, empty where the file doesn't say.
    """

    text: str = attrs.field(repr=measured)
    onset_s: float
    offset_s: float
    place: str
    speaker: str = ""

    @property
    def is_word(self) -> bool:
        """Whether it is one word."""
        return len(self.text.split()) == 1

    def __str__(self) -> str:
        return described(self.text)


def in_order(pieces: Sequence[Piece], name: str, *, may_overlap: bool = False) -> tuple[Word, ...]:
    """Return pieces as words, in the order they stand in.

    Raises InputError that names the place of a piece which ends before it begins, which begins before the one before
    it, or (unless they may) of a single word that begins before the word before it has ended.
    """
    for piece in pieces:
        if piece.offset_s < piece.onset_s:
            raise _out_of_place(
                name,
                piece,
                wanted=f"an end after the onset ({piece.onset_s:g} s)",
                got=f"{piece} that ends at {piece.offset_s:g} s, before it begins",
                advice="correct its times",
            )
    for before, piece in pairwise(pieces):
        if piece.onset_s < before.onset_s:
            raise _out_of_place(
                name,
                piece,
                wanted=f"an onset after that of {before} in {before.place} ({before.onset_s:g} s)",
                got=f"{piece} that begins at {piece.onset_s:g} s",
                advice="sort the file by onset",
            )
        if not may_overlap and overlap(before, piece) and piece.is_word and before.is_word:
            raise _out_of_place(
                name,
                piece,
                wanted=f"an onset after the end of {before} in {before.place} ({before.offset_s:g} s)",
                got=f"{piece} that begins at {piece.onset_s:g} s",
                advice="words can't overlap: correct onset or duration",
            )
    return tuple(Word(piece.text, piece.onset_s, piece.offset_s, piece.speaker) for piece in pieces)


def could_be_ms(pace_s: float) -> bool:
    """Whether so many units of time a word are a pace of speech if they are milliseconds."""
    return FASTEST_S <= pace_s / 1000 < SLOWEST_S


def doubt_of_seconds(
    name: str, n_words: int, spoken_s: float, span_s: float, *, column: str | None = None
) -> InputError | None:
    """Return the error for times that can't be seconds, as a word would last half a minute; None where they can.

    `spoken_s` is how long the words last, `span_s` the whole story; `column` holds the times.
    """
    pace_s = (spoken_s or span_s) / max(1, n_words)
    if pace_s < SLOWEST_S or span_s < SHORTEST_S:
        return None
    return InputError.at(
        name,
        column=column,
        wanted="times in seconds",
        got=f"a story of {span_s:,.0f} s, {pace_s:,.0f} s per word",
        advice=f"set {flag('--time-unit', 'ms')} if they are milliseconds, {flag('--time-unit', 's')} if they "
        "are seconds"
        if could_be_ms(pace_s)
        else f"convert the times to seconds, or set {flag('--time-unit', 's')} if they are",
    )


def slowness(name: str, n_words: int, spoken_s: float) -> tuple[str, ...]:
    """Return a note on words that last longer than anybody speaks, or none."""
    if n_words < FEWEST_WORDS or spoken_s / n_words < SLOW_S:
        return ()
    pace = f"{spoken_s / n_words:.3g} s"
    return (
        (
            f"{name}: words last {pace} each, longer than spoken words; check whether times are seconds, frames "
            "or volumes"
        ),
    )


def _out_of_place(name: str, piece: Piece, *, wanted: str, got: str, advice: str) -> InputError:
    kind, _, number = piece.place.rpartition(" ")
    row, line = (int(number) if kind == one else None for one in ("row", "line"))
    return InputError.at(name, row=row, line=line, wanted=wanted, got=got, advice=advice)


def overlap(before: Piece, after: Piece) -> bool:
    """Whether `after` begins before `before` has ended, by more than rounding."""
    return after.onset_s < before.offset_s - OVERLAP_S
