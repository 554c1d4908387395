"""Region series from a folder, a file per subject and run, and the checks that every series passes, from BOLD too."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import attrs
import numpy as np

from emotopy.errors import ConfigError, InputError, listed
from emotopy.readers.assumptions import Assumptions, Say, no_op
from emotopy.readers.column_names import REGION_NAME, find_column, is_confound
from emotopy.readers.delimited import named
from emotopy.readers.matrices import (
    Matrix,
    counts_the_rows,
    files_in,
    first_row,
    header_advice,
    may_count,
    read_matrix,
    row_columns,
    run_of,
    stem_of,
    subject_of,
    task_of,
    without_columns,
)
from emotopy.readers.text_io import decode, read_bounded
from emotopy.records.axes import BoolArray, FloatArray
from emotopy.records.brain import RegionSeries
from emotopy.wording import flag, worded

OnBad = Literal["error", "exclude-subjects", "drop-regions"]
LONGEST_TR_S = 30.0
"""A longer TR is in milliseconds."""
_ENTITY = re.compile(r"[A-Za-z]+-[A-Za-z0-9]+")
_OF_ONE_RECORDING = ("seg-", "atlas-", "stat-", "desc-", "space-", "den-", "res-", "parc-")
"""Parts of BIDS names in which files made from one recording differ."""
MOST_BYTES_OF_NAMES = 16 << 20
"""A list of regions is far shorter."""


@attrs.frozen
class Exclusion:
    """A recording that was left out, and why; reports state it."""

    subject: str
    reason: str
    run: str = ""


@attrs.frozen(eq=False)
class SeriesFile:
    """A series with the file that it comes from, for messages."""

    file: str
    series: RegionSeries


def read_series_folder(
    folder: str | Path,
    tr_s: float | None,
    *,
    regions: Sequence[str] | None = None,
    header: bool | None = None,
    task: str | None = None,
    on_bad: OnBad = "error",
    trim: bool = False,
    notify: Say = no_op,
) -> tuple[list[RegionSeries], list[Exclusion]]:
    r"""Read a folder of region series; return those that can be used, and what was left out.

    Parameters
    ----------
    folder : str or Path
        A file per subject (and run): CSV, TSV, whitespace text or NPY, rows are volumes, columns regions (see
        `matrices`). Subject = `sub-XX` in the file's name, else the name up to the first `-` or `_`; `ses-` and
        `run-` tell runs apart.
    tr_s : float
        Repetition time in seconds.
    regions : sequence of str, optional
        Names of the columns, for files without a header. None: those in `regions.txt` or `regions.tsv` in the folder
        (a name a line; column `name` where there is a header), else `region_01`, `region_02`, …. Columns that count
        the volumes or say their time are no regions, unless a list of names asks for them; `notify` tells.
    header : bool, optional
        Whether the first rows name the regions; None finds out, and raises InputError where numbers may be names.
    task : str, optional
        Only files whose names have this label behind `task-`; None takes all.
    on_bad : {"error", "exclude-subjects", "drop-regions"}, default "error"
        What to do about a region that is constant or not finite in some recording: "error" (default),
        "exclude-subjects" leaves those recordings out, "drop-regions" leaves those regions out of all. A recording in
        which *no* region is usable is empty and always left out, while others remain. A row that is NaN throughout is
        a censored volume, not a bad region.
    trim : bool, default False
        Cut longer recordings of a run at their end to the shortest. By default unequal lengths are an error: if one
        began elsewhere in the story, rows wouldn't mean the same moment.
    notify : callable, optional
        Called with a message for what was dropped or cut, and for recordings that are copies of each other.

    Returns
    -------
    series : list of RegionSeries
        Those that can be used, by subject and run; values are (n_volumes, n_regions).
    left_out : list of Exclusion
        Recordings that were left out, with subject, run and reason.

    Raises
    ------
    InputError
        A file can't be read as a series, or a region is unusable; the error names file, subject and columns.
    ConfigError
        The repetition time is missing or isn't above 0, or `on_bad` is none of its choices.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for subject in ("sub-01", "sub-02"):
    ...         rows = "".join(f"{i % 3},{i % 5}\n" for i in range(20))
    ...         _ = (Path(folder) / f"{subject}_bold.csv").write_text(f"amygdala,insula\n{rows}", "utf-8")
    ...     series, left_out = read_series_folder(folder, tr_s=2.0)
    >>> [(one.subject, one.regions, one.values.shape) for one in series]
    [('sub-01', ('amygdala', 'insula'), (20, 2)), ('sub-02', ('amygdala', 'insula'), (20, 2))]
    """
    if on_bad not in get_args(OnBad):
        raise ConfigError(f"on_bad: wanted one of {', '.join(get_args(OnBad))}, got {on_bad!r}")
    folder = Path(folder)
    tr_s = checked_tr(tr_s)
    names = tuple(regions) if regions is not None else _names_in(folder)
    paths = files_in(folder, "region series", task=task, must_name=True)
    rows = [first_row(path) for path in paths] if header is None else []
    open_header = _shared_header(rows)
    found, told = [], Assumptions()
    for path in paths:
        matrix = read_matrix(path, header=header, tr_s=tr_s, open_header=open_header)
        matrix = _of_regions(path.name, matrix, names, tr_s, told)
        values = np.where(np.isinf(matrix.values), np.nan, matrix.values)
        regions, keep = _regions_of(path.name, matrix, names, told), kept(matrix.values)
        series = RegionSeries(subject_of(path.name), regions, values, tr_s, run_of(path.name), keep)
        found.append(SeriesFile(path.name, series))
    told.tell(notify)
    _check_one_task(paths)
    return checked(found, on_bad=on_bad, trim=trim, notify=notify)


def _shared_header(rows: Sequence[tuple[str, ...]]) -> bool | None:
    """Whether first rows of numbers are names: so it is if all files have the same one, not if each has its own.

    Recordings never agree in a volume; in files that do, whole numbers that stand first are the regions' codes. None
    where each file must tell.
    """
    if len(rows) < 2 or len(set(rows)) not in (1, len(rows)):
        return None
    return len(set(rows)) == 1


def _of_regions(file: str, matrix: Matrix, names: Sequence[str] | None, tr_s: float, told: Assumptions) -> Matrix:
    """Return the matrix without columns that count the volumes or say their time; what is assumed is told."""
    for note in matrix.notes:
        told.add(file, note)
    for name in matrix.left_out:
        told.add(file, f"{name} was left out, because it isn't a region")
    n_columns = matrix.values.shape[1]
    if matrix.columns is None:
        counting = row_columns(file, matrix, tr_s) if names is None or len(names) == n_columns - 1 else {}
        if matrix.commented is not None and names is None:
            told.add(file, f"a comment may name the columns; {header_advice().partition(',')[0]}")
    elif names is not None and tuple(names) == matrix.columns:
        counting = {}
    else:
        wanted = set(names or ())
        counting = {
            column: what
            for column, what in row_columns(file, matrix, tr_s).items()
            if matrix.columns[column] not in wanted
        }
        odd = [name for name in matrix.columns if name not in wanted and is_confound(name)]
        if odd:
            told.add(
                file,
                f"named like confounds: {named(odd, most=8)}; they were read as regions. Remove them "
                "from the files if they aren't regions",
            )
        for column in may_count(matrix.values):
            name = matrix.columns[column]
            if column not in counting and name not in wanted and counts_the_rows(matrix.values[:, column], tr_s):
                told.add(
                    file,
                    f"the column {name!r} counts the volumes, but has the name of a region; it was "
                    "kept. Remove it from the files if it isn't a region",
                )
    if len(counting) == n_columns:
        return matrix
    for column, what in counting.items():
        name = "the first column" if matrix.columns is None else f"the column {matrix.columns[column]!r}"
        told.add(file, f"{name} {what}; it was left out, because it isn't a region")
    return without_columns(matrix, sorted(counting))


def _check_one_task(paths: Sequence[Path]) -> None:
    """Raise InputError where a subject has several tasks in the same run: --task chooses one."""
    seen: dict[tuple[str, str], Path] = {}
    for path in paths:
        other = seen.setdefault((subject_of(path.name), run_of(path.name)), path)
        if other != path and task_of(other.name) != task_of(path.name):
            tasks = sorted({one for each in paths if (one := task_of(each.name)) is not None})
            raise InputError.at(
                path.name,
                wanted=f"one file of subject {subject_of(path.name)}",
                got=f"those of several tasks ({', '.join(tasks)}), {other.name} too",
                advice=f"choose one: {flag('--task', tasks[0])}, or give them as stories"
                + worded(f": --story {tasks[0]}=FILE …", ""),
            )


def _drop(what: str) -> str:
    return worded(f"--drop {what}", "on_bad='drop-regions'" if what == "regions" else "on_bad='exclude-subjects'")


def checked_tr(tr_s: float | None) -> float:
    """Return the TR, or raise ConfigError for one that is missing or can't be a number of seconds."""
    if tr_s is None:
        raise ConfigError(f"tr: wanted the repetition time in seconds, got none; give it: {flag('--tr', '2.0')}")
    if not math.isfinite(tr_s) or tr_s <= 0 or tr_s > LONGEST_TR_S:
        hint = (
            f" (milliseconds? then {flag('--tr', tr_s / 1000)})" if math.isfinite(tr_s) and tr_s > LONGEST_TR_S else ""
        )
        raise ConfigError(f"tr: wanted seconds above 0 and up to {LONGEST_TR_S:g}, got {tr_s:g}{hint}")
    return float(tr_s)


