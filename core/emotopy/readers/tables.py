"""The user's own table of texts: CSV, TSV, Excel, JSON Lines, Parquet, or plain text with a text a line.

Every cell of a text file is read as the string it is: "NA", "null" and "007" are texts here. What had to be found out
(the encoding, the separator, the sheet, rows that are no answers) stands in the table's notes (`table_notes`).
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotopy.errors import InputError
from emotopy.readers.caption_files import is_captions
from emotopy.readers.cell_values import OBJECT, described, strip_surrogates
from emotopy.readers.column_names import ABOUT_A_TEXT, SPEAKER, TEXT, is_called
from emotopy.readers.delimited import SEPARATORS, other_separators, read_detected
from emotopy.readers.encodings import decode_detected
from emotopy.readers.fast_delimited import first_line
from emotopy.readers.partitions import hash_parts, is_partitioned, parts_of, read_parts
from emotopy.readers.qualtrics import without_header_rows
from emotopy.readers.spreadsheets import is_spreadsheet, read_spreadsheet
from emotopy.readers.table_notes import add_read_notes
from emotopy.readers.text_io import MAX_LINE_MB, read_bounded
from emotopy.readers.whatsapp import is_whatsapp

if TYPE_CHECKING:
    import pandas as pd

TEXT_COLUMN = "text"
FORMS = "CSV, TSV, Excel (.xlsx), JSON Lines, Parquet or plain text"
SEPARATED = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
WORKBOOKS = (".xlsx", ".xlsm")
JSON_LINES = (".jsonl", ".ndjson", ".json")
MOST_BYTES = 2 << 30
"""The largest table that is read: some millions of texts."""
BEGINNING = 100_000
"""How much of a file says what it is; of a large one no copies are made."""
BOM = b"\xef\xbb\xbf"
ZIP = b"PK\x03\x04"
FOREIGN = {
    ZIP: ("a zip archive or a document, no .xlsx", "unpack it, or save the table as CSV"),
    b"\xd0\xcf\x11\xe0": (
        "an old spreadsheet or a document, or is protected by a password",
        "save it as .xlsx or CSV, without one",
    ),
    b"\x1f\x8b": ("compressed with gzip", "unpack it first"),
    b"BZh": ("compressed with bzip2", "unpack it first"),
    b"\x28\xb5\x2f\xfd": ("compressed with zstd", "unpack it first"),
    b"%PDF": ("a PDF", "save its text"),
    b"{\\rtf": ("a document (RTF)", "save its text"),
    b"$FL2": ("a data file of SPSS", "save it as CSV"),
    b"<stata_dta": ("a data file of Stata", "save it as CSV"),
}
"""How files start that people try, what they are, and what to do with them."""


def read_table(
    path: str | Path, *, sheet: str | None = None, whole: bool = False, max_line_mb: float = MAX_LINE_MB
) -> pd.DataFrame:
    r"""Read a table of texts as `emotopy map` reads it.

    The ending of the file tells its form: .csv, .tsv, .xlsx, .jsonl, .ndjson, .json or .parquet; any other file has a
    text per line. Cells of text files are strings, as they are written: "NA" and "007" stay.

    Parameters
    ----------
    path : str or Path
        The file; or a folder, or a pattern of names, of a table in several Parquet files.
    sheet : str, optional
        Sheet of a workbook; the first one that holds data by default.
    whole : bool, default False
        Take a file of plain text as one text.
    max_line_mb : float, default 16
        Longest line of a text file, in MB.

    Returns
    -------
    pandas.DataFrame
        A row per text. What had to be assumed (encoding, separator, sheet) is in its notes,
        `emotopy.readers.table_notes.read_notes`.

    Raises
    ------
    InputError
        The file is absent, empty, too large, or not of its form; its encoding can't be determined; a line is too long.
        The error names the line where there is one.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "texts.csv"
    ...     _ = path.write_text("id;text\n007;I was afraid.\n", "utf-8")
    ...     table = read_table(path)
    >>> table.to_dict("records")
    [{'id': '007', 'text': 'I was afraid.'}]
    """
    path = Path(path)
    if is_partitioned(path):
        if sheet is not None:
            raise InputError(
                f"sheet: {path.name} isn't a workbook and has no sheets", file=path.name, wanted=".xlsx", got="a folder"
            )
        return read_parts(path, MOST_BYTES)
    data, name, ending = read_bounded(path, MOST_BYTES), path.name, path.suffix.lower()
    if not data[:BEGINNING].removeprefix(BOM).strip() and not data.removeprefix(BOM).strip():
        raise InputError(
            f"{name} is empty; wanted a table of texts, or one text per line",
            file=name,
            wanted="a table of texts",
            got="an empty file",
        )
    if data.startswith(ZIP) and (ending in WORKBOOKS or is_spreadsheet(data)):
        frame, notes = without_header_rows(read_spreadsheet(data, name, sheet), name)
        return add_read_notes(frame, notes)
    if sheet is not None:
        raise InputError(
            f"sheet: {name} isn't a workbook and has no sheets", file=name, wanted=".xlsx", got="no workbook"
        )
    if ending == ".parquet" or data.startswith(b"PAR1"):
        return _read_parquet(data, name)
    _check_form(data, name)
    content, notes = decode_detected(data, name, max_line_mb=max_line_mb)
    _check_no_talk(content, name)
    if ending in SEPARATED:
        frame, more = read_detected(content, SEPARATED[ending], name, None if notes else data.removeprefix(BOM))
        frame = frame.reset_index(drop=True)
        frame, rows = without_header_rows(frame, name)
        return add_read_notes(frame, (*notes, *more, *rows))
    if ending in JSON_LINES:
        return add_read_notes(_read_json_lines(content, name), notes)
    frame, more = _read_plain(content, name, whole=whole)
    return add_read_notes(frame, (*notes, *more))


def hash_table(path: Path) -> str:
    """Return the SHA-256 of what `read_table` reads: a file, or the files of a partitioned table."""
    if is_partitioned(path):
        return hash_parts(parts_of(path))
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_plain(content: str, name: str, *, whole: bool) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read a text a line, or one text; a table, if its header certainly is one: it has a name that we know."""
    import pandas as pd

    found = {other: width for other, width in other_separators(content, ",").items() if other != ","}
    for other, width in found.items():
        header = first_line(content).split(other)
        if any(is_called(cell.strip().strip('"'), TEXT, SPEAKER, ABOUT_A_TEXT) for cell in header):
            frame, _ = read_detected(content, other, name)
            return frame.reset_index(drop=True), (
                f"{name} was read as a table of {width} columns separated by {SEPARATORS[other]}, by its first line.",
            )
    if whole:
        texts = pd.Series([content.replace("\r\n", "\n")], dtype=OBJECT)
        return pd.DataFrame({TEXT_COLUMN: texts}), (f"{name} was read as one text, and the time course runs along it.",)
    lines = content.split("\n")
    if lines[-1] == "":
        lines.pop()
    notes = tuple(
        f"{name} was read as one text per line, although {SEPARATORS[other]} divide all lines into "
        f"{width} parts; if it is a table, give it the ending .csv."
        for other, width in found.items()
        if other == "\t" or len(lines) > 3
    )
    texts = pd.Series([line.removesuffix("\r") for line in lines], dtype=OBJECT)
    return pd.DataFrame({TEXT_COLUMN: texts}), notes


