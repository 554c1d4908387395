"""Heat maps: a value per row and column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.errors import ShapeError
from emotopy.plotting.style import (
    GREY,
    SIZE,
    SMALL,
    TINY,
    Width,
    clean,
    colour_bar,
    colours,
    dress,
    finish,
    ink_on,
    letters,
    note,
    note_mm,
    panels,
    scale,
    signless,
    width_mm,
)
from emotopy.records import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW_MM, LEAST_ROW_MM = 4.2, 2.2
LONGEST_HEAD = 28
"""Characters of a column's name."""
NUMBERS_MM = 6.5
"""Cells of this width hold their number."""
MOST_ROWS_FULL = 40


def heatmap(
    values: Sequence[FloatArray],
    rows: Sequence[str],
    columns: Sequence[Sequence[str]],
    *,
    title_of_scale: str,
    titles: Sequence[str] = ("",),
    marked: Sequence[Any] | None = None,
    marks_mean: str = "",
    said: str = "",
    width: Width = "one",
    ax: Any = None,
) -> Figure:
    """Draw heat maps side by side that share their rows and their scale.

    Parameters
    ----------
    values
        Per panel (n_rows, n_columns of the panel); a cell without a value is hatched.
    rows, columns
        Names of the rows; per panel names of its columns.
    title_of_scale
        What the scale measures.
    titles
        Of the panels.
    marked
        Per panel a boolean array as `values`: cells with a dot. `marks_mean` says below what it means.
    said, width, ax
        As for `emotopy.plotting.brain.brain`.

    Raises
    ------
    ShapeError
        Values don't fit the names.
    InputError
        `width` or `ax` doesn't fit.
    """
    for panel, names in zip(values, columns, strict=True):
        if panel.shape != (len(rows), len(names)):
            raise ShapeError(f"values: wanted {(len(rows), len(names))} (rows × columns), got {panel.shape}")
    row_mm = ROW_MM if len(rows) <= MOST_ROWS_FULL else LEAST_ROW_MM
    columns = [[clean(name, LONGEST_HEAD) for name in names] for names in columns]
    longest = max((len(name) for names in columns for name in names), default=1)
    is_upright = len(columns) == 1 and len(columns[0]) * longest * 1.25 < width_mm(width) - 35
    heads_mm = 5.0 if is_upright else min(3.0 + longest * 1.05, 42.0)
    below = [text for text in (marks_mean if marked is not None and any(m.any() for m in marked) else "", said) if text]
    height = len(rows) * row_mm + heads_mm + note_mm("; ".join(below), width) + (5 if any(titles) else 0) + 4
    ratios = [max(len(names), 1) for names in columns]
    figure, axes = panels(ax, width, height, 1, len(values), sharey=True, gridspec_kw={"width_ratios": ratios})
    norm = scale(np.concatenate([panel.ravel() for panel in values]) if values else np.zeros(1))
    room_mm = (width_mm(width) - 45) / max(sum(ratios), 1)
    for i, (one, panel, names, title) in enumerate(zip(axes, values, columns, titles, strict=True)):
        dress(one, spines=())
        one.set_facecolor("white")
        mesh = one.pcolormesh(
            np.ma.masked_invalid(panel), cmap=colours(norm), norm=norm, edgecolors="white", linewidth=0.4
        )
        mesh.set_zorder(1)
        _missing(one, panel)
        one.set(xlim=(0, len(names)), ylim=(len(rows), 0))
        one.xaxis.tick_top()
        turned: dict[str, Any] = {} if is_upright else {"rotation": 90}
        small = SMALL if room_mm >= 3 else TINY
        one.set_xticks(np.arange(len(names)) + 0.5, names, **letters(small, **turned))
        one.set_yticks(np.arange(len(rows)) + 0.5, [clean(name) for name in rows], **letters(SMALL))
        one.tick_params(which="major", length=0, labelleft=i == 0 or ax is not None)
        if title:
            one.set_title(clean(title), pad=3, **letters(SIZE))
        if room_mm >= NUMBERS_MM and len(rows) <= MOST_ROWS_FULL:
            _numbers(one, panel, norm)
        if marked is not None:
            _dots(one, marked[i], panel, norm, beside=room_mm >= NUMBERS_MM)
    colour_bar(figure, axes, norm, title_of_scale, len(rows) * row_mm)
    note(figure if ax is None else None, "; ".join(below))
    return finish(figure, ax)  # type: ignore[no-any-return]


def _missing(ax: Any, panel: FloatArray) -> None:
    from matplotlib.patches import Rectangle

    for i, j in zip(*np.nonzero(~np.isfinite(panel)), strict=True):
        cell = Rectangle((j, i), 1, 1, facecolor="white", edgecolor=GREY, hatch="////", linewidth=0.0, zorder=1.5)
        if hasattr(cell, "set_hatch_linewidth"):  # from matplotlib 3.10 on; before, the process's setting holds
            cell.set_hatch_linewidth(0.5)
        ax.add_patch(cell)


def _numbers(ax: Any, panel: FloatArray, norm: Any) -> None:
    largest = float(np.nanmax(np.abs(panel))) if np.isfinite(panel).any() else 1.0
    digits = 2 if largest < 10 else 0
    for (i, j), value in np.ndenumerate(panel):
        if np.isfinite(value):
            text = f"{round(float(value), digits) + 0.0:.{digits}f}" if digits else signless(round(float(value)))
            colour = ink_on(colours(norm)(norm(value)))
            ax.text(j + 0.5, i + 0.52, text.replace("-", "−"), ha="center", va="center", **letters(TINY, colour))


def _dots(ax: Any, marked: Any, panel: FloatArray, norm: Any, *, beside: bool) -> None:
    for i, j in zip(*np.nonzero(marked), strict=True):
        colour = ink_on(colours(norm)(norm(panel[i, j])))
        ax.plot(j + (0.9 if beside else 0.5), i + 0.5, marker="o", markersize=2.2, color=colour, markeredgewidth=0)
