"""Which rows are decoded, and to which rating each belongs: ratings and signal of all subjects on one time grid.

Times of the grid are windows of a story, or single volumes. Subjects who share a story share them and their ratings.
Each story has a grid, courses and rows of its own; `StudyTargets` and `TargetRows.joined` put the stories of a study
one below the other, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.inference.nulls import detrend
from emotopy.inference.rating_courses import volume_course
from emotopy.inference.splits import SampleIndex
from emotopy.inference.windows import usable, windowed_means, windows_of
from emotopy.pathways.brain.story import Story, in_story
from emotopy.pathways.brain.study import Study
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy.records.brain import Windowing
from emotopy.storage.cache import hash_array, hash_texts
from emotopy.wording import flag


@attrs.frozen(eq=False)
class TimeGrid:
    """The windows of the run, or its single volumes where `windowing` is None; a volume then counts as a window.

    `n_lags` volumes around a single volume belong to it too: they widen it, for the purge.
    """

    tr_s: float
    n_volumes: int
    windowing: Windowing | None
    n_lags: int = 0

    @property
    def start_s(self) -> FloatArray:
        """Onset of each window from the run's first volume, (n_windows,)."""
        if self.windowing is None:
            return (np.arange(self.n_volumes) - self.n_lags) * self.tr_s
        return np.asarray(self.windowing.starts(self.tr_s, self.n_volumes) * self.tr_s)

    @property
    def width_s(self) -> float:
        """How long a window lasts, in seconds."""
        if self.windowing is None:
            return (2 * self.n_lags + 1) * self.tr_s
        return self.windowing.width(self.tr_s) * self.tr_s

    @property
    def label(self) -> str:
        """What windows are called in messages."""
        return "volumes" if self.windowing is None else "windows"

    def course(self, values: FloatArray, keep: BoolArray | None = None) -> FloatArray:
        """Bring columns per volume (n_volumes, n_columns) to windows (n_windows, n_columns), as the signal is.

        `keep` (n_volumes,) is False for volumes that the signal lacks: they weigh nothing here either.
        """
        if self.windowing is None:
            return values
        starts, weights = self.windowing.starts(self.tr_s, self.n_volumes), self.windowing.weights(self.tr_s)
        return windowed_means(values, starts, weights, keep=keep)

    def usable(self, keep: BoolArray | None) -> BoolArray:
        """Which windows keep enough of their volumes, (n_windows,)."""
        if self.windowing is None:
            padded = np.pad(np.ones(self.n_volumes, dtype=bool) if keep is None else keep, self.n_lags)
            return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * self.n_lags + 1).all(axis=1))
        return usable(keep, self.windowing.starts(self.tr_s, self.n_volumes), self.windowing.width(self.tr_s))

    def whole(self, keep: BoolArray | None) -> BoolArray:
        """Which windows lost no volume of their own, (n_windows,); lags around a single volume aren't its own."""
        if self.windowing is None or keep is None:
            return np.ones(len(self.start_s), dtype=bool)
        starts, width = self.windowing.starts(self.tr_s, self.n_volumes), self.windowing.width(self.tr_s)
        return np.asarray(windows_of(keep[:, None].astype(np.float64), starts, width).all(axis=(1, 2)))


