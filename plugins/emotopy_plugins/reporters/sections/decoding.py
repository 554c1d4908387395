"""The sections of a decoding: scores, courses, and comparisons of feature sets."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.records import PageLimits, Result
from emotopy_plugins.reporters.charts import course_plots, null_cells, strip_axis
from emotopy_plugins.reporters.decoded import (
    ALPHA,
    EVOKED,
    FEATURE_SETS,
    SURROGATES,
    Decoded,
    rows_by_emotion,
)
from emotopy_plugins.reporters.formatting import count, plain, probability, signed
from emotopy_plugins.reporters.reading import lookup
from emotopy_plugins.reporters.sections.decoding_regions import REGIONS
from emotopy_plugins.reporters.sections.section import section

if TYPE_CHECKING:
    import pandas as pd

N_COURSES = 8
"""Most courses that are drawn."""
MOST_ROWS = 600
"""Most rows of a table of scores that stand on the page."""
KINDS = ("decoding",)


# Scores -------------------------------------------------------------------------------------------------------------


def _scores(result: Result, limits: PageLimits) -> dict[str, Any]:
    decoded = Decoded.of(result)
    table, main = decoded.tables["scores"], decoded.main
    sensitivity = sensitivity_of(result)
    axis = strip_axis(table, "r")
    n_surrogates = decoded.n_surrogates
    kind = str(lookup(result.provenance, "config", "null", "kind") or "")
    sets = [str(name) for name in dict.fromkeys(table["features"])]

    def row_of(row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "name": str(row["features"]),
            "is_main": row["features"] == main,
            **null_cells(row, "r", axis),
            "p_check": probability(sensitivity.get((row["emotion"], row["features"]), math.nan)),
        }

    return {
        "title": "Scores",
        "main": main,
        "first": limits.rows,
        "surrogates": f"{count(n_surrogates, 'time')} " if n_surrogates is not None else "",
        "surrogate_kind": SURROGATES.get(kind, "surrogate ratings"),
        "other_null": next((other for other in SURROGATES if kind in SURROGATES and other != kind), "the other null"),
        "scores": rows_by_emotion(table.head(MOST_ROWS), row_of),
        "cut": _cut(table, "scores.csv"),
        "ticks": axis.ticks,
        "by_chance": _by_chance(decoded),
        "glossary": [(name, said) for name in sets if (said := _meaning(name, main, decoded.baselines))],
        **_stories(decoded),
    }


def sensitivity_of(result: Result) -> dict[tuple[str, str], float]:
    """Return the p under the other null by (emotion, features); empty where it wasn't computed."""
    table = result.tables.get("sensitivity")
    if table is None:
        return {}
    return {(row["emotion"], row["features"]): float(row["p_sensitivity"]) for row in table.to_dict("records")}


def _cut(table: pd.DataFrame, file: str) -> str:
    """Return a sentence on rows that don't stand on the page; empty where all do."""
    return (
        f"These are the first {MOST_ROWS:,} of {len(table):,} rows; {file} contains all."
        if len(table) > MOST_ROWS
        else ""
    )


def _by_chance(decoded: Decoded) -> str:
    """Say what a null does where scores of baselines are below 0.05; empty where none is."""
    table, baselines = decoded.tables["scores"], decoded.baselines
    p = table.loc[table["features"].isin(baselines), "p"].to_numpy(dtype=np.float64)
    p = p[np.isfinite(p)]
    below = int((p < ALPHA).sum())
    if not below:
        return ""
    names = ", ".join(name for name in baselines)
    return (
        f"Of {count(len(p), 'score')} of baselines ({names}) {below} {'has' if below == 1 else 'have'} "
        f"p below {ALPHA:g}. At 5\xa0% that is expected of about {plain(ALPHA * len(p), 1)} by chance "
        "alone if none of them had an effect; a single small p among many is no evidence."
    )


def _meaning(name: str, main: str, baselines: Collection[str] = ()) -> str:
    """Return what a feature set of ours is; empty for one that the user named."""
    base = name.removesuffix(EVOKED)
    if base != name:
        return f"{base} after the response shared by listeners was removed, without the evoked response to the story"
    given = "a baseline: a regressor given with the data, without any brain data" if name in baselines else ""
    known = FEATURE_SETS.get(name, given)
    if name == main:
        return f"{known}; the main feature set of this page" if known else "the main feature set of this page"
    return known


