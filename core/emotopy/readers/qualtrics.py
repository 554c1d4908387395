"""Exports of Qualtrics: below the header stand the questions' texts and their import ids, which are no answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def import_id_row(frame: pd.DataFrame) -> int | None:
    """Return the row of a table that holds Qualtrics' import ids, the first or the second, or None.

    Every cell of it that holds something is JSON such as ``{"ImportId":"QID1_TEXT"}``.
    """
    for row in range(min(2, len(frame))):
        cells = [cell for cell in frame.iloc[row] if isinstance(cell, str) and cell.strip()]
        if cells and all(_is_import_id(cell) for cell in cells):
            return row
    return None


def without_header_rows(frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the answers alone, and a note where there were header rows."""
    row = import_id_row(frame)
    if row is None:
        return frame, ()
    what = (
        "the row of import ids below the header was"
        if row == 0
        else "the two rows below the header (question texts, import ids) were"
    )
    note = f"{name} is a Qualtrics export: {what} left out."
    return frame.iloc[row + 1 :].reset_index(drop=True), (note,)


def _is_import_id(cell: Any) -> bool:
    if not cell.lstrip().startswith("{"):
        return False
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "ImportId" in value
