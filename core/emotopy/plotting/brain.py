"""Glass brains: a value per node as a marker, its area and its colour by the value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.errors import ShapeError
from emotopy.plotting.glass_brain import Layout, Outline, View, layout, markers, outline
from emotopy.plotting.style import (
    FAINT,
    GREY,
    INK,
    SIZE,
    TINY,
    Width,
    clean,
    colour_bar,
    colours,
    finish,
    letters,
    note,
    note_mm,
    panels,
    scale,
    width_mm,
)
from emotopy.records import FloatArray, Level, Node

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STROKES = {"contour": (0.6, GREY), "fine": (0.35, GREY), "fold": (0.35, FAINT)}
"""Line widths in points, and colours."""
TITLE_MM, BAR_MM = 5.0, 11.0


def brain(
    nodes: Sequence[Node],
    values: FloatArray,
    titles: Sequence[str],
    *,
    title_of_scale: str,
    level: Level = "region",
    said: str = "",
    width: Width = "one",
    ax: Any = None,
) -> Figure:
    """Draw a glass brain per row of values.

    Parameters
    ----------
    nodes
        Where the markers go.
    values
        (n_panels, n_nodes); a node without a value (NaN) has no marker. Values below zero have a bar across their
        marker, so that grey print keeps the sign.
    titles
        What each panel shows, (n_panels,).
    title_of_scale
        What the scale measures.
    level
        ``region``: three views; ``node``: four, left and right apart.
    said
        A line below, on what isn't shown.
    width
        ``one`` or ``two`` columns (89, 183 mm), or millimetres.
    ax
        Axes to draw in, one per panel; a new figure by default.

    Raises
    ------
    ShapeError
        Values don't fit nodes and titles.
    InputError
        `width` or `ax` doesn't fit.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.shape != (len(titles), len(nodes)):
        raise ShapeError(f"values: wanted {(len(titles), len(nodes))} (panels × nodes), got {values.shape}")
    plan = layout(level)
    across = width_mm(width)
    n_columns = 1 if across < 140 or len(titles) == 1 else 2
    n_rows = -(-len(titles) // n_columns)
    each = (across / n_columns - 2) * plan.height_mm / plan.width_mm + TITLE_MM
    height = n_rows * each + BAR_MM + note_mm(said, width)
    figure, axes = panels(ax, width, height, n_rows, n_columns, len(titles))
    norm = scale(values)
    for one, row, title in zip(axes, values, titles, strict=True):
        _panel(one, plan, nodes, row, norm)
        one.set_title(clean(title), loc="left", pad=2, **letters(SIZE))
    colour_bar(figure, axes, norm, title_of_scale, across, below=True)
    note(figure if ax is None else None, said)
    return finish(figure, ax)  # type: ignore[no-any-return]


def _panel(ax: Axes, plan: Layout, nodes: Sequence[Node], values: FloatArray, norm: Any) -> None:
    from matplotlib.collections import LineCollection
    from matplotlib.patches import Circle, PathPatch

    ax.set(xlim=(0, plan.width_mm), ylim=(plan.height_mm, 0), aspect="equal")
    ax.set_axis_off()
    ax.minorticks_off()
    limit = float(norm.vmax)
    for view in plan.views:
        drawing = outline(view.outline)
        for kind, path in _paths(drawing, view):
            thickness, colour = STROKES[kind]
            ax.add_patch(PathPatch(path, fill=False, linewidth=thickness, edgecolor=colour, capstyle="round", zorder=1))
        _letters(ax, drawing, view)
        across: list[Any] = []
        for order, marker in enumerate(markers(nodes, values, view, limit)):
            value = float(values[marker.node])
            ax.add_patch(
                Circle(
                    (marker.x_mm, marker.y_mm),
                    marker.radius_mm,
                    facecolor=colours(norm)(norm(value)),
                    edgecolor=INK,
                    linewidth=0.5,
                    zorder=2 + order / 1000,
                )
            )
            if value < 0:
                half = 0.55 * marker.radius_mm
                across.append((order, [(marker.x_mm - half, marker.y_mm), (marker.x_mm + half, marker.y_mm)]))
        for order, line in across:
            ax.add_collection(
                LineCollection([line], colors=[INK], linewidths=[0.7], zorder=2 + (order + 0.5) / 1000),
                autolim=False,
            )


def _letters(ax: Axes, drawing: Outline, view: View) -> None:
    """Write L and R beside the views from behind and above."""
    left, right = view.signs
    y = view.shift_y_mm + drawing.y_mm + drawing.height_mm - 6
    start = view.shift_x_mm + drawing.x_mm
    if left:
        ax.text(start + 8, y, left, ha="center", va="center", **letters(TINY, GREY))
        ax.text(start + drawing.width_mm - 8, y, right, ha="center", va="center", **letters(TINY, GREY))


def _paths(drawing: Outline, view: View) -> list[tuple[str, Any]]:
    """Return a drawing's strokes as paths of matplotlib's, where the view has them."""
    from matplotlib.path import Path

    found = []
    sign = -1.0 if view.mirrored else 1.0
    for kind, data in drawing.strokes:
        vertices: list[tuple[float, float]] = []
        codes: list[int] = []
        for command, points in _commands(data):
            code = {"M": Path.MOVETO, "L": Path.LINETO, "C": Path.CURVE4}[command]
            vertices += [(view.shift_x_mm + sign * x, view.shift_y_mm + y) for x, y in points]
            codes += [int(code)] * len(points)
        if vertices:
            found.append((kind, Path(vertices, codes)))
    return found


def _commands(data: str) -> list[tuple[str, list[tuple[float, float]]]]:
    """Read SVG path data of the commands M, L and C."""
    found, rest = [], data
    while rest:
        end = min((i for i in (rest.find(c, 1) for c in "MLC") if i > 0), default=len(rest))
        numbers = [float(one) for one in rest[1:end].split()]
        found.append((rest[0], list(zip(numbers[::2], numbers[1::2], strict=True))))
        rest = rest[end:]
    return found
