"""Which windows are tested when, and which train: the splits of the brain pathway, with their purge.

Neighbouring windows share volumes, and the haemodynamic response reaches further: windows whose starts lie closer than
`purge_s` depend on each other and never stand on both sides of a split. Subjects who heard the same story share its
ratings, so a decoder that has seen *other* subjects at the same moment knows the answer; `subject-and-block` therefore
keeps from training the whole test subject and, in every other subject, the test block with its purge.

With several stories a block is cut in each of them: block k is the k-th stretch of every story, and whatever leaves it
out leaves it out of all stories. `story` and `subject-and-story` leave whole stories out instead.

One kind, `random`, keeps none of this: it is the split of published code, kept so that published figures can be
reproduced and put to the test. Windows that overlap stand on both of its sides, so its scores say nothing about
unseen data; `unsound` says so wherever it is used.

A `Split` is the choice, a `SampleIndex` says whose the rows are and when, and `Split.plan(index)` gives the `Plan`. Its
`folds()` serve any regressor; its `fold_groups()` are the same folds, grouped so that one factorisation serves a group.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import attrs
import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from emotopy.bounds import check_fields
from emotopy.errors import ConfigError, InputError
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy.wording import setting, worded

Kind = Literal["subject-and-block", "subject", "block", "chronological", "random", "story", "subject-and-story"]
OVER_STORIES: tuple[Kind, ...] = ("story", "subject-and-story")
"""Kinds that test on a story that training hasn't heard."""

RESPONSE_S = 32.0
"""Length of the canonical haemodynamic response: how far a moment of the story reaches into the signal."""
_TOLERANCE_S = 1e-6  # starts are multiples of TR; sums of decimal fractions must not purge one window more


def unsound() -> str:
    """Return what is told wherever rows are split at random."""
    return (
        "Split random: windows are drawn at random, so windows that overlap a test window, from the "
        "same person and with nearly the same rating, are in the training set. A decoder can then "
        "score by recognising neighbouring windows, and noise that is unrelated to the story scores as "
        f"well. These scores are no evidence of decoding; set {setting('split=subject-and-block')}."
    )


@attrs.frozen(eq=False)
class SampleIndex:
    """Where the rows of a feature matrix stand: whose they are, in which run, and when; all arrays (n_rows,).

    `run` numbers continuous recordings: windows of different runs are always apart. `story` numbers stories, which hold
    one run or more; by default there is one story. `start_s` and `centre_s` count from the run's beginning, the same
    for all subjects; `width_s` is the width of a window (of a lagged volume: its lags).
    """

    subject: IntArray
    run: IntArray
    start_s: FloatArray
    centre_s: FloatArray
    width_s: float
    story: IntArray = attrs.field(
        default=attrs.Factory(lambda self: np.zeros(len(self.run), dtype=np.int64), takes_self=True)
    )

    def __attrs_post_init__(self) -> None:
        lengths = {name: np.shape(getattr(self, name)) for name in ("subject", "run", "story", "start_s", "centre_s")}
        if len(set(lengths.values())) != 1 or len(lengths["subject"]) != 1:
            raise InputError(f"index: wanted five arrays of one length (n_rows,), got {lengths}")
        if not lengths["subject"][0]:
            raise InputError("index: there are no windows; check whether the story is shorter than a window")

    def take(self, rows: BoolArray | IntArray) -> SampleIndex:
        """Return the index of some rows, in their order."""
        subject, run, story = (each[rows] for each in (self.subject, self.run, self.story))
        return SampleIndex(subject, run, self.start_s[rows], self.centre_s[rows], self.width_s, story)

    def target_rows(self) -> tuple[IntArray, IntArray]:
        """Number the different (run, start): return each row's number (n_rows,) and a row of each (n_windows,).

        Subjects who share a story share its ratings, window by window. With `target_row, first = index.target_rows()`,
        `targets[first]` are the values of the windows and `values[target_row]` the targets of the rows.
        """
        keys = np.stack([self.run.astype(np.float64), np.round(self.start_s, 6)], axis=1)
        _, first, target_row = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        return target_row.reshape(-1), first

    def clock_s(self) -> FloatArray:
        """Centre of each row on one clock on which the runs follow each other, (n_rows,)."""
        clock, offset = np.empty(len(self.run)), 0.0
        for run in np.unique(self.run):
            rows = self.run == run
            begin, end = self.start_s[rows].min(), self.start_s[rows].max() + self.width_s
            clock[rows] = self.centre_s[rows] - begin + offset
            offset += end - begin
        return clock

    def stories(self) -> list[BoolArray]:
        """Return which rows belong to each story, a mask (n_rows,) each."""
        return [self.story == one for one in np.unique(self.story)]

    def n_independent(self) -> int:
        """How many windows fit side by side without overlapping, over all runs."""
        spans = [np.ptp(self.start_s[self.run == run]) + self.width_s for run in np.unique(self.run)]
        return int(sum(np.floor((span + _TOLERANCE_S) / self.width_s) for span in spans))


