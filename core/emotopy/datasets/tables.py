"""The user's own table of texts: CSV, TSV, JSON Lines, Parquet, or plain text with a text a line.

Every cell of a text file is read as the string it is: "NA", "null" and "007" are texts here.
"""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotopy.errors import InputError, listed, nearest
from emotopy.records import Corpus

if TYPE_CHECKING:
    import pandas as pd

TEXT_COLUMN = "text"
ALL = "all"
"""The name of the group that holds every text; no column may use it."""


def read_table(path: Path) -> pd.DataFrame:
    """Read a table by its file's ending: .csv, .tsv, .jsonl/.ndjson, .parquet; anything else is a text a line.

    Raises InputError for a file that is absent, empty, not UTF-8 (names the line) or not of its form (names the line).
    """
    import pandas as pd

    if path.is_dir():
        raise InputError(f"{path.name} is a folder; wanted a file: CSV, TSV, JSON Lines, Parquet or plain text")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from error
    if not data.strip():
        raise InputError(f"{path.name} is empty; wanted a table of texts, or a text a line")
    ending = path.suffix.lower()
    if ending == ".parquet":
        try:
            return pd.read_parquet(io.BytesIO(data))
        except Exception as error:
            raise InputError(f"{path.name} is no Parquet file: {error}") from error
    content = _decode(data, path.name)
    if ending in (".csv", ".tsv"):
        return _read_separated(content, "," if ending == ".csv" else "\t", path.name)
    if ending in (".jsonl", ".ndjson"):
        return _read_json_lines(content, path.name)
    lines = content.split("\n")
    if lines[-1] == "":
        lines.pop()
    return pd.DataFrame({TEXT_COLUMN: pd.array([line.removesuffix("\r") for line in lines], dtype=object)})


def corpus_from(
    frame: pd.DataFrame,
    *,
    text: str | None = None,
    group: str | None = None,
    unit: str | None = None,
    time: str | None = None,
    id: str | None = None,  # noqa: A002 (the column's name)
) -> Corpus:
    """Make a corpus from named columns of a table.

    `text` defaults to a column `text`, else the only column of strings. Missing cells become "not given"; missing ids
    are the row numbers.

    Raises InputError for a column that isn't there (names those there are, suggests the nearest), a text column that
    holds numbers, ids that stand twice, a table without rows, and a group that is called "all".
    """
    if len(frame) == 0:
        raise InputError("the table has no rows; wanted at least one text")
    name = _text_column(frame) if text is None else _column(frame, text, "text")
    texts = tuple(_as_text(value) for value in frame[name])
    if text is not None and name not in _string_columns(frame) and any(texts):
        strings = listed(map(str, _string_columns(frame)))
        raise InputError(f"column {name!r} holds numbers, not text; columns of strings: {strings}")
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
    )


def as_corpus(texts: Any, **columns: str | None) -> Corpus:
    """Return a corpus from a DataFrame, an iterable of strings, or a corpus as it is."""
    import pandas as pd

    if isinstance(texts, Corpus):
        return texts
    if isinstance(texts, str):
        raise InputError("wanted a DataFrame or a list of texts, got one string; write [text]")
    if isinstance(texts, pd.DataFrame):
        return corpus_from(texts, **columns)
    named = [name for name, column in columns.items() if column is not None]
    if named:
        raise InputError(f"{', '.join(named)}: columns can be named only in a DataFrame, got {type(texts).__name__}")
    values = list(texts)
    strange = next((value for value in values if not isinstance(value, str) and value is not None), None)
    if strange is not None and not _is_missing(strange):
        raise InputError(f"texts: wanted strings, got {strange!r} ({type(strange).__name__})")
    return corpus_from(pd.DataFrame({"text": pd.array(values, dtype=object)}), text=None if any(values) else "text")


def _decode(data: bytes, name: str) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"{name} is UTF-16; wanted UTF-8: save it as UTF-8 and come again")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{name}, line {line}: byte 0x{data[error.start]:02x} is not UTF-8; save the file as UTF-8 and come again"
        ) from error


def _read_separated(content: str, separator: str, name: str) -> pd.DataFrame:
    import pandas as pd

    if "\0" in content:  # the parser ends a cell at a null character and loses the rest
        content = content.replace("\0", "")
    try:
        frame = pd.read_csv(
            io.StringIO(content),
            sep=separator,
            dtype=object,
            keep_default_na=False,
            skip_blank_lines=False,
            index_col=False,
            encoding_errors="strict",
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        what = str(error).removeprefix("Error tokenizing data. C error: ").strip()
        raise InputError(
            f"{name} is no table separated by {separator!r}: {what}; are all cells with one quoted?"
        ) from error
    frame.columns = [str(column) for column in frame.columns]
    return frame


def _read_json_lines(content: str, name: str) -> pd.DataFrame:
    import pandas as pd

    rows = []
    for number, line in enumerate(content.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise InputError(f"{name}, line {number}: no JSON: {error}") from error
        if not isinstance(row, dict):
            raise InputError(
                f'{name}, line {number}: wanted an object such as {{"text": ...}}, got {line.strip()[:40]!r}'
            )
        rows.append(row)
    return pd.DataFrame({key: pd.array([row.get(key) for row in rows], dtype=object) for key in _keys(rows)})


def _keys(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))


def _text_column(frame: pd.DataFrame) -> str:
    strings = _string_columns(frame)
    if TEXT_COLUMN in strings:
        return TEXT_COLUMN
    if len(strings) == 1:
        return strings[0]
    there = listed(map(str, frame.columns))
    if not strings:
        raise InputError(f"no column holds text; columns: {there}")
    raise InputError(f"which column holds the texts? Say --text NAME; columns of strings: {listed(strings)}")


def _string_columns(frame: pd.DataFrame) -> list[str]:
    """Columns in which something stands that is a string and no number."""
    return [column for column in frame.columns if any(isinstance(v, str) and not _is_number(v) for v in frame[column])]


def _is_number(word: str) -> bool:
    if not word.strip():
        return True  # an empty cell says nothing
    try:
        float(word)
    except ValueError:
        return False
    return not word.strip().isalpha()  # "nan" and "inf" are words here


def _column(frame: pd.DataFrame, name: str, flag: str) -> str:
    if name not in frame.columns:
        there = [str(column) for column in frame.columns]
        raise InputError(f"--{flag}: there is no column {name!r}.{nearest(name, there)} Columns: {listed(there)}")
    return name


def _labels(frame: pd.DataFrame, name: str | None, flag: str) -> tuple[str | None, ...] | None:
    if name is None:
        return None
    return tuple(_as_label(value) for value in frame[_column(frame, name, flag)])


def _as_text(value: Any) -> str:
    if _is_missing(value):
        return ""
    text = str(value)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON lets through and no tokenizer takes
        text = text.encode("utf-8", "replace").decode()
    return text


def _as_label(value: Any) -> str | None:
    if _is_missing(value) or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _is_missing(value: Any) -> bool:
    import pandas as pd

    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def _check_distinct(ids: tuple[str, ...], name: str) -> None:
    first: dict[str, int] = {}
    for row, value in enumerate(ids):
        if value in first:
            raise InputError(
                f"column {name!r}: id {value!r} stands in rows {first[value] + 1} and {row + 1}; ids must differ, "
                "or leave --id out to number the rows"
            )
        first[value] = row
