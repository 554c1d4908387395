"""What a loader says beside its table: which data set it is, what was left out, what a reader has to know.

A loader returns a DataFrame; what it left out and its notes stand in `DataFrame.attrs`, under `left_out` and `notes`,
as plain values. pandas carries them through most operations, but not through all (a merge drops them): ask for them
right after loading. `emotopy data` writes them into the file beside the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    import pandas as pd

LEFT_OUT, NOTES = "left_out", "notes"


@attrs.frozen
class Card:
    """What a data set is: its name on the command line, what to cite, under which licence it comes, and from where."""

    name: str
    title: str
    cite: str
    licence: str
    home: str


@attrs.frozen
class LeftOut:
    """Something of the data set that isn't in the table, and why: a participant, an answer, some turns."""

    what: str
    reason: str

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}"


def with_remarks(frame: pd.DataFrame, left_out: Iterable[LeftOut], notes: Iterable[str] = ()) -> pd.DataFrame:
    """Note on the table what was left out and what to know; return it."""
    frame.attrs[LEFT_OUT] = [attrs.asdict(one) for one in left_out]
    frame.attrs[NOTES] = list(notes)
    return frame


def left_out_of(frame: pd.DataFrame) -> list[LeftOut]:
    """Return what a loader left out of the table."""
    return [LeftOut(**one) for one in frame.attrs.get(LEFT_OUT, ())]


def notes_of(frame: pd.DataFrame) -> list[str]:
    """Return what a loader says about the table."""
    return list(frame.attrs.get(NOTES, ()))


def n_words(texts: Iterable[str]) -> list[int]:
    """Return how many words each text has, as white space parts them.

    >>> n_words(["well, no", ""])
    [2, 0]
    """
    return [len(text.split()) for text in texts]
