"""BOLD images to region series: which files, which TR, which confounds; the atlas reads the images.

The core knows file names, headers (nibabel) and confounds tables. What a derivative tree of fMRIPrep offers is the
atlas's to say, as it knows in which space and from what kind of file it reads: the capability `ReadsFmriprep`.
"""

from __future__ import annotations

import glob
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import attrs
import numpy as np

from emotopy.errors import ConfigError, InputError, PluginError, listed
from emotopy.readers.assumptions import Assumptions, Say, no_op
from emotopy.readers.cell_values import described
from emotopy.readers.confounds import Confounds, read_confounds
from emotopy.readers.matrices import run_of, stem_of, subject_of, task_of
from emotopy.readers.motion import without_volumes
from emotopy.readers.series import Exclusion, OnBad, SeriesFile, checked, checked_tr
from emotopy.readers.text_io import read_bounded
from emotopy.records.axes import BoolArray, FloatArray
from emotopy.records.brain import Ratings, RegionSeries
from emotopy.wording import flag, worded

TR_SLACK_S = 1e-3
"""Headers hold single precision, and some round to milliseconds."""
DOUBTFUL_TR_S = 1.0
"""What programs write into a header whose TR they don't know, or lose: nilearn's `concat_imgs` among them."""
LEAST_SHARE, MOST_SHARE = 0.8, 1.25
"""A scan as long as this share of its story fits it."""
MOST_BYTES_OF_SIDECAR = 64 << 20
MOST_COMPRESSED = 1100
"""No gzip file holds more than about 1,030 times its bytes."""


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
    """What was read: `series` sorted by subject and run, `confounds` beside each (None where there are none).

    `tr_is_doubtful` where only the headers say the TR, and it is the one that programs write who don't know it.
    """

    series: tuple[RegionSeries, ...]
    confounds: tuple[FloatArray | None, ...]
    confound_names: tuple[str, ...]
    exclusions: tuple[Exclusion, ...]
    tr_is_doubtful: bool = False

    def check_tr(self, ratings: Ratings | None, start_s: float = 0.0, notify: Say = no_op) -> None:
        """Question a doubtful TR by the length of the story.

        Raises InputError where the scan would be much shorter or longer than the story.
        """
        if not self.tr_is_doubtful or not self.series:
            return
        notify(
            f"tr: the images' headers say {DOUBTFUL_TR_S:g} s, which some programs write over any "
            f"other; check it and give the TR: {flag('--tr')}"
        )
        if ratings is None or not len(ratings.onset_s):
            return
        end_s = float(ratings.known_until_s)
        end_s = end_s if math.isfinite(end_s) else float((ratings.onset_s + ratings.duration_s).max())
        scan_s, story_s = self.series[0].n_volumes * self.series[0].tr_s, end_s - start_s
        if not LEAST_SHARE * story_s <= scan_s <= MOST_SHARE * story_s:
            raise InputError(
                f"tr: the images' headers say {DOUBTFUL_TR_S:g} s, which some programs write over any "
                f"other; the scan would last {scan_s:g} s, the story {story_s:g} s from its start. Give "
                f"the TR: {flag('--tr')}",
                wanted=f"a scan about as long as the story, {story_s:g} s",
                got=f"{scan_s:g} s by the headers' TR",
                advice=f"say the TR: {flag('--tr')}",
            )


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
    task: str | None = None,
    notify: Say = no_op,
) -> list[BoldRun]:
    """Find BOLD images and the confounds tables that belong to them.

    Parameters
    ----------
    bold, confounds
        Patterns with `*`, `**` and `?`. An image and a table belong together by subject and run (see `matrices`).
    columns
        Which columns are regressed out, `*` allowed. None: motion, CSF and white matter by the names that fMRIPrep
        and others give them; a table without such names is an error.
    fd_limit_mm
        Volumes whose framewise displacement is larger are censored; None censors none.
    task
        Only files that have this label behind ``task-``, or lie in a folder of this name; None takes all.
    notify
        Called with what was assumed about the tables.

    Raises InputError for patterns that match nothing, an image without a table or a table without an image, and a
    column that isn't there.
    """
    images = _by_run(bold, "BOLD images", (".nii", ".nii.gz"), task)
    tables = _by_run(confounds, "confounds tables", None, task) if confounds is not None else {}
    if tables and (odd := sorted(set(images) ^ set(tables))):
        path = images.get(odd[0]) or tables[odd[0]]
        other = "confounds table" if odd[0] in images else "BOLD image"
        raise InputError.at(
            path.name,
            wanted=f"a {other} of subject {odd[0][0]}{' ' + odd[0][1] if odd[0][1] else ''} among those that match",
            got="none",
            advice="check both patterns (they are joined by sub-XX, ses-XX and run-XX of the file names)",
        )
    runs, assumed = [], Assumptions()
    for (subject, run), path in images.items():
        table = tables.get((subject, run))
        if table is not None:
            _check_one_task(path.name, table.name)
        beside = (
            Confounds() if table is None else read_confounds(table, columns, fd_limit_mm, notify=assumed.of(table.name))
        )
        runs.append(BoldRun(path, subject, run, beside.values, beside.names, beside.keep, table))
    assumed.tell(notify)
    return runs


