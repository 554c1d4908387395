"""The page of an experiment: the values of its template.

Published procedure and ours side by side, then a section for each further table that the experiment has.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.records import Result, label
from emotopy_plugins.reporters.charts import Axis, forest_axis, forest_plot
from emotopy_plugins.reporters.formatting import (
    ABSENT,
    Scale,
    count,
    interval,
    listing,
    percent,
    plain,
    signed,
    small_probability,
)
from emotopy_plugins.reporters.old_page import Limits, Page, common_context
from emotopy_plugins.reporters.region_values import BRAINSTEM

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05
MOST_LEFT_OUT = 200
N_NAMED = 8
"""Pairs of emotions that the page names as nearest and farthest; ``distances.csv`` holds all."""
MEASURES = ("relative", "intensity")
WORDS = {"relative": "profile", "intensity": "intensity"}
PUBLISHED = "published"
PROCEDURES = {PUBLISHED: "published", **{measure: f"ours, {word}" for measure, word in WORDS.items()}}
Record = Mapping[str, Any]
"""A pair of groups, or what a procedure finds for it, as `summary` of the provenance holds them."""


def experiment_page(result: Result, title: str | None, limits: Limits) -> Page:  # noqa: ARG001 (as all page makers)
    """Return the page of a result of kind ``experiment``."""
    return Page("experiment.html.jinja", template_context(result, title), ("comparison.css", "experiment.css"))


def template_context(result: Result, title: str | None) -> dict[str, Any]:
    """Return the template's values."""
    tables, provenance = result.tables, result.provenance
    summaries: Sequence[Record] = provenance.get("summary", ())
    side_by_side, left_out = tables["side_by_side"], tables.get("left_out")
    axis = _axis(side_by_side)
    return {
        "title": title or str(provenance.get("config", {}).get("title", "An experiment")),
        "summary": _summary(summaries),
        "facts": _facts(provenance),
        "calibration": [_calibration(one) for one in summaries],
        "pairs": [_pair(one, side_by_side, axis) for one in summaries],
        "ticks": axis.ticks,
        "balance": _balance(tables.get("balance")),
        "sections": _sections(tables),
        "parts": [f"{name}/report.html" for name in provenance.get("parts", ())],
        "left_out": [] if left_out is None else left_out.head(MOST_LEFT_OUT).to_dict("records"),
        "n_left_out": f"{0 if left_out is None else len(left_out):,}",
        **common_context(result),
    }


def _axis(table: pd.DataFrame) -> Axis:
    import pandas as pd

    names = {"g": "g", "low": "g_low", "high": "g_high"}
    parts = [table[[f"{m}_{n}" for n in names]].set_axis(list(names.values()), axis=1) for m in MEASURES]
    return forest_axis(pd.concat(parts))


def _summary(summaries: Sequence[Record]) -> str:
    names = [f"{one['a']} against {one['b']}" for one in summaries]
    pairs = listing(names if len(names) <= 4 else [*names[:4], f"{len(names) - 4} more pairs"])
    return f"{pairs[:1].upper()}{pairs[1:]}: what the published procedure says, and what holds."


def _facts(provenance: Mapping[str, Any]) -> list[tuple[str, str]]:
    config: Mapping[str, Any] = provenance.get("presets", {}).get("recommended", {})
    inputs: Mapping[str, Any] = config.get("input", {})
    dataset: Mapping[str, Any] = provenance.get("dataset", {})
    facts = [
        ("Data", str(dataset.get("title") or inputs.get("file", "a table"))),
        ("Texts", f"{inputs.get('n_scored', 0):,}"),
        ("Embedder", _embedder(config)),
        ("Reference", str(config.get("reference", ""))),
        ("Held constant", _held_constant(provenance.get("config", {}))),
        ("Seed", str(provenance.get("seed", ""))),
        ("Cite", str(dataset.get("cite", ""))),
    ]
    return [(name, value) for name, value in facts if value]


def _held_constant(config: Mapping[str, Any]) -> str:
    asked: Mapping[str, Any] = config.get("comparison", {})
    if config.get("experiment") == "human-vs-llm":
        held = {"question": "the question: answers to it are pairs", "length": "log_words"}
        return held.get(asked["hold"], "nothing")
    return ", ".join(asked.get("covariates", ())) or "nothing"


def _embedder(config: Mapping[str, Any]) -> str:
    stage = config.get("stages", {}).get("embedder", {})
    name = stage.get("use") if isinstance(stage, Mapping) else stage
    return f"{name}, in both presets" if name else ""


