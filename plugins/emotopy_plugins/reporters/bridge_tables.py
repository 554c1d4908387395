"""Writes a bridge as files that programs read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emotopy.storage.csv_safe import write_csv

if TYPE_CHECKING:
    from emotopy.pathways.bridge.pathway import Bridge
    from emotopy.records import RegionWeights


def write_bridge_tables(result: Bridge, directory: Path, digits: int) -> list[Path]:
    """Write ``bridge.csv``, and the weights of either side: ``text_weights.csv`` and ``brain_weights.csv``.

    ``text_weights.csv``: emotion, region, weight. ``brain_weights.csv``: emotion, region, weight, signed_weight, as in
    the ``weights.csv`` of the decoding, the compared emotions alone.
    """
    import pandas as pd

    def long(weights: RegionWeights, **more: RegionWeights) -> pd.DataFrame:
        n_emotions, n_regions = weights.values.shape
        columns = {"weight": weights, **more}
        return pd.DataFrame(
            {
                "emotion": np.repeat(np.asarray(weights.emotions, dtype=object), n_regions),
                "region": np.tile(np.asarray(weights.regions, dtype=object), n_emotions),
                **{name: one.values.ravel() for name, one in columns.items()},
            }
        )

    brain = long(result.brain_weights, signed_weight=result.brain_signed)
    return [
        write_csv(result.table, directory / "bridge.csv", digits=digits),
        write_csv(long(result.text_weights), directory / "text_weights.csv", digits=digits),
        write_csv(brain, directory / "brain_weights.csv", digits=digits),
    ]
