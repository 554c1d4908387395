"""One story as the brain pathway takes it: the scans of the people who heard it, with its ratings, checked once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import attrs
import numpy as np

from emotopy.errors import ConfigError, InputError, ShapeError
from emotopy.readers.motion import Motion, as_motion
from emotopy.readers.regressors import Regressors
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Ratings, RegionSeries, same_regions
from emotopy.wording import flag, worded

SAMPLED_SLACK = 0.05
"""Subjects whose volumes' times differ by less than this share of a TR hear the story at the same time."""


@attrs.frozen(eq=False)
class Subject:
    """One person's run, and what was given with it; None where nothing was.

    `confounds` (n_volumes, n_confounds) are regressed out of the series. `motion` and `regressors` are baselines.
    `targets` are the subject's own courses to decode, where the study has no ratings.
    """

    series: RegionSeries
    confounds: FloatArray | None = None
    motion: Motion | None = None
    regressors: Regressors | None = None
    targets: Regressors | None = None

    @property
    def name(self) -> str:
        """The subject's label."""
        return self.series.subject

    @property
    def signal(self) -> FloatArray:
        """The series in double precision, NaN in the rows of censored volumes, (n_volumes, n_regions)."""
        values = np.asarray(self.series.values, dtype=np.float64)
        return values if self.series.keep is None else np.where(self.series.keep[:, None], values, np.nan)


@attrs.frozen(eq=False)
class Story:
    """Subjects who heard one story, and the ratings of the story or the subjects' own targets. Made by `Story.of`.

    All subjects have the same regions, TR and number of volumes. Motion, regressors and targets are there for every
    subject or for none. `start_s` is what the narrative's clock shows at the onset of the first volume. `name` is
    empty where stories aren't told apart. A story that was scanned in several runs is a record per run, with the same
    name and ratings; `run` tells them apart.
    """

    subjects: tuple[Subject, ...]
    ratings: Ratings | None = None
    start_s: float = 0.0
    name: str = ""
    run: str = ""

    @classmethod
    def of(
        cls,
        series: Sequence[RegionSeries],
        ratings: Ratings | None = None,
        *,
        targets: Sequence[Regressors | None] | None = None,
        start_s: float = 0.0,
        confounds: Sequence[FloatArray | None] | None = None,
        motion: Sequence[Any] | None = None,
        regressors: Sequence[Regressors | None] | None = None,
        name: str = "",
    ) -> Story:
        """Check that everything fits together, and return it as a story; arguments as for `Study.of`.

        Raises InputError (ShapeError) for data that don't fit; the message names the subject.
        """
        if not np.isfinite(start_s):
            raise InputError(f"start_s: wanted a finite number of seconds, got {start_s}", wanted="seconds")
        _check_one_story(series, one_run=not name)
        given = {"confounds": confounds, "motion": motion, "regressors": regressors, "targets": targets}
        for what, each in given.items():
            if each is not None and len(each) != len(series):
                raise InputError(f"{what}: wanted one per series, {len(series)}, got {len(each)}")
        if motion is not None:
            subjects_of = zip(motion, series, strict=True)
            given["motion"] = [
                None if one is None else as_motion(one, f"motion of {each.subject}") for one, each in subjects_of
            ]
        columns = [[None] * len(series) if each is None else each for each in given.values()]
        subjects = tuple(Subject(*row) for row in zip(series, *columns, strict=True))
        _check_motion(subjects)
        _check_courses("regressors", subjects)
        if (ratings is None) == (targets is None):
            raise InputError("wanted exactly one of ratings and targets")
        _check_courses("targets", subjects)
        return cls(subjects, ratings, start_s, name)

    @property
    def label(self) -> str:
        """The story's name, with the run where it has several."""
        return f"{self.name}_{self.run}" if self.run else self.name

    @property
    def series(self) -> tuple[RegionSeries, ...]:
        """The series of all subjects."""
        return tuple(one.series for one in self.subjects)

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that all series share, in their order."""
        return self.subjects[0].series.regions

    @property
    def tr_s(self) -> float:
        """Seconds between volumes."""
        return self.subjects[0].series.tr_s

    @property
    def sampled_s(self) -> float | None:
        """How long after its onset a volume shows the brain, the same for all subjects; None is half a TR."""
        return self.subjects[0].series.sampled_s

    @property
    def n_volumes(self) -> int:
        """Number of volumes of every series."""
        return self.subjects[0].series.n_volumes

    @property
    def names(self) -> tuple[str, ...]:
        """The subjects' labels."""
        return tuple(one.name for one in self.subjects)


