"""Feature sets of the brain pathway: what a decoder is given, and the baselines that it has to beat."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import attrs
import numpy as np

from emotopy.config import StageChoice
from emotopy.errors import ConfigError, InputError, PluginError, ShapeError
from emotopy.host import checkpoint
from emotopy.pathways.brain.rows import TimeGrid
from emotopy.pathways.brain.story import Story, Subject, in_story
from emotopy.pathways.brain.study import Study
from emotopy.readers.motion import Motion
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Windowing
from emotopy.roles import CleansSignal
from emotopy.running.engine import InProcess
from emotopy.running.stages import Stage, StageRunner
from emotopy.storage.cache import hash_array
from emotopy.wording import setting

Work = Callable[..., Iterator[Any]]
IN_PROCESS = InProcess()
EVOKED = "+remove-evoked"
CleanedSeries = dict[str, list[FloatArray]]
"""The series of each story's subjects as a measure cleans them, by the story's label."""
KEPT_BYTES = 1024**3
"""Cleaned series are kept for the next feature set unless all of a study's series are larger."""
CONSTANT = "mean"
"""The baseline that predicts the mean of the training rows."""


@attrs.frozen(eq=False)
class FeatureSet:
    """A named way to describe windows: `make()` gives an array (n_windows, n_features) per recording, when needed.

    Recordings come story by story, subject by subject.

    `cache_key` identifies what the features depend on; None where that is unknown, so that nothing is cached.
    `has_edges` says whether a feature is a pair of regions (computed for the first set alone, the one that is
    explained).
    """

    name: str
    cache_key: str | None
    make: Callable[[], Iterable[FloatArray]]
    is_baseline: bool = False
    has_edges: bool = False


def time_grid(stage: Stage, story: Story, windowing: Windowing) -> TimeGrid:
    """Return the windows that a connectivity stage makes of a story, or single volumes where it has lags instead.

    Raises ConfigError for a stage that has windows of its own, other than the ratings'.
    """
    own = getattr(stage.object, "windowing", None)
    if isinstance(own, Windowing) and own != windowing:
        raise ConfigError(
            f"connectivity: {stage.name} has windows of {own.width_s:g} s every {own.step_s:g} s, but "
            f"the ratings {windowing.width_s:g} s every {windowing.step_s:g} s; set the same "
            "windowing.width_s, step_s, taper and sigma_s"
        )
    n_lags = getattr(stage.object, "n_lags", None)
    if n_lags is not None:
        return TimeGrid(story.tr_s, story.n_volumes, None, n_lags)
    with in_story(story.label):
        windowing.starts(story.tr_s, story.n_volumes)
    return TimeGrid(story.tr_s, story.n_volumes, windowing)


def feature_sets(runner: StageRunner, stage: Stage, study: Study, grids: Sequence[TimeGrid]) -> list[FeatureSet]:
    """Return the feature sets in the order of the tables: the measure, its variant, its rivals, the baselines.

    `grids` are the stories' time grids. Nothing is measured yet. Raises UnknownName for a rival that no plugin offers,
    InputError for regressors named like another feature set.
    """
    compare, windowing = runner.config.compare, grids[0].windowing
    on_grids = [(grid, one) for story, grid in zip(study.stories, grids, strict=True) for one in story.subjects]
    confounds = [None if one.confounds is None else hash_array(one.confounds) for one in study.recordings]
    inputs = repr(
        (
            grids,
            [len(story.subjects) for story in study.stories],
            [hash_array(one.signal) for one in study.recordings],
            confounds,
        )
    )

    is_small = sum(one.signal.nbytes for one in study.recordings) <= KEPT_BYTES
    kept: CleanedSeries | None = {} if is_small else None

    def measures(one: Stage, *, evoked: bool = False, has_edges: bool = False) -> FeatureSet:
        cleaned = kept if one is stage else None  # the others are measured once
        return FeatureSet(
            one.name + EVOKED * evoked,
            None if one.cache_key_parts is None else repr((one.cache_key_parts, evoked, inputs)),
            partial(_measured_stories, runner, one, study, grids, evoked=evoked, kept=cleaned),
            has_edges=has_edges,
        )

    def baseline(name: str, columns: list[FloatArray]) -> FeatureSet:
        return FeatureSet(name, repr((grids, [hash_array(one) for one in columns])), lambda: columns, is_baseline=True)

    sets = [measures(stage, has_edges=_has_edges(stage, grids[0]))]
    if windowing is not None:
        alone = [story.label or "the story" for story in study.stories if len(story.subjects) < 2]
        if compare.remove_evoked and not alone:
            sets.append(measures(stage, evoked=True))
        elif compare.remove_evoked:
            runner.notify(
                f"{stage.name}{EVOKED} is left out, because {', '.join(alone)} has one subject and the "
                "evoked response is estimated from the other subjects."
            )
        rivals = [runner.make("connectivity", StageChoice(name)) for name in dict.fromkeys(compare.features)]
        sets += [measures(rival) for rival in rivals if rival.full_name != stage.full_name]
    if compare.baselines:
        # Motion of censored volumes counts too: what the head did there spreads into their neighbours.
        if motion := [grid.course(_motion_columns(one.motion)) for grid, one in on_grids if one.motion is not None]:
            sets.append(baseline("motion", motion))
        times_s = [grid.start_s[:, None] for grid, _ in on_grids]
        sets.append(baseline("time", times_s))
        sets.append(baseline(CONSTANT, [np.zeros_like(one) for one in times_s]))
        taken = {one.name for one in sets}
        for name, columns in _regressor_columns(on_grids):
            if name in taken:
                raise InputError(f"regressors: {name!r} is the name of another feature set; rename the course")
            sets.append(baseline(name, columns))
    return sets


