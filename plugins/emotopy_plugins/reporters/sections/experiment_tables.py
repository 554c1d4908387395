"""The tables that only some experiments have: balance, distances, classification, intensity, evidence, models."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.records import PageLimits, Result
from emotopy_plugins.reporters.compared import ALPHA
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
from emotopy_plugins.reporters.of_experiment import IMBALANCED
from emotopy_plugins.reporters.sections.section import Reading

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 850
"""Most rows of a table."""
MOST_HEAT = 60
"""Most emotions of the map of distances."""
LONGEST = 22
"""Letters of an emotion's name beside the map; pointing shows it whole."""
FEW_EMOTIONS, FEW_LETTER, MANY_LETTER = 10, 2.3, 1.15
"""With so few emotions the map is small, and its letters take so much of its side; with more, the second."""
N_NAMED = 3
"""Pairs of emotions that the page names as nearest and farthest."""


def _with_table(name: str, title: str, read: Callable[[pd.DataFrame], Mapping[str, Any]]) -> Reading:
    """Return the reading of a table that only some experiments have."""

    def reading(result: Result, limits: PageLimits) -> dict[str, Any] | None:
        table = result.tables.get(name)
        if table is None or not len(table):
            return None
        return {"title": title, "first": limits.rows, "n_hidden": max(0, len(table) - MOST_ROWS), **read(table)}

    return reading


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
        "finding": f"{n_apart:,} of {count(len(table), 'pair')} can be separated (p family below 0.05, Holm "
        f"correction). Smallest distance: {ends[0]}. Largest: {ends[1]}.",
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


TABLES = (
    (140, "models", _with_table("models", "Models against people", _models)),
    (150, "balance", _with_table("balance", "Balance of the groups in possible confounds", _balance)),
    (160, "distances", _with_table("distances", "Which emotions separate", _distances)),
    (170, "classification", _with_table("classification", "Telling emotions from profiles", _classification)),
    (180, "intensity", _with_table("intensity", "Intensity of each emotion", _intensity)),
    (190, "agreement", _with_table("agreement", "Profiles and their evidence", _agreement)),
)
"""Order, name and reading of each section."""
