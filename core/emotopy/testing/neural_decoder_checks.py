"""What neural decoders promise."""

from __future__ import annotations

import numpy as np

from emotopy.roles import LinearDecoder, NeuralDecoder
from emotopy.testing.generic_checks import same
from emotopy.testing.suite import Candidate, NotApplicable, matrix, require


def check_predicts_every_emotion(candidate: Candidate) -> None:
    """`predict` returns finite (n_windows, n_emotions) for fitted windows, new windows, and a single window."""
    decoder, rng = candidate.stage(), np.random.default_rng(4)
    decoder.fit(rng.standard_normal((37, 6)), rng.standard_normal((37, 3)))
    for n_windows in (37, 5, 1):
        predicted = decoder.predict(rng.standard_normal((n_windows, 6)))
        matrix(candidate, predicted, n_windows, f"predict() of {n_windows} windows", 3, "emotion")


def check_windows_are_predicted_one_by_one(candidate: Candidate) -> None:
    """`predict` gives a window the same values alone, among other windows, and in any order."""
    decoder, rng = candidate.stage(), np.random.default_rng(12)
    decoder.fit(rng.standard_normal((37, 6)), rng.standard_normal((37, 3)))
    new = rng.standard_normal((9, 6))
    together = np.array(decoder.predict(new))
    alone = np.vstack([decoder.predict(new[i : i + 1]) for i in range(len(new))])
    turned = np.asarray(decoder.predict(np.ascontiguousarray(new[::-1])))[::-1]
    alike = same(alone, together) and same(turned, together)
    require(alike, f"{candidate}: predict() looks at one window at a time, this changes with those beside it")


def check_poor_features_predict(candidate: Candidate) -> None:
    """One feature for one emotion works, and so does a constant feature, since the host also decodes baselines."""
    rng = np.random.default_rng(8)
    Y, time = rng.standard_normal((37, 1)), np.arange(37.0)[:, None]
    for name, X in (("time", time), ("a constant", np.zeros((37, 1)))):
        decoder = candidate.stage()
        decoder.fit(X, Y)
        predicted = np.asarray(decoder.predict(X[:5])).reshape(5, -1)
        matrix(candidate, predicted, 5, f"predict() from {name}", 1, "emotion")


def check_learns_a_line(candidate: Candidate) -> None:
    """A target that equals one of the features, without noise, is predicted for new windows with r above 0.5."""
    decoder, rng = candidate.stage(), np.random.default_rng(6)
    X, new = rng.standard_normal((150, 4)), rng.standard_normal((60, 4))
    decoder.fit(X, X[:, :2] * [1.0, -3.0])
    predicted = decoder.predict(new)
    r = np.array([sign * np.corrcoef(predicted[:, k], new[:, k])[0, 1] for k, sign in enumerate((1, -1))])
    require((r > 0.5).all(), f"{candidate}: noiseless linear targets are predicted with r = {r.round(2)} only")


def check_a_linear_form_is_the_prediction(candidate: Candidate) -> None:
    """With `is_linear` and `linear_form`, predictions equal features @ coefficients + intercept."""
    decoder, rng = candidate.stage(), np.random.default_rng(9)
    if not isinstance(decoder, LinearDecoder) or not decoder.is_linear:
        raise NotApplicable(f"{candidate}: doesn't call itself linear")
    fitted: NeuralDecoder = candidate.stage()
    fitted.fit(rng.standard_normal((37, 6)), rng.standard_normal((37, 3)))
    new = rng.standard_normal((11, 6))
    assert isinstance(fitted, LinearDecoder)
    coefficients, intercept = (np.asarray(part) for part in fitted.linear_form())
    shapes = coefficients.shape, intercept.shape
    require(shapes == ((6, 3), (3,)), f"{candidate}: linear_form() must return shapes (6, 3) and (3,), got {shapes}")
    off = float(np.abs(new @ coefficients + intercept - fitted.predict(new)).max())
    require(off < 1e-6, f"{candidate}: linear_form() predicts other values than predict(), by {off:.1e}")
