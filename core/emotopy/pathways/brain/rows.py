"""What the brain pathway decodes from what: ratings and signal of all subjects on one set of moments.

A *moment* is a window of the story (or a volume); subjects who share a story share its moments and their ratings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.inference.nulls import detrend
from emotopy.inference.splits import SampleIndex
from emotopy.inference.windows import windowed_means, windows_of
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy.records.brain import RegionSeries, Windowing


@attrs.frozen(eq=False)
class Clock:
    """Where moments stand in the run: windows, or single volumes where `windowing` is None.

    `n_lags` volumes around a single volume belong to it too: they widen it, for the purge.
    """

    tr_s: float
    n_volumes: int
    windowing: Windowing | None
    n_lags: int = 0

    @property
    def start_s(self) -> FloatArray:
        """Onset of each moment from the run's first volume, (n_moments,)."""
        if self.windowing is None:
            return (np.arange(self.n_volumes) - self.n_lags) * self.tr_s
        return np.asarray(self.windowing.starts(self.tr_s, self.n_volumes) * self.tr_s)

    @property
    def width_s(self) -> float:
        """How long a moment lasts, in seconds."""
        if self.windowing is None:
            return (2 * self.n_lags + 1) * self.tr_s
        return self.windowing.width(self.tr_s) * self.tr_s

    @property
    def moments(self) -> str:
        """What moments are called in messages."""
        return "volumes" if self.windowing is None else "windows"

    def course(self, values: FloatArray, keep: BoolArray | None = None) -> FloatArray:
        """Bring columns per volume (n_volumes, n_columns) to moments (n_moments, n_columns), as the signal is.

        `keep` (n_volumes,) is False for volumes that the signal lacks: they weigh nothing here either.
        """
        if self.windowing is None:
            return values
        starts, weights = self.windowing.starts(self.tr_s, self.n_volumes), self.windowing.weights(self.tr_s)
        return windowed_means(values, starts, weights, keep=keep)

    def usable(self, keep: BoolArray | None) -> BoolArray:
        """Which moments keep enough of their volumes, (n_moments,)."""
        present = np.ones((self.n_volumes, 1)) if keep is None else np.where(keep, 1.0, np.nan)[:, None]
        if self.windowing is None:
            padded = np.pad(present[:, 0], self.n_lags, constant_values=np.nan)
            around = np.lib.stride_tricks.sliding_window_view(padded, 2 * self.n_lags + 1)
            return np.asarray(np.isfinite(around).all(axis=1))
        starts, weights = self.windowing.starts(self.tr_s, self.n_volumes), self.windowing.weights(self.tr_s)
        return np.isfinite(windowed_means(np.ones_like(present), starts, weights, keep=keep)[:, 0])

    def whole(self, keep: BoolArray | None) -> BoolArray:
        """Which moments lost no volume of their own, (n_moments,); lags around a single volume aren't its own."""
        if self.windowing is None or keep is None:
            return np.ones(len(self.start_s), dtype=bool)
        starts, width = self.windowing.starts(self.tr_s, self.n_volumes), self.windowing.width(self.tr_s)
        return np.asarray(windows_of(keep[:, None].astype(np.float64), starts, width).all(axis=(1, 2)))


