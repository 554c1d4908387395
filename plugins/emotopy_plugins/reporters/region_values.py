"""The values of a text result per group and region, and the names of its regions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np

from emotopy.records import ALL_TEXTS, FloatArray, Level, RegionResult, label
from emotopy.records.regions import BRAINSTEM
from emotopy_plugins.reporters.formatting import listing, plain

if TYPE_CHECKING:
    import pandas as pd

Measure = Literal["relative", "evidence"]


def grid(table: pd.DataFrame, column: str, axes: Mapping[str, Sequence[str]]) -> FloatArray:
    """Return a column as an array with the axes given, the names along each by the column they stand in."""
    import pandas as pd

    values = table.set_index(list(axes))[column].reindex(pd.MultiIndex.from_product(axes.values()))
    return values.to_numpy(dtype=np.float64).reshape([len(names) for names in axes.values()])


@attrs.frozen(eq=False)
class PlottedValues:
    """`values` (n_groups, n_targets) of one `measure`; targets are regions or nodes, in the order of the atlas."""

    measure: Measure
    groups: tuple[str, ...]
    targets: tuple[str, ...]
    values: FloatArray


@attrs.frozen(eq=False)
class RegionTable:
    """The table of regions, a row per group and target; targets are regions or nodes, as `level` says.

    `groups` are the groups that were compared, in the order of the table; `all` alone where there are none.
    """

    table: pd.DataFrame
    level: Level
    groups: tuple[str, ...]
    targets: tuple[str, ...]

    @classmethod
    def of(cls, result: RegionResult) -> RegionTable:
        """Read the table of a result."""
        table = result.tables["regions"]
        names = tuple(str(name) for name in dict.fromkeys(table["group"]))
        groups = tuple(name for name in names if name != ALL_TEXTS) or names
        return cls(table, result.level, groups, tuple(dict.fromkeys(table[result.level])))

    @property
    def is_compared(self) -> bool:
        """Whether there are groups other than `all`."""
        return self.groups != (ALL_TEXTS,)

    def values(self, column: str, groups: Sequence[str]) -> FloatArray:
        """Return a column as (n_groups, n_targets)."""
        return grid(self.table, column, {"group": groups, self.level: self.targets})

    def reference_share(self) -> FloatArray:
        """Return the reference texts' share of each target, (n_targets,)."""
        table = self.table.drop_duplicates(self.level).set_index(self.level)
        return np.asarray(table["reference_share"].reindex(list(self.targets)), dtype=np.float64)

    def plotted(self) -> PlottedValues:
        """Return what `regions.nii.gz` and the glass brains show.

        That is `relative` for groups; for a single group, which has nothing to be compared with, `evidence`, unless the
        mapper has none.
        """
        measure: Measure = "relative"
        if not self.is_compared and self.table["evidence"].notna().any():
            measure = "evidence"
        return PlottedValues(measure, self.groups, self.targets, self.values(measure, self.groups))


@attrs.frozen
class RegionNames:
    """What the targets of a result are called on the page."""

    region_of: Mapping[str, str]

    @classmethod
    def of(cls, result: RegionResult) -> RegionNames:
        """Read the names of a result's region axis."""
        names = {str(region): str(region) for region in result.axis.regions}
        return cls(names | {node.name: node.region for node in result.axis.nodes})

    def is_brainstem(self, target: str) -> bool:
        """Whether a value there stands for the brainstem only."""
        return self.region_of.get(target, target) in BRAINSTEM

    def label(self, target: str) -> str:
        """Return what a sentence calls the target.

        >>> RegionNames({}).label("raphe_nuclei")
        'brainstem, nearest node raphe nuclei'
        """
        return f"brainstem, nearest node {label(target)}" if self.is_brainstem(target) else label(target)

    def short_label(self, target: str) -> str:
        """Return a label that fits beside a map; a dagger stands for "brainstem, nearest node"."""
        return f"{label(target)} †" if self.is_brainstem(target) else label(target)


def overlaps(entries: Iterable[Any], region_of: Mapping[str, str], level: Level) -> list[str]:
    """Return the pairs of targets that studies can't tell apart, each once, as a phrase.

    An entry of the provenance is `one`, `other` and perhaps a number, by name or in this order. Pairs of nodes become
    pairs of regions where the table has regions, with the larger of their overlaps.
    """
    degrees: dict[tuple[str, str], float] = {}
    for entry in entries:
        if isinstance(entry, Mapping):
            pair = (str(entry["one"]), str(entry["other"]))
            numbers = [value for key, value in entry.items() if key not in ("one", "other")]
        else:
            one, other, *numbers = entry
            pair = (str(one), str(other))
        if level == "region":
            pair = (region_of.get(pair[0], pair[0]), region_of.get(pair[1], pair[1]))
        if pair[0] != pair[1]:
            degree = float(numbers[0]) if numbers else 0.0
            degrees[pair] = max(degree, degrees.get(pair, 0.0))
    return [
        listing([label(one), label(other)]) + (f" (overlap of their studies {plain(degree)})" if degree else "")
        for (one, other), degree in degrees.items()
    ]


def group_label(name: str) -> str:
    """Return what a page calls a group."""
    return "all texts" if name == ALL_TEXTS else name
