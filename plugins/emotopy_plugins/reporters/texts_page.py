"""The page of texts mapped onto an atlas: the values of its template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.records import ALL_TEXTS, RegionResult, label
from emotopy.records.result import columns_of
from emotopy_plugins.reporters.formatting import N_STEPS, Scale, count, listing, percent, plain, signed
from emotopy_plugins.reporters.page import Limits, Page, common_context, lookup, stage_name
from emotopy_plugins.reporters.region_sections import glass_brains, region_tables
from emotopy_plugins.reporters.region_values import RegionNames, RegionTable
from emotopy_plugins.reporters.time_section import time_section

if TYPE_CHECKING:
    import pandas as pd

EMOTION = "emotion_"
"""What the names of columns of emotions start with."""
TEXT_COLUMNS = frozenset({"status", "group", "unit", "cluster", "intensity", "coverage", "n_words"})
STAGE_LABELS = {
    "embedder": "Embedder",
    "region_mapper": "Region mapper",
    "intensity_scorer": "Intensity",
    "reducer": "Reducer",
    "clusterer": "Clusterer",
}


def texts_page(result: RegionResult, title: str | None, limits: Limits) -> Page:
    """Return the page of a result of kind ``texts``."""
    over_time = time_section(result, limits.groups)
    context = {**template_context(result, limits, title), "over_time": over_time}
    return Page("report.html.jinja", context, ("time.css",) if over_time is not None else ())


def template_context(result: RegionResult, limits: Limits, title: str | None) -> dict[str, Any]:
    """Return the template's values, those of the courses over time left out."""
    table, names = RegionTable.of(result), RegionNames.of(result)
    shown, compared = table.plotted(), table.is_compared
    scale = Scale.around(shown.values)
    texts = columns_of(result, "texts", _is_shown)
    scored = texts[texts["status"] == "scored"]
    sizes = {
        name: len(scored) if name == ALL_TEXTS else int((scored["group"] == name).sum())
        for name in (*table.groups, ALL_TEXTS)
    }
    nodes = list(result.axis.nodes)
    return {
        "title": title or ("Emotion profiles of brain regions, by group" if compared else "Emotion profile of texts"),
        "summary": _summary(result, table, sizes),
        "facts": _facts(result, table, texts, len(scored)),
        "compared": compared,
        "measure": shown.measure,
        "unit": "log-odds" if shown.measure == "evidence" else "standard deviations of the reference texts",
        "reference": _reference(result),
        "coverage": f"{100 * _confidence_level(result):g}\xa0%",
        "legend": [(step, signed(scale.middle(step), _digits(scale))) for step in range(-N_STEPS, N_STEPS + 1)],
        "brains": glass_brains(table, shown, nodes, scale, sizes, limits.groups, names),
        **region_tables(table, scale, sizes, limits.regions, names),
        "groups_table": _groups_table(table, scored, by_words=_counts_words(result)),
        **_clusters(result, scored, limits.clusters, names),
        "overlaps": _overlaps(result, names),
        "has_brainstem": any(names.is_brainstem(target) for target in shown.targets),
        "no_texts": result.no_texts,
        **common_context(result),
    }


def _is_shown(column: str) -> bool:
    """Whether the page says something of a column of the table of texts."""
    return column in TEXT_COLUMNS or column.startswith(EMOTION)


def _summary(result: RegionResult, table: RegionTable, sizes: Mapping[str, int]) -> str:
    where = f"the {count(len(table.targets), table.level)} of the atlas {_atlas_name(result)}"
    among = f" in {count(len(table.groups), 'group')}" if table.is_compared else ""
    return f"{count(sizes[ALL_TEXTS], 'text')}{among}, assigned to {where}."


WHY = {
    "empty": "without text",
    "unknown-language": "in a language that the embedder doesn't know",
    "unknown-words": "without a word that is known",
}


def _set_aside(texts: pd.DataFrame) -> str:
    """Say why rows weren't mapped, and how many for each reason."""
    counts = texts["status"].value_counts()
    return ", ".join(f"{counts[status]:,} {why}" for status, why in WHY.items() if status in counts)


