"""Tiny deterministic stages, one per role, for tests: no model, no download, milliseconds.

This module is a plugin: `Registry([doubles])` offers `hashing`, `projection`, `halves`, `words`, `directions`,
`profiled`, `toy`, `lengths`, `correlation`, `least-squares`, `csv` and `lines`. Their numbers mean nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Self

import numpy as np
from annotated_types import Ge

from emotopy.hookspecs import HOOKS, hookimpl
from emotopy.records import FloatArray, IntArray, Intensities, Node, Result
from emotopy.records.brain import Windowing
from emotopy.records.dataset_info import DatasetCard, with_remarks
from emotopy.roles import STAGES, Factory, MappingInputs
from emotopy.storage.container_specs import Array
from emotopy.storage.saved_state import check_floats, check_keys
from emotopy.storage.state_fields import Fields


def word_vector(word: str, n_dims: int) -> FloatArray:
    """Return the vector of a word, (n_dims,): normal numbers that its checksum seeds."""
    return np.random.default_rng(zlib.crc32(word.encode("utf-8", "surrogatepass"))).standard_normal(n_dims)


class HashingEmbedder:
    """Embeds a text as the normalised sum of its words' vectors, (n_texts, n_dims) float32."""

    thread_safe = True

    def __init__(self, n_dims: Annotated[int, Ge(1)] = 16) -> None:
        self.n_dims = n_dims

    @property
    def fingerprint(self) -> str:
        return f"hashing:{self.n_dims}"

    def embed(self, texts: Sequence[str]) -> FloatArray:
        vectors = np.empty((len(texts), self.n_dims), dtype=np.float32)
        for i, text in enumerate(texts):
            total = sum((word_vector(word, self.n_dims) for word in text.lower().split()), word_vector("", self.n_dims))
            vectors[i] = total / np.linalg.norm(total)
        return vectors


class RandomProjection:
    """Reduces by a random projection that the seed determines; at most as many components as there are rows."""

    def __init__(self, n_components: Annotated[int, Ge(1)] = 3, random_state: int | None = None) -> None:
        self.n_components = n_components
        self.random_state = random_state

    def fit_transform(self, X: FloatArray) -> FloatArray:
        shape = X.shape[1], min(self.n_components, len(X))
        self.directions_ = np.random.default_rng(self.random_state).standard_normal(shape)
        return self.transform(X)

    def transform(self, X: FloatArray) -> FloatArray:
        return np.asarray(X @ self.directions_)

    def state(self) -> tuple[Mapping[str, Array], Mapping[str, Any]]:
        return {"directions": self.directions_}, {}

    def restore(self, arrays: Mapping[str, Array], values: Mapping[str, Any]) -> None:
        check_keys(values)
        check_floats(arrays, {"directions": ("dims", "components")})
        self.directions_ = arrays["directions"]


class Halves:
    """Clusters by the side of the fit's median on which the first component lies; 0 left, 1 right."""

    def __init__(self, min_cluster_size: int = 1) -> None:
        self.min_cluster_size = min_cluster_size

    def fit_predict(self, X: FloatArray) -> IntArray:
        self.middle_ = np.median(X[:, 0])
        labels = self.predict(X)
        small = [label for label in (0, 1) if (labels == label).sum() < self.min_cluster_size]
        return np.where(np.isin(labels, small), -1, labels)

    def predict(self, X: FloatArray) -> IntArray:
        return (X[:, 0] > self.middle_).astype(np.int64)

    def state(self) -> tuple[Mapping[str, Array], Mapping[str, Any]]:
        return {}, {"middle": float(self.middle_)}

    def restore(self, arrays: Mapping[str, Array], values: Mapping[str, Any]) -> None:
        check_floats(arrays, {})
        self.middle_ = np.float64(Fields(values).number("middle"))


class SoftHalves(Halves):
    """Halves that also say how far inside its half each point lies, (n_texts, 2)."""

    def membership(self, points: FloatArray) -> FloatArray:
        right = 1 / (1 + np.exp(self.middle_ - points[:, 0]))
        return np.column_stack([1 - right, right])


class WordScorer:
    """Scores the share of words that are in a list of ten; emotions joy and fear."""

    WORDS: Mapping[str, frozenset[str]] = {
        "joy": frozenset({"happy", "glad", "sunny", "laugh", "smile"}),
        "fear": frozenset({"afraid", "dark", "scream", "shiver", "danger"}),
    }

    thread_safe = True

    def __init__(self, weight: float = 1.0) -> None:
        self.weight = weight

    def score(self, texts: Sequence[str]) -> Intensities:
        counts = np.zeros((len(texts), len(self.WORDS)))
        lengths = np.ones(len(texts))
        for i, text in enumerate(texts):
            words = text.lower().split()
            lengths[i] = max(1, len(words))
            counts[i] = [sum(word in known for word in words) for known in self.WORDS.values()]
        shares = counts / lengths[:, None]
        total = shares.sum(axis=1)
        return Intensities(tuple(self.WORDS), self.weight * total, shares, total)


