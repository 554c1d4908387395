"""Feature sets of the brain pathway: what a decoder is given, and the baselines that it has to beat."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import attrs
import numpy as np

from emotopy.config import StageChoice
from emotopy.datasets.motion import Motion
from emotopy.datasets.regressors import Regressors
from emotopy.errors import InputError
from emotopy.pathways.brain_material import Clock
from emotopy.pathways.evoked import remove_evoked
from emotopy.pathways.stages import Stage, Workshop
from emotopy.records.axes import FloatArray
from emotopy.records.brain import RegionSeries, Windowing
from emotopy.roles import CleansSignal
from emotopy.storage.cache import hash_array

EVOKED = "+remove-evoked"
CONSTANT = "mean"
"""The baseline that predicts the mean of the training rows."""


@attrs.frozen(eq=False)
class FeatureSet:
    """A named way to describe moments: `make()` gives an array (n_moments, n_features) per subject, when needed.

    `identity` says what the features depend on.
    """

    name: str
    identity: str
    make: Callable[[], list[FloatArray]]
    is_baseline: bool = False


def clock_of(stage: Stage, series: Sequence[RegionSeries], windowing: Windowing) -> Clock:
    """Return the moments that a connectivity stage makes: windows, or volumes where it has lags instead."""
    first = series[0]
    if hasattr(stage.object, "n_lags"):
        return Clock(first.tr_s, first.n_volumes, None, stage.object.n_lags)
    return Clock(first.tr_s, first.n_volumes, windowing)


def feature_sets(
    workshop: Workshop,
    stage: Stage,
    series: Sequence[RegionSeries],
    clock: Clock,
    confounds: Sequence[FloatArray | None],
    motion: Sequence[Motion] | None,
    regressors: Sequence[Regressors] | None,
) -> Iterator[FeatureSet]:
    """Yield the feature sets in the order of the tables: the measure, its variant, its rivals, the baselines."""
    compare = workshop.config.compare
    beside = [None if one is None else hash_array(one) for one in confounds]
    about = repr((clock, [hash_array(one.values) for one in series], beside))

    def measures(one: Stage, *, evoked: bool = False) -> FeatureSet:
        identity = repr((one.identity, evoked, about))
        return FeatureSet(
            one.name + EVOKED * evoked, identity, partial(measured, one, series, confounds, evoked=evoked)
        )

    yield measures(stage)
    if clock.windowing is not None:
        if compare.remove_evoked and len(series) > 1:
            yield measures(stage, evoked=True)
        for name in compare.features:
            if name != stage.name:
                yield measures(workshop.make("connectivity", StageChoice(name)))
    if not compare.baselines:
        return

    def baseline(name: str, columns: list[FloatArray]) -> FeatureSet:
        return FeatureSet(name, repr((clock, [hash_array(one) for one in columns])), lambda: columns, is_baseline=True)

    if motion is not None:
        yield baseline("motion", [clock.course(_motion_columns(one)) for one in motion])
    time_s = clock.start_s[:, None]
    yield baseline("time", [time_s] * len(series))
    yield baseline(CONSTANT, [np.zeros_like(time_s)] * len(series))
    if regressors is not None:
        for column, name in enumerate(regressors[0].names):
            yield baseline(name, [clock.course(one.values[:, [column]]) for one in regressors])


def measured(
    stage: Stage, series: Sequence[RegionSeries], confounds: Sequence[FloatArray | None], *, evoked: bool = False
) -> list[FloatArray]:
    """Clean each series as the measure wants it and return its features per subject, (n_moments, n_features).

    `evoked` takes the mean of the other subjects out of each, after cleaning (transductive: test subjects help to
    clean training subjects).
    """
    cleaned = [_cleaned(stage, one, beside) for one, beside in zip(series, confounds, strict=True)]
    if evoked:
        cleaned = remove_evoked(cleaned)
    return [_named(stage, one, "features", values, one.tr_s) for one, values in zip(series, cleaned, strict=True)]


def _cleaned(stage: Stage, one: RegionSeries, confounds: FloatArray | None) -> FloatArray:
    values = np.asarray(one.values, dtype=np.float64)
    if one.keep is not None:
        values = np.where(one.keep[:, None], values, np.nan)
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
