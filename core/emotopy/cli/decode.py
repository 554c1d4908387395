"""`emotopy decode`: emotion time courses from the scans of people who heard a story."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import attrs
import typer

from emotopy.cli.config import ConfigFile, Preset, Sets, read_layers
from emotopy.cli.console import (
    Force,
    NoCache,
    Quiet,
    cache_directory,
    console_host,
    format_table,
    load_registry,
    out_or_dry_run,
    reserve,
)
from emotopy.cli.design import print_study
from emotopy.cli.rerun import FromFile, load_rerun, print_comparison

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from emotopy.pathways.brain.pathway import BrainPathway
    from emotopy.pathways.brain.result import Decoding
    from emotopy.readers.motion import Motion
    from emotopy.readers.regressors import Regressors
    from emotopy.readers.series import Exclusion
    from emotopy.records.axes import FloatArray
    from emotopy.records.brain import Ratings, RegionSeries
    from emotopy.roles import Host
    from emotopy.running.rerun import Rerun

DROPS = {None: "error", "subjects": "exclude-subjects", "regions": "drop-regions"}
AUTO = "auto"
HEADERS = {None: None, "yes": True, "no": False}


@attrs.frozen(eq=False)
class Signals:
    """Series with their confounds, the files they come from, and the atlas that read them from images, if one did.

    `atlas` is its entry in the provenance, `networks` maps its regions to networks.
    """

    series: list[RegionSeries]
    confounds: list[FloatArray | None]
    files: list[Path]
    atlas: dict[str, Any]
    networks: Mapping[str, str]


@attrs.frozen
class Reading:
    """How files of scans are read: what flags say that neither names nor numbers tell; see the flags."""

    task: str | None
    tr: float | None
    header: str | None
    confound_columns: str | None
    motion_skip: int
    motion_order: str
    motion_units: str
    emotions: str | None
    sampling: float | None
    time_unit: str | None

    @classmethod
    def of_run(cls, again: Rerun) -> Reading:
        """Return how the files of a run were read that is to be repeated."""
        task, tr, motion_skip = again.arguments(task=str | None, tr=float | int | None, motion_skip=int)
        header, columns, emotions, unit = (
            again.argument(name, str | None, None) for name in ("header", "confound_columns", "emotions", "time_unit")
        )
        order, units = (again.argument(name, str, AUTO) for name in ("motion_order", "motion_units"))
        sampling = again.argument("sampling", float | int | None, None)
        return cls(task, tr, header, columns, motion_skip, order, units, emotions, sampling, unit)

    @property
    def columns(self) -> list[str] | None:
        """The patterns of `--confound-columns`, None without the flag."""
        if self.confound_columns is None:
            return None
        return [pattern.strip() for pattern in self.confound_columns.split(",") if pattern.strip()]

    def check(self, *, series: Any, fmriprep: Any, confounds: Any, motion: Any, ratings: Any) -> None:
        """Raise BadParameter for a flag that has no such value, or speaks of something that isn't there."""
        from emotopy.readers.motion import Order, Units

        _goes_with("--task", self.task, "--fmriprep or --series", fmriprep or series)
        if fmriprep is not None and self.task is None:
            raise typer.BadParameter("--fmriprep needs the task's name", param_hint="'--task'")
        _goes_with("--header", self.header, "--series", series)
        _goes_with("--confound-columns", self.confound_columns, "--confounds", confounds)
        _goes_with("--motion-skip", self.motion_skip or None, "--motion", motion)
        for flag, value in (("emotions", self.emotions), ("sampling", self.sampling), ("time-unit", self.time_unit)):
            _goes_with(f"--{flag}", value, "--ratings", ratings)
        _one_of("--header", self.header, HEADERS)
        _one_of("--time-unit", self.time_unit, ("s", "ms", None))
        for flag, value, kind in (
            ("--motion-order", self.motion_order, Order),
            ("--motion-units", self.motion_units, Units),
        ):
            _one_of(flag, value, get_args(kind))
            _goes_with(flag, None if value == AUTO else value, "--motion", motion)

    def ratings(self, path: Path | None, notify: Callable[[str], None]) -> Ratings | None:
        """Read the story's ratings, if there are any."""
        from emotopy.readers.column_names import TimeUnit
        from emotopy.readers.ratings import read_ratings

        if path is None:
            return None
        emotions = None if self.emotions is None else [name.strip() for name in self.emotions.split(",")]
        unit = cast("TimeUnit | None", self.time_unit)
        return read_ratings(path, emotions=emotions, sampling_hz=self.sampling, time_unit=unit, notify=notify)

    def motion(
        self, folder: Path | None, series: Sequence[RegionSeries], notify: Callable[[str], None]
    ) -> list[Motion] | None:
        """Read the motion of `series`, if there is a folder of it."""
        from emotopy.readers.motion import Order, Units, read_motion_folder

        if folder is None:
            return None
        order, units = cast("Order", self.motion_order), cast("Units", self.motion_units)
        return read_motion_folder(
            folder, series, skip=self.motion_skip, order=order, units=units, task=self.task, notify=notify
        )

    def courses(
        self, folder: Path | None, series: Sequence[RegionSeries], notify: Callable[[str], None]
    ) -> list[Regressors] | None:
        """Read courses per volume of `series`, if there is a folder of them."""
        from emotopy.readers.regressors import read_regressor_folder

        return None if folder is None else read_regressor_folder(folder, series, task=self.task, notify=notify)


