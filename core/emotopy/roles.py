"""The protocols that a plugin's objects keep: one per role, one method that matters each.

Plugins return plain arrays; the host wraps them in records, checks shapes and values, and names the owner in every
complaint. Axis words as in `emotopy.records.axes`. Capabilities (what a stage *may* also do) are small protocols at
the end: the host asks `isinstance`, never for a type's name.
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
    """A function or class that makes a stage; its keyword parameters are the stage's options.

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
    """Turns texts into vectors.

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
        """Return one vector per text, (n_texts, n_dims) float32; the same text gives the same vector."""
        ...


@runtime_checkable
class Reducer(Protocol):
    """A scikit-learn transformer; where it can place new rows it also has `transform(X)`.

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
    """A scikit-learn clusterer; where it can place new rows it also has `predict(points)`.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> isinstance(KMeans(3), Clusterer)
    True
    """

    def fit_predict(self, X: FloatArray) -> IntArray:
        """Return a cluster number per row of X (n_texts, n_components), −1 = none."""
        ...


@runtime_checkable
class IntensityScorer(Protocol):
    """Says how emotional each text is, and in which emotions.

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
    """What a region mapper sees. Rows are scored texts, all arrays agree on them.

    What is called a text here is a segment of one, such as a sentence. The host averages what a mapper returns over
    each text's segments, by their words.

    Parameters
    ----------
    texts : sequence of str, (n_texts,)
        The segments.
    embeddings : ndarray, (n_texts, n_dims)
        Their vectors.
    points : ndarray, (n_texts, n_components), or None
        Where the reducer puts them; None where texts are mapped that were not part of the fit and the stages can't
        place new texts.
    clusters : Clusters or None
        Which clusters they are in; None as `points`.
    atlas : Atlas
        Whose regions or nodes are the columns.
    embedder : Embedder
        For vectors of further texts, such as the literature's terms.
    level : {"region", "node"}, default "region"
        Whether the columns to return are regions or nodes: `targets` names them.
    segment : str, default "none"
        How texts were cut: ``sentence``, ``words``, ``none``.

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
        """Names of the columns that a mapper returns: the atlas's regions or its nodes."""
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
        """Learn whatever depends on the corpus; called once, before `assign`."""
        ...

    def assign(self, inputs: MappingInputs) -> FloatArray:
        """Return (n_texts, n_regions) for `inputs.targets`; rows are ≥ 0 and sum to one."""
        ...


@runtime_checkable
class Atlas(Protocol):
    """Names places on the brain and reads an image there; owns the region axis.

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
        """The places that make up the regions (name, region, x_mm, y_mm, z_mm, radius_mm)."""
        ...

    def extract(self, image: Any) -> FloatArray:
        """Return the mean series of each region, (n_volumes, n_regions), of a 4-D image or its path."""
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
        """Return (n_segments, n_emotions), 0 to 1 unless the annotator's documentation says otherwise."""
        ...


@runtime_checkable
class Connectivity(Protocol):
    """Turns a region series into features per window.

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
        """Return (n_windows, n_edges) for series (n_volumes, n_regions) sampled every `tr_s` seconds."""
        ...


@runtime_checkable
class NeuralDecoder(Protocol):
    """A scikit-learn regressor, multi-output.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> isinstance(Ridge(), NeuralDecoder)
    True
    """

    def fit(self, X: FloatArray, Y: FloatArray) -> Any:
        """Learn Y (n_windows, n_emotions) from X (n_windows, n_edges)."""
        ...

    def predict(self, X: FloatArray) -> FloatArray:
        """Return (n_windows, n_emotions)."""
        ...


@runtime_checkable
class Reporter(Protocol):
    r"""Writes a result for somebody to read.

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
    """Brings a named data set from the layout that its authors publish into one table, or into records.

    No stage of a pathway: the command `emotopy data`, experiments and `emotopy.load_dataset` use it. The options are
    the factory's. `card` is an attribute of the factory, too, so that it is known before anything is made; a data set
    whose card depends on its options overrides it.

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

        What was left out and what to know is noted by `emotopy.records.dataset_info.with_remarks`. Raise InputError
        (file, row, wanted, got) for files that can't be read; never repeat a text there.
        """
        ...

    def example(self, folder: Path) -> Path:
        """Write a tiny made-up copy in the same layout into the empty `folder`; return what `load` takes.

        The conformance suite checks the data set on it, since the data themselves are mostly elsewhere.
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
    """An embedder that learns from the corpus, as TF-IDF and LSA do.

    The host calls `fit` once, before anything is embedded, with the distinct texts of the fit in canonical order: of a
    large corpus those of the sample, of groups that are fitted separately those of all groups. Texts that are mapped
    later aren't fitted to. `embed` must cope with words that the fit didn't see: it is given the words of an atlas'
    evidence, and new texts; a text without a known word may be a row of zeros. Before its fit an embedder raises
    scikit-learn's `NotFittedError`. What it has learnt is its state: it keeps `Saves` where the fitted pathway is to be
    saved, and can be pickled where work goes to workers.

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
        """Learn from the distinct texts of the fit, (n_texts,); what is returned isn't used.

        Parameters
        ----------
        texts : sequence of str
            Sorted, each once, none of them empty.
        """
        ...


