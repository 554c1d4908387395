"""Glass brains: outlines of the brain, views side by side, and where markers go in them.

The outlines are nilearn's, read from the files that it ships; nilearn itself isn't imported.
"""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np

from emotopy.errors import ShapeError
from emotopy.once import once
from emotopy.records import FloatArray, Level, Node

Direction = Literal["left", "right", "side", "back", "top"]

PLACEMENT = {
    "side": (0.38, 0.38, -108.0, -70.0),
    "back": (0.39, 0.39, -73.0, -73.0),
    "top": (0.36, 0.37, -71.0, -107.0),
}
"""Drawing → MNI mm, as in `nilearn.plotting.glass_brain`: scale x, scale y, shift x, shift y."""
AXES_OF = {"side": (1, 2), "back": (0, 2), "top": (0, 1)}
"""Drawing → the MNI axes that run to the right and up."""
MARGIN_MM = 4.0
GAP_MM = 10.0
SMALLEST_MM, LARGEST_MM = 1.6, 7.0
"""Radius of a marker at zero, and at the end of the scale; its area grows linearly in between."""


@attrs.frozen
class Outline:
    """A drawing of the brain: `strokes` are (kind, path data), kind `contour`, `fold` or `fine`; y runs down."""

    name: str
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    strokes: tuple[tuple[str, str], ...]


@attrs.frozen
class View:
    """A place for a drawing in the figure: where its centre goes, and whether it is mirrored (facing left)."""

    direction: Direction
    outline: str
    mirrored: bool
    shift_x_mm: float
    shift_y_mm: float
    signs: tuple[str, str]


@attrs.frozen
class Marker:
    """A node in a view: centre and radius in millimetres of the figure, its number, and whether above zero."""

    x_mm: float
    y_mm: float
    radius_mm: float
    node: int
    above: bool


@attrs.frozen
class Layout:
    """Views side by side: the figure's size in millimetres, and its views."""

    width_mm: float
    height_mm: float
    views: tuple[View, ...]


@once
def outline(name: str) -> Outline:
    """Return nilearn's drawing `side`, `back` or `top`, coordinates rounded to 0.1 mm."""
    content = json.loads((_drawings() / f"brain_schematics_{name}.json").read_text("utf-8"))
    scale_x, scale_y, shift_x, shift_y = PLACEMENT[name]

    def place(point: Sequence[float]) -> tuple[float, float]:
        return round(scale_x * point[0] + shift_x, 1), -round(scale_y * point[1] + shift_y, 1)

    left, right, low, high = content["metadata"]["bounds"]
    x0, y0 = place((left, high))
    x1, y1 = place((right, low))
    strokes: dict[str, list[str]] = {"fold": [], "fine": [], "contour": []}
    for path in content["paths"]:
        black = "contour" if path["linewidth"] > 1 else "fine"
        kind = black if path["edgecolor"] == "#000000" else "fold"
        strokes[kind].append(_path_data([[place(point) for point in item["pts"]] for item in path["items"]]))
    width, height = (round(end - start + 2 * MARGIN_MM, 1) for start, end in ((x0, x1), (y0, y1)))
    joined = tuple((kind, "".join(data)) for kind, data in strokes.items())
    return Outline(name, x0 - MARGIN_MM, y0 - MARGIN_MM, width, height, joined)


def layout(level: Level) -> Layout:
    """Return three views where a region has one value on both sides, four where left and right may differ."""
    directions: tuple[Direction, ...] = (
        ("side", "back", "top") if level == "region" else ("left", "back", "right", "top")
    )
    drawings = [outline("side" if direction in ("left", "right") else direction) for direction in directions]
    height = max(drawing.height_mm for drawing in drawings)
    views, x = [], 0.0
    for direction, drawing in zip(directions, drawings, strict=True):
        mirrored = direction == "left"
        signs = ("", "") if drawing.name == "side" else ("L", "R")
        shift_x = x + drawing.x_mm + drawing.width_mm if mirrored else x - drawing.x_mm
        shift_y = (height - drawing.height_mm) / 2 - drawing.y_mm
        views.append(View(direction, drawing.name, mirrored, round(shift_x, 1), round(shift_y, 1), signs))
        x += drawing.width_mm + GAP_MM
    return Layout(round(x - GAP_MM, 1), height, tuple(views))


def markers(nodes: Sequence[Node], values: FloatArray, view: View, limit: float) -> list[Marker]:
    """Return the markers of a view, weakest first so that the strongest is drawn on top; no value, no marker.

    `values` is (n_nodes,); `limit` > 0 is the value at the end of the scale. Views of one side leave the other out.

    Raises ShapeError where there isn't one value per node.
    """
    values = np.asarray(values, dtype=np.float64)
    if values.shape != (len(nodes),):
        raise ShapeError(f"values: wanted one per node, ({len(nodes)},), got {values.shape}")
    right, up = AXES_OF[view.outline]
    found = []
    for i in np.argsort(np.abs(values), kind="stable"):
        node, value = nodes[i], float(values[i])
        other_side = (view.direction == "left" and node.x_mm > 0) or (view.direction == "right" and node.x_mm < 0)
        if math.isnan(value) or other_side:
            continue
        across, height = node.xyz_mm[right], node.xyz_mm[up]
        part = min(abs(value) / limit, 1.0)
        radius = math.sqrt(SMALLEST_MM**2 + part * (LARGEST_MM**2 - SMALLEST_MM**2))
        x = view.shift_x_mm + (-across if view.mirrored else across)
        found.append(Marker(round(x, 1), round(view.shift_y_mm - height, 1), round(radius, 1), int(i), value >= 0))
    return found


def _drawings() -> Path:
    spec = importlib.util.find_spec("nilearn")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("nilearn", name="nilearn")
    return Path(next(iter(spec.submodule_search_locations))) / "plotting" / "glass_brain_files"


def _path_data(items: list[list[tuple[float, float]]]) -> str:
    """Join segments and cubic curves that follow each other into SVG path data."""
    data: list[str] = []
    pen: Any = None
    for points in items:
        if points[0] != pen:
            data.append("M" + _numbers(points[:1]))
        data.append(("C" if len(points) == 4 else "L") + _numbers(points[1:]))
        pen = points[-1]
    return "".join(data)


def _numbers(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{value:g}" for point in points for value in point)
