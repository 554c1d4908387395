"""Separated values, CSV and TSV, read strictly: a row of the wrong length is an error with its line, never a guess.

Every cell is the string that stands in the file. CSV is quoted as RFC 4180 says. TSV has two customs, quoted as CSV or
with quotes as plain characters (IANA's, and GoEmotions'); which of the two a file follows is found out from the file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.readers.cell_values import OBJECT
from emotopy.readers.fast_delimited import FEWEST_CHARACTERS, arrow_columns, first_line
from emotopy.readers.separated import DamagedRow, cells_of, separated_rows
from emotopy.readers.table_notes import add_read_notes
from emotopy.records.reprs import counted

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
MOST_OF_HEADER = 1 << 20
"""How much of a table is looked at for a header without a name for the rows' names."""
MOST_WORDS = 3
"""A column's name of more words may be a text."""


@attrs.frozen
class Rows:
    """Cells by row, the header first, and the line of the file at which each row starts, counted from 1.

    Rows whose cells are all blank are left out: spreadsheets write them below a table. `blank` holds their numbers, the
    header's being 0.
    """

    cells: list[list[str]] = attrs.field(repr=counted)
    lines: list[int] = attrs.field(repr=counted)
    blank: tuple[int, ...] = ()

    @property
    def index(self) -> list[int] | None:
        """The rows' numbers in the file from 0, the header not counted; None where no blank row stands between them."""
        n_rows = len(self.cells) - 1
        if not self.blank or self.blank[0] > n_rows:
            return None
        left_out = set(self.blank)
        return [row - 1 for row in range(1, n_rows + len(left_out) + 1) if row not in left_out]

    @property
    def width(self) -> int:
        """How many columns the header names."""
        return len(self.cells[0])

    def first_ragged_row(self) -> int | None:
        """Return the first row that is longer or shorter than the header, or None."""
        width = self.width
        if set(map(len, self.cells)) == {width}:
            return None
        return next(i for i, row in enumerate(self.cells) if len(row) != width)


def read_delimited(content: str, separator: str, name: str) -> pd.DataFrame:
    """Read CSV or TSV with a header; blank lines are no rows, unless there is only one column.

    Rows whose cells are all blank are no rows either; a note counts them (`table_notes`).

    Raises InputError that names the line of a row which doesn't fit the header or whose quotes don't close, and for
    a header that names a column twice.
    """
    content = with_row_names(content, separator)
    fast = _fast(content, separator, name)
    if fast is not None:
        return fast
    rows = _read_tsv(content, name) if separator == "\t" else _read(content, separator, name)
    ragged = rows.first_ragged_row()
    if ragged is not None or rows.width == 1:
        better = next(iter(other_separators(content, separator)), None)
        if better:
            remedy = {"\t": "name the file .tsv", ",": "name the file .csv"}.get(better, "save the table with commas")
            raise InputError(
                f"{name}: wanted columns separated by {SEPARATORS[separator]}, but they seem to be separated by "
                f"{SEPARATORS[better]} ({better!r}); {remedy}",
                file=name,
                wanted=separator,
                got=better,
                advice=remedy,
            )
    return _frame(rows, separator, name)


