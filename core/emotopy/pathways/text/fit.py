"""The fit of the text pathway's stages: what is learnt from some texts, and how others are mapped with it.

What stages are given, and call texts, are the segments that texts are cut into.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from emotopy.errors import PluginError
from emotopy.host import checkpoint
from emotopy.pathways.text.map_axes import MapAxes, no_places
from emotopy.readers.segmentation import Segment
from emotopy.records import Clusters, FloatArray, IntArray, Intensities, Level, RegionMapping, axes
from emotopy.roles import CombinedMapper, MappingInputs, ProfileMapper, SoftClusterer
from emotopy.running.fitted_embedders import fit_embedders
from emotopy.running.output_checks import validate_assignment, validate_labels, validate_matrix
from emotopy.running.stages import Stage, StageRunner, own_copy
from emotopy.storage.cache import hash_array, hash_texts

LOOK_S = 0.05
"""How often a thread that waits for another's fit asks its host whether to go on."""
_FINISHING = threading.RLock()  # of no single fit, since fits travel to workers


@attrs.frozen(eq=False, repr=False)
class EmbeddedTexts:
    """Texts with their embeddings, each distinct text once.

    Attributes
    ----------
    unique : list of str
        The distinct texts, sorted.
    unique_vectors : (n_unique, n_dims)
        Their embeddings.
    inverse : (n_texts,)
        Place of each text among the distinct ones.
    """

    unique: Sequence[str]
    unique_vectors: FloatArray
    inverse: IntArray = attrs.field(validator=axes("texts"))

    def __len__(self) -> int:
        return len(self.inverse)

    @property
    def texts(self) -> list[str]:
        """The texts, (n_texts,)."""
        return [self.unique[i] for i in self.inverse]

    @property
    def vectors(self) -> FloatArray:
        """The embedding of each text, (n_texts, n_dims)."""
        return self.unique_vectors[self.inverse]

    @property
    def order(self) -> IntArray:
        """The order of the texts by the alphabet, (n_texts,), in which stages are given them.

        The order of the input changes nothing then.
        """
        return np.argsort(self.inverse, kind="stable")

    @property
    def ordered_vectors(self) -> FloatArray:
        """The embeddings in that order, (n_texts, n_dims)."""
        return np.ascontiguousarray(self.unique_vectors[self.inverse[self.order]])

    def take(self, members: IntArray) -> EmbeddedTexts:
        """Return the texts at these places."""
        return attrs.evolve(self, inverse=self.inverse[members])


