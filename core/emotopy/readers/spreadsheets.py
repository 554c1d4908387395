"""Spreadsheets, .xlsx: one sheet as a table, read row by row and of bounded size.

A cell is what the sheet shows: of a formula its value, of a date the date. A text that looks like a formula is a text.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.errors import InputError, nearest
from emotopy.readers.cell_values import OBJECT
from emotopy.readers.delimited import column_names, named
from emotopy.readers.table_notes import add_read_notes
from emotopy.records.reprs import counted
from emotopy.wording import flag

if TYPE_CHECKING:
    import pandas as pd

WORKBOOK = "xl/workbook.xml"
MOST_UNPACKED = 512 << 20
"""The largest workbook that is read, unpacked: 100,000 interviews' worth of answers have less."""
MOST_ROWS = 1_048_576
"""A sheet has no more (ECMA-376)."""
CHUNK = 1 << 20


@attrs.define
class _Sheet:
    """A sheet's cells, header first, blank rows left out."""

    name: str
    is_hidden: bool
    rows: list[list[Any]] = attrs.field(factory=list, repr=counted)
    n_errors: int = 0
    n_formulas: int = 0
    n_uncalculated: int = 0


def is_spreadsheet(data: bytes) -> bool:
    """Whether bytes are a workbook as Excel has written it since 2007."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return WORKBOOK in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def read_spreadsheet(data: bytes, name: str, sheet: str | None = None) -> pd.DataFrame:
    """Read one sheet of a workbook: the one that is named, else the first that holds data.

    The first row that holds something is the header. Whole numbers, floats, dates and times keep their type. What was
    chosen or left out (another sheet that holds data, errors such as #N/A, formulas that nothing has calculated) stands
    in the table's notes.

    Raises InputError for a workbook that can't be read, is too large, or holds nothing, a sheet that isn't there, and a
    header that names a column twice.
    """
    _check_size(data, name)
    held = _sheets(data, name, sheet)
    if not held:
        which = f"sheet {sheet!r} holds nothing" if sheet is not None else "its sheets hold nothing"
        raise InputError(
            f"{name} is empty: {which}; wanted a table of texts", file=name, wanted="a table of texts", got="no data"
        )
    chosen = held[0]
    frame = _frame(chosen, name)
    notes = []
    others = [one.name for one in held[1:]]
    if others:
        notes.append(
            f"{name}: sheet {chosen.name!r} was read, because it is the first with data; not read: "
            f"{named(others)}. Choose another with {flag('--sheet')}."
        )
    if chosen.is_hidden:
        notes.append(f"{name}: the sheet that was read, {chosen.name!r}, is hidden in the workbook.")
    if chosen.n_errors:
        notes.append(f"{name}: {chosen.n_errors:,} cells have an error such as #N/A; they were read as missing.")
    if chosen.n_uncalculated:
        notes.append(
            f"{name}: {chosen.n_uncalculated:,} of {chosen.n_formulas:,} formulas have no value in the "
            "file, because no spreadsheet program has calculated them; they were read as missing. Open "
            "and save the file in a spreadsheet program."
        )
    return add_read_notes(frame, notes)


def _check_size(data: bytes, name: str) -> None:
    """Unpack everything once, counting: what an archive says of its own sizes is no bound."""
    n_bytes = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                with archive.open(member) as file:
                    while chunk := file.read(CHUNK):
                        n_bytes += len(chunk)
                        if n_bytes > MOST_UNPACKED:
                            raise InputError(
                                f"{name}: wanted a workbook of up to {MOST_UNPACKED:,} bytes unpacked, got a larger "
                                "one; save the sheet as CSV",
                                file=name,
                                wanted=f"up to {MOST_UNPACKED:,} bytes unpacked",
                                advice="save the sheet as CSV",
                                got="a larger one",
                            )
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError) as error:
        raise _unreadable(name, error) from error


def _sheets(data: bytes, name: str, wanted: str | None) -> list[_Sheet]:
    """Return the sheets that hold something, with the cells of the first of them and one row of the others."""
    held: list[_Sheet] = []
    try:
        sheets = _open(data, data_only=False).worksheets
        for one in sheets:
            if wanted is None or one.title == wanted:
                sheet = _Sheet(one.title, one.sheet_state != "visible")
                _fill(sheet, one, data, most=1 if held else MOST_ROWS)
                if sheet.rows:
                    held.append(sheet)
    except Exception as error:  # noqa: BLE001 (a damaged file makes the library raise whatever comes up in it)
        reason = type(error).__name__ if isinstance(error, (ValueError, TypeError)) else error  # these quote a cell
        raise _unreadable(name, reason) from None
    names = [one.title for one in sheets]
    if wanted is not None and wanted not in names:
        raise InputError(
            f"sheet: {name} has no sheet {wanted!r}.{nearest(wanted, names)} Sheets: {named(names)}",
            file=name,
            wanted=named(names),
            got=wanted,
        )
    return held


def _open(data: bytes, *, data_only: bool) -> Any:
    """Open a workbook for its formulas, or for the values they had when it was saved (`data_only`)."""
    from openpyxl import load_workbook

    return load_workbook(io.BytesIO(data), read_only=True, data_only=data_only)


def _fill(sheet: _Sheet, worksheet: Any, data: bytes, most: int) -> None:
    """Put up to `most` rows that hold something into `sheet`; where there are formulas, with the values they have."""
    n_formulas = _put(sheet, ((cells, cells) for cells in _rows(worksheet)), most)
    if n_formulas:
        values = _open(data, data_only=True)[sheet.name]
        sheet.rows, sheet.n_errors, sheet.n_formulas = [], 0, n_formulas
        _put(sheet, zip(_rows(worksheet), _rows(values), strict=False), most)


def _rows(worksheet: Any) -> Iterator[tuple[Any, ...]]:
    worksheet.reset_dimensions()  # what writers put there is often wrong
    return iter(worksheet.iter_rows(max_row=MOST_ROWS))


def _put(sheet: _Sheet, rows: Iterable[tuple[tuple[Any, ...], tuple[Any, ...]]], most: int) -> int:
    """Put rows of cells, beside those that hold their values, into the sheet; return how many formulas there are."""
    n_formulas = sheet.n_uncalculated = 0
    for written, shown in rows:
        row: list[Any] = []
        for cell, value in zip(written, shown, strict=False):
            is_formula, is_error = cell.data_type == "f", value.data_type == "e"
            n_formulas += is_formula
            sheet.n_errors += is_error
            sheet.n_uncalculated += is_formula and value.value is None
            row.append(None if is_error else _value(value.value))
        while row and (row[-1] is None or (isinstance(row[-1], str) and not row[-1].strip())):
            row.pop()
        if row:
            sheet.rows.append(row)
            if len(sheet.rows) == most:
                break
    return n_formulas


def _value(value: Any) -> Any:
    """Return a cell's value; characters that XML can't hold, which Excel writes as _x000D_, as themselves."""
    from openpyxl.utils.escape import unescape

    if isinstance(value, str):
        return unescape(value).replace("\r\n", "\n")
    return value


def _frame(sheet: _Sheet, name: str) -> pd.DataFrame:
    """Return the rows as a table; columns that hold nothing, not even a name, are left out."""
    import pandas as pd

    used = sorted({i for row in sheet.rows for i, cell in enumerate(row) if cell is not None})
    first = ["" if cell is None else str(cell) for cell in sheet.rows[0]]
    header = column_names([first[i] if i < len(first) else "" for i in range(used[-1] + 1)], name)
    columns = {header[i]: [row[i] if i < len(row) else None for row in sheet.rows[1:]] for i in used}
    return pd.DataFrame({key: pd.Series(cells, dtype=OBJECT) for key, cells in columns.items()})


def _unreadable(name: str, error: Exception | str) -> InputError:
    return InputError(
        f"{name} can't be read as a spreadsheet: {error}; save the sheet as CSV",
        file=name,
        wanted="an .xlsx workbook",
        advice="save the sheet as CSV",
        got="a file that is damaged or none",
    )
