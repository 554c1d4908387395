"""Head motion that comes beside region series: a folder of parameters, and the volumes that a jerk spoils.

Columns are found by their names where the table has any (`column_names.MOTION`), else by their place. Places differ
between programs: SPM writes translations first, FSL and AFNI rotations; SPM and FSL write radians, AFNI and the HCP
degrees. What the file's name doesn't tell is assumed, told, and checked: where another order or unit gives the steps of
a head, and the assumed one doesn't, that is an error.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import attrs
import numpy as np

from emotopy.errors import ConfigError, InputError
from emotopy.readers.assumptions import Assumptions, Say, no_op
from emotopy.readers.column_names import MOTION, folded
from emotopy.readers.delimited import named
from emotopy.readers.in_memory import as_frame, as_matrix, class_name, is_table
from emotopy.readers.matrices import (
    ENDINGS,
    Matrix,
    even_step,
    files_in,
    read_matrix,
    run_of,
    subject_of,
    without_columns,
)
from emotopy.records.axes import BoolArray, FloatArray
from emotopy.records.brain import RegionSeries
from emotopy.wording import flag

Order = Literal["auto", "spm", "fsl", "afni"]
Units = Literal["auto", "mm-rad", "mm-deg"]

HEAD_MM = 50.0
"""Radius of the sphere on which a rotation becomes a path (Power et al. 2012)."""
MOST_RAD = 1.0
"""No head turns further in a scanner; larger rotations are degrees, or aren't rotations."""
MOST_MEDIAN_MM = 1.0
"""A head that moves further from most volumes to the next was read wrongly, or the recording is lost."""
LIKE_PATHS = 8.0
"""Translations of a head, and the paths of its rotations, differ by less than this factor (27 listeners: 0.7 to 2)."""
UNLIKE_PATHS = 16.0
"""Where they differ by more, they were taken for each other, or degrees for radians."""
PLACES: dict[str, tuple[int, ...]] = {
    "spm": (0, 1, 2, 3, 4, 5),
    "fsl": (3, 4, 5, 0, 1, 2),
    "afni": (4, 5, 3, 1, 2, 0),
}
"""Where each program writes the translations along x, y, z and the rotations about them; AFNI: roll (z), pitch (x),
yaw (y), then superior, left, posterior."""
UNITS = {"spm": "mm-rad", "fsl": "mm-rad", "afni": "mm-deg"}
PROGRAMS = {"spm": "SPM", "fsl": "FSL", "afni": "AFNI"}
FORMS = "a table or an array (n_volumes, 6) of head motion: translations in mm, then rotations in radians"
_UNIT = re.compile(r"_(?:mm|deg|degrees|rad|radians)$")
_DEGREES, _RADIANS = re.compile(r"_(?:deg|degrees)$"), re.compile(r"_(?:rad|radians)$")
_AFNI = ({"dl", "dp", "ds"}, {"dl_r", "dp_a", "ds_i"})


@attrs.frozen(eq=False)
class Motion:
    """Head motion of one subject in one run.

    Parameters
    ----------
    parameters : ndarray, (n_volumes, 6 or more)
        Translations along x, y and z in mm, then rotations about them in radians, whatever the order and units of the
        file. Other columns of the file (derivatives, squares) follow unchanged.
    displacement_mm : ndarray, (n_volumes,)
        Framewise displacement from the volume before, in mm; 0 for the first volume.

    Examples
    --------
    >>> parameters = np.array([[0.0, 0, 0, 0, 0, 0], [0.1, -0.2, 0, 0, 0, 0.01]])
    >>> Motion(parameters, framewise_displacement(parameters)).displacement_mm
    array([0. , 0.8])
    """

    parameters: FloatArray
    displacement_mm: FloatArray


@attrs.frozen
class _Reading:
    """Which columns are the six parameters, in which unit the rotations are, and what of it was assumed."""

    places: tuple[int, ...]
    others: tuple[int, ...]
    units: str
    order: str = ""
    order_is_assumed: bool = False
    units_are_assumed: bool = False


def framewise_displacement(
    parameters: FloatArray, order: Literal["spm", "fsl"] = "spm", radius_mm: float = HEAD_MM
) -> FloatArray:
    """Return how far the head moved since the volume before, in mm, (n_volumes,); 0 for the first.

    `parameters` (n_volumes, 6): translations in mm, then rotations in radians ("spm"), or the rotations first ("fsl").
    The sum of the absolute steps, rotations as paths on a sphere of `radius_mm` (Power et al. 2012, NeuroImage
    59:2142, FD).

    >>> framewise_displacement(np.array([[0.0, 0, 0, 0, 0, 0], [0.1, -0.2, 0, 0, 0, 0.01]]))
    array([0. , 0.8])
    """
    steps = np.abs(np.diff(parameters[:, :6], axis=0))
    rotations = slice(3, 6) if order == "spm" else slice(3)
    steps[:, rotations] *= radius_mm
    return np.concatenate([[0.0], steps.sum(axis=1)])