@attrs.define(eq=False)
class Fit:
    """Stages fitted to some texts: what was learnt, without the texts.

    Attributes
    ----------
    members : (n_members,)
        Places of these texts among the scored texts.
    reducer, clusterer, mapper
        The fitted stages.
    atlas, embedder, level, segment
        What a mapper is given besides the texts.
    host_standard
        Mean and standard deviation of the assignment over these texts, (n_regions,) each: the standard of a mapper that
        has no profile of its own.
    is_fitted
        False where points or labels came from the cache, so that reducer and clusterer have learnt nothing yet.
    n_dims
        Length of an embedding.
    n_members
        How many texts the fit had; a fit that was saved and read knows them no more.
    map_axes
        The axes of the map of texts; None where the fit was saved by a version without.
    """

    members: IntArray
    reducer: Stage
    clusterer: Stage
    mapper: Stage
    atlas: Stage
    embedder: Stage
    level: Level
    segment: Segment
    host_standard: tuple[FloatArray, FloatArray]
    is_fitted: bool
    n_dims: int
    n_members: int = attrs.Factory(lambda self: len(self.members), takes_self=True)
    map_axes: MapAxes | None = None

    @classmethod
    def learn(
        cls, runner: StageRunner, atlas: Stage, embedder: Stage, texts: EmbeddedTexts, members: IntArray
    ) -> tuple[Fit, RegionMapping, Clusters, FloatArray]:
        """Fit the stages to texts.

        Parameters
        ----------
        texts
            The texts of the fit, (n_members,).
        members : (n_members,)
            Their places among the scored texts.

        Returns
        -------
        The fit, the mapping of these texts, their clusters, and their places on the map, (n_members, 2).
        """
        reducer, clusterer, mapper = (
            _own_instance(runner.make(role)) for role in ("reducer", "clusterer", "region_mapper")
        )
        fit_embedders(runner, (reducer, clusterer, mapper), lambda: texts.unique)  # of their own
        back = np.argsort(texts.order, kind="stable")
        points, points_cached = _reduce(runner, reducer, texts.ordered_vectors)
        clusters, clusters_cached = _cluster(runner, clusterer, points)
        membership = clusters.membership[back] if clusters.membership is not None else None
        clusters = Clusters(clusters.labels[back], membership)
        inputs = MappingInputs(
            texts=texts.texts,
            embeddings=texts.vectors,
            points=points[back],
            clusters=clusters,
            atlas=atlas.object,
            embedder=embedder.object,
            level=runner.config.level,
            segment=runner.config.segment,
        )
        with runner.doing(f"{mapper}: mapping {len(texts):,} segments"):
            mapper.call("fit", inputs)
            arrays = _map(mapper, inputs)
        assignment = arrays[0]
        fit = cls(
            members=members,
            reducer=reducer,
            clusterer=clusterer,
            mapper=mapper,
            atlas=atlas,
            embedder=embedder,
            level=runner.config.level,
            segment=runner.config.segment,
            host_standard=(assignment.mean(axis=0), assignment.std(axis=0)),
            is_fitted=not (points_cached or clusters_cached),
            n_dims=texts.unique_vectors.shape[1],
            map_axes=MapAxes.of(points),
        )
        return fit, fit._mapping(inputs, *arrays), clusters, fit.place(inputs)

    @property
    def stages(self) -> dict[str, Stage]:
        """The stages that learn, by role."""
        return {"reducer": self.reducer, "clusterer": self.clusterer, "region_mapper": self.mapper}

    def map_new(self, new: EmbeddedTexts, fitted: EmbeddedTexts) -> tuple[RegionMapping, Clusters | None, FloatArray]:
        """Map texts that need not have been part of the fit.

        Parameters
        ----------
        new
            The texts to map.
        fitted
            The texts of the fit. Reducer and clusterer learn from them now where their work came from the cache.

        Returns
        -------
        The mapping, the clusters, and the places on the map, (n_texts, 2). Clusters are None unless the reducer has
        `transform` and the clusterer `predict`; places are NaN unless the reducer has `transform`.
        """
        inputs = self.embed_new(new, fitted)
        return self.map_inputs(inputs), inputs.clusters, self.place(inputs)

    def place(self, inputs: MappingInputs) -> FloatArray:
        """Return the places of texts on the map, (n_texts, 2): NaN where they have no points, or the fit no axes."""
        if inputs.points is None or self.map_axes is None:
            return no_places(len(inputs.texts))
        return self.map_axes.place(inputs.points)

    def map_inputs(self, inputs: MappingInputs) -> RegionMapping:
        """Map what `embed_new` gave."""
        return self._mapping(inputs, *_map(self.mapper, inputs))

    def finish(self, fitted: EmbeddedTexts) -> None:
        """Let reducer and clusterer learn from the texts of the fit, where their work came from the cache."""
        if self.is_fitted:
            return
        while not _FINISHING.acquire(timeout=LOOK_S):  # another thread may be at it
            checkpoint()
        try:
            if not self.is_fitted:
                learnt = self.reducer.call("fit_transform", fitted.ordered_vectors)
                self.clusterer.call("fit_predict", np.asarray(learnt))
                self.is_fitted = True
        finally:
            _FINISHING.release()

    def embed_new(self, new: EmbeddedTexts, fitted: EmbeddedTexts) -> MappingInputs:
        """Bring new texts into the reduced space and its clusters, as far as the stages can; see `map_new`."""
        points, labels = None, None
        if hasattr(self.reducer.object, "transform"):
            self.finish(fitted)
            n = len(new.unique)
            width = None if self.map_axes is None else len(self.map_axes.mean)
            found = self.reducer.call("transform", new.unique_vectors)
            points = validate_matrix(found, n, self.reducer, "transform", width)
            if hasattr(self.clusterer.object, "predict"):
                labels = validate_labels(self.clusterer.call("predict", points), n, self.clusterer, "predict")
        return MappingInputs(
            texts=new.texts,
            embeddings=new.vectors,
            points=points[new.inverse] if points is not None else None,
            clusters=Clusters(labels[new.inverse]) if labels is not None else None,
            atlas=self.atlas.object,
            embedder=self.embedder.object,
            level=self.level,
            segment=self.segment,
        )

    def _mapping(
        self, inputs: MappingInputs, assignment: FloatArray, profile: FloatArray | None, evidence: FloatArray | None
    ) -> RegionMapping:
        """Make a mapping of what `_map` gives; a mapper without a profile gets the host's."""
        n, k = assignment.shape
        if profile is not None and evidence is not None:
            reference, share = _reference(self.mapper, k)
        else:
            share, deviation = self.host_standard
            profile = _standardise(assignment, share, deviation)
            evidence = np.full((n, k), np.nan)
            reference = f"corpus ({self.n_members} texts of the fit)"
        return RegionMapping(inputs.targets, assignment, profile, evidence, reference, share)


