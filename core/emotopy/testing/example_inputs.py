"""What the checks feed to stages: texts, arrays, images, a small result; made anew at each call, always the same."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import attrs
import numpy as np

from emotopy.records import ALL_TEXTS, Clusters, FloatArray, Level, RegionAxis, Result
from emotopy.roles import MappingInputs
from emotopy.testing import doubles
from emotopy.testing.dataset_examples import example_files
from emotopy.testing.doubles import ToyAtlas
from emotopy.testing.suite import Candidate, NotApplicable

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.pathways.brain.result import Decoding
    from emotopy.pathways.text.result import TextResult
    from emotopy.records import Level

TEXTS = (
    "I am so happy today, the sun is out!",
    "he was afraid of the dark house",
    "What a disgusting smell in the kitchen",
    "they were sad when their dog died",
    "Nothing happened at the office.",
    "I LOVE this, it made me laugh all day!!!",
    "she felt nervous before the exam",
    "We were furious about the broken promise",
    "a calm walk along the river",
    "my heart was beating, I had to scream",
    "The surprise party was a great success",
    "I miss my grandmother every evening",
    "trust me, it will be fine",
)
"""Distinct, with a word or so of every emotion."""

NEW_TEXTS = (
    "Grandfather laughed until he cried",
    "there was a spider under the bed",
    "nobody called, nobody wrote",
    "how dare they touch my bicycle!",
    "rain on the roof",
)
"""What a stage meets after its fit: none of them is among TEXTS."""

ODD_TEXTS = (
    "!!!",
    "12345",
    "a",
    "ÜNÏCÖDÉ ñandú",
    "😀😀",
    "two\nlines\tand a tab",
    "  leading and trailing  ",
    "zero\u200bwidth",
    "word " * 2000,
)
"""What people also write; none of them is empty."""

SECRET = "zyxxywort"  # noqa: S105 (no password)
"""A word that stands in one text of the result without texts, and may stand in nothing that is written of it."""
SCRIPT = "<script>alert('x')</script>"


def rows(n_rows: int, n_columns: int, seed: int = 1) -> FloatArray:
    """Return three separate clouds of points, (n_rows, n_columns) float32, normalised as embeddings are."""
    rng = np.random.default_rng(seed)
    centres = 3 * np.random.default_rng(7).standard_normal((3, n_columns))
    points = rng.standard_normal((n_rows, n_columns)) + centres[np.arange(n_rows) % 3]
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True), dtype=np.float32)


def atlas(candidate: Candidate) -> Any:
    """Return the atlas that was given, else `affect18` where it is installed, else the toy."""
    if "atlas" in candidate.stages:
        return candidate.stages["atlas"]
    if any(offer.name == "affect18" for offer in candidate.registry.offers("atlas")):
        return candidate.registry.make("atlas", "affect18")
    return doubles.ToyAtlas()


def mapping_inputs(candidate: Candidate, level: Level = "region") -> MappingInputs:
    """Return what a region mapper sees: 26 texts with points in three dimensions, three clusters, and some noise."""
    embedder = candidate.stages.get("embedder") or doubles.HashingEmbedder()
    texts = [*TEXTS, *(f"{text} again" for text in TEXTS)]
    embeddings = embedder.embed(texts)
    points = np.ascontiguousarray(embeddings[:, :3], dtype=np.float64)
    labels = np.digitize(points[:, 0], np.quantile(points[:, 0], [0.3, 0.7]))
    labels[::11] = -1
    return MappingInputs(texts, embeddings, points, Clusters(labels), atlas(candidate), embedder, level)


def new_inputs(candidate: Candidate, texts: Sequence[str]) -> MappingInputs:
    """Return what a region mapper sees of texts that weren't part of its fit, placed among the others."""
    fitted = mapping_inputs(candidate)
    embeddings = fitted.embedder.embed(list(texts))
    points = np.ascontiguousarray(embeddings[:, :3], dtype=np.float64)
    return attrs.evolve(
        fitted,
        texts=list(texts),
        embeddings=embeddings,
        points=points,
        clusters=Clusters((points[:, 0] > 0).astype(np.int64)),
    )


