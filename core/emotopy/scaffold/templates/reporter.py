"""Reporter `my-reporter`: one CSV file per table. Replace it with your format."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from emotopy import hookimpl
from emotopy.records import Result
from emotopy.roles import Factory, Reporter


class MyReporter:
    """Writes the tables of any kind of result; if it has `no_texts`, they hold no input text."""

    def write(self, result: Result, directory: Path) -> list[Path]:
        """Write into `directory`, which exists, and return the paths."""
        paths = []
        for name, table in result.tables.items():
            path = directory / f"my-reporter-{name}.csv"
            table.to_csv(path, index=False, lineterminator="\n")
            paths.append(path)
        return paths


@hookimpl
def register_reporters() -> Mapping[str, Factory[Reporter]]:
    """Offer `my-reporter`."""
    return {"my-reporter": MyReporter}
