"""What pages read of a comparison of groups: its pairs, what differs, and which pairs are shown in detail."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.records import Level, Result, label
from emotopy.records.regions import BRAINSTEM
from emotopy_plugins.reporters.formatting import count, interval, probability, signed
from emotopy_plugins.reporters.reading import lookup

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05
UNTESTED = "share"
MEASURES = {
    "relative": "profile, in standard deviations of the reference texts",
    "intensity": "intensity, in the scorer’s own unit",
    "share": "assigned share, not tested",
}
WORDS = {"relative": "profile", "intensity": "intensity", "share": "assigned share"}
"""What a sentence calls a measure."""
Pair = tuple[str, str]


@attrs.frozen(eq=False, slots=False)
class Compared:
    """A comparison: its tables, and the design from its provenance.

    `has_units` is False where every text is its own unit.
    """

    table: pd.DataFrame
    omnibus: pd.DataFrame | None
    excluded: pd.DataFrame | None
    provenance: Mapping[str, Any]
    is_paired: bool
    has_units: bool

    @classmethod
    def of(cls, result: Result) -> Compared:
        """Read a result of kind ``comparison``."""
        tables, provenance = result.tables, result.provenance
        return cls(
            tables["comparison"],
            tables.get("omnibus"),
            tables.get("excluded"),
            provenance,
            is_paired=lookup(provenance, "config", "paired_by") is not None,
            has_units=bool(provenance.get("has_units", True)),
        )

    @property
    def level(self) -> Level:
        """Whether rows are regions or nodes."""
        return "node" if "node" in self.table.columns else "region"

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """The regions, or nodes, in the order of the table."""
        return tuple(str(name) for name in dict.fromkeys(self.table[self.level]))

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """The measures, in the order of the table."""
        return tuple(str(name) for name in dict.fromkeys(self.table["measure"]))

    @property
    def tested(self) -> tuple[str, ...]:
        """The measures that were tested."""
        return tuple(name for name in self.measures if name != UNTESTED)

    @cached_property
    def _firsts(self) -> pd.DataFrame:
        """The first row of each pair of groups, in the order of the table."""
        return self.table.drop_duplicates(["group_a", "group_b"])

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The pairs of groups, in the order of the table."""
        return tuple(zip(self._firsts["group_a"].astype(str), self._firsts["group_b"].astype(str), strict=True))

    @cached_property
    def _places(self) -> Mapping[Any, Any]:
        return self.table.groupby(["group_a", "group_b"], sort=False).indices

    def rows_of(self, pair: Pair, measure: str | None = None) -> pd.DataFrame:
        """Return the rows of a pair of groups, of all measures or of one."""
        rows = self.table.iloc[self._places[pair]]
        return rows if measure is None else rows[rows["measure"] == measure]

    @cached_property
    def n_units(self) -> dict[str, int]:
        """How many units (pairs, in a paired design) each group has, in the order asked for."""
        found: dict[str, int] = {}
        columns = (self._firsts[name].tolist() for name in ("group_a", "n_a", "group_b", "n_b"))
        for a, n_a, b, n_b in zip(*columns, strict=True):
            found.setdefault(str(a), int(n_a))
            found.setdefault(str(b), int(n_b))
        return found

    @property
    def unit_word(self) -> str:
        """What is counted."""
        return "pair" if self.is_paired else "unit" if self.has_units else "text"

    @property
    def value_of_unit(self) -> str:
        """What a unit's value is. Results of versions that didn't say how texts were weighed counted them alike."""
        if self.unit_word == "text":
            return "that of the text"
        weights = lookup(self.provenance, "mapped", "unit_weights")
        return f"the mean over its texts{', in which every word has equal weight' if weights == 'words' else ''}"

    def sizes(self, pair: Pair) -> str:
        """Say how many units a pair of groups has."""
        a, b = (self.n_units[name] for name in pair)
        return count(a, "pair") if self.is_paired else f"{count(a, self.unit_word)} against {b:,}"

    @cached_property
    def smallest(self) -> dict[Pair, float]:
        """The smallest corrected p of each pair; 1 where nothing was tested."""
        p = self.table.assign(p=self.table["p_family"].fillna(1.0)).groupby(["group_a", "group_b"], sort=False)["p"]
        return {(str(a), str(b)): float(value) for (a, b), value in p.min().items()}

    def strongest(self, most: int) -> list[Pair]:
        """Return at most so many pairs, those with the smallest corrected p, in the order of the table."""
        chosen = set(sorted(self.pairs, key=self.smallest.__getitem__)[:most])
        return [pair for pair in self.pairs if pair in chosen]

    def differing(self, rows: pd.DataFrame) -> list[Mapping[Any, Any]]:
        """Return the rows whose corrected p is below 0.05, the smallest first; of equal ones the largest g first."""
        found = rows[rows["p_family"].astype(float) < ALPHA]
        return sorted(found.to_dict("records"), key=lambda row: (row["p_family"], -abs(_number(row, "g"))))


def place_of(row: Mapping[Any, Any], level: str) -> dict[str, Any]:
    """Return what the macro `place` shows of a row: its label, and whether it is in the brainstem."""
    return {"label": label(str(row[level])), "brainstem": row["region"] in BRAINSTEM}


def sentence_label(row: Mapping[Any, Any], level: str) -> str:
    """Return what a sentence calls the row's region or node."""
    return ("brainstem, nearest node " if row["region"] in BRAINSTEM else "") + label(str(row[level]))


def effect(row: Mapping[Any, Any]) -> str:
    r"""Return effect, interval and corrected p of a row as a phrase; what is missing is left out.

    >>> effect({"g": 0.5, "g_low": 0.125, "g_high": 0.875, "p_family": 0.0125})
    'g = +0.50, 95\xa0% interval +0.12 to +0.88, corrected p = 0.013'
    >>> effect({"f": 4.25, "p_family": 0.25})
    'F = 4.2, corrected p = 0.250'
    """
    g, low, high = (_number(row, name) for name in ("g", "g_low", "g_high"))
    said = [f"g = {signed(g)}"] if math.isfinite(g) else []
    around = interval(low, high, write=signed)
    if said and around:
        said.append(f"95\xa0% interval {around}")
    if math.isfinite(_number(row, "f")):
        said.append(f"F = {_number(row, 'f'):.1f}")
    return ", ".join([*said, f"corrected p = {probability(float(row['p_family']))}"])


def fitting(rows: Sequence[Sequence[object]], most_rows: int, most_letters: int) -> int:
    """Return how many of the first rows of texts a page takes.

    >>> fitting([["ab", "c"], ["def", 4]], 10, 3)
    1
    """
    letters = 0
    for n, row in enumerate(rows[:most_rows]):
        letters += sum(len(str(cell)) for cell in row)
        if letters > most_letters:
            return n
    return min(len(rows), most_rows)


def _number(row: Mapping[Any, Any], name: str) -> float:
    return float(row.get(name, math.nan))
