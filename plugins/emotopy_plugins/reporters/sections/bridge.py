"""The sections of a bridge between text weights and brain weights: agreement, both maps on the brain, scatter plots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.records import FloatArray, PageLimits, RegionAxis, Result, label
from emotopy_plugins.reporters.brain_cards import BrainCard, brain_figure, n_markers
from emotopy_plugins.reporters.charts import Axis, null_cells, strip_axis
from emotopy_plugins.reporters.formatting import Scale, probability, signed
from emotopy_plugins.reporters.of_bridge import ALL, MEANT
from emotopy_plugins.reporters.region_values import RegionNames, grid
from emotopy_plugins.reporters.sections.decoding_regions import steps_of
from emotopy_plugins.reporters.sections.section import section

if TYPE_CHECKING:
    import pandas as pd

MOST_MARKERS = 2000
"""Most markers of glass brains on the page, and about as many dots of scatter plots."""
FIRST = 12
"""Regions of an emotion whose weights stand open in its table; a button shows the others."""
LEFT, RIGHT, TOP, BOTTOM = 44.0, 392.0, 12.0, 232.0
"""The plot's frame, in units of its view box."""
N_NAMED = 6
"""Most points that are named: those that weigh most in the correlation, for or against."""
LETTER, DOT = 5.0, 4.0
"""About how wide a letter is, and a dot's radius."""
KINDS = {
    "absolute": "how much coupling changes, in either direction",
    "signed": "whether coupling increases or decreases",
}


@attrs.frozen(eq=False)
class WeightMaps:
    """What the page reads of a bridge: the weights, (n_emotions, n_regions) each."""

    emotions: tuple[str, ...]
    regions: tuple[str, ...]
    text: FloatArray
    brain: FloatArray
    brain_signed: FloatArray

    @classmethod
    def of(cls, result: Result) -> WeightMaps:
        """Read the tables of weights of a result of kind ``bridge``."""
        text, brain = result.tables["text_weights"], result.tables["brain_weights"]
        axes = {name: tuple(dict.fromkeys(text[name])) for name in ("emotion", "region")}
        columns = ((text, "weight"), (brain, "weight"), (brain, "signed_weight"))
        return cls(*axes.values(), *(grid(table, column, axes) for table, column in columns))


def _agreement(result: Result, limits: PageLimits) -> dict[str, Any]:
    table = result.tables["bridge"]
    axis = strip_axis(table, "r")
    return {
        "title": "Agreement",
        "first": limits.rows,
        "kinds": [
            {"kind": kind, "meaning": meaning, "rows": [_row(row, axis) for row in rows]}
            for kind, meaning in KINDS.items()
            if (rows := table[table["weights"] == kind].to_dict("records"))
        ],
        "ticks": axis.ticks,
        "has_p": bool(table["p"].notna().any()),
    }


