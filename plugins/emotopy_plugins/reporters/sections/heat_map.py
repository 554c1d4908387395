"""A heat map of profiles, region by group, like groups beside each other."""

from __future__ import annotations

from typing import Any

import numpy as np

from emotopy.records import FloatArray, PageLimits, RegionResult
from emotopy_plugins.reporters.formatting import N_STEPS, Scale, interval, signed
from emotopy_plugins.reporters.region_values import RegionNames, RegionTable

FEWEST_GROUPS = 3
"""With fewer groups the table of profiles shows as much."""
MOST_GROUPS, MOST_CELLS = 60, 12_000
LEFT, TOP, RIGHT, SIZE, ROW = 190, 140, 150, 26, 22
LONGEST = 22
"""Letters of a group's name."""


def heat_map_reading(result: RegionResult, limits: PageLimits) -> dict[str, Any] | None:  # noqa: ARG001 (as all)
    """Return the values of the section; None for few groups, or for so many that nothing could be seen."""
    table, names = RegionTable.of(result), RegionNames.of(result)
    groups = table.groups
    if not FEWEST_GROUPS <= len(groups) <= MOST_GROUPS or len(groups) * len(table.targets) > MOST_CELLS:
        return None
    values = table.values("relative", groups)
    low, high = (table.values(f"relative_{end}", groups) for end in ("low", "high"))
    scale = Scale.around(values)
    order = beside_like(values)
    places = [LEFT + SIZE * k for k in range(len(order))]

    def title(i: int, j: int) -> str:
        around = interval(float(low[i, j]), float(high[i, j]), write=signed)
        said = f"{groups[i]}, {names.label(table.targets[j])}: {signed(float(values[i, j]))}"
        return f"{said} (interval {around})" if around else said

    rows = [
        {
            "label": names.short_label(target),
            "y": TOP + ROW * j,
            "cells": [
                {"x": x, "step": scale.step(float(values[i, j])), "title": title(i, j)}
                for i, x in zip(order, places, strict=True)
            ],
        }
        for j, target in enumerate(table.targets)
    ]
    return {
        "title": f"Heat map, {table.level} by group",
        "unit": "standard deviations of the reference texts",
        "level_word": table.level,
        "steps": [(step, signed(scale.middle(step))) for step in range(-N_STEPS, N_STEPS + 1)],
        "columns": [
            (groups[i] if len(groups[i]) <= LONGEST else groups[i][: LONGEST - 1] + "…", x + SIZE * 0.6)
            for i, x in zip(order, places, strict=True)
        ],
        "rows": rows,
        "left": LEFT,
        "top": TOP,
        "size": SIZE - 1,
        "width": LEFT + SIZE * len(order) + RIGHT,
        "height": TOP + ROW * len(rows) + 6,
    }


def beside_like(values: FloatArray) -> list[int]:
    """Return rows in an order in which like ones stand beside each other: leaves of Ward's tree, in optimal order.

    Missing values count as the mean of their column. Raises nothing for one row.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import pdist

    if len(values) < 3:
        return list(range(len(values)))
    known = np.isfinite(values)
    means = np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, values, means)
    return [int(i) for i in leaves_list(linkage(pdist(filled), "ward", optimal_ordering=True))]
