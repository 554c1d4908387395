"""The protocols that stages of plugins implement: one per role, each with one main method.

Plugins return plain arrays; the host wraps them in records, checks shapes and values, and names the owner in every
error. Names of axes follow `emotopy.records.axes`. Optional capabilities of a stage are small protocols at the end of
the module, which the host checks with `isinstance`, never by the name of a type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

import attrs
import numpy.typing as npt

from emotopy.host import Host as Host  # noqa: PLC0414 (part of the roles for those who write plugins)
from emotopy.host import silent_progress as silent_progress  # noqa: PLC0414
from emotopy.records.axes import BoolArray, FloatArray, IntArray, axes
from emotopy.records.dataset_info import DatasetCard
from emotopy.records.regions import Node
from emotopy.records.reprs import classed, counted
from emotopy.records.result import Result
from emotopy.records.text import Clusters, Intensities, Level

if TYPE_CHECKING:
    from emotopy.inference.crossval import CrossValidated, CrossValidator
    from emotopy.inference.splits import Fold, Plan

__all__ = [
    "ROLES",
    "STAGES",
    "Annotator",
    "Atlas",
    "CleansSignal",
    "Clusterer",
    "CombinedMapper",
    "Connectivity",
    "Dataset",
    "DescribesRecords",
    "Embedder",
    "Estimate",
    "ExactCrossValidation",
    "ExpectsColumns",
    "Explains",
    "Factory",
    "FeatureStream",
    "FetchesOriginals",
    "Fingerprinted",
    "FitsTexts",
    "HasCoefficients",
    "HasReadouts",
    "Host",
    "IntensityScorer",
    "KnowsLanguages",
    "KnowsWords",
    "LinearDecoder",
    "MappingInputs",
    "NamesOverlaps",
    "NeuralDecoder",
    "Priced",
    "ProfileMapper",
    "RecognisesSource",
    "Reducer",
    "RegionMapper",
    "Reporter",
    "Saves",
    "Sends",
    "SoftClusterer",
    "StreamsFeatures",
    "silent_progress",
]

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


# The eleven roles ---------------------------------------------------------------------------------------------------


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


# Capabilities -------------------------------------------------------------------------------------------------------


@runtime_checkable
class FitsTexts(Protocol):
    """An embedder that is fitted to the corpus, such as TF-IDF or LSA.

    The host calls `fit` once, before any text is embedded, with the distinct texts of the fit in canonical order. For a
    large corpus, these are the texts of the sample; for groups that are fitted separately, the texts of all groups.
    Texts that are mapped later aren't used for fitting. `embed` must handle words that weren't in the fit, because it
    also receives the terms of the evidence and new texts; a text without a known word may be a row of zeros. Before the
    fit, `embed` raises scikit-learn's `NotFittedError`. The embedder implements `Saves` if the fitted pathway is to be
    saved, and can be pickled if work is sent to workers.

    Examples
    --------
    >>> import numpy as np
    >>> class Vocabulary:
    ...     def fit(self, texts):
    ...         self.words = sorted({word for text in texts for word in text.split()})
    ...     def embed(self, texts):
    ...         return np.array([[text.split().count(word) for word in self.words] for text in texts], np.float32)
    >>> isinstance(Vocabulary(), FitsTexts)
    True
    """

    def fit(self, texts: Sequence[str]) -> Any:
        """Fit to the distinct texts, (n_texts,); the return value isn't used.

        Parameters
        ----------
        texts : sequence of str
            Sorted, unique and not empty.
        """
        ...


@runtime_checkable
class SoftClusterer(Protocol):
    """A clusterer with degrees of membership, which are computed only if `membership` is requested.

    Examples
    --------
    >>> import numpy as np
    >>> class Halves:
    ...     def fit_predict(self, X):
    ...         return np.arange(len(X)) % 2
    ...     def membership(self, points):
    ...         return np.full((len(points), 2), 0.5)
    >>> isinstance(Halves(), SoftClusterer)
    True
    """

    def membership(self, points: FloatArray) -> FloatArray:
        """Return memberships (n_texts, n_clusters) for the rows of the fit; each row sums to at most one."""
        ...


@runtime_checkable
class ProfileMapper(Protocol):
    """A region mapper that also provides evidence and its standardised profile.

    Attributes
    ----------
    reference : str
        Description of the reference of the standardisation; available after `fit`.
    reference_share : ndarray, (n_regions,)
        Share of the reference that is assigned to each region; available after `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> class Flat:
    ...     reference, reference_share = "nothing", np.ones(2) / 2
    ...     def evidence(self, inputs):
    ...         return np.zeros((len(inputs.texts), 2))
    ...     profile = evidence
    >>> isinstance(Flat(), ProfileMapper)
    True
    """

    reference: str
    reference_share: FloatArray

    def evidence(self, inputs: MappingInputs) -> FloatArray:
        """Return evidence (n_texts, n_regions) before standardisation, in the mapper's own unit."""
        ...

    def profile(self, inputs: MappingInputs) -> FloatArray:
        """Return profiles (n_texts, n_regions), standardised per region against `reference`."""
        ...


@runtime_checkable
class CombinedMapper(Protocol):
    """A profile mapper that returns its three arrays in one call, to share computations.

    Examples
    --------
    >>> import emotopy
    >>> registry = emotopy.Registry.load(plugins=False)
    >>> isinstance(registry.make("region_mapper", "evidence"), CombinedMapper)
    True
    """

    def map(self, inputs: MappingInputs) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return what `assign`, `profile` and `evidence` return, in this order."""
        ...


@runtime_checkable
class CleansSignal(Protocol):
    """A connectivity measure that needs its own signal cleaning, such as its own high-pass filter.

    Examples
    --------
    >>> import emotopy
    >>> registry = emotopy.Registry.load(plugins=False)
    >>> isinstance(registry.make("connectivity", "sliding-window"), CleansSignal)
    True
    """

    def clean(self, series: FloatArray, tr_s: float, confounds: FloatArray | None = None) -> FloatArray:
        """Return the cleaned series (n_volumes, n_regions) for `features`; rows of NaN stay.

        If given, `confounds` (n_volumes, n_confounds) are regressed out.
        """
        ...


class FeatureStream(Protocol):
    """Computes features of a series that arrives volume by volume.

    Examples
    --------
    >>> import numpy as np
    >>> import emotopy
    >>> measure = emotopy.Registry.load(plugins=False).make("connectivity", "sliding-window", causal=True)
    >>> stream: FeatureStream = measure.stream(n_regions=3, tr_s=2.0)
    >>> stream.update(np.array([0.1, 0.2, 0.3])) is None  # the first window isn't full
    True
    """

    def update(self, volume: FloatArray) -> FloatArray | None:
        """Take a volume (n_regions,), NaN if missing; return the features (n_edges,) of the window that it ends.

        Returns None until a window is full, and if a window has too many missing volumes.
        """
        ...


@runtime_checkable
class StreamsFeatures(Protocol):
    """A connectivity measure that can run during a scan if created with its option `causal`.

    Streamed features equal those that `clean` and `features` return for the whole run, in windows that start at every
    volume.

    Attributes
    ----------
    causal : bool
        Whether a window depends on no later volume.

    Examples
    --------
    >>> import emotopy
    >>> measure = emotopy.Registry.load(plugins=False).make("connectivity", "sliding-window", causal=True)
    >>> isinstance(measure, StreamsFeatures), measure.causal
    (True, True)
    """

    causal: bool

    def stream(self, n_regions: int, tr_s: float) -> FeatureStream:
        """Return a stream that has received no volume yet. Raises ConfigError if the measure isn't causal."""
        ...


@runtime_checkable
class LinearDecoder(Protocol):
    """A neural decoder that may be linear; its predictions are then features @ coefficients + intercept.

    Examples
    --------
    >>> import emotopy
    >>> decoder = emotopy.Registry.load(plugins=False).make("neural_decoder", "kernel-ridge")
    >>> isinstance(decoder, LinearDecoder), decoder.is_linear
    (True, True)
    """

    @property
    def is_linear(self) -> bool:
        """Whether the decoder is linear with its options; available before the fit."""
        ...

    def linear_form(self) -> tuple[FloatArray, FloatArray]:
        """Return coefficients (n_edges, n_targets) and intercept (n_targets,) of the last fit."""
        ...


@runtime_checkable
class Explains(Protocol):
    """A cross-validator of a linear decoder that returns the fitted values of its models, for Haufe patterns.

    Examples
    --------
    >>> class Nothing:
    ...     def predict(self, values):
    ...         raise NotImplementedError
    ...     def fitted(self, values, chosen):
    ...         yield from ()
    >>> isinstance(Nothing(), Explains)
    True
    """

    def predict(self, values: FloatArray) -> CrossValidated:
        """As `emotopy.inference.crossval.CrossValidator`."""
        ...

    def fitted(self, values: FloatArray, chosen: IntArray) -> Iterator[tuple[Fold, FloatArray]]:
        """Yield each fold and its model's fitted values on its own training rows, (n_train, n_columns)."""
        ...


@runtime_checkable
class HasCoefficients(Protocol):
    """A cross-validator of a linear decoder that returns the coefficients of its models, for few features.

    Patterns of surrogates are then computed from sums of products, without fitted values.

    Examples
    --------
    >>> class ShorterOtherwise:
    ...     def coefficients(self, values, chosen):
    ...         return None
    >>> isinstance(ShorterOtherwise(), HasCoefficients)
    True
    """

    def coefficients(self, values: FloatArray, chosen: IntArray) -> Sequence[tuple[Fold, FloatArray]] | None:
        """Return each fold and its model's coefficients, (1 + n_edges, n_columns), the intercept first.

        The intercept refers to features centred on their mean over all rows. Returns None if fitted values are faster.
        `chosen` (n_folds, n_columns) is what `predict` returned.
        """
        ...


@runtime_checkable
class HasReadouts(Protocol):
    """A cross-validator of a linear decoder that sums the components of patterns over its folds.

    Examples
    --------
    >>> class ShorterOtherwise:
    ...     def readouts(self, values, chosen):
    ...         return None
    >>> isinstance(ShorterOtherwise(), HasReadouts)
    True
    """

    def readouts(self, values: FloatArray, chosen: IntArray) -> FloatArray | None:
        """Return the matrix (n_rows, n_columns) by which features are multiplied to get the mean pattern over folds.

        It is Σ (ŷ − mean ŷ) / n_train over the folds that train on a row, divided by Σ var ŷ over all folds; folds with
        a constant prediction are ignored. Returns None if coefficients are faster. `chosen` (n_folds, n_columns) is
        what `predict` returned.
        """
        ...


@runtime_checkable
class ExpectsColumns(Protocol):
    """A cross-validator that uses different algorithms for many and for few columns.

    Examples
    --------
    >>> class Planned:
    ...     def expect(self, n_columns):
    ...         self.n_columns = n_columns
    >>> isinstance(Planned(), ExpectsColumns)
    True
    """

    def expect(self, n_columns: int) -> None:
        """Announce the total number of columns for which `predict` will be called, before the first call."""
        ...


@runtime_checkable
class ExactCrossValidation(Protocol):
    """A neural decoder that cross-validates without refitting, with the same results as refitting.

    Other decoders are refitted for every fold by `RefitCrossValidator`, which has the same interface.

    Examples
    --------
    >>> import emotopy
    >>> decoder = emotopy.Registry.load(plugins=False).make("neural_decoder", "kernel-ridge")
    >>> isinstance(decoder, ExactCrossValidation)
    True
    """

    def cross_validator(
        self, features: FloatArray | Sequence[FloatArray], plan: Plan, moment: IntArray
    ) -> CrossValidator:
        """Return an object that predicts any targets of these rows; its `predict` may be called often.

        `features` is an array (n_rows, n_edges), or one array per block of rows, in order. `plan` defines the test and
        training rows. `moment` (n_rows,) gives, for each row, the row of the values that holds its targets: subjects
        who share a story share its moments; otherwise each row has its own.
        """
        ...


@runtime_checkable
class NamesOverlaps(Protocol):
    """A stage that knows which nodes are too close together for its data to distinguish them.

    Examples
    --------
    >>> class TwoNuclei:
    ...     overlapping_nodes = [{"one": "locus_coeruleus_left", "other": "locus_coeruleus_right", "overlap": 0.4}]
    >>> isinstance(TwoNuclei(), NamesOverlaps)
    True
    """

    @property
    def overlapping_nodes(self) -> Sequence[Any]:
        """Pairs of nodes with their overlap: mappings with `one`, `other` and `overlap`, JSON-serialisable."""
        ...


@runtime_checkable
class Fingerprinted(Protocol):
    """A stage that identifies everything its output depends on, so that results can be cached.

    Examples
    --------
    >>> import emotopy
    >>> registry = emotopy.Registry.load(plugins=False)
    >>> one, other = (registry.make("embedder", "static").fingerprint for _ in range(2))
    >>> one == other
    True
    """

    @property
    def fingerprint(self) -> str:
        """Fingerprint of model, checksum of weights and options.

        Stages with equal fingerprints return equal output for equal input.
        """
        ...


@runtime_checkable
class Saves(Protocol):
    """A stage whose fitted state can be saved with the pathway, without pickle, and restored in another process.

    A reducer, a clusterer, a region mapper, and any other stage of the text pathway with a method `fit` must implement
    this protocol if the fitted pathway is to be saved (`FittedTextPathway.save`). The host records owner, name, version
    and options itself, and creates the stage from them before it calls `restore`.

    Examples
    --------
    >>> import numpy as np
    >>> class Centred:
    ...     def fit_transform(self, X):
    ...         self.mean = X.mean(axis=0)
    ...         return self.transform(X)
    ...     def transform(self, X):
    ...         return X - self.mean
    ...     def state(self):
    ...         return {"mean": self.mean}, {}
    ...     def restore(self, arrays, values):
    ...         self.mean = arrays["mean"]
    >>> fitted, again = Centred(), Centred()
    >>> points = fitted.fit_transform(np.arange(6.0).reshape(3, 2))
    >>> again.restore(*fitted.state())
    >>> isinstance(again, Saves), np.array_equal(again.transform(np.arange(6.0).reshape(3, 2)), points)
    (True, True)
    """

    def state(self) -> tuple[Mapping[str, npt.NDArray[Any]], Mapping[str, Any]]:
        """Return the fitted state.

        Returns
        -------
        arrays : mapping of str to ndarray
            Arrays of float64, float32, int64, int32 or bool; floats are finite. Names consist of lower-case letters,
            digits and underscores and start with a letter. The state must not contain input texts or secrets.
        values : mapping of str to JSON
            Strings, finite numbers, booleans, None, lists, and mappings with strings as keys.
        """
        ...

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]], values: Mapping[str, Any]) -> None:
        """Restore a fitted state; called once, on a new stage with the options of the fitted one.

        Afterwards the stage returns the same output as the fitted one, to 1e-6.

        Parameters
        ----------
        arrays, values
            Return values of `state`. Check them, because they come from a file that may be damaged or manipulated.

        Raises
        ------
        Exception
            The state is inconsistent. Any exception may be raised; the host adds the names of the model and the stage.
        """
        ...


@runtime_checkable
class KnowsLanguages(Protocol):
    """A stage that supports only some languages; it never receives texts that are certainly in another language.

    A stage without this protocol, or with empty `languages`, receives every text.

    Examples
    --------
    >>> import emotopy
    >>> scorer = emotopy.Registry.load(plugins=False).make("intensity_scorer", "lexical")
    >>> isinstance(scorer, KnowsLanguages), scorer.languages
    (True, ('en',))
    """

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes, such as ("en",)."""
        ...


@runtime_checkable
class KnowsWords(Protocol):
    """A stage that reports which words it knows; it doesn't receive texts without any known word.

    Examples
    --------
    >>> import numpy as np
    >>> class Few:
    ...     def knows_words(self, words):
    ...         return np.array([word.lower() in {"fear", "joy"} for word in words])
    >>> isinstance(Few(), KnowsWords)
    True
    >>> Few().knows_words(["Fear", "xyzzy"])
    array([ True, False])
    """

    def knows_words(self, words: Sequence[str]) -> BoolArray:
        """Return which words are known, (n_words,).

        A word is a run of two or more letters, spelt as in the text.
        """
        ...


@runtime_checkable
class ExplainsWords(Protocol):
    """An embedder that can cheaply embed texts with single words left out, to compute the contribution of each word.

    The host uses it in a fit for the words of at most 200 texts (the table ``reasons``), if the region mapper
    implements `MapsEmbeddings`.
    """

    def embed_without(self, texts: Sequence[str], words: Sequence[Sequence[tuple[int, int]]]) -> FloatArray:
        """Return the vectors of texts without one of their words.

        Parameters
        ----------
        texts : sequence of str
            (n_texts,).
        words : sequence of sequences of (int, int)
            For each text, the spans of the words to leave out, one at a time: index of the first character, and index
            after the last. `emotopy.readers.segmentation.without_word` returns the remaining text.

        Returns
        -------
        ndarray
            (n_words_in_all, n_dims) float32: what `embed` returns for the remaining texts, in the order of `words`.
        """
        ...


@runtime_checkable
class MapsEmbeddings(Protocol):
    """A region mapper whose values for a text depend only on its embedding and are cheap to compute.

    With `embeddings_only`, it may receive texts with one word left out, whose points and clusters are None.
    """

    embeddings_only: bool


@attrs.frozen
class Estimate:
    """Estimated cost of a remote stage: upper bounds, because the tokenizer of the service isn't available.

    Parameters
    ----------
    n_texts : int
        Number of texts.
    n_cached : int
        Number of texts whose answers are already in the cache.
    n_tokens : int
        Number of tokens that would be sent.
    n_requests : int
        Number of requests.
    cost_usd : float or None
        Cost in US dollars; None if the price isn't known.

    Examples
    --------
    >>> Estimate(n_texts=1_000, n_cached=400, n_tokens=18_000, n_requests=1, cost_usd=0.0004).cost_usd
    0.0004
    """

    n_texts: int
    n_cached: int
    n_tokens: int
    n_requests: int
    cost_usd: float | None


@runtime_checkable
class Priced(Protocol):
    """A stage that sends texts to a service and can estimate the cost beforehand.

    Examples
    --------
    >>> class PerText:
    ...     def estimate(self, texts):
    ...         return Estimate(len(texts), 0, 100 * len(texts), 1, None)
    >>> isinstance(PerText(), Priced)
    True
    """

    def estimate(self, texts: Sequence[str]) -> Estimate:
        """Return the estimate without sending anything."""
        ...


@runtime_checkable
class Sends(Protocol):
    """A stage that may send texts to a server; it receives confidential texts only with permission.

    Examples
    --------
    >>> class Elsewhere:
    ...     address = "models.example:443/v1"
    >>> isinstance(Elsewhere(), Sends)
    True
    """

    @property
    def address(self) -> str | None:
        """Host, port and path of the server; None if it runs on this machine, so that no text leaves the machine."""
        ...


@runtime_checkable
class FetchesOriginals(Protocol):
    """A data set whose original files can be downloaded from their publisher (`emotopy data NAME --fetch`).

    Examples
    --------
    >>> import emotopy
    >>> dataset = emotopy.Registry.load(plugins=False).make("dataset", "goemotions")
    >>> isinstance(dataset, FetchesOriginals)
    True
    """

    def fetch(self, folder: Path | None = None, mirror: str | None = None) -> Path:
        """Download missing files and verify their checksums; return the path for `load`.

        Files are saved to `folder`, by default in the user's cache folder; `mirror` is the address of a mirror.
        """
        ...


@runtime_checkable
class RecognisesSource(Protocol):
    """A data set that recognises its files; used if an experiment names several data sets.

    Examples
    --------
    >>> class OneFile:
    ...     def recognises(self, source):
    ...         return (source / "letters.csv").is_file()
    >>> isinstance(OneFile(), RecognisesSource)
    True
    """

    def recognises(self, source: Path) -> bool:
        """Return whether the folder or file `source` holds this data set, judged only by file names."""
        ...


@runtime_checkable
class DescribesRecords(Protocol):
    """A data set that returns records instead of a table and describes them.

    Examples
    --------
    >>> class Told:
    ...     def describe(self, loaded, source):
    ...         return [f"{len(loaded)} letters"]
    >>> isinstance(Told(), DescribesRecords)
    True
    """

    def describe(self, loaded: Any, source: Path) -> Sequence[str]:
        """Return lines to print: what was loaded from `source`, and which commands to run next, without texts."""
        ...
