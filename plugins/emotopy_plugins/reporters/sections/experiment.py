"""The sections of an experiment: the published procedure and ours side by side, and each further table."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
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
    plain,
    signed,
    small_probability,
)
from emotopy_plugins.reporters.of_experiment import IMBALANCED, PUBLISHED, Record, false_rate, summaries_of
from emotopy_plugins.reporters.region_values import RegionNames
from emotopy_plugins.reporters.sections.comparison import WIDEST, nodes_of
from emotopy_plugins.reporters.sections.section import section

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS, MOST_MARKERS = 850, 1400
"""Most rows of the tables of nodes together, and of each other table; and markers of glass brains."""
MOST_PAIRS, MOST_LEFT_OUT = 500, 1000
"""Most pairs of groups in the table of both procedures, and rows of what was left out."""
MOST_LETTERS = 200_000
"""Letters of names in the table of what was left out."""
MOST_HEAT = 60
"""Most emotions of the map of distances."""
LONGEST = 22
"""Letters of an emotion's name beside the map; pointing shows it whole."""
FEW_EMOTIONS, FEW_LETTER, MANY_LETTER = 10, 2.3, 1.15
"""With so few emotions the map is small, and its letters take so much of its side; with more, the second."""
N_NAMED = 3
"""Pairs of emotions that the page names as nearest and farthest."""
MEASURES = ("relative", "intensity")
PROCEDURES = {PUBLISHED: "published", **{measure: f"ours, {WORDS[measure]}" for measure in MEASURES}}
KINDS = ("experiment",)


def _with_table(name: str, title: str, read: Callable[[pd.DataFrame], Mapping[str, Any]]) -> Any:
    """Return the reading of a table that only some experiments have."""

    def reading(result: Result, limits: PageLimits) -> dict[str, Any] | None:
        table = result.tables.get(name)
        if table is None or not len(table):
            return None
        return {"title": title, "first": limits.rows, "n_hidden": max(0, len(table) - MOST_ROWS), **read(table)}

    return reading


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
        f"The published procedure calls {published['found']} of {count(published['n_tests'], 'node')} significant. Of "
        f"the regions {held} differ with the joint fit, the unit and the correction in place."
    )
    if not one["n_splits"]:
        return found
    rates = listing(f"{percent(false_rate(verdict), 0)} by {WORDS[verdict['procedure']]}" for verdict in ours)
    return (
        f"{found} Where the same units are divided at random ({count(one['n_splits'], 'split')}), so that there is "
        f"nothing to find, the published procedure still calls {percent(false_rate(published), 0)} of the nodes "
        f"significant; of the regions {rates} have a p below 0.05 before it is corrected."
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


# Tables that only some experiments have -------------------------------------------------------------------------------


def _balance(table: pd.DataFrame) -> dict[str, Any]:
    return {
        "rows": [
            {
                "a": str(row["group_a"]),
                "b": str(row["group_b"]),
                "quantity": str(row["quantity"]),
                "mean_a": f"{row['mean_a']:.3g}",
                "mean_b": f"{row['mean_b']:.3g}",
                "smd": signed(float(row["smd"])),
                "beyond": abs(float(row["smd"])) > IMBALANCED,
            }
            for row in table.head(MOST_ROWS).to_dict("records")
        ]
    }


def _distances(table: pd.DataFrame) -> dict[str, Any]:
    """Return the map of squared distances, their table, nearest first, and how many pairs stand apart."""
    names = [str(name) for name in dict.fromkeys([*table["emotion_a"], *table["emotion_b"]])]
    index = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)))
    places = [table[column].astype(str).map(index).to_numpy() for column in ("emotion_a", "emotion_b")]
    matrix[places[0], places[1]] = matrix[places[1], places[0]] = table["distance"].to_numpy(dtype=np.float64)
    ranked = table.sort_values("distance", kind="stable")
    n_apart = int((table["p_family"] < ALPHA).sum())
    ends = [listing(_pair_of(row) for row in part.to_dict("records")) for part in
            (ranked.head(N_NAMED), ranked[::-1].head(N_NAMED))]  # fmt: skip
    return {
        "map": _distance_map(names, matrix) if len(names) <= MOST_HEAT else None,
        "n_emotions": len(names),
        "finding": f"{n_apart:,} of {count(len(table), 'pair')} stand apart (p family below 0.05, corrected by Holm). "
        f"Nearest: {ends[0]}. Farthest: {ends[1]}.",
        "rows": [_distance(row) for row in ranked.head(MOST_ROWS).to_dict("records")],
    }


def _distance_map(names: Sequence[str], matrix: Any) -> dict[str, Any]:
    """Return the map's cells in percent of its side, and the room for names beside it, in the same unit."""
    order = _similarity_order(matrix)
    scale = Scale.around(matrix.ravel())
    size = 100 / max(len(names), 1)
    shown = [names[i] if len(names[i]) <= LONGEST else f"{names[i][: LONGEST - 1]}…" for i in order]
    letter = FEW_LETTER if len(names) <= FEW_EMOTIONS else MANY_LETTER
    return {
        "names": shown,
        "is_small": len(names) <= FEW_EMOTIONS,
        "margin": round(2 + letter * max(map(len, shown)), 1),
        "size": round(size, 3),
        "cells": [
            {
                "x": round(k * size, 3),
                "y": round(j * size, 3),
                "step": max(scale.step(float(matrix[a, b])) or 0, 0),
                "text": f"{names[a]} and {names[b]}: {plain(float(matrix[a, b]), 3)}",
            }
            for j, a in enumerate(order)
            for k, b in enumerate(order)
            if a != b
        ],
        "limit": plain(scale.limit, 2 if scale.limit < 1 else 1),
    }


