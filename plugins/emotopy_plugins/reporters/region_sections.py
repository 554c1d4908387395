"""The sections on regions of a text result's page: glass brains, and tables with a column per group."""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np

from emotopy.errors import ShapeError
from emotopy.once import once
from emotopy.records import ALL_TEXTS, FloatArray, Level, Node, label
from emotopy_plugins.reporters.formatting import ABSENT, Scale, count, interval, listing, percent, plain, signed
from emotopy_plugins.reporters.region_values import PlottedValues, RegionNames, RegionTable, group_label

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


N_NAMED = 3
"""Regions that a caption names at either end."""


@attrs.frozen
class Cell:
    """A cell: its text, its interval (may be empty), its step of colour (None: no colour)."""

    text: str
    interval: str = ""
    step: int | None = None


# Tables -------------------------------------------------------------------------------------------------------------


def region_tables(
    table: RegionTable, scale: Scale, sizes: Mapping[str, int], most: int, names: RegionNames
) -> dict[str, Any]:
    """Return the tables by name; with a single group one table holds all measures, `single`."""
    columns = (*table.groups, ALL_TEXTS) if table.is_compared else (ALL_TEXTS,)
    targets = list(table.targets)
    measures = {name: table.values(name, columns) for name in ("relative", "evidence", "share", "intensity")}
    ends = {
        name: (table.values(f"{name}_low", columns), table.values(f"{name}_high", columns))
        for name in ("relative", "intensity")
    }
    chosen = _shown_targets(measures["relative"][: len(table.groups)], most)
    reference = table.reference_share()

    def cell(name: str, group: int, target: int, *, heat: bool) -> Cell:
        value = float(measures[name][group, target])
        write = signed if name in ("relative", "evidence") else plain
        digits = 3 if name == "intensity" else 2
        low, high = (float(end[group, target]) for end in ends[name]) if name in ends else (np.nan, np.nan)
        return Cell(write(value, digits), interval(low, high, digits, write), scale.step(value) if heat else None)

    def share(group: int, target: int) -> Cell:
        return Cell(percent(float(measures["share"][group, target])))

    def rows(cells_of: Callable[[int], Any]) -> list[dict[str, Any]]:
        return [
            {
                "label": label(targets[j]),
                "brainstem": names.is_brainstem(targets[j]),
                "reference": percent(reference[j]) if np.isfinite(reference[j]) else ABSENT,
                "cells": cells_of(j),
            }
            for j in chosen
        ]

    context = {
        "heads": [
            {"name": name, "n_texts": count(sizes[name], "text"), "is_all": name == ALL_TEXTS} for name in columns
        ],
        "n_hidden": len(targets) - len(chosen),
        "n_targets": len(targets),
        "level_word": table.level,
        "many_groups": len(columns) > 8,
    }
    if not table.is_compared:
        has_evidence = bool(np.isfinite(measures["evidence"]).any())

        def of_one(j: int) -> dict[str, Cell]:
            return {
                "relative": cell("relative", 0, j, heat=not has_evidence),
                "evidence": cell("evidence", 0, j, heat=has_evidence),
                "share": share(0, j),
                "intensity": cell("intensity", 0, j, heat=False),
            }

        return {**context, "single": rows(of_one)}
    indices = range(len(columns))
    return {
        **context,
        "single": [],
        "profile_rows": rows(lambda j: [cell("relative", i, j, heat=True) for i in indices]),
        "intensity_rows": rows(lambda j: [cell("intensity", i, j, heat=False) for i in indices]),
        "share_rows": rows(lambda j: [share(i, j) for i in indices]),
    }


def _shown_targets(relative: FloatArray, most: int) -> list[int]:
    """Return the columns to show, in order: those that spread most over groups, or lie furthest from zero."""
    if relative.shape[1] <= most:
        return list(range(relative.shape[1]))
    known = np.where(np.isfinite(relative), relative, 0.0)
    spread = np.ptp(known, axis=0) if len(known) > 1 else np.abs(known[0])
    return sorted(int(j) for j in np.argsort(-spread, kind="stable")[:most])


# Glass brains -------------------------------------------------------------------------------------------------------


def glass_brains(
    table: RegionTable,
    shown: PlottedValues,
    nodes: list[Node],
    scale: Scale,
    sizes: Mapping[str, int],
    most: int,
    names: RegionNames,
) -> dict[str, Any]:
    """Return the figure: outlines, a card per group shown, and a sentence on which groups those are."""
    column = {target: j for j, target in enumerate(shown.targets)}
    of_node = [column[node.name if table.level == "node" else node.region] for node in nodes]
    plan = layout(table.level)
    chosen = _shown_groups(table, shown, sizes, most)
    cards = []
    for i in chosen:
        values = shown.values[i][of_node]
        views = [
            {
                "view": view,
                "markers": [
                    {
                        "at": marker,
                        "step": scale.step(float(values[marker.node])),
                        "title": f"{names.label(shown.targets[of_node[marker.node]])}: "
                        f"{signed(float(values[marker.node]))}",
                    }
                    for marker in markers(nodes, values, view, scale.limit)
                ],
            }
            for view in plan.views
        ]
        highest, lowest = _extremes(shown, i, names)
        name = shown.groups[i]
        cards.append(
            {
                "group": group_label(name),
                "n_texts": count(sizes[name], "text"),
                "views": views,
                "highest": highest,
                "lowest": lowest,
                "alt": f"Markers on {len(plan.views)} views of a brain. Highest: {highest or 'none'}. "
                f"Lowest: {lowest or 'none'}.",
            }
        )
    return {
        "layout": plan,
        "outlines": [outline(name) for name in dict.fromkeys(view.outline for view in plan.views)],
        "cards": cards,
        "choice": _choice_sentence(len(shown.groups), [shown.groups[i] for i in chosen]),
    }


def _shown_groups(table: RegionTable, shown: PlottedValues, sizes: Mapping[str, int], most: int) -> list[int]:
    """Return which groups get a brain, in the order of the table.

    Those furthest from the profile of all texts, the distance in standard errors: root mean square over
    targets × √texts. By distance alone, tiny groups would win on noise.
    """
    away: FloatArray = shown.values - table.values(shown.measure, (ALL_TEXTS,))
    known = np.where(np.isfinite(away), away, 0.0)
    texts = np.array([sizes[name] for name in shown.groups], dtype=np.float64)
    distance = np.sqrt((known**2).mean(axis=1) * texts)
    return sorted(int(i) for i in np.argsort(-distance, kind="stable")[:most])


def _choice_sentence(n_groups: int, chosen: list[str]) -> str:
    if len(chosen) == n_groups:
        return ""
    return (
        f"Shown are {len(chosen)} of {n_groups} groups, those whose profile lies furthest from that of all texts "
        f"(distance × √texts): {listing(chosen)}. The table holds every group."
    )


def _extremes(shown: PlottedValues, group: int, names: RegionNames) -> tuple[str, str]:
    """Return the highest targets above zero, and the lowest below it, in words."""
    values = shown.values[group]
    order = [int(j) for j in np.argsort(-values, kind="stable") if np.isfinite(values[j])]
    phrases = [f"{names.label(shown.targets[j])} {signed(float(values[j]))}" for j in order]
    above = [text for text, j in zip(phrases, order, strict=True) if values[j] > 0][:N_NAMED]
    below = [text for text, j in zip(phrases, order, strict=True) if values[j] < 0][::-1][:N_NAMED]
    return "; ".join(above), "; ".join(below)  # labels have commas of their own