class Directions:
    """Maps texts by the softmax of their cosine with a direction per target; no profile of its own."""

    def __init__(self, sharpness: float = 1.0) -> None:
        self.sharpness = sharpness

    def fit(self, inputs: MappingInputs) -> Self:
        self.n_targets_ = len(inputs.targets)
        return self

    def cosines(self, inputs: MappingInputs) -> FloatArray:
        """Return cosines with each target's direction, (n_texts, n_targets)."""
        n_dims = inputs.embeddings.shape[1]
        directions = np.array([word_vector(target, n_dims) for target in inputs.targets])
        return np.asarray(inputs.embeddings @ directions.T / np.sqrt(n_dims), dtype=np.float64)

    def assign(self, inputs: MappingInputs) -> FloatArray:
        weights = np.exp(self.sharpness * self.cosines(inputs))
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    def state(self) -> tuple[Mapping[str, Array], Mapping[str, Any]]:
        return {}, {"n_targets": self.n_targets_}

    def restore(self, arrays: Mapping[str, Array], values: Mapping[str, Any]) -> None:
        check_floats(arrays, {})
        self.n_targets_ = Fields(values).whole("n_targets", least=1, most=100_000)


class Profiled(Directions):
    """`Directions` that standardise themselves, against a reference of mean 0 and deviation 1/2."""

    reference = "a made-up standard"

    @property
    def reference_share(self) -> FloatArray:
        return np.full(self.n_targets_, 1 / self.n_targets_)

    def evidence(self, inputs: MappingInputs) -> FloatArray:
        return self.cosines(inputs)

    def profile(self, inputs: MappingInputs) -> FloatArray:
        return self.cosines(inputs) / 0.5


class ToyAtlas:
    """Three regions, five nodes: amygdala and insula left and right, hypothalamus on the midline."""

    name = "toy"
    regions = ("amygdala", "insula", "hypothalamus")
    nodes = (
        Node("amygdala_left", "amygdala", -20, -5, -18),
        Node("amygdala_right", "amygdala", 20, -5, -18),
        Node("insula_left", "insula", -40, 8, 0),
        Node("insula_right", "insula", 40, 8, 0),
        Node("hypothalamus", "hypothalamus", 0, -2, -15, 5),
    )

    def extract(self, image: Any) -> FloatArray:
        import nibabel

        image = nibabel.load(image) if isinstance(image, (str, Path)) else image
        data = np.asarray(image.dataobj, dtype=np.float64)
        grid = np.indices(data.shape[:3]).reshape(3, -1)
        places = image.affine[:3, :3] @ grid + image.affine[:3, 3:]
        flat = data.reshape(-1, data.shape[3])
        series = []
        for region in self.regions:
            spheres = [node for node in self.nodes if node.region == region]
            near = [np.linalg.norm(places.T - node.xyz_mm, axis=1) <= node.radius_mm for node in spheres]
            series.append(flat[np.logical_or.reduce(near)].mean(axis=0))
        return np.column_stack(series)


class Lengths:
    """Rates a segment by its length, damped by the emotion's name; between 0 and 1."""

    thread_safe = True

    def __init__(self, longest: Annotated[int, Ge(1)] = 100) -> None:
        self.longest = longest

    def annotate(self, segments: Sequence[str], emotions: Sequence[str]) -> FloatArray:
        lengths = np.minimum([len(segment) / self.longest for segment in segments], 1.0)
        damping = np.array([1 + zlib.crc32(emotion.encode()) % 11 for emotion in emotions])
        return np.asarray(lengths[:, None] / damping)


class Correlation:
    """Correlates regions in every window, over the volumes that aren't censored; (n_windows, n_edges)."""

    thread_safe = True

    def __init__(self, windowing: Windowing | None = None) -> None:
        self.windowing = windowing or Windowing()

    def features(self, series: FloatArray, tr_s: float) -> FloatArray:
        upper = np.triu_indices(series.shape[1], k=1)
        windows = [series[span] for span in self.windowing.spans(tr_s, len(series))]
        kept = [window[np.isfinite(window).all(axis=1)] for window in windows]
        return np.array([np.atleast_2d(np.corrcoef(window.T))[upper] for window in kept])


