"""Axes and plots as plain geometry, in units of their view box, for a template to draw as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.records import FloatArray
from emotopy_plugins.reporters.formatting import ABSENT, interval, plain, probability, round_up, signed

if TYPE_CHECKING:
    import pandas as pd

STRIP_WIDTH, STRIP_MARGIN = 180.0, 8.0
FOREST_WIDTH, FOREST_MARGIN = 240.0, 10.0
WIDEST_G = 3.0
"""Intervals in a forest plot are drawn to here, or to the largest g; those of few units may be endless."""
COURSE_LEFT, COURSE_RIGHT, COURSE_TOP, COURSE_BOTTOM = 34.0, 392.0, 8.0, 104.0
N_TICK_STEPS = 3
"""About how many steps an axis has between its ticks."""
GAP = 1.5
"""A line breaks where moments lie further apart than so many of their usual steps."""


@attrs.frozen
class Axis:
    """A straight axis: values `low` … `high` lie at `start` … `end`, with `ticks` at round values."""

    low: float
    high: float
    start: float
    end: float
    step: float

    @classmethod
    def over(cls, values: Iterable[float], start: float, end: float, *, whole: bool = True) -> Axis:
        """Return an axis that holds all finite values; `whole` stretches it to whole steps at both ends."""
        finite = [float(value) for value in values if math.isfinite(value)] or [0.0, 1.0]
        low, high = min(finite), max(finite)
        step = round_up((high - low) / N_TICK_STEPS)
        if whole or low == high:
            low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
            high = high if high > low else low + step
        return cls(low, high, start, end, step)

    def at(self, value: float) -> float:
        """Return where a value lies, rounded to 0.1."""
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Places of the ticks with their labels."""
        first, last = math.ceil(self.low / self.step - 1e-9), math.floor(self.high / self.step + 1e-9)
        digits = max(0, 1 - math.floor(math.log10(self.step) + 1e-9)) if self.step < 10 else 0
        shortest = next(n for n in range(digits + 1) if n == digits or round(self.step, n) == round(self.step, 9))
        return [(self.at(n * self.step), plain(n * self.step, shortest)) for n in range(first, last + 1)]


@attrs.frozen
class DotPlot:
    """A value beside an interval (of its null, or its own), as places on the axis; None where there is none."""

    origin: float
    dot: float | None
    bar: tuple[float, float] | None
    beyond: bool


def strip_axis(table: pd.DataFrame, value: str) -> Axis:
    """Return the axis that all strip plots of a table share; zero is on it."""
    numbers = table[[value, "null_mean", "null_95"]].to_numpy(dtype=np.float64)
    return Axis.over([0.0, *numbers.ravel()], STRIP_MARGIN, STRIP_WIDTH - STRIP_MARGIN)


def strip_plot(axis: Axis, value: float, null_mean: float, null_95: float) -> DotPlot:
    """Return the strip plot of a row: its bar runs from the null's mean to its 95 % quantile; beyond lies more."""
    known = math.isfinite(null_mean) and math.isfinite(null_95)
    bar = (axis.at(min(null_mean, null_95)), axis.at(max(null_mean, null_95))) if known else None
    return DotPlot(axis.at(0.0), axis.at(value) if math.isfinite(value) else None, bar, known and value > null_95)


def forest_axis(table: pd.DataFrame) -> Axis:
    """Return the axis that all forest plots of a page share; zero is on it."""
    sizes = np.abs(table["g"].to_numpy(dtype=np.float64))
    widest = max(WIDEST_G, float(np.nanmax(sizes, initial=0.0, where=np.isfinite(sizes))))
    ends = np.clip(table[["g", "g_low", "g_high"]].to_numpy(dtype=np.float64).ravel(), -widest, widest)
    return Axis.over([0.0, *ends], FOREST_MARGIN, FOREST_WIDTH - FOREST_MARGIN)


