"""Reporter `my-reporter`: one CSV file. Put your format in its place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from emotopy import hookimpl
from emotopy.pathways.brain.result import Decoding
from emotopy.pathways.text.result import TextResult
from emotopy.roles import Factory, Reporter


class MyReporter:
    """Of texts the regions, of a decoding the scores; neither holds an input text."""

    def write(self, result: object, directory: Path) -> list[Path]:
        """Write into `directory`, which exists; return the paths."""
        if isinstance(result, TextResult):
            table = result.regions
        elif isinstance(result, Decoding):
            table = result.scores
        else:
            return []  # a kind of result that this reporter knows nothing of
        path = directory / "my-reporter.csv"
        table.to_csv(path, index=False, lineterminator="\n")
        return [path]


@hookimpl
def register_reporters() -> Mapping[str, Factory[Reporter]]:
    """Offer `my-reporter`."""
    return {"my-reporter": MyReporter}
