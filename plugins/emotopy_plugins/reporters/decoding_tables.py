"""Writes a decoding as files that programs read: a file per table, columns as the tables have them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emotopy.storage.csv_safe import write_csv
from emotopy.storage.parquet import write_parquet

if TYPE_CHECKING:
    from emotopy.pathways.brain.result import Decoding


def write_decoding_tables(result: Decoding, directory: Path, digits: int) -> list[Path]:
    """Write the CSV files and ``predictions.parquet`` (it has a row per subject, moment, emotion and feature set).

    A decoder that gives no explanation leaves ``edges.csv``, ``graph.csv`` and ``weights.csv`` with their header alone.
    ``networks.csv`` is there only where the atlas puts its regions into networks.
    """
    written = [
        write_csv(result.scores, directory / "scores.csv", digits=digits),
        write_csv(result.subjects, directory / "subjects.csv", digits=digits),
        write_csv(result.paired, directory / "paired.csv", digits=digits),
        write_parquet(result.predictions, directory / "predictions.parquet"),
        write_csv(result.edges, directory / "edges.csv", digits=digits),
        write_csv(result.graph, directory / "graph.csv", digits=digits),
        write_csv(result.weights_table, directory / "weights.csv", digits=digits),
    ]
    if result.networks is not None and not result.networks.empty:
        written.append(write_csv(result.networks, directory / "networks.csv", digits=digits))
    return written