def forest_plot(axis: Axis, g: float, low: float, high: float, *, beyond: bool) -> DotPlot:
    """Return the forest plot of a row; an interval that leaves the axis is drawn to its end."""

    def clipped(value: float) -> float:
        return axis.at(min(max(value, axis.low), axis.high))

    known = math.isfinite(low) and math.isfinite(high)
    ends = (clipped(low), clipped(high)) if known else None
    return DotPlot(axis.at(0.0), clipped(g) if math.isfinite(g) else None, ends, beyond)


def null_cells(row: Mapping[Any, Any], value: str, axis: Axis) -> dict[str, Any]:
    """Return the cells of a row that holds a value beside its null: number, null, strip plot and p."""
    number, null_mean, null_95 = (float(row[name]) for name in (value, "null_mean", "null_95"))
    return {
        "value": signed(number),
        "null": interval(null_mean, null_95, write=signed) or ABSENT,
        "strip": strip_plot(axis, number, null_mean, null_95),
        "p": probability(float(row["p"])),
        "p_family": probability(float(row["p_family"])),
    }


@attrs.frozen
class CoursePlot:
    """Rating and prediction along the story: path data, blocks and their borders, and the axes' ticks.

    `bands` are every second block, (start, width); lines break at the borders.
    """

    rating: str
    prediction: str
    borders: list[float]
    bands: list[tuple[float, float]]
    times: list[tuple[float, str]]
    levels: list[tuple[float, str]]
    n_moments: int
    n_subjects: int


def course_plots(table: pd.DataFrame, emotions: Sequence[str]) -> list[CoursePlot]:
    """Return the courses of emotions from the predictions of one feature set, all on the same axes.

    Rating and prediction are averaged over the subjects that a moment has, then centred and scaled over the story,
    each by itself (a constant one is 0 throughout).
    """
    tables = [table[table["emotion"] == emotion] for emotion in emotions]
    means = [
        one.groupby("centre_s", sort=True).agg({"rating": "mean", "prediction": "mean", "block": "first"})
        for one in tables
    ]
    standardised = [
        [_standardised(mean[name].to_numpy(dtype=np.float64)) for name in ("rating", "prediction")] for mean in means
    ]
    highest = max((float(np.abs(values).max(initial=0.0)) for pair in standardised for values in pair), default=1.0)
    level = Axis.over([-highest, highest], COURSE_BOTTOM, COURSE_TOP, whole=False)
    time = Axis.over(table["centre_s"], COURSE_LEFT, COURSE_RIGHT, whole=False)
    found = []
    for one, mean, courses in zip(tables, means, standardised, strict=True):
        centre, block = mean.index.to_numpy(dtype=np.float64), mean["block"].to_numpy()
        borders = [time.at((centre[i] + centre[i + 1]) / 2) for i in np.flatnonzero(np.diff(block))]
        lines = [_line(centre, values, block, time, level) for values in courses]
        edges = [COURSE_LEFT, *borders, COURSE_RIGHT]
        bands = [(start, round(end - start, 1)) for start, end in list(pairwise(edges))[1::2]]
        n_subjects = int(one["subject"].nunique())
        found.append(CoursePlot(*lines, borders, bands, time.ticks, level.ticks, len(centre), n_subjects))
    return found


def _standardised(values: FloatArray) -> FloatArray:
    away = values - values.mean() if len(values) else values
    deviation = float(away.std()) if len(values) else 0.0
    return away / deviation if deviation > 1e-12 * np.abs(values).max(initial=0.0) else np.zeros_like(away)


def _line(centre_s: FloatArray, values: FloatArray, block: Any, time: Axis, level: Axis) -> str:
    """Return path data through the moments, broken where some are missing and between blocks."""
    if len(centre_s) < 2:
        return ""
    usual = float(np.median(np.diff(centre_s)))
    points = [f"{time.at(s):g} {level.at(value):g}" for s, value in zip(centre_s, values, strict=True)]
    near = (np.diff(centre_s) <= GAP * usual) & (np.asarray(block[1:]) == np.asarray(block[:-1]))
    joined = [f"{'L' if is_near else 'M'}{point}" for is_near, point in zip(near, points[1:], strict=True)]
    return "".join([f"M{points[0]}", *joined])
