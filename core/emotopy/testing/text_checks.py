"""What embedders, reducers, clusterers and intensity scorers promise."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from emotopy.errors import EmotopyError
from emotopy.records import FloatArray, Intensities
from emotopy.roles import SoftClusterer
from emotopy.testing.example_inputs import ODD_TEXTS, TEXTS, rows
from emotopy.testing.generic_checks import same
from emotopy.testing.suite import Candidate, ContractViolation, NotApplicable, require


def matrix(candidate: Candidate, value: Any, n_rows: int, what: str) -> FloatArray:
    """Return the value where it is a finite array (n_rows, 1 or more); raise ContractViolation where not."""
    require(isinstance(value, np.ndarray), f"{candidate}: {what} must be an array, got {type(value).__name__}")
    good = value.ndim == 2 and len(value) == n_rows and value.shape[1] > 0
    require(good, f"{candidate}: {what} must have shape ({n_rows}, 1 or more), got {value.shape}")
    require(np.issubdtype(value.dtype, np.floating), f"{candidate}: {what} must hold floats, got {value.dtype}")
    require(np.isfinite(value).all(), f"{candidate}: {what} holds NaN or infinity")
    return np.asarray(value)


def refuses(candidate: Candidate, call: Callable[[], Any], what: str, n_columns: int | None = None) -> None:
    """Check that a call on no rows raises (anything will do) or returns an array of no rows."""
    try:
        with warnings.catch_warnings(action="ignore"):  # the mean of nothing
            value = call()
    except Exception:  # noqa: BLE001 (any refusal will do)
        return
    shape = np.shape(value)
    none = isinstance(value, np.ndarray) and shape[:1] == (0,) and (n_columns is None or shape == (0, n_columns))
    require(none, f"{candidate}: {what} must raise or return no rows, got {type(value).__name__} of shape {shape}")


# Embedders ----------------------------------------------------------------------------------------------------------


def check_one_finite_row_per_text(candidate: Candidate) -> None:
    """`embed` returns (n_texts, n_dims) float32, finite."""
    vectors = matrix(candidate, candidate.make().embed(list(TEXTS)), len(TEXTS), "embed()")
    require(vectors.dtype == np.float32, f"{candidate}: embed() must return float32, got {vectors.dtype}")


def check_same_text_same_row(candidate: Candidate) -> None:
    """A text's vector doesn't depend on its neighbours, their order or number, nor on what was embedded before."""
    embedder = candidate.make()
    together = embedder.embed(list(TEXTS))
    order = np.random.default_rng(0).permutation(len(TEXTS))
    shuffled = embedder.embed([TEXTS[i] for i in order])
    require(same(shuffled, together[order]), f"{candidate}: the order of the texts changes their vectors")
    alone = np.vstack([embedder.embed([text]) for text in TEXTS[:4]])
    require(same(alone, together[:4]), f"{candidate}: a text alone has another vector than among others")
    twice = embedder.embed([TEXTS[0], TEXTS[1], TEXTS[0]])
    require(same(twice[0], twice[2]), f"{candidate}: the same text twice has two vectors")


def check_odd_texts_embed_or_raise(candidate: Candidate) -> None:
    """Emoji, digits, punctuation and long texts have finite vectors, or raise an error of emotopy's; never NaN."""
    embedder = candidate.make()
    for text in ODD_TEXTS:
        try:
            vector = embedder.embed([text])
        except EmotopyError:
            continue
        matrix(candidate, vector, 1, f"embed([{text[:20]!r}])")


def check_no_texts_no_rows(candidate: Candidate) -> None:
    """An empty list, which the host never sends, raises or gives (0, n_dims); never one row, never None."""
    embedder = candidate.make()
    refuses(candidate, lambda: embedder.embed([]), "embed([])")


# Reducers -----------------------------------------------------------------------------------------------------------