@attrs.frozen(eq=False)
class TargetCourses:
    """Emotion courses per volume, detrended, under the HRF: `courses` (n_courses, n_volumes, n_emotions).

    `course_of` (n_subjects,) is the number of each subject's course: one for all who share a story, or one each. A
    subject's course counts only the volumes that its signal kept, so that a window's rating is the mean over the very
    volumes that its connectivity comes from, with the same weights. `masks` are what censored subjects kept, each
    (n_volumes,); `mask_of` (n_subjects,) is the number of each subject's mask, −1 for a subject that kept all volumes.
    """

    emotions: tuple[str, ...]
    courses: FloatArray
    course_of: IntArray
    masks: tuple[BoolArray, ...]
    mask_of: IntArray

    @classmethod
    def of(
        cls,
        emotions: Sequence[str],
        by_subject: Sequence[FloatArray],
        keeps: Sequence[BoolArray | None] | None = None,
    ) -> TargetCourses:
        """Make targets from one course (n_volumes, n_emotions) per subject; equal ones are held once.

        `keeps` holds each subject's kept volumes (n_volumes,), None for all of them; by default all keep all. Raises
        InputError for an emotion that doesn't vary, naming it.
        """
        distinct: dict[bytes, int] = {}
        kept: list[FloatArray] = []
        course_of = []
        for values in by_subject:
            key = np.ascontiguousarray(values).tobytes()
            if key not in distinct:
                distinct[key] = len(kept)
                kept.append(detrend(values))
            course_of.append(distinct[key])
        courses = np.array(kept)
        check_varies(emotions, courses)
        masks: list[BoolArray] = []
        mask_of = [-1] * len(course_of)
        for number, keep in enumerate(keeps or ()):
            if keep is not None and not keep.all():
                mask_of[number] = len(masks)
                masks.append(keep)
        return cls(tuple(emotions), courses, np.array(course_of), tuple(masks), np.array(mask_of))

    def n_values(self, grid: TimeGrid) -> int:
        """Return the number of rows of `values_at`."""
        return (len(self.courses) + len(self.masks)) * len(grid.start_s)

    def rows(self, story: Story, grid: TimeGrid) -> TargetRows:
        """Choose the rows of the story; errors as of `TargetRows.of`."""
        return TargetRows.of(story, self, grid)

    @property
    def masked_block_of(self) -> IntArray:
        """The block of `values_at` that holds each subject's course under its mask, (n_subjects,)."""
        return np.where(self.mask_of < 0, self.course_of, len(self.courses) + self.mask_of)

    def values_at(self, grid: TimeGrid, courses: FloatArray | None = None) -> FloatArray:
        """Return values at the grid's windows, (n_blocks × n_windows, n_emotions); `courses` replace the observed ones.

        Blocks of n_windows rows follow each other: first each course over all volumes, then each mask's subject's
        course over the volumes of the mask. A window that lost too many volumes to the mask, or holds one whose rating
        is unknown, is NaN.
        """
        given = self.courses if courses is None else courses
        n_courses, n_volumes, n_emotions = given.shape
        side_by_side = given.transpose(1, 0, 2).reshape(n_volumes, -1)
        windowed = grid.course(side_by_side)
        whole = windowed.reshape(len(windowed), n_courses, n_emotions).transpose(1, 0, 2)
        course_of_mask = self.course_of[self.mask_of >= 0]
        masked = [grid.course(given[course], mask) for course, mask in zip(course_of_mask, self.masks, strict=True)]
        return np.concatenate([*whole, *masked])


