"""Confounds tables: which columns are regressed out of a run, and which volumes the head moved too far in."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.readers.matrices import Matrix, read_matrix
from emotopy.records.axes import BoolArray, FloatArray

CONFOUNDS = ("trans_[xyz]", "rot_[xyz]", "csf", "white_matter")
"""Columns of an fMRIPrep table that are regressed out unless others are named: motion, and two tissues' means."""
DISPLACEMENT = "framewise_displacement"


@attrs.frozen(eq=False)
class Confounds:
    """A confounds table: `values` (n_volumes, n_confounds) or None, their names, and the volumes to keep or None."""

    values: FloatArray | None = None
    names: tuple[str, ...] = ()
    keep: BoolArray | None = None


def read_confounds(path: Path, columns: Sequence[str] | None = None, fd_limit_mm: float | None = 0.5) -> Confounds:
    """Read a confounds table (TSV, or any form of `matrices`); see `bold.find_runs` for `columns` and `fd_limit_mm`.

    Derivatives have no value at the first volume: it takes the second's, as nilearn has it.

    Raises InputError for a column that isn't there, or whose values aren't finite further down.
    """
    table = read_matrix(path)
    names = table.columns or tuple(f"column {i}" for i in range(1, table.values.shape[1] + 1))
    chosen = _chosen(path.name, names, columns)
    values = table.values[:, [names.index(name) for name in chosen]]
    if len(values) > 1:
        values[0] = np.where(np.isfinite(values[0]), values[0], values[1])
    if not np.isfinite(values).all():
        row, column = map(int, np.argwhere(~np.isfinite(values))[0])
        raise InputError(
            f"{path.name}, row {row + 1}, column {chosen[column]!r}: wanted a finite number; name other columns"
        )
    return Confounds(values, chosen, _still(table, fd_limit_mm))


def _still(table: Matrix, fd_limit_mm: float | None) -> BoolArray | None:
    if fd_limit_mm is None or table.columns is None or DISPLACEMENT not in table.columns:
        return None
    moved = table.values[:, table.columns.index(DISPLACEMENT)] > fd_limit_mm
    return ~moved if moved.any() else None


def _chosen(file: str, names: tuple[str, ...], columns: Sequence[str] | None) -> tuple[str, ...]:
    if columns is None:
        usual = tuple(name for name in names if any(fnmatchcase(name, pattern) for pattern in CONFOUNDS))
        return usual or tuple(name for name in names if name != DISPLACEMENT)
    chosen: dict[str, None] = {}
    for pattern in columns:
        matching = [name for name in names if fnmatchcase(name, pattern)]
        if not matching:
            raise InputError(f"{file}: there is no column {pattern!r}; columns: {', '.join(names[:30])}")
        chosen.update(dict.fromkeys(matching))
    return tuple(chosen)