def unique_texts(texts: Sequence[str]) -> tuple[list[str], IntArray]:
    """Return the distinct texts in sorted order, and the place of each text among them, (n_texts,).

    >>> unique_texts(["b", "a", "b"])
    (['a', 'b'], array([1, 0, 1]))
    """
    unique = sorted(set(texts))
    index = {text: i for i, text in enumerate(unique)}
    return unique, np.array([index[text] for text in texts], dtype=np.int64)


def embed(runner: StageRunner, stage: Stage, texts: Sequence[str]) -> EmbeddedTexts:
    """Embed each distinct text once, as float32."""
    unique, inverse = unique_texts(texts)

    def work() -> dict[str, Any]:
        return {"vectors": embedded_vectors(stage, unique)}

    found, _ = runner.run(stage, f"{stage}: embedding {len(unique):,} texts", lambda: hash_texts(unique), work)
    return EmbeddedTexts(unique, np.asarray(found["vectors"]), inverse)


def embedded_vectors(stage: Stage, texts: Sequence[str]) -> FloatArray:
    """Return what the embedder gives for texts, (n_texts, n_dims) float32, checked."""
    found = validate_matrix(stage.call("embed", list(texts)), len(texts), stage, "embed")
    with np.errstate(over="ignore"):  # what doesn't fit float32 is infinite then, and found out
        return validate_matrix(found.astype(np.float32), len(texts), stage, "embed")


def score(runner: StageRunner, stage: Stage, texts: EmbeddedTexts) -> Intensities:
    """Score each distinct text once; return a row for each text."""
    unique = texts.unique

    def work() -> dict[str, Any]:
        return score_arrays(stage, unique)

    found, _ = runner.run(stage, f"{stage}: scoring {len(unique):,} texts", lambda: hash_texts(unique), work)
    return intensities_of(found, texts.inverse)


def score_arrays(stage: Stage, texts: Sequence[str]) -> dict[str, Any]:
    """Return what the intensity scorer gives for texts, checked, as arrays by name."""
    scored = stage.call("score", list(texts))
    if not isinstance(scored, Intensities):
        raise PluginError(f"{stage}: score() must return Intensities, got {type(scored).__name__}")
    if len(scored.values) != len(texts):
        raise PluginError(f"{stage}: score() must return {len(texts)} rows, got {len(scored.values)}")
    names = ("values", "by_emotion", "coverage")
    try:
        arrays = {name: np.asarray(getattr(scored, name), dtype=np.float64) for name in names}
    except (TypeError, ValueError):
        arrays = {}
    if not arrays:  # NumPy's message quotes the value, which may be an input text
        raise PluginError(f"{stage}: score() must return numbers, got other values")
    return {"emotions": np.array(scored.emotions, dtype=np.str_), **arrays}


def intensities_of(arrays: Mapping[str, Any], inverse: IntArray) -> Intensities:
    """Return the rows `inverse` (n_texts,) of the arrays that `score_arrays` gave."""
    return Intensities(
        tuple(map(str, arrays["emotions"])),
        arrays["values"][inverse],
        arrays["by_emotion"][inverse],
        arrays["coverage"][inverse],
    )


