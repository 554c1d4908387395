"""Texts that must not leave this machine: their mark.

The mark is `DataFrame.attrs["confidential"]` in memory and the key `emotopy.confidential` in a Parquet file's schema.
It is a reminder to the tools, no protection: a table saved as CSV has lost it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ATTRIBUTE = "confidential"
KEY = b"emotopy.confidential"
PANDAS_KEY = b"PANDAS_ATTRS"
"""Where pandas keeps `DataFrame.attrs` in a Parquet file, and finds them again."""


def mark(frame: pd.DataFrame) -> pd.DataFrame:
    """Mark a table's texts as confidential; return it."""
    frame.attrs[ATTRIBUTE] = True
    return frame


def is_confidential(source: pd.DataFrame | Path) -> bool:
    """Return whether a table, or a Parquet file, carries the mark.

    A file that is no Parquet, or can't be read, carries none: whoever reads it afterwards says what is wrong.
    """
    if not isinstance(source, Path):
        return bool(source.attrs.get(ATTRIBUTE))
    from pyarrow import ArrowException, parquet

    try:
        metadata = parquet.read_schema(source).metadata or {}
        attributes = json.loads(metadata.get(PANDAS_KEY, b"{}"))
    except (ArrowException, OSError, ValueError):
        return False
    return metadata.get(KEY) == b"1" or (isinstance(attributes, dict) and bool(attributes.get(ATTRIBUTE)))


def schema_marks(frame: pd.DataFrame) -> dict[bytes, bytes]:
    """Return what a Parquet file's schema has to carry, so that a confidential table stays marked; else nothing."""
    return {KEY: b"1", PANDAS_KEY: json.dumps({ATTRIBUTE: True}).encode()} if is_confidential(frame) else {}
