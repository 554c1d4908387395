"""The sections on where a decoding's prediction comes from: regions, networks, pairs, graph.

Claims hold for regions and networks. No single edge is named on the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.records import FloatArray, Node, PageLimits, RegionAxis, Result, label
from emotopy_plugins.reporters.brain_cards import BrainCard, brain_figure, n_markers
from emotopy_plugins.reporters.decoded import (
    ALPHA,
    FEWEST_EDGES,
    FEWEST_PAIRS,
    N_NAMED,
    STRONGEST,
    Decoded,
    rows_by_emotion,
)
from emotopy_plugins.reporters.formatting import N_STEPS, Scale, count, listing, percent, plain, probability, signed
from emotopy_plugins.reporters.of_decoding import passing
from emotopy_plugins.reporters.region_values import RegionNames, grid
from emotopy_plugins.reporters.sections.section import section

if TYPE_CHECKING:
    import pandas as pd

BAR_WIDTH = 120.0
FIRST = 12
"""Regions of an emotion whose weights stand open; a button shows the others."""
MOST_MARKERS, MOST_CELLS, MOST_ROWS = 2000, 1200, 1200
"""Most markers of glass brains on the page, cells of maps of networks, rows of a section's tables of weights."""
CELL, NAMES_WIDTH, NAMES_HEIGHT = 26.0, 110.0, 90.0
"""The heat map of networks: the side of a cell, and the room for names, in units of its view box."""
LONGEST = 18
"""Letters of a network's name beside the map; pointing shows it whole."""


# Glass brains -------------------------------------------------------------------------------------------------------


def _brain(result: Result, limits: PageLimits) -> dict[str, Any]:
    """Return the brains, or why there are none."""
    decoded = Decoded.of(result)
    weights = decoded.tables["weights"]
    values: dict[str, Any] = {"title": "Where the prediction comes from", "brains": None, "why": "", "atlas": ""}
    if not len(weights):
        return {**values, "why": "nothing"}
    axis: RegionAxis | None = getattr(result, "axis", None)
    regions = [str(name) for name in dict.fromkeys(weights["region"])]
    if axis is None:
        return {**values, "why": "places"}
    emotions = [name for name in decoded.emotions if name in set(weights["emotion"])]
    most = max(1, MOST_MARKERS // n_markers(_used(axis, regions))) if limits.groups else 0
    chosen = _chosen(emotions, decoded.strongest(), most)
    if not chosen:
        return {**values, "why": "none"}
    names = RegionNames.of(result)
    relative = relative_weights(weights, emotions, regions)
    scale = Scale.around(relative)
    within = set(decoded.emotions) - set(passing(decoded)["emotion"])
    cards = [
        _card(weights, emotion, regions, relative[emotions.index(emotion)], names, within=emotion in within)
        for emotion in chosen
    ]
    brains = brain_figure(axis.nodes, regions, cards, scale, names)
    if len(chosen) < len(emotions):
        brains["choice"] = f"The {len(chosen)} of {len(emotions)} emotions with the highest score are shown."
    return {
        **values,
        "brains": brains,
        "atlas": axis.atlas,
        "steps": steps_of(scale),
        "has_null": _has_null(weights),
        "has_brainstem": any(names.is_brainstem(name) for name in regions),
    }


def steps_of(scale: Scale) -> list[tuple[int, str]]:
    """Return the steps of a scale with the values in their middle, for a legend."""
    return [(step, signed(scale.middle(step), 2)) for step in range(-N_STEPS, N_STEPS + 1)]


def _used(axis: RegionAxis, regions: Sequence[str]) -> list[Node]:
    known = set(regions)
    return [node for node in axis.nodes if node.name in known or node.region in known]


def _chosen(emotions: Sequence[str], strongest: Sequence[str], most: int) -> list[str]:
    """Return the emotions that are shown: all, or those with the highest scores; in their own order."""
    known = [name for name in strongest if name in set(emotions)]
    best = set([*known, *emotions][:most])
    return [name for name in emotions if name in best]


def relative_weights(weights: pd.DataFrame, emotions: Sequence[str], regions: Sequence[str]) -> FloatArray:
    """Return how much heavier each region weighs than the emotion's mean region, (n_emotions, n_regions).

    A weight's size depends on the decoder's shrinkage, so that weights are compared relative to their mean: 0.3 stands
    for 30 % above it. NaN for an emotion whose weights are all 0.
    """
    values = grid(weights, "weight", {"emotion": emotions, "region": regions})
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=1, keepdims=True)
    mean = total / np.maximum(known.sum(axis=1, keepdims=True), 1)
    relative: FloatArray = values / np.where(mean > 0, mean, np.nan) - 1
    return relative