def chosen_rows(inputs: MappingInputs, places: Any) -> MappingInputs:
    """Return the inputs of some texts alone."""
    assert inputs.points is not None
    assert inputs.clusters is not None
    return attrs.evolve(
        inputs,
        texts=[inputs.texts[i] for i in places],
        embeddings=inputs.embeddings[places],
        points=inputs.points[places],
        clusters=Clusters(inputs.clusters.labels[places]),
    )


def coordinate_image(n_volumes: int = 6) -> Any:
    """Return a 4-D image of (the first of) 6 volumes that covers the brain: flat 1 and 2, then x, y, z, |x| in mm."""
    import nibabel

    affine = np.diag([4.0, 4.0, 4.0, 1.0])
    affine[:3, 3] = -98, -134, -90
    shape = (50, 61, 52)
    places = np.indices(shape) * 4.0 + affine[:3, 3].reshape(3, 1, 1, 1)
    flat = np.ones(shape)
    volumes = np.stack([flat, 2 * flat, *places, np.abs(places[0])], axis=-1).astype(np.float32)
    return nibabel.nifti1.Nifti1Image(volumes[..., :n_volumes], affine)  # type: ignore[no-untyped-call]


def result(candidate: Candidate, *, no_texts: bool = False) -> TextResult:
    """Return a small text result, made by doubles: two groups, units, an empty row, texts that mean mischief."""
    import pandas as pd

    from emotopy.pathways.text.pathway import TextPathway
    from emotopy.registry import Registry

    texts = [*TEXTS, *(f"{text} again" for text in TEXTS), f"happy {SECRET}", f"{SCRIPT} afraid", "=1+1 sad", ""]
    frame = pd.DataFrame(
        {
            "text": texts,
            "group": [("before", f"after {SCRIPT}")[i % 2] for i in range(len(texts))],
            "unit": [f"writer {i % 7}" for i in range(len(texts))],
        }
    )
    config = {**doubles.CHOICES, "atlas": atlas(candidate), "region_mapper": "profiled", "reporter": []}
    pathway = TextPathway.from_config({**config, "interval": {"n": 100}}, registry=Registry([doubles]))
    from emotopy.readers.corpora import corpus_from

    corpus = corpus_from(frame, text="text", group="group", unit="unit")
    return cast("TextResult", pathway.fit(corpus, no_texts=no_texts).result)


def decoding() -> Decoding:
    """Return a small decoding, made by doubles: three listeners, two emotions, three surrogates."""
    from emotopy.pathways.brain.pathway import BrainPathway
    from emotopy.pathways.brain.study import Study
    from emotopy.registry import Registry
    from emotopy.simulate import simulate_bold

    simulated = simulate_bold(
        "coupling", n_subjects=3, n_regions=4, n_carriers=2, n_volumes=180, emotions=("fear", "joy"), planted=("fear",)
    )
    config = {
        **{role: doubles.CHOICES[role] for role in ("connectivity", "neural_decoder")},
        "reporter": [],
        "windowing": {"width_s": 24.0, "step_s": 8.0},
        "split": {"n_blocks": 2},
        "null": {"n": 3},
        "compare": {"features": [], "remove_evoked": False},
    }
    pathway = BrainPathway.from_config(config, registry=Registry([doubles]))
    return pathway.decode(Study.of(simulated.series, simulated.ratings))


def contents(directory: Path) -> dict[str, bytes]:
    """Return what lies in a directory, by relative path; packed files unpacked, Parquet as its columns' text."""
    found = {}
    for path in sorted(path for path in directory.rglob("*") if path.is_file()):
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        elif path.suffix == ".parquet":
            import pandas as pd

            data = pd.read_parquet(path).to_csv().encode()
        found[path.relative_to(directory).as_posix()] = data
    return found


