"""What annotators, connectivity measures and neural decoders promise."""

from __future__ import annotations

import numpy as np

from emotopy.testing.material import TEXTS
from emotopy.testing.suite import Candidate, promised
from emotopy.testing.text_checks import matrix

EMOTIONS = ("joy", "fear", "anger")


def check_one_rating_per_segment_and_emotion(candidate: Candidate) -> None:
    """`annotate` returns (n_segments, n_emotions), finite, between 0 and 1; for one segment too."""
    annotator = candidate.make()
    for segments in (list(TEXTS), [TEXTS[0]]):
        ratings = matrix(candidate, annotator.annotate(segments, list(EMOTIONS)), len(segments), "annotate()")
        promised(
            ratings.shape[1] == len(EMOTIONS),
            f"{candidate}: annotate() needs a column per emotion, {len(EMOTIONS)}, got {ratings.shape[1]}",
        )
        promised(((ratings >= 0) & (ratings <= 1)).all(), f"{candidate}: ratings must lie between 0 and 1")


def check_windows_by_edges(candidate: Candidate) -> None:
    """`features` returns (n_windows, n_edges), finite; a longer series has no fewer windows and the same edges."""
    measure, rng = candidate.make(), np.random.default_rng(3)
    found = []
    for n_volumes in (120, 240):
        features = np.asarray(measure.features(rng.standard_normal((n_volumes, 5)), 2.0))
        promised(len(features), f"{candidate}: features() gave no window for {n_volumes} volumes of 2 s")
        found.append(matrix(candidate, features, len(features), "features()"))
    promised(found[0].shape[1] == found[1].shape[1], f"{candidate}: n_edges depends on the length of the series")
    promised(len(found[0]) <= len(found[1]), f"{candidate}: a longer series has fewer windows")


def check_predicts_every_emotion(candidate: Candidate) -> None:
    """`predict` returns (n_windows, n_emotions), finite, for the windows of the fit, others, and a single one."""
    decoder, rng = candidate.make(), np.random.default_rng(4)
    decoder.fit(rng.standard_normal((37, 6)), rng.standard_normal((37, 3)))
    for n_windows in (37, 5, 1):
        predicted = decoder.predict(rng.standard_normal((n_windows, 6)))
        predicted = matrix(candidate, predicted, n_windows, f"predict() of {n_windows} windows")
        promised(predicted.shape[1] == 3, f"{candidate}: predict() needs 3 emotions, got {predicted.shape}")


def check_learns_a_line(candidate: Candidate) -> None:
    """A target that is one of the features, without noise, is predicted for new windows: r above one half."""
    decoder, rng = candidate.make(), np.random.default_rng(6)
    X, new = rng.standard_normal((150, 4)), rng.standard_normal((60, 4))
    decoder.fit(X, X[:, :2] * [1.0, -3.0])
    predicted = decoder.predict(new)
    r = np.array([sign * np.corrcoef(predicted[:, k], new[:, k])[0, 1] for k, sign in enumerate((1, -1))])
    promised((r > 0.5).all(), f"{candidate}: noiseless linear targets are predicted with r = {r.round(2)} only")


CHECKS = {
    "annotator": (check_one_rating_per_segment_and_emotion,),
    "connectivity": (check_windows_by_edges,),
    "neural_decoder": (check_predicts_every_emotion, check_learns_a_line),
}
