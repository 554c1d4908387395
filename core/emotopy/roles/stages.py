"""The protocols of the roles: what a stage of each role does, and the roles' names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

import attrs

from emotopy.records.axes import FloatArray, IntArray, axes
from emotopy.records.dataset_info import DatasetCard
from emotopy.records.regions import Node
from emotopy.records.reprs import classed, counted
from emotopy.records.result import Result
from emotopy.records.text import Clusters, Intensities, Level

T_co = TypeVar("T_co", covariant=True)


class Factory(Protocol[T_co]):
    """A function or class that creates a stage; its keyword parameters are the options of the stage.

    Examples
    --------
    >>> import numpy as np
    >>> class Constant:
    ...     def __init__(self, n_dims: int = 8) -> None:
    ...         self.n_dims = n_dims
    ...     def embed(self, texts):
    ...         return np.ones((len(texts), self.n_dims), np.float32)
    >>> factory: Factory[Embedder] = Constant
    >>> factory(n_dims=3).embed(["a text", "another"]).shape
    (2, 3)
    """

    def __call__(self, *args: Any, **options: Any) -> T_co: ...


@runtime_checkable
class Embedder(Protocol):
    """Embeds texts as vectors.

    Examples
    --------
    >>> import numpy as np
    >>> class Lengths:
    ...     def embed(self, texts):
    ...         return np.array([[len(text), text.count(" ")] for text in texts], np.float32)
    >>> isinstance(Lengths(), Embedder)
    True
    >>> Lengths().embed(["one two", "three"])
    array([[7., 1.],
           [5., 0.]], dtype=float32)
    """

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Return one vector per text, (n_texts, n_dims) float32; equal texts have equal vectors."""
        ...


@runtime_checkable
class Reducer(Protocol):
    """Reduces dimensions: a scikit-learn transformer, which also has `transform(X)` if it can place new rows.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> isinstance(PCA(2), Reducer)
    True
    """

    def fit_transform(self, X: FloatArray) -> FloatArray:
        """Return (n_texts, n_components) for X (n_texts, n_dims)."""
        ...


@runtime_checkable
class Clusterer(Protocol):
    """Clusters points: a scikit-learn clusterer, which also has `predict(points)` if it can place new rows.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> isinstance(KMeans(3), Clusterer)
    True
    """

    def fit_predict(self, X: FloatArray) -> IntArray:
        """Return a cluster number per row of X (n_texts, n_components); −1 means no cluster."""
        ...


@runtime_checkable
class IntensityScorer(Protocol):
    """Scores the emotional intensity of each text, overall and per emotion.

    Examples
    --------
    >>> import numpy as np
    >>> class Shouts:
    ...     def score(self, texts):
    ...         found = np.array([[float(text.count("!"))] for text in texts])
    ...         return Intensities(("anger",), found[:, 0], found, np.ones(len(texts)))
    >>> isinstance(Shouts(), IntensityScorer)
    True
    >>> Shouts().score(["No!", "Yes"]).values
    array([1., 0.])
    """

    def score(self, texts: Sequence[str]) -> Intensities:
        """Return an `Intensities` record with one row per text."""
        ...


