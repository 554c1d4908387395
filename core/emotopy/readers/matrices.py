"""A folder with a matrix of numbers per subject: whose file it is, and what stands in it.

Forms: CSV (commas, or semicolons with decimal commas or points), TSV, whitespace text (.txt, .dat, .1D, .par; commas
are taken too), NPY. Rows are volumes. A header row is optional. Its names may be numbers, as atlases' codes are: such a
row is a header where the rows below leave no doubt, else the caller must say. Lines that start with `#` are comments,
never headers, unless each of their cells starts with `#`, as C-PAC writes names. An unnamed first column that only
counts the rows (as pandas writes it) and columns of file names are left out. Cells that say "missing" are NaN
(`column_names.MISSING_NUMBERS`).
"""

from __future__ import annotations

import functools
import io
import math
import re
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np

from emotopy.errors import InputError, listed
from emotopy.readers.cell_values import described
from emotopy.readers.column_names import (
    FILE,
    MISSING_NUMBERS,
    ROW_NUMBER,
    TIME,
    is_called,
    is_missing_number,
    without_unit,
)
from emotopy.readers.delimited import described_name, named
from emotopy.readers.numeric_columns import PER_SECOND
from emotopy.readers.separated import cells_of
from emotopy.readers.text_io import decode, read_bounded
from emotopy.records.axes import FloatArray
from emotopy.wording import flag

ENDINGS = (".csv", ".tsv", ".txt", ".dat", ".1d", ".npy")
MOST_BYTES = 1 << 30
"""A series of an hour at 10,000 regions has half of it."""
MOST_CELLS = MOST_BYTES // 8
MOST_BYTES_OF_ROW = 16 << 20
CHANCE = 0.01
"""A row of whole numbers is taken for names where it would come about by chance less often than this."""
FAR_SD = 6.0
"""A row of whole numbers that far from its columns, in standard deviations, isn't one of their rows."""
OTHER_SCALE = 10.0
"""So many times larger or smaller is another scale; the first volume of a run may be three times as bright."""
FEWEST_TO_COUNT = 10
"""A column without a name that counts that many rows from 0 or 1 is no measurement."""


def header_advice() -> str:
    """Return how to say what a first row is."""
    yes, no = flag("--header", "yes"), flag("--header", "no")
    return f"set {yes} if it names the columns, {no} if it is a volume"


_SUBJECT = re.compile(r"(?:^|_)[a-z]{0,5}?(sub-[A-Za-z0-9]+)")
_RUN = re.compile(r"(?:^|_)((?:ses|run)-[A-Za-z0-9]+)")
_TASK = re.compile(r"(?:^|_)task-([A-Za-z0-9]+)")
_ENTITY = re.compile(r"(?:^|_)(?:sub|ses|run|task)-[A-Za-z0-9]+")
_BOOLEAN = re.compile(r"true|false", re.IGNORECASE)
_EXCEL = re.compile(r'"?sep=([;,\t|])"?', re.IGNORECASE)
"""The line in front by which spreadsheets tell the separator."""
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")


@attrs.frozen(eq=False)
class Matrix:
    """Numbers of a file, `values` (n_rows, n_columns), and what its header calls the columns, if it has one.

    `commented` are the words of the last comment above the rows, where it has as many as there are columns: names,
    perhaps. `left_out` are columns of the file that aren't in `values`, `notes` say what was assumed.
    """

    values: FloatArray
    columns: tuple[str, ...] | None = None
    commented: tuple[str, ...] | None = None
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@attrs.frozen
class _Rows:
    """Lines of a text file with their numbers, the separator of their cells, and the comments above them."""

    name: str
    lines: list[tuple[int, str]] = attrs.field(repr=False)
    separator: str | None
    has_decimal_commas: bool = False
    comments: tuple[str, ...] = attrs.field(default=(), repr=False)

    def cells(self, row: int) -> list[str]:
        """Return the cells of a row."""
        return row_cells(self.lines[row][1], self.separator)

    def is_number(self, cell: str) -> bool:
        """Whether a cell is a number, or says that there is none."""
        return is_missing_number(cell) or self.number(cell) is not None

    def number(self, cell: str) -> float | None:
        """Return the number that stands in a cell, or None."""
        return number_in(cell.replace(",", ".") if self.has_decimal_commas else cell)


