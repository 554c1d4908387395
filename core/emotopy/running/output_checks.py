"""Checks of what stages return: the shape and values of the role's contract, or a PluginError that names the owner."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from emotopy.errors import PluginError
from emotopy.records import FloatArray, IntArray


def validate_matrix(value: Any, n_rows: int, stage: object, method: str, n_columns: int | None = None) -> FloatArray:
    """Return an array of the shape that was promised, at least one column wide, or raise PluginError."""
    array = _as_array(value, stage, method, None if isinstance(value, np.ndarray) else np.float64)
    wanted = f"({n_rows}, {n_columns if n_columns is not None else '1 or more'})"
    if array.ndim != 2 or len(array) != n_rows or array.shape[1] != (n_columns or max(1, array.shape[1])):
        raise PluginError(f"{stage}: {method}() must return shape {wanted}, got {array.shape}", stage=str(stage))
    if not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
        raise PluginError(f"{stage}: {method}() must return real numbers, got {array.dtype}", stage=str(stage))
    if not np.isfinite(array).all():
        row = int(np.flatnonzero(~np.isfinite(array).all(axis=1))[0])
        raise PluginError(f"{stage}: {method}() returned NaN or infinity, first in row {row}", stage=str(stage))
    return array


def validate_assignment(value: Any, n_rows: int, stage: object, n_columns: int) -> FloatArray:
    """Return an assignment whose rows are ≥ 0 and sum to one, or raise PluginError."""
    array = validate_matrix(value, n_rows, stage, "assign", n_columns)
    if (array < -1e-9).any():
        row = int(np.flatnonzero((array < -1e-9).any(axis=1))[0])
        raise PluginError(f"{stage}: assign() must be ≥ 0, row {row} holds {array[row].min():.6g}", stage=str(stage))
    sums = array.sum(axis=1, dtype=np.float64)
    if (np.abs(sums - 1) > 1e-4).any():
        row = int(np.argmax(np.abs(sums - 1)))
        raise PluginError(
            f"{stage}: rows of assign() must sum to one, row {row} sums to {sums[row]:.6g}", stage=str(stage)
        )
    return array


def validate_labels(value: Any, n_rows: int, stage: object, method: str = "fit_predict") -> IntArray:
    """Return cluster numbers, one per row, −1 or more, or raise PluginError."""
    array = _as_array(value, stage, method)
    if array.shape != (n_rows,):
        raise PluginError(f"{stage}: {method}() must return shape ({n_rows},), got {array.shape}", stage=str(stage))
    if not np.issubdtype(array.dtype, np.integer):
        raise PluginError(f"{stage}: {method}() must return whole numbers, got {array.dtype}", stage=str(stage))
    if (array < -1).any():
        raise PluginError(f"{stage}: {method}() must return numbers ≥ −1, got {array.min()}", stage=str(stage))
    return array.astype(np.int64)


def _as_array(value: Any, stage: object, method: str, dtype: type | None = None) -> npt.NDArray[Any]:
    try:
        return np.asarray(value, dtype=dtype)
    except (TypeError, ValueError) as error:
        reason = "rows of different lengths" if "inhomogeneous" in str(error) else "values that are no numbers"
    # NumPy's message quotes the value, which may be an input text.
    raise PluginError(
        f"{stage}: {method}() must return an array, got {type(value).__name__} with {reason}", stage=str(stage)
    )
