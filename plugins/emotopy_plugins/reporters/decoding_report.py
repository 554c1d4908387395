"""What the page of a decoding says, as plain values: the template only arranges them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy_plugins.reporters.decoding_charts import courses, strip, strip_axis
from emotopy_plugins.reporters.decoding_explanation import explanation_of
from emotopy_plugins.reporters.formatting import count, listing, plain, probability, signed
from emotopy_plugins.reporters.report_view import flattened, stage_name

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.pathways.brain.result import Decoding

ALPHA = 0.05
N_COURSES = 8
"""Most emotions whose course is drawn."""
N_NAMED = 4
"""Most names that a fact lists."""
EVOKED = "+remove-evoked"
SPLITS = {
    "subject-and-block": "tested on a new listener at a new place of the story",
    "subject": "tested on a new listener, at places that training has heard",
    "block": "tested on known listeners at a new place of the story",
    "chronological": "tested on known listeners at the story’s end",
}
SURROGATES = {
    "phase": "ratings with the same rhythm but random phases",
    "circular": "the same ratings, shifted in time",
}
FEATURE_SETS = {
    "sliding-window": "how strongly each pair of regions moves together within a window",
    "amplitude": "how strong each region’s own signal is",
    "motion": "a baseline: head motion alone",
    "time": "a baseline: the time since the story began, alone",
    "mean": "a baseline: the mean of the training ratings, whatever the brain does",
}


def view_of_decoding(result: Decoding, title: str | None) -> dict[str, Any]:
    """Return the template's values for a decoding; the first feature set is the one that was asked about."""
    sets = [str(name) for name in dict.fromkeys(result.scores["features"])]
    main = sets[0] if sets else ""
    asked = result.scores[result.scores["features"] == main]
    n_surrogates = _told(result.provenance, "config", "null", "n")
    kind = str(_told(result.provenance, "config", "null", "kind") or "")
    return {
        "title": title or "Emotions of a story, decoded from the brain",
        "summary": _summary(result),
        "facts": _facts(result, main),
        "simulated": _simulated(result.provenance),
        "surrogates": f"{count(int(n_surrogates), 'time')} " if n_surrogates is not None else "",
        "surrogate_kind": SURROGATES.get(kind, "surrogate ratings"),
        "other_null": next((other for other in SURROGATES if kind in SURROGATES and other != kind), "the other null"),
        "main": main,
        "finding": _finding(asked, main, n_surrogates),
        "scores": _score_groups(result),
        "score_ticks": strip_axis(result.scores, "r").ticks,
        "glossary": [(name, _meaning(name, main)) for name in sets if _meaning(name, main)],
        **_courses(result, main, asked),
        "paired": _paired_groups(result.paired),
        "paired_ticks": strip_axis(result.paired, "difference").ticks,
        **explanation_of(result),
        "notes": list(result.notes),
        "provenance": list(flattened(result.provenance)),
        "version": str(_told(result.provenance, "versions", "emotopy") or ""),
    }


def _told(provenance: Any, *path: str) -> Any:
    """Return what the provenance says under a path of keys; None where it says nothing."""
    for key in path:
        provenance = provenance.get(key) if isinstance(provenance, Mapping) else None
    return provenance


def _simulated(provenance: Mapping[str, Any]) -> str:
    """Return a word on the simulation: its name, or `yes`; empty where the data were measured."""
    told = _told(provenance, "input", "simulated")
    return "" if not told else told if isinstance(told, str) else "yes"


def _subjects(result: Decoding) -> list[str]:
    return [str(name) for name in dict.fromkeys(result.subjects["subject"])]


def _n_regions(result: Decoding) -> int:
    told = _told(result.provenance, "regions")
    if isinstance(told, Sequence) and not isinstance(told, str):
        return len(told)
    return len(result.weights.regions) if result.weights is not None else int(result.weights_table["region"].nunique())


def _summary(result: Decoding) -> str:
    emotions = list(result.emotions)
    what = listing(emotions) if len(emotions) <= N_NAMED else count(len(emotions), "emotion")
    n_regions = _n_regions(result)
    where = f" ({count(n_regions, 'region')})" if n_regions else ""
    who = count(len(_subjects(result)), "listener")
    return f"{what[:1].upper()}{what[1:]} along a story, from the scans of {who}{where}."


def _facts(result: Decoding, main: str) -> list[tuple[str, str]]:
    told = result.provenance
    names, emotions, n_regions = _subjects(result), list(result.emotions), _n_regions(result)
    facts = [
        ("Listeners", f"{len(names)}: {', '.join(names)}" if len(names) <= N_NAMED else f"{len(names)}"),
        ("Emotions", f"{len(emotions)}: {', '.join(emotions)}" if len(emotions) <= N_NAMED else f"{len(emotions)}"),
    ]
    if n_regions:
        facts.append(("Regions", f"{n_regions}"))
    facts += [("Moments", _moments(result, main)), ("Decoded from", main)]
    split = _told(told, "config", "split", "kind")
    if split is not None:
        n_blocks = _told(told, "config", "split", "n_blocks")
        blocks = f", {count(int(n_blocks), 'block')}" if n_blocks is not None and split != "chronological" else ""
        facts.append(("Split", f"{split}{blocks}: {SPLITS.get(str(split), 'see the provenance')}"))
    kind, n = _told(told, "config", "null", "kind"), _told(told, "config", "null", "n")
    if kind is not None:
        facts.append(("Null", f"{kind}, {count(int(n), 'surrogate')}" if n is not None else str(kind)))
    decoder, seed = _told(told, "stages", "neural_decoder"), _told(told, "seed")
    if decoder is not None:
        facts.append(("Decoder", stage_name(decoder)))
    return facts if seed is None else [*facts, ("Seed", str(seed))]


