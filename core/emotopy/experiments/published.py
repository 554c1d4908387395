"""The published procedure beside ours: its fit of each group on its own, and its test of every node."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from emotopy.inference.published_comparison import PublishedComparison, oversampled_mann_whitney
from emotopy.pathways.text.fit import Fit, canonical
from emotopy.pathways.text.pathway import FittedTextPathway
from emotopy.records import BoolArray, FloatArray, IntArray
from emotopy.roles import Host
from emotopy.running.stages import StageRunner
from emotopy.storage.cache import StageCache
from emotopy.storage.provenance import versions


@attrs.frozen(eq=False)
class PublishedFit:
    """Texts mapped by node as published; `rows` and `nodes` (n_texts,), `vectors` (n_texts, n_dims) of scored texts."""

    fitted: FittedTextPathway
    rows: IntArray
    nodes: IntArray
    vectors: FloatArray

    @classmethod
    def of(cls, fitted: FittedTextPathway) -> PublishedFit:
        """Return what the published test needs of a fit at the level of nodes."""
        result = fitted.result
        rows = result.corpus.scored
        first = next(iter(fitted.fits.values())).inputs.embeddings
        vectors = np.empty((len(rows), first.shape[1]), dtype=first.dtype)
        for fit in fitted.fits.values():
            vectors[fit.members] = fit.inputs.embeddings
        return cls(fitted, rows, result.mapping.assignment.argmax(axis=1), vectors)

    @property
    def node_names(self) -> tuple[str, ...]:
        """The nodes, in the atlas's order."""
        return self.fitted.result.mapping.targets

    def test(self, labels: Sequence[str | None], a: str, b: str, rng: np.random.Generator) -> PublishedComparison:
        """Test the groups as they were fitted; `labels` has an entry per input row."""
        told = np.array([labels[row] for row in self.rows], dtype=object)
        return self._tested(self._in_order((told == a) | (told == b)), told == a, self.nodes, rng)

    def test_anew(
        self, chosen: IntArray, is_first: BoolArray, rng: np.random.Generator, *, seed: int
    ) -> PublishedComparison:
        """Fit two other groups, each on its own, and test them.

        `chosen` are places among the scored texts, `is_first` (n_chosen,) says which are in the first group.
        """
        nodes = self.nodes.copy()
        for members in (chosen[is_first], chosen[~is_first]):
            nodes[members] = self._fitted_alone(members, seed)
        everyone = np.zeros(len(self.rows), dtype=bool)
        everyone[chosen[is_first]] = True
        member = np.zeros(len(self.rows), dtype=bool)
        member[chosen] = True
        return self._tested(self._in_order(member), everyone, nodes, rng)

    def _fitted_alone(self, members: IntArray, seed: int) -> IntArray:
        """Return the nodes that a fit of these texts alone gives them, (n_members,)."""
        pathway = self.fitted.pathway
        config = attrs.evolve(pathway.config, seed=seed)
        # Quietly, and not through the cache, which many random groups would fill for nothing.
        silent = StageRunner(config, pathway.registry, StageCache(), versions(), Host())
        atlas, embedder = silent.make("atlas"), silent.make("embedder")
        corpus = self.fitted.result.corpus
        texts = [corpus.text[self.rows[member]] for member in members]
        distinct, place = canonical(texts)
        known = np.empty((len(distinct), self.vectors.shape[1]), dtype=self.vectors.dtype)
        known[place] = self.vectors[members]
        fit = Fit.learn(silent, atlas, embedder, distinct, known, place, members)
        return np.asarray(fit.map().assignment.argmax(axis=1))

    def _in_order(self, member: BoolArray) -> IntArray:
        """Return the texts that take part, in an order that the input's doesn't change."""
        corpus = self.fitted.result.corpus
        places = np.flatnonzero(member)
        keys = [(corpus.text[self.rows[i]], corpus.unit[self.rows[i]] or "") for i in places.tolist()]
        return places[sorted(range(len(places)), key=keys.__getitem__)]

    def _tested(
        self, places: IntArray, is_first: BoolArray, nodes: IntArray, rng: np.random.Generator
    ) -> PublishedComparison:
        values = self.fitted.result.intensities.values
        return oversampled_mann_whitney(
            values[places], nodes[places], is_first[places], n_nodes=len(self.node_names), rng=rng
        )