def _check_one_task(image: str, table: str) -> None:
    """Raise InputError for an image of one task and a table of another: both may have as many volumes."""
    ours, theirs = task_of(image), task_of(table)
    if ours is not None and theirs is not None and ours != theirs:
        raise InputError.at(
            table,
            wanted=f"confounds of task-{ours}, as {image} is",
            got=f"task-{theirs}",
            advice=f"make the pattern {flag('--confounds')} narrower",
        )


def find_fmriprep(folder: Path, task: str, atlas: ReadsImages) -> list[BoldRun]:
    """Find the runs of a task in a folder of fMRIPrep derivatives that `atlas` can read.

    Raises InputError for a folder that is absent, ConfigError for an atlas that doesn't know about fMRIPrep.
    """
    if not folder.is_dir():
        raise InputError.at(folder.name, wanted="a folder of fMRIPrep derivatives", got="none", advice="check the path")
    if not isinstance(atlas, ReadsFmriprep):
        raise ConfigError(
            "atlas: this atlas doesn't define which images of fMRIPrep it reads (it has no "
            f"`fmriprep_runs`); name them: {flag('--bold', 'GLOB')} {flag('--confounds', 'GLOB')}"
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
    advance: Callable[[int], None] = lambda n: None,
) -> BoldSignals:
    """Read each run at the atlas's regions; censored volumes are rows of NaN and keep their place in time.

    The TR is the header's, or the sidecar's (`RepetitionTime`); `tr_s` must agree where they say one and is needed
    where they don't. A header that says exactly 1 s gives way to both, and is told. A sidecar's `StartTime` is when
    the volumes show the brain, after slice timing correction. `on_bad` and `trim` as in
    `readers.series.read_series_folder`. `advance` is called with 1 after each run.

    Raises InputError that names file and subject for a TR that is contradicted or differs between runs, confounds that
    don't fit the volumes, and what an atlas can't read; ConfigError where no TR is known.
    """
    if not runs:
        raise InputError("wanted BOLD images, got none")
    overruled: list[str] = []
    trs = {run.path: tr_of(run.path, tr_s, notify=overruled.append) for run in runs}
    one = runs[0].path
    for run in runs:
        if abs(trs[run.path] - trs[one]) > TR_SLACK_S:
            raise InputError.at(
                run.path.name,
                wanted=f"the TR of {one.name}, {trs[one]:g} s",
                got=f"{trs[run.path]:g} s",
                advice="runs of one analysis need one TR",
            )
    if overruled:
        notify(overruled[0] + (f" So do {len(overruled) - 1} more." if len(overruled) > 1 else ""))
    found = []
    for run in runs:
        found.append(SeriesFile(run.path.name, _read(run, atlas, trs[one])))
        advance(1)
    sampled = sorted({each.series.sampled_s for each in found if each.series.sampled_s is not None})
    if sampled:
        notify(
            f"the signal of each volume refers to {sampled[0]:g} s after its onset, according to "
            "StartTime in the sidecars; this time is used to align it with the story"
        )
    series, exclusions = checked(found, on_bad=on_bad, trim=trim, notify=notify)
    of_run = {(run.subject, run.run): run for run in runs}
    names = {run.confound_names for run in runs}
    if len(names) > 1:
        few, many = min(names, key=len), max(names, key=len)
        raise InputError(
            f"confounds: wanted the same columns for all runs, but {listed(set(many) ^ set(few))} are only in some",
            wanted="the same columns for all runs",
            got=f"{listed(set(many) ^ set(few))} only in some",
        )
    beside = [of_run[each.subject, each.run].confounds for each in series]
    cut = [None if table is None else table[: each.n_volumes] for table, each in zip(beside, series, strict=True)]
    doubtful = tr_s is None and any(_is_doubtful(run.path) for run in runs)
    return BoldSignals(tuple(series), tuple(cut), next(iter(names)), tuple(exclusions), doubtful)