def _regressor_columns(on_grids: Sequence[tuple[TimeGrid, Subject]]) -> Iterator[tuple[str, list[FloatArray]]]:
    """Yield each regressor's name and its course at the grid's windows, (n_windows, 1) per recording."""
    given = [(grid, one.regressors, one.series.keep) for grid, one in on_grids if one.regressors is not None]
    names = given[0][1].names if given else ()
    for column, name in enumerate(names):
        yield name, [grid.course(courses.values[:, [column]], keep) for grid, courses, keep in given]


def _has_edges(stage: Stage, grid: TimeGrid) -> bool:
    """Whether the measure gives a feature per pair of regions: one for two regions.

    The number of features doesn't decide it: three regions have three levels and three pairs.
    """
    if grid.windowing is None:
        return False
    noise = np.random.default_rng(0).standard_normal((grid.n_volumes, 2))
    return bool(np.shape(stage.call("features", noise, grid.tr_s))[-1:] == (1,))


def _measured_stories(
    runner: StageRunner,
    stage: Stage,
    study: Study,
    grids: Sequence[TimeGrid],
    *,
    evoked: bool = False,
    kept: CleanedSeries | None = None,
) -> Iterator[FloatArray]:
    """Yield the features of every recording, story by story: what a story evokes is that story's own."""
    for story, grid in zip(study.stories, grids, strict=True):
        with in_story(story.label):
            yield from measured(stage, story, grid, evoked=evoked, kept=kept, work=runner.work)


def measured(
    stage: Stage,
    story: Story,
    grid: TimeGrid,
    *,
    evoked: bool = False,
    kept: CleanedSeries | None = None,
    work: Work = IN_PROCESS.map,
) -> Iterator[FloatArray]:
    """Clean each series of a story as the measure wants it and yield its features, (n_windows, n_features) each.

    `evoked` takes the mean of the other subjects out of each, after cleaning (transductive: test subjects help to
    clean training subjects). Cleaned series are put into `kept`, and taken from there the next time. `work` maps a
    function over subjects, as `emotopy.running.engine.Engine.map` does.

    Raises ConfigError for a measure of the whole run, PluginError for one that doesn't give a row per window.
    """
    cleaned = None if kept is None else kept.get(story.label)
    if cleaned is None:
        cleaned = list(work(_cleaned, stage, story.subjects))
        if kept is not None:
            kept[story.label] = cleaned
    if evoked:
        cleaned = remove_evoked(cleaned)
    for features in work(_features, stage, zip(story.subjects, cleaned, strict=True)):
        _check_rows(stage, np.shape(features), len(grid.start_s))
        yield features


def _features(stage: Stage, piece: tuple[Subject, FloatArray]) -> FloatArray:
    """Return the features of a subject's cleaned signal, (n_windows, n_features)."""
    subject, values = piece
    features: FloatArray = _call_for(subject, stage, "features", values, subject.series.tr_s)
    return features


def _check_rows(stage: Stage, shape: tuple[int, ...], n_windows: int) -> None:
    if len(shape) == 2 and shape[0] == 1 < n_windows:
        raise ConfigError(
            f"connectivity: {stage.name} returns one row per run, from which nothing can be decoded; "
            f"use a windowed measure, such as {setting('connectivity=sliding-window')}"
        )
    if len(shape) != 2 or shape[0] != n_windows or not shape[1]:
        raise PluginError(f"{stage}: features() must return shape ({n_windows}, 1 or more), got {shape}")


