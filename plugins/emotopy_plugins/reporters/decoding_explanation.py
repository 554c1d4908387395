"""The page's explanation of a decoding: regions, networks, what strong pairs of regions share, graph metrics.

Claims hold for regions and networks. No single edge is named on the page.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.records import label
from emotopy_plugins.reporters.formatting import count, listing, percent, plain, probability

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.pathways.brain.result import Decoding

N_REGIONS = 12
"""Most regions, or pairs of networks, shown per emotion."""
N_NAMED = 4
"""Most regions that a sentence on pairs names."""
STRONGEST = 0.25
"""Share of the pairs that a sentence on pairs counts."""
FEWEST_PAIRS = 20
"""With fewer pairs in all, a count over regions would give single edges away."""
FEWEST_EDGES = 3
"""The mean over fewer edges would give single ones away."""
BAR_WIDTH = 120.0


def explanation_of(result: Decoding) -> dict[str, Any]:
    """Return cards of regions and networks, sentences on pairs, rows of graph metrics; empty where there is none."""
    return {
        "regions": _weights_of(result.weights_table, _region, result.emotions),
        "networks": _weights_of(result.networks, _networks, result.emotions),
        "pairs": _pair_sentences(result),
        "graph": _graph_groups(result.graph, result.emotions),
        "fewest_edges": FEWEST_EDGES,
    }


def _region(row: Mapping[Any, Any]) -> str:
    return label(str(row["region"]))


def _networks(row: Mapping[Any, Any]) -> str:
    first, second = (label(str(row[name])) for name in ("network_a", "network_b"))
    return f"within {first}" if first == second else f"{first} – {second}"


def _weights_of(
    weights: pd.DataFrame | None, name: Callable[[Mapping[Any, Any]], str], emotions: tuple[str, ...]
) -> dict[str, Any]:
    """Return what a grid of weights shows: its cards, and what is to be said of all of them.

    Rows that say of how many edges they are the mean are shown from `FEWEST_EDGES` on; `n` counts them all, since a
    family does.
    """
    if weights is None or not len(weights):
        return {"cards": []}
    n = len(weights) // weights["emotion"].nunique()
    shown = weights[weights["n_edges"] >= FEWEST_EDGES] if "n_edges" in weights else weights
    cards = _weight_cards(shown, name, emotions)
    return {
        "cards": cards,
        "has_null": "null_95" in weights and bool(weights["null_95"].notna().any()),
        "n": n,
        "n_hidden": n - max((len(card["rows"]) for card in cards), default=0),
    }


def _weight_cards(
    weights: pd.DataFrame, name: Callable[[Mapping[Any, Any]], str], emotions: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Return a card per emotion with its heaviest rows; all bars share one scale."""
    ends = [weights[column].to_numpy(dtype=np.float64) for column in ("weight", "null_95") if column in weights]
    limit = max((float(value) for value in np.concatenate(ends) if math.isfinite(value)), default=0.0) or 1.0

    def along(row: Mapping[Any, Any], column: str) -> float | None:
        value = float(row.get(column, math.nan))
        return round(max(value, 0.0) / limit * BAR_WIDTH, 1) if math.isfinite(value) else None

    cards = []
    for emotion in emotions:
        mine = weights[weights["emotion"] == emotion].sort_values("weight", ascending=False, kind="stable")
        rows = [
            {
                "name": name(row),
                "weight": plain(float(row["weight"])),
                "bar": along(row, "weight"),
                "null": along(row, "null_95"),
                "p": probability(float(row.get("p", math.nan))),
                "p_family": probability(float(row.get("p_family", math.nan))),
            }
            for row in mine.head(N_REGIONS).to_dict("records")
        ]
        if rows:
            cards.append({"emotion": emotion, "rows": rows})
    return cards


def _pair_sentences(result: Decoding) -> list[dict[str, str]]:
    """Say per emotion which regions the strongest pairs gather on."""
    found = []
    for emotion in result.emotions:
        mine = result.edges[result.edges["emotion"] == emotion]
        sentence = _gathered(mine[mine["pattern"].notna()])
        if sentence:
            found.append({"emotion": emotion, "sentence": sentence})
    return found


def _gathered(edges: pd.DataFrame) -> str:
    n_pairs = len(edges)
    if n_pairs < FEWEST_PAIRS:
        return ""
    n_top = math.ceil(STRONGEST * n_pairs)
    size = edges["pattern"].abs().to_numpy(dtype=np.float64)
    top = edges.iloc[np.argsort(-size, kind="stable")[:n_top]]
    regions = list(dict.fromkeys([*edges["region_a"], *edges["region_b"]]))
    even = 2 * n_top / len(regions)
    joined = Counter([*top["region_a"], *top["region_b"]])
    above = sorted((name for name in regions if joined[name] > even), key=lambda name: -joined[name])[:N_NAMED]
    where = (
        f"join most often {listing(f'{label(str(name))} ({joined[name]})' for name in above)}; spread evenly, a region "
        f"would be in {plain(even, 1)}"
        if above
        else "are spread evenly over the regions"
    )
    share = float(size[np.argsort(-size, kind="stable")[:n_top]].sum() / size.sum()) if size.sum() else math.nan
    kept = percent(float(top["sign_consistency"].mean()), 0)
    return (
        f"the strongest quarter, {n_top} of {count(n_pairs, 'pair')}, holds {percent(share, 0)} of all pattern. These "
        f"pairs {where}. Their sign is the same in {kept} of folds on average."
    )


def _graph_groups(graph: pd.DataFrame, emotions: tuple[str, ...]) -> list[dict[str, Any]]:
    groups = []
    for emotion in emotions:
        rows = [
            {
                "metric": label(str(row["metric"])),
                "graph": str(row["graph"]),
                **{name: plain(float(row[name])) for name in ("value", "null_mean", "null_95")},
                "p": probability(float(row["p"])),
            }
            for row in graph[graph["emotion"] == emotion].to_dict("records")
        ]
        if rows:
            groups.append({"emotion": emotion, "rows": rows})
    return groups