@attrs.frozen(eq=False)
class Targets:
    """Emotion courses per volume, detrended, under the HRF: `courses` (n_courses, n_volumes, n_emotions).

    `owner` (n_subjects,) says which course is whose: one for all who share a story, or one each. A subject sees its
    course through the volumes that its signal kept, so that a window's rating is the mean over the very volumes that
    its connectivity comes from, with the same weights. `masks` are what censored subjects kept; `view` (n_subjects,)
    says how a subject sees: the courses as they are come first, then those through the masks.
    """

    emotions: tuple[str, ...]
    courses: FloatArray
    owner: IntArray
    masks: tuple[BoolArray, ...]
    view: IntArray

    @classmethod
    def of(
        cls,
        emotions: Sequence[str],
        by_subject: Sequence[FloatArray],
        keeps: Sequence[BoolArray | None] | None = None,
    ) -> Targets:
        """Make targets from one course (n_volumes, n_emotions) per subject; equal ones are held once.

        `keeps` holds each subject's kept volumes (n_volumes,), None for all of them; by default all keep all. Raises
        InputError for an emotion that doesn't vary, naming it.
        """
        distinct: dict[bytes, int] = {}
        kept: list[FloatArray] = []
        owner = []
        for values in by_subject:
            key = np.ascontiguousarray(values).tobytes()
            if key not in distinct:
                distinct[key] = len(kept)
                kept.append(detrend(values))
            owner.append(distinct[key])
        courses = np.array(kept)
        spread = np.nanstd(courses, axis=1)
        flat = spread <= 1e-12 * np.maximum(np.nanmax(np.abs(courses), axis=1), 1e-300)
        if flat.any():
            names = [emotions[int(i)] for i in np.flatnonzero(flat.any(axis=0))]
            raise InputError(
                f"ratings: {', '.join(names)} {'does' if len(names) == 1 else 'do'} not vary over the scan, so nothing "
                "can be decoded; leave these columns out, or check --start and the ratings"
            )
        masks: list[BoolArray] = []
        view = list(owner)
        for number, keep in enumerate(keeps or ()):
            if keep is not None and not keep.all():
                view[number] = len(courses) + len(masks)
                masks.append(keep)
        return cls(tuple(emotions), courses, np.array(owner), tuple(masks), np.array(view))

    def at(self, clock: Clock, courses: FloatArray | None = None) -> FloatArray:
        """Return values at moments, (n_views × n_moments, n_emotions); `courses` in place of the observed ones.

        A window that lost too many volumes in a view, or holds one whose rating is unknown, is NaN there.
        """
        given = self.courses if courses is None else courses
        n_courses, n_volumes, n_emotions = given.shape
        side_by_side = given.transpose(1, 0, 2).reshape(n_volumes, -1)
        moments = clock.course(side_by_side)
        shared = moments.reshape(len(moments), n_courses, n_emotions).transpose(1, 0, 2)
        censored = self.owner[self.view >= n_courses]
        through = [clock.course(given[own], mask) for own, mask in zip(censored, self.masks, strict=True)]
        return np.concatenate([*shared, *through])


@attrs.frozen(eq=False)
class Rows:
    """The rows of every feature set: subject × moment, where rating and signal are both known.

    `moment` (n_rows,) is the row of the values that each row's target stands in; `within` (n_rows,) is its moment
    within the run, which picks the row of a subject's features.
    """

    layout: SampleIndex
    moment: IntArray
    within: IntArray

    @classmethod
    def of(cls, series: Sequence[RegionSeries], targets: Targets, clock: Clock) -> Rows:
        """Choose the rows. Raises InputError where none is left for a subject.

        Windows that lost no volume share their values with those of all subjects whose course it is.
        """
        start_s = clock.start_s
        n_moments = len(start_s)
        known = known_moments(targets, clock)
        subject, within, moment = [], [], []
        for number, one in enumerate(series):
            usable = np.flatnonzero(known[targets.owner[number]] & clock.usable(one.keep))
            if not len(usable):
                raise InputError(
                    f"subject {one.subject}: no window has both a known rating and enough volumes; check --start, the "
                    "length of the ratings, and censoring"
                )
            subject.append(np.full(len(usable), number))
            within.append(usable)
            view = np.where(clock.whole(one.keep)[usable], targets.owner[number], targets.view[number])
            moment.append(view * n_moments + usable)
        rows = np.concatenate(within)
        layout = SampleIndex(
            subject=np.concatenate(subject),
            run=np.zeros(len(rows), dtype=np.int64),
            start_s=start_s[rows],
            centre_s=start_s[rows] + clock.width_s / 2,
            width_s=clock.width_s,
        )
        return cls(layout, np.concatenate(moment), rows)

    def pick(self, features: Iterable[FloatArray], name: str) -> list[FloatArray]:
        """Return each subject's rows of its features (n_moments, n_features).

        Raises InputError for a feature that isn't finite where the signal is.
        """
        picked = []
        for number, values in enumerate(features):
            mine = values[self.within[self.layout.subject == number]]
            if not np.isfinite(mine).all():
                raise InputError(f"{name}: subject number {number + 1} has features that aren't finite numbers")
            picked.append(np.ascontiguousarray(mine))
        return picked


def known_moments(targets: Targets, clock: Clock) -> BoolArray:
    """Which moments of each course have a known rating, (n_courses, n_moments); censoring aside."""
    n_courses, n_moments = len(targets.courses), len(clock.start_s)
    known = np.isfinite(targets.at(clock)[: n_courses * n_moments]).all(axis=1)
    return np.asarray(known.reshape(n_courses, n_moments))


def compact(values: FloatArray, moment: IntArray) -> tuple[FloatArray, IntArray]:
    """Keep the values of moments that occur, and number `moment` anew; values (n_moments, …)."""
    occurring, renumbered = np.unique(moment, return_inverse=True)
    return values[occurring], renumbered.reshape(-1)