@runtime_checkable
class SoftClusterer(Protocol):
    """A clusterer that says how much each row belongs to each cluster; asked only where `membership` is wanted.

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
        """Return (n_texts, n_clusters), rows sum to at most one, for the rows of the fit."""
        ...


@runtime_checkable
class ProfileMapper(Protocol):
    """A region mapper that has more to say than the assignment: the evidence, and its standard.

    Attributes
    ----------
    reference : str
        What profiles are standardised against, in words; known after `fit`.
    reference_share : ndarray, (n_regions,)
        The share of the reference that each region is assigned; known after `fit`.

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
        """Return (n_texts, n_regions) in the mapper's own unit, before standardisation."""
        ...

    def profile(self, inputs: MappingInputs) -> FloatArray:
        """Return (n_texts, n_regions), standardised per region against `reference`."""
        ...


@runtime_checkable
class CombinedMapper(Protocol):
    """A profile mapper that gives its three arrays in one call, because they share work.

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
    """A measure of connectivity that wants its signal cleaned in a way of its own (its high-pass, say).

    Examples
    --------
    >>> import emotopy
    >>> registry = emotopy.Registry.load(plugins=False)
    >>> isinstance(registry.make("connectivity", "sliding-window"), CleansSignal)
    True
    """

    def clean(self, series: FloatArray, tr_s: float, confounds: FloatArray | None = None) -> FloatArray:
        """Return the series (n_volumes, n_regions) as `features` wants it; rows of NaN stay.

        `confounds` (n_volumes, n_confounds) are regressed out.
        """
        ...


class FeatureStream(Protocol):
    """Features of a series that grows volume by volume.

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
        """Take a volume (n_regions,), NaN where it is missing; return the features (n_edges,) of the window it ends.

        None until a window is full, and where it lost too many volumes.
        """
        ...


@runtime_checkable
class StreamsFeatures(Protocol):
    """A measure of connectivity that can work while the scanner runs; made with its option `causal`.

    Streamed features are those that `clean` and `features` give for the whole run, in windows that begin at every
    volume.

    Attributes
    ----------
    causal : bool
        Whether a window depends on nothing after it.

    Examples
    --------
    >>> import emotopy
    >>> measure = emotopy.Registry.load(plugins=False).make("connectivity", "sliding-window", causal=True)
    >>> isinstance(measure, StreamsFeatures), measure.causal
    (True, True)
    """

    causal: bool

    def stream(self, n_regions: int, tr_s: float) -> FeatureStream:
        """Return a stream that has seen nothing. Raises ConfigError where the measure isn't causal."""
        ...


@runtime_checkable
class LinearDecoder(Protocol):
    """A neural decoder that is linear, perhaps: its predictions are features @ coefficients + intercept.

    Examples
    --------
    >>> import emotopy
    >>> decoder = emotopy.Registry.load(plugins=False).make("neural_decoder", "kernel-ridge")
    >>> isinstance(decoder, LinearDecoder), decoder.is_linear
    (True, True)
    """

    @property
    def is_linear(self) -> bool:
        """Whether it is, with these options; known before the fit."""
        ...

    def linear_form(self) -> tuple[FloatArray, FloatArray]:
        """Return coefficients (n_edges, n_targets) and intercept (n_targets,) of the last fit."""
        ...


