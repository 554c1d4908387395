"""What the checks feed to stages: texts, arrays, images, a small result; made anew at each call, always the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import attrs
import numpy as np

from emotopy.records import Clusters, FloatArray, Level
from emotopy.roles import MappingInputs
from emotopy.testing import doubles
from emotopy.testing.dataset_examples import example_files
from emotopy.testing.suite import Candidate, NotApplicable

if TYPE_CHECKING:
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
_ENDINGS = tuple(
    f"{one}{other}" for one in ("bal", "dor", "fen", "gil", "hum") for other in ("ack", "ent", "ist", "und")
)
SECRETS = (SECRET, *(f"zyxx{ending}" for ending in _ENDINGS), *(f"zyxx{ending}ig" for ending in _ENDINGS))
"""Words of nobody's: each stands in one text of the result without texts, and may stand in nothing written of it."""
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


def secret_texts() -> list[str]:
    """Return the texts of the result without texts, each with a word of its own."""
    return [" ".join(pair) for pair in zip(_texts_of_result(), SECRETS, strict=False)]


def _texts_of_result() -> list[str]:
    return [*TEXTS, *(f"{text} again" for text in TEXTS), f"happy {SECRET}", f"{SCRIPT} afraid", "=1+1 sad"]


def confidential_result(candidate: Candidate) -> TextResult:
    """Return a result that says `no_texts` and whose corpus holds the texts all the same, as `secret_texts` gives them.

    The host takes them out; a reporter that writes what it finds there would leak them where another doesn't.
    """
    made = result(candidate, no_texts=True)
    corpus = attrs.evolve(made.mapped.corpus, text=[*secret_texts(), ""])
    return attrs.evolve(made, mapped=attrs.evolve(made.mapped, corpus=corpus))


def result(candidate: Candidate, *, no_texts: bool = False) -> TextResult:
    """Return a small text result, made by doubles: two groups, units, an empty row, texts that mean mischief."""
    import pandas as pd

    from emotopy.pathways.text.pathway import TextPathway
    from emotopy.registry import Registry

    texts = [*(secret_texts() if no_texts else _texts_of_result()), ""]
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
    """Return the bytes of every file in a directory, by relative path."""
    paths = sorted(path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in paths}


def run_reporter(reporter: Any, written: TextResult) -> dict[str, bytes]:
    """Return the bytes of every file that a reporter writes, while `SOURCE_DATE_EPOCH` is set."""
    import tempfile

    from emotopy.testing.secrets_in_files import planted

    with tempfile.TemporaryDirectory() as folder, planted():
        reporter.write(written, Path(folder))
        return contents(Path(folder))


def run_once(candidate: Candidate, stage: Any, inputs: Any) -> Any:
    """Use a stage once, as its role is used; returns arrays, or bytes by name. `inputs` as `inputs_of` gives them."""
    role = candidate.offer.role
    if role == "embedder" and learns(candidate, stage):
        stage.fit(sorted(set(inputs)))
    elif role == "region_mapper":
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
    several = role in ("annotator", "connectivity")
    return getattr(stage, method)(*inputs) if several else getattr(stage, method)(inputs)


LEARNS = ("reducer", "clusterer", "region_mapper", "neural_decoder")
"""The roles whose stages learn from the input of their first use."""


def learns(candidate: Candidate, stage: Any) -> bool:
    """Whether a stage is fitted before it is used: by its role, or an embedder that has `fit`."""
    role = candidate.offer.role
    return role in LEARNS or (role == "embedder" and callable(getattr(stage, "fit", None)))


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


def other_inputs_of(candidate: Candidate) -> Any:
    """Return other input of the kind that `inputs_of` gives, such as a stage that learns is fitted to in between."""
    rng = np.random.default_rng(11)
    material: dict[str, Callable[[], Any]] = {
        "reducer": lambda: rows(29, 12, seed=9),
        "clusterer": lambda: rows(45, 3, seed=9).astype(np.float64),
        "region_mapper": lambda: chosen_rows(mapping_inputs(candidate), np.arange(7, 22)),
        "neural_decoder": lambda: (rng.standard_normal((31, 6)), rng.standard_normal((31, 3))),
    }
    role = candidate.offer.role
    return material[role]() if role in material else unseen_of(candidate, 2)


def odd_of(candidate: Candidate) -> list[Any]:
    """Return what a stage may meet now and then: texts that are hardly any, a single one; a list per use."""
    role = candidate.offer.role
    if role in ("embedder", "intensity_scorer"):
        return [list(ODD_TEXTS), [NEW_TEXTS[0]]]
    if role == "annotator":
        return [(list(ODD_TEXTS), ["fear"]), ([NEW_TEXTS[0]], ["anger", "joy"])]
    return []


def confidential_inputs_of(candidate: Candidate) -> tuple[Any, list[str]]:
    """Return input as `inputs_of` gives it, each text with a word of `SECRETS`, and these texts."""
    inputs = inputs_of(candidate)
    role = candidate.offer.role
    if role in ("embedder", "intensity_scorer", "annotator"):
        texts = [f"{text} {word}" for text, word in zip(TEXTS, SECRETS, strict=False)]
        return (list(texts) if role != "annotator" else (list(texts), inputs[1])), texts
    if role == "region_mapper":
        texts = [f"{text} {word}" for text, word in zip(inputs.texts, SECRETS, strict=False)]
        return attrs.evolve(inputs, texts=list(texts)), texts
    return inputs, []


def facts_of(candidate: Candidate, stage: Any) -> dict[str, Any]:
    """Return what a stage says of itself and what results depend on, ready for JSON."""
    facts: dict[str, Any] = {}
    if candidate.offer.role == "atlas":
        facts |= {"regions": list(stage.regions), "nodes": [str(node) for node in stage.nodes]}
    for name in ("fingerprint", "reference", "languages"):
        value = getattr(stage, name, None)
        if isinstance(value, (str, tuple)):
            facts[name] = str(value)
    return facts
