"""The sections of a comparison of groups: all groups at once, brains, maps, tables of pairs, and what was left out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.records import Node, PageLimits, RegionAxis, Result
from emotopy_plugins.reporters.brain_cards import BrainCard, brain_figure, n_markers
from emotopy_plugins.reporters.charts import Axis, forest_axis, forest_plot
from emotopy_plugins.reporters.compared import (
    ALPHA,
    MEASURES,
    UNTESTED,
    WORDS,
    Compared,
    Pair,
    fitting,
    place_of,
)
from emotopy_plugins.reporters.formatting import N_STEPS, Scale, count, interval, plain, probability, signed
from emotopy_plugins.reporters.region_values import RegionNames
from emotopy_plugins.reporters.sections.section import section

if TYPE_CHECKING:
    import pandas as pd

MOST_MARKERS, MOST_ROWS, MOST_ROWS_OF_PAIR = 1400, 600, 1200
"""Most markers of glass brains on the page, rows of tables of pairs, and rows of one pair."""
MOST_COLUMNS, MOST_CELLS = 15, 6000
"""Most pairs in the map of pairs, and its cells."""
MOST_PAIRS, MOST_LEFT_OUT = 2000, 1000
"""Most pairs in the table of all pairs, and rows of what was left out."""
MOST_LETTERS = 200_000
"""Letters of names in either of these tables."""
KINDS = ("comparison",)


def _omnibus(result: Result, limits: PageLimits) -> dict[str, Any] | None:
    compared = Compared.of(result)
    if compared.omnibus is None or not len(compared.omnibus):
        return None
    parts = compared.omnibus.groupby("measure", sort=False)
    shown = [(measure, _cut(part, MOST_ROWS // len(parts))) for measure, part in parts]
    return {
        "title": "All groups at once",
        "level_word": compared.level,
        "first": limits.rows,
        "n_hidden": len(compared.omnibus) - sum(len(part) for _, part in shown),
        "blocks": [
            {
                "measure": MEASURES.get(str(measure), str(measure)),
                "rows": [{**_tested(compared, row), "f": plain(float(row["f"]))} for row in part.to_dict("records")],
            }
            for measure, part in shown
        ],
    }


def _cut(part: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return at most so many rows, those with the smallest corrected p, in their order."""
    if len(part) <= most:
        return part
    return part.loc[part["p_family"].fillna(1.0).sort_values(kind="stable").index[:most].sort_values()]


def _tested(compared: Compared, row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        **place_of(row, compared.level),
        "beyond": bool(float(row["p_family"]) < ALPHA),
        **{name: probability(float(row[name])) for name in ("p", "p_family", "q")},
    }


# Glass brains -------------------------------------------------------------------------------------------------------


def drawn_measure(compared: Compared) -> str:
    """Return the measure that brains and maps show: the profile, unless it wasn't compared."""
    return next((name for name in ("relative", "intensity", UNTESTED) if name in compared.measures), "")


