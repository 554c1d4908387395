"""The tables of a comparison. docs/axes-and-units.md defines their columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.inference.group_comparison import GroupComparison, OmnibusComparison
from emotopy.pathways.comparison.design import Design

if TYPE_CHECKING:
    import pandas as pd

STATISTICS = (
    *("n_a", "n_b", "mean_a", "mean_b", "difference", "t", "g", "g_low", "g_high"),
    *("p", "p_min", "p_family", "q"),
)
OMNIBUS = ("f", "p", "p_min", "p_family", "q")
UNTESTED = ("t", "p", "p_min", "p_family", "q")
"""What a measure that isn't tested has no value for."""


def pair_table(
    design: Design,
    pair: tuple[str, str],
    measures: Sequence[str],
    tested: GroupComparison | None,
    shown: GroupComparison | None,
) -> pd.DataFrame:
    """Return a row per measure and region for one pair of groups.

    `tested` and `shown` hold the columns of the measures side by side: first those that are tested, then `share`.
    """
    import pandas as pd

    parts = []
    for found, names in ((tested, [name for name in measures if name != "share"]), (shown, ["share"])):
        if found is None:
            continue
        part = pd.DataFrame(_places(design, names))
        for name in STATISTICS:
            part[name] = np.asarray(getattr(found, name))
        if found is shown:
            part[list(UNTESTED)] = np.nan
        parts.append(part)
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "group_a", pair[0])
    table.insert(1, "group_b", pair[1])
    return table.astype({"n_a": "int64", "n_b": "int64"})


def omnibus_table(design: Design, measures: Sequence[str], found: OmnibusComparison) -> pd.DataFrame:
    """Return a row per tested measure and region for all groups at once."""
    import pandas as pd

    return pd.DataFrame({**_places(design, measures), **{name: np.asarray(getattr(found, name)) for name in OMNIBUS}})


def _places(design: Design, measures: Sequence[str]) -> dict[str, Any]:
    """Return the columns that say what a row is about: measure, region, and the node where rows are nodes."""
    n_regions = len(design.regions)
    return {
        "measure": np.repeat(list(measures), n_regions),
        "region": list(design.regions) * len(measures),
        **({} if design.nodes is None else {"node": list(design.nodes) * len(measures)}),
    }
