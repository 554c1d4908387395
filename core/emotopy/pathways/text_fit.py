"""The fit of the text pathway's stages: what is learnt from some texts, and how others are placed in it."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import attrs
import numpy as np

from emotopy.errors import PluginError
from emotopy.pathways.stages import Stage, Workshop, checked_assignment, checked_labels, checked_matrix
from emotopy.records import Clusters, FloatArray, IntArray, Intensities, MappingInputs
from emotopy.records import Mapping as RegionMapping
from emotopy.roles import ProfileMapper, SoftClusterer
from emotopy.storage.cache import hash_array, hash_texts


@attrs.frozen(eq=False)
class Fit:
    """Reducer, clusterer and mapper fitted to some of the scored rows (`members`)."""

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
        workshop: Workshop,
        atlas: Stage,
        embedder: Stage,
        distinct: Sequence[str],
        vectors: FloatArray,
        place: IntArray,
        members: IntArray,
    ) -> Fit:
        reducer, clusterer, mapper = (_own(workshop.make(role)) for role in ("reducer", "clusterer", "region_mapper"))
        # Rows go to the stages in the order of their texts, so that the order of the input changes nothing.
        order = np.argsort(place, kind="stable")
        back = np.argsort(order, kind="stable")
        ordered = np.ascontiguousarray(vectors[place[order]])
        points, reused = _reduce(workshop, reducer, ordered)
        clusters, cluster_reused = _cluster(workshop, clusterer, points)
        membership = clusters.membership[back] if clusters.membership is not None else None
        clusters = Clusters(clusters.labels[back], membership)
        inputs = MappingInputs(
            texts=[distinct[i] for i in place],
            embeddings=vectors[place],
            points=points[back],
            clusters=clusters,
            atlas=atlas.object,
            embedder=embedder.object,
            level=workshop.config.level,
        )
        mapper.call("fit", inputs)
        assignment = checked_assignment(mapper.call("assign", inputs), len(place), mapper, len(inputs.targets))
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
        assignment = checked_assignment(mapper.call("assign", inputs), n, mapper, k)
        if isinstance(mapper.object, ProfileMapper):
            profile = checked_matrix(mapper.call("profile", inputs), n, mapper, "profile", k)
            evidence = checked_matrix(mapper.call("evidence", inputs), n, mapper, "evidence", k)
            reference, share = mapper.object.reference, np.asarray(mapper.object.reference_share)
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
        if self.unfitted and can_reduce:  # the fit's arrays came from the cache, the objects have learnt nothing yet
            order = np.argsort([*self.inputs.texts], kind="stable")
            fitted = self.reducer.call("fit_transform", self.inputs.embeddings[order])
            self.clusterer.call("fit_predict", np.asarray(fitted))
        if can_reduce:
            points = checked_matrix(self.reducer.call("transform", vectors), len(vectors), self.reducer, "transform")
            if hasattr(self.clusterer.object, "predict"):
                labels = checked_labels(self.clusterer.call("predict", points), len(points), self.clusterer)
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


def embed(workshop: Workshop, stage: Stage, texts: Sequence[str]) -> FloatArray:
    """Embed distinct texts, (n_texts, n_dims) float32."""

    def work() -> dict[str, Any]:
        return {"vectors": checked_matrix(stage.call("embed", texts), len(texts), stage, "embed").astype(np.float32)}

    found, _ = workshop.run(stage, f"{stage}: embedding {len(texts):,} texts", hash_texts(texts), work)
    return np.asarray(found["vectors"])


def score(workshop: Workshop, stage: Stage, texts: Sequence[str], place: IntArray) -> Intensities:
    """Score distinct texts and return a row for each text, as `place` says."""

    def work() -> dict[str, Any]:
        scored = stage.call("score", texts)
        if not isinstance(scored, Intensities):
            raise PluginError(f"{stage}: score() must return Intensities, got {type(scored).__name__}")
        if len(scored.values) != len(texts):
            raise PluginError(f"{stage}: score() must return {len(texts)} rows, got {len(scored.values)}")
        return {
            "emotions": np.array(scored.emotions, dtype=np.str_),
            "values": scored.values,
            "by_emotion": scored.by_emotion,
            "coverage": scored.coverage,
        }

    found, _ = workshop.run(stage, f"{stage}: scoring {len(texts):,} texts", hash_texts(texts), work)
    return Intensities(
        tuple(map(str, found["emotions"])), found["values"][place], found["by_emotion"][place], found["coverage"][place]
    )


def _reduce(workshop: Workshop, stage: Stage, vectors: FloatArray) -> tuple[FloatArray, bool]:
    def work() -> dict[str, Any]:
        return {"points": checked_matrix(stage.call("fit_transform", vectors), len(vectors), stage, "fit_transform")}

    found, reused = workshop.run(stage, f"{stage}: reducing {len(vectors):,} vectors", hash_array(vectors), work)
    return found["points"], reused


def _cluster(workshop: Workshop, stage: Stage, points: FloatArray) -> tuple[Clusters, bool]:
    def work() -> dict[str, Any]:
        arrays: dict[str, Any] = {"labels": checked_labels(stage.call("fit_predict", points), len(points), stage)}
        if isinstance(stage.object, SoftClusterer):
            arrays["membership"] = checked_matrix(stage.call("membership", points), len(points), stage, "membership")
        return arrays

    found, reused = workshop.run(stage, f"{stage}: clustering {len(points):,} points", hash_array(points), work)
    return Clusters(found["labels"], found.get("membership")), reused


def _own(stage: Stage) -> Stage:
    """Give the fit an object of its own: an instance from the user is copied, never changed."""
    if stage.owner:
        return stage
    return attrs.evolve(stage, object=deepcopy(stage.object))