def check_one_point_per_row(candidate: Candidate) -> None:
    """`fit_transform` returns (n_texts, n_components), finite."""
    matrix(candidate, candidate.make().fit_transform(rows(41, 12)), 41, "fit_transform()")


def check_few_rows_reduce(candidate: Candidate) -> None:
    """One, two and three rows reduce too, to fewer components where need be; so do rows that are all alike."""
    for n_rows in (1, 2, 3):
        matrix(candidate, candidate.make().fit_transform(rows(n_rows, 12)), n_rows, f"fit_transform() of {n_rows} rows")
    alike = np.repeat(rows(1, 12), 9, axis=0)
    matrix(candidate, candidate.make().fit_transform(alike), 9, "fit_transform() of 9 rows that are all alike")


def check_no_rows_no_points(candidate: Candidate) -> None:
    """No rows, which the host never sends, raise or give (0, n_components)."""
    reducer = candidate.make()
    refuses(candidate, lambda: reducer.fit_transform(np.empty((0, 12), np.float32)), "fit_transform() of no rows")


def check_new_rows_are_placed(candidate: Candidate) -> None:
    """`transform`, where there, places other rows in the same space, the same ones at every call."""
    reducer = candidate.make()
    points = reducer.fit_transform(rows(41, 12))
    if not hasattr(reducer, "transform"):
        raise NotApplicable(f"{candidate}: places no new rows, it has no transform()")
    new = rows(7, 12, seed=2)
    placed = matrix(candidate, reducer.transform(new), 7, "transform()")
    require(
        placed.shape[1] == points.shape[1],
        f"{candidate}: transform() gave {placed.shape[1]} components, fit_transform() {points.shape[1]}",
    )
    require(same(reducer.transform(new), placed, 1e-4), f"{candidate}: transform() twice places the same rows twice")


# Clusterers ---------------------------------------------------------------------------------------------------------


def check_one_label_per_point(candidate: Candidate) -> None:
    """`fit_predict` returns whole numbers (n_texts,), −1 or more; one point, equal points and two points too."""
    many = rows(60, 3).astype(np.float64)
    for points in (many, many[:1], many[:2], np.repeat(many[:1], 20, axis=0)):
        _labels(candidate, candidate.make().fit_predict(points), len(points), "fit_predict()")


def check_no_points_no_labels(candidate: Candidate) -> None:
    """No points, which the host never sends, raise or give (0,)."""
    clusterer = candidate.make()
    refuses(candidate, lambda: clusterer.fit_predict(np.empty((0, 3))), "fit_predict() of no points")


def check_new_points_are_labelled(candidate: Candidate) -> None:
    """`predict`, where there, gives other points a label of the fit, or −1."""
    clusterer = candidate.make()
    labels = clusterer.fit_predict(rows(60, 3).astype(np.float64))
    if not hasattr(clusterer, "predict"):
        raise NotApplicable(f"{candidate}: labels no new points, it has no predict()")
    found = _labels(candidate, clusterer.predict(rows(7, 3, seed=2).astype(np.float64)), 7, "predict()")
    strange = set(found.tolist()) - {-1, *np.unique(labels).tolist()}
    require(not strange, f"{candidate}: predict() gave labels that the fit didn't: {sorted(strange)}")


def check_membership_is_a_share(candidate: Candidate) -> None:
    """`membership`, where there, is (n_texts, n_clusters) for the rows of the fit, in [0, 1], rows at most 1."""
    clusterer, points = candidate.make(), rows(60, 3).astype(np.float64)
    labels = clusterer.fit_predict(points)
    if not isinstance(clusterer, SoftClusterer):
        raise NotApplicable(f"{candidate}: gives no soft membership, it has no membership()")
    n_clusters = int(labels.max(initial=-1)) + 1
    found = np.asarray(clusterer.membership(points))
    require(
        found.shape == (60, n_clusters),
        f"{candidate}: membership() must have shape {(60, n_clusters)}, got {found.shape}",
    )
    fair = np.isfinite(found).all() and (found >= 0).all() and (found.sum(axis=1) <= 1 + 1e-6).all()
    require(fair, f"{candidate}: membership() must be ≥ 0 and sum to at most one per row")


