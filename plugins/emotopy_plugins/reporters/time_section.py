"""The section of a page on courses over time: a map of regions × time, and courses with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.records import ALL_TEXTS, FloatArray, RegionResult, Result
from emotopy_plugins.reporters.charts import Axis
from emotopy_plugins.reporters.formatting import N_STEPS, Scale, count, listing, plain, probability, signed
from emotopy_plugins.reporters.reading import lookup
from emotopy_plugins.reporters.region_values import RegionNames, group_label

if TYPE_CHECKING:
    import pandas as pd

N_TICKS = 5
SECONDS_A_DAY = 86_400
FEW_DAYS = 3
FEW_MINUTES_S, FEW_SECONDS = 600, 2
"""Over a shorter span dates are shown with the time of day."""
MAP_LEFT, MAP_RIGHT, MAP_TOP, ROW_HEIGHT = 170.0, 690.0, 14.0, 15.0
LEFT, RIGHT, TOP, BOTTOM = 34.0, 392.0, 8.0, 104.0
MOST_LINES = 4
"""Groups whose courses are drawn over one another."""
MOST_CARDS = 6
"""Regions whose courses are drawn with intervals."""
MOST_ROWS = 60
"""Regions or nodes in a map."""


@attrs.frozen(eq=False)
class Courses:
    """Courses over time as a result keeps them: two tables, and bandwidth, unit and measure in the provenance.

    `unit` is ``days``, ``s`` or empty; `measure` is the one that changes were looked for in.
    """

    table: pd.DataFrame
    changes: pd.DataFrame
    bandwidth: float
    unit: str
    measure: str

    @classmethod
    def of(cls, result: Result) -> Courses | None:
        """Read the courses of a result; None where it has none."""
        table, made = result.tables.get("time_course"), lookup(result.provenance, "over_time")
        if table is None or made is None:
            return None
        changes = result.tables["change_points"]
        return cls(table, changes, float(made["bandwidth"]), str(made["unit"]), str(made["changes_in"]))

    @property
    def target(self) -> str:
        """The column that names region or node."""
        return "node" if "node" in self.table.columns else "region"


def time_section(result: RegionResult, max_groups: int) -> dict[str, Any] | None:
    """Return the values of the section on courses over time; None where the result has no courses."""
    courses = Courses.of(result)
    if courses is None:
        return None
    names = RegionNames.of(result)
    groups = list(dict.fromkeys(courses.table["group"]))
    compared = [name for name in groups if name != ALL_TEXTS]
    mapped = groups[:max_groups] if compared else groups
    targets = list(dict.fromkeys(courses.table[courses.target]))
    scale = Scale.around(courses.table["relative"])
    lines = (compared or groups)[:MOST_LINES]
    chosen = _most_certain(courses, lines, targets)[:MOST_CARDS]
    return {
        "bandwidth": f"{plain(courses.bandwidth, _digits(courses.bandwidth))} {courses.unit}".strip(),
        "time": str(lookup(result.provenance, "input", "arguments", "columns", "time") or ""),
        "maps": [_map(courses, name, targets[:MOST_ROWS], scale, names) for name in mapped],
        "legend": [(step, signed(scale.middle(step), 2)) for step in range(-N_STEPS, N_STEPS + 1)],
        "has_brainstem": any(names.is_brainstem(target) for target in targets),
        "n_groups": count(len(groups), "group"),
        "some_hidden": len(mapped) < len(groups),
        "height": MAP_TOP + ROW_HEIGHT * len(targets[:MOST_ROWS]) + 22,
        "lines": [(group_label(name), style) for style, name in enumerate(lines, start=1)],
        "cards": _cards(courses, lines, chosen, names),
        "changes": _changes(courses, names),
        "measure": courses.measure,
    }


def _digits(value: float) -> int:
    return max(0, 2 - int(np.floor(np.log10(value))))


def _grid(courses: Courses, group: str, targets: Sequence[str], column: str) -> FloatArray:
    """Return a column of a group, (n_targets, n_moments)."""
    held = courses.table[courses.table["group"] == group]
    by_target = dict(list(held.groupby(courses.target, sort=False)[column]))
    return np.array([by_target[target].to_numpy(dtype=np.float64) for target in targets])


def _moments(courses: Courses, group: str) -> FloatArray:
    """Return the moments of a group's course, (n_moments,)."""
    held = courses.table[courses.table["group"] == group]
    first = held[courses.target].iloc[0]
    return time_numbers(held.loc[held[courses.target] == first, "time"])


