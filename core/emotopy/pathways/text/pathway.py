"""The text pathway: texts → embeddings → points → clusters; texts → intensities; texts → brain regions.

It implements arXiv 2508.09337 and a recommended alternative; docs/science.md describes the differences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import attrs
import numpy as np

from emotopy.config import Config
from emotopy.pathways.over_time.pathway import add_time_courses, check_times
from emotopy.pathways.text.blocks import BlockFit, check_can_place
from emotopy.pathways.text.design_summary import ADVICE, DesignSummary, need_of, notify_design
from emotopy.pathways.text.fit import EmbeddedTexts, Fit, concat, embed, score, unique_texts
from emotopy.pathways.text.fit_sample import copies_of, sample_rows
from emotopy.pathways.text.fitted import FittedTextPathway, check_mark, input_of, of_rows, tables_with_mark
from emotopy.pathways.text.large import SampleFit, fit_sample, map_in_blocks
from emotopy.pathways.text.map_axes import no_places
from emotopy.pathways.text.partial_sums import PartialSums
from emotopy.pathways.text.reasons import explain, explain_fits, region_examples
from emotopy.pathways.text.result import TextResult
from emotopy.pathways.text.screening import (
    Screening,
    check_language,
    check_screening,
    screen_corpus,
    screen_rows,
    screening_notes,
)
from emotopy.pathways.text.segment_values import SegmentRows, SegmentValues
from emotopy.pathways.text.stored_result import StoredTextResult, no_segments
from emotopy.pathways.text.sum_tables import clusters_from_sums, design_notes_from_sums, regions_from_sums
from emotopy.pathways.text.tables import clusters_table
from emotopy.pathways.text.withheld_words import notify_withheld_words
from emotopy.readers.confidential import check_columns_hold_no_texts
from emotopy.readers.corpora import ALL, as_corpus
from emotopy.records import Clusters, Corpus, IntArray, Mapped, RegionAxis
from emotopy.registry import Registry
from emotopy.roles import Host, NamesOverlaps
from emotopy.running.base import Pathway
from emotopy.running.checks import check_stages, estimates
from emotopy.running.engine import Engine
from emotopy.running.engines import as_engine
from emotopy.running.estimates import check_need, doubt_of_need
from emotopy.running.fitted_embedders import fit_embedders
from emotopy.running.host_calls import host_call, isolable_call
from emotopy.running.secrecy import without_messages
from emotopy.running.stages import Stage, StageRunner
from emotopy.running.uploads import check_engine
from emotopy.running.writing import reporter_choices
from emotopy.storage.cache import hash_texts
from emotopy.storage.provenance import collect


@isolable_call
def map_texts(
    texts: Any,
    *,
    text: str | None = None,
    group: str | None = None,
    unit: str | None = None,
    time: str | None = None,
    id: str | None = None,  # noqa: A002 (the column's name)
    date_format: str | None = None,
    keep: Sequence[str] = (),
    preset: str | None = None,
    config: Mapping[str, Any] | Config | None = None,
    seed: int | None = None,
    registry: Registry | None = None,
    cache: str | Path | None = None,
    host: Host | None = None,
    no_texts: bool | None = None,
    allow_upload: bool = False,
    keep_segments: bool = False,
    engine: Engine | str | None = None,
) -> TextResult | StoredTextResult:
    """Map texts onto brain regions.

    Parameters
    ----------
    texts : table, column or iterable of str
        A table, a single column, or an iterable of strings. A table may be a DataFrame of pandas or polars, an Arrow
        table, a DuckDB relation, a Hugging Face Dataset, a dict of columns, or rows as dicts (docs/data.md).
    text, group, unit, time, id : str, optional
        Column names of the table: the texts, their groups, the person or document that each text belongs to (the unit
        of the statistics), the times, and unique ids. Default of `text`: the only column of texts.
    date_format : str, optional
        Format of the times, if they aren't ISO dates and are ambiguous: ``day-first``, ``month-first``, ``excel``,
        ``unix``, ``unix-ms``, ``number``, or a pattern such as ``%d.%m.%Y`` (`emotopy.readers.date_formats`).
    keep : sequence of str, default ()
        Further columns to copy to the result, such as covariates, pairs or other groupings. Default: none, because
        tables may hold private data.
    preset : str, optional
        Preset of stages and options. Default: ``recommended``.
    config : mapping or Config, optional
        Configuration that overrides the preset (see `emotopy config show`).
    seed : int, optional
        Seed for all random numbers. Default: the configuration's seed, which is 0.
    registry : Registry, optional
        Registry of stages. Default: all installed plugins.
    cache : str or Path, optional
        Folder that caches finished stages between runs. Default: no cache.
    host : Host, optional
        Host for messages and progress (logged by default), cancellation, deadline and child process (docs/hosts.md).
    no_texts : bool, optional
        Keep all input texts out of the files of the result; columns in `keep` are still written. Default: True if the
        table is marked as confidential (`emotopy.readers.confidential`).
    allow_upload : bool, default False
        Allow stages to send the texts of a table that is marked as confidential to their servers.
    keep_segments : bool, default False
        Also keep the values of every sentence, as `result.segments`.
    engine : str or Dask, optional
        Where the blocks of a large corpus are mapped. Default: this process; ``"dask"`` uses workers on this machine,
        an `emotopy.Dask` a cluster (docs/beyond-one-machine.md). Confidential texts and texts with `no_texts` are sent
        to someone else's cluster only with `allow_upload`.

    Returns
    -------
    TextResult or StoredTextResult
        Tables ``regions``, ``texts`` and ``clusters``, and time courses if times were given. For a large corpus
        (`fit_texts`), the table of texts is stored in a file.

    Raises
    ------
    InputError
        The data can't be used.
    ConfigError
        The configuration is invalid.
    PluginError, ProviderError, MissingExtra
        A stage fails, or a library that it needs isn't installed.
    Cancelled, DeadlineExceeded, ChildDied
        The host cancelled the call, its deadline passed, or its child process died.

    Examples
    --------
    >>> quick = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}}
    >>> table = {"said": ["I was afraid of the storm.", "We danced all night!"], "by": ["ann", "bob"]}
    >>> result = map_texts(table, text="said", unit="by", config=quick)
    >>> result.texts["status"].tolist()
    ['scored', 'scored']
    >>> len(result.regions)
    18
    """
    engine = as_engine(engine)
    pathway = TextPathway.from_config(
        config, preset=preset, seed=seed, registry=registry, cache=cache, host=host, engine=engine
    )
    columns = {"text": text, "group": group, "unit": unit, "time": time, "id": id}
    texts, is_marked = tables_with_mark(texts, keep=keep, **columns)
    no_texts = check_mark(pathway, is_marked, no_texts, allow_upload=allow_upload)
    check_engine(engine, is_secret=no_texts, allow_upload=allow_upload)
    corpus = as_corpus(texts, keep=keep, date_format=date_format, **columns)
    with without_messages(no_texts=no_texts), engine:
        return pathway.fit(corpus, no_texts=no_texts, keep_segments=keep_segments).result


@attrs.frozen(eq=False)
class TextPathway(Pathway):
    """A configured text pathway: `fit(texts)` returns a `FittedTextPathway`.

    Create it with `TextPathway.from_config`, which checks the configuration.

    Parameters
    ----------
    config : Config
        The configuration, checked.
    registry : Registry
        Where stages come from.
    cache : StageCache, optional
        Cache of finished stages. Default: no cache.
    host : Host, optional
        Host for messages, progress, cancellation and deadline.
    engine : Engine, optional
        Where pieces of a large corpus are processed. Default: this process.

    Examples
    --------
    >>> pathway = TextPathway.from_config({"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}})
    >>> fitted = pathway.fit(["I was afraid of the storm.", "We danced all night!"])
    >>> fitted.transform(["What a relief."]).texts["status"].tolist()
    ['scored']
    """

    NAME: ClassVar[str] = "text"
    ROLES_USED: ClassVar[tuple[str, ...]] = (
        "embedder",
        "reducer",
        "clusterer",
        "intensity_scorer",
        "region_mapper",
        "atlas",
    )
    NEXT: ClassVar[tuple[str, ...]] = ("fitted = pathway.fit(texts)",)

    @host_call
    def fit(
        self,
        texts: Any,
        *,
        no_texts: bool | None = None,
        source: Mapping[str, Any] | None = None,
        bandwidth: float | None = None,
        keep: Sequence[str] = (),
        keep_segments: bool = False,
        allow_upload: bool = False,
        **columns: str | None,
    ) -> FittedTextPathway:
        """Fit all stages to the texts, in one joint fit unless the configuration sets `per-group`.

        Parameters
        ----------
        texts : table, iterable of str or Corpus
            A table of any supported library, an iterable of strings, or a corpus.
        no_texts : bool, optional
            Keep the texts out of the result. Default: True if their table is marked as confidential.
        source : mapping, optional
            Further description of the input for the provenance, such as file name and checksum.
        bandwidth : float, optional
            Bandwidth of the time courses, in the unit of time. Default: chosen by cross-validation.
        keep : sequence of str, default ()
            Further columns of the table, as for `map_texts`.
        keep_segments : bool, default False
            Also keep the values of every segment, in the table `segments` of the result.
        allow_upload : bool, default False
            Allow stages to send the texts of a table that is marked as confidential to their servers.
        **columns : str
            `text`, `group`, `unit`, `time`, `id` and `date_format`, as for `map_texts`.

        Returns
        -------
        FittedTextPathway
            The fitted pathway: `transform` maps new texts, and `result` holds the result for these.

        Raises
        ------
        InputError
            No row has text, or times can't be read.
        ConfigError, PluginError, ProviderError, MissingExtra
            A stage can't be created or fails.
        """
        texts, is_marked = tables_with_mark(texts, keep=keep, **columns)
        no_texts = check_mark(self, is_marked, no_texts, allow_upload=allow_upload)
        corpus = as_corpus(texts, keep=keep, **columns)
        check_times(corpus)
        config = self.config
        runner = self._runner(no_texts=no_texts)
        if no_texts:
            check_columns_hold_no_texts(corpus)
        for note in corpus.notes:
            runner.notify(note)
        axis, reporters = self._make_stages(runner, corpus)
        atlas, embedder, scorer = (runner.made[role] for role in ("atlas", "embedder", "intensity_scorer"))
        sample = sample_rows(corpus, config.fit_texts) if config.fit == "joint" else None
        self._check_engine(runner, is_large=sample is not None)
        if sample is not None:
            self._check_large(runner, corpus, keep_segments=keep_segments)
            return self._fit_in_blocks(
                runner, corpus, sample, axis=axis, reporters=reporters, no_texts=no_texts, source=source,
                bandwidth=bandwidth,
            )  # fmt: skip
        screening = self._screened(runner, corpus)
        scored = screening.scored
        texts = [corpus.text[row] for row in scored]
        with runner.doing("cutting texts into sentences"):
            cut = screening.cut(corpus, config.segment)
        embedded = embed(runner, embedder, cut.segments)
        intensities = score(runner, scorer, embedded)
        fits, mappings, labels, map_xy = {}, [], np.full(len(cut), -1), no_places(len(cut))
        for name, members in self._members(corpus, scored).items():
            own = cut.segments_of(members)
            fits[name], mapping, clusters, map_xy[own] = Fit.learn(runner, atlas, embedder, embedded.take(own), own)
            mappings.append(mapping)
            labels[own] = clusters.labels
        if len(fits) > 1:  # they have no common space
            map_xy = no_places(len(cut))
        mapping = concat(mappings, [fit.members for fit in fits.values()])
        segments = SegmentValues(cut, embedded.vectors, mapping, intensities, Clusters(labels), map_xy)
        mapped = self._mapped(corpus, screening, segments, unique_texts(texts)[1], axis, reporters)
        with runner.doing("describing clusters"):
            described = clusters_table(
                mapped, segments, {name: fit.members for name, fit in fits.items()}, no_texts=no_texts
            )
        notify_withheld_words(runner, described, mapped.corpus)
        with runner.doing("finding what words contribute"):
            reasons = None if no_texts else explain_fits(fits, mapped, described, cut)
        for note in length_notes(mapped):
            runner.notify(note)
        stages = {"atlas": atlas, "embedder": embedder, "intensity_scorer": scorer} | next(iter(fits.values())).stages
        provenance = self._provenance(runner, stages, reporters, mapped, {**(source or {}), **input_of(mapped)})
        mapped = attrs.evolve(mapped, provenance=provenance, source=provenance["input"])
        rows = SegmentRows.of(mapped, segments) if keep_segments or corpus.by_position else None
        with runner.doing("courses over time"):
            mapped, courses = add_time_courses(mapped, bandwidth, segments=rows.mapped if rows else None)
        with runner.doing("summarising groups"):
            result = TextResult.of(mapped, described, courses, segment_rows=rows, reasons=reasons, no_texts=no_texts)
        return FittedTextPathway(self, result, mapped, embedded, fits, screening.notes, runner, embedder, scorer)

    def _screened(self, runner: StageRunner, corpus: Corpus) -> Screening:
        """Return what the stages can read of a corpus, and tell it; embedders that learn from texts are fitted."""
        config = self.config
        atlas, embedder, scorer = (runner.made[role] for role in ("atlas", "embedder", "intensity_scorer"))
        with runner.doing("finding the texts' languages"):
            screening = screen_corpus(corpus, embedder, scorer, config.language)
        seen = screening
        if fit_embedders(runner, (atlas, embedder, scorer), lambda: seen.cut(corpus, config.segment).segments):
            screening = screen_corpus(corpus, embedder, scorer, config.language)  # it may know its words only now
        for note in screening.notes:
            runner.notify(note)
        notify_design(runner, corpus, screening.scored)
        if embedder.fitted_on.sha256 and config.fit == "per-group" and corpus.groups:
            runner.notify(f"{embedder} was fitted to the texts of all groups together; other stages to each group.")
        return screening

    def _mapped(
        self,
        corpus: Corpus,
        screening: Screening,
        segments: SegmentValues,
        text_rank: IntArray,
        axis: RegionAxis,
        reporters: Sequence[Stage],
    ) -> Mapped:
        """Return the record of mapped texts, without provenance yet; `text_rank` is (n_texts,)."""
        config = self.config
        return Mapped(
            corpus=corpus,
            scored=screening.scored,
            text_rank=text_rank,
            **segments.by_text(),
            **of_rows(screening),
            axis=axis,
            level=config.level,
            unit_weights=config.unit_weights,
            n_resamples=config.interval.n,
            confidence_level=config.interval.coverage,
            seed=config.seed,
            provenance={},
            source={},
            reporters=reporter_choices(config.reporters, reporters),
        )

    def _make_stages(self, runner: StageRunner, corpus: Corpus) -> tuple[RegionAxis, tuple[Stage, ...]]:
        """Make all stages, so that what is wrong shows before any work; return the region axis and the reporters."""
        atlas = runner.make("atlas")
        for role in ("embedder", "intensity_scorer"):
            runner.make(role)
        name = str(getattr(atlas.object, "name", type(atlas.object).__name__))
        axis = RegionAxis(name, atlas.object.regions, atlas.object.nodes)
        reporters = tuple(runner.make("reporter", choice) for choice in self.config.reporters)
        if self.config.warning:
            runner.notify(self.config.warning)
        check_need(need_of(corpus, self.config, axis), runner.user_host, advice=ADVICE)
        for role in ("reducer", "clusterer", "region_mapper"):
            runner.make(role)  # a wrong value or a missing extra shows before anything is computed or paid for
        return axis, reporters

    def _check_engine(self, runner: StageRunner, *, is_large: bool) -> None:
        """Check that the stages can work where the engine does; tell where there is nothing for workers to do."""
        if is_large:
            self.engine.check(runner.made.values(), runner.host)
        elif self.engine.is_remote:
            runner.log_once(
                "the corpus is processed completely in this process without workers, because it has at "
                f"most {self.config.fit_texts:,} distinct texts (fit_texts) or its groups are fitted "
                "separately"
            )

    def _check_large(self, runner: StageRunner, corpus: Corpus, *, keep_segments: bool) -> None:
        """Check what is asked of a corpus that is fitted to a sample; see `fit` for what is raised."""
        if keep_segments or corpus.by_position:
            raise no_segments()
        check_can_place(runner.made["reducer"], runner.made["clusterer"], self.config.fit_texts)

    def _fit_in_blocks(
        self,
        runner: StageRunner,
        corpus: Corpus,
        sample: IntArray,
        *,
        axis: RegionAxis,
        reporters: Sequence[Stage],
        no_texts: bool,
        source: Mapping[str, Any] | None,
        bandwidth: float | None,
    ) -> FittedTextPathway:
        """Fit the stages to some rows of a large corpus, (n_sample,), and map all of it block by block."""
        config = self.config
        atlas, embedder, scorer = (runner.made[role] for role in ("atlas", "embedder", "intensity_scorer"))
        check_language(embedder, config.language)
        runner.notify(
            f"The corpus has more than {config.fit_texts:,} distinct texts (fit_texts), so the stages "
            f"were fitted to a sample of {len(sample):,}, chosen by a hash of the texts, and all texts "
            "were then mapped with them."
        )
        learnt = fit_sample(
            runner, corpus.take(sample), copies_of(corpus, sample), atlas=atlas, embedder=embedder, scorer=scorer,
            axis=axis, no_texts=no_texts,
        )  # fmt: skip
        fit = learnt.blocks.fit
        store, sums = map_in_blocks(runner, learnt.blocks, corpus)
        check_screening(sums.tally, sums.n_rows, embedder, scorer, config.language)
        notes_of_screening = screening_notes(sums.tally, embedder, scorer, config.language)
        rank = np.arange(len(learnt.screening.scored))
        mapped = self._mapped(learnt.sample, learnt.screening, learnt.segments, rank, axis, reporters)
        described = clusters_from_sums(sums, no_texts=no_texts)
        notify_withheld_words(runner, described, corpus)
        with runner.doing("finding what words contribute"):
            reasons = (
                None
                if no_texts
                else explain(
                    fit,
                    corpus,
                    described,
                    partial(_languages, corpus, learnt.blocks),
                    partial(_examples, learnt, corpus, sample),
                )
            )
        for note in (*notes_of_screening, *design_notes_from_sums(sums), *length_notes(mapped)):
            runner.notify(note)
        stages = {"atlas": atlas, "embedder": embedder, "intensity_scorer": scorer} | fit.stages
        provenance = self._provenance(
            runner, stages, reporters, mapped, {**(source or {}), **_input_of_sums(sums, corpus)},
            fitted_on=learnt.provenance,
        )  # fmt: skip
        mapped = attrs.evolve(mapped, provenance=provenance, source=provenance["input"])
        result = StoredTextResult(
            regions=regions_from_sums(
                sums,
                level=config.level,
                region_of=axis.region_of,
                reference_share=mapped.mapping.reference_share,
                n_resamples=config.interval.n,
                confidence_level=config.interval.coverage,
                seed=config.seed,
            ),
            clusters=described,
            store=store,
            axis=axis,
            level=config.level,
            provenance=provenance,
            reporters=mapped.reporters,
            n_rows=sums.n_rows,
            n_texts=sums.n_texts,
            no_texts=no_texts,
            reasons=reasons,
        )
        if any(time is not None for time in corpus.time):
            timed, courses = add_time_courses(result.mapped, bandwidth)
            result = attrs.evolve(result, provenance=timed.provenance, courses=courses)
        nothing = EmbeddedTexts([], learnt.segments.vectors[:0], np.zeros(0, dtype=np.int64))
        return FittedTextPathway(
            self, result, mapped, nothing, {ALL: fit}, notes_of_screening, runner, embedder, scorer
        )

    def _provenance(
        self,
        runner: StageRunner,
        stages: Mapping[str, Stage],
        reporters: Sequence[Stage],
        mapped: Mapped,
        source: Mapping[str, Any],
        **more: Any,
    ) -> dict[str, Any]:
        """Return the provenance of mapped texts, with what else is to be said."""
        config = self.config
        return collect(
            config.to_dict(portable=True),
            {role: stage.to_dict() for role, stage in sorted(stages.items())}
            | {"reporter": [r.to_dict() for r in reporters]},
            seed=config.seed,
            input=dict(source),
            reference=mapped.mapping.reference,
            regions=list(mapped.targets),
            **({"nodes": mapped.axis.region_of} if config.level == "node" else {}),
            **config.describe_preset(),
            notes=list(runner.notes),
            **_overlaps(stages["region_mapper"].object),
            **more,
        )

    def check(
        self,
        texts: Any,
        *,
        no_texts: bool | None = None,
        keep: Sequence[str] = (),
        keep_segments: bool = False,
        allow_upload: bool = False,
        **columns: str | None,
    ) -> DesignSummary:
        """Run all checks of `fit` and describe the design; nothing is computed or sent.

        Parameters
        ----------
        texts : table, iterable of str or Corpus
            A table of any supported library, an iterable of strings, or a corpus.
        no_texts : bool, optional
            As for `fit`.
        keep : sequence of str, default ()
            Further columns of the table, as for `map_texts`.
        keep_segments, allow_upload : bool, default False
            As for `fit`.
        **columns : str
            `text`, `group`, `unit`, `time`, `id` and `date_format`, as for `map_texts`.

        Returns
        -------
        DesignSummary
            Groups, units, texts, lengths, times and estimated cost.

        Raises
        ------
        InputError
            The texts or their times can't be used.
        ConfigError, PluginError, MissingExtra
            A stage can't be created, or a library that it needs isn't installed.
        """
        texts, is_marked = tables_with_mark(texts, keep=keep, **columns)
        no_texts = check_mark(self, is_marked, no_texts, allow_upload=allow_upload)
        corpus = as_corpus(texts, keep=keep, **columns)
        check_times(corpus)
        runner = self._runner(no_texts=no_texts)
        if no_texts:
            check_columns_hold_no_texts(corpus)
        for note in corpus.notes:
            runner.notify(note)
        stages = check_stages(runner, self.ROLES_USED)
        screening = screen_corpus(corpus, stages["embedder"], stages["intensity_scorer"], self.config.language)
        scored = screening.scored
        for note in screening.notes:
            runner.notify(note)
        notify_design(runner, corpus, scored)
        distinct = sorted({corpus.text[row] for row in scored})
        is_large = sample_rows(corpus, self.config.fit_texts) is not None if self.config.fit == "joint" else False
        if is_large:
            self._check_large(runner, corpus, keep_segments=keep_segments)
        self._check_engine(runner, is_large=is_large)
        if self.config.warning:
            runner.notify(self.config.warning)
        atlas = stages["atlas"].object
        need = need_of(corpus, self.config, RegionAxis("", atlas.regions, atlas.nodes))
        if doubt := doubt_of_need(need, runner.user_host, advice=ADVICE):
            runner.notify(f"A run would stop with this error: {doubt}")
        return DesignSummary.of(
            corpus,
            scored,
            need=need,
            stages={role: stage.full_name for role, stage in stages.items()},
            estimates=estimates(list(stages.values()), distinct),
            languages=screening.n_by_language,
            notes=tuple(runner.notes),
        )

    def _members(self, corpus: Corpus, scored: IntArray) -> dict[str, IntArray]:
        """Return the scored texts that are fitted together, as places among them.

        These are all of them, or (as published) every group on its own.
        """
        if self.config.fit == "joint" or not corpus.groups:
            return {ALL: np.arange(len(scored))}
        groups = np.array([corpus.group[row] or "" for row in scored], dtype=object)
        return {name: np.flatnonzero(groups == name) for name in sorted(set(groups))}


def length_notes(mapped: Mapped) -> list[str]:
    """Return a note where means count every text alike, whatever its length."""
    if mapped.unit_weights == "words":
        return []
    note = (
        'unit_weights = "texts": every text has equal weight in means, so groups whose texts differ '
        "only in length can appear different (docs/evidence-text.md)."
    )
    return [note]


def _input_of_sums(sums: PartialSums, corpus: Corpus) -> dict[str, Any]:
    """Return what provenance says of the texts of a large corpus."""
    return {
        "n_rows": sums.n_rows,
        "n_scored": sums.n_texts,
        "n_distinct": len(sums.distinct),
        "n_segments": sums.n_segments,
        "languages": sums.languages,
        "texts_sha256": hash_texts(corpus.text),
        "groups": list(sums.named_groups),
        **({"kept": list(corpus.columns)} if corpus.columns else {}),
    }


def _languages(corpus: Corpus, blocks: BlockFit, rows: Sequence[int]) -> Sequence[str | None]:
    """Return the language of some rows of a large corpus, as they were mapped."""
    return screen_rows(corpus.take(rows), blocks.embedder, blocks.scorer, blocks.language).language


def _examples(learnt: SampleFit, corpus: Corpus, sample: IntArray) -> Sequence[int]:
    """Return examples of each region among the rows of a large corpus that are its sample, (n_sample,)."""
    cut = learnt.segments.cut
    profile = cut.mean(learnt.segments.mapping.profile)
    return region_examples(corpus, sample[learnt.screening.scored], profile, cut.words_of_text)


def _overlaps(mapper: Any) -> dict[str, Any]:
    """Return the pairs of nodes that the mapper's data can't tell apart, where it knows."""
    return {"overlapping_nodes": list(mapper.overlapping_nodes)} if isinstance(mapper, NamesOverlaps) else {}