def _stories(decoded: Decoded) -> dict[str, Any]:
    """Return the scores of the main feature set within each of several stories."""
    if not decoded.stories:
        return {"story_scores": [], "story_ticks": [], "story_cut": ""}
    table = decoded.main_rows("stories")
    axis = strip_axis(table, "r")

    def row_of(row: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": str(row["story"]), "n": int(row["n_subjects"]), **null_cells(row, "r", axis)}

    scores = rows_by_emotion(table.head(MOST_ROWS), row_of)
    return {"story_scores": scores, "story_ticks": axis.ticks, "story_cut": _cut(table, "stories.csv")}


# Courses ------------------------------------------------------------------------------------------------------------


def _courses(result: Result, limits: PageLimits) -> dict[str, Any]:  # noqa: ARG001 (as all sections)
    """Return the courses of the emotions that scored highest, in the order of the scores; of several stories by story.

    A story that was scanned in several runs is drawn run by run.
    """
    decoded = Decoded.of(result)
    table = decoded.main_rows("predictions")
    predicted = set(table["emotion"])
    rows = [row for row in decoded.main_rows("scores").to_dict("records") if row["emotion"] in predicted]
    score = np.array([-float(row["r"]) for row in rows])
    chosen = [rows[i] for i in sorted(np.argsort(score, kind="stable")[:N_COURSES])]
    place = [name for name in ("story", "run") if name in table]
    parts: list[tuple[Any, pd.DataFrame]] = [((), table)] if not place else list(table.groupby(place, sort=False))
    if len(parts) > 1:
        chosen = chosen[: max(1, N_COURSES // len(parts))]
    of_story = (
        {(row["emotion"], row["story"]): row for row in decoded.main_rows("stories").to_dict("records")}
        if decoded.stories
        else {}
    )
    cards = []
    for key, part in parts[:N_COURSES]:
        drawn = course_plots(part, [row["emotion"] for row in chosen])
        name = _part(place[: len(key)], key)
        scored = [of_story.get((row["emotion"], *key[:1]), row) for row in chosen]
        cards += [
            {
                "emotion": f"{row['emotion']}, {name}" if name else str(row["emotion"]),
                "r": signed(float(row["r"])),
                "p": probability(float(row["p"])),
                "below": signed(float(row["null_95"])),
                "at": one,
            }
            for row, one in zip(scored, drawn, strict=True)
        ]
    return {
        "title": "Decoded and annotated courses",
        "main": decoded.main,
        "courses": cards,
        "n_shown": len(chosen),
        "n_predicted": len(rows),
        "n_parts": len(parts),
        "n_parts_shown": min(len(parts), N_COURSES),
    }


def _part(place: Sequence[str], key: tuple[Any, ...]) -> str:
    """Return what a course is called: its story, its run where a story has several; "" of the only one."""
    said = [f"run {int(one) + 1}" if name == "run" else str(one) for name, one in zip(place, key, strict=True)]
    return ", ".join(said)


# Comparisons of feature sets ----------------------------------------------------------------------------------------


def _paired(result: Result, limits: PageLimits) -> dict[str, Any]:
    decoded = Decoded.of(result)
    table = decoded.tables["paired"]
    axis = strip_axis(table, "difference")

    def row_of(row: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": str(row["features_b"]), **null_cells(row, "difference", axis)}

    return {
        "title": "Comparisons of feature sets",
        "main": decoded.main,
        "first": limits.rows,
        "paired": rows_by_emotion(table.head(MOST_ROWS), row_of),
        "cut": _cut(table, "paired.csv"),
        "ticks": axis.ticks,
    }


STYLES = ("decoding.css",)
DECODING = (
    section("decoding-scores", _scores, order=100, kinds=KINDS, styles=STYLES),
    section("decoding-courses", _courses, order=200, kinds=KINDS, styles=STYLES),
    section("decoding-paired", _paired, order=260, kinds=KINDS, styles=STYLES),
    *REGIONS,
)
