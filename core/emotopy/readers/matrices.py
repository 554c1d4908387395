"""A folder with a matrix of numbers per subject: whose file it is, and what stands in it.

Forms: CSV (commas or semicolons), TSV, whitespace text (.txt, .dat, .1D; commas are taken too), NPY. Rows are volumes.
A header row is optional; lines that start with `#` are comments, never headers. An unnamed first column that only
counts the rows (as pandas writes it) is left out. Empty cells, NA, n/a and nan are NaN.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.records.axes import FloatArray

ENDINGS = (".csv", ".tsv", ".txt", ".dat", ".1d", ".npy")
MISSING = {"", "na", "n/a", "nan", "null", "none"}
_SUBJECT = re.compile(r"(?:^|_)(sub-[A-Za-z0-9]+)")
_RUN = re.compile(r"(?:^|_)((?:ses|run)-[A-Za-z0-9]+)")
_ENTITY = re.compile(r"(?:^|_)(?:sub|ses|run|task)-[A-Za-z0-9]+")


@attrs.frozen(eq=False)
class Matrix:
    """Numbers of a file, `values` (n_rows, n_columns), and what its header calls the columns, if it has one."""

    values: FloatArray
    columns: tuple[str, ...] | None = None


def stem_of(name: str) -> str:
    """Return a file's name without its ending, `.nii.gz` included.

    >>> stem_of("sub-01_bold.nii.gz")
    'sub-01_bold'
    """
    stem = name.removesuffix(".gz")
    return stem.rpartition(".")[0] or stem


def subject_of(name: str) -> str:
    """Return the subject that a file name names: `sub-XX`, else all up to the first `-` or `_`.

    >>> subject_of("s18-timecourses.txt"), subject_of("task-story_sub-07_run-1.tsv"), subject_of("anna.npy")
    ('s18', 'sub-07', 'anna')
    """
    found = _SUBJECT.search(name)
    return found[1] if found else re.split(r"[-_]", stem_of(name), maxsplit=1)[0]


def run_of(name: str) -> str:
    """Return session and run of a BIDS file name, or "".

    >>> run_of("sub-07_ses-a_task-story_run-2_bold.nii.gz"), run_of("s18-timecourses.txt")
    ('ses-a_run-2', '')
    """
    return "_".join(_RUN.findall(name))


def rest_of(name: str) -> str:
    """Return what a file name says beside the subject, session, run and task.

    >>> rest_of("s18-sound-power.txt"), rest_of("sub-07_task-story_run-2_joy.txt"), rest_of("sub-07-joy.txt")
    ('sound-power', 'joy', 'joy')
    """
    stem = stem_of(name)
    if _SUBJECT.search(name):
        return _ENTITY.sub("", stem).strip("-_")
    return stem.removeprefix(subject_of(name)).strip("-_")


def files_in(folder: Path, what: str) -> list[Path]:
    """Return the files of a folder that can hold a matrix, sorted by name; hidden, `regions.*`, `README*` are none.

    Raises InputError for a folder that is absent or holds no such file.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: wanted a folder of {what}, a file per subject; there is none, check the path")
    found = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in ENDINGS
        and path.is_file()
        and not path.name.startswith(".")
        and not path.name.lower().startswith(("readme", "regions."))
    )
    if not found:
        raise InputError(
            f"{folder.name}: wanted {what}, a file per subject that ends in {', '.join(ENDINGS)}; the folder holds none"
        )
    return found


def read_matrix(path: Path) -> Matrix:
    """Read a file of numbers by its ending; `values` is float64.

    Raises InputError that names file and line for what isn't a number and for rows of different length.
    """
    if path.suffix.lower() == ".npy":
        return _read_npy(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name}: wanted a text file of numbers in UTF-8, got {error}") from error
    lines = _lines(text)
    if not lines:
        raise InputError(f"{path.name}: wanted a row of numbers per volume, got an empty file")
    separator = _separator(path.suffix.lower(), lines[0][1])
    first = _cells(lines[0][1], separator)
    header = first if _is_header(path.name, first, lines, separator) else None
    body = lines[1:] if header else lines
    if not body:
        raise InputError(f"{path.name}: wanted rows of numbers below the header, got none")
    return _without_row_numbers(path.name, _numbers(path.name, body, separator), header)


