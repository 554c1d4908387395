"""The brain pathway: region series and a story's ratings → windows → decoded emotion courses, beside their null.

arXiv 2606.07707, and what we recommend instead; docs/science-brain.md says where the two part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import numpy as np

from emotopy.config import Config
from emotopy.errors import ConfigError
from emotopy.inference.nulls import NULLS
from emotopy.inference.scores import FEWEST_WINDOWS
from emotopy.inference.splits import Plan
from emotopy.pathways.brain.analysis import Question, analyse
from emotopy.pathways.brain.features import clock_of, feature_sets
from emotopy.pathways.brain.from_dataframes import as_ratings, as_series
from emotopy.pathways.brain.input import check_aligned, checked_series, hashes, targets_of
from emotopy.pathways.brain.result import Decoding
from emotopy.pathways.brain.rows import Clock, Rows, Targets, compact
from emotopy.pathways.brain.tables import (
    check_table,
    explanation_tables,
    networks_table,
    paired_table,
    predictions_table,
    say_what_is_left_out,
    say_what_scores_mean,
    scores_table,
    subjects_table,
)
from emotopy.readers.motion import Motion
from emotopy.readers.regressors import Regressors
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Ratings, RegionSeries
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.running.base import Pathway
from emotopy.running.stages import StageRunner
from emotopy.storage.cache import hash_array
from emotopy.storage.provenance import collect

if TYPE_CHECKING:
    import pandas as pd


def decode(
    series: Sequence[RegionSeries] | Mapping[str, pd.DataFrame],
    ratings: Ratings | pd.DataFrame | None = None,
    *,
    tr_s: float | None = None,
    targets: Sequence[Regressors] | None = None,
    start_s: float = 0.0,
    confounds: Sequence[FloatArray | None] | None = None,
    motion: Sequence[Motion] | None = None,
    regressors: Sequence[Regressors] | None = None,
    networks: Mapping[str, str] | None = None,
    preset: str | None = None,
    config: Mapping[str, Any] | Config | None = None,
    seed: int | None = None,
    registry: Registry | None = None,
    cache: str | Path | None = None,
    host: Host | None = None,
) -> Decoding:
    """Decode a story's emotions from the scans of people who heard it.

    Parameters
    ----------
    series
        One run per subject, all with the same regions, TR and number of volumes: records, or a DataFrame per subject
        with a row per volume and a column per region.
    ratings, targets
        Exactly one of them: the story's ratings on its own clock, or courses per subject and volume that are under the
        HRF already. A DataFrame of ratings has columns ``onset, duration`` (seconds) and one per emotion.
    tr_s
        Seconds between volumes; DataFrames need it, records know it.
    start_s
        What the narrative's clock shows at the onset of the first volume.
    confounds
        What is regressed out of each series, (n_volumes, n_confounds) or None, one per series.
    motion, regressors
        Baselines, one per series, in their order.
    networks
        Which network a region belongs to, for the table of networks.
    preset, config, seed, registry, cache, host
        As for `emotopy.map_texts`.

    Raises InputError for data that don't fit, ConfigError for a configuration that can't work on them.
    """
    pathway = BrainPathway.from_config(config, preset=preset, seed=seed, registry=registry, cache=cache, host=host)
    return pathway.decode(
        as_series(series, tr_s),
        as_ratings(ratings),
        targets=targets,
        start_s=start_s,
        confounds=confounds,
        motion=motion,
        regressors=regressors,
        networks=networks,
    )


@attrs.frozen(eq=False)
class BrainPathway(Pathway):
    """A configured brain pathway."""

    NAME: ClassVar[str] = "brain"
    ROLES_USED: ClassVar[tuple[str, ...]] = ("connectivity", "neural_decoder")

    def decode(
        self,
        series: Sequence[RegionSeries],
        ratings: Ratings | None = None,
        *,
        targets: Sequence[Regressors] | None = None,
        start_s: float = 0.0,
        confounds: Sequence[FloatArray | None] | None = None,
        motion: Sequence[Motion] | None = None,
        regressors: Sequence[Regressors] | None = None,
        networks: Mapping[str, str] | None = None,
        source: Mapping[str, Any] | None = None,
        notes: Sequence[str] = (),
    ) -> Decoding:
        """Decode; arguments as for the function `decode`.

        `source` describes the input in the provenance, `notes` is what was told about it before.
        """
        series = checked_series(series)
        check_aligned(series, confounds, motion, regressors, targets)
        config = self.config
        runner = self._runner(notes)
        connectivity, decoder = runner.make("connectivity"), runner.make("neural_decoder")
        reporters = tuple(runner.make("reporter", choice) for choice in config.reporters)
        if config.warning:
            runner.notify(config.warning)

        wanted = targets_of(series, ratings, targets, start_s)
        clock = clock_of(connectivity, series, config.windowing)
        rows = Rows.of(series, wanted, clock)
        say_what_is_left_out(runner, series, wanted, clock)
        plan = config.split.plan(rows.layout)
        _check_blocks(plan)
        values, moment = compact(wanted.at(clock), rows.moment)
        surrogates = {kind: draw(runner, wanted, clock, rows, kind) for kind in NULLS}
        question = Question(wanted.emotions, series[0].regions, rows, plan, moment, values, surrogates)

        sets = feature_sets(runner, connectivity, series, clock, confounds or [None] * len(series), motion, regressors)
        analyses = [
            analyse(runner, decoder, features, question, explain=place == 0) for place, features in enumerate(sets)
        ]
        say_what_scores_mean(runner, analyses, wanted.emotions, clock, rows)
        provenance = collect(
            config.to_dict(portable=True),
            {stage.role: stage.to_dict() for stage in (connectivity, decoder)}
            | {"reporter": [r.to_dict() for r in reporters]},
            seed=config.seed,
            input={
                **(source or {}),
                "subjects": [one.subject for one in series],
                "targets_sha256": hash_array(wanted.courses),
                **hashes(series, confounds, motion, regressors),
            },
            regions=list(series[0].regions),
            notes=list(runner.notes),
        )
        about = (wanted.emotions, series, rows)
        edges, graph, weights, weights_rows = explanation_tables(analyses[0])
        return Decoding(
            scores=scores_table(analyses, wanted.emotions, len(series)),
            subjects=subjects_table(analyses, *about, question.wanted),
            paired=paired_table(analyses, wanted.emotions),
            predictions=predictions_table(analyses, *about, plan, question.wanted),
            edges=edges,
            graph=graph,
            weights=weights,
            weights_table=weights_rows,
            networks=networks_table(analyses[0], networks or {}),
            circular=check_table(analyses, wanted.emotions),
            provenance=provenance,
            notes=tuple(runner.notes),
            reporters=tuple(choice.to_dict() for choice in config.reporters),
        )


def draw(runner: StageRunner, targets: Targets, clock: Clock, rows: Rows, kind: str) -> FloatArray:
    """Draw surrogates of the ratings and bring them to the moments that occur, (n_surrogates, n_moments, n_emotions).

    Made per volume, before windowing; one set of phases (one lag) for all emotions and all subjects' courses.
    """
    n = runner.config.null.n
    rng = np.random.default_rng([runner.config.seed, list(NULLS).index(kind)])
    n_courses, n_volumes, n_emotions = targets.courses.shape
    side_by_side = targets.courses.transpose(1, 0, 2).reshape(n_volumes, -1)
    drawn = NULLS[kind](rng, n, side_by_side).reshape(n, n_volumes, n_courses, n_emotions)
    occurring = np.unique(rows.moment)
    return np.array([targets.at(clock, one.transpose(1, 0, 2))[occurring] for one in drawn])


def _check_blocks(plan: Plan) -> None:
    """Raise ConfigError where no subject has enough windows in any block for a score."""
    tested = np.logical_or.reduce([fold.test for fold in plan.folds()])
    cells = np.stack([plan.layout.subject, plan.block])[:, tested]
    most = int(np.unique(cells, axis=1, return_counts=True)[1].max())
    if most < FEWEST_WINDOWS:
        raise ConfigError(
            f"split.n_blocks: wanted at least {FEWEST_WINDOWS} windows in a block to score it, and the fullest holds "
            f"{most}; say a smaller --set split.n_blocks=… (or split.test_fraction larger), or windowing.step_s smaller"
        )
