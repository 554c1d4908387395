"""Reporter `tables`: what a program reads. CSV, Parquet and, of texts, a NIfTI image with a volume per group."""

from __future__ import annotations

from collections.abc import Mapping

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Factory, Reporter


def tables(digits: int = 6, image: bool = True) -> Reporter:
    """Write tables and an image; same result, same bytes.

    Of texts: ``regions.csv, texts.parquet, clusters.csv, regions.nii.gz, regions.json``. Of a comparison:
    ``comparison.csv, omnibus.csv`` (more than two groups), ``excluded.csv`` (if anything was left out). Of a decoding:
    ``scores.csv, subjects.csv, paired.csv, predictions.parquet, edges.csv, graph.csv, weights.csv``,
    and ``networks.csv`` where the atlas has networks. Of a bridge:
    ``bridge.csv, text_weights.csv, brain_weights.csv``.

    Parameters
    ----------
    digits
        Significant digits of floats in CSV files, 1 to 17; Parquet keeps full precision.
    image
        Whether to write the NIfTI image of texts and its JSON sidecar.

    Raises
    ------
    ConfigError
        `digits` is out of range.
    """
    if not 1 <= digits <= 17:
        raise ConfigError(f"reporter.digits: wanted 1 to 17 significant digits, got {digits}")
    from emotopy_plugins.reporters.tables_reporter import TablesReporter

    return TablesReporter(digits=digits, image=image)


@hookimpl
def register_reporters() -> Mapping[str, Factory[Reporter]]:
    """Offer `tables`."""
    return {"tables": tables}
