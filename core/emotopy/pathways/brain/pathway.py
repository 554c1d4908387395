"""The brain pathway: region series and ratings of a story → windows → decoded emotion courses, with a null.

It implements arXiv 2606.07707 and a recommended alternative; docs/science-brain.md describes the differences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, ClassVar, Unpack

import attrs
import numpy as np

from emotopy.config import Config
from emotopy.pathways.brain.analysis import (
    DecodingTask,
    analyse,
    check_blocks,
    chooses_penalties,
    doubt_of_inner_splits,
)
from emotopy.pathways.brain.design_summary import StorySummary, StudySummary
from emotopy.pathways.brain.features import feature_sets, time_grid
from emotopy.pathways.brain.result import Decoding, Origin
from emotopy.pathways.brain.rows import TargetRows, TimeGrid
from emotopy.pathways.brain.segment_targets import study_targets
from emotopy.pathways.brain.study import Study, StudyOptions
from emotopy.pathways.brain.tables import (
    explanation_tables,
    networks_table,
    notify_left_out,
    notify_limits,
    notify_stories,
    notify_unsound,
    paired_table,
    predictions_table,
    scores_table,
    sensitivity_table,
    stories_table,
    subjects_table,
)
from emotopy.records.brain import RegionSeries
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.running.base import Pathway
from emotopy.running.checks import check_stages
from emotopy.running.engine import Engine
from emotopy.running.engines import as_engine
from emotopy.running.estimates import Need, check_need, decode_terms, doubt_of_need, estimate, stage_names
from emotopy.running.host_calls import isolable_call
from emotopy.running.writing import reporter_choices
from emotopy.storage.provenance import collect
from emotopy.wording import setting


@isolable_call
def decode(
    series: Sequence[RegionSeries] | Mapping[str, Any],
    ratings: Any = None,
    *,
    preset: str | None = None,
    config: Mapping[str, Any] | Config | None = None,
    seed: int | None = None,
    registry: Registry | None = None,
    cache: str | Path | None = None,
    host: Host | None = None,
    engine: Engine | str | None = None,
    **study: Unpack[StudyOptions],
) -> Decoding:
    """Decode the emotions of one or several stories from the scans of people who heard them.

    Parameters
    ----------
    series : sequence of RegionSeries, or mapping
        One run per subject and story. All runs need the same regions and TR, and the runs of a story the same number of
        volumes. Either records, which name their `story` if there are several, or a mapping from subject to table with
        a row per volume and a column per region; with several stories, a mapping from story to such mappings. Tables of
        any supported library are accepted (docs/data.md).
    ratings : Ratings, table or mapping, optional
        Ratings of the story over story time: a record, or a table with the columns ``onset, duration`` (seconds) and
        one per emotion. With several stories, a mapping from story to ratings. Required unless `targets` are given.
    preset : str, optional
        Preset of stages and options. Default: ``recommended``.
    config : mapping or Config, optional
        Configuration that overrides the preset.
    seed : int, optional
        Seed for all random numbers. Default: the configuration's seed, which is 0.
    registry : Registry, optional
        Registry of stages. Default: all installed plugins.
    cache : str or Path, optional
        Folder that caches finished stages between runs. Default: no cache.
    host : Host, optional
        Host for messages, progress, cancellation, deadline and child process.
    engine : str or Dask, optional
        Where subjects are measured and surrogates decoded. Default: this process; ``"dask"`` uses workers on this
        machine, an `emotopy.Dask` a cluster (docs/beyond-one-machine.md).
    **study : object
        Further arguments of `emotopy.Study.of`: `tr_s` (repetition time in seconds, required for tables), `targets`
        instead of ratings, `start_s`, `confounds`, `motion`, `regressors`, `networks`, `source`, `notes`.

    Returns
    -------
    Decoding
        Scores with their null, p-values, predictions, and the regions that contribute to each emotion.

    Raises
    ------
    InputError
        The data don't fit together.
    ConfigError
        The configuration doesn't suit the data.
    EngineError
        The engine fails.
    PluginError, MissingExtra
        A stage fails, or a library that it needs isn't installed.

    Examples
    --------
    >>> from emotopy.simulate import simulate_bold
    >>> made = simulate_bold("coupling", n_subjects=3, n_volumes=300, n_regions=5, n_carriers=3)
    >>> decoding = decode(made.series, made.ratings, config={"null": {"n": 9}, "split": "subject"})
    >>> decoding.emotions
    ('fear',)
    """
    engine = as_engine(engine)
    pathway = BrainPathway.from_config(
        config, preset=preset, seed=seed, registry=registry, cache=cache, host=host, engine=engine
    )
    studied = Study.of(series, ratings, **study)
    with engine:
        return pathway.decode(studied)


@attrs.frozen(eq=False)
class BrainPathway(Pathway):
    """A configured brain pathway: `decode(study)` returns a `Decoding`.

    Create it with `BrainPathway.from_config`, which checks the configuration.

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
        Where subjects and surrogates are processed. Default: this process.

    Examples
    --------
    >>> from emotopy.simulate import simulate_bold
    >>> made = simulate_bold("coupling", n_subjects=3, n_volumes=300, n_regions=5, n_carriers=3)
    >>> pathway = BrainPathway.from_config({"null": {"n": 9}, "split": "subject"})
    >>> pathway.check(Study.of(made.series, made.ratings)).n_regions
    5
    """

    NAME: ClassVar[str] = "brain"
    ROLES_USED: ClassVar[tuple[str, ...]] = ("connectivity", "neural_decoder")
    NEXT: ClassVar[tuple[str, ...]] = ("decoding = pathway.decode(study)",)

    def check(self, study: Study) -> StudySummary:
        """Run all checks of `decode` and describe the design without decoding.

        Parameters
        ----------
        study : Study
            The scans and ratings.

        Returns
        -------
        StudySummary
            Subjects, volumes, windows, folds, feature sets, and the resources that the work needs.

        Raises
        ------
        InputError
            The data contain nothing that can be decoded.
        ConfigError
            The configuration doesn't suit the data.
        MissingExtra
            A stage's libraries aren't installed.
        """
        config, runner = self.config, self._runner(study.notes)
        stages = check_stages(runner, self.ROLES_USED)
        self.engine.check(stages.values(), runner.host)
        connectivity = stages["connectivity"]
        if config.warning:
            runner.notify(config.warning)
        grids = [time_grid(connectivity, story, config.windowing) for story in study.stories]
        targets = study_targets(study, grids, config)
        rows = targets.rows(study)
        notify_left_out(runner, study, targets)
        plan = config.split.plan(rows.layout)
        check_blocks(plan)
        notify_stories(runner, plan, chooses=chooses_penalties(stages["neural_decoder"]))
        notify_unsound(runner)
        doubt = doubt_of_inner_splits(stages["neural_decoder"], plan)
        if doubt is not None:
            runner.notify(f"A run would stop with this error: {doubt}")
        need = need_of(study, grids, rows, targets.emotions, config)
        if lack := doubt_of_need(need, runner.user_host, advice=_advice()):
            runner.notify(f"A run would stop with this error: {lack}")
        sets = feature_sets(runner, connectivity, study, grids)
        n_censored: dict[str, int] = {}
        for one in study.recordings:
            if one.series.keep is not None and not one.series.keep.all():
                n_censored[one.name] = n_censored.get(one.name, 0) + int((~one.series.keep).sum())
        first, forward = grids[0], config.windowing.align == "forward"
        n_windows = targets.n_windows if forward else sum(len(grid.start_s) for grid in grids)
        return StudySummary(
            subjects=study.names,
            n_volumes=sum(story.n_volumes for story in study.stories),
            n_regions=len(study.regions),
            tr_s=study.tr_s,
            n_censored=n_censored,
            unit=first.label,
            n_windows=n_windows,
            width_s=first.width_s,
            step_s=None if first.windowing is None or forward else first.windowing.step_s,
            n_rows=len(rows.window),
            n_independent=rows.layout.n_independent(),
            split=config.split.kind,
            n_blocks=len(np.unique(plan.block)),
            emotions=targets.emotions,
            feature_sets=tuple(one.name for one in sets),
            null=config.null.kind,
            n_surrogates=config.null.n,
            stages={role: stage.full_name for role, stage in stages.items()},
            stories=_story_summaries(study, grids, rows) if any(story.label for story in study.stories) else (),
            notes=tuple(runner.notes),
            need=need,
        )

    @isolable_call
    def decode(self, study: Study) -> Decoding:
        """Decode a study.

        Parameters
        ----------
        study : Study
            The scans and ratings, created with `Study.of`.

        Returns
        -------
        Decoding
            As returned by `emotopy.decode`.

        Raises
        ------
        InputError
            The data contain nothing that can be decoded.
        ConfigError
            The configuration doesn't suit the data.
        """
        with self.host.one_thread() if len(study.regions) <= FEW_REGIONS else nullcontext():
            return self._decode(study)

    def _decode(self, study: Study) -> Decoding:
        config, runner = self.config, self._runner(study.notes)
        connectivity, decoder = runner.make("connectivity"), runner.make("neural_decoder")
        reporters = tuple(runner.make("reporter", choice) for choice in config.reporters)
        if config.warning:
            runner.notify(config.warning)

        grids = [time_grid(connectivity, story, config.windowing) for story in study.stories]
        targets = study_targets(study, grids, config)
        rows = targets.rows(study)
        notify_left_out(runner, study, targets)
        notify_unsound(runner)
        check_need(need_of(study, grids, rows, targets.emotions, config), runner.user_host, advice=_advice())
        with runner.doing("drawing surrogates"):
            task = DecodingTask.of(config, study, targets, rows)
        notify_stories(runner, task.plan, chooses=chooses_penalties(decoder))
        sets = feature_sets(runner, connectivity, study, grids)
        self.engine.check([connectivity, decoder], runner.host)
        analyses = []
        with runner.doing("feature sets", len(sets)) as advance:
            for features in sets:
                analyses.append(analyse(runner, decoder, features, task, explain=features is sets[0]))
                advance(1)
        notify_limits(runner, analyses, task)

        provenance = collect(
            config.to_dict(portable=True),
            {stage.role: stage.to_dict() for stage in (connectivity, decoder)}
            | {"reporter": [r.to_dict() for r in reporters]},
            seed=config.seed,
            input={
                **study.source,
                **study.described(),
                "subjects": list(study.names),
                "targets_sha256": targets.digest(),
                **study.hashes(),
            },
            regions=list(study.regions),
            **config.describe_preset(),
            notes=list(runner.notes),
        )
        n_explained = len(analyses[0].null_patterns) if analyses[0].null_patterns is not None else 0
        with runner.doing("graphs of surrogates", n_explained) as advance, self.host.one_thread():
            explained = explanation_tables(analyses[0], advance)
        return Decoding(
            scores=scores_table(analyses, task),
            subjects=subjects_table(analyses, task),
            paired=paired_table(analyses, task),
            predictions=predictions_table(analyses, task),
            **explained,
            networks=networks_table(analyses[0], study.networks),
            stories=stories_table(analyses, task),
            sensitivity=sensitivity_table(analyses, task),
            provenance=provenance,
            notes=tuple(runner.notes),
            reporters=reporter_choices(config.reporters, reporters),
            origin=Origin(study, config),
        )


FEW_REGIONS = 20
"""Up to so many, matrices are so small that one thread multiplies them as fast as several."""


def _advice() -> str:
    return f"use fewer regions, a larger windowing.step_s or fewer surrogates ({setting('null.n')})"


def need_of(study: Study, grids: Sequence[TimeGrid], rows: TargetRows, emotions: Sequence[str], config: Config) -> Need:
    """Return what decoding a study takes."""
    windowed = grids[0].windowing is not None
    n_rivals = len(config.compare.features) if windowed else 0
    terms = decode_terms(
        n_subjects=len(study.recordings),
        n_volumes=max(story.n_volumes for story in study.stories),
        n_regions=len(study.regions),
        n_rows=len(rows.window),
        n_emotions=len(emotions),
        n_surrogates=config.null.n,
        n_sets=(1 + config.compare.remove_evoked) if windowed else 0,
        n_baselines=n_rivals + 3 * config.compare.baselines + (not windowed),
        stages=stage_names(config, ("connectivity", "neural_decoder")),
    )
    return estimate("decode", terms)


def _story_summaries(study: Study, grids: Sequence[TimeGrid], rows: TargetRows) -> tuple[StorySummary, ...]:
    return tuple(
        StorySummary(
            story.label,
            story.names,
            story.n_volumes,
            len(grid.start_s),
            int((rows.layout.run == number).sum()),
            story.start_s,
        )
        for number, (story, grid) in enumerate(zip(study.stories, grids, strict=True))
    )