@runtime_checkable
class Explains(Protocol):
    """A cross-validator of a linear decoder that can give back its models' fitted values, for Haufe's patterns.

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
    """A cross-validator of a linear decoder whose models on few features are known by their coefficients.

    Patterns of surrogates then follow from sums of products, without fitted values.

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

        The intercept is that of features whose mean over all rows is taken out. None where fitted values are the
        shorter way. `chosen` (n_folds, n_columns) as `predict` returned it.
        """
        ...


@runtime_checkable
class HasReadouts(Protocol):
    """A cross-validator of a linear decoder that sums over its folds what patterns are made of.

    Examples
    --------
    >>> class ShorterOtherwise:
    ...     def readouts(self, values, chosen):
    ...         return None
    >>> isinstance(ShorterOtherwise(), HasReadouts)
    True
    """

    def readouts(self, values: FloatArray, chosen: IntArray) -> FloatArray | None:
        """Return what features are multiplied by to give the folds' mean patterns, (n_rows, n_columns).

        Σ (ŷ − mean ŷ) / n_train over the folds that train on a row, divided by Σ var ŷ over all folds; folds whose
        prediction is constant count nothing. None where coefficients are the shorter way. `chosen` (n_folds, n_columns)
        as `predict` returned it.
        """
        ...


@runtime_checkable
class ExpectsColumns(Protocol):
    """A cross-validator that goes another way for many columns than for few.

    Examples
    --------
    >>> class Planned:
    ...     def expect(self, n_columns):
    ...         self.n_columns = n_columns
    >>> isinstance(Planned(), ExpectsColumns)
    True
    """

    def expect(self, n_columns: int) -> None:
        """Take note of how many columns `predict` will be asked for in all; said before the first."""
        ...


@runtime_checkable
class ExactCrossValidation(Protocol):
    """A neural decoder that cross-validates without refitting, and gives the numbers that refitting would give.

    Decoders without it are refitted for every fold (`RefitCrossValidator`), which answers alike.

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
        """Return what predicts any targets of these rows; `predict` may be called often.

        `features` (n_rows, n_edges), or an array per block of rows, in order; `plan` says which rows test and train;
        `moment` (n_rows,) says in which row of the values each row's targets stand (subjects who share a story share
        its moments; give each row its own where they don't).
        """
        ...


@runtime_checkable
class NamesOverlaps(Protocol):
    """A stage that knows which nodes lie so near each other that its data can't tell them apart.

    Examples
    --------
    >>> class TwoNuclei:
    ...     overlapping_nodes = [{"one": "locus_coeruleus_left", "other": "locus_coeruleus_right", "overlap": 0.4}]
    >>> isinstance(TwoNuclei(), NamesOverlaps)
    True
    """

    @property
    def overlapping_nodes(self) -> Sequence[Any]:
        """Pairs, JSON-ready: `one`, `other`, and how much they overlap."""
        ...