@attrs.frozen(eq=False)
class MappingInputs:
    """Input of a region mapper; the rows of all arrays are the scored texts.

    Here, a text is a segment of an input text, such as a sentence. The host averages the output of the mapper over the
    segments of each text, weighted by their number of words.

    Parameters
    ----------
    texts : sequence of str, (n_texts,)
        The segments.
    embeddings : ndarray, (n_texts, n_dims)
        Vectors of the segments.
    points : ndarray, (n_texts, n_components), or None
        Reduced points; None for texts that weren't part of the fit if the stages can't place new texts.
    clusters : Clusters or None
        Clusters of the segments; None in the same case as `points`.
    atlas : Atlas
        Atlas whose regions or nodes are the columns.
    embedder : Embedder
        Embedder for further texts, such as the terms of the literature.
    level : {"region", "node"}, default "region"
        Whether the columns to return are regions or nodes, which `targets` lists.
    segment : str, default "none"
        How texts were segmented: ``sentence``, ``words`` or ``none``.

    Examples
    --------
    >>> from emotopy.testing.doubles import double_of
    >>> embedder, atlas = double_of("embedder"), double_of("atlas")
    >>> texts = ["I was afraid.", "We danced."]
    >>> inputs = MappingInputs(texts, embedder.embed(texts), None, None, atlas, embedder)
    >>> inputs.targets == tuple(atlas.regions)
    True
    """

    texts: Sequence[str] = attrs.field(repr=counted)
    embeddings: FloatArray = attrs.field(validator=axes("texts", "dims"))
    points: FloatArray | None
    clusters: Clusters | None
    atlas: Atlas = attrs.field(repr=classed)
    embedder: Embedder = attrs.field(repr=classed)
    level: Level = "region"
    segment: str = "none"

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the columns that a mapper returns: the regions or nodes of the atlas."""
        if self.level == "node":
            return tuple(node.name for node in self.atlas.nodes)
        return tuple(self.atlas.regions)


@runtime_checkable
class RegionMapper(Protocol):
    """Assigns texts to brain regions.

    Examples
    --------
    >>> import numpy as np
    >>> class Even:
    ...     def fit(self, inputs):
    ...         return self
    ...     def assign(self, inputs):
    ...         return np.full((len(inputs.texts), len(inputs.targets)), 1 / len(inputs.targets))
    >>> isinstance(Even(), RegionMapper)
    True
    """

    def fit(self, inputs: MappingInputs) -> Any:
        """Fit everything that depends on the corpus; called once, before `assign`."""
        ...

    def assign(self, inputs: MappingInputs) -> FloatArray:
        """Return (n_texts, n_regions) for `inputs.targets`; rows are ≥ 0 and sum to one."""
        ...


@runtime_checkable
class Atlas(Protocol):
    """Defines brain regions and extracts their signal from images.

    Examples
    --------
    >>> class Amygdala:
    ...     regions = ("amygdala",)
    ...     nodes = (Node("amygdala_left", "amygdala", -22, -4, -18), Node("amygdala_right", "amygdala", 22, -4, -18))
    ...     def extract(self, image):
    ...         raise NotImplementedError
    >>> isinstance(Amygdala(), Atlas)
    True
    """

    @property
    def regions(self) -> Sequence[str]:
        """Names of the regions, in the order of every region axis."""
        ...

    @property
    def nodes(self) -> Sequence[Node]:
        """The nodes of the regions (name, region, x_mm, y_mm, z_mm, radius_mm)."""
        ...

    def extract(self, image: Any) -> FloatArray:
        """Return the mean time series of each region, (n_volumes, n_regions), from a 4-D image or its path."""
        ...


@runtime_checkable
class Annotator(Protocol):
    """Rates the emotions of the segments of a story.

    Examples
    --------
    >>> import numpy as np
    >>> class Shouted:
    ...     def annotate(self, segments, emotions):
    ...         return np.array([[float("!" in segment)] * len(emotions) for segment in segments])
    >>> isinstance(Shouted(), Annotator)
    True
    >>> Shouted().annotate(["Run!", "They ran."], ["fear", "joy"])
    array([[1., 1.],
           [0., 0.]])
    """

    def annotate(self, segments: Sequence[str], emotions: Sequence[str]) -> FloatArray:
        """Return ratings (n_segments, n_emotions).

        They lie between 0 and 1 unless the documentation of the annotator states another scale.
        """
        ...


@runtime_checkable
class Connectivity(Protocol):
    """Computes features per window from region time series.

    Examples
    --------
    >>> import numpy as np
    >>> class Whole:
    ...     def features(self, series, tr_s):
    ...         first, second = np.triu_indices(series.shape[1], 1)
    ...         return np.corrcoef(series.T)[first, second][np.newaxis]
    >>> isinstance(Whole(), Connectivity)
    True
    >>> Whole().features(np.random.default_rng(0).standard_normal((20, 4)), tr_s=2.0).shape
    (1, 6)
    """

    def features(self, series: FloatArray, tr_s: float) -> FloatArray:
        """Return features (n_windows, n_edges) for a series (n_volumes, n_regions) sampled every `tr_s` seconds."""
        ...


@runtime_checkable
class NeuralDecoder(Protocol):
    """Predicts emotions from features: a scikit-learn regressor with several outputs.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> isinstance(Ridge(), NeuralDecoder)
    True
    """

    def fit(self, X: FloatArray, Y: FloatArray) -> Any:
        """Fit the regressor of Y (n_windows, n_emotions) on X (n_windows, n_edges)."""
        ...

    def predict(self, X: FloatArray) -> FloatArray:
        """Return predictions (n_windows, n_emotions)."""
        ...


@runtime_checkable
class Reporter(Protocol):
    r"""Writes a result to files.

    Examples
    --------
    >>> class Sizes:
    ...     def write(self, result, directory):
    ...         path = directory / "sizes.txt"
    ...         path.write_text("\n".join(f"{name}: {len(table)}" for name, table in result.tables.items()))
    ...         return [path]
    >>> isinstance(Sizes(), Reporter)
    True
    """

    def write(self, result: Result, directory: Path) -> Sequence[Path]:
        """Write files into `directory`, which exists, and return their paths."""
        ...


@runtime_checkable
class Dataset(Protocol):
    """Loads a named data set from its published files as one table or as records.

    A data set isn't a stage of a pathway: the command `emotopy data`, experiments and `emotopy.load_dataset` use it.
    The options are the parameters of the factory. `card` is also an attribute of the factory, so that it is available
    before an instance is created; a data set whose card depends on its options overrides it.

    Examples
    --------
    >>> import emotopy
    >>> registry = emotopy.Registry.load(plugins=False)
    >>> dataset = registry.make("dataset", "goemotions")
    >>> isinstance(dataset, Dataset)
    True
    >>> "text" in dataset.card.columns
    True
    """

    card: DatasetCard

    def load(self, source: Path) -> Any:
        """Return the DataFrame that the card describes, or records, from the folder or the file `source`.

        Use `emotopy.records.dataset_info.with_remarks` to store what was left out and the notes. Raise InputError
        (file, row, wanted, got) for files that can't be read; never repeat a text in it.
        """
        ...

    def example(self, folder: Path) -> Path:
        """Write a tiny invented copy with the same layout to the empty `folder`; return the path for `load`.

        The conformance suite checks the data set on this copy, because the data themselves are usually not available.
        """
        ...


ROLES: dict[str, type] = {
    "embedder": Embedder,
    "reducer": Reducer,
    "clusterer": Clusterer,
    "intensity_scorer": IntensityScorer,
    "region_mapper": RegionMapper,
    "atlas": Atlas,
    "annotator": Annotator,
    "connectivity": Connectivity,
    "neural_decoder": NeuralDecoder,
    "reporter": Reporter,
    "dataset": Dataset,
}
"""Role → protocol."""


STAGES: tuple[str, ...] = tuple(role for role in ROLES if role != "dataset")
"""The roles that are stages of a pathway: keys of its configuration."""