def read_motion_folder(
    folder: str | Path,
    series: Sequence[RegionSeries],
    *,
    skip: int = 0,
    order: Order = "auto",
    units: Units = "auto",
    task: str | None = None,
    notify: Say = no_op,
) -> list[Motion]:
    """Read a folder of head motion, with one file per subject and run.

    Parameters
    ----------
    folder : str or Path
        Files are tables with a row per volume. The parameters are found by the names of their columns (a table of
        confounds is fine), or by position. The name of a file begins with its subject, as in ``sub-01-motion.txt``.
        Files of other subjects are ignored.
    series : sequence of RegionSeries, (n_series,)
        The series that the motion belongs to.
    skip : int, default 0
        Rows at the start of each file whose volumes were removed from the series. They still define the displacement
        of the first volume kept.
    order : {"auto", "spm", "fsl", "afni"}, default "auto"
        Order of six columns without names. "auto" takes FSL's order for ``.par``, SPM's for ``rp_*``, AFNI's for
        ``.1D``, ``.mcdat`` and ``dfile*``, and SPM's for other files.
    units : {"auto", "mm-rad", "mm-deg"}, default "auto"
        Units of translations and rotations, if the names of the columns don't give them. "auto" takes degrees for
        AFNI, otherwise radians.
    task : str, optional
        Files that name another task are ignored.
    notify : callable, optional
        Called with a message for each assumption.

    Returns
    -------
    list of Motion, (n_series,)
        One per series, in their order.

    Raises
    ------
    InputError
        A file is missing or exists twice, has fewer than six columns of motion, other rows than the series, or values
        that aren't finite; or its order or units give steps that no head makes while others fit. The error names file
        and subject.
    ConfigError
        `skip` is negative, or `order` or `units` is unknown.

    Examples
    --------
    >>> import tempfile
    >>> from emotopy.simulate import simulate_bold
    >>> study = simulate_bold("nothing", n_subjects=1, n_volumes=200, seed=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / f"{study.series[0].subject}-motion.txt"
    ...     np.savetxt(path, study.motion[0].parameters)
    ...     (motion,) = read_motion_folder(folder, study.series)
    >>> motion.parameters.shape, np.allclose(motion.displacement_mm, study.motion[0].fd_mm)
    ((200, 6), True)
    """
    folder = Path(folder)
    if skip < 0:
        raise ConfigError(f"motion skip: wanted 0 or more rows, got {skip}", wanted="0 or more rows", got=skip)
    for what, value, known in (("order", order, get_args(Order)), ("units", units, get_args(Units))):
        if value not in known:
            wanted = " or ".join(known)
            raise ConfigError(f"motion {what}: wanted {wanted}, got {value!r}", wanted=wanted, got=value)
    paths = _by_subject(folder, task)
    found, assumed = [], Assumptions()
    for each in series:
        path = paths.get((each.subject, each.run)) or paths.get((each.subject, ""))
        if path is None:
            raise InputError.at(
                folder.name,
                wanted=f"the motion of subject {each.subject}{' ' + each.run if each.run else ''}, a file such as "
                f"{each.subject}-motion.txt",
                got="none",
            )
        motion, told = _read(path, skip, each, order, units)
        for message in told:
            assumed.add(path.name, message)
        found.append(motion)
    assumed.tell(notify)
    return found


