"""Texts that must not leave this machine: their mark.

The mark is `DataFrame.attrs["confidential"]` in memory and the key `emotopy.confidential` in a Parquet file's schema.
It is a reminder to the tools, no protection: a table saved as CSV has lost it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from emotopy.errors import InputError
from emotopy.readers.partitions import is_partitioned, parts_of
from emotopy.records import Corpus

if TYPE_CHECKING:
    import pandas as pd

ATTRIBUTE = "confidential"
KEY = b"emotopy.confidential"
FIELDS = ("id", "group", "unit", "time")
FEWEST_WORDS = 4
"""A text of so many words is no name that happens to be a text as well."""
PANDAS_KEY = b"PANDAS_ATTRS"
"""Where pandas keeps `DataFrame.attrs` in a Parquet file, and finds them again."""


def mark(frame: pd.DataFrame) -> pd.DataFrame:
    """Mark a table's texts as confidential; return it."""
    frame.attrs[ATTRIBUTE] = True
    return frame


def is_confidential(source: pd.DataFrame | Path) -> bool:
    """Return whether a table, or a Parquet file, carries the mark; of several files, whether one of them does.

    A file that is no Parquet, or can't be read, carries none: whoever reads it afterwards says what is wrong.
    """
    if not isinstance(source, Path):
        return bool(source.attrs.get(ATTRIBUTE))
    from pyarrow import ArrowException, parquet

    if is_partitioned(source):
        return any(is_confidential(part.path) for part in parts_of(source))
    try:
        metadata = parquet.read_schema(source).metadata or {}
        attributes = json.loads(metadata.get(PANDAS_KEY, b"{}"))
    except (ArrowException, OSError, ValueError):
        return False
    return metadata.get(KEY) == b"1" or (isinstance(attributes, dict) and bool(attributes.get(ATTRIBUTE)))


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
                f"{name}: row {row + 1} holds the text itself, and texts stay out of all that is written here; name "
                "another column",
                row=row + 1,
                column=name,
                advice="name another column",
                wanted="names or numbers",
                got="the text itself",
            )