@attrs.frozen(eq=False)
class TargetRows:
    """The rows of every feature set: story × subject × window, where rating and signal are both known.

    `subjects` are the subjects' labels, by their number in `layout`, whose `story` numbers the stories and whose `run`
    their runs. `target_row` (n_rows,) is the row of the target values that belongs to each row. `window` (n_rows,) is
    each row's window within its run, which is the row of the recording's features; `recording` (n_rows,) numbers the
    recordings, story by story and subject by subject.
    """

    subjects: tuple[str, ...]
    layout: SampleIndex
    target_row: IntArray
    window: IntArray
    recording: IntArray

    @classmethod
    def of(cls, story: Story, targets: TargetCourses, grid: TimeGrid) -> TargetRows:
        """Choose the rows of one story. Raises InputError where none is left for a subject.

        Windows that lost no volume share their values with those of all subjects whose course it is.
        """
        start_s = grid.start_s
        n_windows = len(start_s)
        known = known_windows(targets, grid)
        masked_block_of = targets.masked_block_of
        subject, window, target_row = [], [], []
        for number, one in enumerate(story.series):
            usable = np.flatnonzero(known[targets.course_of[number]] & grid.usable(one.keep))
            if not len(usable):
                raise InputError(
                    f"subject {one.subject}: no window has both a known rating and enough uncensored "
                    f"volumes; check {flag('--start')}, the length of the ratings, and censoring"
                )
            subject.append(np.full(len(usable), number))
            window.append(usable)
            block = np.where(grid.whole(one.keep)[usable], targets.course_of[number], masked_block_of[number])
            target_row.append(block * n_windows + usable)
        windows, subjects = np.concatenate(window), np.concatenate(subject)
        layout = SampleIndex(
            subject=subjects,
            run=np.zeros(len(windows), dtype=np.int64),
            start_s=start_s[windows],
            centre_s=start_s[windows] + grid.width_s / 2,
            width_s=grid.width_s,
        )
        return cls(story.names, layout, np.concatenate(target_row), windows, subjects)

    @classmethod
    def joined(cls, stories: Sequence[TargetRows], n_values: Sequence[int], names: Sequence[str]) -> TargetRows:
        """Put the rows of stories one below the other; `n_values` are the lengths of their target values.

        Runs of one story have the same one of `names`. Subjects are numbered over all stories, in the order in which
        they come.
        """
        if len(stories) == 1:
            return stories[0]
        subjects = tuple(dict.fromkeys(name for rows in stories for name in rows.subjects))
        known = list(dict.fromkeys(names))
        n_rows = [len(rows.window) for rows in stories]
        n_recordings = np.cumsum([0, *(len(rows.subjects) for rows in stories)])
        offsets = np.cumsum([0, *n_values])
        layouts = [rows.layout for rows in stories]
        subject = [np.array([subjects.index(name) for name in rows.subjects])[rows.layout.subject] for rows in stories]
        layout = SampleIndex(
            subject=np.concatenate(subject),
            run=np.repeat(np.arange(len(stories)), n_rows),
            start_s=np.concatenate([one.start_s for one in layouts]),
            centre_s=np.concatenate([one.centre_s for one in layouts]),
            width_s=layouts[0].width_s,
            story=np.repeat([known.index(name) for name in names], n_rows),
        )
        return cls(
            subjects,
            layout,
            np.concatenate([rows.target_row + offset for rows, offset in zip(stories, offsets, strict=False)]),
            np.concatenate([rows.window for rows in stories]),
            np.concatenate([rows.recording + first for rows, first in zip(stories, n_recordings, strict=False)]),
        )

    def pick(self, features: Iterable[FloatArray], name: str) -> list[FloatArray]:
        """Return each recording's rows of its features (n_windows, n_features).

        Raises InputError for a feature that isn't finite where the signal is.
        """
        picked = []
        for number, values in enumerate(features):
            mine = self.recording == number
            rows = values[self.window[mine]]
            if not np.isfinite(rows).all():
                subject = self.subjects[int(self.layout.subject[mine][0])]
                raise InputError(f"{name}: subject {subject} has features that aren't finite numbers")
            picked.append(np.ascontiguousarray(rows))
        return picked


class StoryTargets(Protocol):
    """The targets of one story: `TargetCourses`, or the labels of segments (`segment_targets.SegmentTargets`)."""

    @property
    def emotions(self) -> tuple[str, ...]:
        """The emotions."""
        ...

    @property
    def courses(self) -> FloatArray:
        """What surrogates replace, (n_courses, n_times, n_emotions), detrended."""
        ...

    def n_values(self, grid: TimeGrid) -> int:
        """Return the number of rows of `values_at`."""
        ...

    def values_at(self, grid: TimeGrid, courses: FloatArray | None = None) -> FloatArray:
        """Return the target values that rows refer to, (n_values, n_emotions); `courses` replace the observed ones."""
        ...

    def rows(self, story: Story, grid: TimeGrid) -> TargetRows:
        """Choose the rows of the story."""
        ...