def concat(mappings: Sequence[RegionMapping], members: Sequence[IntArray]) -> RegionMapping:
    """Bring the mappings of several fits into the order of the scored texts.

    Where the host standardises (a mapper without a profile), it does so within each fit. A group that is fitted alone
    is then its own reference, and `relative` says nothing about it, so the standard is taken over all texts instead.

    Parameters
    ----------
    mappings
        Of each fit.
    members
        Places of each fit's texts among the scored texts.
    """
    if len(mappings) == 1:
        return mappings[0]
    order = np.argsort(np.concatenate(members), kind="stable")
    whole = {
        name: np.concatenate([getattr(m, name) for m in mappings])[order]
        for name in ("assignment", "profile", "evidence")
    }
    reference, share = mappings[0].reference, mappings[0].reference_share
    if np.isnan(whole["evidence"]).all():
        assignment = whole["assignment"]
        share = assignment.mean(axis=0)
        whole["profile"] = _standardise(assignment, share, assignment.std(axis=0))
        reference = f"corpus ({len(assignment)} texts of the separate fits)"
    return RegionMapping(mappings[0].targets, **whole, reference=reference, reference_share=share)


def _standardise(assignment: FloatArray, mean: FloatArray, deviation: FloatArray) -> FloatArray:
    """Return z-scores per region, 0 where the assignment doesn't vary."""
    return np.asarray(np.divide(assignment - mean, deviation, out=np.zeros_like(assignment), where=deviation > 1e-12))


def _map(mapper: Stage, inputs: MappingInputs) -> tuple[FloatArray, FloatArray | None, FloatArray | None]:
    """Return assignment, profile and evidence, each (n_texts, n_regions); None where a mapper has no profile."""
    n, k = len(inputs.texts), len(inputs.targets)
    found: Any
    if isinstance(mapper.object, CombinedMapper) and isinstance(mapper.object, ProfileMapper):
        found = mapper.call("map", inputs)
        if not isinstance(found, tuple) or len(found) != 3:
            raise PluginError(f"{mapper}: map() must return three arrays, got {type(found).__name__}")
    elif isinstance(mapper.object, ProfileMapper):
        found = tuple(mapper.call(method, inputs) for method in ("assign", "profile", "evidence"))
    else:
        return validate_assignment(mapper.call("assign", inputs), n, mapper, k), None, None
    assignment, profile, evidence = found
    return (
        validate_assignment(assignment, n, mapper, k),
        validate_matrix(profile, n, mapper, "profile", k),
        validate_matrix(evidence, n, mapper, "evidence", k),
    )


def _reduce(runner: StageRunner, stage: Stage, vectors: FloatArray) -> tuple[FloatArray, bool]:
    """Return the points, and whether they came from the cache."""

    def work() -> dict[str, Any]:
        return {"points": validate_matrix(stage.call("fit_transform", vectors), len(vectors), stage, "fit_transform")}

    found, cached = runner.run(stage, f"{stage}: reducing {len(vectors):,} vectors", lambda: hash_array(vectors), work)
    return found["points"], cached


def _cluster(runner: StageRunner, stage: Stage, points: FloatArray) -> tuple[Clusters, bool]:
    """Return the clusters, and whether they came from the cache."""

    def work() -> dict[str, Any]:
        arrays: dict[str, Any] = {"labels": validate_labels(stage.call("fit_predict", points), len(points), stage)}
        if isinstance(stage.object, SoftClusterer):
            arrays["membership"] = validate_matrix(stage.call("membership", points), len(points), stage, "membership")
        return arrays

    found, cached = runner.run(stage, f"{stage}: clustering {len(points):,} points", lambda: hash_array(points), work)
    return Clusters(found["labels"], found.get("membership")), cached


def _reference(mapper: Stage, n_columns: int) -> tuple[str, FloatArray]:
    """Return the name of the mapper's reference, and the mean assignment there, (n_regions,)."""
    reference = mapper.object.reference
    if not isinstance(reference, str) or not reference:
        raise PluginError(f"{mapper}: reference must say what the standard is, got {type(reference).__name__}")
    share = validate_matrix([mapper.object.reference_share], 1, mapper, "reference_share", n_columns)
    return reference, share[0]


def _own_instance(stage: Stage) -> Stage:
    """Give the fit an object of its own: an instance from the user is copied, never changed."""
    return stage if stage.owner else attrs.evolve(stage, object=own_copy(stage.object, str(stage)))
