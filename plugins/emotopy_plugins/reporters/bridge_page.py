"""The page of a bridge between text weights and brain weights: the values of its template."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.records import FloatArray, Result, label
from emotopy_plugins.reporters.charts import Axis, null_cells, strip_axis
from emotopy_plugins.reporters.formatting import count, listing, plain, probability, signed
from emotopy_plugins.reporters.old_page import Limits, Page, common_context, lookup, simulation_name
from emotopy_plugins.reporters.region_values import grid

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05
ALL = "all"
"""The emotion that stands for the mean over emotions."""
LEFT, RIGHT, TOP, BOTTOM = 44.0, 392.0, 12.0, 232.0
"""The plot's frame, in units of its view box."""
N_NAMED = 6
"""Most points that are named: those that weigh most in the correlation, for or against."""
LETTER, DOT = 5.0, 4.0
"""About how wide a letter is, and a dot's radius."""
KINDS = {"absolute": "how much coupling changes, either way", "signed": "whether coupling rises or falls"}


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


def bridge_page(result: Result, title: str | None, limits: Limits) -> Page:  # noqa: ARG001 (as all page makers)
    """Return the page of a result of kind ``bridge``."""
    return Page("bridge.html.jinja", template_context(result, title), ("decoding.css", "bridge.css"))


def template_context(result: Result, title: str | None) -> dict[str, Any]:
    """Return the template's values."""
    table, maps = result.tables["bridge"], WeightMaps.of(result)
    axis = strip_axis(table, "r")
    return {
        "title": title or "What a story’s text predicts, and what its listeners’ brains show",
        "summary": f"{_sentence(maps.emotions)} over {count(len(maps.regions), 'region')} of one atlas.",
        "facts": _facts(maps, result.provenance),
        "simulated": simulation_name(lookup(result.provenance, "input", "brain", "input", "simulated")),
        "finding": _finding(table),
        "kinds": [
            {"kind": kind, "meaning": meaning, "rows": [_row(row, axis) for row in rows]}
            for kind, meaning in KINDS.items()
            if (rows := table[table["weights"] == kind].to_dict("records"))
        ],
        "ticks": axis.ticks,
        "cards": _cards(table, maps),
        "has_p": bool(table["p"].notna().any()),
        **common_context(result),
    }


def _sentence(emotions: tuple[str, ...]) -> str:
    what = listing(emotions) if len(emotions) <= 4 else count(len(emotions), "emotion")
    return what[:1].upper() + what[1:]


def _facts(maps: WeightMaps, provenance: Mapping[str, Any]) -> list[tuple[str, str]]:
    facts = [
        ("Emotions", ", ".join(maps.emotions)),
        ("Regions", f"{len(maps.regions)}"),
        ("Atlas", str(provenance.get("atlas", ""))),
        ("Segments", f"{provenance['n_segments']:,}" if "n_segments" in provenance else ""),
        ("Surrogates", f"{provenance.get('config', {}).get('n_surrogates', 0):,}"),
        ("Seed", str(provenance.get("seed", ""))),
    ]
    return [(name, value) for name, value in facts if value]


def _finding(table: pd.DataFrame) -> str:
    """Return a sentence on the comparison that is meant: with absolute weights."""
    main = table[table["weights"] == "absolute"]
    overall = main[main["emotion"] == ALL].to_dict("records")[0]
    r, p = float(overall["r"]), float(overall["p"])
    if not math.isfinite(r):
        return "The decoder found no pattern for any emotion, so there is nothing to compare."
    agreement = f"Over the emotions the two maps correlate by r = {plain(r)} on average"
    if not math.isfinite(p):
        return f"{agreement}; there are too few regions for a p-value."
    passed = [str(one) for one in main[(main["emotion"] != ALL) & (main["p_family"].astype(float) < ALPHA)]["emotion"]]
    verdict = "more than maps that lie elsewhere do" if p < ALPHA else "no more than maps that lie elsewhere do"
    return (
        f"{agreement}, {verdict} (p = {probability(p)}). Corrected for the number of emotions, "
        f"{listing(passed) if passed else 'no emotion'} {'stand' if len(passed) > 1 else 'stands'} out."
    )


def _row(row: Mapping[Any, Any], axis: Axis) -> dict[str, Any]:
    return {"emotion": str(row["emotion"]), "is_all": row["emotion"] == ALL, **null_cells(row, "r", axis)}


def _cards(table: pd.DataFrame, maps: WeightMaps) -> list[dict[str, Any]]:
    """Return a scatter plot per emotion, text weight across, brain weight up, each brain axis by itself."""
    text, brain, direction = maps.text, maps.brain, maps.brain_signed
    across = Axis.over([0.0, *text.ravel()], LEFT, RIGHT)
    rows = {row["emotion"]: row for row in table[table["weights"] == "absolute"].to_dict("records")}
    cards = []
    for i, emotion in enumerate(maps.emotions):
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
