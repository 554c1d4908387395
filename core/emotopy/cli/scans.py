"""Which files of scans belong to which story and subject, and how they are read: what `emotopy decode` is given."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

import attrs
import typer

from emotopy.cli.stories import Stories, common_regions, folder_of, other_tasks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from emotopy.pathways.brain.pathway import BrainPathway
    from emotopy.readers.motion import Motion
    from emotopy.readers.regressors import Regressors
    from emotopy.readers.series import Exclusion
    from emotopy.records.axes import FloatArray
    from emotopy.records.brain import Ratings, RegionSeries
    from emotopy.running.rerun import Rerun

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

    def check(
        self, *, series: Any, fmriprep: Any, confounds: Any, motion: Any, ratings: Any, stories: Sequence[str] = ()
    ) -> None:
        """Raise BadParameter for a flag that has no such value, or speaks of something that isn't there."""
        from emotopy.readers.motion import Order, Units

        goes_with("--task", self.task, "--fmriprep or --series", fmriprep or series)
        if stories and self.task is not None:
            raise typer.BadParameter("--story already names the tasks; leave out --task", param_hint="'--task'")
        if fmriprep is not None and self.task is None and not stories:
            raise typer.BadParameter("--fmriprep needs the name of the task", param_hint="'--task'")
        goes_with("--header", self.header, "--series", series)
        goes_with("--confound-columns", self.confound_columns, "--confounds", confounds)
        goes_with("--motion-skip", self.motion_skip or None, "--motion", motion)
        for flag, value in (("emotions", self.emotions), ("sampling", self.sampling), ("time-unit", self.time_unit)):
            goes_with(f"--{flag}", value, "--ratings or --story", ratings or stories or None)
        one_of("--header", self.header, HEADERS)
        one_of("--time-unit", self.time_unit, ("s", "ms", None))
        for flag, value, kind in (
            ("--motion-order", self.motion_order, Order),
            ("--motion-units", self.motion_units, Units),
        ):
            one_of(flag, value, get_args(kind))
            goes_with(flag, None if value == AUTO else value, "--motion", motion)

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


@attrs.frozen(eq=False)
class Read:
    """What was read: signals, and what was given beside each of them; `ratings` by story, or of the one story."""

    signals: Signals
    ratings: Ratings | Mapping[str, Ratings] | None
    motion: list[Motion] | None
    regressors: list[Regressors] | None
    targets: list[Regressors] | None


