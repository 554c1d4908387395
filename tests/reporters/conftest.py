"""Small results, made up by hand: texts on six regions and nine nodes, and a decoding; whatever names a test wants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import numpy as np
import pandas as pd
import pytest

from emotopy.pathways.brain.result import Decoding
from emotopy.pathways.text.result import TextResult
from emotopy.records import Clusters, Corpus, Intensities, Mapped, Node, RegionAxis, RegionMapping, RegionWeights

BILATERAL = {"amygdala": (20, -5, -18, 8), "insula": (40, 8, 0, 8), "hippocampus": (25, -15, -20, 8)}
MIDLINE = {"raphe_nuclei": (0, -25, -30, 5), "locus_coeruleus": (0, -37, -28, 5), "medial_prefrontal": (0, 45, 20, 8)}
EMOTIONS = ("fear", "joy", "anger", "trust")

MADE_BY = {
    "versions": {"emotopy": "0.1.0", "numpy": "2.0.0"},
    "config": {"seed": 3, "interval": {"n": 1000, "coverage": 0.9}},
    "stages": {"atlas": {"use": "toy", "owner": "tests"}, "embedder": {"use": "static", "owner": "emotopy"}},
    "input": {"name": "diaries.csv", "sha256": "ab" * 32},
    "overlapping_nodes": [["amygdala", "hippocampus", 0.37], ["raphe_nuclei", "locus_coeruleus"]],
}
"""What the provenance of a result says, unless a test says something else."""

MakeResult = Callable[..., TextResult]
MakeDecoding = Callable[..., Decoding]


@attrs.frozen
class ToyAtlas:
    """Three regions on two sides and three on the midline."""

    @property
    def regions(self) -> tuple[str, ...]:
        return (*BILATERAL, *MIDLINE)

    @property
    def nodes(self) -> tuple[Node, ...]:
        sides = [
            Node(f"{name}_{side}", name, sign * x, y, z, radius)
            for name, (x, y, z, radius) in BILATERAL.items()
            for side, sign in (("left", -1), ("right", 1))
        ]
        return (*sides, *(Node(name, name, x, y, z, radius) for name, (x, y, z, radius) in MIDLINE.items()))

    def extract(self, image: Any) -> Any:
        raise AssertionError("no test asks for this")


def regions_frame(
    corpus: Corpus, mapping: RegionMapping, intensities: Intensities, owners: dict[str, str]
) -> pd.DataFrame:
    """Make the regions table with intervals of made-up width."""
    parts = []
    for name in ("all", *corpus.groups):
        members = [i for i, group in enumerate(corpus.group) if name in ("all", group)]
        relative = mapping.profile[members].mean(axis=0)
        intensity = intensities.values[members].mean() + 0.1 * relative
        columns: dict[str, Any] = {"group": name, "region": [owners.get(t, t) for t in mapping.targets]}
        if owners:
            columns["node"] = mapping.targets
        columns |= {
            "n_texts": len(members),
            "relative": relative,
            "relative_low": relative - 0.125,
            "relative_high": relative + 0.125,
            "evidence": mapping.evidence[members].mean(axis=0),
            "share": mapping.assignment[members].mean(axis=0),
            "reference_share": mapping.reference_share,
            "intensity": intensity,
            "intensity_low": intensity - 0.0625,
            "intensity_high": intensity + 0.0625,
        }
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def build_result(
    *,
    texts_per_group: dict[str | None, Sequence[str]] | None = None,
    level: str = "region",
    no_texts: bool = False,
    n_clusters: int = 2,
    evidence: bool = True,
    notes: tuple[str, ...] = ("The word list is for research use only.",),
    top_words: str = "night, alone, door",
    provenance: dict[str, Any] | None = None,
    atlas: Any = None,
) -> TextResult:
    """Build a result whose numbers depend on the seed 7 alone."""
    rng = np.random.default_rng(7)
    if texts_per_group is None:
        texts_per_group = {
            "exams": [f"exam text {i}" for i in range(7)],
            "holidays": [f"holiday text {i}" for i in range(4)],
        }
    pairs = [(text, group) for group, texts in texts_per_group.items() for text in texts]
    n = len(pairs)
    corpus = Corpus(
        text=[text for text, _ in pairs],
        id=[f"t{i}" for i in range(n)],
        group=[group for _, group in pairs],
        unit=[f"writer {i % 3}" for i in range(n)],
        time=[None] * n,
    )
    atlas = atlas or ToyAtlas()
    targets = tuple(node.name for node in atlas.nodes) if level == "node" else tuple(atlas.regions)
    shift = {group: rng.normal(size=len(targets)) for group in texts_per_group}
    profile = np.array([shift[group] + rng.normal(scale=0.5, size=len(targets)) for _, group in pairs])
    assignment = np.exp(profile) / np.exp(profile).sum(axis=1, keepdims=True)
    mapping = RegionMapping(
        targets=targets,
        assignment=assignment,
        profile=profile,
        evidence=profile / 10 if evidence else np.full_like(profile, np.nan),
        reference="GoEmotions train",
        reference_share=np.full(len(targets), 1 / len(targets)),
    )
    intensities = Intensities(
        emotions=EMOTIONS,
        values=rng.uniform(0, 0.4, n),
        by_emotion=rng.uniform(0, 0.2, (n, len(EMOTIONS))),
        coverage=rng.uniform(0.1, 0.9, n),
    )
    labels = np.arange(n) % (n_clusters + 1) - 1 if n_clusters else np.full(n, -1)
    owners = {node.name: node.region for node in atlas.nodes} if level == "node" else {}
    texts = pd.DataFrame(
        {
            "id": corpus.id,
            "row": np.arange(n),
            "group": pd.array(corpus.group, dtype="string"),
            "unit": pd.array(corpus.unit, dtype="string"),
            "time": pd.array([None] * n, dtype="string"),
            "status": "scored",
            "cluster": pd.array([int(k) if k >= 0 else None for k in labels], dtype="Int64"),
            "top_region": pd.array([targets[j] for j in profile.argmax(axis=1)], dtype="string"),
            "intensity": intensities.values.astype(np.float32),
            "coverage": intensities.coverage.astype(np.float32),
            **{f"emotion_{name}": intensities.by_emotion[:, k] for k, name in enumerate(EMOTIONS)},
            **{f"region_{name}": assignment[:, j] for j, name in enumerate(targets)},
            **{f"profile_{name}": profile[:, j] for j, name in enumerate(targets)},
        }
    )
    clusters = pd.DataFrame(
        [
            {
                "cluster": k,
                "n_texts": int((labels == k).sum()),
                "share": float((labels == k).mean()),
                "top_words": top_words,
                **({} if no_texts else {f"exemplar_{e + 1}": pairs[(k + e) % n][0] for e in range(3)}),
                "top_region": targets[k % len(targets)],
                **{f"emotion_{name}": 0.01 * (j + k) for j, name in enumerate(EMOTIONS)},
            }
            for k in range(n_clusters)
        ],
        columns=None if n_clusters else ["cluster", "n_texts", "share", "top_words", "top_region"],
    )
    provenance = {"reference": mapping.reference} | (provenance or MADE_BY)
    mapped = Mapped(
        corpus=corpus,
        scored=np.arange(n),
        text_rank=np.arange(n),
        n_words=np.full(n, 3),
        mapping=mapping,
        intensities=intensities,
        clusters=Clusters(labels),
        axis=RegionAxis(type(atlas).__name__, atlas.regions, atlas.nodes),
        level=level,
        n_resamples=1000,
        confidence_level=0.9,
        seed=3,
        provenance={**provenance, "notes": list(notes)},
        source=provenance.get("input", {}),
    )
    return TextResult(
        regions=regions_frame(corpus, mapping, intensities, owners),
        texts=texts,
        clusters=clusters,
        mapped=mapped.without_texts() if no_texts else mapped,
        no_texts=no_texts,
    )


@pytest.fixture
def make_result() -> MakeResult:
    """The builder, for tests that vary something."""
    return build_result


@pytest.fixture
def result() -> TextResult:
    """A result with two groups."""
    return build_result()


@pytest.fixture
def single(make_result: MakeResult) -> TextResult:
    """A result without groups."""
    return make_result(texts_per_group={None: [f"text {i}" for i in range(5)]})


def build_decoding(
    *,
    emotions: Sequence[str] = ("fear", "joy", "anger"),
    features: Sequence[str] = ("sliding-window", "sliding-window+remove-evoked", "amplitude", "time"),
    subjects: Sequence[str] = ("sub-01", "sub-02"),
    regions: Sequence[str] = ("amygdala_left", "insula", "precuneus", "hippocampus", "cuneus", "pole", "angular"),
    networks: Sequence[str] = ("limbic", "default"),
    stories: Sequence[str] = (),
    split: str = "subject-and-block",
    explained: bool = True,
    notes: tuple[str, ...] = ("The story has about 5 independent windows of 44 s.",),
    provenance: dict[str, Any] | None = None,
) -> Decoding:
    """Build a decoding whose numbers depend on the seed 11 and the number of names alone; 20 windows, four blocks."""
    rng = np.random.default_rng(11)
    pairs = pd.MultiIndex.from_product([features, emotions], names=["features", "emotion"]).to_frame(index=False)
    n = len(pairs)
    null = {"null_mean": rng.normal(0, 0.01, n), "null_95": rng.uniform(0.1, 0.2, n)}
    p = rng.uniform(0.001, 0.04, n)
    r, r2, mse = rng.uniform(-0.1, 0.5, n), rng.uniform(-0.3, 0.2, n), rng.uniform(0, 1, n)
    family = {"p": p, "p_family": np.minimum(1, 2 * p)}
    scores = pairs[["emotion", "features"]].assign(r=r, **null, r2=r2, mse=mse, **family, n_subjects=len(subjects))
    other = scores[scores["features"] != features[0]]
    paired = other.rename(columns={"features": "features_b", "r": "difference"}).assign(features_a=features[0])
    by_subject = pairs.merge(pd.DataFrame({"subject": subjects}), how="cross")
    by_subject = by_subject.assign(**{name: rng.normal(0, 0.2, len(by_subject)) for name in ("r", "r2", "mse")})
    windows = pd.DataFrame({"onset_s": np.arange(20) * 8.0, "block": np.arange(20) // 5})
    predictions = by_subject[["subject", "emotion", "features"]].merge(windows, how="cross")
    predictions["centre_s"] = predictions["onset_s"] + 22
    predictions["rating"] = np.sin(predictions["onset_s"] / 20)
    predictions["prediction"] = predictions["rating"] + rng.normal(size=len(predictions))
    by_story = None
    if stories:
        predictions = predictions.merge(pd.DataFrame({"story": stories}), how="cross")
        by_story = pairs.merge(pd.DataFrame({"story": stories}), how="cross")
        by_story = by_story.assign(r=0.25, null_mean=0.0, null_95=0.125, p=0.03125, p_family=0.375, n_subjects=7)
    first, second = np.triu_indices(len(regions), 1)
    edges = pd.DataFrame({"region_a": np.array(regions, object)[first], "region_b": np.array(regions, object)[second]})
    edges = pd.DataFrame({"emotion": emotions}).merge(edges, how="cross")
    edges = edges.assign(pattern=rng.normal(size=len(edges)), sign_consistency=rng.uniform(0.5, 1, len(edges)))
    graph = pd.DataFrame({"metric": ["strength", "global_efficiency"], "value": [2.5, 0.25]})
    graph = pd.DataFrame({"emotion": emotions}).merge(graph.assign(graph="spanning-tree"), how="cross")
    graph = graph.assign(null_mean=1.0, null_95=2.0, p=0.125)
    values = rng.uniform(0.1, 1, (len(emotions), len(regions)))
    weights = pd.MultiIndex.from_product([emotions, regions], names=["emotion", "region"]).to_frame(index=False)
    weights = weights.assign(weight=values.ravel(), signed_weight=-0.1, null_mean=0.4, null_95=0.6, p=0.25)
    low, high = np.triu_indices(len(networks))
    joined = pd.DataFrame({"network_a": np.array(networks, object)[low], "network_b": np.array(networks, object)[high]})
    joined = joined.assign(n_edges=[1, *range(3, len(low) + 2)], weight=1.5 - 0.25 * np.arange(len(low)))
    joined = pd.DataFrame({"emotion": emotions}).merge(joined, how="cross")
    joined = joined.assign(signed_weight=-0.1, null_mean=0.4, null_95=0.6, p=0.375, p_family=0.75)
    columns = {
        "paired": ["emotion", "features_a", "features_b", "difference", "null_mean", "null_95", "p", "p_family"],
        "predictions": [
            "subject",
            *["story"][: len(stories)],
            "onset_s",
            "centre_s",
            "block",
            "emotion",
            "features",
            "rating",
            "prediction",
        ],
        "graph": ["emotion", "graph", "metric", "value", "null_mean", "null_95", "p"],
    }
    return Decoding(
        scores=scores,
        subjects=by_subject[["emotion", "features", "subject", "r", "r2", "mse"]],
        paired=paired[columns["paired"]].reset_index(drop=True),
        predictions=predictions[columns["predictions"]],
        edges=edges if explained else edges.iloc[:0],
        graph=graph[columns["graph"]] if explained else graph[columns["graph"]].iloc[:0],
        weights=RegionWeights(tuple(emotions), tuple(regions), values) if explained else None,
        weights_table=weights.assign(p_family=0.5)
        if explained
        else pd.DataFrame(columns=["emotion", "region", "weight"]),
        networks=joined if explained else joined.iloc[:0],
        sensitivity=scores[["emotion", "features"]].assign(p_sensitivity=0.0625, sensitivity_null="circular"),
        provenance=provenance
        or {
            "versions": {"emotopy": "0.1.0"},
            "config": {"split": {"kind": split, "n_blocks": 4}, "null": {"kind": "phase", "n": 999}},
            "stages": {"neural_decoder": {"use": "kernel-ridge", "owner": "emotopy"}},
            "seed": 3,
            "input": {"subjects": list(subjects), "series_sha256": "cd" * 32},
            "regions": list(regions),
        },
        notes=notes,
        stories=by_story,
    )


@pytest.fixture
def make_decoding() -> MakeDecoding:
    """The builder of decodings, for tests that vary something."""
    return build_decoding


@pytest.fixture
def decoding() -> Decoding:
    """A decoding of three emotions from four feature sets."""
    return build_decoding()
