"""Targets of published code: a window after each rated segment, whose label is a mean of segments (arXiv 2606.07707).

No haemodynamic response, no windowing of the ratings: the label of segment k, or the mean of the labels of segments k,
k + 1, … that `targets.smooth` says, belongs to the window that begins where segment k ends. What the response adds is
left to the window's running on after the segment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import numpy as np

from emotopy.config import Config
from emotopy.errors import ConfigError, InputError
from emotopy.inference.nulls import detrend
from emotopy.inference.splits import SampleIndex
from emotopy.pathways.brain.rows import StudyTargets, TargetRows, TimeGrid, check_varies
from emotopy.pathways.brain.story import Story
from emotopy.pathways.brain.study import Study
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy.records.brain import Windowing
from emotopy.wording import flag, setting


@attrs.frozen(eq=False)
class SegmentTargets:
    """Labels of a story's segments, and the windows that belong to them; keeps the interface of `TargetCourses`.

    Attributes
    ----------
    courses
        (1, n_segments, n_emotions): labels without their linear trend, which surrogates replace, segment by segment.
    trend
        (n_segments, n_emotions): the trend, without its mean; observed labels and surrogates have it alike.
    starts
        First volume of the windows of each segment, (n_segments, per_segment); some may lie outside the run.
    smooth
        How many segments, from each on, a target is the mean of; the last `smooth` − 1 segments have none.
    masks
        None: a censored subject has the same targets, as labels have no volumes.
    """

    emotions: tuple[str, ...]
    courses: FloatArray
    trend: FloatArray
    starts: IntArray
    smooth: int
    masks: tuple[BoolArray, ...] = ()

    @classmethod
    def of(cls, story: Story, windowing: Windowing, smooth: int) -> SegmentTargets:
        """Return the targets of a story's ratings.

        Raises InputError for a story without ratings of its own, for emotions that some segments aren't rated on or
        that don't vary, for fewer segments than are averaged, and for samples so dense that they share windows.
        """
        ratings = story.ratings
        if ratings is None:
            raise InputError(
                "windowing.align: forward windows start where rated segments end, but targets per "
                f"volume have no segments; give ratings, or set {setting('windowing.align=grid')}"
            )
        if not np.isfinite(ratings.values).all():
            segment, emotion = map(int, np.argwhere(~np.isfinite(ratings.values))[0])
            raise InputError(
                f"ratings: {ratings.emotions[emotion]} is unknown in segment {segment + 1}; windows "
                "defined by segments need every emotion in every segment: leave out the emotion, or "
                f"set {setting('windowing.align=grid')}"
            )
        order = np.argsort(ratings.onset_s + ratings.duration_s, kind="stable")
        values = ratings.values[order]
        if len(values) < smooth:
            raise InputError(f"targets.smooth: wanted {smooth} segments or more, got {len(values)}")
        detrended = detrend(values)
        check_varies(ratings.emotions, detrended[None])
        ends_s = (ratings.onset_s + ratings.duration_s)[order] - story.start_s
        starts = windowing.forward(ends_s, story.tr_s)
        n_windows = len(np.unique(starts[:, 0]))
        if 2 * n_windows < len(values):
            raise InputError(
                f"ratings: the {len(values):,} segments end within {n_windows:,} volumes of "
                f"{story.tr_s:g} s, so most of them share a window; windows defined by segments need "
                "segments longer than a volume: give ratings of sentences, or set "
                f"{setting('windowing.align=grid')}",
                wanted="segments longer than a volume",
                got=f"{len(values):,} in {n_windows:,} volumes",
            )
        return cls(ratings.emotions, detrended[None], values - detrended, starts, smooth)

    def n_values(self, grid: TimeGrid) -> int:  # noqa: ARG002 (the interface of TargetCourses)
        """Return the number of target values: segments × windows of each."""
        return self.starts.size

    def values_at(self, grid: TimeGrid, courses: FloatArray | None = None) -> FloatArray:  # noqa: ARG002
        """Return the target of each segment's windows, (n_segments × per_segment, n_emotions); courses as given.

        NaN for the last segments, after which there are too few to average.
        """
        labels = (self.courses if courses is None else courses)[0] + self.trend
        means = np.full(labels.shape, np.nan)
        n_means = len(labels) - self.smooth + 1
        means[:n_means] = sum(labels[k : k + n_means] for k in range(self.smooth)) / self.smooth
        return np.repeat(means, self.starts.shape[1], axis=0)

    def known(self, grid: TimeGrid) -> BoolArray:
        """Which windows of the segments have a target and lie within the run, (1, n_segments × per_segment)."""
        starts = self.starts.ravel()
        inside = (starts >= 0) & (starts < len(grid.start_s))
        return np.asarray((np.isfinite(self.values_at(grid)).all(axis=1) & inside)[None])

    def rows(self, story: Story, grid: TimeGrid) -> TargetRows:
        """Choose the rows of the story. Raises InputError where none is left for a subject."""
        known, starts = self.known(grid)[0], self.starts.ravel()
        subject, target_row = [], []
        for number, one in enumerate(story.series):
            kept = np.flatnonzero(known)
            kept = kept[grid.usable(one.keep)[starts[kept]]]
            if not len(kept):
                raise InputError(
                    f"subject {one.subject}: no window of a segment is within the run with enough "
                    f"uncensored volumes; check {flag('--start')}, the times of the ratings, and "
                    "censoring"
                )
            subject.append(np.full(len(kept), number))
            target_row.append(kept)
        subjects, targets = np.concatenate(subject), np.concatenate(target_row)
        start_s = grid.start_s[starts[targets]]
        layout = SampleIndex(
            subject=subjects,
            run=np.zeros(len(targets), dtype=np.int64),
            start_s=start_s,
            centre_s=start_s + grid.width_s / 2,
            width_s=grid.width_s,
        )
        return TargetRows(story.names, layout, targets, starts[targets], subjects)

    def notify_unknown(self, notify: Callable[[str], None], grid: TimeGrid) -> None:
        """Tell how many segments' windows aren't decoded."""
        lost = int((~self.known(grid)).sum())
        if lost:
            notify(
                f"{lost} of {self.starts.size} windows of the segments were left out, because they "
                f"extend beyond the run or fewer than {self.smooth} segments remain from theirs on."
            )


def study_targets(study: Study, grids: Sequence[TimeGrid], config: Config) -> StudyTargets:
    """Return the targets of a study as configured: courses under the response, or the labels of segments.

    Raises ConfigError for windows that segments choose where the features have no windows, and as `target_courses` and
    `SegmentTargets.of` do.
    """
    windowing = config.windowing
    if windowing.align != "forward":
        return StudyTargets.of(study, grids)
    if any(grid.windowing is None for grid in grids):
        raise ConfigError(
            "windowing.align: forward defines windows by segments, but the features are single "
            f"volumes; set {setting('windowing.align=grid')} or use a windowed measure",
            path="windowing.align",
        )
    return StudyTargets.of(study, grids, lambda story, _: SegmentTargets.of(story, windowing, config.targets.smooth))
