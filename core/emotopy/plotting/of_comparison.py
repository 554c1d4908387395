"""The figures of a comparison of groups, from its table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from emotopy.errors import InputError, listed
from emotopy.plotting.brain import brain
from emotopy.plotting.forest import Estimates, forest
from emotopy.plotting.heatmap import heatmap
from emotopy.plotting.of_texts import MOST_BRAINS, MOST_ROWS, by_node, known_measure, target_of, told
from emotopy.plotting.style import Width, clean, region_label
from emotopy.plotting.tables import furthest, grid, names_in
from emotopy.records import Node, Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Pair = tuple[str, str]
LEVEL = 0.05
SURE = "filled: family-wise p < 0.05"
DOT = "dot: family-wise p < 0.05"
NAMES = {"relative": "profile", "intensity": "intensity", "share": "share"}


def _effects(result: Result) -> tuple[pd.DataFrame, str, list[Pair], list[str], list[str]]:
    """Return the tested rows, the target's column, pairs, measures, targets."""
    table = result.tables["comparison"]
    tested = table[table["measure"] != "share"]
    tested = table if tested.empty else tested
    pairs = [(str(a), str(b)) for a, b in dict.fromkeys(zip(tested["group_a"], tested["group_b"], strict=True))]
    return tested, target_of(table), pairs, names_in(tested, "measure"), names_in(tested, target_of(table))


def _pair(pairs: Sequence[Pair], asked: Sequence[str] | None) -> Pair:
    if asked is None:
        return pairs[0]
    pair = tuple(str(name) for name in asked) if not isinstance(asked, str) else (asked,)
    if pair not in pairs:
        known = listed([f"{a} - {b}" for a, b in pairs])
        raise InputError(
            f"pair: wanted one of {known}, got {pair!r:.80}", wanted=f"one of {known}", got=f"{pair!r:.80}"
        )
    return pair  # type: ignore[return-value]


def _column(table: pd.DataFrame) -> tuple[str, str]:
    """Return the column of effects, and what it measures: the plain difference where no g could be given."""
    has_g = "g" in table and table["g"].notna().any()
    return ("g", "Hedges' g") if has_g else ("difference", "difference of means")


def comparison_forest(
    result: Result,
    *,
    pair: Sequence[str] | None = None,
    measure: str | None = None,
    width: Width | None = None,
    ax: Any = None,
) -> Figure:
    """Draw effect sizes of regions with their intervals, a panel per measure, largest effect on top."""
    table, target, pairs, measures, targets = _effects(result)
    a, b = _pair(pairs, pair)
    if measure is not None:
        known_measure(measure, measures)
    chosen = measures if measure is None else [measure]
    mine = table[(table["group_a"].astype(str) == a) & (table["group_b"].astype(str) == b)]
    column, words = _column(mine)
    axes = {"measure": chosen, target: targets}
    value, p_family = grid(mine, column, axes), grid(mine, "p_family", axes)
    none = np.full_like(value, np.nan)
    low, high = (grid(mine, f"g_{end}", axes) if column == "g" else none for end in ("low", "high"))
    order = np.argsort(-np.where(np.isfinite(value[0]), value[0], -np.inf), kind="stable")
    said = SURE
    if len(order) > MOST_ROWS:
        strongest = np.argsort(-np.abs(np.nan_to_num(value[0])), kind="stable")[:MOST_ROWS]
        order = order[np.isin(order, strongest)]
        said += f"   {MOST_ROWS} of {len(targets)} {target}s: those of the largest effects"
    panels = [
        [Estimates("", value[i][order], low[i][order], high[i][order], (p_family[i] < LEVEL)[order])]
        for i in range(len(chosen))
    ]
    more = f"{words}{', 95 % interval' if column == 'g' else ''}\n← more in {clean(b, 18)}   more in {clean(a, 18)} →"
    return forest(
        panels,
        [region_label(targets[j]) for j in order],
        titles=[NAMES.get(name, name) for name in chosen],
        axis_titles=[more] * len(chosen),
        said=said,
        width=width or ("one" if len(chosen) == 1 else "two"),
        ax=ax,
    )


def comparison_heatmap(
    result: Result, *, measure: str | None = None, width: Width | None = None, ax: Any = None
) -> Figure:
    """Draw regions × pairs of groups, a panel per measure; a dot where the family-wise p is below 0.05."""
    table, target, pairs, measures, targets = _effects(result)
    if measure is not None:
        known_measure(measure, measures)
    chosen = measures if measure is None else [measure]
    column, words = _column(table)
    most = pairs[:MOST_ROWS]
    keyed = table.assign(_pair=[str(pairs.index((str(a), str(b)))) for a, b in zip(
        table["group_a"], table["group_b"], strict=True)])  # fmt: skip
    axes = {"measure": chosen, target: targets, "_pair": [str(i) for i in range(len(most))]}
    values, p_family = grid(keyed, column, axes), grid(keyed, "p_family", axes)
    rows = furthest(values.transpose(1, 0, 2).reshape(len(targets), -1), MOST_ROWS)
    names = [f"{clean(a, 20)} − {clean(b, 20)}" for a, b in most]
    titles = [NAMES.get(name, name) for name in chosen]
    shown, marked = values[:, rows], (p_family < LEVEL)[:, rows]
    columns = [names] * len(chosen)
    if len(most) == 1:  # one panel with a column per measure
        shown, marked = shown.transpose(2, 1, 0), marked.transpose(2, 1, 0)
        titles, columns = names, [titles]
    return heatmap(
        list(shown),
        [region_label(targets[j]) for j in rows],
        columns,
        titles=titles,
        title_of_scale=words,
        marked=list(marked),
        marks_mean=DOT,
        said=told(len(most), len(pairs), "pairs", "the first")
        or told(len(rows), len(targets), f"{target}s", "the largest"),
        width=width or ("one" if len(most) * len(chosen) <= 6 else "two"),
        ax=ax,
    )


def comparison_brain(
    result: Result,
    *,
    nodes: Sequence[Node],
    pair: Sequence[str] | None = None,
    measure: str | None = None,
    width: Width = "one",
    ax: Any = None,
) -> Figure:
    """Draw the effects on a glass brain: a panel per pair, or per measure where a pair is named."""
    table, target, pairs, measures, targets = _effects(result)
    level: Literal["region", "node"] = "node" if target == "node" else "region"
    if measure is not None:
        known_measure(measure, measures)
    wanted = [_pair(pairs, pair)] if pair is not None or ax is not None else pairs[: MOST_BRAINS // 2]
    chosen = [measure] if measure is not None else measures[: 1 if ax is not None else None]
    column, words = _column(table)
    rows, titles = [], []
    for a, b in wanted:
        mine = table[(table["group_a"].astype(str) == a) & (table["group_b"].astype(str) == b)]
        for name in chosen:
            rows.append(grid(mine, column, {"measure": [name], target: targets})[0])
            titles.append(f"{clean(a, 16)} − {clean(b, 16)}, {NAMES.get(name, name)}")
    said = told(len(wanted), len(pairs), "pairs", "the first") if pair is None else ""
    placed = by_node(nodes, targets, np.array(rows))
    return brain(nodes, placed, titles, title_of_scale=words, level=level, said=said, width=width, ax=ax)
