"""What the page says, as plain values: the template only arranges them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.readers.corpora import ALL
from emotopy.records import label
from emotopy_plugins.reporters.formatting import N_STEPS, Scale, count, listing, percent, plain, signed
from emotopy_plugins.reporters.group_values import groups_of, plotted_values
from emotopy_plugins.reporters.report_brains import brains_of
from emotopy_plugins.reporters.report_tables import Places, region_tables

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.pathways.text.result import TextResult

ROLE_WORDS = {
    "embedder": "Embedder",
    "region_mapper": "Region mapper",
    "intensity_scorer": "Intensity",
    "reducer": "Reducer",
    "clusterer": "Clusterer",
}


@attrs.frozen
class Limits:
    """How much the page shows at most; the tables beside it hold everything."""

    groups: int = 6
    regions: int = 60
    clusters: int = 24


def view_of(result: TextResult, limits: Limits, title: str | None) -> dict[str, Any]:
    """Return the template's values for a result."""
    groups = groups_of(result)
    shown = plotted_values(result)
    compared = groups != (ALL,)
    scale = Scale.around(shown.values)
    places = Places.of(result)
    scored = result.texts[result.texts["status"] == "scored"]
    sizes = {name: len(scored) if name == ALL else int((scored["group"] == name).sum()) for name in (*groups, ALL)}
    return {
        "title": title or ("Emotion profiles of brain regions, by group" if compared else "Emotion profile of texts"),
        "summary": _summary(result, groups, sizes, compared=compared),
        "facts": _facts(result, groups, len(scored)),
        "compared": compared,
        "measure": shown.measure,
        "unit": _unit(shown.measure),
        "reference": result.mapping.reference,
        "coverage": f"{100 * _coverage(result.provenance):g}\xa0%",
        "legend": [(step, signed(scale.middle(step), _digits(scale))) for step in range(-N_STEPS, N_STEPS + 1)],
        "brains": brains_of(result, shown, scale, sizes, limits.groups, places),
        **region_tables(result, groups, scale, sizes, limits.regions, places),
        "groups_table": _groups_table(result, scored, groups, compared=compared),
        **_clusters(result, scored, limits.clusters, places),
        "overlaps": _overlaps(result, places),
        "has_brainstem": any(places.is_brainstem(target) for target in shown.targets),
        "no_texts": result.no_texts,
        "notes": list(result.notes),
        "provenance": list(flattened(result.provenance)),
        "version": str(result.provenance.get("versions", {}).get("emotopy", "")),
    }


def _summary(result: TextResult, groups: Sequence[str], sizes: Mapping[str, int], *, compared: bool) -> str:
    where = f"the {count(len(result.mapping.targets), result.level)} of the atlas {atlas_name(result)}"
    among = f" in {count(len(groups), 'group')}" if compared else ""
    return f"{count(sizes[ALL], 'text')}{among}, assigned to {where}."


def _facts(result: TextResult, groups: Sequence[str], n_scored: int) -> list[tuple[str, str]]:
    n_rows = len(result.texts)
    empty = f" of {count(n_rows, 'row')}; the others hold no text" if n_rows > n_scored else ""
    n_units = result.texts.loc[result.texts["status"] == "scored", "unit"].nunique()
    atlas = (
        f"{atlas_name(result)}: {count(len(result.axis.regions), 'region')}, {count(len(result.axis.nodes), 'node')}"
    )
    facts = [("Texts", f"{n_scored:,}{empty}")]
    if tuple(groups) != (ALL,):
        facts.append(("Groups", f"{len(groups)}: {', '.join(groups)}" if len(groups) <= 4 else f"{len(groups)}"))
    facts += [
        ("Units", f"{n_units:,}" if n_units else "none given: every text counts as its own"),
        ("Atlas", atlas),
        ("Values per", result.level),
        ("Reference", result.mapping.reference),
    ]
    stages = result.provenance.get("stages", {})
    facts += [(word, stage_name(stages[role])) for role, word in ROLE_WORDS.items() if role in stages]
    seed = result.provenance.get("seed", result.provenance.get("config", {}).get("seed"))
    return facts if seed is None else [*facts, ("Seed", str(seed))]


def _unit(measure: str) -> str:
    if measure == "evidence":
        return "log-odds"
    return "standard deviations of the reference texts"


def _digits(scale: Scale) -> int:
    return 1 if scale.limit >= 1 and scale.limit % 0.5 == 0 else 2


def _coverage(provenance: Mapping[str, Any]) -> float:
    interval = provenance.get("config", {}).get("interval", {})
    return float(interval.get("coverage", 0.95)) if isinstance(interval, Mapping) else 0.95


def atlas_name(result: TextResult) -> str:
    """Return the atlas's name as the provenance knows it, else as its class is called."""
    stage = result.provenance.get("stages", {}).get("atlas")
    return stage_name(stage) if stage else result.axis.atlas


