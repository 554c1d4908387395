"""Courses over time: small panels, a line per series, with bands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.plotting.style import (
    GREY,
    INK,
    LINES,
    SIZE,
    SMALL,
    Width,
    clean,
    dress,
    finish,
    key_mm,
    legend,
    letters,
    note,
    note_mm,
    number_axis,
    panels,
    width_mm,
)
from emotopy.records import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PANEL_MM = 30.0


@attrs.frozen(eq=False)
class Series:
    """A line of a panel: value, and band where `low` and `high` are given, each (n_moments,); NaN breaks the line.

    `at` holds the moments: numbers, or datetimes.
    """

    name: str
    at: Any
    value: FloatArray
    low: FloatArray | None = None
    high: FloatArray | None = None


@attrs.frozen(eq=False)
class Panel:
    """A panel: its title, its lines, blocks (from, to) that are shaded in turn, and moments with a line across."""

    title: str
    series: Sequence[Series]
    blocks: Sequence[tuple[float, float]] = ()
    moments: Sequence[Any] = ()


def course(
    shown: Sequence[Panel],
    *,
    axis_title: str,
    time_title: str,
    said: str = "",
    width: Width = "two",
    n_columns: int | None = None,
    ax: Any = None,
) -> Figure:
    """Draw panels of courses that share the axis of time.

    Parameters
    ----------
    shown
        The panels.
    axis_title, time_title
        What the axes measure.
    n_columns
        How many panels stand side by side; by the width by default.
    said, width, ax
        As for `emotopy.plotting.brain.brain`.

    Raises
    ------
    InputError
        `width` or `ax` doesn't fit.
    """
    n_columns = min(len(shown), n_columns or (1 if width_mm(width) < 120 else 3 if len(shown) > 4 else 2))
    n_rows = -(-len(shown) // n_columns)
    names = [series.name for series in shown[0].series]
    has_key = len(names) > 1
    height = n_rows * PANEL_MM + 8 + key_mm(names, width) + note_mm(said, width)
    figure, axes = panels(ax, width, height, n_rows, n_columns, len(shown), sharex=True)
    handles: list[Any] = []
    for i, (one, panel) in enumerate(zip(axes, shown, strict=True)):
        dress(one)
        for start, end in panel.blocks[::2]:
            one.axvspan(start, end, facecolor="#f2f2f2", edgecolor="none", zorder=0)
        if _crosses_zero(panel):
            one.axhline(0, color=GREY, linewidth=0.4, linestyle="-", marker="none", zorder=1)
        for moment in panel.moments:
            one.axvline(moment, color=INK, linewidth=0.7, linestyle=(0, (2, 1.5)), marker="none", zorder=1.5)
        drawn = [_line(one, k, series) for k, series in enumerate(panel.series)]
        handles = handles or drawn
        one.set_title(clean(panel.title, int(width_mm(width) / n_columns / 1.4)), loc="left", pad=3, **letters(SIZE))
        number_axis(one.yaxis, 4)
        _time_axis(one, panel)
        is_lowest = i + n_columns >= len(shown)
        if is_lowest or ax is not None:
            one.set_xlabel(time_title, labelpad=2, **letters(SMALL))
        one.tick_params(axis="x", labelbottom=is_lowest or ax is not None)
    if ax is None:
        figure.supylabel(axis_title, **letters(SMALL))
    else:
        for one in axes:
            one.set_ylabel(axis_title, labelpad=2, **letters(SMALL))
    if has_key:
        legend(figure if ax is None else axes[0], handles, names, width, above=ax is None)
    note(figure if ax is None else None, said)
    return finish(figure, ax)  # type: ignore[no-any-return]


def _line(ax: Any, k: int, series: Series) -> Any:
    line = LINES[k % len(LINES)]
    if series.low is not None and series.high is not None:
        ax.fill_between(
            series.at,
            series.low,
            series.high,
            facecolor=line.colour,
            alpha=0.18,
            edgecolor="none",
            linewidth=0,
            zorder=2,
        )
    (drawn,) = ax.plot(
        series.at, series.value, color=line.colour, linestyle=line.dashes, linewidth=1.1, marker="none", zorder=3,
        solid_capstyle="butt", dash_capstyle="butt",
    )  # fmt: skip
    return drawn


def _time_axis(ax: Any, panel: Panel) -> None:
    from matplotlib import dates

    if panel.series and np.asarray(panel.series[0].at).dtype.kind == "M":
        locator = dates.AutoDateLocator(minticks=2, maxticks=5)  # type: ignore[no-untyped-call]
        ax.xaxis.set_major_locator(locator)
        ax.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, usetex=False))  # type: ignore[no-untyped-call]
    else:
        number_axis(ax.xaxis, 5)
    known = [np.asarray(series.at) for series in panel.series if len(series.at)]
    if known:
        ax.set_xlim(min(at.min() for at in known), max(at.max() for at in known))
        ax.margins(x=0)


def _crosses_zero(panel: Panel) -> bool:
    ends = [one for series in panel.series for one in (series.value, series.low, series.high) if one is not None]
    known = np.concatenate([np.ravel(one) for one in ends]) if ends else np.zeros(0)
    known = known[np.isfinite(known)]
    return bool(known.size and known.min() < 0 < known.max())
