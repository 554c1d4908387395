"""The figures of mapped texts, from their tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from emotopy.errors import InputError, listed
from emotopy.plotting.brain import brain
from emotopy.plotting.course import Panel, Series, course
from emotopy.plotting.forest import Estimates, forest
from emotopy.plotting.heatmap import heatmap
from emotopy.plotting.style import LINES, Width, clean, group_label, region_label
from emotopy.plotting.tables import choose, furthest, grid, names_in, need
from emotopy.plotting.text_map import text_map
from emotopy.records import ALL_TEXTS, FloatArray, Node, Result
from emotopy.records.result import columns_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Measure = Literal["relative", "evidence", "share", "intensity"]
MEASURES: dict[str, str] = {
    "relative": "mean profile (SD of single texts above the reference)",
    "evidence": "evidence (log-odds)",
    "share": "assigned share",
    "intensity": "intensity",
}
MOST_BRAINS, MOST_ROWS, MOST_PANELS = 6, 60, 6
MOST_LINES = 4
N_WORDS = 3
"""Words that name a cluster in a key."""
MOST_TEXTS = 20_000
"""More points than that hide one another: a sample of them is drawn."""


def target_of(table: pd.DataFrame) -> str:
    """Return the column that names region or node."""
    return "node" if "node" in table.columns else "region"


def compared(groups: Sequence[str]) -> list[str]:
    """Return the groups without that of all texts, unless there is no other."""
    return [name for name in groups if name != ALL_TEXTS] or list(groups)


def told(shown: int, of: int, what: str, how: str) -> str:
    """Say how many of how many are shown; empty where all are."""
    return f"{shown} of {of} {what}: {how}" if shown < of else ""


def by_node(nodes: Sequence[Node], targets: Sequence[str], values: FloatArray) -> FloatArray:
    """Return (n_panels, n_nodes) from (n_panels, n_targets); targets are names of nodes or of their regions."""
    column = {target: j for j, target in enumerate(targets)}
    at = [column.get(node.name, column.get(node.region, -1)) for node in nodes]
    padded = np.hstack([values, np.full((len(values), 1), np.nan)])
    return np.asarray(padded[:, at], dtype=np.float64)


def _regions(
    result: Result, measure: str | None, asked: Any, most: int
) -> tuple[list[str], list[str], FloatArray, str]:
    """Return groups, targets, values (n_groups, n_targets) and what is left out."""
    table = result.tables["regions"]
    target = target_of(table)
    groups, targets = names_in(table, "group"), names_in(table, target)
    measure = _measure(result, measure)
    mine = compared(groups)
    values = grid(table, measure, {"group": mine, target: targets})
    kept = [mine[i] for i in furthest(values, most)]
    chosen = choose(asked, groups, "groups", kept)
    said = told(len(chosen), len(mine), "groups", "those furthest from their mean") if asked is None else ""
    return chosen, targets, grid(table, measure, {"group": chosen, target: targets}), said


def _measure(result: Result, measure: str | None) -> str:
    """Return the measure asked for; of a single group, which is its own standard, the evidence where there is any."""
    table = result.tables["regions"]
    if measure is None:
        is_one = compared(names_in(table, "group")) == [ALL_TEXTS]
        return "evidence" if is_one and "evidence" in table and table["evidence"].notna().any() else "relative"
    known_measure(measure, MEASURES)
    need(table, measure, "measure")
    return measure


def known_measure(measure: str, known: Any) -> None:
    """Raise InputError for a measure that isn't one of those known."""
    if measure not in known:
        wanted = f"one of {listed(known)}"
        raise InputError(f"measure: wanted {wanted}, got {measure!r:.40}", wanted=wanted, got=f"{measure!r:.40}")


def texts_brain(
    result: Result,
    *,
    nodes: Sequence[Node],
    groups: str | Sequence[str] | None = None,
    measure: str | None = None,
    width: Width = "one",
    ax: Any = None,
) -> Figure:
    """Draw a glass brain per group."""
    chosen, targets, values, said = _regions(result, measure, groups, MOST_BRAINS if ax is None else 1)
    level: Literal["region", "node"] = "node" if "node" in result.tables["regions"] else "region"
    scale = MEASURES[_measure(result, measure)]
    titles = [group_label(name) for name in chosen]
    placed = by_node(nodes, targets, values)
    return brain(nodes, placed, titles, title_of_scale=scale, level=level, said=said, width=width, ax=ax)


