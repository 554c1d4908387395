"""What the page of an experiment says, as plain values: the template only arranges them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from emotopy.experiments.summary import PUBLISHED, PairSummary, Verdict, summarise
from emotopy.records import label
from emotopy_plugins.reporters.comparison_report import forest, forest_axis
from emotopy_plugins.reporters.decoding_charts import Axis
from emotopy_plugins.reporters.experiment_sections import sections_of, small
from emotopy_plugins.reporters.formatting import count, listing, percent, plain, signed
from emotopy_plugins.reporters.report_tables import BRAINSTEM
from emotopy_plugins.reporters.report_view import flattened

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.experiments.experiment import Experiment

ALPHA = 0.05
MOST_LEFT_OUT = 200
MEASURES = ("relative", "intensity")
WORDS = {"relative": "profile", "intensity": "intensity"}
PROCEDURES = {PUBLISHED: "published", **{measure: f"ours, {word}" for measure, word in WORDS.items()}}


def view_of_experiment(result: Experiment, title: str | None) -> dict[str, Any]:
    """Return the template's values for an experiment."""
    summaries = summarise(result)
    axis = _axis(result.side_by_side)
    return {
        "title": title or result.title,
        "summary": _summary(summaries),
        "facts": _facts(result),
        "calibration": [_calibration(one) for one in summaries],
        "pairs": [_pair(one, result.side_by_side, axis) for one in summaries],
        "ticks": axis.ticks,
        "balance": _balance(result.tables.get("balance")),
        "sections": sections_of(result),
        "parts": [f"{name}/report.html" for name in result.parts],
        "left_out": result.left_out.head(MOST_LEFT_OUT).to_dict("records"),
        "n_left_out": f"{len(result.left_out):,}",
        "notes": list(result.notes),
        "provenance": list(flattened(result.provenance)),
        "version": str(result.provenance.get("versions", {}).get("emotopy", "")),
    }


def _axis(table: pd.DataFrame) -> Axis:
    import pandas as pd

    names = {"g": "g", "low": "g_low", "high": "g_high"}
    parts = [table[[f"{m}_{n}" for n in names]].set_axis(list(names.values()), axis=1) for m in MEASURES]
    return forest_axis(pd.concat(parts))


def _summary(summaries: list[PairSummary]) -> str:
    names = [f"{one.a} against {one.b}" for one in summaries]
    shown = names if len(names) <= 4 else [*names[:4], f"{len(names) - 4} more pairs"]
    told = listing(shown)
    return f"{told[:1].upper()}{told[1:]}: what the published procedure says, and what holds."


def _facts(result: Experiment) -> list[tuple[str, str]]:
    told = result.provenance
    config: Mapping[str, Any] = told.get("presets", {}).get("recommended", {})
    inputs: Mapping[str, Any] = config.get("input", {})
    asked: Mapping[str, Any] = told.get("config", {}).get("comparison", {})
    facts = [
        ("Data", str(told.get("dataset", {}).get("title") or inputs.get("file", "a table"))),
        ("Texts", f"{inputs.get('n_scored', 0):,}"),
        ("Embedder", _embedder(config)),
        ("Reference", str(config.get("reference", ""))),
        ("Held constant", _held(result.name, asked)),
        ("Seed", str(told.get("seed", ""))),
        ("Cite", str(told.get("dataset", {}).get("cite", ""))),
    ]
    return [(name, value) for name, value in facts if value]


def _held(kind: str, asked: Mapping[str, Any]) -> str:
    if kind == "human-vs-llm":
        return {"question": "the question: answers to it are pairs", "length": "log_words"}.get(
            asked["hold"], "nothing"
        )
    return ", ".join(asked.get("covariates", ())) or "nothing"


def _embedder(config: Mapping[str, Any]) -> str:
    stage = config.get("stages", {}).get("embedder", {})
    name = stage.get("use") if isinstance(stage, Mapping) else stage
    return f"{name}, in both presets" if name else ""


def _calibration(one: PairSummary) -> dict[str, Any]:
    return {
        "a": one.a,
        "b": one.b,
        "rows": [
            {
                "name": PROCEDURES[verdict.procedure],
                "found": f"{verdict.found} of {count(verdict.n_tests, 'node' if _is_theirs(verdict) else 'region')}",
                "rate": percent(verdict.false_rate, 0),
                "any": f"{verdict.splits_with_any} of {one.n_splits}"
                if one.n_splits and verdict.splits_with_any is not None
                else plain(math.nan),
            }
            for verdict in one.verdicts
        ],
    }


def _is_theirs(verdict: Verdict) -> bool:
    return verdict.splits_with_any is None


def _pair(one: PairSummary, table: pd.DataFrame, axis: Axis) -> dict[str, Any]:
    own = table[(table["group_a"] == one.a) & (table["group_b"] == one.b)]
    return {
        "a": one.a,
        "b": one.b,
        "finding": _finding(one),
        "rows": [_row(row, axis) for row in own.to_dict("records")],
    }


def _finding(one: PairSummary) -> str:
    theirs, *ours = one.verdicts
    held = listing(f"{verdict.found} of {verdict.n_tests} by {WORDS[verdict.procedure]}" for verdict in ours)
    found = (
        f"The published procedure calls {theirs.found} of {count(theirs.n_tests, 'node')} significant. Of the regions "
        f"{held} differ with the joint fit, the unit and the correction in place."
    )
    if not one.n_splits:
        return found
    rates = listing(f"{percent(verdict.false_rate, 0)} by {WORDS[verdict.procedure]}" for verdict in ours)
    return (
        f"{found} Where the same units are divided at random ({count(one.n_splits, 'split')}), so that there is "
        f"nothing to find, the published procedure still calls {percent(theirs.false_rate, 0)} of the nodes "
        f"significant; of the regions {rates} have a p below 0.05 before it is corrected."
    )


def _row(row: Mapping[Any, Any], axis: Axis) -> dict[str, Any]:
    view: dict[str, Any] = {
        "label": label(str(row["node"])),
        "brainstem": row["region"] in BRAINSTEM,
        "published_p": small(float(row["published_p"])),
        "significant": bool(row["published_significant"]),
        "cells": f"{int(row['n_texts_a']):,} / {int(row['n_texts_b']):,}",
    }
    for measure in MEASURES:
        g, low, high, p = (float(row[f"{measure}_{name}"]) for name in ("g", "low", "high", "p_family"))
        known = math.isfinite(low) and math.isfinite(high)
        view[measure] = {
            "g": signed(g),
            "interval": f"{signed(low)} to {signed(high)}" if known else "",
            "p_family": small(p),
            "beyond": p < ALPHA,
            "forest": forest(axis, g, low, high, beyond=p < ALPHA),
        }
    return view


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
