"""The entries of columns in the sidecars of exported tables, from the declarations of result files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from emotopy.result_files import ResultFile

BIDS_TYPES = {"index": "integer"}
"""Columns of which BIDS fixes the type; it takes a described column for text otherwise."""
UNKNOWN = "A column that this version of the export doesn't know; see the documentation of the version that wrote it."


def described(columns: Iterable[str], file: ResultFile | None) -> dict[str, Any]:
    """Return the sidecar's entry of each column: its description and, of a number, its unit.

    `file` declares the columns; None for a table that this version doesn't know.

    >>> from emotopy.result_files import result_kind
    >>> described(["onset_s"], result_kind("decoding").file("predictions.parquet"))["onset_s"]["Units"]
    's'
    """
    found: dict[str, Any] = {}
    for name in columns:
        column = file.column(name) if file else None
        entry: dict[str, Any] = {"Description": column.meaning if column else UNKNOWN}
        if column and column.unit:
            entry["Units"] = column.unit
        if name in BIDS_TYPES:
            entry["Format"] = BIDS_TYPES[name]
        found[name] = entry
    return found
