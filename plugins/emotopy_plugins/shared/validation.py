"""Validation of the rows that reducers and clusterers get."""

from __future__ import annotations

from typing import Any

import numpy as np

from emotopy.errors import InputError, ShapeError
from emotopy.records.axes import FloatArray


def validate_rows(X: Any, stage: str) -> FloatArray:
    """Return X (n_rows, n_columns) as floats; single precision stays.

    Raises ShapeError unless X has two axes and at least one row and column, InputError naming rows that aren't finite.
    """
    rows = np.asarray(X)
    if not np.issubdtype(rows.dtype, np.floating):
        rows = rows.astype(np.float64)
    if rows.ndim != 2 or 0 in rows.shape:
        raise ShapeError(f"{stage}: wanted a non-empty array (n_rows, n_columns), got shape {rows.shape}")
    broken = np.flatnonzero(~np.isfinite(rows).all(axis=1))
    if len(broken):
        named = ", ".join(map(str, broken[:5])) + (", …" if len(broken) > 5 else "")
        raise InputError(
            f"{stage}: wanted finite numbers, got NaN or infinity in {len(broken)} of {len(rows)} rows "
            f"({named}); leave out these rows, or check the preceding stage"
        )
    return rows


def check_fitted(learnt: Any, stage: str) -> None:
    """Raise scikit-learn's NotFittedError where a stage has learnt nothing yet: `learnt` is None."""
    if learnt is None:
        from sklearn.exceptions import NotFittedError

        raise NotFittedError(f"{stage}: isn't fitted yet; fit it before it places new rows")


def n_distinct(rows: FloatArray, at_most: int) -> int:
    """Return how many different rows there are, or `at_most` if there are more.

    >>> n_distinct(np.array([[0.0, 1.0], [-0.0, 1.0], [2.0, 1.0]]), at_most=9)
    2
    """
    seen: set[bytes] = set()
    for row in rows + 0.0:  # adding zero turns −0 into 0
        seen.add(row.tobytes())
        if len(seen) >= at_most:
            break
    return len(seen)
