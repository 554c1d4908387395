"""Separated values, CSV and TSV, read strictly: a row of the wrong length is an error with its line, never a guess.

Every cell is the string that stands in the file. CSV is quoted as RFC 4180 says. TSV has two customs, quoted as CSV or
with quotes as plain characters (IANA's, and GoEmotions'); which of the two a file follows is found out from the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import attrs

from emotopy.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LONGEST_CELL = 2**31 - 1
"""The largest limit that the csv module takes on every platform; its own limit is 128 KiB."""


@attrs.frozen
class Rows:
    """Cells by row, the header first, and the line of the file at which each row starts, counted from 1."""

    cells: list[list[str]]
    lines: list[int]

    @property
    def width(self) -> int:
        """How many columns the header names."""
        return len(self.cells[0])

    def first_ragged_row(self) -> int | None:
        """Return the first row that is longer or shorter than the header, or None."""
        return next((i for i, row in enumerate(self.cells) if len(row) != self.width), None)


def read_delimited(content: str, separator: str, name: str) -> pd.DataFrame:
    """Read CSV or TSV with a header; blank lines are no rows, unless there is only one column.

    Raises InputError that names the line of a row which doesn't fit the header or whose quotes don't close, and for
    a header that names a column twice.
    """
    import pandas as pd

    rows = _read_tsv(content, name) if separator == "\t" else _read(content, separator, name)
    ragged = rows.first_ragged_row()
    if ragged is not None or rows.width == 1:
        better = _better_separator(content, separator)
        if better:
            remedy = {"\t": "name the file .tsv", ",": "name the file .csv"}.get(better, "save the table with commas")
            raise InputError(
                f"{name}: wanted columns separated by {SEPARATORS[separator]}, but they seem to be separated by "
                f"{SEPARATORS[better]} ({better!r}); {remedy}"
            )
    if ragged is not None:
        raise InputError(_ragged(rows, ragged, separator, name))
    header = [cell.strip() or f"column {i}" for i, cell in enumerate(rows.cells[0], start=1)]
    twice = next((cell for i, cell in enumerate(header) if cell in header[:i]), None)
    if twice is not None:
        raise InputError(f"{name}: the header names the column {twice!r} twice; names must differ")
    columns = zip(*rows.cells[1:], strict=True) if len(rows.cells) > 1 else ((),) * len(header)
    return pd.DataFrame(
        {key: pd.Series(list(values), dtype=object) for key, values in zip(header, columns, strict=True)}
    )


def _read(content: str, separator: str, name: str, *, quoted: bool = True) -> Rows:
    cells: list[list[str]] = []
    lines: list[int] = []
    start = 1
    with _long_cells():
        reader = csv.reader(
            io.StringIO(content, newline=""),
            delimiter=separator,
            quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
            strict=True,
        )
        try:
            for row in reader:
                if row:
                    cells.append(row)
                    lines.append(start)
                elif cells and len(cells[0]) == 1:
                    cells.append([""])
                    lines.append(start)
                start = reader.line_num + 1
        except csv.Error as error:
            raise InputError(
                f"{name}, line {start}: the quotes of the row that starts here don't close as they must ({error}); "
                'a cell with a quote in it is quoted, and the quote is written twice: "she said ""yes"""'
            ) from error
    return Rows(cells, lines)


def _read_tsv(content: str, name: str) -> Rows:
    """Read TSV by the custom that fits: quotes as plain characters, unless only reading them as quotes gives a table.

    Where both do, quotes are quotes if the header is quoted, or if every cell that starts with one is quoted properly.
    """
    plain = _read(content, "\t", name, quoted=False)
    is_ragged = plain.first_ragged_row() is not None
    # A cell with a line break and a tab in it can look like a row by chance; a quoted header says: cells are quoted.
    if is_ragged or all(_is_quoted(cell) for cell in plain.cells[0]):
        try:
            quoted = _read(content, "\t", name)
        except InputError:
            return plain
        if quoted.first_ragged_row() is None:
            return quoted
    if not is_ragged and all(_is_quoted(cell) for row in plain.cells for cell in row if cell.startswith('"')):
        return Rows([[_unquoted(cell) for cell in row] for row in plain.cells], plain.lines)
    return plain


def _is_quoted(cell: str) -> bool:
    return len(cell) >= 2 and cell.endswith('"') and '"' not in cell[1:-1].replace('""', "")


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell


def _better_separator(content: str, separator: str) -> str | None:
    """Return a separator by which the content is a table of two columns or more, or None."""
    header = content.lstrip().partition("\n")[0]
    for other in SEPARATORS:
        if other != separator and other in header:
            try:
                rows = _read(content, other, "")
            except InputError:
                continue
            if rows.width > 1 and rows.first_ragged_row() is None:
                return other
    return None


def _ragged(rows: Rows, row: int, separator: str, name: str) -> str:
    wanted, got = rows.width, len(rows.cells[row])
    why = (
        f"is a cell with one of the {SEPARATORS[separator]} in it not quoted?"
        if got > wanted
        else "is a cell missing, or a line broken in the middle of an unquoted cell?"
    )
    cells = "1 cell" if got == 1 else f"{got} cells"
    return f"{name}, line {rows.lines[row]}: wanted {wanted} cells as in the header, got {cells}; {why}"


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let a cell be as long as it is; the module's limit holds for the whole process, so it is put back."""
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def named(columns: Sequence[str], *, most: int = 30, longest: int = 40) -> str:
    """List column names in their order for a message, long ones cut.

    >>> named(["id", "text"])
    'id, text'
    """
    shown = [name if len(name) <= longest else name[: longest - 1] + "…" for name in columns[:most]]
    more = f" and {len(columns) - most} more" if len(columns) > most else ""
    return (", ".join(shown) or "none") + more