def decode(
    context: typer.Context,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where the results go; --dry-run needs none.")
    ] = None,
    series: Annotated[Path | None, typer.Option(metavar="DIR", help="Region series, a file per subject.")] = None,
    bold: Annotated[str | None, typer.Option(metavar="GLOB", help="BOLD images, with --atlas.")] = None,
    fmriprep: Annotated[Path | None, typer.Option(metavar="DIR", help="fMRIPrep derivatives, with --task.")] = None,
    task: Annotated[str | None, typer.Option(metavar="T", help="Task of --fmriprep, or of several in folders.")] = None,
    header: Annotated[
        str | None, typer.Option(metavar="yes|no", help="Whether the first row of --series names the regions.")
    ] = None,
    atlas: Annotated[str | None, typer.Option(metavar="NAME", help="Where BOLD is read; the preset's.")] = None,
    confounds: Annotated[str | None, typer.Option(metavar="GLOB", help="Confounds tables of --bold.")] = None,
    confound_columns: Annotated[
        str | None, typer.Option(metavar="A,B*", help="Columns of --confounds to regress out, * allowed.")
    ] = None,
    ratings: Annotated[Path | None, typer.Option(metavar="FILE", help="The story's ratings, on its clock.")] = None,
    emotions: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Columns of --ratings to decode; by default all of emotions."),
    ] = None,
    sampling: Annotated[
        float | None, typer.Option(metavar="HZ", help="Rows a second of --ratings, where they have no times.")
    ] = None,
    time_unit: Annotated[
        str | None, typer.Option("--time-unit", metavar="s|ms", help="Unit of the times of --ratings; by default s.")
    ] = None,
    targets: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Instead: <subject>-<name>.txt, per volume.")
    ] = None,
    tr: Annotated[float | None, typer.Option(metavar="S", help="Repetition time.")] = None,
    start: Annotated[float, typer.Option(metavar="S", help="The story's clock at the first volume's onset.")] = 0.0,
    motion: Annotated[Path | None, typer.Option(metavar="DIR", help="Motion parameters, a baseline.")] = None,
    motion_skip: Annotated[int, typer.Option(metavar="N", help="Rows of motion before the first volume.")] = 0,
    motion_order: Annotated[
        str, typer.Option(metavar="spm|fsl|afni|auto", help="Whose order columns of motion without names have.")
    ] = AUTO,
    motion_units: Annotated[
        str, typer.Option(metavar="mm-rad|mm-deg|auto", help="Units of motion, where names don't say.")
    ] = AUTO,
    regressors: Annotated[Path | None, typer.Option(metavar="DIR", help="<subject>-<name>.txt: baselines.")] = None,
    compare: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Measure to compare with.")] = None,
    drop: Annotated[str | None, typer.Option(metavar="subjects|regions", help="What to do about bad regions.")] = None,
    trim: Annotated[bool, typer.Option("--trim", help="Cut longer recordings at their end.")] = False,
    from_: FromFile = None,
    preset: Preset = None,
    config: ConfigFile = None,
    sets: Sets = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random; 0 by default.")] = None,
    cache: Annotated[Path | None, typer.Option(metavar="DIR", help="Where finished work is kept.")] = None,
    no_cache: NoCache = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all, print the design; write nothing.")] = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Decode a story's emotions from dynamic functional connectivity, beside its null."""
    from emotopy.config import build
    from emotopy.pathways.brain.pathway import BrainPathway
    from emotopy.pathways.brain.study import Study
    from emotopy.running.rerun import recorded_arguments

    registry, host = load_registry(context), console_host(context, quiet=quiet)
    again = load_rerun(context, from_, "decode", sets, registry, host)
    reading = Reading(
        task, tr, header, confound_columns, motion_skip, motion_order, motion_units, emotions, sampling, time_unit
    )
    if again is not None:
        reading = Reading.of_run(again)
        start, drop, trim = again.arguments(start=float | int, drop=str | None, trim=bool)
    _exactly_one({"--series": series, "--bold": bold, "--fmriprep": fmriprep})
    _exactly_one({"--ratings": ratings, "--targets": targets})
    _goes_with("--confounds", confounds, "--bold", bold)
    reading.check(series=series, fmriprep=fmriprep, confounds=confounds, motion=motion, ratings=ratings)
    if not math.isfinite(start):
        raise typer.BadParameter(f"wanted a finite number of seconds, got {start}", param_hint="'--start'")
    kept = cache_directory(cache, no_cache=no_cache)
    if drop not in DROPS:
        raise typer.BadParameter(f"wanted subjects or regions, got {drop}", param_hint="'--drop'")
    out = out_or_dry_run(out, dry_run=dry_run)
    # Quick checks come first: nothing is read or computed before they pass.
    if out is not None:
        reserve(context, out, force=force, inputs=[series, fmriprep, ratings, targets, motion, regressors], host=host)
    layers = [again.layer] if again else _layers(config, sets, atlas=atlas, seed=seed, compare=compare)
    chosen = build(*layers, preset=preset, registry=registry)
    notes: list[str] = []
    notify = collecting(notes, host)
    options = {"on_bad": DROPS[drop], "trim": trim, "notify": notify}
    rated = reading.ratings(ratings, notify)
    courses = ratings or targets
    assert courses is not None
    pathway = BrainPathway.from_config(
        chosen,
        registry=registry,
        cache=kept,
        host=attrs.evolve(host, notify=notify),
    )
    read = _signals(series, bold, fmriprep, confounds, reading, pathway, options, rated, start)
    _tell_tasks(read.files, [one for one in (motion, regressors, targets) if one is not None], notify)
    name = (series or fmriprep or Path(bold or "")).name
    files = [*read.files, *(one for named in (courses, motion, regressors) if named for one in files_of(named))]
    files_digest = digest(files)
    if again is not None:
        again.check_input(files_sha256=files_digest)
    study = Study.of(
        read.series,
        rated,
        targets=reading.courses(targets, read.series, notify),
        start_s=start,
        confounds=read.confounds,
        motion=reading.motion(motion, read.series, notify),
        regressors=reading.courses(regressors, read.series, notify),
        networks=read.networks,
        source={
            "files": {"signal": name, "ratings" if ratings else "targets": courses.name},
            "files_sha256": files_digest,
            "start_s": start,
            **read.atlas,
            **recorded_arguments("decode", start=start, drop=drop, trim=trim, **attrs.asdict(reading)),
        },
        notes=notes,
    )
    if dry_run:
        print_study(pathway.check(study))
        return
    assert out is not None
    decoding = pathway.decode(study)
    decoding.write(out, registry, force=force, notify=notify)
    print_summary(decoding)
    print(f"\nResults are in {out}")
    print_comparison(again, out)