def _brains(result: Result, limits: PageLimits) -> dict[str, Any] | None:
    """Return a pair of brains per emotion, text beside brain; None where nothing says where the regions lie."""
    axis: RegionAxis | None = getattr(result, "axis", None)
    if axis is None or not limits.groups:
        return None
    maps, names = WeightMaps.of(result), RegionNames.of(result)
    text, brain = maps.text, _relative_to_mean(maps.brain)
    scales = {"text": Scale.around(text), "brain": Scale.around(brain)}
    shown = _shown(result.tables["bridge"], maps, max(1, MOST_MARKERS // (2 * n_markers(axis.nodes))))
    pairs = []
    for i in shown:
        cards = {
            "text": BrainCard("text weights", "correlation", text[i], _tips(maps, i, text[i], names)),
            "brain": BrainCard("brain weights", "relative to the mean", brain[i], _tips(maps, i, brain[i], names)),
        }
        figures = {
            kind: brain_figure(axis.nodes, maps.regions, [card], scales[kind], names) for kind, card in cards.items()
        }
        pairs.append({"emotion": maps.emotions[i], **figures})
    return {
        "title": "Text and brain, side by side",
        "pairs": pairs,
        "atlas": axis.atlas,
        "n_emotions": len(maps.emotions),
        "text_steps": steps_of(scales["text"]),
        "brain_steps": steps_of(scales["brain"]),
        "has_brainstem": any(names.is_brainstem(name) for name in maps.regions),
    }


def _relative_to_mean(weights: FloatArray) -> FloatArray:
    """Return how much heavier each region weighs than the emotion's mean region; NaN where all weigh nothing."""
    mean = weights.mean(axis=1, keepdims=True)
    relative: FloatArray = weights / np.where(mean > 0, mean, np.nan) - 1
    return relative


def _tips(maps: WeightMaps, emotion: int, drawn: FloatArray, names: RegionNames) -> list[str]:
    text, brain = maps.text[emotion], maps.brain[emotion]
    return [
        f"{names.label(region)}: {signed(float(drawn[k]))}; text weight {signed(float(text[k]))}, "
        f"brain weight {brain[k]:.3g}"
        for k, region in enumerate(maps.regions)
    ]


def _shown(table: pd.DataFrame, maps: WeightMaps, most: int) -> list[int]:
    """Return the emotions that are drawn: all, or those whose maps agree most; in their own order."""
    r = {row["emotion"]: float(row["r"]) for row in table[table["weights"] == MEANT].to_dict("records")}
    agreement = np.array([r.get(emotion, np.nan) for emotion in maps.emotions])
    return sorted(int(i) for i in np.argsort(-agreement, kind="stable")[:most])


def _scatter(result: Result, limits: PageLimits) -> dict[str, Any]:  # noqa: ARG001 (as all sections)
    maps = WeightMaps.of(result)
    shown = _shown(result.tables["bridge"], maps, max(1, MOST_MARKERS // max(1, len(maps.regions))))
    return {
        "title": "The two maps, region by region",
        "cards": _cards(result.tables["bridge"], maps, shown),
        "n_emotions": len(maps.emotions),
        "first": FIRST,
    }


def _row(row: Mapping[Any, Any], axis: Axis) -> dict[str, Any]:
    return {"emotion": str(row["emotion"]), "is_all": row["emotion"] == ALL, **null_cells(row, "r", axis)}


def _cards(table: pd.DataFrame, maps: WeightMaps, shown: list[int]) -> list[dict[str, Any]]:
    """Return a scatter plot per emotion, text weight across, brain weight up, each brain axis by itself."""
    text, brain, direction = maps.text, maps.brain, maps.brain_signed
    across = Axis.over([0.0, *text.ravel()], LEFT, RIGHT)
    rows = {row["emotion"]: row for row in table[table["weights"] == "absolute"].to_dict("records")}
    cards = []
    for i in shown:
        emotion = maps.emotions[i]
        up = Axis.over(brain[i], BOTTOM, TOP)
        order = np.argsort(-text[i], kind="stable")
        cards.append(
            {
                "emotion": emotion,
                "r": signed(float(rows[emotion]["r"])),
                "p": probability(float(rows[emotion]["p"])),
                "zero": across.at(0.0),
                "across": across.ticks,
                "up": up.ticks,
                "points": _points(maps.regions, text[i], brain[i], across, up),
                "rows": [
                    {
                        "region": label(maps.regions[k]),
                        "text": signed(float(text[i, k])),
                        "brain": f"{brain[i, k]:.3g}",
                        "signed": f"{direction[i, k]:+.3g}".replace("-", "−"),
                    }
                    for k in order
                ],
            }
        )
    return cards


def _points(
    regions: tuple[str, ...], text: FloatArray, brain: FloatArray, across: Axis, up: Axis
) -> list[dict[str, Any]]:
    """Return the regions of a scatter: where each lies, what it is called, and where its name is written, if it is."""
    places = [(across.at(float(a)), up.at(float(b))) for a, b in zip(text, brain, strict=True)]
    named = _named(regions, places, np.abs(_relative(text) * _relative(brain)))
    return [
        {
            "x": x,
            "y": y,
            "name": label(region),
            "text": signed(float(text[k])),
            "brain": f"{brain[k]:.3g}",
            "named": k in named,
            "anchor": _anchor(x),
        }
        for k, (region, (x, y)) in enumerate(zip(regions, places, strict=True))
    ]


def _anchor(x: float) -> str:
    return "end" if x > (LEFT + RIGHT) / 2 else "start"


def _named(regions: tuple[str, ...], places: list[tuple[float, float]], weight: FloatArray) -> set[int]:
    """Return the regions whose names are written: the largest weights whose names cover no dot and no other name."""
    boxes: list[tuple[float, float, float, float]] = []
    named: set[int] = set()
    for k in np.argsort(-weight, kind="stable").tolist():
        x, y = places[k]
        width = LETTER * len(label(regions[k])) + 10
        box = (x - width, x - 5, y - 6, y + 6) if _anchor(x) == "end" else (x + 5, x + width, y - 6, y + 6)
        dots = [place for i, place in enumerate(places) if i != k]
        free = not any(box[0] - DOT < a < box[1] + DOT and box[2] < b < box[3] for a, b in dots)
        if free and not any(box[0] < o[1] and o[0] < box[1] and box[2] < o[3] and o[2] < box[3] for o in boxes):
            boxes.append(box)
            named.add(k)
        if len(named) == N_NAMED:
            break
    return named


def _relative(values: FloatArray) -> FloatArray:
    away = values - values.mean()
    return np.asarray(away / (np.abs(away).max() or 1.0))


OF_BRIDGES = ("bridge",)
STYLES = ("decoding.css", "bridge.css")
BRIDGE = (
    section("bridge-agreement", _agreement, order=100, kinds=OF_BRIDGES, styles=STYLES),
    section("bridge-brains", _brains, order=200, kinds=OF_BRIDGES, styles=STYLES),
    section("bridge-scatter", _scatter, order=220, kinds=OF_BRIDGES, styles=STYLES),
)