def tr_of(path: Path, tr_s: float | None = None, *, notify: Say = no_op) -> float:
    """Return the TR of an image in seconds, from its header, its sidecar, or else `tr_s`.

    A header that gives 0, or 1 without a unit (what writers put who don't know), says nothing. One that gives exactly
    1 s gives way to what the sidecar or `tr_s` say, as programs write it over any other; `notify` tells.

    Raises InputError naming both where two of the three disagree, ConfigError where none says it.
    """
    stated = {
        "its header": _header_tr_s(path),
        "its sidecar": _sidecar_number(path, "RepetitionTime"),
        worded("--tr", "tr_s"): tr_s,
    }
    known = {source: checked_tr(value) for source, value in stated.items() if value is not None}
    if not known:
        raise ConfigError(f"tr: {path.name} has no repetition time; give it: {flag('--tr', '2.0')}")
    others = {source: value for source, value in known.items() if source != "its header"}
    if known.get("its header") == DOUBTFUL_TR_S and any(abs(one - 1) > TR_SLACK_S for one in others.values()):
        del known["its header"]
        source, value = next(reversed(others.items()))
        notify(
            f"{path.name}: its header gives a TR of 1 s, which some programs write by mistake; {source} "
            f"gives {value:g} s."
        )
    first, value = next(iter(known.items()))
    for other, another in known.items():
        if abs(another - value) > TR_SLACK_S:
            raise InputError.at(
                path.name,
                wanted=f"one TR; {first} gives a TR of {value:g} s",
                got=f"{other} {another:g} s",
                advice=f"find out which is right, and leave out {flag('--tr')} or correct the file",
            )
    return known.get(worded("--tr", "tr_s"), value)


def sampled_of(path: Path, tr_s: float) -> float | None:
    """Return how long after a volume's onset it shows the brain, in seconds: the sidecar's `StartTime`, or None.

    Raises InputError for a time outside of the volume.
    """
    value = _sidecar_number(path, "StartTime")
    if value is not None and not 0 <= value <= tr_s + TR_SLACK_S:
        raise InputError.at(
            _sidecar(path).name, column="StartTime", wanted=f"a time within the TR, 0 to {tr_s:g} s", got=f"{value:g} s"
        )
    return value


def _is_doubtful(path: Path) -> bool:
    return _header_tr_s(path) == DOUBTFUL_TR_S and _sidecar_number(path, "RepetitionTime") is None


def _by_run(pattern: str, what: str, endings: tuple[str, ...] | None, task: str | None) -> dict[tuple[str, str], Path]:
    found: dict[tuple[str, str], Path] = {}
    for name in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 (an absolute pattern, which Path refuses)
        path = Path(name)
        if not path.is_file() or (endings and not path.name.endswith(endings)):
            continue
        if task is not None and not _is_of(path, task):
            continue
        key = subject_of(path.name), run_of(path.name)
        if key in found:
            raise InputError.at(
                path.name,
                wanted=f"{what} of one task, space and resolution for subject {key[0]}{' ' + key[1] if key[1] else ''}",
                got=f"{found[key].name} too",
                advice="make the pattern narrower",
            )
        found[key] = path
    if not found:
        of_task = "" if task is None else f" of {task} (task-{task} in their names, or a folder {task})"
        raise InputError.at(
            Path(pattern).name,
            wanted=f"{what}{of_task}",
            got="no file",
            advice="quote the pattern, so that the shell doesn't expand it",
        )
    return found