def _labels(candidate: Candidate, value: Any, n_rows: int, what: str) -> Any:
    labels = np.asarray(value)
    require(labels.shape == (n_rows,), f"{candidate}: {what} must have shape ({n_rows},), got {labels.shape}")
    whole = np.issubdtype(labels.dtype, np.integer)
    require(whole and (labels >= -1).all(), f"{candidate}: {what} must give whole numbers ≥ −1, got {labels.dtype}")
    return labels


# Intensity scorers --------------------------------------------------------------------------------------------------


def check_one_score_per_text(candidate: Candidate) -> None:
    """`score` returns finite Intensities, a row per text, coverage from 0 to 1, with the same emotions every time."""
    scorer = candidate.make()
    scored = _scored(candidate, scorer.score(list(TEXTS)), len(TEXTS))
    odd = _scored(candidate, scorer.score(list(ODD_TEXTS)), len(ODD_TEXTS))
    require(odd.emotions == scored.emotions, f"{candidate}: emotions differ from call to call")


def check_texts_are_scored_one_by_one(candidate: Candidate) -> None:
    """A text's score doesn't depend on the texts beside it, nor on their order; the same text scores the same."""
    scorer = candidate.make()
    together = scorer.score(list(TEXTS))
    order = np.random.default_rng(0).permutation(len(TEXTS))
    shuffled = scorer.score([TEXTS[i] for i in order])
    for name in ("values", "by_emotion", "coverage"):
        whole, mixed = np.asarray(getattr(together, name)), np.asarray(getattr(shuffled, name))
        require(same(mixed, whole[order]), f"{candidate}: the order of the texts changes their {name}")
        alone = np.concatenate([np.asarray(getattr(scorer.score([text]), name)) for text in TEXTS[:4]])
        require(same(alone, whole[:4]), f"{candidate}: a text alone has other {name} than among others")


def check_no_texts_no_scores(candidate: Candidate) -> None:
    """An empty list, which the host never sends, raises or gives Intensities of no rows."""
    try:
        scored = candidate.make().score([])
    except Exception:  # noqa: BLE001 (any refusal will do)
        return
    _scored(candidate, scored, 0)


def _scored(candidate: Candidate, scored: Any, n_rows: int) -> Intensities:
    if not isinstance(scored, Intensities):
        raise ContractViolation(f"{candidate}: score() must return Intensities, got {type(scored).__name__}")
    shapes = {name: np.shape(getattr(scored, name)) for name in ("values", "by_emotion", "coverage")}
    wanted = {"values": (n_rows,), "by_emotion": (n_rows, len(scored.emotions)), "coverage": (n_rows,)}
    require(shapes == wanted, f"{candidate}: score() must have shapes {wanted}, got {shapes}")
    for name in shapes:
        require(np.isfinite(getattr(scored, name)).all(), f"{candidate}: {name} holds NaN or infinity")
    coverage = np.asarray(scored.coverage)
    require(((coverage >= 0) & (coverage <= 1)).all(), f"{candidate}: coverage must lie between 0 and 1")
    return scored


CHECKS = {
    "embedder": (
        check_one_finite_row_per_text,
        check_same_text_same_row,
        check_odd_texts_embed_or_raise,
        check_no_texts_no_rows,
    ),
    "reducer": (check_one_point_per_row, check_few_rows_reduce, check_no_rows_no_points, check_new_rows_are_placed),
    "clusterer": (
        check_one_label_per_point,
        check_no_points_no_labels,
        check_new_points_are_labelled,
        check_membership_is_a_share,
    ),
    "intensity_scorer": (check_one_score_per_text, check_texts_are_scored_one_by_one, check_no_texts_no_scores),
}
