"""A corpus too large for all that is made of it to be held: stages are fitted to a sample, then blocks are mapped."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

from emotopy.pathways.text.blocks import BLOCK_ROWS, BlockFit, BlockResult, cluster_centres, map_block
from emotopy.pathways.text.fit import Fit, embed, score
from emotopy.pathways.text.partial_sums import Accumulator, PartialSums
from emotopy.pathways.text.screening import Screening, screen_rows, too_few
from emotopy.pathways.text.segment_values import SegmentValues
from emotopy.pathways.text.stored_result import StoredTexts
from emotopy.records import Corpus, IntArray, RegionAxis
from emotopy.running.fitted_embedders import fit_embedders
from emotopy.running.stages import Stage, StageRunner
from emotopy.storage.cache import StageCache, hash_texts
from emotopy.storage.disk_space import check_free_space
from emotopy.storage.os_errors import as_output_error
from emotopy.storage.parquet import RowGroupWriter

ROW_BYTES, COLUMN_BYTES = 60, 4
"""What a row takes on the disk beside its floats, and what a float takes."""

FEWEST_OF_SAMPLE = 0.4
"""Share that has to be left of a sample, of its texts or of their rows: of a corpus that keeps half it may be less."""


@attrs.frozen(eq=False, repr=False)
class SampleFit:
    """The stages fitted to a sample.

    Attributes
    ----------
    blocks
        What maps blocks.
    sample
        The rows of the sample.
    screening
        What became of them.
    segments
        Their segments, mapped.
    n_segments
        Distinct segments that the stages were fitted to.
    """

    blocks: BlockFit
    sample: Corpus
    screening: Screening
    segments: SegmentValues
    n_segments: int

    @property
    def provenance(self) -> dict[str, Any]:
        """What the provenance says of the sample."""
        return {
            "n_texts": len(self.screening.scored),
            "n_segments": self.n_segments,
            "texts_sha256": hash_texts(sorted(self.sample.text)),
            "chosen_by": "BLAKE2b of the texts: the lowest of all, and of each group",
        }


def fit_sample(
    runner: StageRunner,
    sample: Corpus,
    n_rows: IntArray,
    *,
    atlas: Stage,
    embedder: Stage,
    scorer: Stage,
    axis: RegionAxis,
    no_texts: bool,
) -> SampleFit:
    """Fit the stages to a sample.

    Parameters
    ----------
    runner
        Makes the stages. What they learn isn't taken from its cache, which holds no fitted stages.
    sample
        The rows.
    n_rows : (n_sample,)
        In how many rows of the corpus each of their texts stands.
    atlas, embedder, scorer, axis, no_texts
        As for a fit in memory.

    Raises
    ------
    InputError
        No text of the sample is left, or so few that more than half of the corpus would surely be set aside.
    """
    config = runner.config
    screening = screen_rows(sample, embedder, scorer, config.language)
    seen = screening
    if fit_embedders(runner, (atlas, embedder, scorer), lambda: seen.cut(sample, config.segment).segments):
        screening = screen_rows(sample, embedder, scorer, config.language)  # it may know its words only now
    scored = screening.scored
    shares = (len(scored) / len(sample), n_rows[scored].sum() / n_rows.sum())  # a text that stands often sways either
    if max(shares) < FEWEST_OF_SAMPLE:  # else the whole corpus decides, once it is mapped
        raise too_few(embedder, scorer, screening.tally)
    cut = screening.cut(sample, config.segment)
    embedded = embed(runner, embedder, cut.segments)
    intensities = score(runner, scorer, embedded)
    uncached = attrs.evolve(runner, cache=StageCache())
    fit, mapping, clusters, map_xy = Fit.learn(uncached, atlas, embedder, embedded, np.arange(len(cut)))
    segments = SegmentValues(cut, embedded.vectors, mapping, intensities, clusters, map_xy)
    blocks = BlockFit(
        fit=fit,
        embedder=embedder,
        scorer=scorer,
        axis=axis,
        language=config.language,
        unit_weights=config.unit_weights,
        no_texts=no_texts,
        centres=cluster_centres(segments.vectors, clusters.labels),
        emotions=intensities.emotions,
    )
    return SampleFit(blocks, sample, screening, segments, len(embedded.unique))


def map_in_blocks(
    runner: StageRunner, fit: BlockFit, corpus: Corpus, *, block_rows: int = BLOCK_ROWS
) -> tuple[StoredTexts, PartialSums]:
    """Map a corpus block by block.

    Parameters
    ----------
    runner
        Shows the progress; its engine maps the blocks.
    fit
        The fitted stages.
    corpus
        The rows.
    block_rows
        Rows of a block; memory follows it, results don't depend on it.

    Returns
    -------
    The file of rows, and the sums over all of them.

    Raises
    ------
    InputError
        The disk of temporary files has too little space left.
    OutputError
        It can't be written.
    """
    import pyarrow as pa

    store, sums = StoredTexts(), Accumulator()
    pa.default_memory_pool().release_unused()  # what reading the input took
    check_free_space(store.folder, rows_bytes(corpus, fit), "temporary files")
    with (
        as_output_error(store.path),
        RowGroupWriter(store.path) as writer,
        runner.user_host.progress("mapping texts", len(corpus)) as advance,
    ):
        pieces = ((corpus.take(slice(at, at + block_rows)), at) for at in range(0, len(corpus), block_rows))
        for found in runner.work(map_piece, fit, pieces, "mapping texts"):
            writer.add(found.rows)
            sums.add(found.sums)
            advance(len(found.rows))
    return store, sums.total()


def map_piece(fit: BlockFit, piece: tuple[Corpus, int]) -> BlockResult:
    """Map a block, given with the number of its first row; see `emotopy.pathways.text.blocks.map_block`."""
    return map_block(fit, *piece)


def rows_bytes(corpus: Corpus, fit: BlockFit) -> int:
    """Return about how many bytes the table of texts takes."""
    n_floats = 3 * len(fit.targets) + len(fit.emotions) + 4 + len(corpus.columns)
    return len(corpus) * (ROW_BYTES + COLUMN_BYTES * n_floats)
