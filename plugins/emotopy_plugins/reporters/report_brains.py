"""The page's glass brains: which groups get one, where its markers go, and what it says in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.readers.corpora import ALL
from emotopy.records import FloatArray
from emotopy_plugins.reporters.formatting import Scale, count, listing, signed
from emotopy_plugins.reporters.glass_brain import layout, markers, outline
from emotopy_plugins.reporters.group_values import GroupValues, wide
from emotopy_plugins.reporters.report_tables import Places

if TYPE_CHECKING:
    from emotopy.pathways.text.result import TextResult

N_NAMED = 3
"""Places that a caption names at either end."""


def brains_of(
    result: TextResult, shown: GroupValues, scale: Scale, sizes: Mapping[str, int], most: int, places: Places
) -> dict[str, Any]:
    """Return the figure: outlines, a card per group shown, and a sentence on which groups those are."""
    nodes = list(result.axis.nodes)
    column = {target: j for j, target in enumerate(shown.targets)}
    of_node = [column[node.name if result.level == "node" else node.region] for node in nodes]
    plan = layout(result.level)
    chosen = _chosen(result, shown, sizes, most)
    cards = []
    for i in chosen:
        values = shown.values[i][of_node]
        views = [
            {
                "view": view,
                "markers": [
                    {
                        "at": marker,
                        "step": scale.step(float(values[marker.node])),
                        "title": f"{places.label(shown.targets[of_node[marker.node]])}: "
                        f"{signed(float(values[marker.node]))}",
                    }
                    for marker in markers(nodes, values, view, scale.limit)
                ],
            }
            for view in plan.views
        ]
        highest, lowest = _extremes(shown, i, places)
        name = shown.groups[i]
        cards.append(
            {
                "group": "all texts" if name == ALL else name,
                "n_texts": count(sizes[name], "text"),
                "views": views,
                "highest": highest,
                "lowest": lowest,
                "alt": f"Markers on {len(plan.views)} views of a brain. Highest: {highest or 'none'}. "
                f"Lowest: {lowest or 'none'}.",
            }
        )
    return {
        "layout": plan,
        "outlines": [outline(name) for name in dict.fromkeys(view.outline for view in plan.views)],
        "cards": cards,
        "choice": _choice(len(shown.groups), [shown.groups[i] for i in chosen]),
    }


def _chosen(result: TextResult, shown: GroupValues, sizes: Mapping[str, int], most: int) -> list[int]:
    """Return which groups get a brain, in the order of the table.

    Those furthest from the profile of all texts, the distance counted in standard errors: root mean square over
    places × √texts. By distance alone, tiny groups would win on noise.
    """
    n_groups = len(shown.groups)
    if n_groups <= most:
        return list(range(n_groups))
    away: FloatArray = shown.values - wide(result, shown.measure, (ALL,))
    known = np.where(np.isfinite(away), away, 0.0)
    texts = np.array([sizes[name] for name in shown.groups], dtype=np.float64)
    distance = np.sqrt((known**2).mean(axis=1) * texts)
    return sorted(int(i) for i in np.argsort(-distance, kind="stable")[:most])


def _choice(n_groups: int, chosen: list[str]) -> str:
    if len(chosen) == n_groups:
        return ""
    return (
        f"Shown are {len(chosen)} of {n_groups} groups, those whose profile lies furthest from that of all texts "
        f"(distance × √texts): {listing(chosen)}. The table holds every group."
    )


def _extremes(shown: GroupValues, group: int, places: Places) -> tuple[str, str]:
    """Return the highest places above zero, and the lowest below it, in words."""
    values = shown.values[group]
    order = [int(j) for j in np.argsort(-values, kind="stable") if np.isfinite(values[j])]
    named = [f"{places.label(shown.targets[j])} {signed(float(values[j]))}" for j in order]
    above = [text for text, j in zip(named, order, strict=True) if values[j] > 0][:N_NAMED]
    below = [text for text, j in zip(named, order, strict=True) if values[j] < 0][::-1][:N_NAMED]
    return "; ".join(above), "; ".join(below)  # labels have commas of their own
