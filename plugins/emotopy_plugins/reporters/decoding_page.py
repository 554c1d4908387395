"""The page of a decoding: the values of its template.

Claims hold for regions and networks. No single edge is named on the page.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.records import Result, label
from emotopy_plugins.reporters.charts import course_plots, null_cells, strip_axis
from emotopy_plugins.reporters.formatting import (
    count,
    listing,
    percent,
    plain,
    probability,
    signed,
)
from emotopy_plugins.reporters.old_page import Limits, Page, common_context, lookup, simulation_name, stage_name

if TYPE_CHECKING:
    import pandas as pd

ALPHA = 0.05
N_COURSES = 8
"""Most emotions whose course is drawn."""
N_NAMED = 4
"""Most names that a fact, or a sentence on pairs of regions, lists."""
EVOKED = "+remove-evoked"
SPLITS = {
    "subject-and-block": "tested on a new listener at a new place of the story",
    "subject": "tested on a new listener, at places that training has heard",
    "block": "tested on known listeners at a new place of the story",
    "chronological": "tested on known listeners at the story’s end",
    "story": "tested on a story that training has not heard, by listeners who may be known",
    "subject-and-story": "tested on a new listener of a story that training has not heard",
    "random": "windows drawn at random, their neighbours in training: as published, and no test of anything",
}
SURROGATES = {
    "phase": "ratings with the same rhythm but random phases",
    "circular": "the same ratings, shifted in time",
    "rows": "ratings of single windows in random order: as published, and no test of a time course",
}
FEATURE_SETS = {
    "sliding-window": "how strongly each pair of regions moves together within a window",
    "amplitude": "how strong each region’s own signal is",
    "motion": "a baseline: head motion alone",
    "time": "a baseline: the time since the story began, alone",
    "mean": "a baseline: the mean of the training ratings, whatever the brain does",
}
N_REGIONS = 12
"""Most regions, or pairs of networks, shown per emotion."""
STRONGEST = 0.25
"""Share of the pairs that a sentence on pairs counts."""
FEWEST_PAIRS = 20
"""With fewer pairs in all, a count over regions would give single edges away."""
FEWEST_EDGES = 3
"""The mean over fewer edges would give single ones away."""
BAR_WIDTH = 120.0


@attrs.frozen(eq=False)
class Decoded:
    """What the page reads of a decoding: its tables and its provenance.

    `main` is the first feature set, the one that was asked about. `sensitivity` holds the p under the other null.
    """

    tables: Mapping[str, pd.DataFrame]
    provenance: Mapping[str, Any]
    sensitivity: Mapping[tuple[str, str], float]

    @classmethod
    def of(cls, result: Result) -> Decoded:
        """Read a result of kind ``decoding``."""
        return cls(result.tables, result.provenance, sensitivity_of(result))

    @property
    def main(self) -> str:
        """The feature set that was asked about; empty where nothing was decoded."""
        return next((str(name) for name in self.tables["scores"]["features"]), "")

    @property
    def emotions(self) -> tuple[str, ...]:
        """The emotions, in the order of the scores."""
        return tuple(dict.fromkeys(self.tables["scores"]["emotion"]))

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects, in the order of their table."""
        return tuple(str(name) for name in dict.fromkeys(self.tables["subjects"]["subject"]))

    @property
    def stories(self) -> tuple[str, ...]:
        """The stories, where there are several; empty for one."""
        table = self.tables.get("stories")
        return () if table is None else tuple(str(name) for name in dict.fromkeys(table["story"]))

    @property
    def over_stories(self) -> bool:
        """Whether each story was predicted by models that had not heard it."""
        return str(lookup(self.provenance, "config", "split", "kind")) in ("story", "subject-and-story")

    @property
    def n_regions(self) -> int:
        """How many regions the series had; 0 where neither provenance nor weights name them."""
        regions = lookup(self.provenance, "regions")
        if isinstance(regions, Sequence) and not isinstance(regions, str):
            return len(regions)
        return int(self.tables["weights"]["region"].nunique())

    def main_rows(self, name: str) -> pd.DataFrame:
        """Return the rows of a table that are of the main feature set."""
        table = self.tables[name]
        return table[table["features"] == self.main]


