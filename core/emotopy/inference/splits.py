"""Which windows are tested when, and which train: the splits of the brain pathway, with their purge.

Neighbouring windows share volumes, and the haemodynamic response smears further: windows whose starts lie closer than
`apart_s` tell of each other and never stand on both sides of a split. Subjects who heard the same story share its
ratings, so a decoder that has seen *other* subjects at the same moment knows the answer; `subject-and-block` therefore
keeps from training the whole test subject and, in every other subject, the test block with its purge.

A `Split` is the choice, a `Layout` says where the rows stand, and `Split.plan(layout)` gives the `Plan`: its `folds()`
serve any regressor, its `strata()` are the same folds in the form in which one factorisation serves many of them.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import attrs
import numpy as np
from annotated_types import Ge, Gt, Lt

from emotopy.bounds import check_fields
from emotopy.errors import ConfigError, InputError
from emotopy.records.axes import BoolArray, FloatArray, IntArray

Kind = Literal["subject-and-block", "subject", "block", "chronological"]

RESPONSE_S = 32.0
"""Length of the canonical haemodynamic response: how far a moment of the story reaches into the signal."""
_TOLERANCE_S = 1e-6  # starts are multiples of TR; sums of decimal fractions must not purge one window more


@attrs.frozen(eq=False)
class SampleIndex:
    """Where the rows of a feature matrix stand: whose they are, in which run, and when; all arrays (n_rows,).

    `run` numbers runs (stories): windows of different runs are always apart. `start_s` and `centre_s` count from the
    run's beginning, the same for all subjects; `width_s` is the width of a window (of a lagged volume: its lags).
    """

    subject: IntArray
    run: IntArray
    start_s: FloatArray
    centre_s: FloatArray
    width_s: float

    def __attrs_post_init__(self) -> None:
        lengths = {name: np.shape(getattr(self, name)) for name in ("subject", "run", "start_s", "centre_s")}
        if len(set(lengths.values())) != 1 or len(lengths["subject"]) != 1:
            raise InputError(f"layout: wanted four arrays of one length (n_rows,), got {lengths}")
        if not lengths["subject"][0]:
            raise InputError("layout: there are no windows; is the story shorter than a window?")

    def take(self, rows: BoolArray | IntArray) -> SampleIndex:
        """Return the layout of some rows, in their order."""
        return SampleIndex(self.subject[rows], self.run[rows], self.start_s[rows], self.centre_s[rows], self.width_s)

    def moments(self) -> tuple[IntArray, IntArray]:
        """Number the different (run, start): return each row's moment (n_rows,) and a row of each (n_moments,).

        Subjects who share a story share its ratings, moment by moment: `targets[first]` are the moments' values and
        `values[moment]` the rows' targets.
        """
        keys = np.stack([self.run.astype(np.float64), np.round(self.start_s, 6)], axis=1)
        _, first, moment = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        return moment.reshape(-1), first

    def clock_s(self) -> FloatArray:
        """Centre of each row on one clock on which the runs follow each other, (n_rows,)."""
        clock, offset = np.empty(len(self.run)), 0.0
        for run in np.unique(self.run):
            rows = self.run == run
            begin, end = self.start_s[rows].min(), self.start_s[rows].max() + self.width_s
            clock[rows] = self.centre_s[rows] - begin + offset
            offset += end - begin
        return clock

    def n_independent(self) -> int:
        """How many windows fit side by side without overlapping, over all runs."""
        spans = [np.ptp(self.start_s[self.run == run]) + self.width_s for run in np.unique(self.run)]
        return int(sum(np.floor((span + _TOLERANCE_S) / self.width_s) for span in spans))


@attrs.frozen(eq=False)
class Fold:
    """One train–test division: masks over all rows; `subject` is −1 where no subject is left out."""

    train: BoolArray
    test: BoolArray
    subject: int
    block: int


@attrs.frozen(eq=False)
class FoldGroup:
    """Folds that share a factorisation: masks over all rows, before any subject is left out.

    With `by_subject` there is one fold per subject s that has test rows: it trains on `train` without s and tests
    the rows of s in `test`. Otherwise the stratum is one fold. `train` and `test` are equal or have no row in common.
    """

    train: BoolArray
    test: BoolArray
    by_subject: bool
    block: int


@attrs.frozen
class Split:
    """How rows are divided.

    Parameters
    ----------
    kind
        ``subject-and-block``: a new person at a new place of the story. ``subject``: a new person who hears what the
        training has heard. ``block``: known persons at a new place. ``chronological``: known persons, the story's end.
    n_blocks
        Number of blocks of equal length, for scores too; a window belongs to the block that holds its centre.
    test_fraction
        Share of windows at the end that ``chronological`` tests.
    apart_s
        Least distance in seconds of the starts of a training and a test window; None: the width plus 32 s, over which
        the haemodynamic response fades.
    """

    kind: Kind = attrs.field(default="subject-and-block")
    n_blocks: Annotated[int, Ge(2)] = 5
    test_fraction: Annotated[float, Gt(0), Lt(1)] = 0.2
    apart_s: Annotated[float, Ge(0)] | None = None

    def __attrs_post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ConfigError(f"split.kind: wanted one of {', '.join(get_args(Kind))}, got {self.kind!r}")
        check_fields(self, "split")

    def plan(self, layout: SampleIndex) -> Plan:
        """Return the plan for these rows.

        Raises ConfigError where the data can't be split so: one subject only, fewer independent blocks than folds, a
        fold without training rows.
        """
        if self.kind in ("subject", "subject-and-block") and len(np.unique(layout.subject)) < 2:
            raise ConfigError(
                f"split.kind: {self.kind!r} tests on new subjects, and there is one subject only; say --set split=block"
            )
        if self.kind in ("block", "subject-and-block") and layout.n_independent() < self.n_blocks:
            raise ConfigError(
                f"split.n_blocks: wanted {self.n_blocks} blocks, but only {layout.n_independent()} windows of "
                f"{layout.width_s:g} s fit side by side into the story; say --set split.n_blocks=… or take shorter "
                "windows"
            )
        block = self._blocks(layout)
        _, first = layout.moments()
        plan = Plan(self, layout, block, StoryWindows(layout.run[first], layout.start_s[first], block[first]))
        plan.strata()
        return plan

    def _blocks(self, layout: SampleIndex) -> IntArray:
        if self.kind == "chronological":
            return _late(layout, np.ones(len(layout.subject), dtype=bool), self.test_fraction).astype(np.int64)
        clock = layout.clock_s()
        share = (clock - clock.min()) / max(float(np.ptp(clock)), _TOLERANCE_S)
        return np.asarray(np.minimum((share * self.n_blocks + _TOLERANCE_S).astype(np.int64), self.n_blocks - 1))


@attrs.frozen(eq=False)
class StoryWindows:
    """The different windows of all subjects, (n_moments,) each: what a block purges, whoever heard it."""

    run: IntArray
    start_s: FloatArray
    block: IntArray


@attrs.frozen(eq=False)
class Plan:
    """A split worked out for a layout: `block` (n_rows,) is each row's block (``chronological``: 1 = tested)."""

    split: Split
    layout: SampleIndex
    block: IntArray
    story: StoryWindows

    @property
    def apart_s(self) -> float:
        """Least distance of the starts of a training and a test window, in seconds."""
        return self.layout.width_s + RESPONSE_S if self.split.apart_s is None else self.split.apart_s

    def take(self, rows: BoolArray | IntArray) -> Plan:
        """Return the plan for some rows, which keep their blocks: inside a training set it is the inner split."""
        return Plan(self.split, self.layout.take(rows), self.block[rows], self.story)

    def strata(self, within: BoolArray | None = None) -> list[FoldGroup]:
        """Return the folds as strata, masks over all rows, of the rows `within` (all): the inner split of a fold.

        Raises ConfigError where a fold has no training rows or there is but one fold.
        """
        inside = np.ones(len(self.block), dtype=bool) if within is None else within
        kind = self.split.kind
        if kind == "subject":
            found = [FoldGroup(inside, inside, by_subject=True, block=-1)]
        elif kind == "chronological":
            test = inside & _late(self.layout, inside, self.split.test_fraction)
            apart = self._apart(self.layout.run[test], self.layout.start_s[test])
            found = [FoldGroup(inside & ~test & apart, test, by_subject=False, block=1)]
        else:
            by_subject = kind == "subject-and-block"
            found = []
            for block in np.unique(self.block[inside]):
                test = inside & (self.block == block)
                # the whole block purges, also windows that no row inside has: so two blocks purge alike in any order
                whole = self.story.block == block
                apart = self._apart(self.story.run[whole], self.story.start_s[whole])
                found.append(FoldGroup(inside & ~test & apart, test, by_subject, int(block)))
        self._check(found, inner=within is not None)
        return found

    def inner(self, stratum: FoldGroup) -> list[FoldGroup]:
        """Return the strata inside a stratum's training rows; a fold leaves its own subject out of them besides.

        Raises ConfigError as `strata` does, and where fewer than three subjects are there for `by_subject`.
        """
        found = self.strata(stratum.train)
        self._check(found, inner=True, n_left_out=2)
        return found

    def folds(self, within: BoolArray | None = None) -> list[Fold]:
        """Return every fold as masks over all rows, in the order of strata, then subjects."""
        return [fold for stratum in self.strata(within) for fold in self.folds_of(stratum)]

    def folds_of(self, stratum: FoldGroup) -> list[Fold]:
        """Return the folds of one stratum, in the order of subjects."""
        if not stratum.by_subject:
            return [Fold(stratum.train, stratum.test, -1, stratum.block)]
        subject = self.layout.subject
        return [
            Fold(stratum.train & (subject != one), stratum.test & (subject == one), int(one), stratum.block)
            for one in np.unique(subject[stratum.test])
        ]

    def _apart(self, run: IntArray, start_s: FloatArray) -> BoolArray:
        """Which rows lie far enough from all of these windows, (n_rows,)."""
        layout, apart = self.layout, np.ones(len(self.block), dtype=bool)
        for one in np.unique(run):
            tested = np.unique(start_s[run == one])
            rows = np.flatnonzero(layout.run == one)
            starts = layout.start_s[rows]
            after = np.searchsorted(tested, starts)
            right = np.abs(tested[np.minimum(after, len(tested) - 1)] - starts)
            left = np.abs(tested[np.maximum(after - 1, 0)] - starts)
            apart[rows] = np.minimum(left, right) >= self.apart_s - _TOLERANCE_S
        return apart

    def _check(self, strata: list[FoldGroup], *, inner: bool, n_left_out: int = 1) -> None:
        where = "inside a training set, where penalties are chosen, " if inner else ""
        for stratum in strata:
            trained = self.layout.subject[stratum.train]
            if not len(trained) or not stratum.test.any():
                missing = "training" if stratum.test.any() else "test"
                raise ConfigError(
                    f"split: {where}the fold that tests block {stratum.block} is left without {missing} rows, as "
                    f"starts must differ by {self.apart_s:g} s; say --set split.n_blocks=…, a smaller split.apart_s, "
                    "shorter windows, or --set split=subject"
                )
            if stratum.by_subject and len(np.unique(trained)) <= n_left_out:
                raise ConfigError(
                    f"split: {where}the fold that tests a subject has no other subject to train on; bring more "
                    "subjects, say --set split=block, or fix one penalty"
                )


def _late(layout: SampleIndex, inside: BoolArray, fraction: float) -> BoolArray:
    """Which rows belong to the last share of the different moments of the rows inside, (n_rows,)."""
    clock = np.round(layout.clock_s(), 6)
    moments = np.unique(clock[inside])
    n_test = min(max(1, round(fraction * len(moments))), len(moments))
    return np.asarray(clock >= moments[len(moments) - n_test])