@attrs.frozen(eq=False)
class Fold:
    """One train–test division: masks over all rows; `subject`, `block`, `story` are −1 where none is left out."""

    train: BoolArray
    test: BoolArray
    subject: int
    block: int
    story: int = -1


@attrs.frozen(eq=False)
class FoldGroup:
    """Folds that share a factorisation: masks over all rows, before any subject is left out.

    With `by_subject` there is one fold per subject s that has test rows: it trains on `train` without s and tests
    the rows of s in `test`. Otherwise the group is one fold. `train` and `test` are equal or have no row in common.
    """

    train: BoolArray
    test: BoolArray
    by_subject: bool
    block: int
    story: int = -1


@attrs.frozen
class Split:
    """How rows are divided.

    Parameters
    ----------
    kind
        ``subject-and-block``: a new person at a new place of the story. ``subject``: a new person who hears what the
        training has heard. ``block``: known persons at a new place. ``chronological``: known persons, the story's end.
        ``story``: known persons and another story. ``subject-and-story``: a new person who hears another story.
        ``random``: as published code does it (arXiv 2606.07707), and no test of anything: rows are drawn at random
        from all subjects, in equal shares of each subject and block, and neighbours stand on both sides.
    n_blocks
        Number of blocks of equal length into which each story is cut, for scores too; a window belongs to the block
        that holds its centre. The strata of ``random`` are each subject's blocks.
    test_fraction
        Share of windows at each story's end that ``chronological`` tests, share of all rows that ``random`` draws.
    apart_s
        Least distance in seconds of the starts of a training and a test window; None: the width plus 32 s, over which
        the haemodynamic response fades. ``random`` keeps no distance.
    random_state
        Seed of what ``random`` draws.
    """

    kind: Kind = attrs.field(default="subject-and-block")
    n_blocks: Annotated[int, Ge(2)] = 5
    test_fraction: Annotated[float, Gt(0), Lt(1)] = 0.2
    apart_s: Annotated[float, Ge(0)] | None = None
    random_state: Annotated[int, Ge(0), Le(2**32 - 1)] = 42

    def __attrs_post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ConfigError(f"split.kind: wanted one of {', '.join(get_args(Kind))}, got {self.kind!r}")
        check_fields(self, "split")

    def plan(self, index: SampleIndex) -> Plan:
        """Return the plan for these rows.

        Raises ConfigError where the data can't be split so: one subject only, fewer independent blocks than folds, a
        fold without training rows.
        """
        stories = index.stories()
        if self.kind in OVER_STORIES and len(stories) < 2:
            raise ConfigError(
                f"split.kind: {self.kind!r} tests on another story, but there is only one story; give "
                f"several ({worded('--story NAME=FILE', 'series={NAME: …}')}), or set "
                f"{setting('split=subject-and-block')}",
                path="split.kind",
                wanted="two stories or more",
                got=self.kind,
            )
        if self.kind.startswith("subject") and len(np.unique(index.subject)) < 2:
            other = "story" if self.kind in OVER_STORIES else "block"
            raise ConfigError(
                f"split.kind: {self.kind!r} tests on new subjects, but there is only one subject; set "
                f"{setting(f'split={other}')}",
                path="split.kind",
                wanted="two subjects or more",
                got=self.kind,
            )
        n_independent = min(index.take(mine).n_independent() for mine in stories)
        if self.kind in ("block", "subject-and-block") and n_independent < self.n_blocks:
            where = "the story" if len(stories) == 1 else "the shortest story"
            raise ConfigError(
                f"split.n_blocks: wanted {self.n_blocks} blocks, but only {n_independent} "
                f"non-overlapping windows of {index.width_s:g} s fit into {where}; set "
                f"{setting('split.n_blocks=…')} or use shorter windows",
                path="split.n_blocks",
                wanted=f"up to {n_independent}",
                got=self.n_blocks,
            )
        block = self._blocks(index)
        _, first = index.target_rows()
        plan = Plan(
            self, index, block, StoryWindows(index.run[first], index.start_s[first], block[first], index.story[first])
        )
        plan.fold_groups()
        return plan

    @property
    def warning(self) -> str | None:
        """What a reader of the scores must be told of this split, None where it is sound."""
        return unsound() if self.kind == "random" else None

    def _blocks(self, index: SampleIndex) -> IntArray:
        everything = np.ones(len(index.subject), dtype=bool)
        if self.kind == "chronological":
            return _late(index, everything, self.test_fraction).astype(np.int64)
        if self.kind == "random":
            return self.drawn(index, everything).astype(np.int64)
        return self._equal_blocks(index)

    def drawn(self, index: SampleIndex, inside: BoolArray) -> BoolArray:
        """Which of the rows inside ``random`` tests, (n_rows,): scikit-learn's stratified `train_test_split`.

        Raises ConfigError where the strata are too small to be shared out.
        """
        from sklearn.model_selection import train_test_split

        rows = np.flatnonzero(inside)
        n_stories = int(index.story.max()) + 1
        stratum = ((index.subject * n_stories + index.story) * self.n_blocks + self._equal_blocks(index))[rows]
        counts = np.unique(stratum, return_counts=True)[1]
        n_test = int(np.ceil(self.test_fraction * len(rows)))
        if counts.min() < 2 or min(n_test, len(rows) - n_test) < len(counts):
            raise ConfigError(
                f"split: random divides {len(rows)} rows within {len(counts)} strata (subject × block); "
                "wanted two or more rows in each stratum and at least as many training and test rows "
                f"as strata, got {counts.min()} rows in the smallest stratum and {n_test} test rows; "
                f"set a smaller {setting('split.n_blocks=…')} or a larger split.test_fraction"
            )
        test = train_test_split(rows, test_size=self.test_fraction, random_state=self.random_state, stratify=stratum)[1]
        drawn = np.zeros(len(inside), dtype=bool)
        drawn[test] = True
        return drawn

    def _equal_blocks(self, index: SampleIndex) -> IntArray:
        block = np.empty(len(index.subject), dtype=np.int64)
        for mine in index.stories():
            clock = index.take(mine).clock_s()
            share = (clock - clock.min()) / max(float(np.ptp(clock)), _TOLERANCE_S)
            block[mine] = np.minimum((share * self.n_blocks + _TOLERANCE_S).astype(np.int64), self.n_blocks - 1)
        return block