def kept(values: FloatArray) -> BoolArray | None:
    """Return which rows aren't NaN throughout, (n_volumes,), or None for all."""
    censored = ~np.isfinite(values).any(axis=1)
    return np.asarray(~censored) if censored.any() else None


def checked(
    found: Sequence[SeriesFile], *, on_bad: OnBad = "error", trim: bool = False, notify: Say = no_op
) -> tuple[list[RegionSeries], list[Exclusion]]:
    """Return the series that can be used, sorted by subject and run, and the exclusions; as `read_series_folder`."""
    found = sorted(found, key=lambda each: (each.series.subject, each.series.run))
    _check_one_file_each(found)
    _check_same_regions(found)
    found, exclusions = _without_empty(found)
    found, more = _without_bad(found, on_bad, notify)
    found = _of_one_length(found, trim, notify)
    _name_copies(found, notify)
    return [each.series for each in found], exclusions + more


def _regions_of(file: str, matrix: Matrix, names: tuple[str, ...] | None, told: Assumptions) -> tuple[str, ...]:
    n_rows, n_columns = matrix.values.shape
    has_codes = matrix.columns is not None and all(name.isdigit() for name in matrix.columns)
    if names is not None and has_codes and len(names) == n_columns and names != matrix.columns:
        told.add(file, "the header's numbers are the regions of the list, in its order")
        return names
    if matrix.columns is not None:
        if names is not None and names != matrix.columns:
            raise InputError.at(
                file,
                wanted=f"the regions of the list, {named(names, most=8)}",
                got=f"{named(matrix.columns, most=8)} in its header",
                advice="they must agree, or leave out the list",
            )
        return matrix.columns
    if names is None:
        digits = max(2, len(str(n_columns)))
        return tuple(f"region_{column:0{digits}d}" for column in range(1, n_columns + 1))
    if len(names) != n_columns:
        hint = "check that rows are volumes and columns are regions" if len(names) == n_rows else ""
        raise InputError.at(file, wanted=f"a column for each of {len(names)} regions", got=str(n_columns), advice=hint)
    return names