def as_motion(given: Any, name: str = "motion") -> Motion:
    """Return head motion from a record, from a table with named parameters, or from an array of parameters.

    Parameters
    ----------
    given
        A `Motion`; an object with `parameters`, such as `emotopy.simulate.Motion`; a table of any supported library
        with the usual names of the six parameters; or an array (n_volumes, 6 or more) in SPM's order, translations in
        mm, then rotations in radians.
    name
        What the error calls it.

    Raises InputError for anything else, for missing parameters, and for values that aren't finite.
    """
    if isinstance(given, Motion):
        return given
    given = getattr(given, "parameters", given)
    if is_table(given):
        names = [str(column) for column in as_frame(given, name, asked=None, whole_numbers=False).columns]
        reading = _by_name(name, names, "auto")
    else:
        reading = _Reading(tuple(range(len(MOTION))), (), "mm-rad", "spm")
    try:
        values = np.asarray(as_matrix(given, name), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError.at(name, wanted=FORMS, got=class_name(given)) from error
    if values.ndim != 2 or values.shape[1] < len(MOTION):
        raise InputError.at(name, wanted=FORMS, got=f"shape {values.shape}")
    raw = values[:, reading.places]
    if not np.isfinite(raw).all():
        row = int(np.flatnonzero(~np.isfinite(raw).all(axis=1))[0])
        raise InputError.at(name, row=row + 1, wanted="finite numbers", got="a missing or infinite value")
    try:
        _check_steps(name, raw, reading)
    except InputError as error:  # it advises a flag, which no argument of ours corresponds to
        advice = "check the order of the columns and the unit of the rotations"
        raise InputError.at(name, wanted=FORMS, got=error.got or "steps that no head makes", advice=advice) from error
    six = in_mm_and_rad(raw, reading.units)
    return Motion(six, framewise_displacement(six))


def motion_columns(names: Sequence[str]) -> dict[str, int]:
    """Return which of the columns are parameters of motion: the place of each that is there, by its usual name.

    >>> motion_columns(["RotX", "csf", "X"])
    {'trans_x': 2, 'rot_x': 0}
    """
    bare: dict[str, int] = {}
    for place, name in enumerate(names):
        bare.setdefault(folded(name), place)
    for place, name in enumerate(names):
        bare.setdefault(_UNIT.sub("", folded(name)), place)
    found = {}
    for usual, synonyms in MOTION.items():
        title = next((name for name in synonyms if name in bare), None)
        if title is not None:
            found[usual] = bare[title]
    return found


def named_units(names: Sequence[str]) -> str | None:
    """Return the units that the names of six columns tell, None where they don't: a suffix, or AFNI's dL, dP, dS."""
    plain = [folded(name) for name in names]
    if any(map(_DEGREES.search, plain)) or any(names_of <= set(plain) for names_of in _AFNI):
        return "mm-deg"
    return "mm-rad" if any(map(_RADIANS.search, plain)) else None


def in_mm_and_rad(six: FloatArray, units: str) -> FloatArray:
    """Return six parameters (n_rows, 6) with their rotations in radians."""
    return np.concatenate([six[:, :3], np.deg2rad(six[:, 3:])], axis=1) if units == "mm-deg" else six


def named_displacement(file: str, six: FloatArray, names: Sequence[str]) -> FloatArray:
    """Return the displacement in mm, (n_volumes,), of a table's columns in the order of `MOTION`, called `names`.

    Raises InputError for rotations that seem to be degrees, where the names don't say so.
    """
    told = named_units(names)
    units = told or "mm-rad"
    own = _Steps.of(six, units)
    is_odd = own.most_rad > MOST_RAD or own.median_mm > MOST_MEDIAN_MM
    if told is None and is_odd and _Steps.of(six, "mm-deg").are_a_heads:
        raise InputError.at(
            file,
            column=names[3],
            wanted="rotations in radians",
            got=f"a median displacement of {own.median_mm:.3g} mm",
            advice="if they are degrees, name the columns rot_x_deg, rot_y_deg, rot_z_deg",
        )
    return framewise_displacement(in_mm_and_rad(six, units))


def _read(path: Path, skip: int, series: RegionSeries, order: Order, units: Units) -> tuple[Motion, list[str]]:
    matrix = read_matrix(path)
    matrix, reading = _reading(path.name, matrix, order, units)
    values = matrix.values.copy()
    _check_rows(path.name, len(values), skip, series)
    others = list(reading.others)
    if others and len(values) > 1:  # derivatives have no value at the first volume
        values[0, others] = np.where(np.isfinite(values[0, others]), values[0, others], values[1, others])
    used = [*reading.places, *others]
    _check_finite(path.name, matrix, values, used)
    raw = values[:, reading.places]
    told = _check_steps(path.name, raw, reading)
    six = in_mm_and_rad(raw, reading.units)
    displacement = framewise_displacement(six)
    return Motion(np.concatenate([six, values[:, others]], axis=1)[skip:], displacement[skip:]), told


def _reading(file: str, matrix: Matrix, order: Order, units: Units) -> tuple[Matrix, _Reading]:
    names = matrix.columns
    if names is None and matrix.commented is not None and len(motion_columns(matrix.commented)) == len(MOTION):
        names = matrix.commented
    if names is not None and not all(name.isdigit() for name in names):
        return matrix, _by_name(file, names, units)
    step = even_step(matrix.values[:, 0])
    has_count = matrix.values.shape[1] > len(MOTION) and step is not None and step[1] == 1
    matrix = without_columns(matrix, [0] if has_count else [])
    n_columns = matrix.values.shape[1]
    if n_columns < len(MOTION):
        raise InputError.at(
            file, wanted="3 translations and 3 rotations, 6 columns or more", got=f"{n_columns} columns"
        )
    assumed = _order_of(file) if order == "auto" else order
    others = () if has_count and assumed == "afni" else tuple(range(len(MOTION), n_columns))  # then: residuals
    return matrix, _Reading(
        PLACES[assumed],
        others,
        UNITS[assumed] if units == "auto" else units,
        assumed,
        order == "auto",
        units == "auto",
    )


def _by_name(file: str, names: Sequence[str], units: Units) -> _Reading:
    found = motion_columns(names)
    lacking = [name for name in MOTION if name not in found]
    if lacking:
        raise InputError.at(
            file,
            wanted=f"columns of motion, {', '.join(MOTION)}, or their names in other programs (X, RotX; roll, dS)",
            got=f"the columns {named(names)}" if len(lacking) == len(MOTION) else f"none for {', '.join(lacking)}",
            advice=f"give the columns these names, or remove the header and set {flag('--motion-order')}",
        )
    places = tuple(found[name] for name in MOTION)
    starts = tuple(f"{folded(names[place])}_" for place in places)
    others = [i for i, name in enumerate(names) if i not in places and folded(name).startswith(starts)]
    told = named_units([names[place] for place in places])
    given = (told or "mm-rad") if units == "auto" else units
    return _Reading(places, tuple(others), given, units_are_assumed=units == "auto" and told is None)


def _order_of(file: str) -> str:
    """Return whose order a file's name tells; SPM's where it tells none."""
    name = file.lower()
    if name.endswith(".par"):
        return "fsl"
    return "afni" if name.endswith((".1d", ".mcdat")) or "dfile" in name else "spm"


def _check_steps(file: str, raw: FloatArray, reading: _Reading) -> list[str]:
    """Return what is to be told of how six columns were read: (n_rows, 6) in canonical places, not yet in radians.

    Raises InputError where the head would jump from volume to volume, or turn around, and another reading would be
    that of a head.
    """
    own = _Steps.of(raw, reading.units)
    others = {
        flags: steps
        for flags, order, units in _other_readings(reading)
        if (steps := _Steps.of(raw[:, _moved(reading.order, order)], units)).are_a_heads
    }
    fewest = min((flags.count("--") for flags in others), default=0)
    advice = " or ".join(flags for flags in others if flags.count("--") == fewest)
    is_unlike = own.median_mm > 0 and not 1 / UNLIKE_PATHS <= own.ratio <= UNLIKE_PATHS
    is_odd = own.median_mm > MOST_MEDIAN_MM or (is_unlike and bool(reading.order))
    if own.most_rad > MOST_RAD or (is_odd and others):
        what = (
            f"rotations of up to {own.most_rad:.3g} rad, a median displacement of {own.median_mm:.3g} mm, of it "
            f"{own.rotation_mm:.3g} mm by rotations"
        )
        raise InputError.at(
            file,
            wanted=f"plausible head motion, read {_said(reading)}",
            got=what,
            advice=f"set {advice}, which would fit"
            if advice
            else "check whether they are degrees, or in other columns",
        )
    told = []
    if reading.order_is_assumed or reading.units_are_assumed:
        assumed = [flag("--motion-order")] * reading.order_is_assumed + [
            f"{flag('--motion-units')}"
        ] * reading.units_are_assumed
        told.append(f"motion was read {_said(reading)}; set {' and '.join(assumed)} to change this")
    if own.median_mm > MOST_MEDIAN_MM:
        told.append(f"the median displacement is {own.median_mm:.3g} mm; check the unit")
    elif others and is_unlike:
        told.append(f"translations and rotations are of very different size; {advice} would fit better")
    return told


@attrs.frozen
class _Steps:
    """How a head moves from volume to volume by a reading: medians of the displacement and of its two parts, in mm."""

    median_mm: float
    translation_mm: float
    rotation_mm: float
    most_rad: float

    @classmethod
    def of(cls, raw: FloatArray, units: str) -> _Steps:
        six = in_mm_and_rad(raw, units)
        steps = np.abs(np.diff(six, axis=0)) if len(six) > 1 else np.zeros((1, len(MOTION)))
        along, about = steps[:, :3].sum(axis=1), HEAD_MM * steps[:, 3:].sum(axis=1)
        most = float(np.abs(six[:, 3:]).max(initial=0))
        return cls(float(np.median(along + about)), float(np.median(along)), float(np.median(about)), most)

    @property
    def ratio(self) -> float:
        """Translations over the paths of rotations; infinite without rotations."""
        return self.translation_mm / self.rotation_mm if self.rotation_mm else math.inf

    @property
    def are_a_heads(self) -> bool:
        """Whether a head moves so: not far, and turning as much as it shifts."""
        is_near = 0 < self.median_mm <= MOST_MEDIAN_MM and self.most_rad <= MOST_RAD
        return is_near and 1 / LIKE_PATHS <= self.ratio <= LIKE_PATHS


def _other_readings(reading: _Reading) -> list[tuple[str, str, str]]:
    """Return the flags for readings other than the one at hand, as far as it was assumed; order and units of each."""
    orders = list(PLACES) if reading.order_is_assumed else [reading.order]
    found = []
    for order in orders:
        for units in ("mm-rad", "mm-deg") if reading.units_are_assumed else (reading.units,):
            if (order, units) == (reading.order, reading.units):
                continue
            flags = [flag("--motion-order", order)] if order != reading.order else []
            usual = UNITS.get(order, "mm-rad") if flags else reading.units
            flags += [flag("--motion-units", units)] if units != usual else []
            if flags:
                found.append((" ".join(flags), order, units))
    return found


def _moved(taken: str, order: str) -> list[int]:
    """Return where the columns that `order` wants stand among those taken in another order."""
    if not taken or order == taken:
        return list(range(len(MOTION)))
    return [PLACES[taken].index(place) for place in PLACES[order]]


def _said(reading: _Reading) -> str:
    where = f"in the order of {PROGRAMS[reading.order]}" if reading.order else "by the columns' names"
    return f"{where}, rotations in {'degrees' if reading.units == 'mm-deg' else 'radians'}"


def censored(series: RegionSeries, displacement_mm: FloatArray, limit_mm: float = 0.5) -> RegionSeries:
    """Return the series with rows of NaN, and `keep` False, where the head moved by more than `limit_mm`.

    Raises ConfigError where no volume is left.
    """
    still = displacement_mm <= limit_mm
    return without_volumes(series, ~still, f"moved by more than {limit_mm:g} mm")


def without_volumes(series: RegionSeries, lost: BoolArray, why: str) -> RegionSeries:
    """Return the series with NaN in the rows where `lost` (n_volumes,) is True, on top of those censored before."""
    keep = ~np.asarray(lost, dtype=bool)
    if series.keep is not None:
        keep &= series.keep
    if not keep.any():
        raise ConfigError(
            f"subject {series.subject}: no volume is left of {series.n_volumes}, all {why}; increase "
            "the limit, or leave out the subject"
        )
    if keep.all():
        return series
    return attrs.evolve(series, values=np.where(keep[:, None], series.values, np.nan), keep=keep)


def _by_subject(folder: Path, task: str | None) -> dict[tuple[str, str], Path]:
    paths: dict[tuple[str, str], Path] = {}
    for path in files_in(folder, "motion parameters", task=task, endings=(*ENDINGS, ".par", ".mcdat")):
        name = path.name.removeprefix("rp_")
        key = subject_of(name), run_of(name)
        if key in paths:
            raise InputError.at(
                path.name,
                wanted=f"one file of motion of subject {key[0]}",
                got=f"{paths[key].name} too",
                advice=f"leave one out, or choose a task: {flag('--task')}",
            )
        paths[key] = path
    return paths


def _check_rows(file: str, n_rows: int, skip: int, series: RegionSeries) -> None:
    n_volumes = series.n_volumes
    if n_rows - skip != n_volumes:
        surplus = n_rows - n_volumes
        advice = (
            f"if the first {surplus} rows belong to dropped volumes, set {flag('--motion-skip', surplus)}"
            if surplus >= 0
            else f"rows are missing; correct the file, or leave out {flag('--motion')}"
        )
        raise InputError.at(
            file,
            wanted=f"a row for each of the {n_volumes} volumes of subject {series.subject}",
            got=f"{n_rows} rows, of which {skip} are skipped",
            advice=advice,
        )


def _check_finite(file: str, matrix: Matrix, values: FloatArray, used: Sequence[int]) -> None:
    wrong = np.argwhere(~np.isfinite(values[:, used]))
    if len(wrong):
        row, column = int(wrong[0][0]), used[int(wrong[0][1])]
        title = str(column + 1) if matrix.columns is None else matrix.columns[column]
        raise InputError.at(file, row=row + 1, column=title, wanted="a finite number", got=str(values[row, column]))
