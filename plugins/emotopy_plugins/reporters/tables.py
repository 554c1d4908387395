"""Reporter `tables`: files for programs to read. CSV, Parquet and, of texts, a NIfTI image with a volume per group."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import attrs
from annotated_types import Ge, Le

from emotopy.hookspecs import hookimpl
from emotopy.records import RegionResult, Result
from emotopy.roles import Factory, Reporter
from emotopy.storage.csv_safe import write_csv
from emotopy.storage.parquet import write_parquet

if TYPE_CHECKING:
    import pandas as pd

PARQUET_TABLES = frozenset({"texts", "predictions"})
"""Tables that are written as Parquet: they have a row per text, or per subject, window and emotion, and are read back
in full precision."""


@attrs.frozen
class TablesReporter:
    """Write tables and an image; same result, same bytes.

    Every table of the result becomes a file of its name: ``texts.parquet`` and ``predictions.parquet``, all others CSV.
    Of texts: ``regions.csv, texts.parquet, clusters.csv, regions.nii.gz, regions.json``, with times ``time_course.csv``
    and ``change_points.csv``. Of a comparison: ``comparison.csv, omnibus.csv`` (more than two groups), ``excluded.csv``
    (if anything was left out). Of a decoding: ``scores.csv, subjects.csv, paired.csv, sensitivity.csv,
    predictions.parquet, edges.csv, graph.csv, weights.csv``, and ``networks.csv`` where the atlas has networks. Of a
    bridge:
    ``bridge.csv, text_weights.csv, brain_weights.csv``.

    Parameters
    ----------
    digits
        Significant digits of floats in CSV files, 1 to 17; Parquet keeps full precision.
    image
        Whether to write the NIfTI image of texts and its JSON sidecar.

    """

    digits: Annotated[int, Ge(1), Le(17)] = 6
    image: bool = True

    def write(self, result: Result, directory: Path) -> list[Path]:
        """Write the files into `directory`, which exists; return their paths."""
        paths = [self._write_table(name, table, directory) for name, table in result.tables.items()]
        if self.image and result.kind == "texts":
            from emotopy_plugins.reporters.region_image import write_region_image

            paths += write_region_image(cast("RegionResult", result), directory)
        return paths

    def _write_table(self, name: str, table: pd.DataFrame, directory: Path) -> Path:
        if name in PARQUET_TABLES:
            return write_parquet(table, directory / f"{name}.parquet")
        return write_csv(table, directory / f"{name}.csv", digits=self.digits)


@hookimpl
def register_reporters() -> Mapping[str, Factory[Reporter]]:
    """Offer `tables`."""
    return {"tables": TablesReporter}
