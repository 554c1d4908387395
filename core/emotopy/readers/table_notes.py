"""What a reader of tables assumed, noted on the table: `corpus_from` hands it on to the results."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

KEY = "read_notes"
"""Where the notes stand in `DataFrame.attrs`."""


def add_read_notes(frame: pd.DataFrame, notes: Iterable[str]) -> pd.DataFrame:
    """Note on a table how it was read; return it."""
    notes = [*read_notes(frame), *notes]
    if notes:
        frame.attrs[KEY] = notes
    return frame


def read_notes(frame: pd.DataFrame) -> tuple[str, ...]:
    """Return what the reader of a table says of it."""
    return tuple(frame.attrs.get(KEY, ()))