def header_of(flag: str | None) -> bool | None:
    """Return what `--header` says: whether the first row names the regions, None where it is to be found out."""
    return HEADERS[flag]


def _tell_tasks(files: Sequence[Path], folders: Sequence[Path], notify: Callable[[str], None]) -> None:
    """Tell of folders whose files are of other tasks than the scans: they may have as many rows."""
    from emotopy.readers.matrices import task_of

    ours = {task_of(one.name) for one in files} - {None}
    for folder in folders:
        theirs = {task_of(one.name) for one in files_of(folder)} - {None}
        if ours and theirs and not ours & theirs:
            notify(
                f"{folder.name}: its files are of task {', '.join(sorted(map(str, theirs)))}, the scans of task "
                f"{', '.join(sorted(map(str, ours)))}; are they of one recording?"
            )


def _layers(
    config: Path | None, sets: list[str] | None, *, atlas: str | None, seed: int | None, compare: list[str] | None
) -> list[dict[str, Any]]:
    """Return the layers of the configuration that the flags give, the last one on top."""
    # --atlas is short for --set atlas; other --set options of the atlas are the named atlas's
    layers = read_layers(config, [*(sets or []), *([f"atlas={atlas}"] if atlas else [])])
    layers += [{"seed": seed}] if seed is not None else []
    return layers + ([{"compare": {"features": compare}}] if compare else [])


