"""What the page of a comparison says, as plain values: the template only arranges them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.records import label
from emotopy_plugins.reporters.decoding_charts import Axis
from emotopy_plugins.reporters.formatting import count, listing, plain, probability, signed
from emotopy_plugins.reporters.report_tables import BRAINSTEM
from emotopy_plugins.reporters.report_view import flattened

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.pathways.comparison.result import Comparison

ALPHA = 0.05
MOST_PAIRS = 6
"""Most pairs of groups that get a table of their own."""
MOST_EXCLUDED = 200
MOST_NAMED = 6
FOREST_WIDTH, FOREST_MARGIN = 240.0, 10.0
WIDEST_G = 3.0
"""Intervals are drawn to here, or to the largest g; those of few units may be endless."""
MEASURES = {
    "relative": "profile, in standard deviations of the reference texts",
    "intensity": "intensity, in the scorer’s own unit",
    "share": "assigned share, not tested",
}


@attrs.frozen
class Forest:
    """A g with its interval as places on the axis; None where there is no value."""

    origin: float
    dot: float | None
    interval: tuple[float, float] | None
    beyond: bool


def view_of_comparison(result: Comparison, title: str | None) -> dict[str, Any]:
    """Return the template's values for a comparison."""
    axis = forest_axis(result.table)
    shown = _shown_pairs(result)
    return {
        "title": title or "Groups of texts, compared by brain region",
        "summary": _summary(result),
        "facts": _facts(result),
        "level_word": result.level,
        "unit_word": "pair" if result.is_paired else "unit" if result.has_units else "text",
        "is_paired": result.is_paired,
        "omnibus": _omnibus(result),
        "overview": _overview(result) if len(result.pairs) > 1 else [],
        "findings": _findings(result, shown),
        "pairs": [_pair(result, pair, axis) for pair in shown],
        "n_pairs": len(result.pairs),
        "ticks": axis.ticks,
        "excluded": result.excluded.head(MOST_EXCLUDED).to_dict("records"),
        "hidden_excluded": len(result.excluded) > MOST_EXCLUDED,
        "n_excluded": f"{len(result.excluded):,}",
        "notes": list(result.notes),
        "provenance": list(flattened(result.provenance)),
        "version": str(result.provenance.get("versions", {}).get("emotopy", "")),
    }


def forest_axis(table: pd.DataFrame) -> Axis:
    """Return the axis that all forests of a page share; zero is on it."""
    sizes = np.abs(table["g"].to_numpy(dtype=np.float64))
    widest = max(WIDEST_G, float(np.nanmax(sizes, initial=0.0, where=np.isfinite(sizes))))
    ends = np.clip(table[["g", "g_low", "g_high"]].to_numpy(dtype=np.float64).ravel(), -widest, widest)
    return Axis.over([0.0, *ends], FOREST_MARGIN, FOREST_WIDTH - FOREST_MARGIN)


def forest(axis: Axis, g: float, low: float, high: float, *, beyond: bool) -> Forest:
    """Return the forest of a row; an interval that leaves the axis is drawn to its end."""

    def at(value: float) -> float:
        return axis.at(min(max(value, axis.low), axis.high))

    known = math.isfinite(low) and math.isfinite(high)
    return Forest(axis.at(0.0), at(g) if math.isfinite(g) else None, (at(low), at(high)) if known else None, beyond)


def _summary(result: Comparison) -> str:
    sizes = [f"{name} ({count(n, 'pair' if result.is_paired else 'unit')})" for name, n in result.n_units.items()]
    shown = sizes if len(sizes) <= MOST_NAMED else [*sizes[:MOST_NAMED], f"{len(sizes) - MOST_NAMED} more groups"]
    n_places = int(result.table[_column(result)].nunique())
    return f"{listing(shown)} in {count(n_places, result.level)}."


def _facts(result: Comparison) -> list[tuple[str, str]]:
    asked: Mapping[str, Any] = result.provenance.get("config", {})
    by = "the unit" if asked.get("paired_by") == "unit" else f"column {asked.get('paired_by')}"
    facts = [("Groups", ", ".join(result.groups))]
    if result.is_paired:
        facts.append(("Pairs", f"{next(iter(result.n_units.values())):,}, matched by {by}"))
    else:
        sizes = ", ".join(f"{n:,}" for n in result.n_units.values())
        facts.append(("Units", sizes if result.has_units else f"{sizes}; none given, every text counts as its own"))
    facts.append(("Held constant", ", ".join(asked.get("covariates", ())) or "nothing"))
    facts.append(("Values per", result.level))
    facts.append(("Permutations", _permutations(result.provenance)))
    if "seed" in result.provenance:
        facts.append(("Seed", str(result.provenance["seed"])))
    reference = result.provenance.get("mapped", {}).get("reference")
    return [*facts, ("Reference", str(reference))] if reference else facts


