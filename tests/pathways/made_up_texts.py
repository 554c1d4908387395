"""Mapped texts that a test makes up as a table of texts, and changes column by column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np
import pandas as pd

from emotopy.readers.cell_values import as_labels, as_values
from emotopy.records import Corpus, Intensities, Level, Mapped, Node, RegionAxis, RegionMapping
from emotopy.records.mapped import FIELDS


@attrs.frozen(eq=False)
class MadeUpTexts:
    """A table as `texts.parquet`, the names of its columns of values, and where it would come from."""

    table: pd.DataFrame
    targets: tuple[str, ...]
    level: Level
    region_of: Mapping[str, str]
    provenance: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.table)

    def change(self, **columns: Any) -> MadeUpTexts:
        """Return the texts with other columns."""
        return attrs.evolve(self, table=self.table.assign(**columns))

    def take(self, rows: Any) -> MadeUpTexts:
        """Return some rows, in this order."""
        return attrs.evolve(self, table=self.table.iloc[rows].reset_index(drop=True))

    @property
    def record(self) -> Mapped:
        """The texts as the text pathway would give them, without the texts themselves."""
        table = self.table
        scored = np.flatnonzero(table["status"] == "scored")
        texts, n, k = table.iloc[scored], len(scored), len(self.targets)
        kept = [name for name in table if name.startswith("kept_")]
        values = {
            prefix: texts[[f"{prefix}_{name}" for name in self.targets]].to_numpy(np.float64)
            for prefix in ("region", "profile")
        }
        places = (np.nan,) * 4
        nodes = [Node(name, region, *places) for name, region in self.region_of.items() if self.level == "node"]
        return Mapped(
            corpus=Corpus(
                text=[""] * len(table),
                **{name: as_labels(table[name].astype(object)) for name in FIELDS},
                columns={name.removeprefix("kept_"): as_values(table[name].astype(object)) for name in kept},
            ),
            scored=scored,
            text_rank=np.arange(n),
            n_words=texts["n_words"].to_numpy(np.int64) if "n_words" in table else np.ones(n, np.int64),
            mapping=RegionMapping(
                self.targets,
                values["region"],
                values["profile"],
                np.full((n, k), np.nan),
                reference="made up",
                reference_share=np.full(k, 1 / k),
            ),
            intensities=Intensities((), texts["intensity"].to_numpy(np.float64), np.empty((n, 0)), np.ones(n)),
            clusters=None,
            axis=RegionAxis("made up", tuple(dict.fromkeys(self.region_of.values())) or self.targets, nodes),
            level=self.level,
            n_resamples=100,
            confidence_level=0.9,
            seed=self.provenance["seed"],
            provenance=self.provenance,
            source={"file": "x"},
        )