def _cleaned(stage: Stage, subject: Subject) -> FloatArray:
    if isinstance(stage.object, CleansSignal):
        cleaned = _call_for(subject, stage, "clean", subject.signal, subject.series.tr_s, subject.confounds)
        return np.asarray(cleaned)
    return subject.signal


def _call_for(subject: Subject, stage: Stage, method: str, *arguments: Any) -> Any:
    """Call the stage on a subject's data; an error in the data names the subject."""
    try:
        return stage.call(method, *arguments)
    except InputError as error:
        raise InputError(f"subject {subject.name}: {error}") from error


def _motion_columns(one: Motion) -> FloatArray:
    """Framewise displacement beside the six parameters, each in its own deviations, (n_volumes, 7)."""
    columns = np.column_stack([one.displacement_mm, one.parameters[:, :6]])
    deviation = columns.std(axis=0)
    away = columns - columns.mean(axis=0)
    return np.asarray(np.divide(away, deviation, out=np.zeros_like(away), where=deviation > 0))


def remove_evoked(series: Sequence[FloatArray], training: Collection[int] | None = None) -> list[FloatArray]:
    """Regress, per subject and region, the mean of the other subjects out of each series.

    The mean of the others estimates what a shared story evokes in everybody. Regions that respond to the same moments
    rise and fall together, and windowed correlations follow. What remains after removal can't be a response that
    subjects share.

    Parameters
    ----------
    series
        One run of every subject, each (n_volumes, n_regions), of one story at one pace; cleaned, so that no subject
        outweighs the others. A censored volume is a row of NaN and stays one.
    training
        Whose series make the mean, as positions in `series`. None (the default): everybody's, which also lets test
        subjects shape the training data: a transductive estimate, to be labelled as such. A collection: the strict
        form, which must be redone per fold.

    Returns
    -------
    list of (n_volumes, n_regions)
        Each region keeps its own mean. A volume for which no other subject has a value is NaN: what was evoked there
        isn't known.

    Raises ShapeError for series of different shapes, InputError where a subject has no others.
    """
    shapes = {np.shape(each) for each in series}
    if len(shapes) > 1 or any(len(shape) != 2 for shape in shapes):
        raise ShapeError(f"series: wanted arrays (n_volumes, n_regions) of one shape, got {sorted(shapes)}")
    sources = set(range(len(series)) if training is None else training)
    if unknown := sources - set(range(len(series))):
        raise InputError(f"training: wanted positions among {len(series)} series, got {sorted(unknown)}")
    total = np.zeros(next(iter(shapes), (0, 0)))
    n_values = np.zeros(total.shape)
    for source in sorted(sources):
        finite = np.isfinite(series[source])
        total += np.where(finite, series[source], 0)
        n_values += finite
    left = []
    for subject, own in enumerate(series):
        checkpoint()
        own_share = np.isfinite(own) if subject in sources else np.zeros(total.shape, dtype=bool)
        if len(sources - {subject}) == 0:
            raise InputError(
                f"series {subject}: wanted at least one other subject to estimate the evoked response, got none"
            )
        n_others = n_values - own_share
        others = np.divide(
            total - np.where(own_share, own, 0), n_others, out=np.full(total.shape, np.nan), where=n_others > 0
        )
        left.append(_residual(np.asarray(own, dtype=np.float64), others))
    return left


def _residual(own: FloatArray, others: FloatArray) -> FloatArray:
    """Take from each column of `own` its regression on the same column of `others`, but for the mean."""
    known = np.isfinite(own) & np.isfinite(others)
    n_known = np.maximum(known.sum(axis=0), 1)
    evoked = np.where(known, others, 0)
    evoked = np.where(known, evoked - evoked.sum(axis=0) / n_known, 0)
    square = (evoked**2).sum(axis=0)
    # an evoked course that is constant explains nothing, whatever rounding leaves of it
    floor = 1e-24 * n_known * np.abs(np.where(known, others, 0)).max(axis=0, initial=0) ** 2
    slope = np.divide(
        (evoked * np.where(known, own, 0)).sum(axis=0), square, out=np.zeros(len(square)), where=square > floor
    )
    return np.asarray(np.where(known, own - slope * evoked, np.nan))