@contextmanager
def in_story(label: str) -> Iterator[None]:
    """Let errors in a story's data and settings name the story; one without a name stays unnamed."""
    try:
        yield
    except InputError as error:
        if not label:
            raise
        where = {name: getattr(error, name) for name in ("file", "row", "column", "wanted", "got", "advice")}
        raise InputError(f"story {label}: {error}", **where) from error
    except ConfigError as error:
        if not label or type(error) is not ConfigError:
            raise
        raise ConfigError(f"{error} (story {label})", path=error.path, wanted=error.wanted, got=error.got) from error
    except ShapeError as error:
        if not label:
            raise
        raise ShapeError(f"story {label}: {error}") from error


def _check_one_story(series: Sequence[RegionSeries], *, one_run: bool) -> None:
    """Raise InputError (ShapeError), naming the subject, unless there is one run per subject, all of one story.

    With `one_run` all subjects must bring the same run: nothing else tells stories apart.
    """
    if not len(series):
        raise InputError("series: wanted at least one subject, got none")
    same_regions(series)
    first = series[0]
    for one in series[1:]:
        if one.n_volumes != first.n_volumes or one.tr_s != first.tr_s:
            raise InputError(
                f"subject {one.subject} has {one.n_volumes} volumes of {one.tr_s:g} s, but subject "
                f"{first.subject} has {first.n_volumes} of {first.tr_s:g} s; wanted the same number of "
                "volumes and TR for all subjects of a story"
            )
    for one in series[1:]:
        ours, theirs = (each.tr_s / 2 if each.sampled_s is None else each.sampled_s for each in (first, one))
        if abs(ours - theirs) > SAMPLED_SLACK * first.tr_s:
            raise InputError(
                f"subject {one.subject}: its volumes refer to {theirs:g} s after their onset, those of "
                f"subject {first.subject} to {ours:g} s; wanted the same slice timing (StartTime) for "
                "all",
                wanted=f"{ours:g} s",
                got=f"{theirs:g} s",
            )
    for i, one in enumerate(series):
        earlier = next((other for other in series[:i] if other.subject == one.subject), None)
        if earlier is not None:
            raise InputError(
                f"subject {one.subject} has two runs, {earlier.run or 'one'} and "
                f"{one.run or 'another'}; wanted one run per subject: name the story of each run "
                f"({worded('--story NAME=FILE', 'series={NAME: …}')}), or decode each run separately "
                f"({flag('--bold', 'GLOB')})",
                wanted="one run per subject",
                got=f"two of subject {one.subject}",
            )
        if one_run and part_of(one) != part_of(first):
            raise InputError(
                f"subject {one.subject} has {one.run or 'a run without a name'}, subject "
                f"{first.subject} has {first.run or 'a run without a name'}; wanted the same run for "
                "all, because different runs may be different stories"
            )


def part_of(one: RegionSeries) -> str:
    """Return the run's label without its session: subjects may hear a story on different visits."""
    return "_".join(part for part in one.run.split("_") if not part.startswith("ses-"))


def _check_motion(subjects: Sequence[Subject]) -> None:
    """Raise InputError for motion that some subjects lack, or that doesn't fit the subject's volumes."""
    given = [one for one in subjects if one.motion is not None]
    if given and len(given) < len(subjects):
        raise InputError(
            f"motion: wanted the motion of every subject, got none for {_first_without('motion', subjects)}"
        )
    for one in given:
        assert one.motion is not None
        n_volumes, n_rows = one.series.n_volumes, len(one.motion.parameters)
        if n_rows != n_volumes or len(one.motion.displacement_mm) != n_volumes:
            raise InputError(
                f"motion of subject {one.name}: wanted a row for each of {n_volumes} volumes, got {n_rows}"
            )


def _check_courses(what: Literal["regressors", "targets"], subjects: Sequence[Subject]) -> None:
    """Raise InputError for courses in another order than the series, of other names or of another length."""
    courses: list[Regressors] = [getattr(one, what) for one in subjects if getattr(one, what) is not None]
    if not courses:
        return
    if len(courses) < len(subjects):
        raise InputError(f"{what}: wanted them for every subject, got none for {_first_without(what, subjects)}")
    names = courses[0].names
    for one, own in zip(subjects, courses, strict=True):
        if own.subject != one.name:
            raise InputError(
                f"{what}: wanted subject {one.name}, got subject {own.subject}; give them in the order of the series"
            )
        if own.names != names or len(own.values) != one.series.n_volumes:
            raise InputError(
                f"{what} of subject {one.name}: wanted {', '.join(names)} with {one.series.n_volumes} rows, got "
                f"{', '.join(own.names)} with {len(own.values)}"
            )


def _first_without(what: str, subjects: Sequence[Subject]) -> str:
    return next(one.name for one in subjects if getattr(one, what) is None)
