"""Writes a comparison as files that programs read: a file per table, columns as the tables have them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emotopy.storage.csv_safe import write_csv

if TYPE_CHECKING:
    from emotopy.pathways.comparison.result import Comparison


def write_comparison_tables(result: Comparison, directory: Path, digits: int) -> list[Path]:
    """Write ``comparison.csv``; for more than two groups ``omnibus.csv``; ``excluded.csv`` if anything was left out."""
    paths = [write_csv(result.table, directory / "comparison.csv", digits=digits)]
    if result.omnibus is not None:
        paths.append(write_csv(result.omnibus, directory / "omnibus.csv", digits=digits))
    if len(result.excluded):
        paths.append(write_csv(result.excluded, directory / "excluded.csv", digits=digits))
    return paths
