"""What reducers promise."""

from __future__ import annotations

import numpy as np

from emotopy.testing.example_inputs import rows
from emotopy.testing.generic_checks import same
from emotopy.testing.suite import Candidate, NotApplicable, matrix, refuses, require


def check_one_point_per_row(candidate: Candidate) -> None:
    """`fit_transform` returns finite values of shape (n_texts, n_components)."""
    matrix(candidate, candidate.stage().fit_transform(rows(41, 12)), 41, "fit_transform()")


def check_few_rows_reduce(candidate: Candidate) -> None:
    """One, two or three rows, and identical rows, are reduced as well, to fewer components if necessary."""
    for n_rows in (1, 2, 3):
        matrix(
            candidate, candidate.stage().fit_transform(rows(n_rows, 12)), n_rows, f"fit_transform() of {n_rows} rows"
        )
    alike = np.repeat(rows(1, 12), 9, axis=0)
    matrix(candidate, candidate.stage().fit_transform(alike), 9, "fit_transform() of 9 rows that are all alike")


def check_no_rows_no_points(candidate: Candidate) -> None:
    """An empty array, which the host never passes, raises or gives (0, n_components)."""
    reducer = candidate.stage()
    refuses(candidate, lambda: reducer.fit_transform(np.empty((0, 12), np.float32)), "fit_transform() of no rows")


def check_new_rows_are_placed(candidate: Candidate) -> None:
    """`transform`, if present, projects new rows into the same space, identically at every call."""
    reducer = candidate.stage()
    points = reducer.fit_transform(rows(41, 12))
    if not hasattr(reducer, "transform"):
        raise NotApplicable(f"{candidate}: places no new rows, it has no transform()")
    new = rows(7, 12, seed=2)
    placed = matrix(
        candidate, reducer.transform(new), 7, "transform()", points.shape[1], "component of fit_transform()"
    )
    require(same(reducer.transform(new), placed, 1e-4), f"{candidate}: transform() twice places the same rows twice")


def check_new_rows_are_placed_one_by_one(candidate: Candidate) -> None:
    """`transform`, if present, gives a row the same point alone, among other rows, and in any order."""
    reducer = candidate.stage()
    reducer.fit_transform(rows(41, 12))
    if not hasattr(reducer, "transform"):
        raise NotApplicable(f"{candidate}: places no new rows, it has no transform()")
    new = rows(9, 12, seed=2)
    together = np.array(reducer.transform(new))
    alone = np.vstack([reducer.transform(new[i : i + 1]) for i in range(3)])
    require(same(alone, together[:3], 1e-4), f"{candidate}: transform() of a row alone differs from it among others")
    turned = np.asarray(reducer.transform(np.ascontiguousarray(new[::-1])))[::-1]
    require(same(turned, together, 1e-4), f"{candidate}: the order of the rows changes where transform() places them")
