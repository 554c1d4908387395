"""Texts that must not leave this machine: their mark.

The mark is `DataFrame.attrs["confidential"]` of a pandas DataFrame, and the key `emotopy.confidential` in the schema of
an Arrow table or a Parquet file. It is a reminder to the tools, no protection: a table saved as CSV has lost it, and so
has one of polars, DuckDB or Hugging Face datasets, which keep no such keys.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from emotopy.errors import InputError
from emotopy.readers.partitions import is_partitioned, parts_of
from emotopy.records import Corpus

if TYPE_CHECKING:
    import pandas as pd

Table = TypeVar("Table")

ATTRIBUTE = "confidential"
KEY = b"emotopy.confidential"
FIELDS = ("id", "group", "unit", "time")
FEWEST_WORDS = 4
"""A text of so many words is no name that happens to be a text as well."""
PANDAS_KEY = b"PANDAS_ATTRS"
"""Where pandas keeps `DataFrame.attrs` in a Parquet file, and finds them again."""


def mark(table: Table) -> Table:
    """Mark a table's texts as confidential; return it.

    Parameters
    ----------
    table : pandas.DataFrame or pyarrow.Table
        A DataFrame is marked itself, of an Arrow table a marked one is returned (its data are shared).

    Returns
    -------
    DataFrame or Table
    """
    import pandas as pd

    if isinstance(table, pd.DataFrame):
        table.attrs[ATTRIBUTE] = True
        return table
    arrow: Any = table
    marked: Table = arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), KEY: b"1"})
    return marked


def is_confidential(source: Any) -> bool:
    """Return whether a table, or a Parquet file, carries the mark; of several files, whether one of them does.

    Parameters
    ----------
    source : Path, or a table of any library
        Of a table in memory, or a column, `attrs` (pandas) and the metadata of its schema (Arrow) are looked at; of a
        dict of columns those of each column.

    Returns
    -------
    bool
        A file that is no Parquet, or can't be read, carries none: whoever reads it afterwards says what is wrong.
    """
    if isinstance(source, Mapping):
        return any(is_confidential(column) for column in source.values() if not isinstance(column, Path))
    if not isinstance(source, Path):
        return _is_marked(getattr(source, "attrs", None)) or _has_mark(getattr(source, "schema", None))
    from pyarrow import ArrowException, parquet

    if is_partitioned(source):
        return any(is_confidential(part.path) for part in parts_of(source))
    try:
        return _has_mark(parquet.read_schema(source))
    except (ArrowException, OSError, ValueError):
        return False


def _is_marked(attributes: Any) -> bool:
    return isinstance(attributes, dict) and bool(attributes.get(ATTRIBUTE))


def _has_mark(schema: Any) -> bool:
    """Whether an Arrow schema carries the mark: our key, or the attributes that pandas noted, in a file or a table."""
    metadata = getattr(schema, "metadata", None)
    if not isinstance(metadata, dict):
        return False
    if metadata.get(KEY) == b"1":
        return True
    try:
        noted, described = (json.loads(metadata.get(key, b"{}")) for key in (PANDAS_KEY, b"pandas"))
    except (ValueError, TypeError):
        return False
    return _is_marked(noted) or (isinstance(described, dict) and _is_marked(described.get("attributes")))


def schema_marks(frame: pd.DataFrame) -> dict[bytes, bytes]:
    """Return what a Parquet file's schema has to carry, so that a confidential table stays marked; else nothing."""
    return {KEY: b"1", PANDAS_KEY: json.dumps({ATTRIBUTE: True}).encode()} if is_confidential(frame) else {}


def check_columns_hold_no_texts(corpus: Corpus) -> None:
    """Check that no column that results carry holds the texts themselves; for texts that stay out of all output.

    Raises InputError that names the column: an id, a group, a unit, a time or a kept column that is the row's text in
    half of the rows, or in one row a text of four words or more.
    """
    texts = [" ".join(text.split()) for text in corpus.text]
    for name, values in [*((name, getattr(corpus, name)) for name in FIELDS), *corpus.columns.items()]:
        pairs = [
            (row, text)
            for row, (text, value) in enumerate(zip(texts, values, strict=True))
            if text and isinstance(value, str)
        ]
        same = [(row, text) for row, text in pairs if text == " ".join(str(values[row]).split())]
        sentence = next((row for row, text in same if len(text.split()) >= FEWEST_WORDS), None)
        if sentence is not None or (same and len(same) * 2 >= len(pairs)):
            row = same[0][0] if sentence is None else sentence
            raise InputError(
                f"{name}: row {row + 1} contains the text itself, but texts must not be written in this "
                "run; name another column",
                row=row + 1,
                column=name,
                advice="name another column",
                wanted="names or numbers",
                got="the text itself",
            )
