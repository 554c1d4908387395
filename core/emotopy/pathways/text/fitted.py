"""A fitted text pathway, which maps new texts and can be saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np

from emotopy.errors import ConfigError, InputError
from emotopy.pathways.comparison.regroup import small_sample_notes
from emotopy.pathways.over_time.pathway import add_time_courses, check_times
from emotopy.pathways.text.fit import EmbeddedTexts, Fit, embed, score, unique_texts
from emotopy.pathways.text.result import TextResult
from emotopy.pathways.text.saved import SavedFit, save
from emotopy.pathways.text.screening import (
    Screening,
    screen_corpus,
)
from emotopy.pathways.text.segment_values import SegmentRows, SegmentValues
from emotopy.pathways.text.stored_result import StoredTextResult
from emotopy.pathways.text.tables import ClusterMaterial, clusters_table
from emotopy.pathways.text.withheld_words import notify_withheld_words
from emotopy.readers.confidential import check_columns_hold_no_texts, is_confidential
from emotopy.readers.corpora import ALL, as_corpus, tables_opened
from emotopy.records import Corpus, Mapped
from emotopy.registry.fence import batched
from emotopy.roles import Host
from emotopy.running.base import HoldsStages, Pathway
from emotopy.running.host_calls import host_call
from emotopy.running.stages import Stage, StageRunner
from emotopy.running.uploads import check_engine, check_no_upload
from emotopy.storage.cache import hash_texts
from emotopy.storage.os_errors import as_path
from emotopy.storage.results import Say, warn

if TYPE_CHECKING:
    import pandas as pd

MOST_KEPT = 20_000
"""Of more segments than this, embeddings aren't kept for a table of clusters that may never be read."""


def _result_keeps_texts_out(fitted: FittedTextPathway) -> bool:
    return fitted.result.no_texts


def _result_has_segments(fitted: FittedTextPathway) -> bool:
    return fitted.result.segment_rows is not None