def _permutations(provenance: Mapping[str, Any]) -> str:
    tests = provenance.get("tests", [])
    numbers = sorted({int(test["n_permutations"]) for test in tests})
    if not numbers:
        return "none"
    told = f"{numbers[0]:,}" if len(numbers) == 1 else f"{numbers[0]:,} to {numbers[-1]:,}"
    return f"{told}, all there are" if all(test["exact"] for test in tests) else told


def _column(result: Comparison) -> str:
    return "node" if result.level == "node" else "region"


def _of(result: Comparison, pair: tuple[str, str]) -> pd.DataFrame:
    table = result.table
    return table[(table["group_a"] == pair[0]) & (table["group_b"] == pair[1])]


def _shown_pairs(result: Comparison) -> list[tuple[str, str]]:
    """Return the pairs with the smallest family-wise p, in the order of the table."""
    smallest = {pair: _of(result, pair)["p_family"].fillna(1.0).min() for pair in result.pairs}
    chosen = set(sorted(result.pairs, key=smallest.__getitem__)[:MOST_PAIRS])
    return [pair for pair in result.pairs if pair in chosen]


def _findings(result: Comparison, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Say in a sentence per measure which places differ, where there is one pair."""
    if len(result.pairs) > 1:
        return []
    found = []
    for measure, part in _of(result, pairs[0]).groupby("measure", sort=False):
        if measure == "share":
            continue
        hits = part[part["p_family"] < ALPHA].sort_values("p_family", kind="stable")
        names = [label(str(name)) for name in hits[_column(result)]]
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        found.append(
            f"{str(measure).capitalize()}: "
            + (f"{', '.join(names[:MOST_NAMED])}{more} differ" if len(names) > 1 else f"{names[0]} differs" if names
               else f"no {result.level} differs")
            + " beyond chance (p family below 0.05)."
        )  # fmt: skip
    return found


def _overview(result: Comparison) -> list[dict[str, Any]]:
    rows = []
    for pair in result.pairs:
        for measure, part in _of(result, pair).groupby("measure", sort=False):
            tested = part[part["p_family"].notna()]
            if not len(tested):
                continue
            best = tested.sort_values("p_family", kind="stable").iloc[0]
            rows.append(
                {
                    "a": pair[0],
                    "b": pair[1],
                    "measure": str(measure),
                    "n": f"{int((tested['p_family'] < ALPHA).sum())} of {len(part)}",
                    "place": label(str(best[_column(result)])),
                    "g": signed(float(best["g"])),
                    "p_family": probability(float(best["p_family"])),
                }
            )
    return rows


def _place(result: Comparison, row: Mapping[Any, Any]) -> dict[str, Any]:
    beyond = bool(float(row["p_family"]) < ALPHA)
    return {
        "label": label(str(row[_column(result)])),
        "brainstem": row["region"] in BRAINSTEM,
        "beyond": beyond,
        **{name: probability(float(row[name])) for name in ("p", "p_family", "q")},
    }


def _omnibus(result: Comparison) -> list[dict[str, Any]]:
    if result.omnibus is None:
        return []
    return [
        {
            "measure": MEASURES.get(str(measure), str(measure)),
            "rows": [{**_place(result, row), "f": plain(float(row["f"]))} for row in part.to_dict("records")],
        }
        for measure, part in result.omnibus.groupby("measure", sort=False)
    ]


def _pair(result: Comparison, pair: tuple[str, str], axis: Axis) -> dict[str, Any]:
    blocks = []
    for measure, part in _of(result, pair).groupby("measure", sort=False):
        digits = 3 if measure in ("intensity", "share") else 2
        rows = []
        for row in part.to_dict("records"):
            place = _place(result, row)
            g, low, high = (float(row[name]) for name in ("g", "g_low", "g_high"))
            rows.append(
                {
                    **place,
                    "forest": forest(axis, g, low, high, beyond=place["beyond"]),
                    "g": signed(g),
                    "interval": f"{signed(low)} to {signed(high)}"
                    if math.isfinite(low) and math.isfinite(high)
                    else "",
                    **{name: plain(float(row[name]), digits) for name in ("mean_a", "mean_b")},
                    "difference": signed(float(row["difference"]), digits),
                }
            )
        blocks.append({"measure": MEASURES.get(str(measure), str(measure)), "rows": rows})
    a, b = (result.n_units[name] for name in pair)
    sizes = count(a, "pair") if result.is_paired else f"{count(a, 'unit')} against {count(b, 'unit')}"
    return {"a": pair[0], "b": pair[1], "sizes": f"{sizes}.", "blocks": blocks}