def _read_npy(path: Path) -> Matrix:
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{path.name}: wanted an NPY file with an array of numbers, got {error}") from error
    if not isinstance(values, np.ndarray) or values.ndim not in (1, 2) or values.dtype.kind not in "iuf":
        shape = f"{values.dtype} of shape {values.shape}" if isinstance(values, np.ndarray) else "an archive"
        raise InputError(f"{path.name}: wanted real numbers, a row per volume, got {shape}")
    return Matrix(values.reshape(len(values), -1).astype(np.float64))


def _lines(text: str) -> list[tuple[int, str]]:
    """Return the rows with their line numbers, without comments and blank lines."""
    return [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]


def _separator(ending: str, line: str) -> str | None:
    """Return what stands between the cells; None is any white space."""
    if ending == ".tsv" and "\t" in line:
        return "\t"
    if "," in line:
        return ","
    return ";" if ending == ".csv" and ";" in line else None


def _cells(line: str, separator: str | None) -> list[str]:
    cells = line.split() if separator is None else next(csv.reader([line], delimiter=separator, skipinitialspace=True))
    return [cell.strip().strip('"') for cell in cells]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell.lower() in MISSING
    return True


def _is_header(name: str, first: list[str], lines: list[tuple[int, str]], separator: str | None) -> bool:
    """Whether the first row names the columns: none of its cells is a number, or they count (as pandas numbers them).

    Raises InputError for a first row of which only some cells are numbers: dropping it could drop a volume.
    """
    named = first[1:] if first[0] == "" else first
    counts = [list(map(str, range(start, start + len(named)))) for start in (0, 1)]
    if len(named) > 2 and named in counts:
        second = _cells(lines[1][1], separator) if len(lines) > 1 else first
        return second[-len(named) :] not in counts
    words = [cell for cell in first if not _is_number(cell)]
    if words and any(_is_number(cell) and cell.lower() not in MISSING for cell in first):
        raise InputError(
            f"{name}, line {lines[0][0]}: wanted names of columns or numbers, got both, such as {words[0]!r}; "
            "correct the row"
        )
    return bool(words)


def _numbers(name: str, lines: list[tuple[int, str]], separator: str | None) -> FloatArray:
    try:
        return np.loadtxt([line for _, line in lines], delimiter=separator, ndmin=2, comments=None, quotechar='"')
    except ValueError:
        pass  # missing values, or something is wrong: cell by cell, to say where
    width = len(_cells(lines[0][1], separator))
    values = np.empty((len(lines), width))
    for row, (line, text) in enumerate(lines):
        cells = _cells(text, separator)
        if len(cells) != width:
            raise InputError(f"{name}, line {line}: wanted {width} numbers as in the first row, got {len(cells)}")
        for column, cell in enumerate(cells):
            if not _is_number(cell):
                raise InputError(f"{name}, line {line}, column {column + 1}: wanted a number, got {cell!r}")
            values[row, column] = np.nan if cell.lower() in MISSING else float(cell)
    return values


def _without_row_numbers(name: str, values: FloatArray, header: Sequence[str] | None) -> Matrix:
    if header is None:
        return Matrix(values)
    n_columns = values.shape[1]
    unnamed = header[0] in ("", "Unnamed: 0") or len(header) == n_columns - 1
    if unnamed and n_columns > 1:
        steps = values[:, 0] - np.arange(len(values))
        if np.all(steps == steps[0]) and steps[0] in (0, 1):
            return Matrix(values[:, 1:], _distinct(name, header[-(n_columns - 1) :]))
    if len(header) != n_columns:
        raise InputError(f"{name}: the header names {len(header)} columns, the rows have {n_columns}")
    return Matrix(values, _distinct(name, header))


def _distinct(name: str, header: Sequence[str]) -> tuple[str, ...]:
    for column, cell in enumerate(header):
        if not cell:
            raise InputError(f"{name}: column {column + 1} has no name in the header; give it one")
        if cell in header[:column]:
            raise InputError(f"{name}: the header names the column {cell!r} twice; names must differ")
    return tuple(header)