def run_reporter(reporter: Any, written: TextResult) -> dict[str, bytes]:
    """Return the bytes of every file that a reporter writes."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        reporter.write(written, Path(folder))
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(Path(folder).rglob("*.*"))}


def run_once(candidate: Candidate, stage: Any, inputs: Any) -> Any:
    """Use a stage once, as its role is used; returns arrays, or bytes by name. `inputs` as `inputs_of` gives them."""
    role = candidate.offer.role
    if role == "region_mapper":
        stage.fit(inputs)
    elif role == "neural_decoder":
        stage.fit(*inputs)
        return use(candidate, stage, inputs[0])
    elif role in ("reducer", "clusterer"):
        return getattr(stage, "fit_transform" if role == "reducer" else "fit_predict")(inputs)
    return use(candidate, stage, inputs)


def use(candidate: Candidate, stage: Any, inputs: Any) -> Any:
    """Use a stage, fitted where its role is to learn, on `inputs` as `unseen_of` gives them.

    Raises NotApplicable for a reducer or clusterer that can't place new rows.
    """
    role = candidate.offer.role
    if role == "intensity_scorer":
        scored = stage.score(inputs)
        return [scored.values, scored.by_emotion, scored.coverage]
    if role == "reporter":
        return run_reporter(stage, inputs)
    if role == "dataset":
        return inputs.load(stage)
    method = USES[role]
    if not hasattr(stage, method):
        raise NotApplicable(f"{candidate}: places no new rows, it has no {method}()")
    return getattr(stage, method)(*inputs) if isinstance(inputs, tuple) else getattr(stage, method)(inputs)


USES = {
    "embedder": "embed",
    "reducer": "transform",
    "clusterer": "predict",
    "region_mapper": "assign",
    "atlas": "extract",
    "annotator": "annotate",
    "connectivity": "features",
    "neural_decoder": "predict",
}
"""The method that answers for new input, by role."""


def inputs_of(candidate: Candidate) -> Any:
    """Return what a stage of the candidate's role is used on first, and learns from; made anew."""
    rng = np.random.default_rng(3)
    material: dict[str, Callable[[], Any]] = {
        "embedder": lambda: list(TEXTS),
        "reducer": lambda: rows(41, 12),
        "clusterer": lambda: rows(60, 3).astype(np.float64),
        "intensity_scorer": lambda: list(TEXTS),
        "region_mapper": lambda: mapping_inputs(candidate),
        "atlas": coordinate_image,
        "annotator": lambda: (list(TEXTS), ["joy", "fear", "anger"]),
        "connectivity": lambda: (rng.standard_normal((120, 5)), 2.0),
        "neural_decoder": lambda: (rng.standard_normal((37, 6)), rng.standard_normal((37, 3))),
        "reporter": lambda: result(candidate),
        "dataset": lambda: example_files(candidate.make()),
    }
    return material[candidate.offer.role]()


def unseen_of(candidate: Candidate, number: int = 0) -> Any:
    """Return what a stage is used on later, which it hasn't learnt from; another for every number, made anew."""
    rng = np.random.default_rng([5, number])
    texts = [*NEW_TEXTS[number:], *NEW_TEXTS[:number]]
    material: dict[str, Callable[[], Any]] = {
        "embedder": lambda: texts,
        "reducer": lambda: rows(7, 12, seed=20 + number),
        "clusterer": lambda: rows(7, 3, seed=20 + number).astype(np.float64),
        "intensity_scorer": lambda: texts,
        "region_mapper": lambda: new_inputs(candidate, texts),
        "atlas": lambda: coordinate_image(2 + number),
        "annotator": lambda: (texts, ["joy", "fear", "anger"]),
        "connectivity": lambda: (rng.standard_normal((150, 5)), 2.0),
        "neural_decoder": lambda: rng.standard_normal((9, 6)),
        "reporter": lambda: result(candidate, no_texts=True),
        "dataset": lambda: example_files(candidate.make()),
    }
    return material[candidate.offer.role]()


