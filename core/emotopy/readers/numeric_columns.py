"""Columns of numbers and of times in a table whose cells are strings."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from emotopy.errors import InputError
from emotopy.readers.cell_values import described
from emotopy.readers.column_names import (
    DURATION,
    OFFSET,
    ONSET,
    TIME,
    TimeUnit,
    find_column,
    is_missing_number,
    without_unit,
)
from emotopy.readers.delimited import named

if TYPE_CHECKING:
    import pandas as pd

PER_SECOND = {"s": 1, "ms": 1000}
"""How many of a unit of time a second has: dividing by it gives the float nearest to the number as it is written."""
_DECIMAL_COMMA = re.compile(r"[-+]?\d{1,12}(?:,\d{1,12})?")


def numbers(frame: pd.DataFrame, column: str, name: str, *, may_miss: bool = False) -> list[float]:
    """Return a column as finite numbers; NaN for a missing value, where values `may_miss`.

    Raises InputError that names column and row.
    """
    values = []
    for row, cell in enumerate(frame[column]):
        value = as_number(str(cell))
        if value is None and not (may_miss and is_missing_number(str(cell))):
            raise InputError.at(
                name,
                row=row_number(frame, row),
                column=column,
                wanted="a number",
                got=described(cell),
                advice="fill it in, or leave out the row",
            )
        values.append(math.nan if value is None else value)
    return values


def as_number(cell: str) -> float | None:
    """Return a cell's finite number, or None where it holds none.

    >>> as_number("1.5"), as_number("1,5"), as_number("nan"), as_number("1_000")
    (1.5, None, None, None)
    """
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in cell else None


def decimal_commas(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, list[str]]:
    """Return those of the columns whose numbers have decimal commas, with points in their place.

    `1,500` may be one and a half thousand: three decimals everywhere are none unless a number begins with `0,`.
    """
    found = {column: [str(cell).strip() for cell in frame[column]] for column in columns}
    found = {column: cells for column, cells in found.items() if _have_commas(cells)}
    with_commas = [cell for cells in found.values() for cell in cells if "," in cell]
    is_certain = any(cell.lstrip("+-").startswith("0,") or len(cell.rpartition(",")[2]) != 3 for cell in with_commas)
    return {column: [cell.replace(",", ".") for cell in cells] for column, cells in found.items() if is_certain}


def _have_commas(cells: Sequence[str]) -> bool:
    """Whether cells are numbers, or missing, and one at least has a decimal comma."""
    are_numbers = all(_DECIMAL_COMMA.fullmatch(cell) or is_missing_number(cell) for cell in cells)
    return are_numbers and any("," in cell for cell in cells)


def row_number(frame: pd.DataFrame, row: int) -> int:
    """Number a row as the file has it, counted from 1, the header not counted; a part of a frame keeps its index."""
    return int(frame.index[row]) + 1


def place(frame: pd.DataFrame, row: int) -> str:
    """Name a row as the file has it."""
    return f"row {row_number(frame, row)}"


def times(
    frame: pd.DataFrame, name: str, *, unit: TimeUnit | None = None, may_miss: bool = False
) -> tuple[list[float], list[float]]:
    """Return onsets and durations in seconds, one of each per row; NaN for a missing one, where they `may_miss`.

    A column's name may end in its unit (`start_ms`); `unit` is that of columns whose names don't, seconds where None.
    Raises InputError that names column and row.
    """
    columns = [str(column) for column in frame.columns]
    start = find_column(columns, ONSET) or find_column(columns, TIME)
    if start is None:
        raise _no_column(name, "where a row begins", ONSET, columns)
    length, end = find_column(columns, DURATION), find_column(columns, OFFSET)
    onset = seconds(frame, start, name, unit, may_miss=may_miss)
    if length is not None:
        return onset, seconds(frame, length, name, unit, may_miss=may_miss)
    if end is None:
        raise _no_column(name, "how long a row lasts, or where it ends", (*DURATION, *OFFSET), columns)
    ends = seconds(frame, end, name, unit, may_miss=may_miss)
    return onset, [stop - begin for begin, stop in zip(onset, ends, strict=True)]


def seconds(
    frame: pd.DataFrame, column: str, name: str, unit: TimeUnit | None = None, *, may_miss: bool = False
) -> list[float]:
    """Return a column of times in seconds; as `times`."""
    per_second = PER_SECOND[without_unit(column)[1] or unit or "s"]
    return [value / per_second for value in numbers(frame, column, name, may_miss=may_miss)]


def _no_column(name: str, what: str, wanted: tuple[str, ...], columns: list[str]) -> InputError:
    return InputError.at(
        name,
        wanted=f"a column that gives {what}, such as {', '.join(wanted[:6])}",
        got=f"the columns {named(columns)}",
        advice="give the columns these names in the first row",
    )