def _names_in(folder: Path) -> tuple[str, ...] | None:
    for path in (folder / "regions.txt", folder / "regions.tsv"):
        if path.is_file():
            text = decode(read_bounded(path, MOST_BYTES_OF_NAMES), path.name)
            rows = [line.split("\t") for line in text.splitlines() if line.strip()]
            header = [cell.strip() for cell in rows[0]] if rows else []
            title = find_column(header, REGION_NAME if len(header) > 1 else ("name",))
            column = header.index(title) if title is not None else 0
            names = tuple(row[column].strip() for row in rows[title is not None :] if len(row) > column)
            twice = [name for name, n in Counter(names).items() if n > 1 or not name]
            if not names or twice:
                got = f"{named(twice)} twice" if twice else "none"
                raise InputError.at(path.name, wanted="a name per region, each once", got=got)
            return names
    return None


def _check_one_file_each(found: Sequence[SeriesFile]) -> None:
    for one, other in itertools.pairwise(found):
        if (one.series.subject, one.series.run) == (other.series.subject, other.series.run):
            raise InputError.at(
                other.file,
                wanted=f"one file of subject {one.series.subject}",
                got=f"{one.file} too",
                advice=_how_they_differ(one.file, other.file),
            )


def _how_they_differ(one: str, other: str) -> str:
    """Return what to do about two files of a subject: of several atlases or measures, one is enough."""
    ours, theirs = (_ENTITY.findall(stem_of(name)) for name in (one, other))
    differ = [f"{a} and {b}" for a, b in zip(ours, theirs, strict=False) if a != b]
    if len(ours) == len(theirs) and differ and all(pair.startswith(_OF_ONE_RECORDING) for pair in differ):
        return f"they differ in {', '.join(differ)}; keep only files of one of them in the folder"
    return (
        "name runs run-1, run-2 in the files' names (a subject is sub-XX, else the name up to the first - or _), or "
        f"choose a task: {flag('--task')}"
    )