@attrs.frozen(eq=False)
class FittedTextPathway(HoldsStages):
    """A fitted text pathway: `transform` maps new texts, and `save` writes the pathway to a folder.

    Returned by `TextPathway.fit` and `emotopy.load`. A text mapped alone has the same profile as within a corpus,
    unless the corpus is the reference for standardisation; a note of the result names the reference.

    Parameters
    ----------
    pathway : TextPathway
        The configured pathway.
    result : TextResult, StoredTextResult or None
        Result for the texts of the fit. A loaded pathway has none.
    mapped : Mapped
        Record from which the tables are made, at full precision. It contains the texts even if the result leaves them
        out. For a large corpus (`fit_texts`), it covers the sample to which the stages were fitted. For a loaded
        pathway, it has no rows.
    embedded : EmbeddedTexts
        Segments of the texts with their embeddings; empty for a large corpus.
    fits : mapping of str to Fit
        Fitted parameters by group: one fit `all`, unless the configuration sets `per-group`.
    screening_notes : tuple of str
        Notes about texts of the fit that the stages couldn't read.
    runner, embedder, scorer : object
        Objects that `transform` uses.
    no_texts, keep_segments : bool, optional
        How `transform` treats texts and segments. Default: as in the fit.

    Examples
    --------
    >>> import emotopy
    >>> pathway = emotopy.TextPathway.from_config({"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}})
    >>> fitted = pathway.fit(["I was afraid of the storm.", "We danced all night!"])
    >>> len(fitted.transform(["What a relief.", "He left."]).texts)
    2
    """

    INSTEAD: ClassVar[str] = (
        "write it with save(directory), and read it with emotopy.load(directory) where it is needed; its `result` is "
        "plain data"
    )

    pathway: Pathway
    _result: TextResult | StoredTextResult | None
    mapped: Mapped = attrs.field(repr=False)
    embedded: EmbeddedTexts = attrs.field(repr=False)
    fits: Mapping[str, Fit] = attrs.field(repr=False)
    screening_notes: tuple[str, ...] = attrs.field(repr=False)
    runner: StageRunner = attrs.field(repr=False)
    embedder: Stage = attrs.field(repr=False)
    scorer: Stage = attrs.field(repr=False)
    no_texts: bool = attrs.field(default=attrs.Factory(_result_keeps_texts_out, takes_self=True), repr=False)
    keep_segments: bool = attrs.field(default=attrs.Factory(_result_has_segments, takes_self=True), repr=False)

    @property
    def result(self) -> TextResult | StoredTextResult:
        """The result for the texts of the fit.

        Raises
        ------
        InputError
            The pathway was loaded; a saved model contains neither texts nor their tables.
        """
        if self._result is None:
            raise InputError(
                "result: the tables of the texts of the fit aren't part of a saved model; read the "
                "results directory of that run, or map texts with transform()",
                wanted="a pathway that was fitted in this process",
                got="one that was loaded",
            )
        return self._result

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the stages in order, and what they were fitted to."""
        from emotopy.notebook import pathway_html

        pathway, result = self.pathway, self._result
        facts, calls = {"its result": "without"}, ["fitted.transform(more_texts)", 'fitted.save("model/")']
        if result is not None:
            n_texts = result.n_texts if isinstance(result, StoredTextResult) else result.mapped.n_texts
            facts, calls = {"texts": f"fitted to {n_texts:,}"}, ["fitted.result", *calls]
        return pathway_html(
            f"{pathway.NAME} pathway, fitted",
            pathway.config,
            pathway.registry,
            pathway.ROLES_USED,
            facts=facts,
            notes=() if result is None else result.notes,
            calls=calls,
            subject=self,
        )

    def save(self, directory: str | Path, *, force: bool = False, notify: Say = warn) -> Path:
        """Save the fitted pathway to a folder; `emotopy.load` loads it.

        The folder is written completely or not at all. It holds arrays and JSON, no pickle and no texts;
        docs/save-and-load.md describes what its numbers may reveal about the texts. Stages are recorded by owner, name,
        version and options. Secrets, and files that options name, aren't saved.

        Parameters
        ----------
        directory : str or Path
            The folder.
        force : bool, default False
            Replace an existing model or results folder.
        notify : callable, default a Python warning
            Receives a message about anything that isn't saved.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        ConfigError
            The fit was per-group, a stage can't place new texts, or a stage was given as an object that can't be
            created again.
        PluginError
            A stage can't export its fitted state (it lacks `emotopy.roles.Saves`), or exports data that can't be saved.
        OutputError
            The folder exists (unless `force`), or can't be written.
        """
        if len(self.fits) > 1:
            raise ConfigError(
                "fit: a per-group fit has no common space for new texts, so it can't be saved as a "
                'model; fit with fit = "joint"',
                path="fit",
                wanted="joint",
                got="per-group",
            )
        fit = next(iter(self.fits.values()))
        fit.finish(self.embedded if fit.is_fitted else self.embedded.take(fit.members))
        notes_of_fit = {*self.mapped.corpus.notes, *self.screening_notes}
        saved = SavedFit(
            config=self.pathway.config,
            fit=fit,
            embedder=self.embedder,
            scorer=self.scorer,
            axis=self.mapped.axis,
            provenance=self.mapped.provenance,
            reporters=self.mapped.reporters,
            notes=tuple(note for note in self.runner.notes if note not in notes_of_fit),
            no_texts=self.no_texts,
            keep_segments=self.keep_segments,
        )
        return save(
            as_path(directory, "directory"),
            saved,
            self.pathway.registry,
            self.mapped.corpus.text,
            force=force,
            notify=notify,
        )

    @property
    def host(self) -> Host:
        """The host of the pathway, for messages and cancellation."""
        return self.pathway.host

    @host_call
    def transform(
        self, texts: Any, *, keep: Sequence[str] = (), allow_upload: bool = False, **columns: str | None
    ) -> TextResult:
        """Map new texts without refitting any stage.

        The result has clusters if the reducer has `transform` and the clusterer has `predict`. The provenance describes
        these texts under `input` and the texts of the fit under `fitted_on`.

        Parameters
        ----------
        texts : table, iterable of str or Corpus
            A table of any supported library, an iterable of strings, or a corpus.
        keep : sequence of str, default ()
            Further columns of the table, as for `map_texts`.
        allow_upload : bool, default False
            Allow stages to send the texts of a table that is marked as confidential to their servers.
        **columns : str
            `text`, `group`, `unit`, `time`, `id` and `date_format`, as for `map_texts`.

        Returns
        -------
        TextResult
            The result for these texts.

        Raises
        ------
        ConfigError
            The fit was `per-group`, which has no common space for new texts; or the table is marked as confidential and
            the results of the fit contain texts, or a stage would send them to a server.
        InputError
            The texts can't be used.
        """
        if len(self.fits) > 1:
            raise ConfigError('fit: a per-group fit has no common space for new texts; fit with fit = "joint"')
        texts, is_marked = tables_with_mark(texts, keep=keep, **columns)
        if check_mark(self.pathway, is_marked, None, allow_upload=allow_upload) and not self.no_texts:
            raise ConfigError(
                "no_texts: these texts are marked as confidential, but results of this fit contain "
                "texts; fit with no_texts=True",
                path="no_texts",
                wanted="a fit with no_texts=True",
                got=False,
            )
        corpus = as_corpus(texts, keep=keep, **columns)
        check_times(corpus)
        notes_of_fit = {*self.mapped.corpus.notes, *self.screening_notes}
        notes = [note for note in self.runner.notes if note not in notes_of_fit]
        with batched(fence=self.runner.registry.fence), self.runner.for_call(notes) as runner:
            return self._transform(corpus, runner)

    def _transform(self, corpus: Corpus, runner: StageRunner) -> TextResult:
        fit = next(iter(self.fits.values()))
        config = self.pathway.config
        screening = screen_corpus(corpus, self.embedder, self.scorer, config.language)
        scored = screening.scored
        if self.no_texts:
            check_columns_hold_no_texts(corpus)
        texts_new = [corpus.text[row] for row in scored]
        cut = screening.cut(corpus, config.segment)
        embedded = embed(runner, self.embedder, cut.segments)
        intensities = score(runner, self.scorer, embedded)
        learnt_from = self.embedded if fit.is_fitted else self.embedded.take(fit.members)
        mapping, clusters, map_xy = fit.map_new(embedded, learnt_from)
        segments = SegmentValues(cut, embedded.vectors, mapping, intensities, clusters, map_xy)
        ranks = unique_texts(texts_new)[1]
        values = {**segments.by_text(), **of_rows(screening)}
        mapped = attrs.evolve(self.mapped, corpus=corpus, scored=scored, text_rank=ranks, **values)
        no_texts = self.no_texts
        described: pd.DataFrame | ClusterMaterial = ClusterMaterial(mapped, segments, {ALL: np.arange(len(cut))})
        if no_texts or len(cut) > MOST_KEPT:
            described = clusters_table(mapped, segments, {ALL: np.arange(len(cut))}, no_texts=no_texts)
            notify_withheld_words(runner, described, corpus)
        for note in (*corpus.notes, *screening.notes):
            runner.notify(note)
        notify_small_samples(runner, mapped)
        of_fit = self.mapped.provenance
        source = input_of(mapped)
        provenance = {**of_fit, "input": source, "fitted_on": of_fit["input"], "notes": list(runner.notes)}
        mapped = attrs.evolve(mapped, provenance=provenance, source=source)
        keep_segments = self.keep_segments or corpus.by_position
        rows = SegmentRows.of(mapped, segments) if keep_segments else None
        replaced = self._result.courses if self._result is not None else None
        mapped, courses = add_time_courses(mapped, replaces=replaced, segments=rows.mapped if rows else None)
        return TextResult.of(mapped, described, courses, segment_rows=rows, no_texts=no_texts)


def tables_with_mark(texts: Any, **columns: Any) -> tuple[Any, bool]:
    """Return `tables_opened`, and whether the table, or the column of one, is marked as confidential."""
    opened = tables_opened(texts, **columns)
    return opened, is_confidential(opened) or is_confidential(texts)  # a list of a column's cells carries no mark


def check_mark(pathway: Pathway, is_marked: bool, no_texts: bool | None, *, allow_upload: bool) -> bool:
    """Return whether texts stay out of all that is written: as asked, else where their table is marked.

    Raises ConfigError where the texts of a marked table would be sent away, unless `allow_upload`.
    """
    if is_marked:
        check_engine(pathway.engine, is_secret=True, allow_upload=allow_upload)
        check_no_upload(pathway, allow_upload=allow_upload)
    return is_marked if no_texts is None else no_texts


def notify_small_samples(runner: StageRunner, mapped: Mapped) -> None:
    """Notify the user, once, of what a reader of the intervals has to know."""
    for note in small_sample_notes(mapped):
        runner.notify(note)


def of_rows(screening: Screening) -> dict[str, Any]:
    """Return what `Mapped` holds of a screening."""
    return {
        "status": screening.status,
        "language": screening.language,
        "has_intensity": screening.has_intensity[screening.scored],
    }


def input_of(mapped: Mapped) -> dict[str, Any]:
    """Return what provenance says of the texts."""
    corpus = mapped.corpus
    return {
        "n_rows": mapped.n_rows,
        "n_scored": mapped.n_texts,
        "n_distinct": len(np.unique(mapped.text_rank)),
        "n_segments": int(mapped.n_segments.sum()),
        "languages": dict(sorted(Counter(name for name in mapped.language if name is not None).items())),
        "texts_sha256": hash_texts(corpus.text),
        "groups": list(corpus.groups),
        **({"kept": list(corpus.columns)} if corpus.columns else {}),
    }
