"""The page's section on courses over time, as plain values: a map of regions × time, and courses with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.readers.corpora import ALL
from emotopy.records import FloatArray, label
from emotopy_plugins.reporters.decoding_charts import Axis
from emotopy_plugins.reporters.formatting import N_STEPS, Scale, count, listing, plain, probability, signed
from emotopy_plugins.reporters.report_tables import Places
from emotopy_plugins.reporters.time_axis import TimeAxis, numbers

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.pathways.over_time.pathway import TimeCourses
    from emotopy.pathways.text.result import TextResult

MAP_LEFT, MAP_RIGHT, MAP_TOP, ROW_HEIGHT = 170.0, 690.0, 14.0, 15.0
LEFT, RIGHT, TOP, BOTTOM = 30.0, 392.0, 8.0, 104.0
MOST_LINES = 4
"""Groups whose courses are drawn over one another."""
MOST_CARDS = 6
"""Regions whose courses are drawn with intervals."""
MOST_ROWS = 60
"""Regions or nodes in a map."""


@attrs.frozen
class StripPlot:
    """A region's row in a map: runs of one colour, each (x, width, step)."""

    label: str
    y: float
    runs: list[tuple[float, float, int]]


@attrs.frozen
class Line:
    """A group's course in a card: number of its style, path data of the course and of its interval."""

    style: int
    course: str
    band: str


def time_view(result: TextResult, max_groups: int) -> dict[str, Any]:
    """Return the template's value `over_time`; None where the result has no courses."""
    courses = result.courses
    if courses is None:
        return {"over_time": None}
    places = Places.of(result)
    groups = list(dict.fromkeys(courses.table["group"]))
    compared = [name for name in groups if name != ALL]
    mapped = groups[:max_groups] if compared else groups
    targets = list(dict.fromkeys(courses.table[_target(courses.table)]))
    scale = Scale.around(courses.table["relative"])
    lines = (compared or groups)[:MOST_LINES]
    chosen = _most_certain(courses.table, lines, targets)[:MOST_CARDS]
    return {
        "over_time": {
            "bandwidth": f"{plain(courses.bandwidth, _digits(courses.bandwidth))} {courses.unit}".strip(),
            "maps": [_map(courses, name, targets[:MOST_ROWS], scale, places) for name in mapped],
            "legend": [(step, signed(scale.middle(step), 2)) for step in range(-N_STEPS, N_STEPS + 1)],
            "has_brainstem": any(places.is_brainstem(target) for target in targets),
            "n_groups": count(len(groups), "group"),
            "some_hidden": len(mapped) < len(groups),
            "height": MAP_TOP + ROW_HEIGHT * len(targets[:MOST_ROWS]) + 22,
            "lines": [("all texts" if name == ALL else name, style) for style, name in enumerate(lines, start=1)],
            "cards": _cards(courses, lines, chosen, places),
            "changes": _changes(courses, places),
            "measure": courses.measure,
        }
    }


def _target(table: pd.DataFrame) -> str:
    return "node" if "node" in table.columns else "region"


def _digits(value: float) -> int:
    return max(0, 2 - int(np.floor(np.log10(value))))


def _grid(table: pd.DataFrame, group: str, targets: Sequence[str], column: str) -> FloatArray:
    """Return a column of a group, (n_targets, n_moments)."""
    held = table[table["group"] == group]
    by_target = dict(list(held.groupby(_target(table), sort=False)[column]))
    return np.array([by_target[target].to_numpy(dtype=np.float64) for target in targets])


def _moments(table: pd.DataFrame, group: str) -> FloatArray:
    held = table[table["group"] == group]
    first = held[_target(table)].iloc[0]
    return numbers(held.loc[held[_target(table)] == first, "time"])


def _most_certain(table: pd.DataFrame, groups: Sequence[str], targets: Sequence[str]) -> list[str]:
    """Return the regions by how far their courses move, against the width of their intervals where there are any."""
    worth = np.zeros(len(targets))
    for name in groups:
        values = _grid(table, name, targets, "relative")
        width = _grid(table, name, targets, "relative_high") - _grid(table, name, targets, "relative_low")
        for i, (row, wide) in enumerate(zip(values, width, strict=True)):
            known, told = row[np.isfinite(row)], wide[np.isfinite(wide)]
            if len(known):
                away = float(known.max() - known.min())
                worth[i] = max(worth[i], away / max(float(told.mean()), 1e-9) if len(told) else away)
    return [targets[i] for i in np.argsort(-worth, kind="stable")]


