"""Courses that are given per volume, `<subject>-<name>.txt`: baselines to beat, or targets in place of ratings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np

from emotopy.errors import InputError, ShapeError, listed
from emotopy.readers.assumptions import Say, no_op
from emotopy.readers.matrices import files_in, read_matrix, rest_of, row_columns, run_of, subject_of, without_columns
from emotopy.records.axes import FloatArray, names_of
from emotopy.records.brain import RegionSeries


@attrs.frozen(eq=False)
class Regressors:
    """Named courses of one run, already under the HRF: `values` (n_volumes, n_names), a column per name."""

    subject: str
    names: tuple[str, ...] = attrs.field(converter=names_of)
    values: FloatArray
    run: str = ""

    def __attrs_post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.names):
            raise ShapeError(f"values: wanted a column for each of {self.names}, got shape {self.values.shape}")


def read_regressor_folder(
    folder: Path, series: Sequence[RegionSeries], *, task: str | None = None, notify: Say = no_op
) -> list[Regressors]:
    """Read `<subject>-<name>.txt` for each of `series`, in their order; names are sorted and the same for all.

    A file has one column, a row per volume (any form of `matrices`), beside one that counts the volumes or says their
    time, which `notify` tells. Files of other subjects and of other tasks are left alone. Files that hold the same
    numbers, under another name or of another subject, are named through `notify`: they are used, but one may be a copy
    by mistake.

    Raises InputError naming file and subject for a file that is missing, has other rows than the series, more than one
    column, numbers that aren't finite, or only one value throughout.
    """
    paths = _by_subject(folder, task)
    of_series = [paths.get((each.subject, each.run)) or paths.get((each.subject, "")) or {} for each in series]
    names = sorted({name for files in of_series for name in files})
    if not names:
        subjects = listed({each.subject for each in series})
        raise InputError.at(
            folder.name, wanted=f"files <subject>-<name>.txt of the subjects {subjects}", got="none of them"
        )
    found, read = [], {}
    for each, files in zip(series, of_series, strict=True):
        if lacking := [name for name in names if name not in files]:
            raise InputError.at(
                folder.name,
                wanted=f"{', '.join(f'{each.subject}-{name}.txt' for name in lacking)} of subject {each.subject}"
                f"{' ' + each.run if each.run else ''}, as others have them",
                got="none",
                advice="all need the same",
            )
        columns = [_column(files[name], each, notify) for name in names]
        read.update({files[name].name: column for name, column in zip(names, columns, strict=True)})
        found.append(Regressors(each.subject, names, np.stack(columns, axis=1), each.run))
    for copy in _copies(read):
        notify(copy)
    return found


def _by_subject(folder: Path, task: str | None) -> dict[tuple[str, str], dict[str, Path]]:
    paths: dict[tuple[str, str], dict[str, Path]] = {}
    for path in files_in(folder, "courses", task=task):
        name = rest_of(path.name)
        if not name:
            raise InputError.at(
                path.name, wanted="<subject>-<name>.txt", got="a file name without the name of a course"
            )
        files = paths.setdefault((subject_of(path.name), run_of(path.name)), {})
        if name in files:
            raise InputError.at(
                path.name, wanted=f"one file of the course {name!r} of a subject", got=f"{files[name].name} too"
            )
        files[name] = path
    return paths


def _column(path: Path, series: RegionSeries, notify: Say) -> FloatArray:
    matrix = read_matrix(path, tr_s=series.tr_s)
    if matrix.values.shape[1] == 2 and (beside := row_columns(path.name, matrix, series.tr_s)):
        notify(f"{path.name}: an additional column {next(iter(beside.values()))} and was left out")
        matrix = without_columns(matrix, sorted(beside)[:1])
    values = matrix.values
    if values.shape[1] != 1:
        raise InputError.at(
            path.name,
            wanted=f"one column, the course {rest_of(path.name)!r}",
            got=str(values.shape[1]),
            advice="give each course its own file",
        )
    if len(values) != series.n_volumes:
        raise InputError.at(
            path.name,
            wanted=f"a row for each of the {series.n_volumes} volumes of subject {series.subject}",
            got=str(len(values)),
        )
    column = values[:, 0]
    if not np.isfinite(column).all():
        row = int(np.flatnonzero(~np.isfinite(column))[0])
        raise InputError.at(path.name, row=row + 1, wanted="a finite number", got=str(column[row]))
    with np.errstate(over="ignore"):
        is_flat = np.ptp(column) <= 1e-12 * np.abs(column).max()
    if is_flat:
        raise InputError.at(
            path.name, wanted="a course that varies", got=f"{column[0]:g} throughout", advice="leave the file out"
        )
    return column


def _copies(read: dict[str, FloatArray]) -> list[str]:
    """Name the files that hold the same numbers, a sentence per group."""
    groups: dict[bytes, list[str]] = {}
    for file, column in read.items():
        groups.setdefault(column.tobytes(), []).append(file)
    return [
        f"{', '.join(files)} contain the same numbers; check that none is a mistaken copy"
        for files in groups.values()
        if len(files) > 1
    ]
