"""BOLD images to region series: which files, which TR, which confounds; the atlas reads the images.

The core knows file names, headers (nibabel) and confounds tables. What a derivative tree of fMRIPrep offers is the
atlas's to say, as it knows in which space and from what kind of file it reads: the capability `ReadsFmriprep`.
"""

from __future__ import annotations

import glob
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import attrs
import numpy as np

from emotopy.errors import ConfigError, InputError, PluginError, listed
from emotopy.readers.confounds import Confounds, read_confounds
from emotopy.readers.matrices import run_of, stem_of, subject_of
from emotopy.readers.motion import without_volumes
from emotopy.readers.series import Exclusion, OnBad, Say, SeriesFile, checked, checked_tr, no_op
from emotopy.records.axes import BoolArray, FloatArray
from emotopy.records.brain import RegionSeries

TR_SLACK_S = 1e-3
"""Headers hold single precision, and some round to milliseconds."""


@attrs.frozen(eq=False)
class BoldRun:
    """A BOLD image of one run, and what is known beside it.

    `confounds` (n_volumes, n_confounds) in the order of `confound_names`, or None. `keep` (n_volumes,) is False for
    volumes to censor; None keeps all. `table` is the file of the confounds, where it was named.
    """

    path: Path
    subject: str
    run: str = ""
    confounds: FloatArray | None = None
    confound_names: tuple[str, ...] = ()
    keep: BoolArray | None = None
    table: Path | None = None

    @property
    def files(self) -> list[Path]:
        """What is read of the run: the image, its sidecar, the table; those that are there."""
        return [path for path in (self.path, _sidecar(self.path), self.table) if path is not None and path.is_file()]


@attrs.frozen(eq=False)
class BoldSignals:
    """What was read: `series` sorted by subject and run, `confounds` beside each (None where there are none)."""

    series: tuple[RegionSeries, ...]
    confounds: tuple[FloatArray | None, ...]
    confound_names: tuple[str, ...]
    exclusions: tuple[Exclusion, ...]


class ReadsImages(Protocol):
    """What is asked of an atlas here (`emotopy.roles.Atlas` has more)."""

    @property
    def regions(self) -> Sequence[str]:
        """Names of the regions."""
        ...

    def extract(self, image: Any) -> FloatArray:
        """Return the mean series of each region, (n_volumes, n_regions)."""
        ...


@runtime_checkable
class ReadsFmriprep(Protocol):
    """An atlas that finds, in a folder of fMRIPrep derivatives, the images that it can be laid on."""

    def fmriprep_runs(self, folder: Path, task: str) -> Sequence[BoldRun]:
        """Return the runs of a task with confounds and censored volumes; raise InputError where there are none."""
        ...


@runtime_checkable
class HasNetworks(Protocol):
    """An atlas that puts regions into networks: `networks` gives the network of each region that has one."""

    networks: Mapping[str, str]


def find_runs(
    bold: str,
    confounds: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    fd_limit_mm: float | None = 0.5,
) -> list[BoldRun]:
    """Find BOLD images and the confounds tables that belong to them.

    Parameters
    ----------
    bold, confounds
        Patterns with `*`, `**` and `?`. An image and a table belong together by subject and run (see `matrices`).
    columns
        Which columns are regressed out, `*` allowed. None: motion, CSF and white matter of a table that fMRIPrep
        wrote, else all columns.
    fd_limit_mm
        Volumes whose column `framewise_displacement` is larger are censored; None censors none.

    Raises InputError for patterns that match nothing, an image without a table or a table without an image, and a
    column that isn't there.
    """
    images = _by_run(bold, "BOLD images", (".nii", ".nii.gz"))
    tables = _by_run(confounds, "confounds tables", None) if confounds is not None else {}
    if tables and (odd := sorted(set(images) ^ set(tables))):
        path = images.get(odd[0]) or tables[odd[0]]
        other = "confounds table" if odd[0] in images else "BOLD image"
        raise InputError(
            f"{path.name}: subject {odd[0][0]}{' ' + odd[0][1] if odd[0][1] else ''} has no {other} among those that "
            "match; check both patterns (they are joined by sub-XX, ses-XX and run-XX of the file names)"
        )
    runs = []
    for (subject, run), path in images.items():
        table = tables.get((subject, run))
        beside = Confounds() if table is None else read_confounds(table, columns, fd_limit_mm)
        runs.append(BoldRun(path, subject, run, beside.values, beside.names, beside.keep, table))
    return runs