def stem_of(name: str) -> str:
    """Return a file's name without its ending, `.nii.gz` included.

    >>> stem_of("sub-01_bold.nii.gz")
    'sub-01_bold'
    """
    stem = name.removesuffix(".gz")
    return stem.rpartition(".")[0] or stem


def subject_of(name: str) -> str:
    """Return the subject that a file name names: `sub-XX`, else all up to the first `-` or `_`.

    >>> subject_of("s18-timecourses.txt"), subject_of("task-story_sub-07_run-1.tsv"), subject_of("rp_asub-07_bold.txt")
    ('s18', 'sub-07', 'sub-07')
    """
    found = _SUBJECT.search(name)
    return found[1] if found else re.split(r"[-_]", stem_of(name), maxsplit=1)[0]


def run_of(name: str) -> str:
    """Return session and run of a BIDS file name, or "".

    >>> run_of("sub-07_ses-a_task-story_run-2_bold.nii.gz"), run_of("s18-timecourses.txt")
    ('ses-a_run-2', '')
    """
    return "_".join(_RUN.findall(name))


def task_of(name: str) -> str | None:
    """Return the task of a BIDS file name, or None.

    >>> task_of("sub-07_task-story_run-2_bold.nii.gz"), task_of("s18-timecourses.txt")
    ('story', None)
    """
    found = _TASK.search(name)
    return found[1] if found else None


def rest_of(name: str) -> str:
    """Return what a file name says beside the subject, session, run and task.

    >>> rest_of("s18-sound-power.txt"), rest_of("sub-07_task-story_run-2_joy.txt"), rest_of("sub-07-joy.txt")
    ('sound-power', 'joy', 'joy')
    """
    stem = stem_of(name)
    if _SUBJECT.search(name):
        return _ENTITY.sub("", stem).strip("-_")
    return stem.removeprefix(subject_of(name)).strip("-_")


def files_in(
    folder: Path, what: str, *, task: str | None = None, endings: Sequence[str] = ENDINGS, must_name: bool = False
) -> list[Path]:
    """Return the files of a folder that can hold a matrix, sorted by name; hidden, `regions.*`, `README*` are none.

    With a `task`, files that name another task are left alone; those that name none too, if they `must_name` one.
    Raises InputError for a folder that is absent or holds no such file.
    """
    if not folder.is_dir():
        raise InputError.at(
            folder.name,
            wanted=f"a folder of {what}, a file per subject",
            got="none" if not folder.exists() else "a file",
            advice="check the path",
        )
    found = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in endings
        and path.is_file()
        and not path.name.startswith(".")
        and not path.name.lower().startswith(("readme", "regions."))
    )
    if not found:
        raise InputError.at(
            folder.name, wanted=f"{what}, a file per subject that ends in {', '.join(endings)}", got="none"
        )
    if task is None:
        return found
    tasks = {path: task_of(path.name) for path in found}
    chosen = [path for path in found if tasks[path] == task or (tasks[path] is None and not must_name)]
    if not chosen:
        there = listed(sorted({one for one in tasks.values() if one is not None}))
        raise InputError.at(folder.name, wanted=f"{what} of task-{task}", got=f"the tasks {there}")
    return chosen


def read_matrix(
    path: Path,
    *,
    header: bool | None = None,
    tr_s: float | None = None,
    open_header: bool | None = None,
) -> Matrix:
    """Read a file of numbers by its ending; `values` is float64.

    Parameters
    ----------
    header
        Whether the first row names the columns; None finds out. A comment may hold the names where this is True.
    tr_s
        Seconds between the rows, if known: an unnamed first column in such steps isn't a measurement.
    open_header
        What other files tell: whether a first row of whole numbers that may be names is a header. None: an error.

    Raises InputError that names file and line for what isn't a number, for rows of different length, and for a first
    row of numbers that may be names.
    """
    if path.suffix.lower() == ".npy":
        return _read_npy(path)
    rows = _rows(path)
    first = rows.cells(0)
    if rows.comments and header is not False:
        names = names_in_comment(rows.comments[-1], rows.separator)
        if all(name.startswith("#") for name in names) and len(names) == len(first) > 1:
            header_cells = [name.lstrip("#").strip() for name in names]
            return _named(rows.name, *_parsed(rows, 0), header_cells, tr_s, ())
        if header and len(names) == len(first) and all(map(rows.is_number, first)):
            return _named(rows.name, *_parsed(rows, 0), names, tr_s, ())
    has_header, note = _has_header(rows, first, header, open_header=open_header)
    if not has_header:
        values, left_out = _parsed(rows, 0)
        names = names_in_comment(rows.comments[-1], rows.separator) if rows.comments else []
        return Matrix(values, None, tuple(names) if len(names) == values.shape[1] else None, left_out)
    if len(rows.lines) < 2:
        raise InputError.at(rows.name, wanted="rows of numbers below the header", got="none")
    if all(rows.is_number(cell) for cell in first):
        first = [_without_point_zero(cell) for cell in first]
    return _named(rows.name, *_parsed(rows, 1, first), first, tr_s, (note,) if note else ())


