"""The fit of the text pathway's stages: what is learnt from some texts, and how others are placed in it."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import attrs
import numpy as np

from emotopy.errors import PluginError
from emotopy.records import Clusters, FloatArray, IntArray, Intensities, RegionMapping
from emotopy.roles import MappingInputs, ProfileMapper, SoftClusterer
from emotopy.running.output_checks import validate_assignment, validate_labels, validate_matrix
from emotopy.running.stages import Stage, StageRunner
from emotopy.storage.cache import hash_array, hash_texts


@attrs.define(eq=False)
class Fit:
    """Reducer, clusterer and mapper fitted to some of the scored rows (`members`).

    `unfitted` says that points or labels came from the cache, so that the objects have learnt nothing yet.
    """

    members: IntArray
    inputs: MappingInputs
    reducer: Stage
    clusterer: Stage
    mapper: Stage
    clusters: Clusters
    unfitted: bool
    standard: tuple[FloatArray, FloatArray, FloatArray]

    @classmethod
    def learn(
        cls,
        runner: StageRunner,
        atlas: Stage,
        embedder: Stage,
        distinct: Sequence[str],
        vectors: FloatArray,
        place: IntArray,
        members: IntArray,
    ) -> Fit:
        reducer, clusterer, mapper = (
            _own_instance(runner.make(role)) for role in ("reducer", "clusterer", "region_mapper")
        )
        # Rows go to the stages in the order of their texts, so that the order of the input changes nothing.
        order = np.argsort(place, kind="stable")
        back = np.argsort(order, kind="stable")
        ordered = np.ascontiguousarray(vectors[place[order]])
        points, reused = _reduce(runner, reducer, ordered)
        clusters, cluster_reused = _cluster(runner, clusterer, points)
        membership = clusters.membership[back] if clusters.membership is not None else None
        clusters = Clusters(clusters.labels[back], membership)
        inputs = MappingInputs(
            texts=[distinct[i] for i in place],
            embeddings=vectors[place],
            points=points[back],
            clusters=clusters,
            atlas=atlas.object,
            embedder=embedder.object,
            level=runner.config.level,
        )
        mapper.call("fit", inputs)
        assignment = validate_assignment(mapper.call("assign", inputs), len(place), mapper, len(inputs.targets))
        standard = assignment.mean(axis=0), assignment.std(axis=0), assignment.mean(axis=0)
        return cls(members, inputs, reducer, clusterer, mapper, clusters, reused or cluster_reused, standard)

    @property
    def stages(self) -> dict[str, Stage]:
        return {"reducer": self.reducer, "clusterer": self.clusterer, "region_mapper": self.mapper}

    def map(self, inputs: MappingInputs | None = None) -> RegionMapping:
        """Return the mapping of the fit's own texts, or of others; a mapper without a profile gets the host's."""
        inputs = inputs or self.inputs
        n, k = len(inputs.texts), len(inputs.targets)
        mapper = self.mapper
        assignment = validate_assignment(mapper.call("assign", inputs), n, mapper, k)
        if isinstance(mapper.object, ProfileMapper):
            profile = validate_matrix(mapper.call("profile", inputs), n, mapper, "profile", k)
            evidence = validate_matrix(mapper.call("evidence", inputs), n, mapper, "evidence", k)
            reference, share = _reference(mapper, k)
        else:
            mean, deviation, share = self.standard
            profile = np.divide(assignment - mean, deviation, out=np.zeros_like(assignment), where=deviation > 1e-12)
            evidence = np.full((n, k), np.nan)
            reference = f"corpus ({len(self.members)} texts of the fit)"
        return RegionMapping(inputs.targets, assignment, profile, evidence, reference, share)

    def place_new(
        self, distinct: Sequence[str], vectors: FloatArray, place: IntArray
    ) -> tuple[MappingInputs, Clusters | None]:
        """Place new texts as far as the stages can: points need `transform`, clusters need `predict`."""
        points, labels = None, None
        can_reduce = hasattr(self.reducer.object, "transform")
        if self.unfitted and can_reduce:
            order = sorted(range(len(self.inputs.texts)), key=self.inputs.texts.__getitem__)
            ordered = np.ascontiguousarray(self.inputs.embeddings[order])
            fitted = self.reducer.call("fit_transform", ordered)
            self.clusterer.call("fit_predict", np.asarray(fitted))
            self.unfitted = False
        if can_reduce:
            points = validate_matrix(self.reducer.call("transform", vectors), len(vectors), self.reducer, "transform")
            if hasattr(self.clusterer.object, "predict"):
                found = self.clusterer.call("predict", points)
                labels = validate_labels(found, len(points), self.clusterer, "predict")
        clusters = Clusters(labels[place]) if labels is not None else None
        inputs = attrs.evolve(
            self.inputs,
            texts=[distinct[i] for i in place],
            embeddings=vectors[place],
            points=points[place] if points is not None else None,
            clusters=clusters,
        )
        return inputs, clusters


def canonical(texts: Sequence[str]) -> tuple[list[str], IntArray]:
    """Return the distinct texts in sorted order, and for each text its place among them (n_texts,)."""
    distinct = sorted(set(texts))
    index = {text: i for i, text in enumerate(distinct)}
    return distinct, np.array([index[text] for text in texts], dtype=np.int64)


def embed(runner: StageRunner, stage: Stage, texts: Sequence[str]) -> FloatArray:
    """Embed distinct texts, (n_texts, n_dims) float32."""

    def work() -> dict[str, Any]:
        found = validate_matrix(stage.call("embed", list(texts)), len(texts), stage, "embed")
        with np.errstate(over="ignore"):  # what doesn't fit float32 is infinite then, and found out
            return {"vectors": validate_matrix(found.astype(np.float32), len(texts), stage, "embed")}

    found, _ = runner.run(stage, f"{stage}: embedding {len(texts):,} texts", hash_texts(texts), work)
    return np.asarray(found["vectors"])


def score(runner: StageRunner, stage: Stage, texts: Sequence[str], place: IntArray) -> Intensities:
    """Score distinct texts and return a row for each text, as `place` says."""

    def work() -> dict[str, Any]:
        scored = stage.call("score", list(texts))
        if not isinstance(scored, Intensities):
            raise PluginError(f"{stage}: score() must return Intensities, got {type(scored).__name__}")
        if len(scored.values) != len(texts):
            raise PluginError(f"{stage}: score() must return {len(texts)} rows, got {len(scored.values)}")
        names = ("values", "by_emotion", "coverage")
        try:
            arrays = {name: np.asarray(getattr(scored, name), dtype=np.float64) for name in names}
        except (TypeError, ValueError) as error:
            raise PluginError(f"{stage}: score() must return numbers: {error}") from error
        return {"emotions": np.array(scored.emotions, dtype=np.str_), **arrays}

    found, _ = runner.run(stage, f"{stage}: scoring {len(texts):,} texts", hash_texts(texts), work)
    return Intensities(
        tuple(map(str, found["emotions"])), found["values"][place], found["by_emotion"][place], found["coverage"][place]
    )


def _reduce(runner: StageRunner, stage: Stage, vectors: FloatArray) -> tuple[FloatArray, bool]:
    def work() -> dict[str, Any]:
        return {"points": validate_matrix(stage.call("fit_transform", vectors), len(vectors), stage, "fit_transform")}

    found, reused = runner.run(stage, f"{stage}: reducing {len(vectors):,} vectors", hash_array(vectors), work)
    return found["points"], reused


def _cluster(runner: StageRunner, stage: Stage, points: FloatArray) -> tuple[Clusters, bool]:
    def work() -> dict[str, Any]:
        arrays: dict[str, Any] = {"labels": validate_labels(stage.call("fit_predict", points), len(points), stage)}
        if isinstance(stage.object, SoftClusterer):
            arrays["membership"] = validate_matrix(stage.call("membership", points), len(points), stage, "membership")
        return arrays

    found, reused = runner.run(stage, f"{stage}: clustering {len(points):,} points", hash_array(points), work)
    return Clusters(found["labels"], found.get("membership")), reused


def _reference(mapper: Stage, n_columns: int) -> tuple[str, FloatArray]:
    """Return what the mapper says of its standard: its name, and the mean assignment there, (n_regions,)."""
    reference = mapper.object.reference
    if not isinstance(reference, str) or not reference:
        raise PluginError(f"{mapper}: reference must say what the standard is, got {reference!r}")
    share = validate_matrix([mapper.object.reference_share], 1, mapper, "reference_share", n_columns)
    return reference, share[0]


def _own_instance(stage: Stage) -> Stage:
    """Give the fit an object of its own: an instance from the user is copied, never changed."""
    if stage.owner:
        return stage
    try:
        return attrs.evolve(stage, object=deepcopy(stage.object))
    except Exception as error:
        raise PluginError(f"{stage}: the object given can't be copied: {type(error).__name__}: {error}") from error


def joined(mappings: Sequence[RegionMapping], members: Sequence[IntArray]) -> RegionMapping:
    """Bring the mappings of several fits into the order of the scored rows.

    Where the host standardises (a mapper without a profile), it does so within each fit; a group fitted alone is then
    its own reference, and `relative` says nothing about it: so the standard is taken over all texts instead.
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
        a = whole["assignment"]
        share, deviation = a.mean(axis=0), a.std(axis=0)
        whole["profile"] = np.divide(a - share, deviation, out=np.zeros_like(a), where=deviation > 1e-12)
        reference = f"corpus ({len(a)} texts of the separate fits)"
    return RegionMapping(mappings[0].targets, **whole, reference=reference, reference_share=share)
