"""What annotators, connectivity measures and neural decoders promise."""

from __future__ import annotations

from typing import Any

import numpy as np

from emotopy.errors import EmotopyError, PluginError
from emotopy.records.brain import Windowing
from emotopy.testing.example_inputs import TEXTS
from emotopy.testing.suite import Candidate, ContractViolation, NotApplicable, require
from emotopy.testing.text_checks import matrix, refuses

EMOTIONS = ("joy", "fear", "anger")
WINDOWINGS = (Windowing(), Windowing(width_s=31.0, step_s=5.0, taper="rectangular"))
CENSORED = (30, 31, 77)
"""Volumes that are rows of NaN: no window loses more than two of its 22."""


def check_one_rating_per_segment_and_emotion(candidate: Candidate) -> None:
    """`annotate` returns (n_segments, n_emotions), finite, between 0 and 1; for one segment too."""
    annotator = candidate.make()
    for segments in (list(TEXTS), [TEXTS[0]]):
        ratings = matrix(candidate, annotator.annotate(segments, list(EMOTIONS)), len(segments), "annotate()")
        require(
            ratings.shape[1] == len(EMOTIONS),
            f"{candidate}: annotate() needs a column per emotion, {len(EMOTIONS)}, got {ratings.shape[1]}",
        )
        require(((ratings >= 0) & (ratings <= 1)).all(), f"{candidate}: ratings must lie between 0 and 1")


def check_any_emotion_is_rated_or_refused(candidate: Candidate) -> None:
    """A single emotion has its column; so does an unknown emotion, or it raises an error of emotopy's."""
    annotator = candidate.make()
    for emotions in (["fear"], ["joy", "zyxxia"]):
        try:
            ratings = annotator.annotate(list(TEXTS), emotions)
        except EmotopyError:
            continue
        ratings = matrix(candidate, ratings, len(TEXTS), f"annotate() of {emotions}")
        require(ratings.shape[1] == len(emotions), f"{candidate}: {emotions} got {ratings.shape[1]} columns")


def check_no_segments_no_ratings(candidate: Candidate) -> None:
    """An empty list of segments, which the host never sends, raises or gives (0, n_emotions)."""
    annotator = candidate.make()
    refuses(candidate, lambda: annotator.annotate([], list(EMOTIONS)), "annotate([])", n_columns=len(EMOTIONS))


def check_windows_by_edges(candidate: Candidate) -> None:
    """`features` returns (n_windows, n_edges), finite; a longer series has no fewer windows and the same edges.

    Two regions are enough.
    """
    measure, rng = candidate.make(), np.random.default_rng(3)
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
    """A measure with a parameter `windowing: Windowing` gives a row for each of the run's windows, in order."""
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
    """Censored volumes are rows of NaN; windows that keep most of their volumes have finite features all the same."""
    measure = candidate.make()
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
    """A series of three volumes gives finite rows or raises an error of emotopy's."""
    measure = candidate.make()
    try:
        features: Any = measure.features(np.random.default_rng(3).standard_normal((3, 5)), 2.0)
    except EmotopyError as error:
        if isinstance(error, PluginError):
            raise ContractViolation(f"{candidate}: a series of three volumes is nobody's fault: {error}") from error
        return
    require(not np.isinf(features).any(), f"{candidate}: features() of three volumes holds infinity")


def check_predicts_every_emotion(candidate: Candidate) -> None:
    """`predict` returns (n_windows, n_emotions), finite, for the windows of the fit, others, and a single one."""
    decoder, rng = candidate.make(), np.random.default_rng(4)
    decoder.fit(rng.standard_normal((37, 6)), rng.standard_normal((37, 3)))
    for n_windows in (37, 5, 1):
        predicted = decoder.predict(rng.standard_normal((n_windows, 6)))
        predicted = matrix(candidate, predicted, n_windows, f"predict() of {n_windows} windows")
        require(predicted.shape[1] == 3, f"{candidate}: predict() needs 3 emotions, got {predicted.shape}")


def check_poor_features_predict(candidate: Candidate) -> None:
    """One feature for one emotion is enough, and one that never varies: the baselines that the host decodes too."""
    rng = np.random.default_rng(8)
    Y, time = rng.standard_normal((37, 1)), np.arange(37.0)[:, None]
    for name, X in (("time", time), ("a constant", np.zeros((37, 1)))):
        decoder = candidate.make()
        decoder.fit(X, Y)
        predicted = np.asarray(decoder.predict(X[:5])).reshape(5, -1)
        predicted = matrix(candidate, predicted, 5, f"predict() from {name}")
        require(predicted.shape[1] == 1, f"{candidate}: predict() needs 1 emotion, got {predicted.shape}")


def check_learns_a_line(candidate: Candidate) -> None:
    """A target that is one of the features, without noise, is predicted for new windows: r above one half."""
    decoder, rng = candidate.make(), np.random.default_rng(6)
    X, new = rng.standard_normal((150, 4)), rng.standard_normal((60, 4))
    decoder.fit(X, X[:, :2] * [1.0, -3.0])
    predicted = decoder.predict(new)
    r = np.array([sign * np.corrcoef(predicted[:, k], new[:, k])[0, 1] for k, sign in enumerate((1, -1))])
    require((r > 0.5).all(), f"{candidate}: noiseless linear targets are predicted with r = {r.round(2)} only")


CHECKS = {
    "annotator": (
        check_one_rating_per_segment_and_emotion,
        check_any_emotion_is_rated_or_refused,
        check_no_segments_no_ratings,
    ),
    "connectivity": (
        check_windows_by_edges,
        check_windows_are_those_of_the_run,
        check_censored_volumes_are_left_out,
        check_a_short_series_gives_rows_or_raises,
    ),
    "neural_decoder": (check_predicts_every_emotion, check_poor_features_predict, check_learns_a_line),
}
