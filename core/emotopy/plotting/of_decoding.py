"""The figures of a decoded story, and of the bridge, from their tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.plotting.brain import brain
from emotopy.plotting.course import Panel, Series, course
from emotopy.plotting.heatmap import heatmap
from emotopy.plotting.of_comparison import DOT, LEVEL, SURE
from emotopy.plotting.of_texts import MOST_BRAINS, MOST_ROWS, by_node, told
from emotopy.plotting.scores import Score, scores
from emotopy.plotting.style import Width, clean, region_label, signless, width_mm
from emotopy.plotting.tables import choose, furthest, grid, names_in
from emotopy.records import Node, Result

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

Names = str | Sequence[str] | None
WEIGHT = "mean |pattern| of the region's edges"
NULL = "grey: up to the 95 % quantile of the null"
MOST_COURSES, MOST_STRIPS = 6, 12


def _emotions(table: pd.DataFrame, asked: Names, most: int) -> tuple[list[str], str]:
    known = names_in(table, "emotion")
    chosen = choose(asked, known, "emotions", known[:most])
    return chosen, told(len(chosen), len(known), "emotions", "the first") if asked is None else ""


def decoding_scores(result: Result, *, emotions: Names = None, width: Width = "one", ax: Any = None) -> Figure:
    """Draw the score of every feature set beside its null, a panel per emotion; a tick per listener."""
    table, subjects = result.tables["scores"], result.tables.get("subjects")
    chosen, said = _emotions(table, emotions, MOST_STRIPS if ax is None else 1)
    features = names_in(table, "features")
    single: dict[tuple[str, str], list[float]] = {}
    if subjects is not None:
        for key, part in subjects.groupby(["emotion", "features"], sort=False):
            single[str(key[0]), str(key[1])] = part["r"].to_list()
    shown = []
    for emotion in chosen:
        rows = {str(row["features"]): row for row in table[table["emotion"] == emotion].to_dict("records")}
        shown.append((emotion, [_score(rows[name], name, single.get((emotion, name), ())) for name in features
                                if name in rows and math.isfinite(float(rows[name]["r"]))]))  # fmt: skip
    said = "; ".join(one for one in (f"{NULL}; {SURE}; ticks: listeners", said) if one)
    return scores(shown, axis_title="r within blocks", said=said, width=width, ax=ax)


def _score(row: Any, name: str, single: Sequence[float] = ()) -> Score:
    p = float(row["p_family"]) if not _is_missing(row["p_family"]) else float(row["p"])
    return Score(name, float(row["r"]), float(row["null_mean"]), float(row["null_95"]), sure=p < LEVEL, single=single)


def _is_missing(value: Any) -> bool:
    return value is None or math.isnan(float(value))


def decoding_course(
    result: Result,
    *,
    emotions: Names = None,
    features: str | None = None,
    story: str | None = None,
    width: Width = "two",
    ax: Any = None,
) -> Figure:
    """Draw the decoded course over the annotated one, a panel per emotion, blocks apart.

    The decoded line is the mean over listeners, its band their middle half. Each panel names the score and what 95 % of
    surrogate ratings stay below.
    """
    table = result.tables["predictions"]
    known = names_in(table, "features")
    chosen_features = choose(features, known, "features", known[:1])[0]
    table = table[table["features"] == chosen_features]
    said = []
    if "story" in table.columns:
        stories = names_in(table, "story")
        chosen_story = choose(story, stories, "story", stories[:1])[0]
        table = table[table["story"].astype(str) == chosen_story]
        said.append(f"story {clean(chosen_story)}")
    if "run" in table.columns and len(names_in(table, "run")) > 1:
        table = table[table["run"] == table["run"].min()]
        said.append("first run")
    chosen, cut = _emotions(table, emotions, MOST_COURSES if ax is None else 1)
    said += [one for one in (cut, "band: middle half of the listeners; shading: blocks") if one]
    panels = []
    for emotion in chosen:
        mine = table[table["emotion"] == emotion]
        moments = mine.groupby(["block", "centre_s"], sort=True)
        middle = moments[["rating", "prediction"]].mean()
        low, high = (moments["prediction"].quantile(q) for q in (0.25, 0.75))
        columns = {"rating": middle["rating"], "prediction": middle["prediction"], "low": low, "high": high}
        at, broken = _with_gaps(middle.index, columns)
        spans = [(float(part.min()), float(part.max())) for _, part in mine.groupby("block")["centre_s"]]
        panels.append(
            Panel(
                _course_title(result, emotion, chosen_features),
                [
                    Series("decoded", at, broken["prediction"], broken["low"], broken["high"]),
                    Series("annotated", at, broken["rating"]),
                ],
                blocks=spans,
            )
        )
    return course(
        panels,
        axis_title="rating",
        time_title="middle of the window (s after the first volume)",
        said="; ".join(said),
        width=width,
        n_columns=1 if len(panels) <= 3 or width_mm(width) < 120 else 2,
        ax=ax,
    )


def _with_gaps(index: Any, columns: Any) -> tuple[Any, dict[str, Any]]:
    """Return the moments and columns of a table by block and moment, with a break (NaN) behind each block."""
    blocks = np.asarray(index.get_level_values(0))
    at = np.asarray(index.get_level_values(1), dtype=np.float64)
    ends = np.flatnonzero(blocks[1:] != blocks[:-1]) + 1
    return np.insert(at, ends, at[ends]), {
        name: np.insert(column.to_numpy(dtype=np.float64), ends, np.nan) for name, column in columns.items()
    }


def _course_title(result: Result, emotion: str, features: str) -> str:
    table = result.tables["scores"]
    row = table[(table["emotion"] == emotion) & (table["features"] == features)]
    if row.empty or not math.isfinite(float(row["r"].iloc[0])):
        return clean(emotion)
    r, null = (signless(round(float(row[name].iloc[0]), 2)) for name in ("r", "null_95"))
    return f"{clean(emotion, 28)}:  r = {r};  null, 95 %: {null}"


def decoding_networks(result: Result, *, emotions: Names = None, width: Width | None = None, ax: Any = None) -> Figure:
    """Draw the mean |pattern| of edges between networks, a panel per emotion; a dot where the family-wise p < 0.05."""
    table = result.tables["networks"]
    chosen, said = _emotions(table, emotions, 4 if ax is None else 1)
    names = list(dict.fromkeys([*names_in(table, "network_a"), *names_in(table, "network_b")]))
    axes = {"emotion": chosen, "network_a": names, "network_b": names}
    weights, p = (_symmetric(grid(table, column, axes)) for column in ("weight", "p_family"))
    return heatmap(
        list(weights),
        [region_label(name) for name in names],
        [[region_label(name) for name in names]] * len(chosen),
        titles=chosen,
        title_of_scale="mean |pattern| of edges",
        marked=list(p < LEVEL),
        marks_mean=DOT,
        said=said,
        width=width or ("one" if len(names) * len(chosen) <= 10 else "two"),
        ax=ax,
    )


def _symmetric(values: Any) -> Any:
    return np.where(np.isfinite(values), values, values.transpose(0, 2, 1))


def decoding_heatmap(result: Result, *, emotions: Names = None, width: Width | None = None, ax: Any = None) -> Figure:
    """Draw the weight of regions × emotions; a dot where the family-wise p is below 0.05."""
    table = result.tables["weights"]
    chosen, said = _emotions(table, emotions, MOST_ROWS)
    regions = names_in(table, "region")
    axes = {"region": regions, "emotion": chosen}
    values, p = grid(table, "weight", axes), grid(table, "p_family", axes)
    rows = sorted(np.argsort(-np.nan_to_num(values).max(axis=1), kind="stable")[:MOST_ROWS])
    return heatmap(
        [values[rows]],
        [region_label(regions[j]) for j in rows],
        [chosen],
        title_of_scale=WEIGHT,
        marked=[(p < LEVEL)[rows]],
        marks_mean=DOT,
        said=said or told(len(rows), len(regions), "regions", "those of the largest weights"),
        width=width or ("one" if len(chosen) <= 8 else "two"),
        ax=ax,
    )


def decoding_brain(
    result: Result, *, nodes: Sequence[Node], emotions: Names = None, width: Width = "one", ax: Any = None
) -> Figure:
    """Draw the weights of regions on a glass brain, a panel per emotion."""
    return _weights_brain(result.tables["weights"], WEIGHT, nodes, emotions, width, ax)


def bridge_brain(
    result: Result, *, nodes: Sequence[Node], emotions: Names = None, width: Width = "one", ax: Any = None
) -> Figure:
    """Draw the text's weights of regions on a glass brain, a panel per emotion."""
    words = "correlation between rating and text profile"
    return _weights_brain(result.tables["text_weights"], words, nodes, emotions, width, ax)


