"""Scores beside their null: a strip per row."""

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
    letters,
    mark_ticks,
    note,
    note_mm,
    number_axis,
    panels,
    width_mm,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW_MM = 4.8
NULL = "#d4d4d4"


@attrs.frozen(eq=False)
class Score:
    """A row: its name, the score, mean and 95 % point of its null, whether it is sure, and single values beside it."""

    name: str
    value: float
    null_mean: float
    null_95: float
    sure: bool = False
    single: Sequence[float] = ()


def scores(
    shown: Sequence[tuple[str, Sequence[Score]]],
    *,
    axis_title: str,
    said: str = "",
    width: Width = "one",
    ax: Any = None,
) -> Figure:
    """Draw a panel per entry, a strip per score: a bar up to the null's 95 % point, the score on it.

    Parameters
    ----------
    shown
        (title, rows) per panel.
    axis_title
        What is scored.
    said, width, ax
        As for `emotopy.plotting.brain.brain`.

    Raises
    ------
    InputError
        `width` or `ax` doesn't fit.
    """
    n_columns = 1 if width_mm(width) < 120 else min(2, len(shown))
    n_rows = -(-len(shown) // n_columns)
    most = max(len(rows) for _, rows in shown)
    height = n_rows * (most * ROW_MM + 6) + 9 + note_mm(said, width)
    figure, axes = panels(ax, width, height, n_rows, n_columns, len(shown), sharex=True)
    for i, (one, (title, rows)) in enumerate(zip(axes, shown, strict=True)):
        dress(one, spines=("bottom",))
        one.axvline(0, color=GREY, linewidth=0.6, linestyle="-", marker="none", zorder=1)
        for y, row in enumerate(rows):
            _strip(one, y, row)
        mark_ticks(one.yaxis, [clean(row.name) for row in rows])
        one.set_ylim(max(len(rows), 1) - 0.5, -0.5)
        number_axis(one.xaxis)
        if title:
            one.set_title(clean(title), loc="left", pad=3, **letters(SIZE))
        is_lowest = i + n_columns >= len(shown)
        if is_lowest or ax is not None:
            one.set_xlabel(axis_title, labelpad=2, **letters(SMALL))
        one.tick_params(axis="x", labelbottom=is_lowest or ax is not None)
    note(figure if ax is None else None, said)
    return finish(figure, ax)  # type: ignore[no-any-return]


def _strip(ax: Any, y: int, row: Score) -> None:
    if np.isfinite(row.null_95):
        ax.barh(y, row.null_95, height=0.7, color=NULL, edgecolor="none", zorder=0.5)
        ax.vlines(row.null_95, y - 0.35, y + 0.35, color=GREY, linewidth=0.9, linestyle="-", zorder=1.5)
    if np.isfinite(row.null_mean):
        ax.vlines(row.null_mean, y - 0.2, y + 0.2, color=GREY, linewidth=0.6, linestyle="-", zorder=1.5)
    single = np.asarray([value for value in row.single if np.isfinite(value)], dtype=np.float64)
    ax.plot(single, np.full(len(single), y), linestyle="none", marker="|", markersize=4.5, color=INK,
            markeredgewidth=0.5, alpha=0.6, zorder=2)  # fmt: skip
    if np.isfinite(row.value):
        colour = LINES[0].colour
        ax.plot([row.value], [y], linestyle="none", marker="o", markersize=4.4, markeredgewidth=0.9, zorder=3,
                markerfacecolor=colour if row.sure else "white", markeredgecolor=colour)  # fmt: skip
