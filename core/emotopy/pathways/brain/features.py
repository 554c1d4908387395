"""Feature sets of the brain pathway: what a decoder is given, and the baselines that it has to beat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import attrs
import numpy as np

from emotopy.config import StageChoice
from emotopy.errors import ConfigError, InputError, PluginError
from emotopy.pathways.brain.evoked import remove_evoked
from emotopy.pathways.brain.rows import Clock
from emotopy.readers.motion import Motion
from emotopy.readers.regressors import Regressors
from emotopy.records.axes import FloatArray
from emotopy.records.brain import RegionSeries, Windowing
from emotopy.roles import CleansSignal
from emotopy.running.stages import Stage, StageRunner
from emotopy.storage.cache import hash_array

EVOKED = "+remove-evoked"
CONSTANT = "mean"
"""The baseline that predicts the mean of the training rows."""


@attrs.frozen(eq=False)
class FeatureSet:
    """A named way to describe moments: `make()` gives an array (n_moments, n_features) per subject, when needed.

    `identity` says what the features depend on; None where that can't be told, so that nothing is cached. `has_edges`
    says whether a feature is a pair of regions (asked of the first set alone: it is the one that is explained).
    """

    name: str
    identity: str | None
    make: Callable[[], Iterable[FloatArray]]
    is_baseline: bool = False
    has_edges: bool = False


def clock_of(stage: Stage, series: Sequence[RegionSeries], windowing: Windowing) -> Clock:
    """Return the moments that a connectivity stage makes: windows, or volumes where it has lags instead.

    Raises ConfigError for a stage that brings windows of its own, other than the ratings'.
    """
    first = series[0]
    own = getattr(stage.object, "windowing", None)
    if isinstance(own, Windowing) and own != windowing:
        raise ConfigError(
            f"connectivity: {stage.name} has windows of {own.width_s:g} s every {own.step_s:g} s, the ratings "
            f"{windowing.width_s:g} s every {windowing.step_s:g} s; say the same in windowing.width_s, step_s, taper "
            "and sigma_s"
        )
    if hasattr(stage.object, "n_lags"):
        return Clock(first.tr_s, first.n_volumes, None, stage.object.n_lags)
    return Clock(first.tr_s, first.n_volumes, windowing)


def feature_sets(
    runner: StageRunner,
    stage: Stage,
    series: Sequence[RegionSeries],
    clock: Clock,
    confounds: Sequence[FloatArray | None],
    motion: Sequence[Motion] | None,
    regressors: Sequence[Regressors] | None,
) -> list[FeatureSet]:
    """Return the feature sets in the order of the tables: the measure, its variant, its rivals, the baselines.

    Nothing is measured yet. Raises UnknownName for a rival that nobody offers, InputError for regressors that are
    called like another feature set.
    """
    compare = runner.config.compare
    beside = [None if one is None else hash_array(one) for one in confounds]
    about = repr((clock, [hash_array(_censored(one)) for one in series], beside))

    def measures(one: Stage, *, evoked: bool = False, has_edges: bool = False) -> FeatureSet:
        return FeatureSet(
            one.name + EVOKED * evoked,
            None if one.cache_key_parts is None else repr((one.cache_key_parts, evoked, about)),
            partial(measured, one, series, confounds, clock, evoked=evoked),
            has_edges=has_edges,
        )

    def baseline(name: str, columns: list[FloatArray]) -> FeatureSet:
        return FeatureSet(name, repr((clock, [hash_array(one) for one in columns])), lambda: columns, is_baseline=True)

    sets = [measures(stage, has_edges=_has_edges(stage, clock))]
    if clock.windowing is not None:
        if compare.remove_evoked and len(series) > 1:
            sets.append(measures(stage, evoked=True))
        rivals = [runner.make("connectivity", StageChoice(name)) for name in dict.fromkeys(compare.features)]
        sets += [measures(rival) for rival in rivals if rival.full_name != stage.full_name]
    if compare.baselines:
        if motion is not None:
            # Of censored volumes too: what the head did there spreads into their neighbours.
            sets.append(baseline("motion", [clock.course(_motion_columns(one)) for one in motion]))
        time_s = clock.start_s[:, None]
        sets.append(baseline("time", [time_s] * len(series)))
        sets.append(baseline(CONSTANT, [np.zeros_like(time_s)] * len(series)))
        if regressors is not None:
            taken = {one.name for one in sets}
            for column, name in enumerate(regressors[0].names):
                if name in taken:
                    raise InputError(f"regressors: {name!r} is what another feature set is called; rename the course")
                beside_it = zip(regressors, series, strict=True)
                sets.append(baseline(name, [clock.course(one.values[:, [column]], own.keep) for one, own in beside_it]))
    return sets


def _has_edges(stage: Stage, clock: Clock) -> bool:
    """Whether the measure gives a feature per pair of regions: one for two regions.

    The number of features doesn't tell: three regions have three levels and three pairs.
    """
    if clock.windowing is None:
        return False
    noise = np.random.default_rng(0).standard_normal((clock.n_volumes, 2))
    return bool(np.shape(stage.call("features", noise, clock.tr_s))[-1:] == (1,))


def measured(
    stage: Stage,
    series: Sequence[RegionSeries],
    confounds: Sequence[FloatArray | None],
    clock: Clock,
    *,
    evoked: bool = False,
) -> Iterator[FloatArray]:
    """Clean each series as the measure wants it and yield its features per subject, (n_moments, n_features).

    `evoked` takes the mean of the other subjects out of each, after cleaning (transductive: test subjects help to
    clean training subjects). Raises ConfigError for a measure of the whole run, PluginError for one that doesn't give
    a row per moment.
    """
    cleaned = [_cleaned(stage, one, beside) for one, beside in zip(series, confounds, strict=True)]
    if evoked:
        cleaned = remove_evoked(cleaned)
    for one, values in zip(series, cleaned, strict=True):
        features = _named(stage, one, "features", values, one.tr_s)
        _check_rows(stage, np.shape(features), len(clock.start_s))
        yield features


def _check_rows(stage: Stage, shape: tuple[int, ...], n_moments: int) -> None:
    if len(shape) == 2 and shape[0] == 1 < n_moments:
        raise ConfigError(
            f"connectivity: {stage.name} gives one row per run, and nothing can be decoded from one row; take a "
            "measure in windows, such as --set connectivity=sliding-window"
        )
    if len(shape) != 2 or shape[0] != n_moments or not shape[1]:
        raise PluginError(f"{stage}: features() must return shape ({n_moments}, 1 or more), got {shape}")


def _censored(one: RegionSeries) -> FloatArray:
    values = np.asarray(one.values, dtype=np.float64)
    return values if one.keep is None else np.where(one.keep[:, None], values, np.nan)


def _cleaned(stage: Stage, one: RegionSeries, confounds: FloatArray | None) -> FloatArray:
    values = _censored(one)
    if isinstance(stage.object, CleansSignal):
        return np.asarray(_named(stage, one, "clean", values, one.tr_s, confounds))
    return values


def _named(stage: Stage, one: RegionSeries, method: str, *arguments: Any) -> Any:
    """Call the stage; what is wrong with the data names its subject."""
    try:
        return stage.call(method, *arguments)
    except InputError as error:
        raise InputError(f"subject {one.subject}: {error}") from error


def _motion_columns(one: Motion) -> FloatArray:
    """Framewise displacement beside the six parameters, each in its own deviations, (n_volumes, 7)."""
    columns = np.column_stack([one.displacement_mm, one.parameters[:, :6]])
    deviation = columns.std(axis=0)
    away = columns - columns.mean(axis=0)
    return np.asarray(np.divide(away, deviation, out=np.zeros_like(away), where=deviation > 0))
