"""The user's own table of texts: CSV, TSV, JSON Lines, Parquet, or plain text with a text a line.

Every cell of a text file is read as the string it is: "NA", "null" and "007" are texts here.
"""

from __future__ import annotations

import json
import math
import numbers
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotopy.datasets.contents import decode
from emotopy.datasets.separated import named, read_separated
from emotopy.errors import InputError, nearest
from emotopy.records import Corpus

if TYPE_CHECKING:
    import pandas as pd

TEXT_COLUMN = "text"
ALL = "all"
"""The name of the group that holds every text; no column may use it."""
FORMS = "CSV, TSV, JSON Lines, Parquet or plain text"
SEPARATED = {".csv": ",", ".tsv": "\t", ".tab": "\t"}
JSON_LINES = (".jsonl", ".ndjson", ".json")
WHOLE = 2**53
"""Whole numbers up to here are what they were after a float has held them."""
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
        return read_separated(content, SEPARATED[ending], path.name)
    if ending in JSON_LINES:
        return _read_json_lines(content, path.name)
    lines = content.split("\n")
    if lines[-1] == "":
        lines.pop()
    return pd.DataFrame({TEXT_COLUMN: pd.Series([line.removesuffix("\r") for line in lines], dtype=object)})


def corpus_from(
    frame: pd.DataFrame,
    *,
    text: str | None = None,
    group: str | None = None,
    unit: str | None = None,
    time: str | None = None,
    id: str | None = None,  # noqa: A002 (the column's name)
    keep: Sequence[str] = (),
) -> Corpus:
    """Make a corpus from named columns of a table.

    `text` defaults to a column `text`, else the only column of strings. Missing cells become "not given"; missing ids
    are the row numbers. `keep` names further columns to carry along (`as_values` says as what).

    Raises InputError for a column that isn't there (names those there are, suggests the nearest), a text column that
    holds numbers or is kept under any name, ids that stand twice, a table without rows, and a group that is called
    "all".
    """
    if len(frame) == 0:
        raise InputError(f"the table has no rows, only columns: {named(_names(frame))}; wanted at least one text")
    texts = tuple(_as_text(value) for value in _text_column(frame, text))
    rows = range(len(frame))
    groups = _labels(frame, group, "group") or (None,) * len(frame)
    if ALL in groups:
        raise InputError(f"column {group!r} has a group called {ALL!r}, the name that stands for every text; rename it")
    ids = _labels(frame, id, "id")
    if ids is None:
        ids = tuple(str(row) for row in rows)
    else:
        ids = tuple(str(row) if value is None else value for row, value in zip(rows, ids, strict=True))
        _check_distinct(ids, str(id))
    return Corpus(
        text=texts,
        id=ids,
        group=groups,
        unit=_labels(frame, unit, "unit") or (None,) * len(frame),
        time=_labels(frame, time, "time") or (None,) * len(frame),
        columns=_kept(frame, keep, texts),
    )


def as_values(cells: Iterable[Any]) -> tuple[float, ...] | tuple[str | None, ...]:
    """Return cells as floats (NaN where missing) if all of them are plain numbers, else as strings (None).

    Strings count as numbers where they are written as one, but "007", "nan" and whole numbers beyond 2⁵³, which a
    float can't hold, are names.

    >>> as_values(["31", "", "28.5"])
    (31.0, nan, 28.5)
    >>> as_values(["007", None, "12"])
    ('007', None, '12')
    """
    cells = [None if _is_missing(cell) or (isinstance(cell, str) and not cell.strip()) else cell for cell in cells]
    if all(cell is None or _is_plain_number(cell) for cell in cells):
        return tuple(math.nan if cell is None else float(cell) for cell in cells)
    return as_labels(cells)


def as_labels(cells: Iterable[Any]) -> tuple[str | None, ...]:
    """Return cells as names, None where missing or blank; a whole number is written as one.

    >>> as_labels(["w01", " ", 7.0])
    ('w01', None, '7')
    """
    return tuple(_as_label(cell) for cell in cells)


def as_corpus(texts: Any, *, keep: Sequence[str] = (), **columns: str | None) -> Corpus:
    """Return a corpus from a DataFrame, an iterable of strings, or a corpus as it is."""
    import pandas as pd

    if isinstance(texts, Corpus):
        return texts
    if isinstance(texts, str):
        raise InputError("wanted a DataFrame or a list of texts, got one string; write [text]")
    if isinstance(texts, pd.DataFrame):
        return corpus_from(texts, keep=keep, **columns)
    asked = [name for name, column in columns.items() if column is not None] + ["keep"] * bool(keep)
    if asked:
        raise InputError(f"{', '.join(asked)}: columns can be named only in a DataFrame, got {type(texts).__name__}")
    values = list(texts)
    strange = next((value for value in values if not isinstance(value, str) and value is not None), None)
    if strange is not None and not _is_missing(strange):
        raise InputError(f"texts: wanted strings, got {strange!r} ({type(strange).__name__})")
    if not values:
        raise InputError("the list of texts has no rows; wanted at least one text")
    nobody = (None,) * len(values)
    ids = map(str, range(len(values)))
    return Corpus(text=map(_as_text, values), id=ids, group=nobody, unit=nobody, time=nobody)


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
    return pd.DataFrame({_whole(key): pd.Series([row.get(key) for row in rows], dtype=object) for key in keys})