EMOTIONS = ("fear", SCRIPT)
GROUPS = ("before", "after")
REGIONS = ToyAtlas.regions
NULL = {"null_mean": 0.0, "null_95": 0.2, "p": 0.03}
P = {"p": 0.03, "p_min": 0.001, "p_family": 0.09, "q": 0.05}


@attrs.frozen(eq=False)
class ExampleResult:
    """A result of a kind, with its tables and provenance."""

    kind: str
    tables: Mapping[str, pd.DataFrame]
    provenance: Mapping[str, Any] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ("This result is made up.",)
    no_texts: bool = True


@attrs.frozen(eq=False)
class ExampleRegionResult(ExampleResult):
    """A result with a region axis."""

    axis: RegionAxis = attrs.field(factory=lambda: RegionAxis(ToyAtlas.name, ToyAtlas.regions, ToyAtlas.nodes))
    level: Level = "region"


def example_results() -> list[Result]:
    """Return a result of every kind of ours, then one of a kind that nobody knows; made anew, always the same."""
    return [_texts(), _comparison(), _decoding(), _bridge(), _experiment(), _unknown()]


def _rows(**axes: Any) -> pd.DataFrame:
    """Return a row per combination of values, a column per keyword."""
    import pandas as pd

    return pd.DataFrame(list(product(*axes.values())), columns=list(axes))


def _texts() -> Result:
    import pandas as pd

    ends = ("", "_low", "_high")
    regions = _rows(group=(ALL_TEXTS, *GROUPS), region=REGIONS).assign(
        n_texts=2,
        **{f"relative{end}": value for end, value in zip(ends, (0.5, 0.25, 0.75), strict=True)},
        evidence=0.1,
        share=1 / 3,
        reference_share=1 / 3,
        **{f"intensity{end}": value for end, value in zip(ends, (0.2, 0.1, 0.3), strict=True)},
    )
    texts = pd.DataFrame({"id": ["a", "b", "c", "d"], "row": range(4), "group": [*GROUPS, *GROUPS]})
    texts = texts.assign(unit=texts["id"], time=None, status="scored", cluster=pd.array([0, 0, 0, None], dtype="Int64"))
    texts = texts.assign(top_region=REGIONS[0], intensity=0.2, coverage=0.5)
    emotions = dict.fromkeys((f"emotion_{name}" for name in EMOTIONS), 0.1)
    parts = dict.fromkeys((f"{part}_{name}" for part, name in product(("region", "profile"), REGIONS)), 0.25)
    clusters = pd.DataFrame({"cluster": [0], "n_texts": 3, "share": 0.75, "top_words": "night, door"})
    clusters = clusters.assign(top_region=REGIONS[0], **emotions)
    tables = {"regions": regions, "texts": texts.assign(**emotions, **parts), "clusters": clusters}
    return ExampleRegionResult("texts", tables, {"reference": "a made-up standard", "regions": list(REGIONS)})


def _comparison() -> Result:
    table = _rows(group_a=GROUPS[:1], group_b=GROUPS[1:], measure=("relative", "intensity"), region=REGIONS)
    table = table.assign(n_a=12, n_b=9, mean_a=0.5, mean_b=0.25, difference=0.25, t=2.0, g=0.5, g_low=0.0, g_high=1.0)
    provenance = {
        "config": {"groups": list(GROUPS), "covariates": [], "paired_by": None},
        "tests": [{"groups": list(GROUPS), "n_permutations": 999, "exact": False}],
        "n_units": {GROUPS[0]: 12, GROUPS[1]: 9},
        "has_units": True,
    }
    return ExampleResult("comparison", {"comparison": table.assign(**P)}, provenance)