def _read_parquet(data: bytes, name: str) -> pd.DataFrame:
    from pyarrow import ArrowException, BufferReader, parquet

    try:
        # Not `read_table`: it imports pyarrow's data sets, which takes longer than reading some thousand rows.
        table = parquet.ParquetFile(BufferReader(data)).read()
        # An index that pandas stored is a column like any other here, and a large id stays whole beside missing ones.
        frame: pd.DataFrame = table.to_pandas(ignore_metadata=True, integer_object_nulls=True)
    except (ArrowException, OSError, ValueError) as error:
        raise InputError(
            f"{name} can't be read as a Parquet file: {error}",
            file=name,
            wanted="a Parquet file",
            got="a file that is damaged or none",
        ) from error
    return frame


def _check_form(data: bytes, name: str) -> None:
    for start, (what, advice) in FOREIGN.items():
        if data.startswith(start):
            raise InputError(
                f"{name} is {what}; {advice}; wanted {FORMS}", file=name, wanted=FORMS, got=what, advice=advice
            )


def _check_no_talk(content: str, name: str) -> None:
    """Raise InputError for chats and captions, whose times and names would be read as texts."""
    if is_whatsapp(content):
        what, command = "a chat of WhatsApp", "chat"
    elif is_captions(content[:BEGINNING].replace("\r\n", "\n")):
        what, command = "captions with times", "transcript"
    elif re.match(r'\s*\{\s*"(?:name|about|personal_information)"\s*:', content) and '"from_id"' in content:
        what, command = "a chat of Telegram", "chat"
    else:
        return
    advice = f"`emotopy data {command} {name} --out {Path(name).stem}.parquet`"
    raise InputError(
        f"{name} is {what}, and its times and names would be read as texts; make a table of it: {advice}",
        file=name,
        wanted=FORMS,
        got=what,
        advice=advice,
    )


def _read_json_lines(content: str, name: str) -> pd.DataFrame:
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            hint = "; an array, or JSON over several lines, isn't JSON Lines" if not rows and line[0] in "[{" else ""
            raise InputError(
                f"{name}, line {number}: wanted a JSON object on the line: {error}{hint}",
                file=name,
                row=number,
                wanted="a JSON object",
                got="something that is no JSON",
            ) from error
        if not isinstance(row, dict):
            raise InputError(
                f'{name}, line {number}: wanted an object such as {{"text": "..."}}, got {described(row)}',
                file=name,
                row=number,
                wanted="a JSON object",
                got=described(row, quotes=False),
            )
        rows.append(row)
    keys = dict.fromkeys(key for row in rows for key in row)
    return pd.DataFrame(
        {strip_surrogates(key): pd.Series([row.get(key) for row in rows], dtype=OBJECT) for key in keys}
    )