def _moments(result: Decoding, main: str) -> str:
    """Say how many windows (or single volumes) were predicted, how long each is and how far apart, from the table."""
    table = result.predictions[result.predictions["features"] == main]
    onsets = np.unique(table["onset_s"].to_numpy(dtype=np.float64))
    if not len(onsets):
        return "none predicted"
    width = 2 * float(np.median(table["centre_s"].to_numpy(dtype=np.float64) - table["onset_s"].to_numpy(np.float64)))
    step = f", every {float(np.median(np.diff(onsets))):g} s" if len(onsets) > 1 else ""
    return f"{count(len(onsets), 'window')} of {width:g} s{step}"


def _finding(asked: pd.DataFrame, main: str, n_surrogates: Any) -> str:
    """Say in one sentence which emotions passed, and whether so few surrogates could have let any pass."""
    passed = asked[asked["p_family"].astype(float) < ALPHA]
    named = listing(f"{row['emotion']} (r = {plain(float(row['r']))})" for row in passed.to_dict("records"))
    told = f"{len(passed)} of {count(len(asked), 'emotion')}" if len(passed) else "no emotion"
    told = f"From {main}, {told} could be told from chance (p, family, below {ALPHA:g}){': ' * bool(named)}{named}."
    if n_surrogates is not None and 1 / (1 + int(n_surrogates)) >= ALPHA:
        least = probability(1 / (1 + int(n_surrogates)))
        told += f" With {count(int(n_surrogates), 'surrogate')} no p can fall below {least}: take more of them."
    return told


def _meaning(name: str, main: str) -> str:
    """Say what a feature set of ours is; empty for one that the user named."""
    base = name.removesuffix(EVOKED)
    if base != name:
        return f"{base} after the response that listeners share was taken out, so without what the story evokes in all"
    known = FEATURE_SETS.get(name, "")
    if name == main:
        return f"{known}; what this page is about" if known else "what this page is about"
    return known


def _groups(table: pd.DataFrame, make: Callable[[Mapping[str, Any]], dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a group of rows per emotion, in the order of the table."""
    return [
        {"emotion": str(emotion), "rows": [make(row) for row in table[table["emotion"] == emotion].to_dict("records")]}
        for emotion in dict.fromkeys(table["emotion"])
    ]


def _beside_null(row: Mapping[str, Any], value: str) -> dict[str, Any]:
    null_mean, null_95 = float(row["null_mean"]), float(row["null_95"])
    known = math.isfinite(null_mean) and math.isfinite(null_95)
    return {
        "value": signed(float(row[value])),
        "null": f"{signed(null_mean)} to {signed(null_95)}" if known else plain(math.nan),
        "p": probability(float(row["p"])),
        "p_family": probability(float(row["p_family"])),
    }


def _score_groups(result: Decoding) -> list[dict[str, Any]]:
    axis, scores = strip_axis(result.scores, "r"), result.scores
    main = scores["features"].iloc[0] if len(scores) else ""
    check = {(row["emotion"], row["features"]): float(row["p"]) for row in result.circular.to_dict("records")}

    def row_of(row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "name": str(row["features"]),
            "is_main": row["features"] == main,
            **_beside_null(row, "r"),
            "p_check": probability(check.get((row["emotion"], row["features"]), math.nan)),
            "strip": strip(axis, float(row["r"]), float(row["null_mean"]), float(row["null_95"])),
        }

    return _groups(scores, row_of)


def _paired_groups(paired: pd.DataFrame) -> list[dict[str, Any]]:
    axis = strip_axis(paired, "difference")

    def row_of(row: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "name": str(row["features_b"]),
            **_beside_null(row, "difference"),
            "strip": strip(axis, float(row["difference"]), float(row["null_mean"]), float(row["null_95"])),
        }

    return _groups(paired, row_of)


def _courses(result: Decoding, main: str, asked: pd.DataFrame) -> dict[str, Any]:
    """Return the courses of the emotions that scored highest, in the order of the scores."""
    table = result.predictions[result.predictions["features"] == main]
    predicted = set(table["emotion"])
    rows = [row for row in asked.to_dict("records") if row["emotion"] in predicted]
    score = np.array([-float(row["r"]) for row in rows])
    chosen = [rows[i] for i in sorted(np.argsort(score, kind="stable")[:N_COURSES])]
    drawn = courses(table, [row["emotion"] for row in chosen])
    return {
        "courses": [
            {"emotion": str(row["emotion"]), "r": signed(float(row["r"])), "p": probability(float(row["p"])), "at": one}
            for row, one in zip(chosen, drawn, strict=True)
        ],
        "n_predicted": len(rows),
    }