def _brain(result: Result, limits: PageLimits) -> dict[str, Any] | None:
    """Return the brains, or why there are none."""
    compared = Compared.of(result)
    measure = drawn_measure(compared)
    if not measure:
        return None
    values: dict[str, Any] = {"title": "Differences on the glass brain", "brains": None, "why": "", "atlas": ""}
    axis: RegionAxis | None = getattr(result, "axis", None)
    nodes = [] if axis is None else nodes_of(axis, compared.targets)
    if axis is None or not nodes:
        return {**values, "why": "places"}
    chosen = compared.strongest(max(1, MOST_MARKERS // n_markers(nodes)) if limits.groups else 0)
    if not chosen:
        return {**values, "why": "none"}
    names = RegionNames({**{name: name for name in compared.targets}, **{node.name: node.region for node in nodes}})
    rows = [compared.rows_of(pair, measure).set_index(compared.level) for pair in chosen]
    effects = np.array([part["g"].reindex(list(compared.targets)).to_numpy(dtype=np.float64) for part in rows])
    if not np.isfinite(effects).any():
        return {**values, "why": "effects"}
    scale = Scale.around(np.clip(effects[np.isfinite(effects)], -WIDEST, WIDEST))
    brains = brain_figure(
        nodes,
        compared.targets,
        [
            _card(compared, pair, part, own, names)
            for pair, part, own in zip(chosen, (one.to_dict("index") for one in rows), effects, strict=True)
        ],
        scale,
        names,
    )
    if len(chosen) < len(compared.pairs):
        brains["choice"] = (
            f"The {len(chosen)} of {len(compared.pairs):,} pairs with the smallest corrected p are "
            "shown; the table of pairs contains the others."
        )
    return {
        **values,
        "brains": brains,
        "atlas": axis.atlas,
        "measure": WORDS[measure],
        "is_tested": measure != UNTESTED,
        "is_unread": is_unread(compared, measure),
        "steps": [(step, signed(scale.middle(step))) for step in range(-N_STEPS, N_STEPS + 1)],
        "has_brainstem": any(names.is_brainstem(name) for name in compared.targets),
        "unit_word": compared.unit_word,
    }


WIDEST = 5.0
"""The scale of colours ends here at most: an endless g of groups without spread would leave the others pale."""


def nodes_of(axis: RegionAxis, targets: Sequence[str]) -> list[Node]:
    """Return the nodes of an axis that the targets name, by themselves or by their region."""
    known = set(targets)
    return [node for node in axis.nodes if node.name in known or node.region in known]


def _card(
    compared: Compared, pair: Pair, rows: Mapping[Any, Mapping[Any, Any]], effects: Any, names: RegionNames
) -> BrainCard:
    sure = [bool(float(rows[name]["p_family"]) < ALPHA) for name in compared.targets]
    said = compared.sizes(pair)
    if any(math.isfinite(row["p_family"]) for row in rows.values()):
        n = sum(sure)
        said += f"; {n or 'none'} of {len(sure)} {'differs' if n == 1 else 'differ'}"
    return BrainCard(
        f"{pair[0]} minus {pair[1]}",
        said,
        effects,
        [_tip(names.label(name), rows[name]) for name in compared.targets],
        sure,
    )


def _tip(name: str, row: Mapping[Any, Any]) -> str:
    g, low, high, p = (float(row[one]) for one in ("g", "g_low", "g_high", "p_family"))
    around = interval(low, high, write=signed)
    said = f"{name}: g {signed(g)}" + (f" (95\xa0% interval {around})" if around else "")
    tested = f", corrected p {probability(p)}" if math.isfinite(p) else ", not tested"
    return f"{said}{tested}, n {int(row['n_a']):,} and {int(row['n_b']):,}"


# Maps and tables of pairs -------------------------------------------------------------------------------------------


def _map(result: Result, limits: PageLimits) -> dict[str, Any] | None:
    """Return the map of regions by pairs, where there are several pairs."""
    compared = Compared.of(result)
    measure = drawn_measure(compared)
    if len(compared.pairs) < 2 or not measure:
        return None
    chosen = compared.strongest(max(1, min(MOST_COLUMNS, MOST_CELLS // max(1, len(compared.targets)))))
    parts = {pair: compared.rows_of(pair, measure).set_index(compared.level) for pair in chosen}
    effects = np.array([part["g"].to_numpy(dtype=np.float64) for part in parts.values()])
    scale = Scale.around(np.clip(effects[np.isfinite(effects)], -WIDEST, WIDEST))
    cells = {pair: part.to_dict("index") for pair, part in parts.items()}
    regions = compared.table.drop_duplicates(compared.level).to_dict("records")[: MOST_CELLS // len(chosen)]

    def cell(pair: Pair, target: Any) -> dict[str, Any]:
        row = cells[pair][target]
        g, p = float(row["g"]), float(row["p_family"])
        return {"text": signed(g), "step": scale.step(g), "p": probability(p) if p < ALPHA else ""}

    return {
        "title": f"Differences, {compared.level} by pair",
        "level_word": compared.level,
        "measure": WORDS[measure],
        "heads": [{"a": a, "b": b, "sizes": _short_sizes(compared, (a, b))} for a, b in chosen],
        "is_unread": is_unread(compared, measure),
        "many": len(chosen) > 8,
        "n_pairs": f"{len(compared.pairs):,}",
        "is_cut": len(chosen) < len(compared.pairs),
        "n_hidden": len(compared.targets) - len(regions),
        "first": limits.rows,
        "rows": [
            {**place_of(row, compared.level), "cells": [cell(pair, row[compared.level]) for pair in chosen]}
            for row in regions
        ],
    }


def _short_sizes(compared: Compared, pair: Pair) -> str:
    a, b = (compared.n_units[name] for name in pair)
    return f"n {a:,}" if compared.is_paired else f"n {a:,}, {b:,}"


def is_unread(compared: Compared, measure: str | None = None) -> bool:
    """Whether all groups together differ nowhere (in a measure), so that pairs are not to be read."""
    omnibus = compared.omnibus
    if omnibus is None:
        return False
    rows = omnibus if measure is None else omnibus[omnibus["measure"] == measure]
    return bool(rows["p_family"].notna().any()) and not bool((rows["p_family"].astype(float) < ALPHA).any())


def _pairs(result: Result, limits: PageLimits) -> dict[str, Any] | None:
    """Return the table of all pairs: how many regions differ in each measure, and the one with the smallest p."""
    compared = Compared.of(result)
    if len(compared.pairs) < 2 or not compared.tested:
        return None
    ordered = compared.strongest(MOST_PAIRS)
    n_shown = fitting(ordered, MOST_PAIRS, MOST_LETTERS)
    shown = compared.strongest(n_shown) if n_shown < len(ordered) else ordered
    found = {measure: _best(compared, measure) for measure in compared.tested}
    nothing = {"n": "–", "place": "–", "g": "–", "p_family": "–", "beyond": False}
    return {
        "title": "All pairs of groups",
        "level_word": compared.level,
        "first": limits.rows,
        "n_pairs": f"{len(compared.pairs):,}",
        "n_shown": f"{len(shown):,}",
        "is_unread": is_unread(compared),
        "is_cut": len(shown) < len(compared.pairs),
        "measures": [WORDS[measure] for measure in found],
        "rows": [
            {"a": pair[0], "b": pair[1], "cells": [best.get(pair, nothing) for best in found.values()]}
            for pair in shown
        ],
    }


def _best(compared: Compared, measure: str) -> dict[Pair, dict[str, Any]]:
    """Return, for each pair, how many regions differ in a measure, and the one with the smallest corrected p."""
    table = compared.table
    rows = table[(table["measure"] == measure) & table["p_family"].notna()]
    keys = ["group_a", "group_b"]
    n_below = rows.assign(below=rows["p_family"].astype(float) < ALPHA).groupby(keys, sort=False)["below"].sum()
    best = rows.sort_values("p_family", kind="stable").drop_duplicates(keys)
    return {
        (str(row["group_a"]), str(row["group_b"])): {
            "n": f"{int(n_below[row['group_a'], row['group_b']])} of {len(compared.targets):,}",
            "place": place_of(row, compared.level),
            "g": signed(float(row["g"])),
            "p_family": probability(float(row["p_family"])),
            "beyond": bool(float(row["p_family"]) < ALPHA),
        }
        for row in best.to_dict("records")
    }


# A forest plot per pair ---------------------------------------------------------------------------------------------


def _differences(result: Result, limits: PageLimits) -> dict[str, Any] | None:
    compared = Compared.of(result)
    if not compared.pairs:
        return None
    axis = forest_axis(compared.table)
    n_rows = min(MOST_ROWS_OF_PAIR, len(compared.targets) * len(compared.measures))
    shown = compared.strongest(max(1, MOST_ROWS // max(1, n_rows)))
    return {
        "title": "Differences, with their intervals",
        "level_word": compared.level,
        "unit_word": compared.unit_word,
        "value_of_unit": compared.value_of_unit,
        "is_paired": compared.is_paired,
        "is_held": bool((compared.provenance.get("config") or {}).get("covariates")),
        "pairs": [_pair(compared, pair, axis) for pair in shown],
        "n_pairs": f"{len(compared.pairs):,}",
        "is_cut": len(shown) < len(compared.pairs),
        "ticks": axis.ticks,
        "first": limits.rows,
    }


def _pair(compared: Compared, pair: Pair, axis: Axis) -> dict[str, Any]:
    blocks, n_hidden = [], 0
    for measure in compared.measures:
        part = compared.rows_of(pair, measure)
        shown = _cut(part, MOST_ROWS_OF_PAIR // len(compared.measures))
        n_hidden += len(part) - len(shown)
        digits = 2 if measure == "relative" else 3
        rows = []
        for row in shown.to_dict("records"):
            tested = _tested(compared, row)
            g, low, high = (float(row[name]) for name in ("g", "g_low", "g_high"))
            rows.append(
                {
                    **tested,
                    "forest": forest_plot(axis, g, low, high, beyond=tested["beyond"]),
                    "g": signed(g),
                    "interval": interval(low, high, write=signed),
                    **{name: plain(float(row[name]), digits) for name in ("mean_a", "mean_b")},
                    "difference": signed(float(row["difference"]), digits),
                }
            )
        blocks.append({"measure": MEASURES.get(measure, measure), "rows": rows})
    return {"a": pair[0], "b": pair[1], "sizes": compared.sizes(pair), "blocks": blocks, "n_hidden": n_hidden}


def _left_out(result: Result, limits: PageLimits) -> dict[str, Any] | None:
    excluded = Compared.of(result).excluded
    if excluded is None or not len(excluded):
        return None
    rows = excluded.head(MOST_LEFT_OUT)
    n_shown = fitting([tuple(row) for row in rows.itertuples(index=False)], MOST_LEFT_OUT, MOST_LETTERS)
    return {
        "title": "Left out",
        "n": count(len(excluded), "row"),
        "n_shown": f"{n_shown:,}",
        "is_cut": n_shown < len(excluded),
        "first": limits.rows,
        "rows": [_text_cells(row) for row in rows.head(n_shown).to_dict("records")],
    }


def _text_cells(row: Mapping[Any, Any]) -> dict[str, str]:
    return {str(name): "–" if value is None or value != value else str(value) for name, value in row.items()}  # noqa: PLR0124


STYLES = ("comparison.css",)
COMPARISON = tuple(
    section(f"comparison-{name}", reading, order=order, kinds=KINDS, styles=STYLES)
    for order, name, reading in (
        (90, "omnibus", _omnibus),
        (100, "brain", _brain),
        (120, "map", _map),
        (130, "pairs", _pairs),
        (140, "differences", _differences),
        (450, "left-out", _left_out),
    )
)