def sensitivity_of(result: Result) -> dict[tuple[str, str], float]:
    """Return the p under the other null by (emotion, features); empty where it wasn't computed."""
    table = result.tables.get("sensitivity")
    if table is None:
        return {}
    return {(row["emotion"], row["features"]): float(row["p_sensitivity"]) for row in table.to_dict("records")}


def decoding_page(result: Result, title: str | None, limits: Limits) -> Page:  # noqa: ARG001 (as all page makers)
    """Return the page of a result of kind ``decoding``."""
    return Page("decoding.html.jinja", template_context(result, title), ("decoding.css",))


def template_context(result: Result, title: str | None) -> dict[str, Any]:
    """Return the template's values."""
    decoded = Decoded.of(result)
    scores, paired, main = decoded.tables["scores"], decoded.tables["paired"], decoded.main
    sets = [str(name) for name in dict.fromkeys(scores["features"])]
    n_surrogates = lookup(result.provenance, "config", "null", "n")
    kind = str(lookup(result.provenance, "config", "null", "kind") or "")
    return {
        "title": title or f"Emotions of {_a_story(decoded)}, decoded from the brain",
        "summary": _summary(decoded),
        "facts": _facts(decoded),
        "simulated": simulation_name(lookup(result.provenance, "input", "simulated")),
        "surrogates": f"{count(int(n_surrogates), 'time')} " if n_surrogates is not None else "",
        "surrogate_kind": SURROGATES.get(kind, "surrogate ratings"),
        "other_null": next((other for other in SURROGATES if kind in SURROGATES and other != kind), "the other null"),
        "main": main,
        "finding": _finding(decoded, n_surrogates),
        "scores": _score_groups(decoded),
        "score_ticks": strip_axis(scores, "r").ticks,
        **_stories(decoded),
        "glossary": [(name, _meaning(name, main)) for name in sets if _meaning(name, main)],
        **_courses(decoded),
        "paired": _paired_groups(paired),
        "paired_ticks": strip_axis(paired, "difference").ticks,
        **_explanation(decoded),
        **common_context(result),
    }


def _summary(decoded: Decoded) -> str:
    emotions, n_regions = decoded.emotions, decoded.n_regions
    what = listing(emotions) if len(emotions) <= N_NAMED else count(len(emotions), "emotion")
    where = f" ({count(n_regions, 'region')})" if n_regions else ""
    who = count(len(decoded.subjects), "listener")
    return f"{what[:1].upper()}{what[1:]} along {_a_story(decoded)}, from the scans of {who}{where}."


def _a_story(decoded: Decoded) -> str:
    return f"{len(decoded.stories)} stories" if decoded.stories else "a story"


def _facts(decoded: Decoded) -> list[tuple[str, str]]:
    provenance, n_regions = decoded.provenance, decoded.n_regions
    split, n_blocks = (lookup(provenance, "config", "split", name) for name in ("kind", "n_blocks"))
    blocks = (
        f", {count(int(n_blocks), 'block')}"
        if n_blocks is not None and split not in ("chronological", "random")
        else ""
    )
    kind, n = (lookup(provenance, "config", "null", name) for name in ("kind", "n"))
    surrogates = "" if n is None else f", {count(int(n), 'surrogate')}"
    decoder, seed = lookup(provenance, "stages", "neural_decoder"), lookup(provenance, "seed")
    facts = {
        "Listeners": _named(decoded.subjects),
        "Stories": _named(decoded.stories) if decoded.stories else None,
        "Emotions": _named(decoded.emotions),
        "Regions": f"{n_regions}" if n_regions else None,
        "Moments": _moments(decoded),
        "Decoded from": decoded.main,
        "Split": None if split is None else f"{split}{blocks}: {SPLITS.get(str(split), 'see the provenance')}",
        "Null": None if kind is None else f"{kind}{surrogates}",
        "Decoder": None if decoder is None else stage_name(decoder),
        "Seed": None if seed is None else str(seed),
    }
    return [(name, value) for name, value in facts.items() if value is not None]


def _named(names: Sequence[str]) -> str:
    """Return how many names there are, and the names where they are few."""
    return f"{len(names)}: {', '.join(names)}" if len(names) <= N_NAMED else f"{len(names)}"