def _map(courses: TimeCourses, group: str, targets: Sequence[str], scale: Scale, places: Places) -> dict[str, Any]:
    axis = TimeAxis.over(courses.table["time"], courses.unit, MAP_LEFT, MAP_RIGHT)
    moments = _moments(courses.table, group)
    values = _grid(courses.table, group, targets, "relative")
    middles = (moments[1:] + moments[:-1]) / 2
    edges = [axis.at(float(edge)) for edge in (moments[0], *middles, moments[-1])]
    strips = []
    for i, (target, row) in enumerate(zip(targets, values, strict=True)):
        runs: list[tuple[float, float, int]] = []
        previous: int | None = None
        for left, right, value in zip(edges, edges[1:], row, strict=False):
            step = scale.step(float(value))
            if step is not None and step == previous:
                x, width, _ = runs[-1]
                runs[-1] = (x, round(width + right - left, 1), step)
            elif step is not None:
                runs.append((left, round(right - left, 1), step))
            previous = step
        strips.append(StripPlot(_short(target, places), round(MAP_TOP + ROW_HEIGHT * i, 1), runs))
    return {
        "group": "all texts" if group == ALL else group,
        "strips": strips,
        "changes": [axis.at(at) for at in _change_times(courses, group)],
        "ticks": axis.ticks,
        "alt": f"{count(len(targets), 'region')} from {axis.label(axis.low)} to {axis.label(axis.high)}",
    }


def _short(target: str, places: Places) -> str:
    """Return a label that fits beside a map; a dagger stands for "brainstem, nearest node"."""
    return f"{label(target)} †" if places.is_brainstem(target) else label(target)


def _change_times(courses: TimeCourses, group: str) -> list[float]:
    held = courses.changes[courses.changes["group"] == group]
    return [float(at) for at in numbers(held["time"])] if len(held) else []


def _cards(courses: TimeCourses, groups: Sequence[str], targets: Sequence[str], places: Places) -> list[dict[str, Any]]:
    table = courses.table
    shown = table[table["group"].isin(groups) & table[_target(table)].isin(targets)]
    level = Axis.over(shown[["relative", "relative_low", "relative_high"]].to_numpy().ravel(), BOTTOM, TOP)
    time = TimeAxis.over(table["time"], courses.unit, LEFT, RIGHT)
    cards = []
    for target in targets:
        lines = []
        for style, group in enumerate(groups, start=1):
            x = [time.at(float(moment)) for moment in _moments(table, group)]
            values, low, high = (
                _grid(table, group, [target], f"relative{ending}")[0] for ending in ("", "_low", "_high")
            )
            lines.append(Line(style, _path(x, values, level), _band(x, low, high, level)))
        cards.append(
            {
                "label": places.label(target),
                "lines": lines,
                "levels": level.ticks,
                "ticks": time.ticks[:: max(1, len(time.ticks) // 3)],
                "changes": [time.at(at) for at in _change_times(courses, groups[0])] if len(groups) == 1 else [],
            }
        )
    return cards


def _path(x: Sequence[float], values: FloatArray, level: Axis) -> str:
    """Return path data through the moments that have a value; a gap breaks the line."""
    pieces, pen = [], "M"
    for at, value in zip(x, values, strict=True):
        if np.isfinite(value):
            pieces.append(f"{pen}{at:g} {level.at(float(value)):g}")
            pen = "L"
        else:
            pen = "M"
    return "".join(pieces)


def _band(x: Sequence[float], low: FloatArray, high: FloatArray, level: Axis) -> str:
    """Return path data around each run of moments that have an interval."""
    known = np.isfinite(low) & np.isfinite(high)
    borders = np.flatnonzero(np.diff(np.r_[0, known.astype(np.int8), 0]))
    bands = []
    for start, stop in zip(borders[::2], borders[1::2], strict=True):
        there = [f"{x[i]:g} {level.at(float(high[i])):g}" for i in range(start, stop)]
        back = [f"{x[i]:g} {level.at(float(low[i])):g}" for i in reversed(range(start, stop))]
        bands.append(f"M{'L'.join(there + back)}Z")
    return "".join(bands)


def _changes(courses: TimeCourses, places: Places) -> list[dict[str, str]]:
    table = courses.changes
    axis = TimeAxis.over(courses.table["time"], courses.unit, 0.0, 1.0)
    names = [str(name) for name in table.columns if str(name).startswith("difference_")]
    rows = []
    for at, (_, row) in zip(numbers(table["time"]) if len(table) else [], table.iterrows(), strict=True):
        differences = np.array([row[name] for name in names], dtype=np.float64)
        most = np.argsort(-np.abs(differences), kind="stable")[:3]
        told = [f"{places.label(names[i].removeprefix('difference_'))} {signed(differences[i])}" for i in most]
        rows.append(
            {
                "group": "all texts" if row["group"] == ALL else str(row["group"]),
                "time": axis.label(float(at)),
                "before": f"{row['n_before']:,}",
                "after": f"{row['n_after']:,}",
                "strength": plain(float(row["strength"])),
                "p": probability(float(row["p"])),
                "regions": listing(told),
            }
        )
    return rows
