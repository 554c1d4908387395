"""What the page of a bridge says, as plain values: the template only arranges them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.records import label
from emotopy_plugins.reporters.decoding_charts import Axis, strip, strip_axis
from emotopy_plugins.reporters.formatting import count, listing, plain, probability, signed
from emotopy_plugins.reporters.report_view import flattened

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.pathways.bridge.pathway import Bridge
    from emotopy.records import FloatArray

ALPHA = 0.05
ALL = "all"
LEFT, RIGHT, TOP, BOTTOM = 44.0, 392.0, 12.0, 232.0
"""The plot's frame, in units of its view box."""
N_NAMED = 6
"""Most points that are named: those that say most, for or against."""
LETTER, DOT = 5.0, 4.0
"""About how wide a letter is, and a dot's radius."""
KINDS = {"absolute": "how much coupling changes, either way", "signed": "whether coupling rises or falls"}


@attrs.frozen
class Point:
    """A region in a scatter: where it lies, what it is called, and where its name is written, if it is."""

    x: float
    y: float
    name: str
    text: str
    brain: str
    named: bool
    anchor: str


def view_of_bridge(result: Bridge, title: str | None) -> dict[str, Any]:
    """Return the template's values for a bridge."""
    axis = strip_axis(result.table, "r")
    told = result.provenance
    return {
        "title": title or "What a story’s text predicts, and what its listeners’ brains show",
        "summary": f"{_sentence(list(result.emotions))} over {count(len(result.regions), 'region')} of one atlas.",
        "facts": _facts(result),
        "simulated": _simulated(told),
        "finding": _finding(result.table),
        "kinds": [
            {"kind": kind, "meaning": meaning, "rows": [_row(row, axis) for row in rows]}
            for kind, meaning in KINDS.items()
            if (rows := result.table[result.table["weights"] == kind].to_dict("records"))
        ],
        "ticks": axis.ticks,
        "cards": _cards(result),
        "has_p": bool(result.table["p"].notna().any()),
        "notes": list(result.notes),
        "provenance": list(flattened(told)),
        "version": str(told.get("versions", {}).get("emotopy", "")),
    }


def _simulated(told: Mapping[str, Any]) -> str:
    """Return what the decoding says was simulated, or `yes`; empty where brains were scanned."""
    said = told.get("input", {}).get("brain", {}).get("input", {}).get("simulated")
    return "" if not said else said if isinstance(said, str) else "yes"


def _sentence(emotions: list[str]) -> str:
    what = listing(emotions) if len(emotions) <= 4 else count(len(emotions), "emotion")
    return what[:1].upper() + what[1:]


def _facts(result: Bridge) -> list[tuple[str, str]]:
    told = result.provenance
    facts = [
        ("Emotions", ", ".join(result.emotions)),
        ("Regions", f"{len(result.regions)}"),
        ("Atlas", str(told.get("atlas", ""))),
        ("Segments", f"{told['n_segments']:,}" if "n_segments" in told else ""),
        ("Surrogates", f"{told.get('config', {}).get('n_surrogates', 0):,}"),
        ("Seed", str(told.get("seed", ""))),
    ]
    return [(name, value) for name, value in facts if value]


def _finding(table: pd.DataFrame) -> str:
    """Say in a sentence what the comparison that is meant came to."""
    main = table[table["weights"] == "absolute"]
    overall = main[main["emotion"] == ALL].to_dict("records")[0]
    r, p = float(overall["r"]), float(overall["p"])
    if not math.isfinite(r):
        return "The decoder found no pattern for any emotion, so there is nothing to compare."
    told = f"Over the emotions the two maps correlate by r = {plain(r)} on average"
    if not math.isfinite(p):
        return f"{told}; there are too few regions for a p-value."
    passed = [str(one) for one in main[(main["emotion"] != ALL) & (main["p_family"].astype(float) < ALPHA)]["emotion"]]
    verdict = "more than maps that lie elsewhere do" if p < ALPHA else "no more than maps that lie elsewhere do"
    return (
        f"{told}, {verdict} (p = {probability(p)}). Corrected for the number of emotions, "
        f"{listing(passed) if passed else 'no emotion'} {'stand' if len(passed) > 1 else 'stands'} out."
    )


def _row(row: Mapping[Any, Any], axis: Axis) -> dict[str, Any]:
    r, null_mean, null_95 = (float(row[name]) for name in ("r", "null_mean", "null_95"))
    known = math.isfinite(null_mean) and math.isfinite(null_95)
    return {
        "emotion": str(row["emotion"]),
        "is_all": row["emotion"] == ALL,
        "strip": strip(axis, r, null_mean, null_95),
        "r": signed(r),
        "null": f"{signed(null_mean)} to {signed(null_95)}" if known else plain(math.nan),
        "p": probability(float(row["p"])),
        "p_family": probability(float(row["p_family"])),
    }


def _cards(result: Bridge) -> list[dict[str, Any]]:
    """Return a scatter per emotion, text weight across, brain weight up, each brain axis by itself."""
    text, brain, direction = result.text_weights.values, result.brain_weights.values, result.brain_signed.values
    across = Axis.over([0.0, *text.ravel()], LEFT, RIGHT)
    rows = {row["emotion"]: row for row in result.table[result.table["weights"] == "absolute"].to_dict("records")}
    cards = []
    for i, emotion in enumerate(result.emotions):
        up = Axis.over(brain[i], BOTTOM, TOP)
        order = np.argsort(-text[i], kind="stable")
        cards.append(
            {
                "emotion": emotion,
                "r": signed(float(rows[emotion]["r"])),
                "p": probability(float(rows[emotion]["p"])),
                "zero": across.at(0.0),
                "across": across.ticks,
                "up": [(y, value) for y, value in up.ticks],
                "points": _points(result.regions, text[i], brain[i], across, up),
                "rows": [
                    {
                        "region": label(result.regions[k]),
                        "text": signed(float(text[i, k])),
                        "brain": f"{brain[i, k]:.3g}",
                        "signed": f"{direction[i, k]:+.3g}".replace("-", "−"),
                    }
                    for k in order
                ],
            }
        )
    return cards


def _points(regions: tuple[str, ...], text: FloatArray, brain: FloatArray, across: Axis, up: Axis) -> list[Point]:
    places = [(across.at(float(a)), up.at(float(b))) for a, b in zip(text, brain, strict=True)]
    named = _named(regions, places, np.abs(_scaled(text) * _scaled(brain)))
    return [
        Point(
            x=x,
            y=y,
            name=label(region),
            text=signed(float(text[k])),
            brain=f"{brain[k]:.3g}",
            named=k in named,
            anchor=_anchor(x),
        )
        for k, (region, (x, y)) in enumerate(zip(regions, places, strict=True))
    ]


def _anchor(x: float) -> str:
    return "end" if x > (LEFT + RIGHT) / 2 else "start"


def _named(regions: tuple[str, ...], places: list[tuple[float, float]], telling: FloatArray) -> set[int]:
    """Return the regions whose names are written: the most telling ones whose names cover no dot and no other name."""
    boxes: list[tuple[float, float, float, float]] = []
    named: set[int] = set()
    for k in np.argsort(-telling, kind="stable").tolist():
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


def _scaled(values: FloatArray) -> FloatArray:
    away = values - values.mean()
    return np.asarray(away / (np.abs(away).max() or 1.0))