def _weights_brain(
    table: pd.DataFrame, words: str, nodes: Sequence[Node], emotions: Names, width: Width, ax: Any
) -> Figure:
    chosen, said = _emotions(table, emotions, MOST_BRAINS if ax is None else 1)
    regions = names_in(table, "region")
    values = by_node(nodes, regions, grid(table, "weight", {"emotion": chosen, "region": regions}))
    return brain(nodes, values, chosen, title_of_scale=words, said=said, width=width, ax=ax)


def bridge_scores(result: Result, *, emotions: Names = None, width: Width = "one", ax: Any = None) -> Figure:
    """Draw how much text and brain agree over regions, beside the null."""
    table = result.tables["bridge"]
    known = names_in(table, "emotion")
    chosen = choose(emotions, known, "emotions", known[:40])
    words = {"absolute": "against the brain's mean |pattern|", "signed": "against the brain's mean pattern"}
    shown = []
    for kind in names_in(table, "weights")[: None if ax is None else 1]:
        rows = {str(row["emotion"]): row for row in table[table["weights"] == kind].to_dict("records")}
        shown.append((words.get(kind, kind), [_score(rows[name], "all emotions" if name == "all" else name)
                                              for name in chosen if name in rows]))  # fmt: skip
    said = f"{NULL}; {SURE} (all: p)"
    return scores(shown, axis_title="r over regions", said=said, width=width, ax=ax)


def bridge_heatmap(result: Result, *, emotions: Names = None, width: Width | None = None, ax: Any = None) -> Figure:
    """Draw the text's weights of regions × emotions."""
    table = result.tables["text_weights"]
    chosen, said = _emotions(table, emotions, MOST_ROWS)
    regions = names_in(table, "region")
    values = grid(table, "weight", {"region": regions, "emotion": chosen})
    rows = furthest(values, MOST_ROWS)
    return heatmap(
        [values[rows]],
        [region_label(regions[j]) for j in rows],
        [chosen],
        title_of_scale="correlation between rating and text profile",
        said=said or told(len(rows), len(regions), "regions", "the largest"),
        width=width or ("one" if len(chosen) <= 8 else "two"),
        ax=ax,
    )
