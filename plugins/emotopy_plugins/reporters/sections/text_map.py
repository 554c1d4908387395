"""The map of texts: a point per text, coloured by cluster, group, strongest emotion or region.

Points and labels stand in the page as JSON, places as whole numbers of 16 bits, so that 20,000 points take some hundred
kilobytes.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.records import Fragment, IntArray, PageLimits, RegionResult, ReportSection, ShowsTexts, label
from emotopy.records.result import columns_of
from emotopy_plugins.reporters.formatting import count
from emotopy_plugins.reporters.region_values import RegionNames

if TYPE_CHECKING:
    import pandas as pd

PLACES = ("map_x", "map_y")
EMOTION = "emotion_"
VALENCES = frozenset({"emotion_positive", "emotion_negative"})
"""Columns of emotions that are no emotions."""
FULL = 65_535
"""Places run from 0 to this."""
LONGEST_ID, MOST_OF_IDS = 40, 900_000
"""Letters of an id that are shown, and bytes that all ids take on the page."""
LONGEST_TEXT, MOST_OF_TEXTS = 280, 3_200_000
"""Letters of a text that are shown, and bytes that all texts take on the page."""
LONGEST_LABEL, MOST_OF_LABELS, MOST_LABELS = 80, 100_000, 1000
"""Letters of a label, bytes that the labels of a colouring take on the page, and how many there are."""
N_WORDS = 3
"""Words that name a cluster."""


def render_map(result: RegionResult, limits: PageLimits) -> Fragment | None:
    """Return the section; None where the texts have no places."""
    from emotopy_plugins.reporters.page import asset, render_template

    texts = columns_of(result, "texts", _is_used)
    if not set(PLACES) <= set(texts.columns) or not limits.points:
        return None
    placed = texts[(texts["status"] == "scored") & texts[list(PLACES)].notna().all(axis=1)]
    if not len(placed):
        return None
    shown = _sample(placed, limits.points)
    values = {
        "data": _safe_json(map_data(result, shown)),
        "n_shown": count(len(shown), "text"),
        "n_placed": f"{len(placed):,}",
        "is_sample": len(shown) < len(placed),
        "has_texts": _texts_of(result) is not None,
        "no_texts": result.no_texts,
    }
    body = render_template("sections/text-map.html.jinja", values)
    return Fragment("Map of texts", body, styles=(asset("map.css"),), scripts=(asset("map.js"),))


def _is_used(column: str) -> bool:
    return column in {"id", "status", "group", "cluster", "top_region", *PLACES} or column.startswith(EMOTION)


def _sample(placed: pd.DataFrame, most: int) -> pd.DataFrame:
    if len(placed) <= most:
        return placed
    chosen = np.random.default_rng(0).choice(len(placed), most, replace=False)
    return placed.iloc[np.sort(chosen)]


def map_data(result: RegionResult, shown: pd.DataFrame) -> dict[str, Any]:
    """Return what the script draws: places, colourings with their labels, ids, and texts where the result has them."""
    across, up = (shown[name].to_numpy(dtype=np.float64) for name in PLACES)
    # One scale for both axes: distances on the map are distances among the reduced points.
    low = np.array([across.min(), up.min()])
    extent = max(float(np.ptp(across)), float(np.ptp(up))) or 1.0
    data: dict[str, Any] = {
        "n": len(shown),
        "width": float(np.ptp(across)) / extent,
        "height": float(np.ptp(up)) / extent,
        "x": _packed((across - low[0]) / extent * FULL),
        "y": _packed((up - low[1]) / extent * FULL),
        "colourings": [_coloured(name, values) for name, values in _colourings(result, shown).items()],
        "ids": _within([str(one) for one in shown["id"]], LONGEST_ID, MOST_OF_IDS),
    }
    texts = _texts_of(result)
    if texts is not None:
        data["texts"] = _within(
            [_in_a_line(texts.get(str(one), "")) for one in shown["id"]], LONGEST_TEXT, MOST_OF_TEXTS
        )
    return data


def _texts_of(result: RegionResult) -> Mapping[str, str] | None:
    return result.shown_texts if isinstance(result, ShowsTexts) and not result.no_texts else None


def _within(texts: Sequence[str], longest: int, most_bytes: int) -> list[str]:
    """Return texts cut to so many letters that all fit; letters of some scripts take three bytes, a ``<`` six."""
    while True:
        cut = [_cut(text, longest) for text in texts]
        size = len(_safe_json(cut).encode("utf-8"))
        if size <= most_bytes or longest <= 1:
            return cut
        longest = max(1, min(longest - 1, longest * most_bytes // size))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _in_a_line(text: str) -> str:
    return " ".join(text[: 4 * LONGEST_TEXT].split())


def _colourings(result: RegionResult, shown: pd.DataFrame) -> dict[str, list[str]]:
    """Return the label of each text by what it can be coloured by; what all texts share is left out."""
    names = RegionNames.of(result)
    words = _cluster_names(result)
    cluster = [words.get(int(one), f"cluster {int(one)}") if one == one else "no cluster" for one in  # noqa: PLR0124
               shown["cluster"].astype("float64")]  # fmt: skip
    found = {
        "cluster": cluster,
        "group": [str(one) for one in shown["group"]],
        "strongest emotion": _strongest(shown),
        "region": [names.label(str(one)) if isinstance(one, str) else "none" for one in shown["top_region"]],
    }
    kept = {name: labels for name, labels in found.items() if len(set(labels)) > 1}
    return kept or {"cluster": cluster}


def _cluster_names(result: RegionResult) -> dict[int, str]:
    """Return the number of each cluster with the words that set it apart."""
    table = result.tables["clusters"]
    said = {}
    for number, words in zip(table["cluster"], table["top_words"], strict=True) if len(table) else ():
        named = ", ".join([one for one in str(words).split(", ") if one][:N_WORDS])
        said[int(number)] = f"{int(number)}: {named}" if named else f"cluster {int(number)}"
    return said


def _strongest(shown: pd.DataFrame) -> list[str]:
    columns = [name for name in shown.columns if str(name).startswith(EMOTION) and name not in VALENCES]
    if not columns:
        return ["none"] * len(shown)
    values = np.nan_to_num(shown[columns].to_numpy(dtype=np.float64))
    best = values.argmax(axis=1)
    return [
        label(columns[j].removeprefix(EMOTION)) if values[i, j] > 0 else "no emotion word" for i, j in enumerate(best)
    ]


def _coloured(name: str, labels: Sequence[str]) -> dict[str, Any]:
    """Return labels, most frequent first, and the number of each text's label."""
    distinct, codes, counts = np.unique(
        np.asarray(labels, dtype=object).astype(str), return_inverse=True, return_counts=True
    )
    order = np.lexsort((np.arange(len(distinct)), -counts))[:MOST_LABELS]
    place = np.full(len(distinct), len(order), dtype=np.int64)  # beyond the last: others
    place[order] = np.arange(len(order))
    return {
        "name": name,
        "labels": _within([str(distinct[i]) for i in order], LONGEST_LABEL, MOST_OF_LABELS),
        "counts": [int(counts[i]) for i in order],
        "codes": _packed(place[codes]),
    }


def _packed(values: Any) -> str:
    whole: IntArray = np.clip(np.rint(np.asarray(values, dtype=np.float64)), 0, FULL).astype("<u2")
    return base64.b64encode(whole.tobytes()).decode("ascii")


def _safe_json(value: Any) -> Any:
    """Return JSON for a script element of type application/json: no letter in it can end the element."""
    from markupsafe import Markup

    from emotopy_plugins.reporters.page import CONTROLS

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace").decode("utf-8")
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(CONTROLS.sub("", text))  # noqa: S704 (escaped above)


TEXT_MAP = ReportSection("text-map", render_map, order=150, kinds=frozenset({"texts"}))
