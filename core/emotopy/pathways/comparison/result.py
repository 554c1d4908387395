"""The result of a comparison of groups: a table of effects, and a table of what was left out."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.records import Level
from emotopy.running.writing import WritableResult

if TYPE_CHECKING:
    import pandas as pd

Pair = tuple[str, str]


@attrs.frozen(eq=False, repr=False)
class Comparison(WritableResult):
    """Groups compared region by region; returned by `TextResult.compare`.

    Parameters
    ----------
    table : DataFrame
        One row per pair of groups, measure and region (or node): ``group_a, group_b, measure, region[, node], n_a, n_b,
        mean_a, mean_b, difference, t, g, g_low, g_high, p, p_min, p_family, q``. `emotopy.result_files` declares
        the columns.
    omnibus : DataFrame or None
        For more than two groups, the test of all groups together: ``measure, region[, node], f, p, p_min, p_family,
        q``.
    excluded : DataFrame
        Rows, units and pairs that were left out: ``what, name, group, n_texts, why``.
    groups : tuple of str, (n_groups,)
        The groups in the requested order.
    n_units : mapping of str to int
        Number of units in each group, or of pairs in a paired design.
    level : {"region", "node"}
        Whether rows are regions or nodes.
    is_paired : bool
        Whether differences within pairs were tested.
    has_units : bool
        Whether units are persons or documents; if False, every text is a unit.
    provenance, notes, no_texts, reporters
        As in `emotopy.TextResult`.

    Examples
    --------
    >>> import emotopy
    >>> quick = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}}
    >>> said = ["I was afraid.", "The storm frightened me.", "A dark night.", "We danced.", "What joy!", "We laughed."]
    >>> table = {"text": said, "mood": ["low"] * 3 + ["high"] * 3}
    >>> result = emotopy.map_texts(table, text="text", group="mood", config=quick)
    >>> result.compare("low", "high", measure="relative").table.columns[:4].tolist()
    ['group_a', 'group_b', 'measure', 'region']
    """

    table: pd.DataFrame
    omnibus: pd.DataFrame | None
    excluded: pd.DataFrame
    groups: tuple[str, ...]
    n_units: Mapping[str, int]
    level: Level
    is_paired: bool
    has_units: bool
    provenance: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    no_texts: bool = True
    reporters: tuple[Any, ...] = attrs.field(default=(), repr=False)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name} {n:,}" for name, n in self.n_units.items())
        kind = "pairs" if self.is_paired else "units" if self.has_units else "texts"
        return f"<Comparison: {kind} {sizes}; {len(self.table):,} rows by {self.level}>"

    @property
    def kind(self) -> str:
        """``comparison``."""
        return "comparison"

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """``comparison``; ``omnibus`` for more than two groups; ``excluded`` if anything was left out."""
        found = {"comparison": self.table}
        if self.omnibus is not None:
            found["omnibus"] = self.omnibus
        return found | ({"excluded": self.excluded} if len(self.excluded) else {})

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs of groups, in the order of the table."""
        return tuple(combinations(self.groups, 2))
