"""Forest plots: a value with its interval per row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.plotting.style import (
    GREY,
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
    mark_ticks,
    note,
    note_mm,
    number_axis,
    panels,
)
from emotopy.records import BoolArray, FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW_MM = 4.2


@attrs.frozen(eq=False)
class Estimates:
    """A series of a panel: value and ends of the interval per row, each (n_rows,); a filled marker where `sure`."""

    name: str
    value: FloatArray
    low: FloatArray
    high: FloatArray
    sure: BoolArray


def forest(
    panels_of: Sequence[Sequence[Estimates]],
    rows: Sequence[str],
    *,
    titles: Sequence[str],
    axis_titles: Sequence[str],
    said: str = "",
    width: Width = "one",
    ax: Any = None,
) -> Figure:
    """Draw panels side by side that share their rows, each with one series or several.

    Parameters
    ----------
    panels_of
        Per panel its series; at most six.
    rows
        Names of the rows.
    titles, axis_titles
        Of the panels; what their axes measure.
    said, width, ax
        As for `emotopy.plotting.brain.brain`.

    Raises
    ------
    InputError
        `width` or `ax` doesn't fit.
    """
    names = [series.name for series in panels_of[0]]
    has_key = len(names) > 1
    row_mm = ROW_MM * max(1.0, 0.5 * len(names))
    height = len(rows) * row_mm + 11 + 5 * bool(any(titles)) + key_mm(names, width) + note_mm(said, width)
    figure, axes = panels(ax, width, height, 1, len(panels_of), sharey=True)
    for i, (one, series, title, axis_title) in enumerate(zip(axes, panels_of, titles, axis_titles, strict=True)):
        dress(one, spines=("bottom",), grid=None)
        one.axvline(0, color=GREY, linewidth=0.6, linestyle="-", marker="none", zorder=1)
        for row in range(0, len(rows), 2):
            one.axhspan(row - 0.5, row + 0.5, facecolor="#f4f4f4", edgecolor="none", zorder=0)
        handles = [_series(one, k, len(series), estimates) for k, estimates in enumerate(series)]
        mark_ticks(one.yaxis, [clean(name) for name in rows], SMALL)
        one.tick_params(axis="y", labelleft=i == 0 or ax is not None)
        one.set_ylim(len(rows) - 0.5, -0.5)
        number_axis(one.xaxis)
        one.set_xlabel(axis_title, labelpad=2, **letters(SMALL))
        if title:
            one.set_title(clean(title), loc="left", pad=3, **letters(SIZE))
    if has_key:
        legend(figure if ax is None else axes[0], handles, names, width, above=ax is None)
    note(figure if ax is None else None, said)
    return finish(figure, ax)  # type: ignore[no-any-return]


def _series(ax: Any, k: int, n: int, estimates: Estimates) -> Any:
    """Draw a series, shifted so that several stand beneath one another; return the key's handle."""
    line = LINES[k % len(LINES)]
    shift = (k - (n - 1) / 2) * 0.7 / max(n, 1)
    places = np.arange(len(estimates.value)) + shift
    known = np.isfinite(estimates.value)
    ends = known & np.isfinite(estimates.low) & np.isfinite(estimates.high)
    ax.hlines(
        places[ends],
        estimates.low[ends],
        estimates.high[ends],
        color=line.colour,
        linewidth=1.0,
        linestyle="-",
        zorder=2,
    )
    handle = None
    for which, face in ((known & estimates.sure, line.colour), (known & ~estimates.sure, "white")):
        (drawn,) = ax.plot(
            estimates.value[which], places[which], linestyle="none", marker=line.marker, markersize=3.6,
            markerfacecolor=face, markeredgecolor=line.colour, markeredgewidth=0.8, zorder=3,
        )  # fmt: skip
        handle = handle if handle is not None and not which.any() else drawn
    return handle
