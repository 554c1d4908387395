"""Small runs of every kind of result: together they write each file and each column that is declared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs
import numpy as np
import pandas as pd
from tests.browser.made import say

import emotopy
from emotopy.pathways.annotation.pathway import annotate
from emotopy.records import RegionWeights
from emotopy.records.brain import Narrative, Ratings, Word
from emotopy.simulate import simulate_bold

QUICK: dict[str, Any] = {
    "reducer": "pca",
    "clusterer": {"use": "kmeans", "n_clusters": 3},
    "interval": {"n": 100},
}
FEW: dict[str, Any] = {
    "null": {"n": 9},
    "windowing": {"width_s": 16.0, "step_s": 8.0},
    "split": {"n_blocks": 3},
    "compare": {"features": [], "remove_evoked": False},
}
GROUPS = ("waiting", "therapy", "control")
N_SEGMENTS, SEGMENT_S = 40, 8.0


def diaries(n: int = 14) -> pd.DataFrame:
    """Return n entries of seven persons in each of three groups, whose mood turns half-way, and some odd rows."""
    rng, rows = np.random.default_rng(4), []
    for group in GROUPS:
        for i in range(n):
            text = f"{say(rng, 'fear' if i < n // 2 else 'joy')}. {say(rng, 'plain')}."
            rows.append((text, group, f"{group} {i % 7}", f"2026-01-{1 + i:02}", f"ward {i % 2}", float(i)))
    day = ("2026-01-20", "ward 1", 1.0)
    rows += [
        ("", GROUPS[0], f"{GROUPS[0]} 0", *day),
        ("12345", GROUPS[0], f"{GROUPS[0]} 1", *day),
        ("Ich habe gestern den ganzen Tag geweint, weil mein Hund gestorben ist.", GROUPS[0], f"{GROUPS[0]} 2", *day),
        (say(rng, "joy"), GROUPS[1], None, *day),
        (say(rng, "joy"), None, "nobody", *day),
    ]
    return pd.DataFrame(rows, columns=["text", "group", "unit", "day", "ward", "score"])


def mapped(**more: Any) -> Any:
    """Return the diaries mapped."""
    named = {"text": "text", "group": "group", "unit": "unit", "time": "day", "keep": ("ward", "score")}
    config = {**QUICK, **more.pop("config", {})}
    return emotopy.map_texts(diaries(), config=config, **{**named, **more})


def texts() -> Iterator[Any]:
    """Yield maps by region and by node, with and without times and texts, and by a mapper of whole texts."""
    yield mapped(keep_segments=True)
    yield mapped(config={"level": "node"})
    yield mapped(no_texts=True, time=None)
    yield mapped(config={"region_mapper": "nearest", "reducer": {"use": "pca", "n_components": 3}}, time=None)


def comparisons() -> Iterator[Any]:
    """Yield comparisons of three groups by region and by node, of two by person, and by a mapper of whole texts."""
    yield mapped(time=None).compare(*GROUPS, n_permutations=99)
    nodes = mapped(time=None, config={"level": "node"})
    yield nodes.compare(*GROUPS, n_permutations=99)
    yield nodes.compare(*GROUPS[:2], n_permutations=99)
    nearest = {"region_mapper": "nearest", "reducer": {"use": "pca", "n_components": 3}, "level": "node"}
    yield mapped(time=None, config=nearest).compare(*GROUPS[:2], n_permutations=99)  # most nodes have no text


def story(name: str = "", *, n_subjects: int = 3, n_volumes: int = 160, seed: int = 2) -> Any:
    """Return a simulated story with its scans."""
    made = simulate_bold(
        "coupling",
        n_subjects=n_subjects,
        n_volumes=n_volumes,
        n_regions=6,
        n_carriers=2,
        emotions=("fear", "joy"),
        planted=("fear",),
        seed=seed,
    )
    return attrs.evolve(made, series=tuple(attrs.evolve(one, story=name) for one in made.series))


def decodings() -> Iterator[Any]:
    """Yield decodings of a story with networks, and of two stories, one of them scanned in two runs."""
    made = story()
    networks = {region: ("limbic", "default")[i % 2] for i, region in enumerate(made.series[0].regions)}
    yield emotopy.decode(made.series, made.ratings, config={**FEW, "compare": {"features": []}}, networks=networks)
    pie, sea = story("pie"), story("sea", seed=5)
    cut = 80
    halves = [
        attrs.evolve(one, values=one.values[rows], run=f"run-{number + 1}")
        for one in sea.series
        for number, rows in enumerate((slice(None, cut), slice(cut, None)))
    ]
    ratings, starts = {"pie": pie.ratings, "sea": sea.ratings}, {"sea_run-2": cut * pie.series[0].tr_s}
    yield emotopy.decode([*pie.series, *halves], ratings, config=FEW, start_s=starts)


def bridges() -> Iterator[Any]:
    """Yield the bridge of a story whose ratings follow the text's profile."""
    rng, onset = np.random.default_rng(6), np.arange(N_SEGMENTS) * SEGMENT_S
    frame = pd.DataFrame({"text": [say(rng, ("fear", "joy")[i % 2]) for i in range(N_SEGMENTS)], "onset": onset})
    text = emotopy.map_texts(frame, text="text", time="onset", config=QUICK)
    values = text.mapped.mapping.profile[:, :2] - text.mapped.mapping.profile[:, :2].min(axis=0)
    ratings = Ratings(("fear", "joy"), onset, np.full(N_SEGMENTS, SEGMENT_S), values, N_SEGMENTS * SEGMENT_S)
    loadings = RegionWeights(
        ("fear",), text.mapped.mapping.targets, np.linspace(0, 1, len(text.mapped.mapping.targets))[None]
    )
    study = simulate_bold("coupling", n_subjects=3, n_volumes=160, ratings=ratings, loadings=loadings, coupling=0.6)
    brain = emotopy.decode(study.series, ratings, config={**FEW, "compare": {"features": [], "baselines": False}})
    yield emotopy.bridge(text, brain, ratings=ratings, n_surrogates=99)


def annotated() -> Any:
    """Return a story of two speakers, annotated."""
    said = ("I was afraid of the dark.", "We danced and laughed.", "What joy!")
    words = tuple(Word(text, 4.0 * i, 4.0 * i + 3.0, speaker=("Ada", "Ben")[i % 2]) for i, text in enumerate(said))
    return annotate(Narrative(words, end_s=12.0, declared_s=12.0, name="story"), emotions=("fear", "joy"))
