"""What connectivity measures promise."""

from __future__ import annotations

from typing import Any

import numpy as np

from emotopy.errors import EmotopyError, PluginError
from emotopy.records.brain import Windowing
from emotopy.roles import CleansSignal, StreamsFeatures
from emotopy.testing.suite import Candidate, ContractViolation, NotApplicable, matrix, require

WINDOWINGS = (Windowing(), Windowing(width_s=31.0, step_s=5.0, taper="rectangular"))
CENSORED = (30, 31, 77)
"""Volumes that are rows of NaN: no window loses more than two of its 22."""


def check_windows_by_edges(candidate: Candidate) -> None:
    """`features` returns finite (n_windows, n_edges); a longer series gives as many or more windows, the same edges.

    Two regions are enough.
    """
    measure, rng = candidate.stage(), np.random.default_rng(3)
    two = np.asarray(measure.features(rng.standard_normal((120, 2)), 2.0))
    matrix(candidate, two, len(two), "features() of two regions")
    found = []
    for n_volumes in (120, 240):
        features = np.asarray(measure.features(rng.standard_normal((n_volumes, 5)), 2.0))
        require(len(features), f"{candidate}: features() gave no window for {n_volumes} volumes of 2 s")
        found.append(matrix(candidate, features, len(features), "features()"))
    require(found[0].shape[1] == found[1].shape[1], f"{candidate}: n_edges depends on the length of the series")
    require(len(found[0]) <= len(found[1]), f"{candidate}: a longer series has fewer windows")


def check_windows_are_those_of_the_run(candidate: Candidate) -> None:
    """A measure with a parameter `windowing: Windowing` returns one row per window of the run, in order."""
    if not candidate.offer.signature.windowings:
        raise NotApplicable(f"{candidate}: takes no Windowing")
    series = np.random.default_rng(3).standard_normal((130, 5))
    for windowing in WINDOWINGS:
        wanted = len(windowing.starts(2.0, len(series)))
        found = np.shape(candidate.make(windowing=windowing).features(series, 2.0))
        require(
            found[:1] == (wanted,),
            f"{candidate}: {windowing.width_s:g} s windows every {windowing.step_s:g} s are {wanted}, got {found}",
        )


def check_censored_volumes_are_left_out(candidate: Candidate) -> None:
    """Censored volumes are rows of NaN; windows that keep most of their volumes still have finite features."""
    measure = candidate.stage()
    series = np.random.default_rng(3).standard_normal((120, 5))
    series[list(CENSORED)] = np.nan
    features = np.asarray(measure.features(series, 2.0))
    rows = np.isfinite(features).all(axis=1)
    few = len(rows) - (0 if candidate.offer.signature.windowings or len(rows) == 1 else 12)
    require(
        rows.sum() >= few,
        f"{candidate}: {len(CENSORED)} censored volumes of 120 spoil {(~rows).sum()} of {len(rows)} rows",
    )


def check_a_short_series_gives_rows_or_raises(candidate: Candidate) -> None:
    """A series of three volumes gives finite rows or raises an EmotopyError."""
    measure = candidate.stage()
    try:
        features: Any = measure.features(np.random.default_rng(3).standard_normal((3, 5)), 2.0)
    except EmotopyError as error:
        if isinstance(error, PluginError):
            raise ContractViolation(f"{candidate}: a series of three volumes is nobody's fault: {error}") from error
        return
    require(not np.isinf(features).any(), f"{candidate}: features() of three volumes holds infinity")


def check_a_stream_gives_the_windows_of_the_run(candidate: Candidate) -> None:
    """With an option `causal` and `stream`, streamed features equal those of the whole run to 1e-5."""
    if "causal" not in candidate.offer.signature.options or not candidate.offer.signature.windowings:
        raise NotApplicable(f"{candidate}: has no option `causal`")
    measure = candidate.make(causal=True, windowing=Windowing(width_s=30.0, step_s=2.0))
    features = measure.features
    if not isinstance(measure, StreamsFeatures):
        raise ContractViolation(f"{candidate}: with causal=True it must have stream(n_regions, tr_s)")
    series = 100 + np.random.default_rng(3).standard_normal((60, 5))
    series[list(CENSORED[:2])] = np.nan
    cleaned = measure.clean(series, 2.0) if isinstance(measure, CleansSignal) else series
    run = np.asarray(features(cleaned, 2.0))
    stream = measure.stream(5, 2.0)
    answers = [stream.update(volume) for volume in series]
    early, late = answers[: -len(run)], answers[-len(run) :]
    require(
        all(answer is None for answer in early),
        f"{candidate}: update() gave features before a window was full",
    )
    found = np.array([np.full(run.shape[1], np.nan) if answer is None else answer for answer in late])
    require(
        found.shape == run.shape and np.allclose(found, run, rtol=0, atol=1e-5, equal_nan=True),
        f"{candidate}: update() gives other features than features() of the whole run",
    )
