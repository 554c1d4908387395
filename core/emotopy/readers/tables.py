"""The user's own table of texts: CSV, TSV, JSON Lines, Parquet, or plain text with a text a line.

Every cell of a text file is read as the string it is: "NA", "null" and "007" are texts here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotopy.errors import InputError
from emotopy.readers.cell_values import strip_surrogates
from emotopy.readers.delimited import read_delimited
from emotopy.readers.text_io import decode

if TYPE_CHECKING:
    import pandas as pd

TEXT_COLUMN = "text"
FORMS = "CSV, TSV, JSON Lines, Parquet or plain text"
SEPARATED = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
JSON_LINES = (".jsonl", ".ndjson", ".json")
BOM = b"\xef\xbb\xbf"
FOREIGN = {
    b"PK\x03\x04": "a spreadsheet or a zip archive; save the sheet as CSV, or unpack the archive",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet or document; save it as CSV",
    b"\x1f\x8b": "compressed with gzip; unpack it first",
    b"BZh": "compressed with bzip2; unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it first",
    b"%PDF": "a PDF; save its text",
}
"""How files start that people try, and what to do with them."""


def read_table(path: Path) -> pd.DataFrame:
    """Read a table by its file's ending: .csv, .tsv, .jsonl/.ndjson/.json, .parquet; anything else is a text a line.

    Raises InputError for a file that is absent, empty, not UTF-8 (names the line) or not of its form (names the line).
    """
    import pandas as pd

    if path.is_dir():
        raise InputError(f"{path.name} is a folder; wanted a file: {FORMS}")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from error
    if not data.removeprefix(BOM).strip():
        raise InputError(f"{path.name} is empty; wanted a table of texts, or a text a line")
    ending = path.suffix.lower()
    if ending == ".parquet" or data.startswith(b"PAR1"):
        return _read_parquet(data, path.name)
    content = _decode(data, path.name)
    if ending in SEPARATED:
        return read_delimited(content, SEPARATED[ending], path.name)
    if ending in JSON_LINES:
        return _read_json_lines(content, path.name)
    lines = content.split("\n")
    if lines[-1] == "":
        lines.pop()
    return pd.DataFrame({TEXT_COLUMN: pd.Series([line.removesuffix("\r") for line in lines], dtype=object)})


def _read_parquet(data: bytes, name: str) -> pd.DataFrame:
    from pyarrow import ArrowException, BufferReader, parquet

    try:
        table = parquet.read_table(BufferReader(data))
        # An index that pandas stored is a column like any other here, and a large id stays whole beside missing ones.
        frame: pd.DataFrame = table.to_pandas(ignore_metadata=True, integer_object_nulls=True)
    except (ArrowException, OSError, ValueError) as error:
        raise InputError(f"{name} is no Parquet file that can be read: {error}") from error
    return frame


def _decode(data: bytes, name: str) -> str:
    for start, what in FOREIGN.items():
        if data.startswith(start):
            raise InputError(f"{name} is {what}; wanted {FORMS}")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or data[:200].count(0) > len(data[:200]) // 4:
        raise InputError(f"{name} seems to be UTF-16; wanted UTF-8: save it as UTF-8 and come again")
    return decode(data, name)


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
            raise InputError(f"{name}, line {number}: wanted a JSON object on the line: {error}{hint}") from error
        if not isinstance(row, dict):
            raise InputError(
                f'{name}, line {number}: wanted an object such as {{"text": "..."}}, got {line.strip()[:40]!r}'
            )
        rows.append(row)
    keys = dict.fromkeys(key for row in rows for key in row)
    return pd.DataFrame(
        {strip_surrogates(key): pd.Series([row.get(key) for row in rows], dtype=object) for key in keys}
    )