def _check_same_regions(found: Sequence[SeriesFile]) -> None:
    first = found[0]
    for other in found[1:]:
        ours, theirs = first.series.regions, other.series.regions
        if ours == theirs:
            continue
        only = [f"{name} (only in {first.file})" for name in ours if name not in theirs]
        only += [f"{name} (only in {other.file})" for name in theirs if name not in ours]
        what = ", ".join(only[:6]) + (" …" if len(only) > 6 else "") or "the same regions in another order"
        raise InputError.at(
            other.file,
            wanted=f"the {len(ours)} regions of subject {first.series.subject}",
            got=f"{len(theirs)} of subject {other.series.subject}, which differ: {what}",
            advice="use the same atlas for all series",
        )


def _bad_regions(series: RegionSeries) -> dict[str, str]:
    """Return what is wrong with which region, censored volumes aside."""
    values = series.values if series.keep is None else series.values[series.keep]
    is_finite = len(values) > 0 and bool(np.isfinite(values).all())
    if is_finite and (np.ptp(values, axis=0) > 1e-12 * np.abs(values).max(axis=0)).all():
        return {}
    wrong = {}
    for region, column in zip(series.regions, values.T, strict=True):
        if not (finite := np.isfinite(column)).all():
            wrong[region] = f"not finite in {np.count_nonzero(~finite)} volumes" if finite.any() else "never finite"
        elif not len(column) or np.ptp(column) <= 1e-12 * np.abs(column).max():
            wrong[region] = f"constant ({column[0]:g})" if len(column) else "never finite"
    return wrong


def _without_empty(found: Sequence[SeriesFile]) -> tuple[list[SeriesFile], list[Exclusion]]:
    left, exclusions = [], []
    for each in found:
        wrong = _bad_regions(each.series)
        empty = [reason for reason in wrong.values() if reason.startswith(("constant", "never"))]
        if len(empty) == len(each.series.regions):
            what = " and ".join(sorted(set(empty)))
            reason = f"{each.file}: an empty recording, in which every region is {what}"
            exclusions.append(Exclusion(each.series.subject, reason, each.series.run))
        else:
            left.append(each)
    if not left:
        raise InputError(
            f"wanted region series that vary, got none; {exclusions[0].reason}",
            file=found[0].file,
            wanted="region series that vary",
            got="none",
        )
    return left, exclusions