def _card(
    weights: pd.DataFrame,
    emotion: str,
    regions: Sequence[str],
    values: FloatArray,
    names: RegionNames,
    *,
    within: bool,
) -> BrainCard:
    """Return the card of an emotion; `within` says that its score can't be told from chance."""
    rows = {str(row["region"]): row for row in weights[weights["emotion"] == emotion].to_dict("records")}
    p = {region: float(row.get("p_family", math.nan)) for region, row in rows.items()}
    n_sure = sum(value < ALPHA for value in p.values())
    tips = []
    for region, value in zip(regions, values, strict=True):
        row = rows.get(region, {})
        null = float(row.get("null_95", math.nan))
        beside = f", 95\xa0% of surrogates below {plain(null)}" if math.isfinite(null) else ""
        corrected = f", corrected p {probability(p[region])}" if math.isfinite(p.get(region, math.nan)) else ""
        weight = plain(float(row.get("weight", math.nan)))
        tips.append(f"{names.label(region)}: {signed(float(value))} of the mean; weight {weight}{beside}{corrected}")
    said = f"{n_sure} of {count(len(regions), 'region')} beyond chance" if any(map(math.isfinite, p.values())) else ""
    said += ("; " if said else "") + "its score isn’t above chance" if within else ""
    return BrainCard(emotion, said, values, tips, [p.get(region, math.nan) < ALPHA for region in regions])


# Weights ------------------------------------------------------------------------------------------------------------


def _weights(result: Result, limits: PageLimits) -> dict[str, Any] | None:  # noqa: ARG001 (as all sections)
    decoded = Decoded.of(result)
    weights = weights_of(decoded.tables["weights"], _region, decoded)
    if not weights["cards"]:
        return None
    return {
        "title": "Weights of regions",
        "weights": weights,
        "first": FIRST,
        "few_pairs": not _has_pairs(decoded),
    }


def _region(row: Mapping[Any, Any]) -> str:
    return label(str(row["region"]))


def _pair_of_networks(row: Mapping[Any, Any]) -> str:
    first, second = (label(str(row[name])) for name in ("network_a", "network_b"))
    return f"within {first}" if first == second else f"{first} – {second}"


