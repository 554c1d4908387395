"""The sections of texts mapped onto an atlas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.records import ALL_TEXTS, PageLimits, RegionResult
from emotopy.records.result import columns_of
from emotopy_plugins.reporters.formatting import N_STEPS, Scale, count, percent, plain, signed
from emotopy_plugins.reporters.reading import lookup, stage_name
from emotopy_plugins.reporters.region_sections import glass_brains, region_tables, shortened
from emotopy_plugins.reporters.region_values import RegionNames, RegionTable, overlaps
from emotopy_plugins.reporters.sections.heat_map import heat_map_reading
from emotopy_plugins.reporters.sections.reasons import reasons_reading
from emotopy_plugins.reporters.sections.section import section
from emotopy_plugins.reporters.time_section import time_section

if TYPE_CHECKING:
    import pandas as pd

MOST_GROUP_ROWS = 600
"""Groups in the table of emotion words, the largest; the others are in the files."""
MOST_COUNTED = 6
"""Groups whose texts in a cluster are counted one by one."""
EMOTION = "emotion_"
"""What the names of columns of emotions start with."""
TEXT_COLUMNS = frozenset({"status", "group", "unit", "cluster", "intensity", "coverage", "n_words", "language"})
STAGE_LABELS = {
    "embedder": "Embedder",
    "region_mapper": "Region mapper",
    "intensity_scorer": "Intensity",
    "reducer": "Reducer",
    "clusterer": "Clusterer",
}


def _brain(result: RegionResult, limits: PageLimits) -> dict[str, Any]:
    table, names = RegionTable.of(result), RegionNames.of(result)
    shown, sizes = table.plotted(), sizes_of(result)
    scale = Scale.around(shown.values)
    nodes = list(result.axis.nodes)
    return {
        "title": "Profiles on the glass brain" if shown.measure == "relative" else "Evidence on the glass brain",
        "measure": shown.measure,
        "unit": unit_of(shown.measure),
        "reference": _reference(result),
        "steps": legend_steps(scale),
        "brains": glass_brains(table, shown, nodes, scale, sizes, limits.groups, names),
        "overlaps": overlaps(result.provenance.get("overlapping_nodes", []), names.region_of, result.level),
        "has_brainstem": any(names.is_brainstem(target) for target in shown.targets),
    }


def _profile(result: RegionResult, limits: PageLimits) -> dict[str, Any]:
    table = RegionTable.of(result)
    tables = region_tables(table, Scale.around(table.plotted().values), sizes_of(result), RegionNames.of(result))
    return {
        "title": f"Profile, {table.level} by group" if table.is_compared else f"Profile, by {table.level}",
        "compared": table.is_compared,
        "unit": unit_of("relative"),
        "reference": _reference(result),
        "coverage": f"{100 * confidence_level(result):g}\xa0%",
        "counted": "units" if scored_texts(result)["unit"].notna().any() else "texts",
        "first": limits.rows,
        **tables,
    }


def _intensity(result: RegionResult, limits: PageLimits) -> dict[str, Any] | None:
    table = RegionTable.of(result)
    if not table.is_compared:
        return None
    return {**_profile(result, limits), "title": f"Intensity, {table.level} by group"}


def _over_time(result: RegionResult, limits: PageLimits) -> dict[str, Any] | None:
    courses = time_section(result, limits.groups)
    return None if courses is None else {"title": "Over time", "over_time": courses}


def _emotions(result: RegionResult, limits: PageLimits) -> dict[str, Any]:
    table = RegionTable.of(result)
    return {
        "title": "Emotion words by group" if table.is_compared else "Emotion words",
        "first": limits.rows,
        **_groups_table(table, scored_texts(result), by_words=_counts_words(result)),
    }


def _cluster_cards(result: RegionResult, limits: PageLimits) -> dict[str, Any]:
    values = _clusters(result, scored_texts(result), limits.clusters, RegionNames.of(result))
    return {"title": "Clusters of texts", "no_texts": result.no_texts, **values}


def shown_columns(result: RegionResult) -> pd.DataFrame:
    """Return the columns of the table of texts that the page says something of."""
    return columns_of(result, "texts", _is_shown)


def scored_texts(result: RegionResult) -> pd.DataFrame:
    """Return the texts that have values, in the columns that the page says something of."""
    texts = shown_columns(result)
    return texts[texts["status"] == "scored"]


def sizes_of(result: RegionResult) -> dict[str, int]:
    """Return how many texts each group has, and all of them."""
    scored = scored_texts(result)
    counts = scored["group"].value_counts()
    groups = RegionTable.of(result).groups
    return {name: int(counts.get(name, 0)) for name in groups} | {ALL_TEXTS: len(scored)}


def unit_of(measure: str) -> str:
    return "log-odds" if measure == "evidence" else "standard deviations of the reference texts"


def _is_shown(column: str) -> bool:
    """Whether the page says something of a column of the table of texts."""
    return column in TEXT_COLUMNS or column.startswith(EMOTION)


WHY = {
    "empty": "without text",
    "unknown-language": "in a language that the embedder doesn't support",
    "unknown-words": "without any known word",
}


def _set_aside(texts: pd.DataFrame) -> str:
    """Say why rows weren't mapped, and how many for each reason."""
    counts = texts["status"].value_counts()
    return ", ".join(f"{counts[status]:,} {why}" for status, why in WHY.items() if status in counts)