def read_detected(
    content: str, separator: str, name: str, encoded: bytes | None = None
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read a table by the separator its name promises, or by the only other one that makes a table of it.

    Returns the table, and a note where another separator was found, or where another one fits as well. A first line
    `sep=;`, as Excel takes it, says which. `encoded` is the content as UTF-8, where it is there already. Errors as of
    `read_delimited`.
    """
    content, told = _told_separator(content)
    for one in SEPARATORS if told is None else (told,):
        named_rows = with_row_names(content, one)
        if named_rows != content:
            content, encoded = named_rows, None
    if told is not None:
        rows = _read_tsv(content, name) if told == "\t" else _read(content, told, name)
        return _frame(rows, told, name), ()
    fast = _fast(content, separator, name, encoded)
    if fast is not None:
        return fast, _on_other_separators(content, separator, name, len(fast.columns))
    failed: InputError | None = None
    rows = Rows([[]], [1])
    try:
        rows = _read_tsv(content, name) if separator == "\t" else _read(content, separator, name)
    except InputError as error:
        failed = error
    fits = failed is None and rows.first_ragged_row() is None
    others = other_separators(content, separator)
    if fits and rows.width > 1:
        return _frame(rows, separator, name), _on_other_separators(content, separator, name, rows.width, others)
    if len(others) == 1:
        ((other, width),) = others.items()
        rows = _read_tsv(content, name) if other == "\t" else _read(content, other, name)
        note = f"{name}: its columns are separated by {SEPARATORS[other]}; it was read as a table of {width} columns."
        return _frame(rows, other, name), (note,)
    if others:
        kinds = " or ".join(SEPARATORS[other] for other in others)
        raise InputError(
            f"{name}: its columns seem to be separated by {kinds}, and both give a table; save it with commas",
            file=name,
            wanted=separator,
            got="".join(others),
            advice="save the table with commas",
        )
    if failed is not None:
        raise failed
    return _frame(rows, separator, name), ()


def with_row_names(content: str, separator: str) -> str:
    r"""Return a table of R's `write.table`, whose header has no name for the rows' names, with an empty one for them.

    Certain where the header is quoted, has one cell less than the rows, and rows begin with a quoted number.

    >>> with_row_names('"onset","joy"\n"1",0,0.5\n', ",")
    '"","onset","joy"\n"1",0,0.5\n'
    """
    lines = content[:MOST_OF_HEADER].split("\n", 3)
    if len(lines) < 3 or not lines[0].startswith('"') or lines[1][:3] != '"1"':
        return content
    header, first, second = (cells_of(line.rstrip("\r"), separator) for line in lines[:3])
    is_quoted = all(_is_quoted(cell) for cell in lines[0].rstrip("\r").split(separator))
    is_second = not any(second) or second[0] == "2"
    if is_quoted and is_second and header[0] and len(first) == len(header) + 1 and len(header) > 1:
        return f'""{separator}{content}'
    return content


def _on_other_separators(
    content: str, separator: str, name: str, n_columns: int, others: dict[str, int] | None = None
) -> tuple[str, ...]:
    others = other_separators(content, separator) if others is None else others
    also = [f"{SEPARATORS[other]} would make one of {width}" for other, width in others.items()]
    note = f"{name}: read as a table of {n_columns} columns by its {SEPARATORS[separator]}; {', '.join(also)}."
    return (note,) if also else ()


def other_separators(content: str, separator: str) -> dict[str, int]:
    """Return by which other separators the content is a table of two columns or more, and of how many."""
    found = {}
    header = first_line(content)
    for other in SEPARATORS:
        if other == separator or other not in header:
            continue
        try:
            rows = _read_tsv(content, "") if other == "\t" else _read(content, other, "")
        except InputError:
            continue
        if rows.width > 1 and len(rows.cells) > 1 and rows.first_ragged_row() is None:
            found[other] = rows.width
    return found


def _told_separator(content: str) -> tuple[str, str | None]:
    """Return the content without Excel's line `sep=;`, and the separator that it names."""
    end = content.find("\n")
    first = content[: max(end, 0)].rstrip("\r").strip('"')
    if len(first) == 5 and first.lower().startswith("sep=") and first[4] in SEPARATORS:
        return content[end:], first[4]  # lines keep their numbers
    return content, None


def _frame(rows: Rows, separator: str, name: str) -> pd.DataFrame:
    import pandas as pd

    if not rows.cells:
        raise InputError(
            f"{name} is empty; wanted a table of texts", file=name, wanted="a table of texts", got="an empty file"
        )
    ragged = rows.first_ragged_row()
    if ragged is not None:
        raise _ragged(rows, ragged, separator, name)
    header = column_names(rows.cells[0], name)
    columns = zip(*rows.cells[1:], strict=True) if len(rows.cells) > 1 else ((),) * len(header)
    frame = pd.DataFrame(
        {key: pd.Series(list(values), dtype=OBJECT) for key, values in zip(header, columns, strict=True)}
    )
    if rows.index is not None:
        frame.index = pd.Index(rows.index)  # by which messages name rows
    return add_read_notes(frame, _on_blank_rows(len(rows.blank), name))


def _fast(
    content: str, separator: str, name: str, encoded: bytes | None = None, *, fewest: int = FEWEST_CHARACTERS
) -> pd.DataFrame | None:
    """Return the table as the strict reader would, through Arrow; None where that isn't sure."""
    import pandas as pd

    if len(content) < fewest or (separator == "\t" and '"' in content):
        return None
    columns = arrow_columns(content, separator, quoted=separator != "\t", encoded=encoded)
    if columns is None or len(columns[0]) < 2:
        return None
    first = columns[0]
    blank = []
    if not all(map(str.strip, first)):
        blank = [i for i, cell in enumerate(first) if not cell.strip() and not any(one[i].strip() for one in columns)]
    if blank and blank[0] == 0:
        return None
    header = column_names([column[0] for column in columns], name)
    kept = [np.delete(column, [0, *blank]) if blank else column[1:] for column in columns]
    series = {key: pd.Series(cells, dtype=OBJECT, copy=False) for key, cells in zip(header, kept, strict=True)}
    frame = pd.DataFrame(series, copy=False)
    if blank and blank[0] <= len(frame):
        frame.index = pd.Index(np.delete(np.arange(len(first)), [0, *blank]) - 1)
    return add_read_notes(frame, _on_blank_rows(len(blank), name))


def _on_blank_rows(n: int, name: str) -> tuple[str, ...]:
    return (f"{name}: {n:,} rows have only blank cells and are left out.",) if n else ()


def column_names(cells: Sequence[str], name: str) -> list[str]:
    """Return the names that a header gives, numbers where it gives none; raises InputError for a name given twice."""
    header = [cell.strip() or f"column {i}" for i, cell in enumerate(cells, start=1)]
    n_times = Counter(header)
    twice = next((cell for cell in header if n_times[cell] > 1), None)
    if twice is not None:
        raise InputError(
            f"{name}: the header names the column {described_name(twice)!r} twice; names must differ",
            file=name,
            column=twice,
            advice="give the columns different names",
            wanted="names that differ",
            got="one name twice",
        )
    return header


def _read(content: str, separator: str, name: str, *, quoted: bool = True) -> Rows:
    cells: list[list[str]] = []
    lines: list[int] = []
    start = 1
    blank: list[int] = []
    try:
        for row, end in separated_rows(content, separator, quoted=quoted, strict=True):
            if cells and len(cells[0]) > 1 and row and not row[0].strip() and not any(map(str.strip, row)):
                blank.append(len(cells) + len(blank))
            elif row:
                cells.append(row)
                lines.append(start)
            elif cells and len(cells[0]) == 1:
                cells.append([""])
                lines.append(start)
            start = end + 1
    except DamagedRow as error:
        raise InputError(
            f"{name}, line {error.line}: the quotes of the row that starts here aren't closed correctly "
            f"({error}); a cell that contains a quote must be quoted, with the quote written twice: "
            '"she said ""yes"""',
            file=name,
            row=error.line,
            advice="write quotes in cells twice",
            wanted="quotes that close",
            got=str(error),
        ) from error
    return Rows(cells, lines, tuple(blank))


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
        return Rows([[_unquoted(cell) for cell in row] for row in plain.cells], plain.lines, plain.blank)
    return plain


def _is_quoted(cell: str) -> bool:
    return len(cell) >= 2 and cell.endswith('"') and '"' not in cell[1:-1].replace('""', "")


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if cell.startswith('"') else cell


def _ragged(rows: Rows, row: int, separator: str, name: str) -> InputError:
    wanted, got = rows.width, len(rows.cells[row])
    why = (
        f"check for an unquoted cell that contains one of the {SEPARATORS[separator]}"
        if got > wanted
        else "check for a missing cell, or a line break within an unquoted cell"
    )
    cells = "1 cell" if got == 1 else f"{got} cells"
    return InputError(
        f"{name}, line {rows.lines[row]}: wanted {wanted} cells as in the header, got {cells}; {why}",
        file=name,
        row=rows.lines[row],
        wanted=f"{wanted} cells",
        got=cells,
        advice=why,
    )


def named(columns: Sequence[str], *, most: int = 30, longest: int = 40) -> str:
    """List column names in their order for a message; of long ones, only how long they are.

    A table without a header has its first text for a name, and messages go into logs.

    >>> named(["id", "text"])
    'id, text'
    >>> named(["id", "Yesterday I was afraid of all that came to my mind"])
    'id, (a name of 50 characters)'
    """
    shown = [described_name(name, longest=longest) for name in columns[:most]]
    more = f" and {len(columns) - most} more" if len(columns) > most else ""
    return (", ".join(shown) or "none") + more


def described_name(name: str, *, longest: int = 40) -> str:
    """Return a column's name for a message, or how long it is where it may be a text."""
    return name if len(name) <= longest and len(name.split()) <= MOST_WORDS else f"(a name of {len(name):,} characters)"