def stage_name(stage: Any) -> str:
    """Return what a stage is called in a sentence."""
    if isinstance(stage, Mapping):
        found = next((stage[key] for key in ("use", "name", "class", "object") if key in stage), None)
        return stage_name(found) if found is not None else "an object"
    return str(stage)


def _groups_table(result: TextResult, scored: pd.DataFrame, groups: Sequence[str], *, compared: bool) -> dict[str, Any]:
    """Return mean intensity, coverage and emotions of each group's texts."""
    emotions = list(result.intensities.emotions)
    columns = ["intensity", "coverage", *(f"emotion_{name}" for name in emotions)]
    rows = []
    for name in (*groups, ALL) if compared else (ALL,):
        members = scored if name == ALL else scored[scored["group"] == name]
        values = members[columns].to_numpy(dtype=np.float64)
        means = values.mean(axis=0) if len(values) else np.full(len(columns), np.nan)
        rows.append((name, len(members), int(members["unit"].nunique()), means))
    largest = max((value for row in rows for value in row[3][2:] if np.isfinite(value)), default=0.0)
    return {
        "emotions": emotions,
        "rows": [
            {
                "group": name,
                "is_all": name == ALL,
                "n_texts": f"{n_texts:,}",
                "n_units": f"{n_units:,}" if n_units else "–",
                "intensity": plain(means[0], 3),
                "coverage": percent(means[1]),
                "emotions": [(plain(value, 3), _part(value, largest)) for value in means[2:]],
            }
            for name, n_texts, n_units, means in rows
        ],
    }


def _part(value: float, largest: float) -> int:
    """Return the step 0 … 5 of a value ≥ 0 on a scale that ends at the largest."""
    return Scale(largest).step(value) or 0 if largest > 0 else 0


def _clusters(result: TextResult, scored: pd.DataFrame, most: int, places: Places) -> dict[str, Any]:
    table = result.clusters
    if len(table):
        table = table.sort_values(["n_texts", "cluster"], ascending=[False, True], kind="stable")
    emotions = [name for name in table.columns if str(name).startswith("emotion_")]
    exemplars = [] if result.no_texts else [name for name in table.columns if str(name).startswith("exemplar")]
    cards = []
    for row in table.head(most).to_dict("records"):
        strongest = sorted(emotions, key=lambda name: -float(row[name]))[:3]
        cards.append(
            {
                "number": int(row["cluster"]),
                "n_texts": count(int(row["n_texts"]), "text"),
                "share": percent(float(row["share"])),
                "bar": round(100 * float(row["share"]), 1),
                "words": [word for word in str(row["top_words"]).split(", ") if word],
                "region": places.label(str(row["top_region"])),
                "emotions": [
                    (name.removeprefix("emotion_"), plain(float(row[name]), 3)) for name in strongest if row[name] > 0
                ],
                "exemplars": [str(row[name]) for name in exemplars if isinstance(row[name], str) and row[name]],
            }
        )
    n_loose = int(scored["cluster"].isna().sum())
    return {
        "clusters": cards,
        "n_clusters": len(table),
        "loose": f"{count(n_loose, 'text')} ({percent(n_loose / max(len(scored), 1))})" if n_loose else "",
    }


def _overlaps(result: TextResult, places: Places) -> list[str]:
    """Return the pairs of places that studies can't tell apart, each once, as a phrase.

    An entry of the provenance is `one`, `other` and perhaps a number, by name or in this order. Pairs of nodes become
    pairs of regions where the table has regions, with the larger of their overlaps.
    """
    degrees: dict[tuple[str, str], float] = {}
    for entry in result.provenance.get("overlapping_nodes", []):
        if isinstance(entry, Mapping):
            pair = (str(entry["one"]), str(entry["other"]))
            numbers = [value for key, value in entry.items() if key not in ("one", "other")]
        else:
            one, other, *numbers = entry
            pair = (str(one), str(other))
        if result.level == "region":
            pair = (places.region_of.get(pair[0], pair[0]), places.region_of.get(pair[1], pair[1]))
        if pair[0] != pair[1]:
            degree = float(numbers[0]) if numbers else 0.0
            degrees[pair] = max(degree, degrees.get(pair, 0.0))
    return [
        listing([label(one), label(other)]) + (f" (overlap of their studies {plain(degree)})" if degree else "")
        for (one, other), degree in degrees.items()
    ]


def flattened(value: Any, path: str = "") -> list[tuple[str, str]]:
    """Return the leaves of nested mappings as (path, value); lists of plain values stay together."""
    if isinstance(value, Mapping) and value:
        return [
            leaf for key, inner in value.items() for leaf in flattened(inner, f"{path}.{key}" if path else str(key))
        ]
    if isinstance(value, (list, tuple)) and any(isinstance(item, (Mapping, list, tuple)) for item in value):
        return [leaf for i, item in enumerate(value) for leaf in flattened(item, f"{path}[{i}]")]
    if isinstance(value, (list, tuple)):
        value = ", ".join(str(item) for item in value)
    return [(path, "" if value is None or value == {} else str(value))]