def first_row(path: Path) -> tuple[str, ...]:
    """Return the cells of the first row of a text file that isn't a comment; none for other files."""
    if path.suffix.lower() == ".npy":
        return ()
    lines: list[tuple[int, str]] = []
    try:
        with path.open("rb") as file:
            while len(lines) < 3 and (line := file.readline(MOST_BYTES_OF_ROW)):
                lines += [one for one in _lines(line.decode("utf-8-sig", "replace")) if one[1].strip()]
    except OSError:
        return ()
    lines = lines[1:] if lines and _EXCEL.fullmatch(lines[0][1].strip()) else lines
    return tuple(row_cells(lines[0][1], separator_of(path.suffix.lower(), lines)[0])) if lines else ()


def may_name_columns(cells: Sequence[str]) -> bool:
    """Whether a row of cells could be names that are numbers: two or more, whole, none twice, none below 0.

    >>> may_name_columns(["2001", "2002"]), may_name_columns(["1.0", "2.5"]), may_name_columns(["0", "0"])
    (True, False, False)
    """
    return are_whole(cells) and len({number_in(cell) for cell in cells}) == len(cells)


def are_whole(cells: Sequence[str]) -> bool:
    """Whether a row of two cells or more holds whole numbers from 0 on, not all of them the same.

    >>> are_whole(["1", "1", "2"]), are_whole(["0", "0"]), are_whole(["1", "n/a"])
    (True, False, False)
    """
    values = {number_in(cell) for cell in cells}
    return len(values) > 1 and all(one is not None and one >= 0 and float(one).is_integer() for one in values)


def even_step(values: FloatArray) -> tuple[float, float] | None:
    """Return where a column (n_rows,) that grows evenly begins and by how much it grows, or None.

    Rows without a value don't count; 1 % of a step is taken for rounding.

    >>> even_step(np.array([0.0, 2.0, np.nan, 6.0])), even_step(np.array([1.0, 2.0, 4.0]))
    ((0.0, 2.0), None)
    """
    rows = np.flatnonzero(np.isfinite(values))
    if len(rows) < 2:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        step = (values[rows[-1]] - values[rows[0]]) / (rows[-1] - rows[0])
        begin = values[rows[0]] - rows[0] * step
        is_even = step > 0 and np.allclose(values[rows], begin + rows * step, rtol=0, atol=0.01 * step)
    return (float(begin), float(step)) if is_even and np.isfinite(step) else None


def counts_the_rows(values: FloatArray, tr_s: float | None = None) -> bool:
    """Whether a column counts rows exactly from 0 or 1, or goes from 0 or half a TR in steps of a TR."""
    found = even_step(values)
    if found is None:
        return False
    begin, step = found
    steps = values[np.isfinite(values)] - np.flatnonzero(np.isfinite(values))
    if step == 1 and begin in (0, 1) and (steps == steps[0]).all():
        return True
    return tr_s is not None and any(
        abs(step - scale * tr_s) <= 1e-3 * scale * tr_s and -0.01 * step <= begin <= 1.01 * step for scale in (1, 1e3)
    )


def row_columns(name: str, matrix: Matrix, tr_s: float | None = None) -> dict[int, str]:
    """Return which columns count the rows or say their time, and what each does, by their names and numbers.

    A column whose name says so and that grows evenly; without names, a first column that counts.

    Raises InputError for a time in steps that aren't the TR.
    """
    if matrix.columns is None:
        is_count = len(matrix.values) >= FEWEST_TO_COUNT and matrix.values.shape[1] > 1
        return {0: "counts the rows"} if is_count and counts_the_rows(matrix.values[:, 0], tr_s) else {}
    found = {}
    for column, title in enumerate(matrix.columns):
        is_time, is_count = _says_row(title)
        step = even_step(matrix.values[:, column]) if is_time or is_count else None
        if step is None:
            continue
        unit = without_unit(title)[1]
        scales = (1 / PER_SECOND[unit],) if unit else (1.0, 1e-3)
        if not is_count and tr_s is not None and not _is_step(step[1], tr_s, scales) and step[1] != 1:
            raise InputError.at(
                name,
                column=title,
                wanted=f"steps of the TR, {tr_s:g} s",
                got=f"steps of {step[1]:g}",
                advice=f"correct {flag('--tr')}, or the column",
            )
        found[column] = "is the time" if is_time else "counts the rows"
    return found