@attrs.frozen(eq=False)
class StoryWindows:
    """The different windows of all subjects, (n_windows,) each: what a block purges, whoever heard it."""

    run: IntArray
    start_s: FloatArray
    block: IntArray
    story: IntArray


@attrs.frozen(eq=False)
class Plan:
    """A split worked out for an index: `block` (n_rows,) is each row's block.

    Of ``chronological`` and ``random`` block 1 is what is tested, block 0 the rest. Blocks are numbered alike in all
    stories; `cell` (n_rows,) numbers them over all stories, for scores.
    """

    split: Split
    index: SampleIndex
    block: IntArray
    story: StoryWindows

    @property
    def purge_s(self) -> float:
        """Least distance of the starts of a training and a test window, in seconds."""
        return self.index.width_s + RESPONSE_S if self.split.apart_s is None else self.split.apart_s

    @property
    def cell(self) -> IntArray:
        """Each row's block, other numbers in each story, (n_rows,)."""
        return self.block + self.index.story * self._n_numbered

    def story_of(self, cell: IntArray) -> IntArray:
        """Return the story that each of these cells lies in."""
        return cell // self._n_numbered

    @property
    def _n_numbered(self) -> int:
        return int(self.story.block.max()) + 1

    @property
    def stories(self) -> IntArray:
        """The stories' numbers, ascending."""
        return np.unique(self.story.story)

    @property
    def n_stories(self) -> int:
        """Number of stories."""
        return len(self.stories)

    def take(self, rows: BoolArray | IntArray) -> Plan:
        """Return the plan for some rows, which keep their blocks: inside a training set it is the inner split."""
        return Plan(self.split, self.index.take(rows), self.block[rows], self.story)

    def fold_groups(self, within: BoolArray | None = None) -> list[FoldGroup]:
        """Return the folds in groups, masks over all rows, of the rows `within` (all): the inner split of a fold.

        A split over two stories has one story inside a training set, which is split by blocks.

        Raises ConfigError where a fold has no training rows or there is but one fold.
        """
        inside = np.ones(len(self.block), dtype=bool) if within is None else within
        kind = self.split.kind
        if kind in OVER_STORIES and self._by_blocks(inside):
            kind = "block" if kind == "story" else "subject-and-block"
        if kind in OVER_STORIES:
            found = [
                FoldGroup(
                    inside & (self.index.story != one),
                    inside & (self.index.story == one),
                    by_subject=kind == "subject-and-story",
                    block=-1,
                    story=int(one),
                )
                for one in np.unique(self.index.story[inside])
            ]
        elif kind == "subject":
            found = [FoldGroup(inside, inside, by_subject=True, block=-1)]
        elif kind == "chronological":
            test = inside & _late(self.index, inside, self.split.test_fraction)
            outside = self._outside_purge(self.index.run[test], self.index.start_s[test])
            found = [FoldGroup(inside & ~test & outside, test, by_subject=False, block=1)]
        elif kind == "random":
            test = self.block == 1 if within is None else self.split.drawn(self.index, inside)
            found = [FoldGroup(inside & ~test, test, by_subject=False, block=1)]
        else:
            by_subject = kind == "subject-and-block"
            found = []
            for block in np.unique(self.block[inside]):
                test = inside & (self.block == block)
                # the whole block purges, also windows that no row inside has: so two blocks purge alike in any order
                whole = self.story.block == block
                outside = self._outside_purge(self.story.run[whole], self.story.start_s[whole])
                found.append(FoldGroup(inside & ~test & outside, test, by_subject, int(block)))
        self._check(found, inner=within is not None)
        return found

    def inner(self, group: FoldGroup) -> list[FoldGroup]:
        """Return the fold groups inside a group's training rows; a fold leaves its own subject out of them besides.

        Raises ConfigError as `fold_groups` does, and where fewer than three subjects are there for `by_subject`.
        """
        found = self.fold_groups(group.train)
        self._check(found, inner=True, n_left_out=2)
        return found

    def folds(self, within: BoolArray | None = None) -> list[Fold]:
        """Return every fold as masks over all rows, in the order of the groups, then subjects."""
        return [fold for group in self.fold_groups(within) for fold in self.folds_of(group)]

    def folds_of(self, group: FoldGroup) -> list[Fold]:
        """Return the folds of one group, in the order of subjects."""
        if not group.by_subject:
            return [Fold(group.train, group.test, -1, group.block, group.story)]
        subject = self.index.subject
        return [
            Fold(group.train & (subject != one), group.test & (subject == one), int(one), group.block, group.story)
            for one in np.unique(subject[group.test])
        ]

    def _by_blocks(self, inside: BoolArray) -> bool:
        """Whether a split over stories has to take blocks in these rows: in the one training story out of two."""
        return self.n_stories == 2 and len(np.unique(self.index.story[inside])) == 1

    def _outside_purge(self, run: IntArray, start_s: FloatArray) -> BoolArray:
        """Which rows lie far enough from all of these windows, (n_rows,)."""
        index, outside = self.index, np.ones(len(self.block), dtype=bool)
        for one in np.unique(run):
            tested = np.unique(start_s[run == one])
            rows = np.flatnonzero(index.run == one)
            starts = index.start_s[rows]
            after = np.searchsorted(tested, starts)
            right = np.abs(tested[np.minimum(after, len(tested) - 1)] - starts)
            left = np.abs(tested[np.maximum(after - 1, 0)] - starts)
            outside[rows] = np.minimum(left, right) >= self.purge_s - _TOLERANCE_S
        return outside

    def _check(self, groups: list[FoldGroup], *, inner: bool, n_left_out: int = 1) -> None:
        where = "within a training set, where penalties are chosen, " if inner else ""
        for group in groups:
            trained = self.index.subject[group.train]
            if not len(trained) or not group.test.any():
                missing = "training" if group.test.any() else "test"
                if group.story >= 0:
                    raise ConfigError(
                        f"split: {where}the fold that tests story {group.story + 1} has no {missing} "
                        f"rows; add more stories per subject, set {setting('split=subject-and-block')}, "
                        "or fix one penalty",
                        path="split.kind",
                        got=self.split.kind,
                    )
                raise ConfigError(
                    f"split: {where}the fold that tests block {group.block} has no {missing} rows, "
                    f"because starts must differ by {self.purge_s:g} s; set "
                    f"{setting('split.n_blocks=…')}, a smaller split.apart_s, shorter windows, or "
                    f"{setting('split=subject')}"
                )
            if group.by_subject and len(np.unique(trained)) <= n_left_out and group.story >= 0:
                raise ConfigError(
                    f"split: {where}the fold that tests story {group.story + 1} on a new subject has no "
                    "other subject to train on, because too few heard the other stories; add more "
                    f"subjects per story, set {setting('split=story')}, or fix one penalty",
                    path="split.kind",
                    got=self.split.kind,
                )
            if group.by_subject and len(np.unique(trained)) <= n_left_out:
                raise ConfigError(
                    f"split: {where}the fold that tests a subject has no other subject to train on; add "
                    f"more subjects, set {setting('split=block')}, or fix one penalty"
                )


def _late(index: SampleIndex, inside: BoolArray, fraction: float) -> BoolArray:
    """Which rows belong to the last share of each story's different windows of the rows inside, (n_rows,)."""
    late = np.zeros(len(inside), dtype=bool)
    for mine in index.stories():
        if (inside & mine).any():
            clock = np.round(index.take(mine).clock_s(), 6)
            centres = np.unique(clock[inside[mine]])
            n_test = min(max(1, round(fraction * len(centres))), len(centres))
            late[mine] = clock >= centres[len(centres) - n_test]
    return late