def _moments(decoded: Decoded) -> str:
    """Return how many windows (or single volumes) were predicted, how long each is and how far apart."""
    table = decoded.main_rows("predictions")
    place = [name for name in ("story", "run") if name in table]
    n_moments = len(table[[*place, "onset_s"]].drop_duplicates())
    onsets = np.unique(table["onset_s"].to_numpy(dtype=np.float64))
    if not len(onsets):
        return "none predicted"
    width = 2 * float(np.median(table["centre_s"].to_numpy(dtype=np.float64) - table["onset_s"].to_numpy(np.float64)))
    step = f", every {float(np.median(np.diff(onsets))):g} s" if len(onsets) > 1 else ""
    return f"{count(n_moments, 'window')} of {width:g} s{step}"


def _finding(decoded: Decoded, n_surrogates: Any) -> str:
    """Return a sentence on which emotions passed, and on whether there were too few surrogates for any to pass."""
    asked = decoded.main_rows("scores")
    passed = asked[asked["p_family"].astype(float) < ALPHA]
    named = listing(f"{row['emotion']} (r = {plain(float(row['r']))})" for row in passed.to_dict("records"))
    how_many = f"{len(passed)} of {count(len(asked), 'emotion')}" if len(passed) else "no emotion"
    sentence = (
        f"From {decoded.main}, {how_many} could be told from chance (p, family, below {ALPHA:g})"
        f"{': ' * bool(named)}{named}."
    )
    if n_surrogates is not None and 1 / (1 + int(n_surrogates)) >= ALPHA:
        least = probability(1 / (1 + int(n_surrogates)))
        sentence += f" With {count(int(n_surrogates), 'surrogate')} no p can fall below {least}: take more of them."
    return sentence


def _meaning(name: str, main: str) -> str:
    """Return what a feature set of ours is; empty for one that the user named."""
    base = name.removesuffix(EVOKED)
    if base != name:
        return f"{base} after the response that listeners share was taken out, so without what the story evokes in all"
    known = FEATURE_SETS.get(name, "")
    if name == main:
        return f"{known}; what this page is about" if known else "what this page is about"
    return known


def _groups(
    table: pd.DataFrame, make: Callable[[Mapping[str, Any]], dict[str, Any]], emotions: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """Return a group of rows per emotion of the table, in the order of `emotions`, else in that of the table."""
    own = dict.fromkeys(table["emotion"])
    return [
        {"emotion": str(emotion), "rows": [make(row) for row in table[table["emotion"] == emotion].to_dict("records")]}
        for emotion in (own if emotions is None else emotions)
        if emotion in own
    ]


def _score_groups(decoded: Decoded) -> list[dict[str, Any]]:
    scores, main = decoded.tables["scores"], decoded.main
    axis = strip_axis(scores, "r")

    def row_of(row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "name": str(row["features"]),
            "is_main": row["features"] == main,
            **null_cells(row, "r", axis),
            "p_check": probability(decoded.sensitivity.get((row["emotion"], row["features"]), math.nan)),
        }

    return _groups(scores, row_of)


def _stories(decoded: Decoded) -> dict[str, Any]:
    """Return the scores of the main feature set within each of several stories, and which stories these are."""
    named = {"stories": decoded.stories, "over_stories": decoded.over_stories}
    if not decoded.stories:
        return {**named, "story_scores": [], "story_ticks": []}
    table = decoded.main_rows("stories")
    axis = strip_axis(table, "r")

    def row_of(row: Mapping[str, Any]) -> dict[str, Any]:
        return {"name": str(row["story"]), "n": int(row["n_subjects"]), **null_cells(row, "r", axis)}

    return {**named, "story_scores": _groups(table, row_of), "story_ticks": axis.ticks}


def _paired_groups(paired: pd.DataFrame) -> list[dict[str, Any]]:
    axis = strip_axis(paired, "difference")
    return _groups(paired, lambda row: {"name": str(row["features_b"]), **null_cells(row, "difference", axis)})


def _courses(decoded: Decoded) -> dict[str, Any]:
    """Return the courses of the emotions that scored highest, in the order of the scores; of several stories by story.

    A story that was scanned in several runs is drawn run by run.
    """
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
                "at": one,
            }
            for row, one in zip(scored, drawn, strict=True)
        ]
    return {"courses": cards, "n_shown": len(chosen), "n_predicted": len(rows)}


def _part(place: Sequence[str], key: tuple[Any, ...]) -> str:
    """Return what a course is called: its story, its run where a story has several; "" of the only one."""
    said = [f"run {int(one) + 1}" if name == "run" else str(one) for name, one in zip(place, key, strict=True)]
    return ", ".join(said)


