"""Mapped texts as a comparison reads them, whether they come from a result in memory or from its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.errors import InputError, listed, nearest
from emotopy.pathways.text.tables import KEPT
from emotopy.readers.cell_values import as_labels, as_values
from emotopy.records import FloatArray, Level

if TYPE_CHECKING:
    import pandas as pd

FIELDS = ("group", "unit", "time", "id")
"""Columns of every table of texts that can group or pair as a kept column can; a kept column of the name goes first."""

By = str | Sequence[Any]
"""The name of a column, or a value per row of the input."""


@attrs.frozen(eq=False)
class MappedTexts:
    """The table of mapped texts, and what has to be known to read it.

    Attributes
    ----------
    table
        As ``texts.parquet``: a row per input row, `profile_<target>` and `region_<target>` for each of `targets`.
    targets, level, region_of
        Names of the columns of values, whether they are regions or nodes, and the region of each node.
    provenance, source
        Of the run that mapped the texts, and what a comparison's own provenance says of its input.
    reporters
        Who writes what is made of them, as the configuration names them.
    """

    table: pd.DataFrame
    targets: tuple[str, ...]
    level: Level
    region_of: Mapping[str, str]
    provenance: Mapping[str, Any]
    source: Mapping[str, Any]
    reporters: tuple[Any, ...] = attrs.field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def kept(self) -> tuple[str, ...]:
        """Names of the columns that were kept from the input."""
        return tuple(str(name).removeprefix(KEPT) for name in self.table.columns if str(name).startswith(KEPT))

    @property
    def is_scored(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which rows hold text, (n_rows,)."""
        return np.asarray(self.table["status"] == "scored", dtype=bool)

    def matrix(self, prefix: str) -> FloatArray:
        """Return the columns `<prefix><target>`, (n_rows, n_targets); NaN in rows without text."""
        return self.table[[f"{prefix}{target}" for target in self.targets]].to_numpy(dtype=np.float64)

    def numbers(self, column: str) -> FloatArray:
        """Return a column of the table as floats, (n_rows,), NaN where missing."""
        return self.table[column].to_numpy(dtype=np.float64, na_value=np.nan)

    def labels(self, by: By, what: str) -> tuple[str | None, ...]:
        """Return a name per row, from a column or as given; `what` names the parameter in messages.

        Raises InputError for a column that isn't there, and for values that aren't one per row.
        """
        if not isinstance(by, str):
            if len(by) != len(self):
                raise InputError(f"{what}: wanted a value per row of the input, {len(self)}, got {len(by)}")
            return as_labels(by)
        if by not in self.kept and by in FIELDS:
            return as_labels(self.table[by].astype(object))
        return as_labels(self._kept(by, what))

    def values(self, name: str, what: str) -> tuple[float, ...] | tuple[str | None, ...]:
        """Return a kept column as floats, or as strings where it isn't numbers; raises InputError for one not kept."""
        return as_values(self._kept(name, what))

    def _kept(self, name: str, what: str) -> Any:
        if name not in self.kept:
            there = f" Kept: {listed(self.kept)}." if self.kept else " None was kept."
            raise InputError(
                f"{what}: there is no kept column {name!r}.{nearest(name, [*self.kept, *FIELDS])}{there} Columns are "
                f"kept when the texts are mapped: `emotopy map ... --keep {name}`, or map_texts(..., keep=[{name!r}])"
            )
        return self.table[f"{KEPT}{name}"].astype(object)