def texts_heatmap(
    result: Result,
    *,
    groups: str | Sequence[str] | None = None,
    measure: str | None = None,
    width: Width | None = None,
    ax: Any = None,
) -> Figure:
    """Draw regions × groups."""
    chosen, targets, values, said = _regions(result, measure, groups, MOST_ROWS)
    rows = furthest(values.T, MOST_ROWS)
    said = said or told(len(rows), len(targets), "nodes", "those furthest from their mean")
    return heatmap(
        [values.T[rows]],
        [region_label(targets[j]) for j in rows],
        [[group_label(name) for name in chosen]],
        title_of_scale=MEASURES[_measure(result, measure)],
        said=said,
        width=width or ("one" if len(chosen) <= 8 else "two"),
        ax=ax,
    )


def texts_forest(
    result: Result,
    *,
    groups: str | Sequence[str] | None = None,
    measure: str | None = None,
    width: Width = "one",
    ax: Any = None,
) -> Figure:
    """Draw values of regions with their intervals, a marker per group."""
    measure = "relative" if measure is None else measure
    known_measure(measure, ("relative", "intensity"))
    chosen, targets, values, said = _regions(result, measure, groups, MOST_LINES)
    table = result.tables["regions"]
    target = target_of(table)
    ends = [grid(table, f"{measure}_{end}", {"group": chosen, target: targets}) for end in ("low", "high")]
    series = [
        Estimates(group_label(name), value, low, high, np.ones(len(value), dtype=bool))
        for name, value, low, high in zip(chosen[: len(LINES)], values, *ends, strict=False)
    ]
    title = MEASURES[measure]
    rows = [region_label(name) for name in targets]
    title = "mean profile (SD of single texts), 95 % interval" if measure == "relative" else "intensity, 95 % interval"
    return forest([series], rows, titles=[""], axis_titles=[title], said=said, width=width, ax=ax)


def texts_course(
    result: Result,
    *,
    groups: str | Sequence[str] | None = None,
    regions: str | Sequence[str] | None = None,
    measure: str | None = None,
    width: Width = "two",
    ax: Any = None,
) -> Figure:
    """Draw courses of regions over time with their bands, a line per group, and change points."""
    measure = "relative" if measure is None else measure
    known_measure(measure, ("relative", "intensity"))
    table = result.tables["time_course"]
    target = target_of(table)
    known, targets = names_in(table, "group"), names_in(table, target)
    mine = compared(known)
    chosen = choose(groups, known, "groups", mine[:MOST_LINES])[: len(LINES)]
    by_group = table.assign(**{target: table[target].astype(str)}).groupby(table["group"].astype(str), sort=False)
    parts = dict(list(by_group))
    spread = np.array([_movement(parts, chosen, target, one, measure) for one in targets])
    most = [targets[i] for i in sorted(np.argsort(-spread, kind="stable")[: MOST_PANELS if ax is None else 1])]
    shown = choose(regions, targets, "regions", most)
    panels = []
    for name in shown:
        series = []
        for group in chosen:
            held = parts[group][parts[group][target] == name]
            value, low, high = (_numbers(held[f"{measure}{end}"]) for end in ("", "_low", "_high"))
            series.append(Series(group_label(group), moments(held["time"]), value, low, high))
        panels.append(Panel(region_label(name), series, moments=_changes(result, chosen)))
    said = told(len(shown), len(targets), f"{target}s", "those that move most") if regions is None else ""
    said += (said and "; ") + (told(len(chosen), len(mine), "groups", "the first") if groups is None else "")
    title = "mean profile (SD of single texts)" if measure == "relative" else "intensity"
    return course(panels, axis_title=title, time_title=_time_title(result), said=said, width=width, ax=ax)


