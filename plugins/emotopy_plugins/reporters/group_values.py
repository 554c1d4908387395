"""What the pictures show of a result: one number per group and place, and which number that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs
import numpy as np

from emotopy.readers.corpora import ALL
from emotopy.records import FloatArray

if TYPE_CHECKING:
    from emotopy.pathways.text.result import TextResult

Measure = Literal["relative", "evidence"]


@attrs.frozen(eq=False)
class GroupValues:
    """`values` (n_groups, n_targets) of one `measure`; targets are regions or nodes, in the order of the atlas."""

    measure: Measure
    groups: tuple[str, ...]
    targets: tuple[str, ...]
    values: FloatArray


def target_column(result: TextResult) -> str:
    """Name the column of the regions table that holds the targets: `node`, or `region`."""
    return "node" if result.level == "node" else "region"


def groups_of(result: TextResult) -> tuple[str, ...]:
    """Return the groups that were compared, in the order of the table; `all` alone where there are none."""
    names = tuple(str(name) for name in dict.fromkeys(result.regions["group"]))
    return tuple(name for name in names if name != ALL) or names


def wide(result: TextResult, column: str, groups: tuple[str, ...]) -> FloatArray:
    """Return a column of the regions table as (n_groups, n_targets), targets in the order of the mapping."""
    table = result.regions.set_index(["group", target_column(result)])[column].unstack()
    return np.asarray(table.reindex(index=list(groups), columns=list(result.mapping.targets)), dtype=np.float64)


def plotted_values(result: TextResult) -> GroupValues:
    """Return what `regions.nii.gz` and the glass brains show.

    That is `relative` for groups; for a single group, which has nothing to be compared with, `evidence`, unless the
    mapper has none.
    """
    groups = groups_of(result)
    measure: Measure = "relative"
    if groups == (ALL,) and result.regions["evidence"].notna().any():
        measure = "evidence"
    return GroupValues(measure, groups, tuple(result.mapping.targets), wide(result, measure, groups))