def facts_of_texts(result: RegionResult) -> list[tuple[str, str]]:
    """Return what was mapped, by what: name and value."""
    table, texts = RegionTable.of(result), shown_columns(result)
    groups = table.groups
    n_rows, n_scored = len(texts), int((texts["status"] == "scored").sum())
    empty = f" of {count(n_rows, 'row')}; the others: {_set_aside(texts)}" if n_rows > n_scored else ""
    n_units = texts.loc[texts["status"] == "scored", "unit"].nunique()
    n_regions, n_nodes = count(len(result.axis.regions), "region"), count(len(result.axis.nodes), "node")
    named = f"{len(groups)}: {', '.join(groups)}" if len(groups) <= 4 else f"{len(groups)}"
    stages = result.provenance.get("stages", {})
    seed = result.provenance.get("seed", lookup(result.provenance, "config", "seed"))
    facts = {
        "Texts": f"{n_scored:,}{empty}",
        "Groups": named if table.is_compared else None,
        "Units": f"{n_units:,}" if n_units else "none given, so every text counts as a unit",
        "Atlas": f"{atlas_name(result)}: {n_regions}, {n_nodes}",
        "Values per": table.level,
        "Reference": _reference(result),
        **{word: stage_name(stages[role]) for role, word in STAGE_LABELS.items() if role in stages},
        "Seed": None if seed is None else str(seed),
    }
    return [(name, value) for name, value in facts.items() if value is not None]


def _reference(result: RegionResult) -> str:
    return str(result.provenance.get("reference", ""))


def legend_steps(scale: Scale) -> list[tuple[int, str]]:
    """Return the steps of a scale, each with the value in its middle."""
    return [(step, signed(scale.middle(step), _digits(scale))) for step in range(-N_STEPS, N_STEPS + 1)]


def _digits(scale: Scale) -> int:
    return 1 if scale.limit >= 1 and scale.limit % 0.5 == 0 else 2


def confidence_level(result: RegionResult) -> float:
    """Return the confidence level of the intervals, which the configuration calls `interval.coverage`."""
    level = lookup(result.provenance, "config", "interval", "coverage")
    return 0.95 if level is None else float(level)


def atlas_name(result: RegionResult) -> str:
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
    counts = scored["group"].value_counts()
    largest_first = sorted(table.groups, key=lambda name: -int(counts.get(name, 0)))[:MOST_GROUP_ROWS]
    chosen = [name for name in table.groups if name in set(largest_first)]
    for name in (*chosen, ALL_TEXTS) if table.is_compared else (ALL_TEXTS,):
        members = scored if name == ALL_TEXTS else scored[scored["group"] == name]
        values = members[columns].to_numpy(dtype=np.float64)
        words = np.maximum(members["n_words"].to_numpy(dtype=np.float64), 1) if by_words else np.ones(len(members))
        means = np.average(values, axis=0, weights=words) if len(values) else np.full(len(columns), np.nan)
        rows.append((name, len(members), int(members["unit"].nunique()), means))
    largest = max((value for row in rows for value in row[3][2:] if np.isfinite(value)), default=0.0)
    return {
        "emotions": [name.removeprefix(EMOTION) for name in emotions],
        "n_left_out": f"{len(table.groups) - len(chosen):,}" if len(chosen) < len(table.groups) else "",
        "rows": [
            {
                "group": shortened(name),
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
    exemplars = [name for name in table.columns if str(name).removeprefix("exemplar_").isdigit()]
    by_group = _counts_by_group(scored)
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
                "groups": by_group.get(int(row["cluster"]), []),
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
        "of_segments": lookup(result.provenance, "config", "segment") == "sentence",
        "loose": f"{count(n_loose, 'text')} ({percent(n_loose / max(len(scored), 1))})" if n_loose else "",
    }


def _counts_by_group(scored: pd.DataFrame) -> dict[int, list[tuple[str, str]]]:
    """Return how many texts of each group a cluster holds, most first; nothing where there is one group."""
    known = scored[scored["cluster"].notna()]
    if scored["group"].nunique() < 2:
        return {}
    counts = known.groupby(["cluster", "group"], sort=True).size()
    found: dict[int, list[tuple[str, str]]] = {}
    for (cluster, group), n in counts.sort_values(ascending=False, kind="stable").items():
        found.setdefault(int(cluster), []).append((str(group), f"{n:,}"))
    return {
        cluster: rows if len(rows) <= MOST_COUNTED else [*rows[:MOST_COUNTED], ("others", f"{_rest(rows)}")]
        for cluster, rows in found.items()
    }


def _rest(rows: list[tuple[str, str]]) -> str:
    return f"{sum(int(n.replace(',', '')) for _, n in rows[MOST_COUNTED:]):,}"


TEXTS = tuple(
    section(name, reading, order=order, kinds=["texts"], styles=styles)
    for order, name, reading, styles in (
        (100, "brain", _brain, ()),
        (115, "heat-map", heat_map_reading, ("heat-map.css",)),
        (120, "profile", _profile, ()),
        (140, "intensity", _intensity, ()),
        (170, "reasons", reasons_reading, ("reasons.css",)),
        (200, "over-time", _over_time, ("time.css",)),
        (160, "clusters", _cluster_cards, ()),
        (400, "emotions", _emotions, ()),
    )
)