@functools.lru_cache(maxsize=1 << 16)
def _says_row(title: str) -> tuple[bool, bool]:
    """Whether a column's name says that it is the time, and that it counts rows; all files of a folder ask the same."""
    return is_called(title, TIME), is_called(title, ROW_NUMBER)


def may_count(values: FloatArray) -> list[int]:
    """Return the columns of (n_rows, n_columns) whose first rows grow evenly, or have no value; a quick look at all."""
    steps = np.diff(values[:3], axis=0)
    with np.errstate(invalid="ignore"):
        is_uneven = (np.abs(steps[-1] - steps[0]) > 0.05 * np.abs(steps[0])) if len(steps) else np.False_
    return list(map(int, np.flatnonzero(~np.broadcast_to(is_uneven, values.shape[1:]))))


def without_columns(matrix: Matrix, columns: Sequence[int]) -> Matrix:
    """Return the matrix without some columns, by their places."""
    if not len(columns):
        return matrix
    stays = [i for i in range(matrix.values.shape[1]) if i not in columns]
    names = matrix.columns
    left_out = tuple("the first column" if names is None else names[i] for i in columns)
    return attrs.evolve(
        matrix,
        values=matrix.values[:, stays],
        columns=None if names is None else tuple(names[i] for i in stays),
        left_out=(*matrix.left_out, *left_out),
    )


def _is_step(step: float, tr_s: float, scales: Sequence[float]) -> bool:
    return any(abs(step * scale - tr_s) <= 2e-3 * tr_s for scale in scales)


def _read_npy(path: Path) -> Matrix:
    """Read an array; its header may ask for more memory than the file has bytes, so it is mapped, not loaded."""
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # a damaged header makes numpy's parser raise whatever comes up in it
        raise InputError.at(
            path.name, wanted="an NPY file with an array of numbers", got=f"none that can be read ({_kind(error)})"
        ) from error
    if not isinstance(values, np.ndarray) or values.ndim not in (1, 2) or values.dtype.kind not in "iuf":
        is_array = isinstance(values, np.ndarray)
        shape = f"{described_name(str(values.dtype))} of shape {values.shape}" if is_array else "an archive"
        raise InputError.at(path.name, wanted="real numbers, a row per volume", got=shape)
    if not values.size or values.size > MOST_CELLS:
        raise InputError.at(path.name, wanted=f"1 to {MOST_CELLS:,} numbers", got=f"shape {values.shape}")
    with np.errstate(over="ignore"):
        return Matrix(np.array(values.reshape(len(values), -1), dtype=np.float64))


def _kind(error: Exception) -> str:
    return type(error).__name__


def _rows(path: Path) -> _Rows:
    text = decode(read_bounded(path, MOST_BYTES), path.name)
    lines = _lines(text)
    told = _EXCEL.fullmatch(lines[0][1].strip()) if lines else None
    lines = lines[1:] if told else lines
    filled = [(number, line) for number, line in lines if line.strip()]
    if not filled:
        raise InputError.at(path.name, wanted="a row of numbers per volume", got="an empty file")
    separator, has_decimal_commas = separator_of(path.suffix.lower(), filled)
    if told and separator != told[1]:
        separator, has_decimal_commas = told[1], told[1] != ","
    if separator != "\t" or len(filled) == len(lines):
        lines = filled
    else:  # a row of tabs alone is one without values, if it has as many as the others
        lines = [
            (number, line) for number, line in lines if line.strip() or line.count("\t") == filled[0][1].count("\t")
        ]
    head = text[: 1 << 20]
    comments = tuple(line.strip() for line in head.splitlines() if is_comment(line)) if "#" in head else ()
    if separator is not None and all(line.rstrip(" ").endswith(separator) for _, line in lines):
        lines = [(number, line.rstrip(" ").removesuffix(separator)) for number, line in lines]
    return _Rows(path.name, lines, separator, has_decimal_commas, comments)


