"""Writes a result as files that programs read, byte for byte the same for the same result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from emotopy.experiments.experiment import Experiment
from emotopy.pathways.brain.result import Decoding
from emotopy.pathways.bridge.pathway import Bridge
from emotopy.pathways.comparison.result import Comparison
from emotopy.storage.csv_safe import write_csv
from emotopy.storage.parquet import write_parquet
from emotopy_plugins.reporters.bridge_tables import write_bridge_tables
from emotopy_plugins.reporters.comparison_tables import write_comparison_tables
from emotopy_plugins.reporters.decoding_tables import write_decoding_tables
from emotopy_plugins.reporters.experiment_tables import write_experiment_tables
from emotopy_plugins.reporters.region_image import write_image
from emotopy_plugins.reporters.time_tables import write_time_tables

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.pathways.text.result import TextResult


@attrs.frozen
class TablesReporter:
    """Keeps the protocol `Reporter`. Options as in `emotopy_plugins.reporters.tables.tables`.

    A text result becomes ``regions.csv, texts.parquet, clusters.csv, regions.nii.gz, regions.json`` (here); a decoding
    becomes the files of `emotopy_plugins.reporters.decoding_tables`, a comparison those of
    `comparison_tables`, a bridge those of `bridge_tables`.
    """

    digits: int = 6
    image: bool = True

    def write(self, result: TextResult | Comparison | Decoding | Bridge | Experiment, directory: Path) -> list[Path]:
        """Write the files into `directory`, which exists; return their paths."""
        if isinstance(result, Experiment):
            return write_experiment_tables(result, directory, self.digits)
        if isinstance(result, Comparison):
            return write_comparison_tables(result, directory, self.digits)
        if isinstance(result, Decoding):
            return write_decoding_tables(result, directory, self.digits)
        if isinstance(result, Bridge):
            return write_bridge_tables(result, directory, self.digits)
        return self._write_texts(result, directory)

    def _write_texts(self, result: TextResult, directory: Path) -> list[Path]:
        paths = [
            write_csv(result.regions, directory / "regions.csv", digits=self.digits),
            write_parquet(result.texts, directory / "texts.parquet"),
            write_csv(shown_clusters(result), directory / "clusters.csv", digits=self.digits),
            *write_time_tables(result.courses, directory, self.digits),
        ]
        if self.image:
            paths += write_image(result, directory / "regions.nii.gz", directory / "regions.json")
        return paths


def shown_clusters(result: TextResult) -> pd.DataFrame:
    """Return the cluster table without exemplars where the result says that input texts must not be written."""
    if not result.no_texts:
        return result.clusters
    hidden = [name for name in result.clusters.columns if str(name).startswith("exemplar")]
    return result.clusters.drop(columns=hidden)
