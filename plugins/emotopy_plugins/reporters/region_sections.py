"""The sections on regions of a text result's page: glass brains, and tables with a column per group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import attrs
import numpy as np

from emotopy.records import ALL_TEXTS, FloatArray, Node, label
from emotopy_plugins.reporters.brain_cards import BrainCard, brain_figure
from emotopy_plugins.reporters.formatting import ABSENT, Scale, count, interval, listing, percent, plain, signed
from emotopy_plugins.reporters.region_values import PlottedValues, RegionNames, RegionTable, group_label


@attrs.frozen
class Cell:
    """A cell: its text, its interval (may be empty), its step of colour (None: no colour)."""

    text: str
    interval: str = ""
    step: int | None = None


# Tables -------------------------------------------------------------------------------------------------------------


MOST_COLUMNS, MOST_CELLS = 150, 12_000
"""Groups that a table has columns for, and its cells; ``regions.csv`` holds all."""
LONGEST_NAME = 80
"""Letters of a group's name on the page."""


def shortened(name: str) -> str:
    """Return a name, cut where it is longer than a page can show."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def _choice_of_columns(n_groups: int, n_shown: int) -> str:
    if n_shown == n_groups:
        return ""
    return f"{n_shown} of {n_groups:,} groups are shown: those whose profile differs most from that of all texts."


def region_tables(table: RegionTable, scale: Scale, sizes: Mapping[str, int], names: RegionNames) -> dict[str, Any]:
    """Return the tables by name; with a single group one table holds all measures, `single`."""
    targets = list(table.targets)
    most = max(1, min(MOST_COLUMNS, MOST_CELLS // max(1, len(targets))))
    groups = table.groups
    if len(groups) > most:
        groups = tuple(groups[i] for i in shown_groups(table, table.plotted(), sizes, most))
    columns = (*groups, ALL_TEXTS) if table.is_compared else (ALL_TEXTS,)
    measures = {name: table.values(name, columns) for name in ("relative", "evidence", "share", "intensity")}
    ends = {
        name: (table.values(f"{name}_low", columns), table.values(f"{name}_high", columns))
        for name in ("relative", "intensity")
    }
    reference = table.reference_share()

    def cell(name: str, group: int, target: int, *, heat: bool) -> Cell:
        value = float(measures[name][group, target])
        write = signed if name in ("relative", "evidence") else plain
        digits = 3 if name == "intensity" else 2
        low, high = (float(end[group, target]) for end in ends[name]) if name in ends else (np.nan, np.nan)
        return Cell(write(value, digits), interval(low, high, digits, write), scale.step(value) if heat else None)

    def share(group: int, target: int) -> Cell:
        return Cell(percent(float(measures["share"][group, target])))

    def rows(cells_of: Callable[[int], Any]) -> list[dict[str, Any]]:
        return [
            {
                "label": label(targets[j]),
                "brainstem": names.is_brainstem(targets[j]),
                "reference": percent(reference[j]) if np.isfinite(reference[j]) else ABSENT,
                "cells": cells_of(j),
            }
            for j in range(len(targets))
        ]

    context = {
        "heads": [
            {"name": shortened(name), "n_texts": count(sizes[name], "text"), "is_all": name == ALL_TEXTS}
            for name in columns
        ],
        "choice": _choice_of_columns(len(table.groups), len(groups)) if table.is_compared else "",
        "level_word": table.level,
        "many_groups": len(columns) > 8,
    }
    if not table.is_compared:
        has_evidence = bool(np.isfinite(measures["evidence"]).any())

        def of_one(j: int) -> dict[str, Cell]:
            return {
                "relative": cell("relative", 0, j, heat=not has_evidence),
                "evidence": cell("evidence", 0, j, heat=has_evidence),
                "share": share(0, j),
                "intensity": cell("intensity", 0, j, heat=False),
            }

        return {**context, "single": rows(of_one)}
    indices = range(len(columns))
    return {
        **context,
        "single": [],
        "profile_rows": rows(lambda j: [cell("relative", i, j, heat=True) for i in indices]),
        "intensity_rows": rows(lambda j: [cell("intensity", i, j, heat=False) for i in indices]),
        "share_rows": rows(lambda j: [share(i, j) for i in indices]),
    }


# Glass brains -------------------------------------------------------------------------------------------------------


def glass_brains(
    table: RegionTable,
    shown: PlottedValues,
    nodes: list[Node],
    scale: Scale,
    sizes: Mapping[str, int],
    most: int,
    names: RegionNames,
) -> dict[str, Any]:
    """Return the figure: outlines, a card per group shown, and a sentence on which groups those are."""
    chosen = shown_groups(table, shown, sizes, most)
    cards = [
        BrainCard(
            name=group_label(shown.groups[i]),
            said=count(sizes[shown.groups[i]], "text"),
            values=shown.values[i],
            tips=_tips(table, shown, i, sizes, names),
        )
        for i in chosen
    ]
    return {
        **brain_figure(nodes, shown.targets, cards, scale, names),
        "choice": _choice_sentence(len(shown.groups), [shown.groups[i] for i in chosen]),
    }


def _tips(
    table: RegionTable, shown: PlottedValues, group: int, sizes: Mapping[str, int], names: RegionNames
) -> list[str]:
    """Return what a marker says when it is pointed at: value, interval and number of texts, per target."""
    name = shown.groups[group]
    said = []
    ends = [np.full(len(shown.targets), np.nan)] * 2
    if shown.measure == "relative":
        ends = [table.values(f"relative_{end}", (name,))[0] for end in ("low", "high")]
    for j, target in enumerate(shown.targets):
        around = interval(float(ends[0][j]), float(ends[1][j]), write=signed)
        said.append(
            f"{names.label(target)}: {signed(float(shown.values[group, j]))}"
            + (f" (interval {around})" if around else "")
            + f", {count(sizes[name], 'text')}"
        )
    return said


def shown_groups(table: RegionTable, shown: PlottedValues, sizes: Mapping[str, int], most: int) -> list[int]:
    """Return which groups get a brain, in the order of the table.

    Those furthest from the profile of all texts, the distance in standard errors: root mean square over
    targets × √texts. By distance alone, tiny groups would win on noise.
    """
    away: FloatArray = shown.values - table.values(shown.measure, (ALL_TEXTS,))
    known = np.where(np.isfinite(away), away, 0.0)
    texts = np.array([sizes[name] for name in shown.groups], dtype=np.float64)
    distance = np.sqrt((known**2).mean(axis=1) * texts)
    return sorted(int(i) for i in np.argsort(-distance, kind="stable")[:most])


def _choice_sentence(n_groups: int, chosen: list[str]) -> str:
    if len(chosen) == n_groups:
        return ""
    return (
        f"{len(chosen)} of {n_groups} groups are shown: those whose profile differs most from that of "
        f"all texts (distance × √texts): {listing(chosen)}. The table contains every group."
    )