def _without_bad(found: list[SeriesFile], on_bad: OnBad, notify: Say) -> tuple[list[SeriesFile], list[Exclusion]]:
    bad = {each.file: wrong for each in found if (wrong := _bad_regions(each.series))}
    if not bad:
        return found, []
    if on_bad == "error":
        file, wrong = next(iter(bad.items()))
        subject = next(each.series.subject for each in found if each.file == file)
        more = f" ({len(bad) - 1} more files have such regions)" if len(bad) > 1 else ""
        raise InputError(
            f"{file}, subject {subject}: {_described(wrong)}{more}; wanted regions that vary and are finite. Leave "
            f"these regions out of all subjects ({_drop('regions')}), these subjects out "
            f"({_drop('subjects')}), or fix the file",
            file=file,
            column=next(iter(wrong)),
            wanted="regions that vary and are finite",
            got=f"{_described(wrong)}{more}",
            advice=f"{_drop('regions')}, {_drop('subjects')}, or fix the file",
        )
    if on_bad == "exclude-subjects":
        out = [
            Exclusion(each.series.subject, f"{each.file}: {_described(bad[each.file])}", each.series.run)
            for each in found
            if each.file in bad
        ]
        found = [each for each in found if each.file not in bad]
        if not found:
            raise InputError(
                f"every subject has a region that can't be used, the first: {out[0].reason}",
                file=next(iter(bad)),
                wanted="a subject whose regions can be used",
                got="none",
            )
        return found, out
    lost = {region for wrong in bad.values() for region in wrong}
    stays = [i for i, region in enumerate(found[0].series.regions) if region not in lost]
    if not stays:
        raise InputError(
            f"every region can't be used in some subject: {listed(lost)}; leave subjects out: {_drop('subjects')}",
            file=next(iter(bad)),
            wanted="a region that can be used in all subjects",
            got="none",
            advice=_drop("subjects"),
        )
    for file, wrong in bad.items():
        notify(f"{file}: {_described(wrong)}; left out of all subjects")
    regions = [found[0].series.regions[i] for i in stays]
    return [
        attrs.evolve(each, series=attrs.evolve(each.series, regions=regions, values=each.series.values[:, stays]))
        for each in found
    ], []


def _described(wrong: dict[str, str]) -> str:
    shown = [f"{region} is {reason}" for region, reason in list(wrong.items())[:6]]
    return ", ".join(shown) + (f" and {len(wrong) - 6} more" if len(wrong) > 6 else "")


def _of_one_length(found: list[SeriesFile], trim: bool, notify: Say) -> list[SeriesFile]:
    shortest: dict[str, int] = {}
    for each in found:
        run = each.series.run
        shortest[run] = min(shortest.get(run, each.series.n_volumes), each.series.n_volumes)
    long = [each for each in found if each.series.n_volumes > shortest[each.series.run]]
    if not long:
        return found
    run = long[0].series.run
    short = next(each for each in found if each.series.run == run and each.series.n_volumes == shortest[run])
    what = f"{long[0].file} has {long[0].series.n_volumes} volumes, {short.file} has {shortest[run]}" + (
        f" ({len(long)} files are longer than the shortest)" if len(long) > 1 else ""
    )
    if not trim:
        raise InputError(
            f"{what}; wanted recordings of the same length, so that a row is the same time in the story "
            f"for all. If all start at the same time, {flag('--trim')} cuts them at the end",
            file=long[0].file,
            wanted=f"{shortest[run]} volumes, as in {short.file}",
            got=str(long[0].series.n_volumes),
            advice=f"{flag('--trim')} cuts them at the end",
        )
    notify(f"{what}: cut at the end to the shortest")
    return [attrs.evolve(each, series=_cut(each.series, shortest[each.series.run])) for each in found]


def _cut(series: RegionSeries, n_volumes: int) -> RegionSeries:
    values = series.values[:n_volumes]
    return attrs.evolve(series, values=values, keep=None if series.keep is None else series.keep[:n_volumes])


def _name_copies(found: Sequence[SeriesFile], notify: Say) -> None:
    first: dict[bytes, str] = {}
    for each in found:
        other = first.setdefault(each.series.values.tobytes(), each.file)
        if other != each.file:
            notify(f"{each.file} contains the same numbers as {other}; check that neither is a mistaken copy")