def _lines(text: str) -> list[tuple[int, str]]:
    """Return the rows with their line numbers, without comments and blank lines; one of tabs may be a row."""
    return [
        (number, line)
        for number, line in enumerate(text.split("\n") if "\r" not in text else re.split("\r\n|\n|\r", text), start=1)
        if (line.strip() or "\t" in line) and not is_comment(line)
    ]


def is_comment(line: str) -> bool:
    """Whether a line is a comment; one that begins with a spreadsheet's mark of a missing value (#N/A) isn't."""
    line = line.lstrip()
    return line.startswith("#") and not is_missing_number(re.split(r"[,;\t ]", line, maxsplit=1)[0])


def separator_of(ending: str, lines: Sequence[tuple[int, str]]) -> tuple[str | None, bool]:
    """Return what stands between the cells (None is any white space), and whether decimals have a comma.

    The one that makes numbers of the last row, which isn't a header; of several, that of the file's ending.
    """
    last = lines[-1][1]
    for separator in {".tsv": ("\t", ",", ";"), ".csv": (",", ";", "\t")}.get(ending, ("\t", ",", ";")):
        if separator in last:
            cells = row_cells(last, separator)
            if all(is_missing_number(cell) or number_in(cell) is not None for cell in cells):
                return separator, False
            if separator != "," and all(
                is_missing_number(cell) or _DECIMAL_COMMA.fullmatch(cell) or number_in(cell) is not None
                for cell in cells
            ):
                return separator, True
    line = lines[0][1]
    if all(is_missing_number(cell) or number_in(cell) is not None for cell in last.split()):
        return None, False  # the separator that makes numbers of the row
    if "\t" in line and (ending == ".tsv" or "\t" in last):
        return "\t", False
    if "," in line:
        return ",", False
    return (";" if ";" in line else None), False


def row_cells(line: str, separator: str | None) -> list[str]:
    """Return the cells of a row, without blanks and quotes around them; None is any white space."""
    if separator is None:
        return [cell.strip('"') for cell in line.split()]
    if '"' not in line:
        return [cell.strip() for cell in line.split(separator)]
    return [cell.strip().strip('"') for cell in cells_of(line, separator, skip_blanks=True)]


def names_in_comment(comment: str, separator: str | None) -> list[str]:
    """Return the words of a comment, split as the rows are; each with its own `#` where it has one."""
    words = row_cells(comment, separator if separator is not None and separator in comment else None)
    if len(words) > 1 and words[1].startswith("#"):
        return words
    return names_in_comment(rest, separator) if (rest := comment.lstrip("#").strip()) != comment else words


def number_in(cell: str) -> float | None:
    """Return a cell's number, infinite ones too, or None; Python's own liberties (1_000, ١) are no numbers."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if cell.isascii() and "_" not in cell and not math.isnan(value) else None


def _has_header(rows: _Rows, first: list[str], header: bool | None, *, open_header: bool | None) -> tuple[bool, str]:
    """Whether the first row names the columns, and what was assumed.

    Raises InputError for a first row that may be both: dropping it could drop a volume.
    """
    words = [cell for cell in first if not rows.is_number(cell)]
    if header is True:
        return True, ""
    figures = [cell for cell in first if rows.number(cell) is not None]
    if words and header is False:
        raise _both(
            rows,
            words,
            "numbers",
            f"the row isn't a volume: leave out {flag('--header')}, or set {flag('--header', 'yes')}",
        )
    if words and figures:
        others = [word for word in words if not is_called(word, ROW_NUMBER, TIME, FILE)]
        if others or not may_name_columns([*figures, "-1"] if len(figures) == 1 else figures):
            raise _both(rows, others or words, "names of columns or numbers", f"correct the row, or {header_advice()}")
    if words or header is False or len(rows.lines) < 2:
        return bool(words), ""
    named_cells = first[1:] if first[0] == "" else first
    if not are_whole(named_cells):
        return False, ""
    return _number_header(rows, named_cells, open_header=open_header)


def _both(rows: _Rows, words: list[str], wanted: str, advice: str) -> InputError:
    got = f"both, such as {described(words[0])}" if "names" in wanted else described(words[0])
    return InputError.at(rows.name, line=rows.lines[0][0], wanted=wanted, got=got, advice=advice)


def _number_header(rows: _Rows, cells: list[str], *, open_header: bool | None) -> tuple[bool, str]:
    """Decide about a first row of distinct whole numbers, by the rows below it. Raises InputError where it's open."""
    values, _ = _parsed(rows, 1)
    row = np.array([float(cell) for cell in cells])
    shown = f"{', '.join(cells[:3])}{', …' if len(cells) > 3 else ''}"
    note = (
        f"the first row ({shown}) was read as column names, because it has whole numbers unlike the "
        f"rows below; {flag('--header', 'no')} reads it as a volume"
    )
    if values.shape[1] < len(row):
        return False, ""  # rows of different length: the error is said where they are read
    body = values[:, -len(row) :]
    is_whole = body == np.round(body)
    finite = np.isfinite(body)
    whole_rows = (is_whole | ~finite).all(axis=1) & finite.any(axis=1)
    share = (np.count_nonzero(is_whole & finite) + 1) / (np.count_nonzero(finite) + 2)
    if not whole_rows.any() and (share ** len(row) < CHANCE or _counts(row)):
        if len(set(cells)) == len(cells):
            return True, note
        if open_header is not False:
            raise _may_be_either(rows, "whole numbers above fractions, but some of them twice")
    if len(set(cells)) < len(cells):
        return False, ""
    is_header = _may_be_names(rows, row, body) if open_header is None else open_header
    return is_header, note if is_header else ""