def _most_certain(courses: Courses, groups: Sequence[str], targets: Sequence[str]) -> list[str]:
    """Return the regions by how far their courses move, against the width of their intervals where there are any."""
    score = np.zeros(len(targets))
    for name in groups:
        values = _grid(courses, name, targets, "relative")
        width = _grid(courses, name, targets, "relative_high") - _grid(courses, name, targets, "relative_low")
        for i, (row, wide) in enumerate(zip(values, width, strict=True)):
            known, widths = row[np.isfinite(row)], wide[np.isfinite(wide)]
            if len(known):
                away = float(known.max() - known.min())
                score[i] = max(score[i], away / max(float(widths.mean()), 1e-9) if len(widths) else away)
    return [targets[i] for i in np.argsort(-score, kind="stable")]


def _map(courses: Courses, group: str, targets: Sequence[str], scale: Scale, names: RegionNames) -> dict[str, Any]:
    axis = TimeAxis.over(courses.table["time"], courses.unit, MAP_LEFT, MAP_RIGHT)
    moments = _moments(courses, group)
    values = _grid(courses, group, targets, "relative")
    middles = (moments[1:] + moments[:-1]) / 2
    edges = [axis.at(float(edge)) for edge in (moments[0], *middles, moments[-1])]
    rows = []
    for i, (target, row) in enumerate(zip(targets, values, strict=True)):
        runs: list[tuple[float, float, int]] = []  # of one colour: x, width, step
        previous: int | None = None
        for left, right, value in zip(edges, edges[1:], row, strict=False):
            step = scale.step(float(value))
            if step is not None and step == previous:
                x, width, _ = runs[-1]
                runs[-1] = (x, round(width + right - left, 1), step)
            elif step is not None:
                runs.append((left, round(right - left, 1), step))
            previous = step
        y = round(MAP_TOP + ROW_HEIGHT * i, 1)
        rows.append({"label": names.short_label(target), "y": y, "runs": runs})
    return {
        "group": group_label(group),
        "rows": rows,
        "changes": [axis.at(at) for at in _change_times(courses, group)],
        "ticks": axis.ticks,
        "alt": f"{count(len(targets), 'region')} from {axis.label(axis.low)} to {axis.label(axis.high)}",
    }


def _change_times(courses: Courses, group: str) -> list[float]:
    held = courses.changes[courses.changes["group"] == group]
    return [float(at) for at in time_numbers(held["time"])] if len(held) else []


