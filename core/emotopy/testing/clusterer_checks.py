"""What clusterers promise."""

from __future__ import annotations

from typing import Any

import numpy as np

from emotopy.roles import SoftClusterer
from emotopy.testing.example_inputs import rows
from emotopy.testing.suite import Candidate, NotApplicable, refuses, require


def check_one_label_per_point(candidate: Candidate) -> None:
    """`fit_predict` returns integers ≥ −1 of shape (n_texts,), also for one point, two points and equal points."""
    many = rows(60, 3).astype(np.float64)
    for points in (many, many[:1], many[:2], np.repeat(many[:1], 20, axis=0)):
        _labels(candidate, candidate.stage().fit_predict(points), len(points), "fit_predict()")


def check_no_points_no_labels(candidate: Candidate) -> None:
    """An empty array, which the host never passes, raises or gives (0,)."""
    clusterer = candidate.stage()
    refuses(candidate, lambda: clusterer.fit_predict(np.empty((0, 3))), "fit_predict() of no points")


def check_new_points_are_labelled(candidate: Candidate) -> None:
    """`predict`, if present, gives new points a label of the fit, or −1."""
    clusterer = candidate.stage()
    labels = clusterer.fit_predict(rows(60, 3).astype(np.float64))
    if not hasattr(clusterer, "predict"):
        raise NotApplicable(f"{candidate}: labels no new points, it has no predict()")
    found = _labels(candidate, clusterer.predict(rows(7, 3, seed=2).astype(np.float64)), 7, "predict()")
    strange = set(found.tolist()) - {-1, *np.unique(labels).tolist()}
    require(not strange, f"{candidate}: predict() gave labels that the fit didn't: {sorted(strange)}")


def check_new_points_are_labelled_one_by_one(candidate: Candidate) -> None:
    """`predict`, if present, gives a point the same label alone, among other points, and in any order."""
    clusterer = candidate.stage()
    clusterer.fit_predict(rows(60, 3).astype(np.float64))
    if not hasattr(clusterer, "predict"):
        raise NotApplicable(f"{candidate}: labels no new points, it has no predict()")
    new = rows(9, 3, seed=2).astype(np.float64)
    together = np.array(clusterer.predict(new))
    alone = np.concatenate([clusterer.predict(new[i : i + 1]) for i in range(len(new))])
    turned = np.asarray(clusterer.predict(np.ascontiguousarray(new[::-1])))[::-1]
    alike = (alone == together).all() and (turned == together).all()
    require(alike, f"{candidate}: predict() labels a point by itself, this changes with the points beside it")


def check_membership_is_a_share(candidate: Candidate) -> None:
    """`membership`, if present, is (n_texts, n_clusters) for the fitted rows, in [0, 1], with row sums ≤ 1."""
    clusterer, points = candidate.stage(), rows(60, 3).astype(np.float64)
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