def weights_of(
    weights: pd.DataFrame | None, name: Callable[[Mapping[Any, Any]], str], decoded: Decoded
) -> dict[str, Any]:
    """Return the cards of a grid of weights, and what holds for all of them.

    Of rows with a column `n_edges`, means over so many edges, those of `FEWEST_EDGES` or more are shown; `n` counts
    them all, since a family does. Where there are very many rows, the heaviest of each emotion stand on the page.
    """
    if weights is None or not len(weights):
        return {"cards": []}
    n_emotions = int(weights["emotion"].nunique())
    n = len(weights) // n_emotions
    shown = weights[weights["n_edges"] >= FEWEST_EDGES] if "n_edges" in weights else weights
    most = max(FIRST, MOST_ROWS // n_emotions)
    cards = _weight_cards(shown, name, decoded.emotions, most)
    return {
        "cards": cards,
        "has_null": _has_null(weights),
        "n": n,
        "n_hidden": n - max((len(card["rows"]) for card in cards), default=0),
    }


def _has_null(weights: pd.DataFrame) -> bool:
    return "null_95" in weights and bool(weights["null_95"].notna().any())


def _weight_cards(
    weights: pd.DataFrame, name: Callable[[Mapping[Any, Any]], str], emotions: tuple[str, ...], most: int
) -> list[dict[str, Any]]:
    """Return a card per emotion with its rows, the heaviest first; all bars share one scale."""
    ends = [weights[column].to_numpy(dtype=np.float64) for column in ("weight", "null_95") if column in weights]
    limit = max((float(value) for value in np.concatenate(ends) if math.isfinite(value)), default=0.0) or 1.0

    def along(row: Mapping[Any, Any], column: str) -> float | None:
        value = float(row.get(column, math.nan))
        return round(max(value, 0.0) / limit * BAR_WIDTH, 1) if math.isfinite(value) else None

    def row_of(row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "name": name(row),
            "weight": plain(float(row["weight"])),
            "bar": along(row, "weight"),
            "null": along(row, "null_95"),
            "p": probability(float(row.get("p", math.nan))),
            "p_family": probability(float(row.get("p_family", math.nan))),
        }

    heaviest = weights.sort_values("weight", ascending=False, kind="stable").groupby("emotion", sort=False)
    return rows_by_emotion(heaviest.head(most), row_of, emotions)


# Networks -----------------------------------------------------------------------------------------------------------


def _networks(result: Result, limits: PageLimits) -> dict[str, Any] | None:  # noqa: ARG001
    decoded = Decoded.of(result)
    table = decoded.tables.get("networks")
    weights = weights_of(table, _pair_of_networks, decoded)
    if table is None or not weights["cards"]:
        return None
    return {
        "title": "Weights of networks",
        "weights": weights,
        "first": FIRST,
        "fewest_edges": FEWEST_EDGES,
        **_network_maps(table, decoded),
    }


def _network_maps(table: pd.DataFrame, decoded: Decoded) -> dict[str, Any]:
    """Return a heat map per emotion: a cell per pair of networks, relative to the emotion's mean."""
    pairs = table[["network_a", "network_b"]].astype(str)
    names = sorted({*pairs["network_a"], *pairs["network_b"]})
    emotions = [name for name in decoded.emotions if name in set(table["emotion"])]
    n_cells = max(1, len(table) // max(1, len(emotions)))
    chosen = _chosen(emotions, decoded.strongest(), max(1, MOST_CELLS // n_cells))
    table = table.assign(relative=np.nan)
    for emotion in emotions:
        mine = table["emotion"] == emotion
        mean = float(table.loc[mine, "weight"].mean())
        table.loc[mine, "relative"] = table.loc[mine, "weight"] / mean - 1 if mean > 0 else np.nan
    open_rows = table[table["n_edges"] >= FEWEST_EDGES] if "n_edges" in table else table
    scale = Scale.around(open_rows["relative"].to_numpy(dtype=np.float64))
    side = CELL * len(names)
    return {
        "maps": [_network_map(table[table["emotion"] == emotion], emotion, names, scale) for emotion in chosen],
        "names": [
            {"at": round(NAMES_HEIGHT + CELL * (i + 0.5), 1), "across": round(NAMES_WIDTH + CELL * (i + 0.5), 1),
             "short": _short(label(name)), "whole": label(name)}
            for i, name in enumerate(names)
        ],
        "width": round(NAMES_WIDTH + side + 60, 1),
        "height": round(NAMES_HEIGHT + side + 4, 1),
        "left": NAMES_WIDTH,
        "top": NAMES_HEIGHT,
        "cell": CELL,
        "steps": steps_of(scale),
        "n_emotions": len(emotions),
    }  # fmt: skip


def _network_map(rows: pd.DataFrame, emotion: str, names: Sequence[str], scale: Scale) -> dict[str, Any]:
    place = {name: i for i, name in enumerate(names)}
    cells = []
    for row in rows.to_dict("records"):
        first, second = sorted((place[str(row["network_a"])], place[str(row["network_b"])]))
        n_edges, value = int(row.get("n_edges", FEWEST_EDGES)), float(row["relative"])
        p = float(row.get("p_family", math.nan))
        said = f"{_pair_of_networks(row)}, {count(n_edges, 'pair')} of regions: "
        if n_edges < FEWEST_EDGES:
            said += "too few to show"
        else:
            corrected = f", corrected p {probability(p)}" if math.isfinite(p) else ""
            said += f"weight {plain(float(row['weight']))}, {signed(value)} of the mean{corrected}"
        cells.append(
            {
                "x": round(NAMES_WIDTH + CELL * first, 1),
                "y": round(NAMES_HEIGHT + CELL * second, 1),
                "closed": n_edges < FEWEST_EDGES,
                "step": scale.step(value),
                "sure": n_edges >= FEWEST_EDGES and p < ALPHA,
                "title": said,
            }
        )
    return {"emotion": emotion, "cells": cells}


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


# Pairs and graph ----------------------------------------------------------------------------------------------------


def _pairs(result: Result, limits: PageLimits) -> dict[str, Any] | None:  # noqa: ARG001
    pairs = _pair_sentences(Decoded.of(result))
    return {"title": "Pairs of regions", "pairs": pairs} if pairs else None


def _has_pairs(decoded: Decoded) -> bool:
    """Whether an emotion has enough pairs of regions for a sentence on them."""
    edges = decoded.tables["edges"]
    n_pairs = edges.loc[edges["pattern"].notna(), "emotion"].value_counts()
    return bool((n_pairs >= FEWEST_PAIRS).any())


def _pair_sentences(decoded: Decoded) -> list[dict[str, str]]:
    """Return a sentence per emotion on which regions the strongest pairs join."""
    edges = decoded.tables["edges"]
    edges = edges[edges["pattern"].notna()]
    sentences = {emotion: _pair_sentence(part) for emotion, part in edges.groupby("emotion", sort=False)}
    return [{"emotion": name, "sentence": sentences[name]} for name in decoded.emotions if sentences.get(name)]


def _pair_sentence(edges: pd.DataFrame) -> str:
    import pandas as pd

    n_pairs = len(edges)
    if n_pairs < FEWEST_PAIRS:
        return ""
    n_top = math.ceil(STRONGEST * n_pairs)
    size = edges["pattern"].abs().to_numpy(dtype=np.float64)
    strongest = np.argsort(-size, kind="stable")[:n_top]
    ends, regions = pd.factorize(pd.concat([edges["region_a"], edges["region_b"]], ignore_index=True))
    joined = np.bincount(ends.reshape(2, n_pairs)[:, strongest].ravel(), minlength=len(regions))
    even = 2 * n_top / len(regions)
    above = [int(k) for k in np.argsort(-joined, kind="stable") if joined[k] > even][:N_NAMED]
    where = (
        f"most often involve {listing(f'{label(str(regions[k]))} ({joined[k]})' for k in above)}; if "
        f"they were spread evenly, each region would be in {plain(even, 1)}"
        if above
        else "are spread evenly over the regions"
    )
    share = float(size[strongest].sum() / size.sum()) if size.sum() else math.nan
    kept = percent(float(edges["sign_consistency"].to_numpy(dtype=np.float64)[strongest].mean()), 0)
    return (
        f"the strongest quarter, {n_top} of {count(n_pairs, 'pair')}, contains {percent(share, 0)} of "
        f"the total absolute pattern. These pairs {where}. Their sign is the same in {kept} of folds on "
        "average."
    )


def _graph(result: Result, limits: PageLimits) -> dict[str, Any] | None:
    decoded = Decoded.of(result)
    table = decoded.tables["graph"]

    def row_of(row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "metric": label(str(row["metric"])),
            "graph": str(row["graph"]),
            **{name: plain(float(row[name])) for name in ("value", "null_mean", "null_95")},
            "p": probability(float(row["p"])),
        }

    groups = rows_by_emotion(table, row_of, decoded.emotions)
    return {"title": "Graph of the patterns", "graph": groups, "first": limits.rows} if groups else None


KINDS = ("decoding",)
STYLES = ("decoding.css",)
REGIONS = (
    section("decoding-brain", _brain, order=300, kinds=KINDS, styles=STYLES),
    section("decoding-weights", _weights, order=320, kinds=KINDS, styles=STYLES),
    section("decoding-networks", _networks, order=340, kinds=KINDS, styles=STYLES),
    section("decoding-pairs", _pairs, order=360, kinds=KINDS, styles=STYLES),
    section("decoding-graph", _graph, order=380, kinds=KINDS, styles=STYLES),
)
