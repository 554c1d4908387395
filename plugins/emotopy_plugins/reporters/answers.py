"""The answer on top of a page, in two sentences or three, made from the numbers and saying no more than they do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from emotopy.records import RegionResult, Result
from emotopy_plugins.reporters import of_bridge, of_comparison, of_decoding, of_experiment
from emotopy_plugins.reporters.formatting import count, interval, listing, signed
from emotopy_plugins.reporters.region_values import RegionNames, RegionTable

MOST_GROUPS = 3
"""Groups that the answer names."""
MOST_REGIONS = 3
"""Regions that it names where there is one group."""


def answer_of(result: Result) -> list[str]:
    """Return the sentences for a result; of a kind that isn't known, what its tables are."""
    return ANSWERS.get(result.kind, _of_tables)(result)


def _of_tables(result: Result) -> list[str]:
    names = [str(name) for name in result.tables]
    named = f": {listing(names)}" if 0 < len(names) <= 4 else ""
    return [f"{count(len(names), 'table')}{named}."]


def _of_texts(result: RegionResult) -> list[str]:
    table, names = RegionTable.of(result), RegionNames.of(result)
    texts = int((result.tables["texts"]["status"] == "scored").sum()) if "texts" in result.tables else 0
    shown = table.plotted()
    if not texts or not np.isfinite(shown.values).any():
        return ["No text could be mapped, so there are no results for any region."]
    if not table.is_compared:
        return _of_one_group(table, names, texts)
    values = table.values("relative", table.groups)
    low, high = (table.values(f"relative_{end}", table.groups) for end in ("low", "high"))
    spread = np.where(np.isfinite(values).any(axis=0), np.nanmax(values, axis=0) - np.nanmin(values, axis=0), -np.inf)
    j = int(np.argmax(spread))
    top, bottom = int(np.nanargmax(values[:, j])), int(np.nanargmin(values[:, j]))
    sizes = result.tables["texts"].loc[result.tables["texts"]["status"] == "scored", "group"].value_counts()

    def said(group: int) -> str:
        name = table.groups[group]
        return f"{name} ({count(int(sizes.get(name, 0)), 'text')}) at {_value(values, low, high, group, j)}"

    furthest = (
        f"{count(texts, 'text')} in {count(len(table.groups), 'group')}: they differ most in the "
        f"profile of {names.label(table.targets[j])}, with {said(top)} and {said(bottom)}."
    )
    return [furthest, "This page doesn’t test whether they differ beyond chance; use emotopy compare for that."]


def _value(values: Any, low: Any, high: Any, group: int, target: int) -> str:
    around = interval(float(low[group, target]), float(high[group, target]), write=signed)
    return f"{signed(float(values[group, target]))} SD" + (f" (interval {around})" if around else "")


def _of_one_group(table: RegionTable, names: RegionNames, n_texts: int) -> list[str]:
    shown = table.plotted()
    values = shown.values[0]
    order = [int(j) for j in np.argsort(-values, kind="stable") if np.isfinite(values[j])]
    unit = "SD" if shown.measure == "relative" else "log-odds"
    named = [f"{names.label(table.targets[j])} ({signed(float(values[j]))})" for j in order[:MOST_REGIONS]]
    what = "profile" if shown.measure == "relative" else "evidence"
    first = f"In {count(n_texts, 'text')}, the {what} is highest in {listing(named)}, in {unit}."
    return [
        first,
        (
            "There is only one group, so this page can’t show whether other texts would give the same result "
            "or how much is due to chance."
        ),
    ]


ANSWERS: Mapping[str, Callable[[Any], list[str]]] = {
    "texts": _of_texts,
    "decoding": of_decoding.answer,
    "bridge": of_bridge.answer,
    "comparison": of_comparison.answer,
    "experiment": of_experiment.answer,
}