def _text_column(frame: pd.DataFrame, text: str | None) -> pd.Series[Any]:
    """Return the column that was asked for, else `text`, else the only column of strings."""
    if text is None and TEXT_COLUMN not in frame.columns:
        found = _string_columns(frame)
        if not found:
            raise InputError(f"no column holds text; wanted one, columns: {named(_names(frame))}")
        if len(found) > 1:
            raise InputError(f"which column holds the texts? Say so with --text; columns of strings: {named(found)}")
        return _column(frame, found[0], "text")
    name = TEXT_COLUMN if text is None else text
    column = _column(frame, name, "text")
    value = next((value for value in column if not _is_missing(value) and str(value).strip()), None)
    if value is not None and not _holds_text(column):
        what = "numbers" if isinstance(value, (str, numbers.Number)) else f"values such as {value!r:.40}"
        strings = named(_string_columns(frame))
        raise InputError(f"column {name!r} holds {what}, not text; columns of strings: {strings}")
    return column


def _names(frame: pd.DataFrame) -> list[str]:
    return [str(column) for column in frame.columns]


def _string_columns(frame: pd.DataFrame) -> list[str]:
    return [name for i, name in enumerate(_names(frame)) if _holds_text(frame.iloc[:, i])]


def _holds_text(column: pd.Series[Any]) -> bool:
    """Whether something stands in the column that is a string and no number."""
    return any(isinstance(value, str) and not _is_number(value) for value in column)


def _is_number(word: str) -> bool:
    if not word.strip():
        return True  # an empty cell says nothing
    try:
        float(word)
    except ValueError:
        return False
    return not word.strip().isalpha()  # "nan" and "inf" are words here


def _column(frame: pd.DataFrame, name: str, flag: str) -> pd.Series[Any]:
    if name not in frame.columns:
        there = _names(frame)
        raise InputError(f"{flag}: there is no column {name!r}.{nearest(name, there)} Columns: {named(there)}")
    column = frame[name]
    if column.ndim > 1:
        raise InputError(f"{flag}: {column.shape[1]} columns are called {name!r}; names must differ")
    return column


def _labels(frame: pd.DataFrame, name: str | None, flag: str) -> tuple[str | None, ...] | None:
    if name is None:
        return None
    return tuple(_as_label(value) for value in _column(frame, name, flag))


def _kept(
    frame: pd.DataFrame, keep: Sequence[str], texts: tuple[str, ...]
) -> dict[str, tuple[float, ...] | tuple[str | None, ...]]:
    if isinstance(keep, str):
        raise InputError(f"keep: wanted a list of column names, got one string; write [{keep!r}]")
    kept = {}
    for name in dict.fromkeys(keep):
        cells = list(_column(frame, name, "keep"))
        held = [(_as_text(cell), text) for cell, text in zip(cells, texts, strict=True) if text.strip()]
        if held and all(cell == text for cell, text in held):
            raise InputError(
                f"keep: column {name!r} holds the texts themselves, which results never carry; leave it out"
            )
        kept[name] = as_values(cells)
    return kept


def _is_plain_number(cell: Any) -> bool:
    """Whether a cell is a number that a float holds whole, and is no code such as "007"."""
    if isinstance(cell, str):
        word = cell.strip().lstrip("+-")
        if not _is_number(cell) or (len(word) > 1 and word[0] == "0" and word[1].isdigit()) or "_" in word:
            return False
        return math.isfinite(float(cell)) and (not word.isdigit() or int(word) <= WHOLE)
    if isinstance(cell, bool) or not isinstance(cell, numbers.Real):
        return False
    return math.isfinite(float(cell)) and (not isinstance(cell, numbers.Integral) or abs(int(cell)) <= WHOLE)


def _as_text(value: Any) -> str:
    return "" if _is_missing(value) else _whole(str(value))


def _as_label(value: Any) -> str | None:
    if _is_missing(value) or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral) and float(value).is_integer():
        return str(int(float(value)))
    return _whole(str(value))


def _whole(text: str) -> str:
    """Replace halves of surrogate pairs, which JSON lets through and no encoder takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def _is_missing(value: Any) -> bool:
    import pandas as pd

    if isinstance(value, str):
        return False
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, numbers.Real) and math.isnan(value))


def _check_distinct(ids: tuple[str, ...], name: str) -> None:
    first: dict[str, int] = {}
    for row, value in enumerate(ids):
        if value in first:
            raise InputError(
                f"column {name!r}: id {value!r} stands in rows {first[value] + 1} and {row + 1}; ids must differ, "
                "or leave --id out to number the rows"
            )
        first[value] = row
