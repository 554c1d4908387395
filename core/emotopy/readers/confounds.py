"""Confounds tables: which columns are regressed out of a run, and which volumes the head moved too far in.

Columns go by the names that any fMRIPrep since 1.0 gives them, or another program: `column_names.MOTION`, `CONFOUND`.
A table without such names is never used whole: what is a confound is the user's to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.readers.assumptions import Say, no_op
from emotopy.readers.column_names import CONFOUND, MOTION, find_column
from emotopy.readers.delimited import named
from emotopy.readers.matrices import Matrix, read_matrix
from emotopy.readers.motion import motion_columns, named_displacement
from emotopy.records.axes import BoolArray, FloatArray
from emotopy.wording import flag

DISPLACEMENT = "framewise_displacement"
TISSUES = ("csf", "white_matter")
CONFOUNDS = (*TISSUES, *MOTION)
"""What is regressed out unless other columns are named, under these names: two tissues' means, and motion."""


def _advice() -> str:
    return f"name the columns to regress out: {flag('--confound-columns', 'a,b*')} ('*' takes all)"


@attrs.frozen(eq=False)
class Confounds:
    """A confounds table: `values` (n_volumes, n_confounds) or None, their names, and the volumes to keep or None."""

    values: FloatArray | None = None
    names: tuple[str, ...] = ()
    keep: BoolArray | None = None


def read_confounds(
    path: Path, columns: Sequence[str] | None = None, fd_limit_mm: float | None = 0.5, *, notify: Say = no_op
) -> Confounds:
    """Read a confounds table (TSV, or any form of `matrices`); see `bold.find_runs` for `columns` and `fd_limit_mm`.

    `notify` is called with what was assumed, which doesn't name the file.

    Derivatives have no value at the first volume: it takes the second's, as nilearn has it. A table without a
    displacement, but with the six parameters of motion, has it computed (Power et al. 2012).

    Raises InputError for a table without names that are known, a column that isn't there, or whose values aren't
    finite further down.
    """
    table = read_matrix(path)
    titles = table.columns or table.commented or tuple(f"column {i}" for i in range(1, table.values.shape[1] + 1))
    known = known_columns(titles)
    chosen = _usual(path.name, titles, known) if columns is None else _asked(path.name, titles, known, columns)
    values = table.values[:, list(chosen.values())]
    if len(values) > 1:
        values[0] = np.where(np.isfinite(values[0]), values[0], values[1])
    if not np.isfinite(values).all():
        row, column = map(int, np.argwhere(~np.isfinite(values))[0])
        raise InputError.at(
            path.name,
            row=row + 1,
            column=titles[list(chosen.values())[column]],
            wanted="a finite number",
            got=str(values[row, column]),
            advice=f"name other columns: {flag('--confound-columns')}",
        )
    lacking = [name for name in TISSUES if name not in known] + ["motion"] * ("trans_x" not in known)
    if columns is None and lacking:
        notify(f"the confounds have no {' and no '.join(lacking)}; {', '.join(chosen)} are regressed out")
    return Confounds(values, tuple(chosen), _still(path.name, table, titles, known, fd_limit_mm, notify))


def known_columns(titles: Sequence[str]) -> dict[str, int]:
    """Return the place of each confound that a table has, by the name that fMRIPrep gives it since 1.2.

    >>> known_columns(["CSF", "X", "RotX", "FramewiseDisplacement", "tCompCor00"])
    {'csf': 0, 'framewise_displacement': 3, 'trans_x': 1, 'rot_x': 2}
    """
    tissues = {usual: find_column(titles, synonyms) for usual, synonyms in CONFOUND.items()}
    found = {usual: list(titles).index(title) for usual, title in tissues.items() if title is not None}
    return found | motion_columns(titles)


def _still(
    file: str,
    table: Matrix,
    titles: Sequence[str],
    known: dict[str, int],
    fd_limit_mm: float | None,
    notify: Say,
) -> BoolArray | None:
    """Return which volumes the head kept still in, None for all; a volume without a value did."""
    if fd_limit_mm is None:
        return None
    if DISPLACEMENT in known:
        displacement = table.values[:, known[DISPLACEMENT]]
    elif not set(MOTION) <= set(known):
        notify("the confounds have no framewise displacement, so no volume is censored for motion")
        return None
    else:
        places = [known[name] for name in MOTION]
        displacement = named_displacement(file, table.values[:, places], [titles[place] for place in places])
        notify("the confounds have no framewise displacement; it was computed from the six motion parameters")
    moved = displacement > fd_limit_mm
    return ~moved if moved.any() else None


def _usual(file: str, titles: Sequence[str], known: dict[str, int]) -> dict[str, int]:
    """Return the columns that are regressed out unless others are named: all of the motion, the tissues there are."""
    there = [name for name in MOTION if name in known]
    if len(there) not in (0, len(MOTION)) or not any(name in known for name in CONFOUNDS):
        lacking = [name for name in CONFOUNDS if name not in known]
        raise InputError.at(
            file,
            wanted=f"columns of confounds, {', '.join(CONFOUNDS)}, or their names in other programs (CSF, X, "
            "RotX, roll)",
            got=f"none for {', '.join(lacking)} among {named(titles)}",
            advice=_advice(),
        )
    return {name: known[name] for name in CONFOUNDS if name in known}


def _asked(file: str, titles: Sequence[str], known: dict[str, int], columns: Sequence[str]) -> dict[str, int]:
    """Return the columns that are asked for, by the table's own names, else by fMRIPrep's."""
    chosen: dict[str, int] = {}
    for pattern in columns:
        matching = {name: place for place, name in enumerate(titles) if fnmatchcase(name, pattern)}
        matching = matching or {name: place for name, place in known.items() if fnmatchcase(name, pattern)}
        if not matching:
            raise InputError.at(
                file,
                column=pattern,
                wanted="a column of the table",
                got=f"the columns {named(titles)}",
                advice=_advice(),
            )
        chosen.update(matching)
    return chosen
