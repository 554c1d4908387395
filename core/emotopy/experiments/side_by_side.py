"""What the published procedure says and what holds, node by node."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emotopy.experiments.question import PairOfGroups
from emotopy.experiments.random_splits import ALPHA, MEASURES
from emotopy.inference.published_comparison import PublishedComparison
from emotopy.pathways.comparison.result import Comparison

if TYPE_CHECKING:
    import pandas as pd


def side_by_side(
    pair: PairOfGroups,
    published: PublishedComparison,
    nodes: tuple[str, ...],
    regions: tuple[str, ...],
    ours: Comparison,
) -> pd.DataFrame:
    """Return a row per node: the published test of its intensities, and our comparison of its region.

    `nodes` and `regions` (n_nodes,) name each node and its region. Columns: ``group_a, group_b, node, region,
    n_texts_a, n_texts_b, published_mean_a, published_mean_b, published_p, published_significant`` (p < 0.05,
    as published; the counts are of texts in the cell, copies of the smaller group included), then for ``relative`` and
    ``intensity`` each ``_g, _low, _high, _p_family``.
    """
    import pandas as pd

    table = pd.DataFrame(
        {
            "group_a": pair.a,
            "group_b": pair.b,
            "node": nodes,
            "region": regions,
            "n_texts_a": published.n_a,
            "n_texts_b": published.n_b,
            "published_mean_a": published.mean_a,
            "published_mean_b": published.mean_b,
            "published_p": published.p,
            "published_significant": published.p < ALPHA,
        }
    )
    place = "node" if ours.level == "node" else "region"
    for measure in MEASURES:
        part = ours.table[ours.table["measure"] == measure].set_index(place)
        for name, column in (("g", "g"), ("low", "g_low"), ("high", "g_high"), ("p_family", "p_family")):
            table[f"{measure}_{name}"] = part[column].reindex(table[place]).to_numpy(dtype=np.float64)
    return table