def _numbers(column: Any) -> FloatArray:
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _movement(parts: Any, groups: Sequence[str], target: str, name: str, measure: str) -> float:
    """Return how far a course moves, against the width of its band where there is one."""
    most = 0.0
    for group in groups:
        held = parts[group][parts[group][target] == name]
        value = _numbers(held[measure])
        wide = _numbers(held[f"{measure}_high"]) - _numbers(held[f"{measure}_low"])
        value, wide = value[np.isfinite(value)], wide[np.isfinite(wide)]
        if len(value):
            most = max(most, float(np.ptp(value)) / (max(float(wide.mean()), 1e-9) if len(wide) else 1.0))
    return most


def moments(times: Any) -> Any:
    """Return times as numbers, or as datetimes without a zone where they are dates."""
    import pandas as pd

    numbers = pd.to_numeric(times, errors="coerce") if times.dtype.kind != "M" else None
    if numbers is not None and numbers.notna().all():
        return numbers.to_numpy(dtype=np.float64)
    return pd.to_datetime(times, utc=True).dt.tz_localize(None).to_numpy()


def _changes(result: Result, groups: Sequence[str]) -> list[Any]:
    """Return the change points of the groups; those of all texts where several are drawn."""
    table = result.tables.get("change_points")
    if table is None or table.empty or len(groups) != 1:
        return []
    return list(moments(table.loc[table["group"].astype(str) == groups[0], "time"]))


def _time_title(result: Result) -> str:
    over_time = result.provenance.get("over_time")
    unit = str(over_time.get("unit", "")) if isinstance(over_time, dict) else ""
    return {"days": "date", "s": "time (s)"}.get(unit, "time")


def texts_map(
    result: Result,
    *,
    colour_by: str = "cluster",
    width: Width = "one",
    ax: Any = None,
) -> Figure:
    """Draw a point per text, coloured by cluster, group or region, or by the value of any column of numbers."""
    import pandas as pd

    known = {"cluster", "group", "top_region", "status", "map_x", "map_y", colour_by}
    texts = columns_of(result, "texts", known.__contains__)
    for name in ("map_x", "map_y", colour_by):
        need(texts, name, "text_map")
    placed = texts[texts["map_x"].notna() & texts["map_y"].notna()]
    n = len(placed)
    if n > MOST_TEXTS:
        picked = np.sort(np.random.default_rng(0).choice(n, MOST_TEXTS, replace=False))
        placed = placed.iloc[picked]
    said = f"a sample of {MOST_TEXTS:,} of {n:,} texts" if n > MOST_TEXTS else ""
    x, y = (_numbers(placed[name]) for name in ("map_x", "map_y"))
    column = placed[colour_by]
    is_class = colour_by in ("cluster", "group", "top_region") or not pd.api.types.is_numeric_dtype(column)
    if not is_class:
        values = _numbers(column)
        return text_map(x, y, values=values, title_of_scale=clean(colour_by), said=said, width=width, ax=ax)
    codes = column.astype("string")
    counts = codes.value_counts()
    largest = sorted(counts.index, key=lambda name: (-int(counts[name]), str(name)))[: len(LINES)]
    words = _words_of_clusters(result) if colour_by == "cluster" else {}
    name_of = {"cluster": lambda one: words.get(one, f"cluster {one}"), "group": group_label}
    write = {**name_of, "top_region": region_label}.get(colour_by, clean)
    classes = [(write(str(one)), (codes == one).fillna(False).to_numpy(dtype=bool)) for one in largest]
    said += (said and "; ") + told(
        len(largest), len(counts), colour_by.replace("_", " ") + "s", "the largest; the others are pale"
    )
    return text_map(x, y, classes=classes, said=said, width=width, ax=ax)


def _words_of_clusters(result: Result) -> dict[str, str]:
    """Return the number of each cluster with its most distinctive words, by the number; of one fit for all groups."""
    table = result.tables.get("clusters")
    if table is None or not {"cluster", "top_words"} <= {*table.columns} or table["cluster"].duplicated().any():
        return {}
    found = {}
    for number, words in zip(table["cluster"], table["top_words"], strict=True):
        first = [word.strip() for word in str(words).split(",") if word.strip()][:N_WORDS]
        found[str(number)] = clean(f"{number}: {', '.join(first)}") if first else f"cluster {number}"
    return found
