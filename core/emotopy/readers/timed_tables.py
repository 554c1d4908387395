"""Tables with times: BIDS `events.tsv`, and CSV or TSV of words or segments.

A column of onsets, a column of durations or of offsets (all in seconds), a column of text. ``n/a`` (BIDS) and empty
cells in the column of text are events without words, such as key presses; they are left out.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from emotopy.errors import InputError, nearest
from emotopy.readers.column_names import WORD, find_column, is_missing_word
from emotopy.readers.delimited import named, read_delimited
from emotopy.readers.numeric_columns import place, times
from emotopy.readers.timed_pieces import Piece, in_order, is_silence, overlap
from emotopy.records.brain import Narrative

if TYPE_CHECKING:
    import pandas as pd


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
        if not is_missing_word(label) and not is_silence(label):
            pieces.append(Piece(label, onset[row], onset[row] + duration[row], place(frame, row)))
    words = in_order(pieces, name)
    end_s = max((start + length for start, length in zip(onset, duration, strict=True)), default=0.0)
    given = any(overlap(before, after) for before, after in pairwise(pieces))
    notes = (f"{name}: segments overlap, so they were taken as they are.",) if given else ()
    return Narrative(words, end_s, end_s, name=name, given=given, notes=notes)


def _text_column(frame: pd.DataFrame, name: str, text: str | None) -> str:
    columns = [str(column) for column in frame.columns]
    if text is not None:
        if text not in columns:
            raise InputError(f"{name}: has no column {text!r}.{nearest(text, columns)} Columns: {named(columns)}")
        return text
    found = find_column(columns, WORD)
    if found is None:
        raise InputError(f"{name}: which column holds the words? Say so with --text; columns: {named(columns)}")
    return found