def _pair_of(row: Mapping[Any, Any]) -> str:
    return f"{row['emotion_a']} – {row['emotion_b']} ({plain(float(row['distance']), 3)})"


def _distance(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        "a": str(row["emotion_a"]),
        "b": str(row["emotion_b"]),
        "distance": plain(float(row["distance"]), 3),
        "interval": interval(row["low"], row["high"], 3),
        "p_family": small_probability(float(row["p_family"])),
        "beyond": bool(float(row["p_family"]) < ALPHA),
    }


def _similarity_order(matrix: Any) -> list[int]:
    """Return an order in which neighbours are similar: the leaves of an average-linkage tree."""
    if len(matrix) < 3:
        return list(range(len(matrix)))
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    tree = linkage(squareform(np.maximum(np.nan_to_num(matrix), 0), checks=False), "average", optimal_ordering=True)
    return [int(leaf) for leaf in leaves_list(tree)]


def _classification(table: pd.DataFrame) -> dict[str, Any]:
    overall = table[table["measure"] != "recall"].head(MOST_ROWS)
    recalls = table[table["measure"] == "recall"].sort_values("value", ascending=False, kind="stable").head(MOST_ROWS)
    return {
        "overall": [{"name": str(row["measure"]), **_chance(row)} for row in overall.to_dict("records")],
        "rows": [{"name": str(row["emotion"]), **_chance(row)} for row in recalls.to_dict("records")],
    }


def _chance(row: Mapping[Any, Any]) -> dict[str, Any]:
    p_family = float(row["p_family"])
    return {
        "n": f"{int(row['n']):,}",
        "value": percent(float(row["value"])),
        "null": f"{percent(float(row['null_mean']))} to {percent(float(row['null_95']))}",
        "p": small_probability(float(row["p"])),
        "p_family": small_probability(p_family),
        "beyond": p_family < ALPHA,
    }


def _intensity(table: pd.DataFrame) -> dict[str, Any]:
    rows = [
        {
            "name": str(row["emotion"]),
            "n": f"{int(row['n_texts']):,}",
            "value": plain(float(row["intensity"]), 3),
            "interval": interval(row["low"], row["high"], 3),
        }
        for row in table.sort_values("intensity", ascending=False, kind="stable").head(MOST_ROWS).to_dict("records")
    ]
    return {"rows": rows}


def _agreement(table: pd.DataFrame) -> dict[str, Any]:
    rows = [
        {
            "name": str(row["emotion"]),
            "term": str(row["term"]),
            "n": f"{int(row['n_texts']):,}",
            "r": signed(float(row["r"])),
            "interval": interval(row["low"], row["high"], 2),
            "others": signed(float(row["r_others"])),
            "rank": f"{int(row['rank'])} of {int(row['n_terms'])}" if math.isfinite(row["r"]) else ABSENT,
        }
        for row in table.sort_values("r", ascending=False, kind="stable").head(MOST_ROWS).to_dict("records")
    ]
    return {"rows": rows}


def _models(table: pd.DataFrame) -> dict[str, Any]:
    def cell(row: Mapping[Any, Any], value: str, low: str, high: str, digits: int) -> str:
        number = float(row.get(value, math.nan))
        between = interval(row.get(low, math.nan), row.get(high, math.nan), digits)
        return plain(number, digits) + (f" ({between})" if between else "")

    def region(row: Mapping[Any, Any], name: str) -> str:
        g, p = float(row.get(f"{name}_g", math.nan)), float(row.get(f"{name}_p_family", math.nan))
        return f"{signed(g)} (p {small_probability(p)})" if math.isfinite(g) else ABSENT

    rows = [
        {
            "name": str(row["model"]),
            "n": f"{int(row['n_questions']):,} / {int(row['n_answers']):,}",
            "js": plain(float(row["js_distance"]), 3),
            "js_corrected": cell(row, "js_corrected", "js_low", "js_high", 3),
            "js_null": interval(row.get("js_null_mean", math.nan), row.get("js_null_95", math.nan), 3) or ABSENT,
            "js_p": small_probability(float(row.get("js_p", math.nan))),
            "profile": cell(row, "profile_distance", "profile_low", "profile_high", 3),
            "profile_p": small_probability(float(row.get("profile_p", math.nan))),
            "medial_prefrontal": region(row, "medial_prefrontal"),
            "posterior_cingulate": region(row, "posterior_cingulate"),
        }
        for row in table.head(MOST_ROWS).to_dict("records")
    ]
    return {"rows": rows}


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
        (140, "models", _with_table("models", "Models against people", _models)),
        (150, "balance", _with_table("balance", "Are the groups alike in what should not matter?", _balance)),
        (160, "distances", _with_table("distances", "Which emotions separate", _distances)),
        (170, "classification", _with_table("classification", "Telling emotions from profiles", _classification)),
        (180, "intensity", _with_table("intensity", "Intensity of each emotion", _intensity)),
        (190, "agreement", _with_table("agreement", "Profiles and their evidence", _agreement)),
        (300, "parts", _parts),
        (450, "left-out", _left_out),
    )
)
