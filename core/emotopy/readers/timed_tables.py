"""Tables with times: BIDS `events.tsv`, and CSV or TSV of words or segments.

A column of onsets, a column of durations or of offsets (all in seconds), a column of text. ``n/a`` (BIDS) and empty
cells in the column of text are events without words, such as key presses; they are left out.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from emotopy.errors import InputError, nearest
from emotopy.readers.cell_values import described
from emotopy.readers.delimited import named, read_delimited
from emotopy.readers.timed_pieces import Piece, in_order, is_silence, overlap
from emotopy.records.brain import Narrative

if TYPE_CHECKING:
    import pandas as pd

ONSET = ("onset", "onset_s", "start", "start_s", "begin", "tmin", "xmin")
DURATION = ("duration", "duration_s")
OFFSET = ("offset", "offset_s", "end", "end_s", "stop", "tmax", "xmax")
TEXT = ("word", "words", "text", "transcript", "segment", "sentence", "token", "label")
MISSING = ("", "n/a")


def read_timed_table(content: str, name: str, text: str | None = None) -> Narrative:
    """Make a narrative of a table; a row is a word or, where cells hold several, a segment.

    Segments may overlap, as sliding windows do; they are then taken as given. Raises InputError that names column and
    row.
    """
    frame = read_delimited(content, "," if name.lower().endswith(".csv") else "\t", name)
    onset, duration = times(frame, name)
    column = _text_column(frame, name, text)
    pieces = []
    for row, cell in enumerate(frame[column]):
        label = " ".join(cell.split())
        if label not in MISSING and not is_silence(label):
            pieces.append(Piece(label, onset[row], onset[row] + duration[row], place(frame, row)))
    words = in_order(pieces, name)
    end_s = max((start + length for start, length in zip(onset, duration, strict=True)), default=0.0)
    given = any(overlap(before, after) for before, after in pairwise(pieces))
    notes = (f"{name}: segments overlap, so they were taken as they are.",) if given else ()
    return Narrative(words, end_s, end_s, name=name, given=given, notes=notes)


def times(frame: pd.DataFrame, name: str) -> tuple[list[float], list[float]]:
    """Return onsets and durations in seconds, one of each per row; raises InputError that names column and row."""
    onset = numbers(frame, _column(frame, name, ONSET), name)
    ends = _find(frame, OFFSET)
    if ends is not None and _find(frame, DURATION) is None:
        return onset, [end - start for start, end in zip(onset, numbers(frame, ends, name), strict=True)]
    return onset, numbers(frame, _column(frame, name, DURATION), name)


def numbers(frame: pd.DataFrame, column: str, name: str) -> list[float]:
    """Return a column as finite numbers; raises InputError that names column and row."""
    values = []
    for row, cell in enumerate(frame[column]):
        try:
            value = float(cell)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InputError(
                f"{name}, column {column!r}, {place(frame, row)}: wanted a number, got {described(cell)}; fill it in, "
                "or leave the row out"
            )
        values.append(value)
    return values


def place(frame: pd.DataFrame, row: int) -> str:
    """Name a row as the file has it, counted from 1, the header not counted; a part of a frame keeps its index."""
    return f"row {frame.index[row] + 1}"


def _text_column(frame: pd.DataFrame, name: str, text: str | None) -> str:
    columns = [str(column) for column in frame.columns]
    if text is not None:
        if text not in columns:
            raise InputError(f"{name}: has no column {text!r}.{nearest(text, columns)} Columns: {named(columns)}")
        return text
    found = _find(frame, TEXT)
    if found is None:
        raise InputError(f"{name}: which column holds the words? Say so with --text; columns: {named(columns)}")
    return found


def _column(frame: pd.DataFrame, name: str, wanted: tuple[str, ...]) -> str:
    found = _find(frame, wanted)
    if found is None:
        raise InputError(
            f"{name}: has no column {wanted[0]!r} ({', '.join(wanted[1:])} would do too), in seconds; columns: "
            f"{named([str(column) for column in frame.columns])}"
        )
    return found


def _find(frame: pd.DataFrame, wanted: tuple[str, ...]) -> str | None:
    """Return the column that has the first of the wanted names, whatever its case."""
    there = {str(column).lower(): str(column) for column in frame.columns}
    return next((there[word] for word in wanted if word in there), None)
