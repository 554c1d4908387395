"""Writes an experiment as files that programs read: a CSV file per table."""

from __future__ import annotations

from pathlib import Path

from emotopy.experiments.experiment import Experiment
from emotopy.storage.csv_safe import write_csv


def write_experiment_tables(result: Experiment, directory: Path, digits: int) -> list[Path]:
    """Write every table of an experiment as ``<name>.csv``."""
    return [write_csv(table, directory / f"{name}.csv", digits=digits) for name, table in result.tables.items()]