def _counts(row: FloatArray) -> bool:
    """Whether a row numbers its columns from 0 or 1; two numbers may do so by chance."""
    return len(row) > 2 and row[0] in (0, 1) and bool((np.diff(row) == 1).all())


def _may_be_names(rows: _Rows, row: FloatArray, body: FloatArray) -> bool:
    """Whether a first row of distinct whole numbers above other whole numbers is on quite another scale than they.

    Raises InputError where that is open: the first volumes of a run are often brighter than the others, too.
    """
    if np.array_equal(body[0], row) or np.array_equal(body[0], row + len(row)):
        return False  # the row is repeated, or the count goes on
    with np.errstate(all="ignore"):  # of a column without a number; nanmean would warn, and only a filter silence it
        n = (~np.isnan(body)).sum(axis=0)
        mean = np.nansum(body, axis=0) / n
        deviation = np.sqrt(np.nansum((body - mean) ** 2, axis=0) / n)
        far = np.abs(row - mean) > FAR_SD * deviation
        is_other_scale = far & ((np.abs(row) > OTHER_SCALE * np.abs(mean)) | (np.abs(mean) > OTHER_SCALE * np.abs(row)))
    if len(body) > 2 and (is_other_scale.all() or _are_codes_in_order(row, body)):
        return True
    if _counts(row) or (far.any() and len(body) > 2):
        raise _may_be_either(rows, "whole numbers that may be either")
    return False


def _are_codes_in_order(row: FloatArray, body: FloatArray) -> bool:
    """Whether a row of numbers ascends, as atlases' codes do, where no other row does and chance would hardly do it."""
    is_rare = 1 / math.factorial(min(len(row), 20)) < CHANCE
    return is_rare and bool((np.diff(row) > 0).all()) and not (np.diff(body, axis=1) > 0).all(axis=1).any()


def _may_be_either(rows: _Rows, got: str) -> InputError:
    wanted = "names of columns that differ, or a volume"
    return InputError.at(rows.name, line=rows.lines[0][0], wanted=wanted, got=got, advice=header_advice())


def _without_point_zero(cell: str) -> str:
    """Return a whole number as it is usually written: numpy writes `1.0` and `1.000e+00`."""
    value = number_in(cell)
    is_whole = value is not None and value.is_integer() and abs(value) < 2**53
    return f"{value:.0f}" if is_whole and not cell.isdigit() else cell


def _parsed(rows: _Rows, start: int, header: Sequence[str] | None = None) -> tuple[FloatArray, tuple[str, ...]]:
    """Return the numbers of the rows from `start` on, and the names of columns of text that were left out."""
    lines = rows.lines[start:]
    width = len(row_cells(lines[0][1], rows.separator))
    text = _text_columns(rows, header, lines)
    if not text:
        fast = _fast(rows, lines, width)
        if fast is not None:
            return fast, ()
    values = np.empty((len(lines), width))
    for row, (line, content) in enumerate(lines):
        cells = row_cells(content, rows.separator)
        if len(cells) != width:
            raise InputError.at(
                rows.name, line=line, wanted=f"{width} numbers as in the first row", got=str(len(cells))
            )
        for column, cell in enumerate(cells):
            value = np.nan if column in text or is_missing_number(cell) else rows.number(cell)
            if value is None:
                title = header[column] if header is not None and len(header) == width else str(column + 1)
                raise InputError.at(
                    rows.name,
                    line=line,
                    column=described_name(title),
                    wanted="a number",
                    got=described(cell),
                    advice="correct the cell, or write n/a if there is no value",
                )
            values[row, column] = value
    if not text:
        return values, ()
    assert header is not None
    stays = [i for i in range(width) if i not in text]
    return values[:, stays], tuple(header[i] for i in text)


