"""Sums by cluster over the segments of a part of a corpus: what the table of clusters is made of.

Words are counted, not kept with their texts; examples are a few dozen candidates a cluster.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from emotopy.host import checkpoint
from emotopy.inference.unit_means import sum_by_unit
from emotopy.pathways.text.segment_values import SegmentValues
from emotopy.records import BoolArray, FloatArray, IntArray

N_CANDIDATES = 50
"""Examples that are kept of each cluster until its centre is known."""
MOST_WORDS = 2_000_000
"""Pairs of word and cluster that are kept; beyond, the rarest words are dropped, which mark no cluster."""
MOST_UNITS = 5
"""Whether so many units of a cluster use a word is all that is asked."""


@attrs.frozen(eq=False, repr=False)
class Words:
    """How often words stand in clusters, and, where it is asked, in the texts of which units.

    Attributes
    ----------
    words : (n_words,)
        Sorted.
    word, cluster, count : (n_pairs,)
        Places of word and cluster, ascending by word, then cluster; and how often.
    total : (n_clusters,)
        Numbers of words of each cluster, those that were dropped as well.
    units : (n_uses, 3)
        Word, cluster, and hash of a unit that uses it there; five for each pair at most. None where it isn't asked.
    """

    words: tuple[str, ...]
    word: IntArray
    cluster: IntArray
    count: IntArray
    total: IntArray
    units: npt.NDArray[np.uint64] | None

    @classmethod
    def of(
        cls, texts: Sequence[str], labels: IntArray, n_clusters: int, unit_hashes: npt.NDArray[np.uint64] | None
    ) -> Words:
        """Count the words of texts (n_texts,) by cluster, `labels` (n_texts,); −1 is no cluster."""
        if unit_hashes is None:
            words, word, cluster, count = _counted_by_cluster(texts, labels)
            uses = None
        else:
            words, word, cluster, count, uses = _counted_with_units(texts, labels, n_clusters, unit_hashes)
        total = np.bincount(cluster, count, minlength=n_clusters).astype(np.int64)
        return cls(words, word, cluster, count, total, uses)

    @classmethod
    def combine(cls, parts: Sequence[Words]) -> Words:
        """Add counts up."""
        n_clusters = max(len(part.total) for part in parts)
        words = tuple(sorted(set().union(*(part.words for part in parts))))
        place = {word: i for i, word in enumerate(words)}
        new = [np.array([place[word] for word in part.words], dtype=np.int64) for part in parts]
        pair = np.concatenate(
            [at[part.word] * max(n_clusters, 1) + part.cluster for at, part in zip(new, parts, strict=True)]
        )
        pairs, pair_of = np.unique(pair, return_inverse=True)
        count = np.asarray(sum_by_unit(np.concatenate([part.count for part in parts]), pair_of), dtype=np.int64)
        total = sum(np.pad(part.total, (0, n_clusters - len(part.total))) for part in parts)
        uses = None
        if all(part.units is not None for part in parts):
            uses = np.concatenate([_renamed(part.units, at) for at, part in zip(new, parts, strict=True)])
            uses = _few_uses(uses)
        found = cls(
            words, pairs // max(n_clusters, 1), pairs % max(n_clusters, 1), count, np.asarray(total, np.int64), uses
        )
        return found if len(pairs) <= MOST_WORDS else found._without_rare()

    def _without_rare(self) -> Words:
        """Drop the rarest words, so that half of the pairs are left."""
        per_word = np.bincount(self.word, self.count, minlength=len(self.words))
        of_pair = per_word[self.word]
        limit = np.partition(of_pair, len(of_pair) // 2)[len(of_pair) // 2]
        kept = np.flatnonzero(per_word > limit)
        at = np.full(len(self.words), -1)
        at[kept] = np.arange(len(kept))
        stays = at[self.word] >= 0
        uses = self.units
        if uses is not None:
            uses = _renamed(uses[at[uses[:, 0].astype(np.int64)] >= 0], at)
        words = tuple(self.words[i] for i in kept)
        return Words(words, at[self.word[stays]], self.cluster[stays], self.count[stays], self.total, uses)


@attrs.frozen(eq=False, repr=False)
class Exemplars:
    """Candidates for the examples of each cluster: the segments nearest to a centre known beforehand.

    `cluster` (n,), `similarity` (n,) to that centre, `text` (n,), `id` (n,) of the input's text that each is of, the
    lowest where it stands in several, `vectors` (n, n_dims). A text stands once a cluster.
    """

    cluster: IntArray
    similarity: FloatArray
    text: tuple[str, ...]
    id: tuple[str, ...]
    vectors: FloatArray

    @classmethod
    def of(
        cls, texts: Sequence[str], vectors: FloatArray, labels: IntArray, centres: FloatArray, ids: Sequence[str]
    ) -> Exemplars:
        """Choose candidates among segments (n_segments,) with their vectors, clusters, and ids of their texts."""
        chosen, similarity = [], np.zeros(len(labels))
        for number in np.unique(labels[labels >= 0]):
            own = np.flatnonzero(labels == number)
            centre = centres[number] if number < len(centres) else np.zeros(vectors.shape[1])
            similarity[own] = cosines(vectors[own], centre)
            chosen.append(own)
        order = np.concatenate(chosen) if chosen else np.arange(0)
        found = cls(
            labels[order],
            similarity[order],
            tuple(texts[i] for i in order),
            tuple(ids[i] for i in order),
            vectors[order],
        )
        return found.best()

    @classmethod
    def combine(cls, parts: Sequence[Exemplars]) -> Exemplars:
        """Choose among the candidates of several parts."""
        whole = cls(
            np.concatenate([part.cluster for part in parts]),
            np.concatenate([part.similarity for part in parts]),
            tuple(text for part in parts for text in part.text),
            tuple(name for part in parts for name in part.id),
            np.concatenate([part.vectors for part in parts]),
        )
        return whole.best()

    def best(self) -> Exemplars:
        """Return the candidates nearest to the centre, distinct texts, `N_CANDIDATES` a cluster; ties by the alphabet.

        What lies far below the last of them isn't sorted.
        """
        kept: list[int] = []
        nearness = self.similarity.round(6)
        for number in np.unique(self.cluster):
            own = np.flatnonzero(self.cluster == number)
            n, seen = N_CANDIDATES, dict[str, int]()
            while True:  # texts that stand several times make it worth looking at more
                if n < len(own):
                    limit = np.partition(nearness[own], len(own) - n)[len(own) - n]
                    near = own[nearness[own] >= limit]
                else:
                    near = own
                ranked = sorted(near.tolist(), key=lambda i: (-nearness[i], self.text[i], self.id[i]))
                seen = {}
                for i in ranked:
                    seen.setdefault(self.text[i], i)
                if len(seen) >= N_CANDIDATES or len(near) == len(own):
                    break
                n *= 4
            kept += list(seen.values())[:N_CANDIDATES]
        return Exemplars(
            self.cluster[kept],
            self.similarity[kept],
            tuple(self.text[i] for i in kept),
            tuple(self.id[i] for i in kept),
            self.vectors[kept],
        )


@attrs.frozen(eq=False, repr=False)
class ClusterSums:
    """Sums over the segments of each cluster, (n_clusters, ...).

    Attributes
    ----------
    n_texts
        Texts most of whose words are in the cluster.
    n_segments, weight, profile, vectors
        Segments; sums of their weights (words), of weight · profile, and of their embeddings.
    felt_weight, emotions
        The same sum of weights, and of weight · emotions, over segments that have an intensity.
    words
        Counts of words.
    exemplars
        Candidates for examples; None where input texts stay out.
    """

    n_texts: IntArray
    n_segments: IntArray
    weight: FloatArray
    profile: FloatArray
    vectors: FloatArray
    felt_weight: FloatArray
    emotions: FloatArray
    names: tuple[str, ...]
    words: Words
    exemplars: Exemplars | None

    @classmethod
    def of(
        cls,
        segments: SegmentValues,
        *,
        text_labels: IntArray,
        has_intensity: BoolArray,
        units: Sequence[Any] | None,
        centres: FloatArray,
        ids: Sequence[str],
    ) -> ClusterSums:
        """Sum over segments.

        Parameters
        ----------
        segments
            Segments with their clusters.
        text_labels : (n_texts,)
            The cluster of each text.
        has_intensity : (n_segments,)
            Which segments the intensity scorer can read.
        units : (n_segments,)
            The key of each segment's unit, where input texts stay out; else None.
        centres : (n_clusters, n_dims)
            Where the centres of the clusters are about.
        ids : (n_segments,)
            The id of the text that each segment is of.
        """
        assert segments.clusters is not None
        labels, mapping, by_emotion = segments.clusters.labels, segments.mapping, segments.intensities.by_emotion
        n_clusters = max(len(centres), int(labels.max(initial=-1)) + 1, int(text_labels.max(initial=-1)) + 1)
        inside = np.flatnonzero(labels >= 0)
        own, weights = labels[inside], segments.cut.weights[inside]
        felt = inside[has_intensity[inside]]
        felt_weights = segments.cut.weights[felt]
        texts = segments.cut.segments
        return cls(
            n_texts=np.bincount(text_labels[text_labels >= 0], minlength=n_clusters),
            n_segments=np.bincount(own, minlength=n_clusters),
            weight=np.bincount(own, weights, minlength=n_clusters).astype(np.float64),
            profile=_by_cluster(mapping.profile[inside] * weights[:, None], own, n_clusters),
            vectors=_vector_sums(segments.vectors, labels, n_clusters),
            felt_weight=np.bincount(labels[felt], felt_weights, minlength=n_clusters).astype(np.float64),
            emotions=_by_cluster(by_emotion[felt] * felt_weights[:, None], labels[felt], n_clusters),
            names=segments.intensities.emotions,
            words=Words.of(texts, labels, n_clusters, None if units is None else _unit_hashes(units)),
            exemplars=Exemplars.of(texts, segments.vectors, labels, centres, ids) if units is None else None,
        )

    @classmethod
    def combine(cls, parts: Sequence[ClusterSums]) -> ClusterSums:
        """Add up the sums of several parts."""
        n_clusters = max(len(part.n_texts) for part in parts)

        def total(name: str) -> Any:
            arrays = [getattr(part, name) for part in parts]
            return sum(np.pad(a, [(0, n_clusters - len(a)), *[(0, 0)] * (a.ndim - 1)]) for a in arrays)

        exemplars = [part.exemplars for part in parts if part.exemplars is not None]
        summed = ("n_texts", "n_segments", "weight", "profile", "vectors", "felt_weight", "emotions")
        return cls(
            **{name: total(name) for name in summed},
            names=parts[0].names,
            words=Words.combine([part.words for part in parts]),
            exemplars=Exemplars.combine(exemplars) if exemplars else None,
        )


def cosines(vectors: FloatArray, centre: FloatArray) -> FloatArray:
    """Return how like vectors (n, n_dims) are to a centre, (n,): cosine times its length."""
    exact = vectors.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1)
    return np.asarray(exact @ centre / np.where(lengths > 0, lengths, 1))


def _counted_by_cluster(texts: Sequence[str], labels: IntArray) -> tuple[tuple[str, ...], IntArray, IntArray, IntArray]:
    """Return words, sorted, and place of word, cluster and count of each pair, as `tables.word_counts` counts.

    The texts of a cluster are searched at once, a line each; no word goes over lines.
    """
    from emotopy.pathways.text.tables import WORD, is_function_word

    pattern = re.compile(WORD)
    counted: dict[int, Counter[str]] = {}
    for number in np.unique(labels[labels >= 0]).tolist():
        checkpoint()
        lines = "\n".join([texts[i] for i in np.flatnonzero(labels == number).tolist()])
        counted[number] = found = Counter(pattern.findall(lines.lower()))
        for word in [word for word in found if is_function_word(word)]:
            del found[word]
    words = tuple(sorted(set().union(*counted.values())))
    place = {word: i for i, word in enumerate(words)}
    word = np.array([place[word] for found in counted.values() for word in found], dtype=np.int64)
    count = np.array([n for found in counted.values() for n in found.values()], dtype=np.int64)
    cluster = np.repeat(np.array(list(counted), dtype=np.int64), [len(found) for found in counted.values()])
    order = np.lexsort((cluster, word))
    return words, word[order], cluster[order], count[order]


def _counted_with_units(
    texts: Sequence[str], labels: IntArray, n_clusters: int, unit_hashes: npt.NDArray[np.uint64]
) -> tuple[tuple[str, ...], IntArray, IntArray, IntArray, npt.NDArray[np.uint64]]:
    """Return the same, and which units use each word in each cluster."""
    from emotopy.pathways.text.tables import word_counts

    members = np.flatnonzero(labels >= 0)
    nothing = np.zeros(0, dtype=np.int64)
    words, found = word_counts([texts[i] for i in members.tolist()])
    if not words:  # no text, or nothing but function words, digits or emoji
        return (), nothing, nothing, nothing, np.zeros((0, 3), dtype=np.uint64)
    counts = found.tocoo()
    rows, columns = (np.asarray(one, dtype=np.int64) for one in (counts.row, counts.col))
    own = labels[members][rows]
    pairs, pair_of = np.unique(columns * n_clusters + own, return_inverse=True)
    count = np.bincount(pair_of, counts.data, minlength=len(pairs)).astype(np.int64)
    uses = _few_uses(np.column_stack([columns.astype(np.uint64), own.astype(np.uint64), unit_hashes[members][rows]]))
    return tuple(words), pairs // n_clusters, pairs % n_clusters, count, uses


def _unit_hashes(units: Sequence[Any]) -> npt.NDArray[np.uint64]:
    hash_of = {
        key: int.from_bytes(
            hashlib.blake2b(repr(key).encode("utf-8", "backslashreplace"), digest_size=8).digest(), "little"
        )
        for key in set(units)
    }
    return np.array([hash_of[key] for key in units], dtype=np.uint64)


def _few_uses(uses: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return distinct rows of word, cluster and unit: of each word and cluster the `MOST_UNITS` smallest units."""
    uses = uses[np.lexsort((uses[:, 2], uses[:, 1], uses[:, 0]))]
    if not len(uses):
        return uses
    uses = uses[np.concatenate([[True], (np.diff(uses.view(np.int64), axis=0) != 0).any(axis=1)])]
    starts = np.concatenate([[True], (np.diff(uses[:, :2].view(np.int64), axis=0) != 0).any(axis=1)])
    first = np.flatnonzero(starts)
    rank = np.arange(len(uses)) - first[np.cumsum(starts) - 1]
    return np.asarray(uses[rank < MOST_UNITS])


def _renamed(uses: npt.NDArray[np.uint64] | None, new: IntArray) -> npt.NDArray[np.uint64]:
    """Return the rows with other numbers of words."""
    assert uses is not None
    return np.column_stack([new[uses[:, 0].astype(np.int64)].astype(np.uint64), uses[:, 1:]])


def _vector_sums(vectors: FloatArray, labels: IntArray, n_clusters: int) -> FloatArray:
    """Return the sum of the vectors (n_segments, n_dims) of each cluster, in double precision."""
    found = np.zeros((n_clusters, vectors.shape[1]))
    for number in np.unique(labels[labels >= 0]).tolist():
        checkpoint()
        found[number] = vectors[labels == number].sum(axis=0, dtype=np.float64)
    return found


def _by_cluster(values: FloatArray, labels: IntArray, n_clusters: int) -> FloatArray:
    found = np.zeros((n_clusters, values.shape[1]))
    if len(values):
        found[np.unique(labels)] = sum_by_unit(values, labels)
    return found