def _facts(result: RegionResult, table: RegionTable, texts: pd.DataFrame, n_scored: int) -> list[tuple[str, str]]:
    groups = table.groups
    n_rows = len(texts)
    empty = f" of {count(n_rows, 'row')}; the others: {_set_aside(texts)}" if n_rows > n_scored else ""
    n_units = texts.loc[texts["status"] == "scored", "unit"].nunique()
    n_regions, n_nodes = count(len(result.axis.regions), "region"), count(len(result.axis.nodes), "node")
    named = f"{len(groups)}: {', '.join(groups)}" if len(groups) <= 4 else f"{len(groups)}"
    stages = result.provenance.get("stages", {})
    seed = result.provenance.get("seed", lookup(result.provenance, "config", "seed"))
    facts = {
        "Texts": f"{n_scored:,}{empty}",
        "Groups": named if table.is_compared else None,
        "Units": f"{n_units:,}" if n_units else "none given: every text counts as its own",
        "Atlas": f"{_atlas_name(result)}: {n_regions}, {n_nodes}",
        "Values per": table.level,
        "Reference": _reference(result),
        **{word: stage_name(stages[role]) for role, word in STAGE_LABELS.items() if role in stages},
        "Seed": None if seed is None else str(seed),
    }
    return [(name, value) for name, value in facts.items() if value is not None]


def _reference(result: RegionResult) -> str:
    return str(result.provenance.get("reference", ""))


def _digits(scale: Scale) -> int:
    return 1 if scale.limit >= 1 and scale.limit % 0.5 == 0 else 2


def _confidence_level(result: RegionResult) -> float:
    """Return the confidence level of the intervals, which the configuration calls `interval.coverage`."""
    level = lookup(result.provenance, "config", "interval", "coverage")
    return 0.95 if level is None else float(level)


def _atlas_name(result: RegionResult) -> str:
    """Return the atlas's name in the provenance, else that of the region axis."""
    stage = lookup(result.provenance, "stages", "atlas")
    return stage_name(stage) if stage else result.axis.atlas


def _counts_words(result: RegionResult) -> bool:
    """Whether means over texts count words; results of versions that didn't say counted texts."""
    return bool(lookup(result.provenance, "config", "unit_weights") == "words")


def _groups_table(table: RegionTable, scored: pd.DataFrame, *, by_words: bool) -> dict[str, Any]:
    """Return mean intensity, coverage and emotions of each group's texts; means count words, or texts alike."""
    emotions = [str(name) for name in scored.columns if str(name).startswith(EMOTION)]
    columns = ["intensity", "coverage", *emotions]
    rows = []
    for name in (*table.groups, ALL_TEXTS) if table.is_compared else (ALL_TEXTS,):
        members = scored if name == ALL_TEXTS else scored[scored["group"] == name]
        values = members[columns].to_numpy(dtype=np.float64)
        words = np.maximum(members["n_words"].to_numpy(dtype=np.float64), 1) if by_words else np.ones(len(members))
        means = np.average(values, axis=0, weights=words) if len(values) else np.full(len(columns), np.nan)
        rows.append((name, len(members), int(members["unit"].nunique()), means))
    largest = max((value for row in rows for value in row[3][2:] if np.isfinite(value)), default=0.0)
    return {
        "emotions": [name.removeprefix(EMOTION) for name in emotions],
        "rows": [
            {
                "group": name,
                "is_all": name == ALL_TEXTS,
                "n_texts": f"{n_texts:,}",
                "n_units": f"{n_units:,}" if n_units else "–",
                "intensity": plain(means[0], 3),
                "coverage": percent(means[1]),
                "emotions": [(plain(value, 3), _heat_step(value, largest)) for value in means[2:]],
            }
            for name, n_texts, n_units, means in rows
        ],
    }


def _heat_step(value: float, largest: float) -> int:
    """Return the step 0 … 5 of a value ≥ 0 on a scale that ends at the largest."""
    return Scale(largest).step(value) or 0 if largest > 0 else 0


def _clusters(result: RegionResult, scored: pd.DataFrame, most: int, names: RegionNames) -> dict[str, Any]:
    table = result.tables["clusters"]
    if len(table):
        table = table.sort_values(["n_texts", "cluster"], ascending=[False, True], kind="stable")
    emotions = [name for name in table.columns if str(name).startswith(EMOTION)]
    exemplars = [name for name in table.columns if str(name).startswith("exemplar")]
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
                "region": names.label(str(row["top_region"])),
                "emotions": [
                    (name.removeprefix(EMOTION), plain(float(row[name]), 3)) for name in strongest if row[name] > 0
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


def _overlaps(result: RegionResult, names: RegionNames) -> list[str]:
    """Return the pairs of targets that studies can't tell apart, each once, as a phrase.

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
            pair = (names.region_of.get(pair[0], pair[0]), names.region_of.get(pair[1], pair[1]))
        if pair[0] != pair[1]:
            degree = float(numbers[0]) if numbers else 0.0
            degrees[pair] = max(degree, degrees.get(pair, 0.0))
    return [
        listing([label(one), label(other)]) + (f" (overlap of their studies {plain(degree)})" if degree else "")
        for (one, other), degree in degrees.items()
    ]
