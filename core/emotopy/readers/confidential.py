"""Texts that must not leave this machine: their mark, and the guard before stages that would send them.

The mark is `DataFrame.attrs["confidential"]` in memory and the key `emotopy.confidential` in a Parquet file's schema.
It is a reminder to the tools, no protection: a table saved as CSV has lost it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotopy.errors import ConfigError, EmotopyError, PluginError
from emotopy.roles import Priced, Sends

if TYPE_CHECKING:
    import pandas as pd

ATTRIBUTE = "confidential"
KEY = b"emotopy.confidential"
PANDAS_KEY = b"PANDAS_ATTRS"
"""Where pandas keeps `DataFrame.attrs` in a Parquet file, and finds them again."""

UNNAMED = "an address it doesn't name"


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
        told = json.loads(metadata.get(PANDAS_KEY, b"{}"))
    except (ArrowException, OSError, ValueError):
        return False
    return metadata.get(KEY) == b"1" or (isinstance(told, dict) and bool(told.get(ATTRIBUTE)))


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Return the table as a Parquet file that carries the mark where the table does; the same table, the same bytes.

    Other attributes of the table stay out.
    """
    import pyarrow as pa
    from pyarrow import parquet

    bare = frame.copy(deep=False)
    bare.attrs = {}
    table = pa.Table.from_pandas(bare, preserve_index=False)
    if is_confidential(frame):
        marks = {KEY: b"1", PANDAS_KEY: json.dumps({ATTRIBUTE: True}).encode()}
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), **marks})
    sheet = io.BytesIO()
    parquet.write_table(table, sheet, compression="zstd")
    return sheet.getvalue()


def destinations(stages: Mapping[str, Any]) -> dict[str, str]:
    """Return which of the stages (name → object) would send texts to another machine, and to what address.

    A stage that has a price but doesn't say where it sends counts as sending to an address it doesn't name. A plugin
    that sends without saying either can't be found out.
    """
    found = {}
    for name, stage in stages.items():
        try:
            # Up to Python 3.11 the first reads the property, which is the plugin's code.
            address = stage.address if isinstance(stage, Sends) else UNNAMED if isinstance(stage, Priced) else None
        except EmotopyError:
            raise
        except Exception as error:
            raise PluginError(f"{name} failed in address: {type(error).__name__}: {error}") from error
        if address is not None:
            found[name] = str(address)
    return found


def check_upload(stages: Mapping[str, Any], *, allow_upload: bool = False) -> None:
    """Check that no stage (name → object) would send confidential texts away.

    Raises ConfigError that names stage and address, unless `allow_upload`.
    """
    if allow_upload:
        return
    for name, address in destinations(stages).items():
        raise ConfigError(
            f"{name} would send these texts to {address}, but they are marked as confidential; take a stage that works "
            "on this machine (--set embedder=static, or a server at http://localhost). Where the agreement that you "
            "have the data under permits it: --allow-upload"
        )
