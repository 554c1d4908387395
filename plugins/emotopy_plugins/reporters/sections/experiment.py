"""The sections of an experiment: the published procedure and ours side by side, and each further table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.records import PageLimits, RegionAxis, Result
from emotopy_plugins.reporters.brain_cards import BrainCard, brain_figure, n_markers
from emotopy_plugins.reporters.charts import Axis, forest_axis, forest_plot
from emotopy_plugins.reporters.compared import ALPHA, WORDS, fitting, place_of
from emotopy_plugins.reporters.formatting import (
    ABSENT,
    N_STEPS,
    Scale,
    count,
    interval,
    listing,
    percent,
    signed,
    small_probability,
)
from emotopy_plugins.reporters.of_experiment import PUBLISHED, Record, false_rate, summaries_of
from emotopy_plugins.reporters.region_values import RegionNames
from emotopy_plugins.reporters.sections.comparison import WIDEST, nodes_of
from emotopy_plugins.reporters.sections.experiment_tables import TABLES
from emotopy_plugins.reporters.sections.section import section

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS, MOST_MARKERS = 850, 1400
"""Most rows of the tables of nodes together, and of each other table; and markers of glass brains."""
MOST_PAIRS, MOST_LEFT_OUT = 500, 1000
"""Most pairs of groups in the table of both procedures, and rows of what was left out."""
MOST_LETTERS = 200_000
"""Letters of names in the table of what was left out."""
MEASURES = ("relative", "intensity")
PROCEDURES = {PUBLISHED: "published", **{measure: f"ours, {WORDS[measure]}" for measure in MEASURES}}
KINDS = ("experiment",)


# Both procedures ----------------------------------------------------------------------------------------------------


def _verdicts(result: Result, limits: PageLimits) -> dict[str, Any] | None:
    summaries = summaries_of(result)
    if not summaries:
        return None
    shown = summaries[:MOST_PAIRS]
    return {
        "title": "What the published procedure says, and what holds",
        "pairs": [_calibration(one) for one in shown],
        "n_hidden": len(summaries) - len(shown),
        "first": limits.rows,
    }


def _nodes(result: Result, limits: PageLimits) -> dict[str, Any] | None:
    table, summaries = result.tables["side_by_side"], summaries_of(result)
    if not len(table) or not summaries:
        return None
    axis = _axis(table)
    n_rows = max(1, int(table["node"].nunique()))
    shown = summaries[: max(1, MOST_ROWS // n_rows)]
    return {
        "title": "Node by node",
        "first": limits.rows,
        "pairs": [_pair(one, table, axis) for one in shown],
        "n_hidden": len(summaries) - len(shown),
        "ticks": axis.ticks,
    }


def _brain(result: Result, limits: PageLimits) -> dict[str, Any] | None:
    """Return glass brains of our differences of profiles; without them where nobody knows where nodes lie."""
    axis: RegionAxis | None = getattr(result, "axis", None)
    table = result.tables["side_by_side"]
    targets = [str(name) for name in dict.fromkeys(table["region"])]
    nodes = [] if axis is None else nodes_of(axis, targets)
    summaries = summaries_of(result)
    if not limits.groups or not summaries:
        return None
    title = "What holds, on the glass brain"
    if axis is None or not nodes:
        return {"title": title, "brains": None}
    shown = summaries[: max(1, MOST_MARKERS // n_markers(nodes))]
    names = RegionNames({})
    effects = table["relative_g"].to_numpy(dtype=np.float64)
    if not np.isfinite(effects).any():
        return None
    scale = Scale.around(np.clip(effects[np.isfinite(effects)], -WIDEST, WIDEST))
    return {
        "title": title,
        "brains": brain_figure(nodes, targets, [_card(one, table, targets, names) for one in shown], scale, names),
        "atlas": axis.atlas,
        "n_hidden": len(summaries) - len(shown),
        "steps": [(step, signed(scale.middle(step))) for step in range(-N_STEPS, N_STEPS + 1)],
        "has_brainstem": any(names.is_brainstem(name) for name in targets),
    }


def _card(one: Record, table: pd.DataFrame, targets: Sequence[str], names: RegionNames) -> BrainCard:
    own = table[(table["group_a"] == one["a"]) & (table["group_b"] == one["b"])]
    own = own.drop_duplicates("region").set_index("region").to_dict("index")
    tips = []
    for name in targets:
        g, low, high = (float(own[name][f"relative_{end}"]) for end in ("g", "low", "high"))
        around = interval(low, high, write=signed)
        p = small_probability(float(own[name]["relative_p_family"]))
        tips.append(
            f"{names.label(name)}: g {signed(g)}"
            + (f" (95\xa0% interval {around})" if around else "")
            + f", corrected p {p}"
        )
    effects = np.array([float(own[name]["relative_g"]) for name in targets])
    sure = [bool(float(own[name]["relative_p_family"]) < ALPHA) for name in targets]
    return BrainCard(f"{one['a']} minus {one['b']}", "", effects, tips, sure)


def _axis(table: pd.DataFrame) -> Axis:
    import pandas as pd

    names = {"g": "g", "low": "g_low", "high": "g_high"}
    parts = [table[[f"{m}_{n}" for n in names]].set_axis(list(names.values()), axis=1) for m in MEASURES]
    return forest_axis(pd.concat(parts))


def _calibration(one: Record) -> dict[str, Any]:
    return {
        "a": one["a"],
        "b": one["b"],
        "rows": [
            {
                "name": PROCEDURES[verdict["procedure"]],
                "found": f"{verdict['found']} of {count(verdict['n_tests'], _tested(verdict))}",
                "rate": percent(false_rate(verdict), 0),
                "any": f"{verdict['splits_with_any']} of {one['n_splits']}"
                if one["n_splits"] and verdict["splits_with_any"] is not None
                else ABSENT,
            }
            for verdict in one["verdicts"]
        ],
    }


def _tested(verdict: Record) -> str:
    """Return what a procedure tests: the published one nodes, ours regions."""
    return "node" if verdict["procedure"] == PUBLISHED else "region"


def _pair(one: Record, table: pd.DataFrame, axis: Axis) -> dict[str, Any]:
    own = table[(table["group_a"] == one["a"]) & (table["group_b"] == one["b"])]
    return {
        "a": one["a"],
        "b": one["b"],
        "finding": _finding(one),
        "rows": [_row(row, axis) for row in own.to_dict("records")],
    }


def _finding(one: Record) -> str:
    published, *ours = one["verdicts"]
    held = listing(f"{verdict['found']} of {verdict['n_tests']} by {WORDS[verdict['procedure']]}" for verdict in ours)
    found = (
        f"The published procedure finds {published['found']} of {count(published['n_tests'], 'node')} "
        f"significant. With a joint fit, units and correction, {held} regions differ."
    )
    if not one["n_splits"]:
        return found
    rates = listing(f"{percent(false_rate(verdict), 0)} by {WORDS[verdict['procedure']]}" for verdict in ours)
    return (
        f"{found} When the same units are divided at random ({count(one['n_splits'], 'split')}), so "
        "that there is no true difference, the published procedure still finds "
        f"{percent(false_rate(published), 0)} of the nodes significant; {rates} of the regions have an "
        "uncorrected p below 0.05."
    )


def _row(row: Mapping[Any, Any], axis: Axis) -> dict[str, Any]:
    cells: dict[str, Any] = {
        **place_of(row, "node"),
        "published_p": small_probability(float(row["published_p"])),
        "significant": bool(row["published_significant"]),
        "cells": f"{int(row['n_texts_a']):,} / {int(row['n_texts_b']):,}",
    }
    for measure in MEASURES:
        g, low, high, p = (float(row[f"{measure}_{name}"]) for name in ("g", "low", "high", "p_family"))
        cells[measure] = {
            "g": signed(g),
            "interval": interval(low, high, write=signed),
            "p_family": small_probability(p),
            "beyond": p < ALPHA,
            "forest": forest_plot(axis, g, low, high, beyond=p < ALPHA),
        }
    return cells


def _parts(result: Result, limits: PageLimits) -> dict[str, Any] | None:  # noqa: ARG001 (as all sections)
    parts = [f"{name}/report.html" for name in result.provenance.get("parts", ())]
    return {"title": "All results", "parts": parts} if parts else None


def _left_out(result: Result, limits: PageLimits) -> dict[str, Any] | None:
    table = result.tables.get("left_out")
    if table is None or not len(table):
        return None
    rows = table.head(MOST_LEFT_OUT)[["what", "reason"]].astype(str).to_dict("records")
    n_shown = fitting([tuple(row.values()) for row in rows], MOST_LEFT_OUT, MOST_LETTERS)
    return {
        "title": "Left out",
        "n": f"{len(table):,}",
        "n_shown": f"{n_shown:,}",
        "is_cut": n_shown < len(table),
        "first": limits.rows,
        "rows": rows[:n_shown],
    }


STYLES = ("comparison.css", "experiment.css")
EXPERIMENT = tuple(
    section(f"experiment-{name}", reading, order=order, kinds=KINDS, styles=STYLES)
    for order, name, reading in (
        (100, "verdicts", _verdicts),
        (110, "brain", _brain),
        (120, "nodes", _nodes),
        *TABLES,
        (300, "parts", _parts),
        (450, "left-out", _left_out),
    )
)