def _signals(
    series: Path | None,
    bold: str | None,
    fmriprep: Path | None,
    confounds: str | None,
    reading: Reading,
    pathway: BrainPathway,
    options: dict[str, Any],
    rated: Ratings | None,
    start: float,
) -> Signals:
    """Read the series, and their confounds, from the source that was named."""
    from emotopy.errors import ConfigError
    from emotopy.readers.bold import HasNetworks, find_fmriprep, find_runs, read_bold
    from emotopy.readers.series import read_series_folder

    notify = options["notify"]
    if series is not None:
        runs, exclusions = read_series_folder(
            series, reading.tr, header=header_of(reading.header), task=reading.task, **options
        )
        _tell_exclusions(exclusions, notify)
        return Signals(runs, [None] * len(runs), files_of(series), {}, {})
    if "atlas" not in pathway.config.stages:
        raise ConfigError(f"atlas: preset {pathway.config.preset!r} chooses none to read BOLD with; say --atlas NAME")
    stage = pathway.stage("atlas")
    if fmriprep is not None:
        assert reading.task is not None
        images = find_fmriprep(fmriprep, reading.task, stage.proxy)
    else:
        assert bold is not None
        images = find_runs(bold, confounds, columns=reading.columns, notify=notify)
    signals = read_bold(images, stage.proxy, reading.tr, **options)
    signals.check_tr(rated, start, notify)
    _tell_exclusions(signals.exclusions, notify)
    return Signals(
        list(signals.series),
        list(signals.confounds),
        [file for image in images for file in image.files],
        {"atlas": stage.to_dict(), "confounds": list(signals.confound_names)},
        stage.object.networks if isinstance(stage.object, HasNetworks) else {},
    )


def _tell_exclusions(exclusions: Sequence[Exclusion], notify: Callable[[str], None]) -> None:
    for one in exclusions:
        notify(f"Left out: {one.reason}.")


def files_of(named: Path) -> list[Path]:
    """Return the files of a folder, or a file with its sidecar, in order; hidden files don't count."""
    if named.is_dir():
        return [path for path in sorted(named.iterdir()) if path.is_file() and not path.name.startswith(".")]
    return [path for path in (named, named.with_suffix(".json")) if path.is_file()]


def digest(files: Sequence[Path]) -> str:
    """Return one SHA-256 of names and contents; neither order nor folders change it."""
    from emotopy.storage.cache import hash_file, hash_texts

    return hash_texts(sorted(f"{file.name} {hash_file(file)}" for file in files))


def collecting(notes: list[str], host: Host) -> Callable[[str], None]:
    """Return a function that shows the user a message once, and appends it to `notes`."""

    def notify(message: str) -> None:
        if message not in notes:
            notes.append(message)
            host.notify(message)

    return notify


def _exactly_one(given: dict[str, Any]) -> None:
    named = [flag for flag, value in given.items() if value is not None]
    if len(named) != 1:
        got = " and ".join(named) or "none"
        raise typer.BadParameter(f"wanted exactly one of {', '.join(given)}, got {got}")


def _one_of(flag: str, value: str | None, known: Iterable[str | None]) -> None:
    choices = [choice for choice in known if choice is not None]
    if value is not None and value not in choices:
        raise typer.BadParameter(f"wanted {' or '.join(choices)}, got {value}", param_hint=f"'{flag}'")


def _goes_with(flag: str, value: Any, other: str, given: Any) -> None:
    if value is not None and given is None:
        raise typer.BadParameter(f"says something about {other}, which isn't there", param_hint=f"'{flag}'")


def print_summary(decoding: Decoding) -> None:
    """Print the scores beside their null."""
    numbers = ("r", "null_95", "p", "p_family")
    rows = [
        [row["emotion"], row["features"], *("-" if math.isnan(row[name]) else f"{row[name]:.3f}" for name in numbers)]
        for row in decoding.scores.to_dict("records")
    ]
    print(format_table([["emotion", "features", "r", "null 95 %", "p", "p family"], *rows]))
