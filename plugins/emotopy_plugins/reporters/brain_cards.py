"""Cards of glass brains, whatever their markers show: a value per region, and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from emotopy.plotting.glass_brain import layout, markers, outline
from emotopy.records import FloatArray, Node
from emotopy_plugins.reporters.formatting import Scale, signed
from emotopy_plugins.reporters.region_values import RegionNames

N_NAMED = 3
"""Regions that a caption names at either end."""


@attrs.frozen(eq=False)
class BrainCard:
    """A glass brain: its name, what stands beside it, a value per target, what its marker says, and rings.

    `values` is (n_targets,), NaN where there is none; `tips` has n_targets texts; `sure` may be empty: no marker is
    ringed then.
    """

    name: str
    said: str
    values: FloatArray
    tips: Sequence[str]
    sure: Sequence[bool] = ()


def brain_figure(
    nodes: Sequence[Node], targets: Sequence[str], cards: Sequence[BrainCard], scale: Scale, names: RegionNames
) -> dict[str, Any]:
    """Return what the macro `brain_cards` draws.

    Parameters
    ----------
    nodes : sequence of Node
        The nodes of the atlas; those of no target are left out.
    targets : sequence of str
        Names of regions or of nodes. Where there are only regions, three views are drawn, since a region has one value
        on both sides; else four.
    cards : sequence of BrainCard
        A card per brain.
    scale : Scale
        Colours, and the size of markers; all brains share it.
    names : RegionNames
        What regions are called.

    Returns
    -------
    dict
        ``layout``, ``outlines``, ``cards``, and ``choice``, a sentence on which cards these are (empty).
    """
    column = {target: j for j, target in enumerate(targets)}
    placed = [node for node in nodes if node.name in column or node.region in column]
    of_node = [column[node.name if node.name in column else node.region] for node in placed]
    plan = layout("region" if {node.region for node in placed} >= set(targets) else "node")
    shown = []
    for card in cards:
        values = np.asarray(card.values, dtype=np.float64)
        at_nodes = values[of_node]
        views = [
            {
                "view": view,
                "markers": [
                    {
                        "at": marker,
                        "target": targets[of_node[marker.node]],
                        "step": scale.step(float(at_nodes[marker.node])),
                        "title": card.tips[of_node[marker.node]],
                        "sure": bool(card.sure) and bool(card.sure[of_node[marker.node]]),
                    }
                    for marker in markers(placed, at_nodes, view, scale.limit)
                ],
            }
            for view in plan.views
        ]
        highest, lowest = extremes(targets, values, names)
        shown.append(
            {
                "group": card.name,
                "n_texts": card.said,
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
        "cards": shown,
        "choice": "",
    }


def n_markers(nodes: Sequence[Node]) -> int:
    """Return about how many markers a brain has."""
    return 3 * len(nodes)


def extremes(targets: Sequence[str], values: FloatArray, names: RegionNames) -> tuple[str, str]:
    """Return the highest targets above zero, and the lowest below it, in words."""
    order = [int(j) for j in np.argsort(-values, kind="stable") if np.isfinite(values[j])]
    phrases = [f"{names.label(targets[j])} {signed(float(values[j]))}" for j in order]
    above = [text for text, j in zip(phrases, order, strict=True) if values[j] > 0][:N_NAMED]
    below = [text for text, j in zip(phrases, order, strict=True) if values[j] < 0][::-1][:N_NAMED]
    return "; ".join(above), "; ".join(below)  # labels have commas of their own