@runtime_checkable
class Fingerprinted(Protocol):
    """A stage that can say what its output depends on, so that work can be reused.

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
        """Equal fingerprints promise equal output for equal input (model, weights' checksum, options)."""
        ...


@runtime_checkable
class Saves(Protocol):
    """A stage whose fitted state can be saved with the pathway, without pickle, and restored in another process.

    A reducer, a clusterer, a region mapper, and any other stage of the text pathway that has a method `fit`, must keep
    it where the fitted pathway is to be saved (`FittedTextPathway.save`). The host records owner, name, version and
    options by itself, and makes the stage anew from them before it calls `restore`.

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
        """Return what the fit has learnt.

        Returns
        -------
        arrays : mapping of str to ndarray
            Of float64, float32, int64, int32 or bool; floats are finite. Names are lower-case letters, digits and
            underscores, a letter first. No input text and no secret is in any of it.
        values : mapping of str to JSON
            Texts, finite numbers, truth values, None, lists, and mappings with texts as keys.
        """
        ...

    def restore(self, arrays: Mapping[str, npt.NDArray[Any]], values: Mapping[str, Any]) -> None:
        """Take up a fit; called once, on a stage that was just made with the options of the fitted one.

        From then on it gives what the fitted one gave, to 1e-6.

        Parameters
        ----------
        arrays, values
            What `state` returned. They come from a file, which may be damaged or a stranger's: check them.

        Raises
        ------
        Exception
            They don't hold together; any exception will do, the host says which model and stage are at fault.
        """
        ...


@runtime_checkable
class KnowsLanguages(Protocol):
    """A stage that knows some languages alone: texts that are surely in another one aren't given to it.

    A stage without it makes no claim and is given every text, as is one whose `languages` are empty.

    Examples
    --------
    >>> import emotopy
    >>> scorer = emotopy.Registry.load(plugins=False).make("intensity_scorer", "lexical")
    >>> isinstance(scorer, KnowsLanguages), scorer.languages
    (True, ('en',))
    """

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes, as ("en",)."""
        ...


@runtime_checkable
class KnowsWords(Protocol):
    """A stage that can say which words it knows: texts without a single one aren't given to it.

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
        """Return which words are known, (n_words,); a word is a run of two letters or more, as it stands in a text."""
        ...


@runtime_checkable
class ExplainsWords(Protocol):
    """An embedder that can afford to leave words out one by one, on this machine: so what each contributes is known.

    The host asks at a fit, for the words of at most 200 texts (the table ``reasons``), if the region mapper is one that
    `MapsEmbeddings`.
    """

    def embed_without(self, texts: Sequence[str], words: Sequence[Sequence[tuple[int, int]]]) -> FloatArray:
        """Return the vectors of texts that lack a word.

        Parameters
        ----------
        texts : sequence of str
            (n_texts,).
        words : sequence of sequences of (int, int)
            Of each text, where the words stand that are left out, one at a time: first character, and the one after the
            last. `emotopy.readers.segmentation.without_word` gives the text that is left.

        Returns
        -------
        ndarray
            (n_words_in_all, n_dims) float32: what `embed` gives for the texts that are left, in the order of `words`.
        """
        ...


@runtime_checkable
class MapsEmbeddings(Protocol):
    """A region mapper whose values of a text follow from its embedding alone, at little cost.

    With `embeddings_only` it may be asked for texts that nobody wrote (without one of their words), whose points and
    clusters are None.
    """

    embeddings_only: bool


@attrs.frozen
class Estimate:
    """What a remote stage would cost: upper bounds, since no tokenizer is at hand.

    Parameters
    ----------
    n_texts : int
        Texts that were given.
    n_cached : int
        Those among them whose answers are kept from before.
    n_tokens : int
        Tokens that would be sent.
    n_requests : int
        Requests that would be made.
    cost_usd : float or None
        What the server's owner would charge, in US dollars; None where the price isn't known.

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
    """A stage that sends texts elsewhere and can say beforehand what that takes.

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
    """A stage that may send texts to a server, and says to which: confidential texts aren't given to it unasked.

    Examples
    --------
    >>> class Elsewhere:
    ...     address = "models.example:443/v1"
    >>> isinstance(Elsewhere(), Sends)
    True
    """

    @property
    def address(self) -> str | None:
        """Host, port and path of the server; None where it runs on this machine, so that no text leaves it."""
        ...


@runtime_checkable
class FetchesOriginals(Protocol):
    """A data set whose originals may be fetched from where its authors publish them (`emotopy data NAME --fetch`).

    Examples
    --------
    >>> import emotopy
    >>> dataset = emotopy.Registry.load(plugins=False).make("dataset", "goemotions")
    >>> isinstance(dataset, FetchesOriginals)
    True
    """

    def fetch(self, folder: Path | None = None, mirror: str | None = None) -> Path:
        """Fetch what isn't here yet, checksums verified; return what `load` takes.

        Files go to `folder`, by default one in the user's cache folder; `mirror` is another address of the same files.
        """
        ...


@runtime_checkable
class RecognisesSource(Protocol):
    """A data set that knows its own layout; asked where an experiment names several data sets.

    Examples
    --------
    >>> class OneFile:
    ...     def recognises(self, source):
    ...         return (source / "letters.csv").is_file()
    >>> isinstance(OneFile(), RecognisesSource)
    True
    """

    def recognises(self, source: Path) -> bool:
        """Whether the folder or file `source` is this data set, by names of files alone."""
        ...


@runtime_checkable
class DescribesRecords(Protocol):
    """A data set that gives no table but records, and says in words what there is.

    Examples
    --------
    >>> class Told:
    ...     def describe(self, loaded, source):
    ...         return [f"{len(loaded)} letters"]
    >>> isinstance(Told(), DescribesRecords)
    True
    """

    def describe(self, loaded: Any, source: Path) -> Sequence[str]:
        """Return lines to print: what was loaded from `source`, and which commands come next; no texts."""
        ...
