"""The text pathway: texts → embeddings → points → clusters; texts → intensities; texts → brain regions.

arXiv 2508.09337, and what we recommend instead; docs/science.md says where the two part.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np

from emotopy.config import Config
from emotopy.errors import ConfigError, InputError
from emotopy.pathways.over_time.pathway import add_time_courses, check_times
from emotopy.pathways.text.cluster_table import cluster_table, describe_clusters
from emotopy.pathways.text.fit import Fit, canonical, embed, joined, score
from emotopy.pathways.text.provenance import axis_of, input_of, nodes_of, overlaps
from emotopy.pathways.text.result import TextResult
from emotopy.pathways.text.tables import regions_table, small_sample_notes, texts_table
from emotopy.readers.confidential import is_confidential
from emotopy.readers.corpora import ALL, as_corpus
from emotopy.records import Clusters, Corpus, IntArray
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.running.base import Pathway
from emotopy.running.stages import Stage, StageRunner
from emotopy.running.uploads import check_no_upload
from emotopy.storage.provenance import collect

if TYPE_CHECKING:
    import pandas as pd

Texts = Sequence[str] | Corpus


def map_texts(
    texts: pd.DataFrame | Iterable[str],
    *,
    text: str | None = None,
    group: str | None = None,
    unit: str | None = None,
    time: str | None = None,
    id: str | None = None,  # noqa: A002 (the column's name)
    keep: Sequence[str] = (),
    preset: str | None = None,
    config: Mapping[str, Any] | Config | None = None,
    seed: int | None = None,
    registry: Registry | None = None,
    cache: str | Path | None = None,
    host: Host | None = None,
    no_texts: bool | None = None,
    allow_upload: bool = False,
) -> TextResult:
    """Map texts onto the emotion atlas.

    Parameters
    ----------
    texts
        A DataFrame, whose columns `text`, `group`, `unit`, `time`, `id` name; or an iterable of strings.
    keep
        Further columns of the DataFrame to carry into the result: covariates, pairs, other groupings. None by default,
        since tables hold private things.
    preset, config, seed
        What does the work: the preset `recommended` by default, and a configuration over it (`emotopy config show`).
    registry
        Where stages come from; all installed plugins by default.
    cache
        A directory where finished stages are kept for the next run; none by default.
    host
        Messages and progress; silent by default.
    no_texts
        Keep every input text out of whatever the result writes; columns to `keep` were asked for and are written. None:
        where the DataFrame is marked as confidential (`emotopy.readers.confidential`).
    allow_upload
        Let stages send the texts of a DataFrame that is marked as confidential to their servers.

    Raises InputError for unusable data, ConfigError for an unusable configuration, PluginError, ProviderError or
    MissingExtra where a stage can't do its work.
    """
    pathway = TextPathway.from_config(config, preset=preset, seed=seed, registry=registry, cache=cache, host=host)
    import pandas as pd

    confidential = isinstance(texts, pd.DataFrame) and is_confidential(texts)
    if confidential:
        check_no_upload(pathway, allow_upload=allow_upload)
    corpus = as_corpus(texts, text=text, group=group, unit=unit, time=time, id=id, keep=keep)
    return pathway.fit(corpus, no_texts=confidential if no_texts is None else no_texts).result


@attrs.frozen(eq=False)
class TextPathway(Pathway):
    """A configured text pathway: `fit(texts)` gives a `FittedTextPathway`."""

    NAME: ClassVar[str] = "text"
    ROLES_USED: ClassVar[tuple[str, ...]] = (
        "embedder",
        "reducer",
        "clusterer",
        "intensity_scorer",
        "region_mapper",
        "atlas",
    )

    def fit(
        self,
        texts: Texts,
        *,
        no_texts: bool = False,
        source: Mapping[str, Any] | None = None,
        bandwidth: float | None = None,
    ) -> FittedTextPathway:
        """Fit all stages to the texts, in one joint fit unless the configuration says `per-group`.

        `source` describes the input in the provenance (file name, checksum); `bandwidth` is that of courses over time.
        """
        corpus = as_corpus(texts)
        check_times(corpus)
        rows = corpus.scored
        if len(rows) == 0:
            raise InputError(f"none of the {len(corpus)} rows holds text; nothing to map")
        runner = self._runner()
        atlas, embedder = runner.make("atlas"), runner.make("embedder")
        scorer = runner.make("intensity_scorer")
        axis = axis_of(atlas.object)
        reporters = tuple(runner.make("reporter", choice) for choice in self.config.reporters)
        if self.config.warning:
            runner.notify(self.config.warning)
        for role in ("reducer", "clusterer", "region_mapper"):
            runner.make(role)  # a wrong value or a missing extra shows before anything is computed or paid for

        distinct, place = canonical([corpus.text[row] for row in rows])
        vectors = embed(runner, embedder, distinct)
        intensities = score(runner, scorer, distinct, place)

        fits = {}
        for name, members in self._fits(corpus, rows).items():
            one = place[members]
            fits[name] = Fit.learn(runner, atlas, embedder, distinct, vectors, one, members)
        mapping = joined([fit.map() for fit in fits.values()], [fit.members for fit in fits.values()])
        described = describe_clusters(corpus, rows, fits, vectors, place, intensities, mapping, no_texts=no_texts)
        labels = np.full(len(rows), -1)
        for fit in fits.values():
            labels[fit.members] = fit.clusters.labels

        config = self.config
        notify_small_samples(runner, corpus, rows)
        stages = {"atlas": atlas, "embedder": embedder, "intensity_scorer": scorer} | next(iter(fits.values())).stages
        provenance = collect(
            config.to_dict(portable=True),
            {role: stage.to_dict() for role, stage in sorted(stages.items())}
            | {"reporter": [r.to_dict() for r in reporters]},
            seed=config.seed,
            input={**(source or {}), **input_of(corpus, rows, distinct)},
            reference=mapping.reference,
            regions=list(mapping.targets),
            **nodes_of(axis, config.level),
            notes=list(runner.notes),
            **overlaps(stages["region_mapper"].object),
        )
        result = TextResult(
            regions=regions_table(
                corpus,
                rows,
                mapping,
                intensities,
                axis,
                level=config.level,
                interval=config.interval,
                seed=config.seed,
            ),
            texts=texts_table(corpus, rows, mapping, intensities, Clusters(labels)),
            clusters=described,
            corpus=corpus,
            mapping=mapping,
            intensities=intensities,
            clustering=Clusters(labels),
            axis=axis,
            level=config.level,
            provenance=provenance,
            notes=tuple(runner.notes),
            no_texts=no_texts,
            reporters=tuple(choice.to_dict() for choice in config.reporters),
        )
        return FittedTextPathway(self, add_time_courses(result, bandwidth), fits, runner, embedder, scorer)

    def _fits(self, corpus: Corpus, rows: IntArray) -> dict[str, IntArray]:
        """Which scored rows are fitted together: all of them, or (as published) every group on its own."""
        if self.config.fit == "joint" or not corpus.groups:
            return {ALL: np.arange(len(rows))}
        groups = np.array([corpus.group[row] or "" for row in rows], dtype=object)
        return {name: np.flatnonzero(groups == name) for name in sorted(set(groups))}


@attrs.frozen(eq=False)
class FittedTextPathway:
    """A pathway after its fit: `result` is what the fit's own texts gave, `transform` maps more texts.

    A text mapped alone gets the profile it has inside a corpus, as long as the mapper's standard doesn't come from the
    corpus (the note on the reference says which).
    """

    pathway: TextPathway
    result: TextResult
    fits: Mapping[str, Fit] = attrs.field(repr=False)
    runner: StageRunner = attrs.field(repr=False)
    embedder: Stage = attrs.field(repr=False)
    scorer: Stage = attrs.field(repr=False)

    def transform(self, texts: Any, *, keep: Sequence[str] = (), **columns: str | None) -> TextResult:
        """Map texts that need not have been part of the fit; nothing is learnt from them.

        Clusters are given where the reducer and the clusterer can place new texts, else none. The provenance tells of
        these texts as `input`, of the fit's as `fitted_on`.

        Raises ConfigError after a `per-group` fit, which has no common space to place new texts in.
        """
        if len(self.fits) > 1:
            raise ConfigError('fit: a per-group fit has no common space for new texts; fit with fit = "joint"')
        fit = next(iter(self.fits.values()))
        corpus = as_corpus(texts, keep=keep, **columns)
        check_times(corpus)
        rows = corpus.scored
        if len(rows) == 0:
            raise InputError(f"none of the {len(corpus)} rows holds text; nothing to map")
        distinct, place = canonical([corpus.text[row] for row in rows])
        vectors = embed(self.runner, self.embedder, distinct)
        intensities = score(self.runner, self.scorer, distinct, place)
        inputs, clusters = fit.place_new(distinct, vectors, place)
        mapping = fit.map(inputs)
        config = self.pathway.config
        labelled = clusters or Clusters(np.full(len(rows), -1))
        described = cluster_table(
            [corpus.text[r] for r in rows],
            vectors[place],
            labelled,
            intensities,
            mapping,
            no_texts=self.result.no_texts,
        )
        described.insert(0, "group", ALL)
        runner = attrs.evolve(self.runner, notes=list(self.runner.notes))
        notify_small_samples(runner, corpus, rows)
        told = self.result.provenance
        result = attrs.evolve(
            self.result,
            corpus=corpus,
            regions=regions_table(
                corpus,
                rows,
                mapping,
                intensities,
                self.result.axis,
                level=config.level,
                interval=config.interval,
                seed=config.seed,
            ),
            texts=texts_table(corpus, rows, mapping, intensities, clusters),
            clusters=described,
            mapping=mapping,
            intensities=intensities,
            clustering=labelled,
            notes=tuple(runner.notes),
            provenance={
                **told,
                "input": input_of(corpus, rows, distinct),
                "fitted_on": told["input"],
                "notes": list(runner.notes),
            },
        )
        return add_time_courses(result)


def notify_small_samples(runner: StageRunner, corpus: Corpus, rows: IntArray) -> None:
    """Say what a reader of the intervals has to know, once."""
    for note in small_sample_notes(corpus, rows):
        runner.notify(note)