def find_fmriprep(folder: Path, task: str, atlas: ReadsImages) -> list[BoldRun]:
    """Find the runs of a task in a folder of fMRIPrep derivatives that `atlas` can read.

    Raises InputError for a folder that is absent, ConfigError for an atlas that doesn't know about fMRIPrep.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: wanted a folder of fMRIPrep derivatives; there is none, check the path")
    if not isinstance(atlas, ReadsFmriprep):
        raise ConfigError(
            "atlas: this atlas doesn't say which images of fMRIPrep it reads (it has no `fmriprep_runs`); name them: "
            "--bold GLOB --confounds GLOB"
        )
    return list(atlas.fmriprep_runs(folder, task))


def read_bold(
    runs: Sequence[BoldRun],
    atlas: ReadsImages,
    tr_s: float | None = None,
    *,
    on_bad: OnBad = "error",
    trim: bool = False,
    notify: Say = no_op,
) -> BoldSignals:
    """Read each run at the atlas's regions; censored volumes are rows of NaN and keep their place in time.

    The TR is the header's, or the sidecar's (`RepetitionTime`); `tr_s` must agree where they say one and is needed
    where they don't. `on_bad` and `trim` as in `readers.series.read_series_folder`.

    Raises InputError that names file and subject for a TR that is contradicted or differs between runs, confounds that
    don't fit the volumes, and what an atlas can't read; ConfigError where no TR is known.
    """
    if not runs:
        raise InputError("wanted BOLD images, got none")
    trs = {run.path: tr_of(run.path, tr_s) for run in runs}
    one = runs[0].path
    for run in runs:
        if abs(trs[run.path] - trs[one]) > TR_SLACK_S:
            raise InputError(
                f"{one.name} has a TR of {trs[one]:g} s, {run.path.name} of {trs[run.path]:g} s; runs of one analysis "
                "need one TR"
            )
    found = [SeriesFile(run.path.name, _read(run, atlas, trs[one])) for run in runs]
    series, exclusions = checked(found, on_bad=on_bad, trim=trim, notify=notify)
    of_run = {(run.subject, run.run): run for run in runs}
    names = {run.confound_names for run in runs}
    if len(names) > 1:
        few, many = min(names, key=len), max(names, key=len)
        raise InputError(
            f"confounds: wanted the same columns for all runs, but {listed(set(many) ^ set(few))} stand only in some"
        )
    beside = [of_run[each.subject, each.run].confounds for each in series]
    cut = [None if table is None else table[: each.n_volumes] for table, each in zip(beside, series, strict=True)]
    return BoldSignals(tuple(series), tuple(cut), next(iter(names)), tuple(exclusions))


def tr_of(path: Path, tr_s: float | None = None) -> float:
    """Return the TR of an image in seconds, from its header, its sidecar, or else `tr_s`.

    A header that gives 0, or 1 without a unit (what writers put who don't know), says nothing.

    Raises InputError naming both where two of the three disagree, ConfigError where none says it.
    """
    stated = {"its header": _header_tr_s(path), "its sidecar": _sidecar_tr_s(path), "--tr": tr_s}
    known = {source: checked_tr(value) for source, value in stated.items() if value is not None}
    if not known:
        raise ConfigError(f"tr: {path.name} doesn't say its repetition time; say it: --tr 2.0")
    first, value = next(iter(known.items()))
    for other, another in known.items():
        if abs(another - value) > TR_SLACK_S:
            raise InputError(
                f"{path.name}: {first} gives a TR of {value:g} s, {other} {another:g} s; find out which is right, and "
                "leave --tr out or correct the file"
            )
    return known.get("--tr", value)


def _by_run(pattern: str, what: str, endings: tuple[str, ...] | None) -> dict[tuple[str, str], Path]:
    found: dict[tuple[str, str], Path] = {}
    for name in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 (an absolute pattern, which Path refuses)
        path = Path(name)
        if not path.is_file() or (endings and not path.name.endswith(endings)):
            continue
        key = subject_of(path.name), run_of(path.name)
        if key in found:
            raise InputError(
                f"{found[key].name} and {path.name}: both are of subject {key[0]}{' ' + key[1] if key[1] else ''}; "
                f"wanted {what} of one task, space and resolution: make the pattern narrower"
            )
        found[key] = path
    if not found:
        raise InputError(f"{pattern}: wanted {what}, no file matches; quote the pattern, so that the shell leaves it")
    return found


def _read(run: BoldRun, atlas: ReadsImages, tr_s: float) -> RegionSeries:
    values = np.asarray(atlas.extract(run.path), dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != len(atlas.regions):
        raise PluginError(
            f"atlas: {run.path.name} came back with shape {values.shape}, wanted (n_volumes, {len(atlas.regions)})"
        )
    if len(values) < 2:
        raise InputError(f"{run.path.name}: wanted a run of volumes (4-D), got a single one")
    for what, beside in (("confounds", run.confounds), ("volumes to keep", run.keep)):
        if beside is not None and len(beside) != len(values):
            raise InputError(
                f"{run.path.name}, subject {run.subject}: the image has {len(values)} volumes, its {what} "
                f"{len(beside)} rows; do they belong together?"
            )
    series = RegionSeries(run.subject, atlas.regions, np.where(np.isinf(values), np.nan, values), tr_s, run.run)
    return series if run.keep is None else without_volumes(series, ~run.keep, "are censored")


def _header_tr_s(path: Path) -> float | None:
    import nibabel
    from nibabel.filebasedimages import ImageFileError

    try:
        image = nibabel.load(path)
        zooms, unit = image.header.get_zooms(), image.header.get_xyzt_units()[1]  # type: ignore[attr-defined]
    except (ImageFileError, OSError, EOFError, zlib.error, AttributeError) as error:
        raise InputError(f"{path.name}: wanted an image that nibabel reads (NIfTI), got {error}") from error
    if len(zooms) < 4:
        raise InputError(f"{path.name}: wanted a run of volumes (4-D), got an image of {len(zooms)} axes")
    value = float(zooms[3])
    if not value > 0 or (unit == "unknown" and value == 1):
        return None
    return round(value / {"msec": 1e3, "usec": 1e6}.get(unit, 1.0), 6)


def _sidecar(path: Path) -> Path:
    return path.with_name(f"{stem_of(path.name)}.json")


def _sidecar_tr_s(path: Path) -> float | None:
    sidecar = _sidecar(path)
    if not sidecar.is_file():
        return None
    try:
        value = json.loads(sidecar.read_text(encoding="utf-8")).get("RepetitionTime")
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{sidecar.name}: wanted a JSON object beside the image, got {error}") from error
    return float(value) if isinstance(value, (int, float)) else None