def _calibration(one: Record) -> dict[str, Any]:
    return {
        "a": one["a"],
        "b": one["b"],
        "rows": [
            {
                "name": PROCEDURES[verdict["procedure"]],
                "found": f"{verdict['found']} of {count(verdict['n_tests'], _tested(verdict))}",
                "rate": percent(_false_rate(verdict), 0),
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


def _false_rate(verdict: Record) -> float:
    return math.nan if verdict["false_rate"] is None else float(verdict["false_rate"])


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
    rates = listing(f"{percent(_false_rate(verdict), 0)} by {WORDS[verdict['procedure']]}" for verdict in ours)
    return (
        f"{found} Where the same units are divided at random ({count(one['n_splits'], 'split')}), so that there is "
        f"nothing to find, the published procedure still calls {percent(_false_rate(published), 0)} of the nodes "
        f"significant; of the regions {rates} have a p below 0.05 before it is corrected."
    )


def _row(row: Mapping[Any, Any], axis: Axis) -> dict[str, Any]:
    cells: dict[str, Any] = {
        "label": label(str(row["node"])),
        "brainstem": row["region"] in BRAINSTEM,
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


def _balance(table: pd.DataFrame | None) -> list[dict[str, Any]]:
    if table is None:
        return []
    return [
        {
            "a": row["group_a"],
            "b": row["group_b"],
            "quantity": row["quantity"],
            "mean_a": f"{row['mean_a']:.3g}",
            "mean_b": f"{row['mean_b']:.3g}",
            "smd": signed(float(row["smd"])),
            "beyond": abs(float(row["smd"])) > 0.1,
        }
        for row in table.to_dict("records")
    ]


# Sections that only some experiments have -----------------------------------------------------------------------------


def _sections(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the values of each further table by its name; None for those that the experiment hasn't."""
    makers: Mapping[str, Callable[[pd.DataFrame], Any]] = {
        "distances": _distances,
        "classification": _classification,
        "intensity": _intensity,
        "agreement": _agreement,
        "models": _models,
    }
    return {name: make(tables[name]) if name in tables else None for name, make in makers.items()}


def _distances(table: pd.DataFrame) -> dict[str, Any]:
    """Return the matrix of squared distances, its extremes, and how many pairs stand apart."""
    names = list(dict.fromkeys([*table["emotion_a"], *table["emotion_b"]]))
    index = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)))
    for row in table.to_dict("records"):
        i, j = index[row["emotion_a"]], index[row["emotion_b"]]
        matrix[i, j] = matrix[j, i] = row["distance"]
    order = _similarity_order(matrix)
    scale = Scale.around(matrix)
    ranked = table.sort_values("distance", kind="stable").to_dict("records")
    n_apart = int((table["p_family"] < ALPHA).sum())
    size = 100 / max(len(names), 1)
    return {
        "names": [names[i] for i in order],
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
        "finding": f"{n_apart:,} of {count(len(table), 'pair')} stand apart (p family below 0.05, corrected by Holm).",
        "nearest": [_distance(row) for row in ranked[:N_NAMED]],
        "farthest": [_distance(row) for row in ranked[: -N_NAMED - 1 : -1]],
    }


def _distance(row: Mapping[Any, Any]) -> dict[str, str]:
    return {
        "a": str(row["emotion_a"]),
        "b": str(row["emotion_b"]),
        "distance": plain(float(row["distance"]), 3),
        "interval": interval(row["low"], row["high"], 3),
        "p_family": small_probability(float(row["p_family"])),
    }


def _similarity_order(matrix: Any) -> list[int]:
    """Return an order in which neighbours are similar: the leaves of an average-linkage tree."""
    if len(matrix) < 3:
        return list(range(len(matrix)))
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    tree = linkage(squareform(np.maximum(matrix, 0), checks=False), "average", optimal_ordering=True)
    return [int(leaf) for leaf in leaves_list(tree)]


def _classification(table: pd.DataFrame) -> dict[str, Any]:
    overall = table[table["measure"] != "recall"]
    recalls = table[table["measure"] == "recall"].sort_values("value", ascending=False, kind="stable")
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


def _intensity(table: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "name": str(row["emotion"]),
            "n": f"{int(row['n_texts']):,}",
            "value": plain(float(row["intensity"]), 3),
            "interval": interval(row["low"], row["high"], 3),
        }
        for row in table.sort_values("intensity", ascending=False, kind="stable").to_dict("records")
    ]


def _agreement(table: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "name": str(row["emotion"]),
            "term": str(row["term"]),
            "n": f"{int(row['n_texts']):,}",
            "r": signed(float(row["r"])),
            "interval": interval(row["low"], row["high"], 2),
            "others": signed(float(row["r_others"])),
            "rank": f"{int(row['rank'])} of {int(row['n_terms'])}" if math.isfinite(row["r"]) else ABSENT,
        }
        for row in table.sort_values("r", ascending=False, kind="stable").to_dict("records")
    ]


def _models(table: pd.DataFrame) -> list[dict[str, str]]:
    def cell(row: Mapping[Any, Any], value: str, low: str, high: str, digits: int) -> str:
        number = float(row.get(value, math.nan))
        between = interval(row.get(low, math.nan), row.get(high, math.nan), digits)
        return plain(number, digits) + (f" ({between})" if between else "")

    def region(row: Mapping[Any, Any], name: str) -> str:
        g, p = float(row.get(f"{name}_g", math.nan)), float(row.get(f"{name}_p_family", math.nan))
        return f"{signed(g)} (p {small_probability(p)})" if math.isfinite(g) else ABSENT

    return [
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
        for row in table.to_dict("records")
    ]