# The explanation ----------------------------------------------------------------------------------------------------


def _explanation(decoded: Decoded) -> dict[str, Any]:
    """Return cards of regions and networks, sentences on pairs, rows of graph metrics; empty where there is none."""
    return {
        "regions": _weights_of(decoded.tables["weights"], _region, decoded.emotions),
        "networks": _weights_of(decoded.tables.get("networks"), _networks, decoded.emotions),
        "pairs": _pair_sentences(decoded),
        "graph": _graph_groups(decoded.tables["graph"], decoded.emotions),
        "fewest_edges": FEWEST_EDGES,
    }


def _region(row: Mapping[Any, Any]) -> str:
    return label(str(row["region"]))


def _networks(row: Mapping[Any, Any]) -> str:
    first, second = (label(str(row[name])) for name in ("network_a", "network_b"))
    return f"within {first}" if first == second else f"{first} – {second}"


def _weights_of(
    weights: pd.DataFrame | None, name: Callable[[Mapping[Any, Any]], str], emotions: tuple[str, ...]
) -> dict[str, Any]:
    """Return the cards of a grid of weights, and what holds for all of them.

    Of rows with a column `n_edges`, means over so many edges, those of `FEWEST_EDGES` or more are shown; `n` counts
    them all, since a family does.
    """
    if weights is None or not len(weights):
        return {"cards": []}
    n = len(weights) // weights["emotion"].nunique()
    shown = weights[weights["n_edges"] >= FEWEST_EDGES] if "n_edges" in weights else weights
    cards = _weight_cards(shown, name, emotions)
    return {
        "cards": cards,
        "has_null": "null_95" in weights and bool(weights["null_95"].notna().any()),
        "n": n,
        "n_hidden": n - max((len(card["rows"]) for card in cards), default=0),
    }


def _weight_cards(
    weights: pd.DataFrame, name: Callable[[Mapping[Any, Any]], str], emotions: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Return a card per emotion with its heaviest rows; all bars share one scale."""
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
    return _groups(heaviest.head(N_REGIONS), row_of, emotions)


def _pair_sentences(decoded: Decoded) -> list[dict[str, str]]:
    """Return a sentence per emotion on which regions the strongest pairs join."""
    edges = decoded.tables["edges"]
    edges = edges[edges["pattern"].notna()]
    sentences = {emotion: _pair_sentence(edges[edges["emotion"] == emotion]) for emotion in decoded.emotions}
    return [{"emotion": emotion, "sentence": sentence} for emotion, sentence in sentences.items() if sentence]


def _pair_sentence(edges: pd.DataFrame) -> str:
    n_pairs = len(edges)
    if n_pairs < FEWEST_PAIRS:
        return ""
    n_top = math.ceil(STRONGEST * n_pairs)
    size = edges["pattern"].abs().to_numpy(dtype=np.float64)
    strongest = np.argsort(-size, kind="stable")[:n_top]
    top = edges.iloc[strongest]
    regions = list(dict.fromkeys([*edges["region_a"], *edges["region_b"]]))
    even = 2 * n_top / len(regions)
    joined = Counter([*top["region_a"], *top["region_b"]])
    above = sorted((name for name in regions if joined[name] > even), key=lambda name: -joined[name])[:N_NAMED]
    where = (
        f"join most often {listing(f'{label(str(name))} ({joined[name]})' for name in above)}; spread evenly, a region "
        f"would be in {plain(even, 1)}"
        if above
        else "are spread evenly over the regions"
    )
    share = float(size[strongest].sum() / size.sum()) if size.sum() else math.nan
    kept = percent(float(top["sign_consistency"].mean()), 0)
    return (
        f"the strongest quarter, {n_top} of {count(n_pairs, 'pair')}, holds {percent(share, 0)} of all pattern. These "
        f"pairs {where}. Their sign is the same in {kept} of folds on average."
    )


def _graph_groups(graph: pd.DataFrame, emotions: tuple[str, ...]) -> list[dict[str, Any]]:
    def row_of(row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "metric": label(str(row["metric"])),
            "graph": str(row["graph"]),
            **{name: plain(float(row[name])) for name in ("value", "null_mean", "null_95")},
            "p": probability(float(row["p"])),
        }

    return _groups(graph, row_of, emotions)