@attrs.frozen(eq=False)
class StudyTargets:
    """What is decoded: each story's time grid and targets, all with the same emotions."""

    grids: tuple[TimeGrid, ...]
    courses: tuple[StoryTargets, ...]

    @classmethod
    def of(
        cls, study: Study, grids: Sequence[TimeGrid], make: Callable[[Story, TimeGrid], StoryTargets] | None = None
    ) -> StudyTargets:
        """Return the targets of a study, made of each story by `make`; by default and its errors `target_courses`."""
        made = []
        for story, grid in zip(study.stories, grids, strict=True):
            with in_story(story.label):
                made.append(target_courses(story) if make is None else make(story, grid))
        return cls(tuple(grids), tuple(made))

    @property
    def emotions(self) -> tuple[str, ...]:
        """The emotions, the same for all stories."""
        return self.courses[0].emotions

    def rows(self, study: Study) -> TargetRows:
        """Choose the rows of every story; errors as of `TargetRows.of`."""
        parts, n_values = [], []
        for story, targets, grid in zip(study.stories, self.courses, self.grids, strict=True):
            n_values.append(targets.n_values(grid))
            with in_story(story.label):
                parts.append(targets.rows(story, grid))
        return TargetRows.joined(parts, n_values, [story.name for story in study.stories])

    def values(self, courses: Sequence[FloatArray | None] | None = None) -> FloatArray:
        """Return `TargetCourses.values_at` of every story, one below the other; `courses` replace the observed ones."""
        given = [None] * len(self.courses) if courses is None else courses
        parts = zip(self.courses, self.grids, given, strict=True)
        return np.concatenate([targets.values_at(grid, replaced) for targets, grid, replaced in parts])

    @property
    def n_windows(self) -> int:
        """Number of target values of all stories: where segments choose windows, the windows."""
        return sum(targets.n_values(grid) for targets, grid in zip(self.courses, self.grids, strict=True))

    def digest(self) -> str:
        """Return a hash of all courses, for the provenance."""
        hashes = [hash_array(one.courses) for one in self.courses]
        return hashes[0] if len(hashes) == 1 else hash_texts(hashes)


def target_courses(story: Story) -> TargetCourses:
    """Return what is decoded: the story's ratings under the HRF, the same for all, or each subject's own targets.

    Raises ConfigError for ratings that the scan misses, InputError for an emotion that doesn't vary.
    """
    keeps = [one.keep for one in story.series]
    if story.ratings is not None:
        course = volume_course(story.ratings, story.tr_s, story.n_volumes, story.start_s, story.sampled_s).values
        return TargetCourses.of(story.ratings.emotions, [course] * len(keeps), keeps)
    given = [one.targets for one in story.subjects if one.targets is not None]
    return TargetCourses.of(given[0].names, [own.values for own in given], keeps)


def check_varies(emotions: Sequence[str], courses: FloatArray) -> None:
    """Raise InputError, naming them, for emotions that don't vary in some course (n_courses, n_times, n_emotions)."""
    spread = np.nanstd(courses, axis=1)
    flat = spread <= 1e-12 * np.maximum(np.nanmax(np.abs(courses), axis=1), 1e-300)
    if flat.any():
        names = [emotions[int(i)] for i in np.flatnonzero(flat.any(axis=0))]
        raise InputError(
            f"ratings: {', '.join(names)} {'does' if len(names) == 1 else 'do'} not vary during the "
            f"scan, so nothing can be decoded; leave out these columns, or check {flag('--start')} and "
            "the ratings"
        )


def known_windows(targets: TargetCourses, grid: TimeGrid) -> BoolArray:
    """Which windows of each course have a known rating, (n_courses, n_windows); censoring aside."""
    n_courses, n_windows = len(targets.courses), len(grid.start_s)
    known = np.isfinite(targets.values_at(grid)[: n_courses * n_windows]).all(axis=1)
    return np.asarray(known.reshape(n_courses, n_windows))


def drop_unused(values: FloatArray, target_row: IntArray) -> tuple[FloatArray, IntArray]:
    """Keep the rows of values (n_target_rows, …) that `target_row` (n_rows,) names, and number it anew."""
    used, renumbered = np.unique(target_row, return_inverse=True)
    return values[used], renumbered.reshape(-1)
