"""Texts mapped block by block: the stages are fitted beforehand, and of a block its rows and its sums are left.

`map_block` depends on the fit and on the block alone, so blocks can be mapped in any order and anywhere; embeddings and
values of segments go with the block. `emotopy.pathways.text.partial_sums.combine` adds up what is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.errors import ConfigError
from emotopy.pathways.text.cluster_sums import ClusterSums
from emotopy.pathways.text.fit import (
    EmbeddedTexts,
    Fit,
    embedded_vectors,
    intensities_of,
    score_arrays,
    unique_texts,
)
from emotopy.pathways.text.map_axes import no_places
from emotopy.pathways.text.partial_sums import PartialSums, unit_keys
from emotopy.pathways.text.screening import screen_rows
from emotopy.pathways.text.segment_values import SegmentValues
from emotopy.pathways.text.tables import texts_table
from emotopy.readers.segmentation import segment_texts
from emotopy.records import (
    Clusters,
    Corpus,
    FloatArray,
    Intensities,
    Mapped,
    RegionAxis,
    RegionMapping,
    UnitWeights,
)
from emotopy.running.stages import Stage
from emotopy.wording import setting

if TYPE_CHECKING:
    import pandas as pd

BLOCK_ROWS = 16_384
"""Rows mapped at once: memory follows it. Four blocks are a row group of the table of texts."""


@attrs.frozen(eq=False, repr=False)
class BlockFit:
    """Fitted stages, and what else decides how a block is mapped.

    Attributes
    ----------
    fit
        The fitted stages. Reducer and clusterer have learnt (`Fit.is_fitted`), and can place new texts.
    embedder, scorer
        The stages that learn nothing.
    axis
        The region axis.
    language, unit_weights, no_texts
        As the configuration says, and whether input texts stay out.
    centres : (n_clusters, n_dims)
        Mean embedding of the segments of each cluster in the fit: candidates for exemplars are the nearest.
    emotions
        Names of the emotions that the scorer gives.
    """

    fit: Fit
    embedder: Stage
    scorer: Stage
    axis: RegionAxis
    language: str
    unit_weights: UnitWeights
    no_texts: bool
    centres: FloatArray
    emotions: tuple[str, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the regions or nodes."""
        if self.fit.level == "node":
            return tuple(node.name for node in self.axis.nodes)
        return tuple(self.axis.regions)


@attrs.frozen(eq=False, repr=False)
class BlockResult:
    """What is left of a block: `rows`, the table of its texts, and `sums` over them."""

    rows: pd.DataFrame
    sums: PartialSums


def check_can_place(reducer: Stage, clusterer: Stage, fit_texts: int) -> None:
    """Check that both stages can place texts that weren't part of the fit.

    Raises ConfigError for a reducer without `transform`, or a clusterer without `predict`.
    """
    for stage, method, what in ((reducer, "transform", "place"), (clusterer, "predict", "assign")):
        if not hasattr(stage.object, method):
            raise ConfigError(
                f"{stage.role}: wanted a stage that can {what} new texts (`{method}`), because for more "
                f"than {fit_texts:,} distinct texts, stages are fitted to a sample; got "
                f"{stage.full_name}. Choose another stage, such as "
                f"{setting('reducer=pca', 'clusterer=kmeans')}, or increase fit_texts, which needs more "
                "memory",
                path=stage.role,
                wanted=f"a {stage.role} that can {what} new texts",
                got=stage.full_name,
            )


def map_block(fit: BlockFit, block: Corpus, first_row: int = 0) -> BlockResult:
    """Map the rows of a block.

    Parameters
    ----------
    fit
        The fitted stages.
    block
        The rows: any part of the corpus, one row at least.
    first_row
        Number of the first row in the whole input: the table's column `row` counts on from it.

    Raises
    ------
    PluginError, ProviderError
        A stage can't do its work.
    """
    screening = screen_rows(block, fit.embedder, fit.scorer, fit.language)
    scored = screening.scored
    texts = [block.text[row] for row in scored.tolist()]
    cut = segment_texts(texts, fit.fit.segment, [screening.language[row] for row in scored.tolist()])
    unique, inverse = unique_texts(cut.segments)
    if unique:
        embedded = EmbeddedTexts(unique, embedded_vectors(fit.embedder, unique), inverse)
        intensities = intensities_of(score_arrays(fit.scorer, unique), inverse)
        mapping, clusters, map_xy = fit.fit.map_new(embedded, embedded)
        vectors = embedded.vectors
    else:
        vectors, mapping, intensities, clusters = _nothing(fit)
        map_xy = no_places(0)
    segments = SegmentValues(cut, vectors, mapping, intensities, clusters, map_xy)
    mapped = Mapped(
        corpus=block,
        scored=scored,
        text_rank=np.arange(len(scored)),
        **segments.by_text(),
        status=screening.status,
        language=screening.language,
        has_intensity=screening.has_intensity[scored],
        axis=fit.axis,
        level=fit.fit.level,
        unit_weights=fit.unit_weights,
        n_resamples=0,
        confidence_level=0.0,
        seed=0,
        provenance={},
        source={},
    )
    rows = texts_table(mapped)
    rows["row"] += first_row
    assert mapped.clusters is not None
    keys = unit_keys(mapped, first_row) if fit.no_texts else None
    clusters_of = ClusterSums.of(
        segments,
        text_labels=mapped.clusters.labels,
        has_intensity=mapped.has_intensity[cut.text],
        units=None if keys is None else [keys[place] for place in cut.text.tolist()],
        centres=fit.centres,
        ids=[block.id[row] for row in scored[cut.text].tolist()],
    )
    return BlockResult(rows, PartialSums.of(mapped, screening, clusters_of, first_row=first_row))


def cluster_centres(vectors: FloatArray, labels: Any) -> FloatArray:
    """Return the mean of the vectors (n_segments, n_dims) of each cluster, (n_clusters, n_dims); zeros without any."""
    n_clusters = int(labels.max(initial=-1)) + 1
    found = np.zeros((n_clusters, vectors.shape[1]))
    for number in range(n_clusters):
        own = labels == number
        if own.any():
            found[number] = vectors[own].mean(axis=0, dtype=np.float64)
    return found


def _nothing(fit: BlockFit) -> tuple[FloatArray, RegionMapping, Intensities, Clusters]:
    """Return the values of no segment at all."""
    k = len(fit.targets)
    empty = np.empty((0, k))
    return (
        np.empty((0, fit.centres.shape[1]), dtype=np.float32),
        RegionMapping(fit.targets, empty, empty, empty, "", np.full(k, np.nan)),
        Intensities(fit.emotions, np.empty(0), np.empty((0, len(fit.emotions))), np.empty(0)),
        Clusters(np.empty(0, dtype=np.int64)),
    )