def _cards(courses: Courses, groups: Sequence[str], targets: Sequence[str], names: RegionNames) -> list[dict[str, Any]]:
    table = courses.table
    shown = table[table["group"].isin(groups) & table[courses.target].isin(targets)]
    level = Axis.over(shown[["relative", "relative_low", "relative_high"]].to_numpy().ravel(), BOTTOM, TOP)
    time = TimeAxis.over(table["time"], courses.unit, LEFT, RIGHT)
    cards = []
    for target in targets:
        lines = []
        for style, group in enumerate(groups, start=1):
            x = [time.at(float(moment)) for moment in _moments(courses, group)]
            values, low, high = (
                _grid(courses, group, [target], f"relative{ending}")[0] for ending in ("", "_low", "_high")
            )
            course, band = _path(x, values, level), _band(x, low, high, level)
            lines.append({"style": style, "course": course, "band": band})
        cards.append(
            {
                "label": names.label(target),
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


def _changes(courses: Courses, names: RegionNames) -> list[dict[str, str]]:
    table = courses.changes
    axis = TimeAxis.over(courses.table["time"], courses.unit, 0.0, 1.0)
    columns = [str(name) for name in table.columns if str(name).startswith("difference_")]
    rows = []
    for at, (_, row) in zip(time_numbers(table["time"]) if len(table) else [], table.iterrows(), strict=True):
        differences = np.array([row[name] for name in columns], dtype=np.float64)
        most = np.argsort(-np.abs(differences), kind="stable")[:3]
        phrases = [f"{names.label(columns[i].removeprefix('difference_'))} {signed(differences[i])}" for i in most]
        rows.append(
            {
                "group": group_label(str(row["group"])),
                "time": axis.label(float(at)),
                "before": f"{row['n_before']:,}",
                "after": f"{row['n_after']:,}",
                "strength": plain(float(row["strength"])),
                "p": probability(float(row["p"])),
                "regions": listing(phrases),
            }
        )
    return rows


# The axis of times -------------------------------------------------------------------------------------------------


@attrs.frozen
class TimeAxis:
    """An axis of times: `low` … `high` lie at `start` … `end`; dates are counted in seconds since 1970."""

    low: float
    high: float
    start: float
    end: float
    is_date: bool
    is_clock: bool

    @classmethod
    def over(cls, column: Any, unit: str, start: float, end: float) -> TimeAxis:
        """Return the axis of a time column whose unit is ``days``, ``s`` or none."""
        is_date = unit == "days"
        values = time_numbers(column)
        return cls(float(values.min()), float(values.max()), start, end, is_date, unit == "s")

    def at(self, value: float) -> float:
        """Return where a moment lies, rounded to 0.1; in the middle of an axis of one moment."""
        if not self.high > self.low:
            return round((self.start + self.end) / 2, 1)
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Places of the ticks with their labels: round values of numbers, else evenly spaced moments."""
        if not self.is_date and not self.is_clock:
            return Axis.over([self.low, self.high], self.start, self.end, whole=False).ticks
        moments = np.linspace(self.low, self.high, N_TICKS)
        return [(self.at(float(moment)), self.label(float(moment))) for moment in moments]

    def label(self, value: float) -> str:
        """Return what a moment is called: a date, a clock time, or the number.

        >>> TimeAxis(0.0, 9e6, 0, 1, is_date=True, is_clock=False).label(86400.0)
        '1970-01-02'
        >>> TimeAxis(0.0, 99.0, 0, 1, is_date=False, is_clock=True).label(75.4)
        '0:01:15'
        """
        if self.is_date:
            stamp = str(np.datetime64(round(value * 1e6), "us")).replace("T", " ")
            span_s = self.high - self.low
            if span_s < FEW_SECONDS:
                return stamp[11:]
            return stamp[:10] if span_s >= FEW_DAYS * SECONDS_A_DAY else stamp[: 16 if span_s >= FEW_MINUTES_S else 19]
        if self.is_clock:
            minutes, seconds = divmod(round(value), 60)
            return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
        digits = max(0, 2 - int(np.floor(np.log10(max(self.high - self.low, 1e-300)))))
        return plain(value, min(digits, 6))


def time_numbers(column: Any) -> FloatArray:
    """Return a time column as floats, (n_rows,): as it is, or seconds since 1970 of dates."""
    if getattr(column.dtype, "kind", "") == "M":
        zoned = getattr(column.dtype, "tz", None) is not None
        plain_dates = column.dt.tz_convert("UTC").dt.tz_localize(None) if zoned else column
        return np.asarray(plain_dates.to_numpy(dtype="datetime64[us]").astype(np.float64) / 1e6)
    return np.asarray(column.to_numpy(dtype=np.float64))
