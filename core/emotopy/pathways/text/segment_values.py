"""Segments after the stages mapped them, and what comes of them for the texts that they are cut from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from emotopy.pathways.text.map_axes import no_places
from emotopy.readers.segmentation import Segmentation
from emotopy.records import Clusters, Corpus, FloatArray, IntArray, Intensities, Mapped, RegionMapping, axes


@attrs.frozen(eq=False, repr=False)
class SegmentValues:
    """What the stages gave for the segments of texts.

    Attributes
    ----------
    cut
        The segments; their texts are numbered as in `Mapped`, but for what `take` chose.
    vectors : (n_segments, n_dims)
        Embeddings.
    mapping, intensities, clusters
        A row per segment; clusters are None where new segments couldn't be placed.
    map_xy : (n_segments, 2)
        Places on the map of texts; NaN where there are none, the default.
    """

    cut: Segmentation
    vectors: FloatArray = attrs.field(validator=axes("segments", "dims"))
    mapping: RegionMapping
    intensities: Intensities
    clusters: Clusters | None
    map_xy: FloatArray = attrs.field(default=attrs.Factory(lambda self: no_places(len(self.cut)), takes_self=True))

    def __repr__(self) -> str:
        return f"SegmentValues({len(self.cut):,} segments of {self.cut.n_texts:,} texts)"

    def take(self, places: IntArray) -> SegmentValues:
        """Return the segments at these places, ascending; their texts are numbered anew."""
        text = np.unique(self.cut.text[places], return_inverse=True)[1].astype(np.int64)
        m, i, c = self.mapping, self.intensities, self.clusters
        return SegmentValues(
            cut=Segmentation([self.cut.segments[place] for place in places], text, self.cut.n_words[places]),
            vectors=self.vectors[places],
            mapping=attrs.evolve(
                m, assignment=m.assignment[places], profile=m.profile[places], evidence=m.evidence[places]
            ),
            intensities=Intensities(i.emotions, i.values[places], i.by_emotion[places], i.coverage[places]),
            clusters=None if c is None else Clusters(c.labels[places]),
            map_xy=self.map_xy[places],
        )

    @property
    def weighted_intensity(self) -> FloatArray:
        """Assignment times intensity, (n_segments, n_regions)."""
        return np.asarray(self.mapping.assignment * self.intensities.values[:, None])

    def by_text(self) -> dict[str, Any]:
        """Return what `Mapped` holds of texts: word-weighted means over segments, and the cluster of most words."""
        cut, mapping, intensities, clusters = self.cut, self.mapping, self.intensities, self.clusters
        if clusters is not None:
            membership = None if clusters.membership is None else cut.mean(clusters.membership)
            clusters = Clusters(cut.majority(clusters.labels), membership)
        return {
            "n_words": cut.words_of_text,
            "n_segments": cut.n_segments,
            "mapping": attrs.evolve(
                mapping,
                assignment=cut.mean(mapping.assignment),
                profile=cut.mean(mapping.profile),
                evidence=cut.mean(mapping.evidence),
            ),
            "intensities": Intensities(
                intensities.emotions,
                cut.mean(intensities.values),
                cut.mean(intensities.by_emotion),
                cut.mean(intensities.coverage),
            ),
            "weighted_intensity": cut.mean(self.weighted_intensity),
            "clusters": clusters,
            "map_xy": cut.mean(self.map_xy),
        }


@attrs.frozen(eq=False, repr=False)
class SegmentRows:
    """Mapped texts once more, with a row for each of their segments.

    Attributes
    ----------
    mapped
        Rows are segments. `time` is the position of a segment in its text, 0 to 1; `id`, `group`, `unit` are its
        text's, and a text without a unit is one.
    row, number : (n_segments,)
        Row of the input, and number of the segment within its text, from 0.
    """

    mapped: Mapped
    row: IntArray
    number: IntArray

    @classmethod
    def of(cls, texts: Mapped, segments: SegmentValues) -> SegmentRows:
        """Make the rows of the segments of mapped texts."""
        cut = segments.cut
        row = texts.scored[cut.text]
        return cls(
            mapped=attrs.evolve(
                texts,
                corpus=_corpus(cut.segments, texts.corpus, row, cut.position.round(6).tolist()),
                scored=np.arange(len(cut)),
                text_rank=texts.text_rank[cut.text],
                n_words=cut.n_words,
                n_segments=np.ones(len(cut), dtype=np.int64),
                has_intensity=texts.has_intensity[cut.text],
                status=("scored",) * len(cut),
                language=tuple(texts.language[i] for i in row),
                mapping=segments.mapping,
                intensities=segments.intensities,
                weighted_intensity=segments.weighted_intensity,
                clusters=segments.clusters,
                map_xy=segments.map_xy,
            ),
            row=row,
            number=cut.number,
        )

    def regrouped(self, texts: Mapped) -> SegmentRows:
        """Return the segments with the groups, units and provenance that their texts have now."""
        own = self.mapped.corpus
        corpus = _corpus(own.text, texts.corpus, self.row, own.time)
        mapped = attrs.evolve(self.mapped, corpus=corpus, provenance=texts.provenance, source=texts.source)
        return attrs.evolve(self, mapped=mapped)

    def without_texts(self) -> SegmentRows:
        """Return the segments with empty strings in place of what they say."""
        return attrs.evolve(self, mapped=self.mapped.without_texts())


def _corpus(segments: Sequence[str], texts: Corpus, row: IntArray, positions: Sequence[float]) -> Corpus:
    """Return segments as a corpus, with the names of the rows of `texts` that they are of, `row` (n_segments,)."""
    return Corpus(
        text=segments,
        id=(texts.id[i] for i in row),
        group=(texts.group[i] for i in row),
        unit=(texts.unit[i] or texts.id[i] for i in row),
        time=positions,
    )
