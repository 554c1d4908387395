"""Tables with times and without a header, as aligners write them: what each column holds is found out, or asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from emotopy.errors import InputError
from emotopy.readers.cell_values import OBJECT
from emotopy.readers.column_names import DURATION, OFFSET, ONSET, TIME, folded, is_called, is_missing_number
from emotopy.readers.delimited import SEPARATORS
from emotopy.readers.numeric_columns import as_number
from emotopy.readers.separated import separated_rows
from emotopy.readers.timed_pieces import OVERLAP_S

if TYPE_CHECKING:
    import pandas as pd

_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{1,2}(?:[.,]\d{1,9})?)")


def read_headerless(content: str, separator: str, name: str) -> tuple[pd.DataFrame, tuple[str, ...]] | None:
    """Return a table whose first row is no header, with names for its columns; None where it has a header.

    Raises InputError where a header is missing and the columns leave a doubt.
    """
    import pandas as pd

    first = next((line for line in content.split("\n") if line.strip()), "")
    if separator not in first:
        separator = next((other for other in SEPARATORS if other in first), separator)
    cells = _rows(first, separator)
    header = cells[0] if cells else []
    if len({folded(cell) for cell in header if is_called(cell, ONSET, OFFSET, DURATION, TIME)}) > 1:
        return None
    has_number = any(_time_s(cell) is not None for cell in header)
    rows = [row for row in _rows(content, separator) if any(cell.strip() for cell in row)]
    if not rows or not (has_number or any(sum(_time_s(cell) is not None for cell in row) > 1 for row in rows[:9])):
        return None
    width = len(rows[0])
    layout = None
    if all(len(row) == width for row in rows):
        layout = _layout([[row[i] for row in rows] for i in range(width)])
    if layout is None and not has_number:
        return None  # a header whose names aren't known
    if layout is None:
        raise InputError.at(
            name,
            row=1,
            wanted="a header: a first row that names the columns, such as onset, duration, word",
            got="no header, and columns whose meaning is ambiguous",
            advice="write the names of the columns into a first row",
        )
    frame = pd.DataFrame({key: pd.Series([row[i] for row in rows], dtype=OBJECT) for key, i in layout.items()})
    shown = ", ".join(sorted(layout, key=layout.__getitem__))
    return frame, (f"{name}: has no header; its columns were read as {shown}.",)


def _rows(content: str, separator: str) -> list[list[str]]:
    """Return the rows of a table without a header; blanks behind a comma don't belong to a cell."""
    is_tabbed = separator == "\t"
    rows = separated_rows(content, separator, quoted=not is_tabbed, skip_blanks=not is_tabbed)
    return [cells for cells, _ in rows]


def _layout(columns: Sequence[Sequence[str]]) -> dict[str, int] | None:
    """Return which columns of a table without a header hold what, None where there is a doubt.

    Two columns of times side by side are start and end, or start and duration, by what fits all rows; the text stands
    behind them or in front of them, where an aligner may write the word twice, the second as it understood it.
    """
    are_times = [
        any(_time_s(cell) is not None for cell in column)
        and all(_time_s(cell) is not None or is_missing_number(cell) for cell in column)
        for column in columns
    ]
    places = [i for i, so in enumerate(are_times) if so]
    texts = [i for i, so in enumerate(are_times) if not so]
    if len(places) == 3 and places[0] == 0 and _counts(columns[0]):
        places = places[1:]
    if len(places) != 2 or places[1] != places[0] + 1 or not texts:
        return None
    behind = [i for i in texts if i > places[1]]
    before = [i for i in texts if i < places[0]]
    are_names = len(before) == 1 and len(set(columns[before[0]])) == len(columns[before[0]])
    if len(behind) == 1 and (not before or are_names):
        word = behind[0]
    elif not behind and len(before) in (1, 2):
        word = before[0]
    else:
        return None
    kind = _second_kind(columns[places[0]], columns[places[1]])
    return None if kind is None else {"start": places[0], kind: places[1], "text": word}


def _time_s(cell: str) -> float | None:
    value = as_number(cell)
    return clock_s(cell) if value is None else value


def _counts(column: Sequence[str]) -> bool:
    values = [as_number(cell) for cell in column]
    return values in ([float(i) for i in range(len(values))], [float(i + 1) for i in range(len(values))])


def _second_kind(first: Sequence[str], second: Sequence[str]) -> str | None:
    """Say whether the second of two columns of times holds ends or durations, None where both or neither fit."""
    both = zip(map(_time_s, first), map(_time_s, second), strict=True)
    pairs = [(a, b) for a, b in both if a is not None and b is not None]
    starts = [a for a, _ in pairs]
    if len(pairs) < 2 or starts != sorted(starts):
        return None

    def fits(end: Callable[[float, float], float]) -> bool:
        ends = [end(a, b) for a, b in pairs]
        return all(stop >= start for stop, start in zip(ends, starts, strict=True)) and all(
            stop <= start + OVERLAP_S for stop, start in zip(ends, starts[1:], strict=False)
        )

    kinds = [kind for kind, end in (("end", lambda _, b: b), ("duration", lambda a, b: a + b)) if fits(end)]
    return kinds[0] if len(kinds) == 1 else None


def clock_s(cell: str) -> float | None:
    """Return the seconds of a clock's time with hours, or with a fraction, None for all else: 1:20 may be either.

    >>> clock_s("00:01:02.500"), clock_s("01:02,5"), clock_s("1:20")
    (62.5, 62.5, None)
    """
    found = _CLOCK.fullmatch(cell.strip())
    if found is None or (found[1] is None and "." not in found[3] and "," not in found[3]):
        return None
    return 3600 * int(found[1] or 0) + 60 * int(found[2]) + float(found[3].replace(",", "."))