class LeastSquares:
    """Ridge regression with an intercept that isn't penalised."""

    def __init__(self, penalty: Annotated[float, Ge(0)] = 1.0) -> None:
        self.penalty = penalty

    def fit(self, X: FloatArray, Y: FloatArray) -> Self:
        centre, self.mean_ = X.mean(axis=0), Y.mean(axis=0)
        gram = (X - centre).T @ (X - centre) + self.penalty * np.eye(X.shape[1])
        self.weights_ = np.linalg.solve(gram, (X - centre).T @ (Y - self.mean_))
        self.centre_ = centre
        return self

    def predict(self, X: FloatArray) -> FloatArray:
        return np.asarray((X - self.centre_) @ self.weights_ + self.mean_)


class CsvReporter:
    """Writes the first table of a result: of texts the regions, of a decoding the scores."""

    def __init__(self, name: str = "toy.csv") -> None:
        self.name = name

    def write(self, result: Result, directory: Path) -> list[Path]:
        from emotopy.storage.csv_safe import write_csv

        return [write_csv(table, directory / self.name) for table in list(result.tables.values())[:1]]


class LinesDataset:
    """A data set of lines `group: text` in `lines.txt`."""

    card = DatasetCard(
        name="lines",
        title="Lines",
        cite="nobody",
        licence="made up",
        home="https://lines.example",
        language="en",
        rows="lines",
        columns=("id", "text", "group"),
        map_columns={"group": "group", "id": "id"},
    )

    def __init__(self, longest: Annotated[int, Ge(1)] = 1000) -> None:
        self.longest = longest

    def example(self, folder: Path) -> Path:
        (folder / "lines.txt").write_text(
            "calm: a walk by the river\nafraid: it was dark\ncalm: tea at four\n", "utf-8"
        )
        return folder

    def load(self, source: Path) -> Any:
        import pandas as pd

        from emotopy.errors import InputError
        from emotopy.readers.text_io import read_text

        file = source / "lines.txt"
        if not file.is_file():
            raise InputError.at(source.name, wanted="a folder with lines.txt", got="none")
        rows = []
        for number, line in enumerate(read_text(file).splitlines(), start=1):
            group, colon, text = line.partition(": ")
            if not colon:
                raise InputError.at(file.name, line=number, wanted="GROUP: TEXT", got="a line without a colon")
            rows.append((f"line {number}", text[: self.longest], group))
        if not rows:
            raise InputError.at(file.name, wanted="lines GROUP: TEXT", got="an empty file")
        return with_remarks(pd.DataFrame(rows, columns=["id", "text", "group"]), ())


OFFERS: Mapping[str, Mapping[str, Factory[Any]]] = {
    "embedder": {"hashing": HashingEmbedder},
    "reducer": {"projection": RandomProjection},
    "clusterer": {"halves": Halves, "soft-halves": SoftHalves},
    "intensity_scorer": {"words": WordScorer},
    "region_mapper": {"directions": Directions, "profiled": Profiled},
    "atlas": {"toy": ToyAtlas},
    "annotator": {"lengths": Lengths},
    "connectivity": {"correlation": Correlation},
    "neural_decoder": {"least-squares": LeastSquares},
    "reporter": {"csv": CsvReporter},
    "dataset": {"lines": LinesDataset},
}
"""The doubles by role and name."""

CHOICES: Mapping[str, Any] = {role: next(iter(OFFERS[role])) for role in STAGES} | {"reporter": ["csv"]}
"""A configuration that names doubles alone."""


def double_of(role: str) -> Any:
    """Return the first double of a role, made anew: what the suite lends to a stage that asks for one of that role."""
    return next(iter(OFFERS[role].values()))()


def _hook(factories: Mapping[str, Factory[Any]]) -> Callable[[], Mapping[str, Factory[Any]]]:
    return hookimpl(lambda: factories)


globals().update({HOOKS[role]: _hook(factories) for role, factories in OFFERS.items()})  # register_embedders, ...


def plugin(module: str = "plugin_of_a_test", /, **offers: Mapping[str, Any]) -> ModuleType:
    """Return a plugin that offers these factories by role and name, for a registry of a test's own.

    >>> from emotopy import Registry
    >>> registry = Registry([plugin(embedder={"mine": HashingEmbedder})])
    >>> [str(offer) for offer in registry.offers()]
    ['embedder local:mine']
    """
    made = ModuleType(module)
    for role, mapping in offers.items():
        setattr(made, HOOKS[role], _hook(mapping))
    return made
