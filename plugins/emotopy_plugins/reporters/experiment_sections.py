"""The sections that only some experiments have: distances, classification, intensity, agreement, models."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.experiments.experiment import Experiment
from emotopy_plugins.reporters.formatting import (
    ABSENT,
    Scale,
    count,
    percent,
    plain,
    probability,
    signed,
)

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05
N_NAMED = 8
"""Pairs of emotions that the page names as nearest and farthest; ``distances.csv`` holds all."""


def sections_of(result: Experiment) -> dict[str, Any]:
    """Return the view of each table that the experiment has, by its name."""
    makers: Mapping[str, Callable[[pd.DataFrame], Any]] = {
        "distances": _distances,
        "classification": _classification,
        "intensity": _intensity,
        "agreement": _agreement,
        "models": _models,
    }
    return {name: make(result.tables[name]) if name in result.tables else None for name, make in makers.items()}


def _distances(table: pd.DataFrame) -> dict[str, Any]:
    """Return the matrix of squared distances, its extremes, and how many pairs stand apart."""
    names = list(dict.fromkeys([*table["emotion_a"], *table["emotion_b"]]))
    index = {name: i for i, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)))
    for row in table.to_dict("records"):
        i, j = index[row["emotion_a"]], index[row["emotion_b"]]
        matrix[i, j] = matrix[j, i] = row["distance"]
    order = _by_likeness(matrix)
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
    low, high = float(row["low"]), float(row["high"])
    return {
        "a": str(row["emotion_a"]),
        "b": str(row["emotion_b"]),
        "distance": plain(float(row["distance"]), 3),
        "interval": f"{plain(low, 3)} to {plain(high, 3)}" if math.isfinite(low) else "",
        "p_family": small(float(row["p_family"])),
    }


def _by_likeness(matrix: Any) -> list[int]:
    """Return an order in which neighbours are alike: the leaves of an average-linkage tree."""
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
        "p": small(float(row["p"])),
        "p_family": small(p_family),
        "beyond": p_family < ALPHA,
    }


def _intensity(table: pd.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "name": str(row["emotion"]),
            "n": f"{int(row['n_texts']):,}",
            "value": plain(float(row["intensity"]), 3),
            "interval": _interval(row["low"], row["high"], 3),
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
            "interval": _interval(row["low"], row["high"], 2),
            "others": signed(float(row["r_others"])),
            "rank": f"{int(row['rank'])} of {int(row['n_terms'])}" if math.isfinite(row["r"]) else ABSENT,
        }
        for row in table.sort_values("r", ascending=False, kind="stable").to_dict("records")
    ]


def _models(table: pd.DataFrame) -> list[dict[str, str]]:
    def cell(row: Mapping[Any, Any], value: str, low: str, high: str, digits: int) -> str:
        number = float(row.get(value, math.nan))
        between = _interval(row.get(low, math.nan), row.get(high, math.nan), digits)
        return plain(number, digits) + (f" ({between})" if between else "")

    def region(row: Mapping[Any, Any], name: str) -> str:
        g, p = float(row.get(f"{name}_g", math.nan)), float(row.get(f"{name}_p_family", math.nan))
        return f"{signed(g)} (p {small(p)})" if math.isfinite(g) else ABSENT

    return [
        {
            "name": str(row["model"]),
            "n": f"{int(row['n_questions']):,} / {int(row['n_answers']):,}",
            "js": plain(float(row["js_distance"]), 3),
            "js_corrected": cell(row, "js_corrected", "js_low", "js_high", 3),
            "js_null": _interval(row.get("js_null_mean", math.nan), row.get("js_null_95", math.nan), 3) or ABSENT,
            "js_p": small(float(row.get("js_p", math.nan))),
            "profile": cell(row, "profile_distance", "profile_low", "profile_high", 3),
            "profile_p": small(float(row.get("profile_p", math.nan))),
            "medial_prefrontal": region(row, "medial_prefrontal"),
            "posterior_cingulate": region(row, "posterior_cingulate"),
        }
        for row in table.to_dict("records")
    ]


def small(p: float) -> str:
    """Return a p-value for people; one that four digits would show as zero says that it is below what they can show.

    >>> small(0.0312), small(3e-19)
    ('0.031', '< 0.0001')
    """
    return "< 0.0001" if p < 0.00005 else probability(p)


def _interval(low: Any, high: Any, digits: int) -> str:
    low, high = float(low), float(high)
    return f"{plain(low, digits)} to {plain(high, digits)}" if math.isfinite(low) and math.isfinite(high) else ""