def _is_of(path: Path, task: str) -> bool:
    """Whether a file belongs to a task by its name, or else by the name of a folder that it lies in."""
    own = task_of(path.name)
    return own == task if own is not None else task in path.parent.parts


def _read(run: BoldRun, atlas: ReadsImages, tr_s: float) -> RegionSeries:
    values = np.asarray(atlas.extract(run.path), dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != len(atlas.regions):
        raise PluginError(
            f"atlas: {run.path.name} came back with shape {values.shape}, wanted (n_volumes, {len(atlas.regions)})"
        )
    if len(values) < 2:
        raise InputError.at(run.path.name, wanted="a run of volumes (4-D)", got="a single one")
    for what, beside in (("confounds", run.confounds), ("volumes to keep", run.keep)):
        if beside is not None and len(beside) != len(values):
            raise InputError.at(
                run.path.name,
                wanted=f"{len(values)} rows of {what} of subject {run.subject}, as many as the image has volumes",
                got=str(len(beside)),
                advice="do they belong together?",
            )
    finite = np.where(np.isinf(values), np.nan, values)
    sampled_s = sampled_of(run.path, tr_s)
    series = RegionSeries(run.subject, atlas.regions, finite, tr_s, run.run, sampled_s=sampled_s)
    return series if run.keep is None else without_volumes(series, ~run.keep, "are censored")


def _header_tr_s(path: Path) -> float | None:
    """Return the TR of an image's header in seconds, None where it says none.

    Raises InputError for a header that can't be, and for a file with fewer bytes than its header promises.
    """
    import nibabel

    try:
        image: Any = nibabel.load(path)
        zooms, unit = image.header.get_zooms(), image.header.get_xyzt_units()[1]
        axes = tuple(int(axis) for axis in image.shape)
        n_bytes = math.prod(axes) * int(image.header.get_data_dtype().itemsize)
        size = path.stat().st_size
    except Exception as error:  # a damaged header makes nibabel raise whatever comes up in it
        raise InputError.at(
            path.name, wanted="an image that nibabel reads (NIfTI)", got=f"none ({type(error).__name__})"
        ) from error
    if len(zooms) < 4 or len(axes) < 4:
        raise InputError.at(path.name, wanted="a run of volumes (4-D)", got=f"an image of {len(axes)} axes")
    if n_bytes <= 0 or n_bytes > size * (MOST_COMPRESSED if path.name.endswith(".gz") else 1):
        raise InputError.at(
            path.name,
            wanted=f"an image of shape {axes}, as its header says",
            got=f"a file of {size:,} bytes, too few for it",
            advice="the file is damaged or truncated",
        )
    value = float(zooms[3])
    if not value > 0 or (unit == "unknown" and value == 1):
        return None
    return round(value / {"msec": 1e3, "usec": 1e6}.get(unit, 1.0), 6)


def _sidecar(path: Path) -> Path:
    return path.with_name(f"{stem_of(path.name)}.json")


def _sidecar_number(path: Path, key: str) -> float | None:
    """Return a number of the JSON beside an image, None where there is none or it doesn't say.

    Raises InputError for JSON that can't be read or is no object, and for what isn't a finite number.
    """
    sidecar = _sidecar(path)
    if not sidecar.is_file():
        return None
    try:
        content = json.loads(read_bounded(sidecar, MOST_BYTES_OF_SIDECAR).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError.at(
            sidecar.name, wanted="a JSON object beside the image", got=f"none ({type(error).__name__})"
        ) from error
    if not isinstance(content, dict):
        raise InputError.at(sidecar.name, wanted="a JSON object beside the image", got=described(content))
    value = content.get(key)
    if value is None:
        return None
    try:
        number = float(value) if isinstance(value, (int, float)) and value is not True else math.nan
    except OverflowError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError.at(sidecar.name, column=key, wanted="a number of seconds", got=_shown(value))
    return number


def _shown(value: Any) -> str:
    """Say what stands in a sidecar: a whole number may have more digits than Python writes out."""
    return "a number too large" if isinstance(value, int) and abs(value) > 1 << 64 else described(value)
