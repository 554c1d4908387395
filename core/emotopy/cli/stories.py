"""`--story NAME=FILE` and `--start NAME=S`: which stories there are, and which files belong to each."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import typer

from emotopy.wording import flag

if TYPE_CHECKING:
    from emotopy.running.rerun import Rerun

SEPARATORS = ("/", "\\")


@attrs.frozen
class Stories:
    """What the flags say of stories: each one's file of ratings, by name, and where each begins.

    `files` is empty where stories aren't told apart; `ratings` is then the file of the one story's, if it has any.
    `start_s` is for those that `starts` lacks; `starts` names stories, or runs of one (``<story>_<run>``).
    """

    files: Mapping[str, Path]
    ratings: Path | None = None
    start_s: float = 0.0
    starts: Mapping[str, float] = attrs.field(factory=dict)

    @classmethod
    def of(cls, story: Sequence[str] | None, start: Sequence[str] | None, ratings: Path | None) -> Stories:
        """Read the flags. Raises BadParameter for one that can't be read or says something twice."""
        files: dict[str, Path] = {}
        for given in story or ():
            name, equals, file = given.partition("=")
            if not (name and equals and file):
                raise typer.BadParameter(f"wanted NAME=FILE, got {given}", param_hint="'--story'")
            if name in (".", "..") or any(one in name for one in SEPARATORS):
                raise typer.BadParameter(
                    f"wanted the name of a task (task-NAME in the file names) or of a folder, got {name}",
                    param_hint="'--story'",
                )
            if name in files:
                raise typer.BadParameter(f"story {name} is given twice", param_hint="'--story'")
            files[name] = Path(file)
        starts: dict[str, float] = {}
        for given in start or ():
            name, equals, seconds = given.rpartition("=")
            if equals and not files:
                raise typer.BadParameter(
                    f"this flag names story {name}; give its ratings, too: --story", param_hint="'--start'"
                )
            if name in starts:
                what = f"the start of {name}" if name else "one start for all stories"
                raise typer.BadParameter(f"{what} is given twice", param_hint="'--start'")
            starts[name] = _seconds(seconds)
        return cls(files, ratings, starts.pop("", 0.0), starts)

    @classmethod
    def of_run(cls, again: Rerun, given: Stories) -> Stories:
        """Return the starts of a run that is to be repeated, on the files given anew.

        Raises InputError where the run had other stories.
        """
        from emotopy.errors import InputError, listed

        (start_s,) = again.arguments(start=float | int)
        recorded = again.argument("starts", dict, {})
        for name, value in recorded.items():
            again.check_type(value, float | int, f"input.arguments.starts.{name}")
        names = [str(name) for name in again.argument("stories", list, [])]
        if sorted(names) != sorted(given.files):
            raise InputError(
                f"--story: the run to repeat had the stories {listed(names)}, got {listed(given.files)}; "
                "give the ratings of each: --story NAME=FILE",
                wanted=listed(names),
                got=listed(given.files),
            )
        return cls({name: given.files[name] for name in names}, given.ratings, start_s, dict(recorded))

    @property
    def doubts(self) -> tuple[str, ...]:
        """What to check if no start differs from 0, which is also the default."""
        if self.start_s or any(self.starts.values()):
            return ()
        advice = f"If the story began at another time, set {flag('--start')}: a wrong start shifts all ratings."
        return (f"start: the onset of the first volume is taken as story time 0. {advice}",)

    def start_of(self, name: str) -> float:
        """Return what a story's clock shows at the first volume's onset."""
        return self.starts.get(name, self.start_s)

    @property
    def recorded(self) -> dict[str, Any]:
        """What the provenance records of them, so that the run can be repeated."""
        told = {"stories": list(self.files), "starts": dict(self.starts)} if self.files else {}
        return {"start": self.start_s, **told}

    def all_starts(self, labels: Sequence[str]) -> dict[str, float]:
        """Return the start of each story, and of each run that has one of its own."""
        return {label: self.start_of(label) for label in labels if label not in self.starts} | dict(self.starts)


def _seconds(given: str) -> float:
    try:
        seconds = float(given)
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise typer.BadParameter(f"wanted a finite number of seconds, got {given}", param_hint="'--start'")
    return seconds


def folder_of(folder: Path, story: str, what: str) -> tuple[Path, str | None]:
    """Return where a story's files lie, and the task that their names must have: a folder of its name, or `folder`.

    Raises InputError for folders of other stories alone, and for a file beside others that names no task: it could be
    any story's.
    """
    from emotopy.errors import InputError, listed, nearest
    from emotopy.readers.matrices import ENDINGS, files_in, task_of

    if (folder / story).is_dir():
        return folder / story, None
    inside = list(folder.iterdir()) if folder.is_dir() else []
    folders = [one.name for one in inside if one.is_dir() and not one.name.startswith(".")]
    if folders and not any(one.suffix.lower() in ENDINGS for one in inside):
        raise InputError.at(
            folder.name,
            wanted=f"a folder {story}, or files with task-{story} in their names",
            got=f"the folders {listed(folders)}",
            advice=nearest(story, folders).strip() or "use the folder names as names of the stories: --story NAME=FILE",
        )
    nameless = next((path for path in files_in(folder, what) if task_of(path.name) is None), None)
    if nameless is not None:
        raise InputError.at(
            f"{folder.name}/{nameless.name}",
            wanted=f"files of story {story}: task-{story} in their names, or a folder {story}",
            got="a name without a task",
            advice="give each story a folder of its own",
        )
    return folder, story


def other_tasks(paths: Sequence[Path], stories: Sequence[str]) -> set[str]:
    """Return the tasks that files name and no story has."""
    from emotopy.readers.matrices import task_of

    return {task for path in paths if (task := task_of(path.name)) is not None} - set(stories)


def common_regions(series: Sequence[Any], notify: Callable[[str], None]) -> list[Any]:
    """Keep the regions that the series of all stories have; those that some lost are told."""
    first = series[0].regions
    lost = [name for name in first if any(name not in one.regions for one in series)]
    more = {name for one in series for name in one.regions} - set(first)
    if not lost and not more:
        return list(series)
    left = [name for name in first if name not in lost]
    notify(f"Regions left out of all stories, because some stories lack them: {', '.join([*lost, *sorted(more)])}.")
    return [
        attrs.evolve(one, regions=left, values=one.values[:, [one.regions.index(name) for name in left]])
        for one in series
    ]