def _text_columns(rows: _Rows, header: Sequence[str] | None, lines: Sequence[tuple[int, str]]) -> list[int]:
    """Return which columns hold names of files or images, as AFNI writes them before the numbers."""
    cells = row_cells(lines[0][1], rows.separator)
    if header is None or len(header) != len(cells):
        return []
    found = [i for i, (title, cell) in enumerate(zip(header, cells, strict=True)) if _is_text(rows, title, cell)]
    return found if len(found) < len(header) else []


def _is_text(rows: _Rows, title: str, cell: str) -> bool:
    return not rows.is_number(cell) and is_called(title, FILE)


def _fast(rows: _Rows, lines: Sequence[tuple[int, str]], width: int) -> FloatArray | None:
    """Return the numbers by pandas' parser, or None where only reading cell by cell can tell what is meant.

    It pads short rows, and takes TRUE for 1: rows must have as many cells as the first, and no such word.
    """
    import pandas as pd

    bare = [line for _, line in lines]
    separator = rows.separator
    content = "\n".join(bare)
    if not content.isascii():
        return None
    is_plain = not content.encode().translate(None, _PLAIN)
    if not is_plain and ('"' in content or "_" in content or _BOOLEAN.search(content)):
        return None
    try:
        frame = pd.read_csv(
            io.StringIO(content),
            sep=r"\s+" if separator is None else separator,
            header=None,
            names=range(width),
            index_col=False,
            dtype=np.dtype(np.float64),  # a type's name alone makes pandas swap the warning filters
            decimal="," if rows.has_decimal_commas else ".",
            skipinitialspace=True,
            keep_default_na=False,
            na_values=[""] if is_plain else _MARKS,
            skip_blank_lines=False,
            low_memory=False,
        )
    except Exception:  # noqa: BLE001 (whatever it is, reading cell by cell names the place)
        return None
    values = np.array(frame.to_numpy(dtype=np.float64))
    if values.shape != (len(bare), width):
        return None
    is_full = not np.isnan(values).any()  # a short row would end in NaN, a long one has failed
    return values if is_full or all(len(row_cells(line, separator)) == width for line in bare) else None


_PLAIN = b"0123456789+-.eE,; \t\n"
_MARKS = sorted({form for mark in MISSING_NUMBERS for form in (mark, mark.upper(), mark.capitalize())} | {"NaN"})


def _named(
    name: str,
    values: FloatArray,
    left_out: tuple[str, ...],
    header: Sequence[str],
    tr_s: float | None,
    notes: tuple[str, ...],
) -> Matrix:
    """Put header and numbers together, without a first column that has no name and counts the rows."""
    header = [cell for cell in header if cell not in left_out] if left_out else list(header)
    n_columns = values.shape[1]
    unnamed = header[0] in ("", "Unnamed: 0") or len(header) == n_columns - 1
    if unnamed and n_columns > 1 and counts_the_rows(values[:, 0], tr_s):
        names = _distinct(name, header[-(n_columns - 1) :])
        return Matrix(values[:, 1:], names, None, (*left_out, "the column without a name"), notes)
    if len(header) != n_columns:
        raise InputError.at(
            name, wanted=f"a name for each of {n_columns} columns in the header", got=f"{len(header)} names"
        )
    return Matrix(values, _distinct(name, header), None, left_out, notes)


def _distinct(name: str, header: Sequence[str]) -> tuple[str, ...]:
    seen: set[str] = set()
    for column, cell in enumerate(header):
        if not cell:
            raise InputError.at(
                name, column=str(column + 1), wanted="a name in the header", got="none", advice="give it one"
            )
        if cell in seen:
            raise InputError.at(
                name,
                column=described_name(cell),
                wanted="names that differ",
                got=f"one name twice in the header, {named([cell])}",
            )
        seen.add(cell)
    return tuple(header)