def _decoding() -> Result:
    import pandas as pd

    features = ("sliding-window", "time")
    scores = _rows(features=features, emotion=EMOTIONS).assign(r=0.3, r2=0.1, mse=0.9, **NULL, p_family=0.05)
    windows = _rows(subject=("sub-1", "sub-2"), emotion=EMOTIONS, features=features, onset_s=np.arange(8) * 8.0)
    windows = windows.assign(centre_s=windows["onset_s"] + 12, block=(windows["onset_s"] > 30).astype(int))
    paired = scores[scores["features"] == "time"].rename(columns={"features": "features_b", "r": "difference"})
    edges = _rows(emotion=EMOTIONS, region_a=REGIONS[:1], region_b=REGIONS[1:])
    tables = {
        "scores": scores.assign(n_subjects=2),
        "subjects": _rows(emotion=EMOTIONS, features=features, subject=("sub-1", "sub-2")).assign(r=0.3, r2=0.1, mse=1),
        "paired": paired.assign(features_a="sliding-window"),
        "predictions": windows.assign(rating=np.sin(windows["onset_s"]), prediction=np.cos(windows["onset_s"])),
        "edges": edges.assign(pattern=0.5, sign_consistency=0.9),
        "graph": pd.DataFrame(columns=["emotion", "graph", "metric", "value", "null_mean", "null_95", "p"]),
        "weights": _rows(emotion=EMOTIONS, region=REGIONS).assign(weight=0.5, signed_weight=-0.1, **NULL, p_family=0.1),
    }
    config = {"null": {"kind": "phase", "n": 99}, "split": {"kind": "subject", "n_blocks": 2}}
    return ExampleResult("decoding", tables, {"config": config, "regions": list(REGIONS), "seed": 0})


def _bridge() -> Result:
    table = _rows(weights=("absolute", "signed"), emotion=("all", *EMOTIONS)).assign(r=0.3, **NULL, p_family=0.05)
    weights = _rows(emotion=EMOTIONS, region=REGIONS).assign(weight=np.linspace(-0.5, 0.5, 2 * len(REGIONS)))
    tables = {
        "bridge": table.assign(n_regions=len(REGIONS)),
        "text_weights": weights,
        "brain_weights": weights.assign(weight=weights["weight"].abs(), signed_weight=weights["weight"]),
    }
    return ExampleResult("bridge", tables, {"config": {"n_surrogates": 99}, "atlas": ToyAtlas.name, "n_segments": 40})


def _experiment() -> Result:
    import pandas as pd

    ours = {f"{measure}_{name}": 0.25 for measure in ("relative", "intensity") for name in ("g", "low", "high")}
    side_by_side = pd.DataFrame({"node": [node.name for node in ToyAtlas.nodes]}).assign(
        group_a=GROUPS[0],
        group_b=GROUPS[1],
        region=[node.region for node in ToyAtlas.nodes],
        n_texts_a=3,
        n_texts_b=4,
        published_p=0.04,
        published_significant=True,
        **ours,
        relative_p_family=0.2,
        intensity_p_family=0.3,
    )
    published = {"procedure": "published", "found": 5, "n_tests": 5, "false_rate": 0.4, "splits_with_any": None}
    own = {"found": 0, "n_tests": 3, "false_rate": 0.0, "splits_with_any": 0}
    verdicts = [published, *({"procedure": measure, **own} for measure in ("relative", "intensity"))]
    provenance = {
        "config": {"experiment": "depression", "title": "Made-up groups", "comparison": {"covariates": []}},
        "summary": [{"a": GROUPS[0], "b": GROUPS[1], "n_splits": 2, "verdicts": verdicts}],
        "parts": [],
    }
    return ExampleResult("experiment", {"side_by_side": side_by_side, "splits": pd.DataFrame({"n": [1]})}, provenance)


def _unknown() -> Result:
    table = _rows(emotion=EMOTIONS, day=(1, 2)).assign(value=[0.5, -0.25, np.nan, 1e6])
    return ExampleResult("weather", {"forecast": table, "stations": table[["day"]].iloc[:0]})