@attrs.frozen
class Scans:
    """Where scans are, and what lies beside them: the flags that name files and folders."""

    series: Path | None
    bold: str | None
    fmriprep: Path | None
    confounds: str | None
    motion: Path | None
    regressors: Path | None
    targets: Path | None

    @property
    def name(self) -> str:
        """The name of the source of the signal."""
        return (self.series or self.fmriprep or Path(self.bold or "")).name

    @property
    def folders_beside(self) -> list[Path]:
        """The folders of targets, motion and regressors."""
        return [one for one in (self.targets, self.motion, self.regressors) if one is not None]

    def files_beside(self, stories: Stories) -> list[Path]:
        """Return the files of targets, motion and regressors, with those in the stories' folders."""
        folders = [*self.folders_beside, *(one / name for one in self.folders_beside for name in stories.files)]
        return [path for folder in folders for path in files_of(folder)]

    def read(self, stories: Stories, reading: Reading, pathway: BrainPathway, options: dict[str, Any]) -> Read:
        """Read the scans and what lies beside them; of several stories, story by story.

        `options` are those of the readers of series. Raises InputError (ConfigError) that names file and subject.
        """
        with pathway.host.progress("reading scans and ratings", None):
            return self._read(stories, reading, pathway, options)

    def _read(self, stories: Stories, reading: Reading, pathway: BrainPathway, options: dict[str, Any]) -> Read:
        notify = options["notify"]
        if not stories.files:
            rated = reading.ratings(stories.ratings, notify)
            signals = self.signals(reading, pathway, options, rated, stories.start_s)
            _tell_tasks(signals.files, self.folders_beside, notify)
            return Read(
                signals,
                rated,
                targets=reading.courses(self.targets, signals.series, notify),
                motion=reading.motion(self.motion, signals.series, notify),
                regressors=reading.courses(self.regressors, signals.series, notify),
            )
        rated_by = {name: reading.ratings(path, notify) for name, path in stories.files.items()}
        parts = [
            self._story(name, rated, attrs.evolve(reading, task=name), pathway, options, stories.start_of(name))
            for name, rated in rated_by.items()
        ]
        self._tell_left_alone(stories, notify)
        joined = _joined([part.signals for part in parts], list(rated_by))
        if options["on_bad"] == "drop-regions":
            joined = attrs.evolve(joined, series=common_regions(joined.series, notify))
        return Read(
            joined,
            {name: rated for name, rated in rated_by.items() if rated is not None},
            targets=None,
            motion=[one for part in parts for one in part.motion or ()] or None,
            regressors=[one for part in parts for one in part.regressors or ()] or None,
        )

    def _story(
        self,
        name: str,
        rated: Ratings | None,
        reading: Reading,
        pathway: BrainPathway,
        options: dict[str, Any],
        start_s: float,
    ) -> Read:
        """Read one of several stories; its series say which."""
        notify = options["notify"]
        here, of_story = self, reading
        if self.series is not None:
            folder, task = folder_of(self.series, name, "region series")
            here, of_story = attrs.evolve(self, series=folder), attrs.evolve(reading, task=task)
        signals = here.signals(of_story, pathway, options, rated, start_s)
        # what lies beside is found by subject and run, before the series get the story's label
        motion = regressors = None
        if self.motion is not None:
            folder, task = folder_of(self.motion, name, "motion")
            motion = attrs.evolve(reading, task=task).motion(folder, signals.series, notify)
        if self.regressors is not None:
            folder, task = folder_of(self.regressors, name, "courses")
            regressors = attrs.evolve(reading, task=task).courses(folder, signals.series, notify)
        labelled = [attrs.evolve(one, story=name) for one in signals.series]
        return Read(attrs.evolve(signals, series=labelled), rated, motion, regressors, None)

    def _tell_left_alone(self, stories: Stories, notify: Callable[[str], None]) -> None:
        """Tell of scans whose task is no story that was named."""
        found = files_of(self.series) if self.series is not None else []
        found += [Path(name) for name in sorted(glob.glob(self.bold or "", recursive=True))]  # noqa: PTH207
        if others := other_tasks(found, list(stories.files)):
            notify(f"Scans of task {', '.join(sorted(others))} were not read, because no --story names it.")

    def signals(
        self,
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
        if self.series is not None:
            runs, exclusions = read_series_folder(
                self.series, reading.tr, header=header_of(reading.header), task=reading.task, **options
            )
            tell_exclusions(exclusions, notify)
            return Signals(runs, [None] * len(runs), files_of(self.series), {}, {})
        if "atlas" not in pathway.config.stages:
            raise ConfigError(
                f"atlas: preset {pathway.config.preset!r} has no atlas for BOLD images; name one with --atlas NAME"
            )
        stage = pathway.stage("atlas")
        if self.fmriprep is not None:
            assert reading.task is not None
            images = find_fmriprep(self.fmriprep, reading.task, stage.proxy)
        else:
            assert self.bold is not None
            images = find_runs(self.bold, self.confounds, columns=reading.columns, task=reading.task, notify=notify)
        with pathway.host.progress("images", len(images)) as advance:
            signals = read_bold(images, stage.proxy, reading.tr, **options, advance=advance)
        signals.check_tr(rated, start, notify)
        tell_exclusions(signals.exclusions, notify)
        return Signals(
            list(signals.series),
            list(signals.confounds),
            [file for image in images for file in image.files],
            {"atlas": stage.to_dict(), "confounds": list(signals.confound_names)},
            stage.object.networks if isinstance(stage.object, HasNetworks) else {},
        )


def _tell_tasks(files: Sequence[Path], folders: Sequence[Path], notify: Callable[[str], None]) -> None:
    """Tell of folders whose files are of other tasks than the scans: they may have as many rows."""
    from emotopy.readers.matrices import task_of

    ours = {task_of(one.name) for one in files} - {None}
    for folder in folders:
        theirs = {task_of(one.name) for one in files_of(folder)} - {None}
        if ours and theirs and not ours & theirs:
            notify(
                f"{folder.name}: its files have task {', '.join(sorted(map(str, theirs)))}, but the scans "
                f"have task {', '.join(sorted(map(str, ours)))}; check that they belong to the same "
                "recordings."
            )


def _joined(parts: Sequence[Signals], names: Sequence[str]) -> Signals:
    """Return the signals of several stories, one after the other; raise InputError where confounds differ."""
    from emotopy.errors import InputError, listed

    first = parts[0]
    for name, part in zip(names, parts, strict=True):
        if odd := set(part.atlas.get("confounds", ())) ^ set(first.atlas.get("confounds", ())):
            raise InputError(
                f"story {name}: wanted the confounds of story {names[0]}, but {listed(odd)} are in only one "
                "of the two; name columns that all stories have with --confound-columns",
                wanted=f"the confounds of story {names[0]}",
                got=f"{listed(odd)} in only one of the two",
                advice="name columns that all stories have with --confound-columns",
            )
    return attrs.evolve(
        first,
        series=[one for part in parts for one in part.series],
        confounds=[one for part in parts for one in part.confounds],
        files=list(dict.fromkeys(file for part in parts for file in part.files)),
    )


def tell_exclusions(exclusions: Sequence[Exclusion], notify: Callable[[str], None]) -> None:
    """Tell which recordings were left out, and why."""
    for one in exclusions:
        notify(f"Left out: {one.reason}.")


def files_of(named: Path) -> list[Path]:
    """Return the files of a folder, or a file with its sidecar, in order; hidden files don't count."""
    if named.is_dir():
        return [path for path in sorted(named.iterdir()) if path.is_file() and not path.name.startswith(".")]
    return [path for path in (named, named.with_suffix(".json")) if path.is_file()]


def one_of(flag: str, value: str | None, known: Iterable[str | None]) -> None:
    """Raise BadParameter for a value that isn't one of those known; None is no value."""
    choices = [choice for choice in known if choice is not None]
    if value is not None and value not in choices:
        raise typer.BadParameter(f"wanted {' or '.join(choices)}, got {value}", param_hint=f"'{flag}'")


def goes_with(flag: str, value: Any, other: str, given: Any) -> None:
    """Raise BadParameter for a flag that speaks of another one which isn't given."""
    if value is not None and given is None:
        raise typer.BadParameter(f"this flag describes {other}, which wasn't given", param_hint=f"'{flag}'")


def digest(files: Sequence[Path]) -> str:
    """Return one SHA-256 of names and contents; neither order nor folders change it."""
    from emotopy.storage.cache import hash_file, hash_texts

    return hash_texts(sorted(f"{file.name} {hash_file(file)}" for file in files))


def header_of(flag: str | None) -> bool | None:
    """Return what `--header` says: whether the first row names the regions, None where it is to be found out."""
    return HEADERS[flag]
