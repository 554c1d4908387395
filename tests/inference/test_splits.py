"""Splits: who trains, who is tested, and what the purge takes away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emotopy.errors import ConfigError, InputError
from emotopy.inference.splits import SampleIndex, Split

pytestmark = pytest.mark.usefixtures("flags")

WIDTH_S = 44.0


def layout(n_subjects=4, n_windows=60, *, step_s=8.0, n_runs=1, width_s=WIDTH_S):
    run, window = np.divmod(np.arange(n_windows * n_runs), n_windows)
    start = np.tile(window * step_s, n_subjects)
    subject = np.repeat(np.arange(n_subjects), n_windows * n_runs)
    return SampleIndex(subject, np.tile(run, n_subjects), start, start + width_s / 2, width_s)


def closest(rows: SampleIndex, fold) -> float:
    """Smallest distance of the starts of a training and a test window of one run."""
    distances = [
        np.abs(rows.start_s[fold.train & (rows.run == run)][:, None] - rows.start_s[fold.test & (rows.run == run)]).min(
            initial=np.inf
        )
        for run in np.unique(rows.run)
    ]
    return min(distances)


@given(
    n_blocks=st.integers(2, 6),
    n_runs=st.integers(1, 3),
    step_s=st.sampled_from([2.0, 7.5, 8.0]),
    kind=st.sampled_from(["block", "subject-and-block", "chronological"]),
    share=st.floats(0.6, 1.0),
)
def test_training_windows_start_at_least_width_and_response_away(n_blocks, n_runs, step_s, kind, share):
    """Of the same run; no row is in both, and every row of a block split is tested once."""
    rows = layout(3, 320, n_runs=n_runs, step_s=step_s)
    rows = rows.take(np.random.default_rng(1).random(len(rows.run)) < share)
    plan = Split(kind, n_blocks=n_blocks).plan(rows)
    folds = plan.folds()
    for fold in folds:
        assert closest(rows, fold) >= WIDTH_S + 32 - 1e-6
        assert not (fold.train & fold.test).any()
    tested = np.sum([fold.test for fold in folds], axis=0)
    assert set(np.unique(tested)) == ({0, 1} if kind == "chronological" else {1})


def test_the_purge_takes_no_window_too_many():
    """A window that starts exactly width + 32 s away trains; the one before it doesn't."""
    rows = layout(1, 100, step_s=4.0)
    plan = Split("block", n_blocks=2).plan(rows)
    fold = plan.folds()[1]
    first_tested = rows.start_s[fold.test].min()
    assert rows.start_s[fold.train].max() == first_tested - 76.0


def test_apart_can_be_set():
    """`apart_s` replaces the rule; 0 purges nothing."""
    rows = layout(1, 100, step_s=4.0)
    fold = Split("block", n_blocks=2, apart_s=0.0).plan(rows).folds()[0]
    assert (fold.train | fold.test).all()
    assert closest(rows, Split("block", n_blocks=2, apart_s=20.0).plan(rows).folds()[0]) == 20.0


def test_subject_and_block_leaves_out_the_subject_and_the_block_of_everybody():
    """One fold per subject and block; the tested subject trains nothing, others all but the purged block."""
    rows = layout(3, 60)
    plan = Split(n_blocks=4).plan(rows)
    folds = plan.folds()
    assert len(folds) == 12
    for fold in folds:
        assert set(rows.subject[fold.test]) == {fold.subject}
        assert set(rows.subject[fold.train]) == {0, 1, 2} - {fold.subject}
        assert set(plan.block[fold.test]) == {fold.block}
        assert fold.block not in plan.block[fold.train]


def test_subject_leaves_out_the_subject_alone():
    """All other subjects train with all of their windows."""
    rows = layout(3, 20)
    folds = Split("subject").plan(rows).folds()
    assert [fold.subject for fold in folds] == [0, 1, 2]
    for fold in folds:
        np.testing.assert_array_equal(fold.test, rows.subject == fold.subject)
        np.testing.assert_array_equal(fold.train, rows.subject != fold.subject)


def test_chronological_tests_the_last_windows():
    """10 % of 60 moments are the last 6, of every subject."""
    rows = layout(3, 60)
    (fold,) = Split("chronological", test_fraction=0.1, apart_s=0.0).plan(rows).folds()
    np.testing.assert_array_equal(fold.test, rows.start_s >= 54 * 8.0)
    np.testing.assert_array_equal(fold.train, ~fold.test)


def test_a_window_belongs_to_the_block_that_holds_its_centre():
    """Blocks are equal stretches of time, on a clock on which runs follow each other."""
    rows = layout(2, 41, n_runs=2)
    block = Split("subject", n_blocks=2).plan(rows).block
    np.testing.assert_array_equal(block, rows.run)


def test_windows_of_different_runs_are_apart():
    """A block that is a whole run purges nothing in the other."""
    rows = layout(2, 41, n_runs=2)
    for fold in Split("block", n_blocks=2).plan(rows).folds():
        assert (fold.train | fold.test).all()


def test_the_inner_split_is_of_the_outer_kind():
    """Inside a training set: the same blocks without the tested one, and without its subject."""
    rows = layout(3, 60)
    plan = Split(n_blocks=4).plan(rows)
    outer = plan.folds()[0]
    inner = plan.folds(within=outer.train)
    assert len(inner) == 2 * 3
    for fold in inner:
        assert not (fold.train & ~outer.train).any()
        assert not (fold.test & ~outer.train).any()
        assert fold.subject != outer.subject
        assert fold.block != outer.block
        assert closest(rows, fold) >= 76.0


def test_two_blocks_purge_alike_in_either_order():
    """Block 1 within the training of block 0 trains on the rows of block 0 within the training of block 1."""
    rows = layout(3, 60).take(np.random.default_rng(0).random(180) < 0.7)
    plan = Split(n_blocks=4).plan(rows)
    groups = plan.fold_groups()
    one = {group.block: group for group in plan.inner(groups[0])}
    other = {group.block: group for group in plan.inner(groups[1])}
    np.testing.assert_array_equal(one[1].train, other[0].train)


def test_taking_rows_keeps_their_blocks():
    """The plan of a training set is its inner split."""
    rows = layout(3, 60)
    plan = Split(n_blocks=4).plan(rows)
    outer = plan.folds()[5]
    inside = np.flatnonzero(outer.train)
    taken, within = plan.take(outer.train).folds(), plan.folds(within=outer.train)
    assert len(taken) == len(within) == 6
    for one, other in zip(taken, within, strict=True):
        np.testing.assert_array_equal(inside[one.train], np.flatnonzero(other.train))
        np.testing.assert_array_equal(inside[one.test], np.flatnonzero(other.test))


def test_moments_are_what_subjects_share():
    """Rows of one run and start have one moment; each moment knows one of its rows."""
    rows = layout(3, 5, n_runs=2)
    target_row, first = rows.target_rows()
    assert len(first) == 10
    np.testing.assert_array_equal(target_row, np.tile(np.arange(10), 3))
    np.testing.assert_array_equal(rows.start_s[first][target_row], rows.start_s)


def test_independent_windows_lie_side_by_side():
    """60 windows of 44 s every 8 s last 516 s: room for 11."""
    assert layout(2, 60).n_independent() == 11
    assert layout(2, 60, n_runs=2).n_independent() == 22


def test_one_subject_needs_another_split():
    """The message says which."""
    for kind in ("subject", "subject-and-block"):
        with pytest.raises(ConfigError, match="--set split=block"):
            Split(kind).plan(layout(1))


def test_fewer_independent_blocks_than_folds_is_an_error():
    """12 windows every 8 s last 132 s: three side by side."""
    with pytest.raises(ConfigError, match=r"wanted 5 blocks, but only 3 non-overlapping windows of 44 s"):
        Split("block").plan(layout(2, 12))


def test_a_fold_without_training_rows_is_an_error():
    """Two blocks so short that the purge takes all of the other."""
    with pytest.raises(ConfigError, match="block 0 has no training rows"):
        Split("block", n_blocks=2).plan(layout(2, 12))


def test_an_inner_fold_without_training_rows_is_an_error():
    """Two blocks have no inner split."""
    plan = Split("block", n_blocks=2).plan(layout(2, 60))
    with pytest.raises(ConfigError, match=r"within a training set.*block 1 has no training rows"):
        plan.inner(plan.fold_groups()[0])


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"kind": "subjects"}, "split.kind"),
        ({"n_blocks": 1}, "split.n_blocks"),
        ({"test_fraction": 1.0}, "split.test_fraction"),
        ({"apart_s": -1.0}, "split.apart_s"),
    ],
)
def test_values_out_of_range_are_refused(options, named):
    """The message starts with the key."""
    with pytest.raises(ConfigError, match=f"^{named}"):
        Split(**options)


def test_a_layout_needs_rows_and_equal_lengths():
    """Both complaints name what came."""
    with pytest.raises(InputError, match="one length"):
        SampleIndex(np.zeros(3, int), np.zeros(2, int), np.zeros(3), np.zeros(3), 44.0)
    with pytest.raises(InputError, match="no windows"):
        SampleIndex(np.zeros(0, int), np.zeros(0, int), np.zeros(0), np.zeros(0), 44.0)


# Several stories ------------------------------------------------------------------------------------------------------


def stories(heard, n_windows, *, step_s=8.0):
    """Rows story by story, subject by subject; `heard` lists each subject's stories, `n_windows` their lengths."""
    rows = [
        (subject, story, window)
        for story, n in enumerate(n_windows)
        for subject, mine in enumerate(heard)
        if story in mine
        for window in range(n)
    ]
    subject, story, window = np.array(rows).T
    start = window * step_s
    return SampleIndex(subject, story, start, start + WIDTH_S / 2, WIDTH_S, story)


def test_a_story_that_one_subject_alone_heard_leaves_no_inner_split_by_subject_and_story():
    """Trained on it alone, nobody else is left; the error says which story is tested, and what splits all the same."""
    rows = stories([[0, 1, 2], [0, 1], [0, 1]], (40, 40, 40))
    plan = Split("subject-and-story").plan(rows)
    with pytest.raises(ConfigError, match=r"tests story 2 on a new subject.*split=story"):
        plan.inner(plan.fold_groups()[0])
    assert len(Split("story").plan(rows).fold_groups()) == 3


def test_story_leaves_out_a_story_of_everybody():
    """A fold per story; all subjects train on the other stories, nothing is purged."""
    rows = stories([[0, 1, 2], [0, 1], [2, 1]], (60, 40, 50))
    folds = Split("story").plan(rows).folds()
    assert [fold.story for fold in folds] == [0, 1, 2]
    for fold in folds:
        np.testing.assert_array_equal(fold.test, rows.story == fold.story)
        np.testing.assert_array_equal(fold.train, ~fold.test)


def test_subject_and_story_leaves_out_the_subject_and_the_story():
    """A fold per story and listener of it, who trains nothing, in no story."""
    rows = stories([[0, 1, 2], [0, 1, 2], [0, 1], [2, 1]], (60, 40, 50))
    folds = Split("subject-and-story").plan(rows).folds()
    assert [(fold.story, fold.subject) for fold in folds] == [
        *((0, one) for one in (0, 1, 2)),
        *((1, one) for one in (0, 1, 2, 3)),
        *((2, one) for one in (0, 1, 3)),
    ]
    for fold in folds:
        np.testing.assert_array_equal(fold.test, (rows.story == fold.story) & (rows.subject == fold.subject))
        np.testing.assert_array_equal(fold.train, (rows.story != fold.story) & (rows.subject != fold.subject))


@pytest.mark.parametrize("kind", ["story", "subject-and-story"])
def test_three_stories_leave_two_to_choose_penalties_by(kind):
    """The inner split leaves out one of the two training stories, and a subject where the outer one does."""
    rows = stories([[0, 1, 2]] * 4, (40, 40, 40))
    plan = Split(kind).plan(rows)
    for fold in plan.folds():
        inner = plan.folds(within=fold.train)
        assert {one.story for one in inner} == {0, 1, 2} - {fold.story}
        for one in inner:
            assert len(np.unique(rows.story[one.train])) == 1
            assert not ((one.train | one.test) & ~fold.train).any()
            assert (one.subject >= 0) == (kind == "subject-and-story")


@pytest.mark.parametrize("kind", ["story", "subject-and-story"])
def test_two_stories_leave_blocks_to_choose_penalties_by(kind):
    """A training set holds one story; its blocks are left out with their purge, and a subject besides."""
    rows = stories([[0, 1]] * 4, (60, 70))
    plan = Split(kind, n_blocks=4).plan(rows)
    for fold in plan.folds():
        inner = plan.folds(within=fold.train)
        assert {one.block for one in inner} == {0, 1, 2, 3}
        for one in inner:
            assert closest(rows, one) >= 76.0
            assert (one.subject >= 0) == (kind == "subject-and-story")
        taken = plan.take(fold.train).folds()
        inside = np.flatnonzero(fold.train)
        for one, other in zip(taken, inner, strict=True):
            np.testing.assert_array_equal(inside[one.train], np.flatnonzero(other.train))


def test_blocks_are_cut_in_every_story():
    """Block k is the k-th stretch of each; a fold leaves it out of all, and scores keep stories apart."""
    rows = stories([[0, 1], [0, 1]], (60, 90))
    plan = Split("block", n_blocks=3).plan(rows)
    for story, n in enumerate((60, 90)):
        one = (rows.story == story) & (rows.subject == 0)
        assert np.bincount(plan.block[one]).tolist() == pytest.approx([n / 3] * 3, abs=1)
    for fold in plan.folds():
        assert set(plan.block[fold.test]) == {fold.block}
        assert set(rows.story[fold.test]) == {0, 1}
        assert closest(rows, fold) >= 76.0
    assert len({(story, cell) for story, cell in zip(rows.story, plan.cell, strict=True)}) == 6
    assert len(np.unique(plan.cell)) == 6


def test_every_story_tests_its_own_end():
    """`chronological` takes the last share of each story, whatever their lengths."""
    rows = stories([[0, 1]] * 2, (50, 100))
    (fold,) = Split("chronological", test_fraction=0.2, apart_s=0.0).plan(rows).folds()
    for story, n in enumerate((50, 100)):
        mine = rows.story == story
        np.testing.assert_array_equal(fold.test[mine], rows.start_s[mine] >= 0.8 * n * 8.0)


def test_a_story_of_several_runs_is_cut_over_its_runs():
    """Runs of one story follow each other; blocks are stretches of all of them, and no purge crosses runs."""
    rows = layout(2, 41, n_runs=2)
    assert rows.story.tolist() == [0] * len(rows.run)
    plan = Split("block", n_blocks=2).plan(rows)
    np.testing.assert_array_equal(plan.block, rows.run)
    np.testing.assert_array_equal(plan.cell, rows.run)


@pytest.mark.parametrize("kind", ["story", "subject-and-story"])
def test_one_story_has_no_other_to_be_tested_on(kind):
    """The error names the key."""
    with pytest.raises(ConfigError) as caught:
        Split(kind).plan(layout(3, 60))
    assert (caught.value.path, caught.value.got) == ("split.kind", kind)


def test_blocks_must_fit_into_the_shortest_story():
    """50 windows of a long story don't help the other one."""
    with pytest.raises(ConfigError) as caught:
        Split(n_blocks=4).plan(stories([[0, 1]] * 3, (100, 12)))
    assert (caught.value.path, caught.value.got) == ("split.n_blocks", 4)


def test_a_story_that_only_the_tested_subject_shares_leaves_nothing_to_train_on():
    """Only the first subject heard the first story: without that subject nobody trains for the second."""
    with pytest.raises(ConfigError):
        Split("subject-and-story").plan(stories([[0, 1], [1]], (60, 60)))


def random_reference(rows: SampleIndex, fraction: float, n_blocks: int, random_state: int) -> np.ndarray:
    """Rows that scikit-learn tests, strata named in words as the published code names them."""
    from sklearn.model_selection import train_test_split

    reach = rows.centre_s.max() - rows.centre_s.min()
    order = np.minimum(np.floor((rows.centre_s - rows.centre_s.min()) / reach * n_blocks + 1e-9), n_blocks - 1)
    strata = [f"{subject}_{int(place)}" for subject, place in zip(rows.subject, order, strict=True)]
    everything = np.arange(len(strata))
    return np.sort(train_test_split(everything, test_size=fraction, random_state=random_state, stratify=strata)[1])


@pytest.mark.parametrize(("n_subjects", "n_windows", "fraction", "n_blocks"), [(6, 91, 0.1, 5), (4, 50, 0.2, 3)])
def test_random_is_scikit_learns_stratified_split(n_subjects, n_windows, fraction, n_blocks):
    """The same rows as `train_test_split(..., stratify=subject and time order)`; the rest trains, nothing is purged."""
    rows = layout(n_subjects, n_windows)
    plan = Split("random", n_blocks=n_blocks, test_fraction=fraction).plan(rows)
    (fold,) = plan.folds()
    np.testing.assert_array_equal(np.flatnonzero(fold.test), random_reference(rows, fraction, n_blocks, 42))
    assert (fold.train ^ fold.test).all()
    assert plan.purge_s > 0
    assert closest(rows, fold) <= 8.0


def test_random_tests_an_equal_share_of_every_subject_and_block():
    """And the score's cells are the subjects: all tested rows of one form one block."""
    rows = layout(5, 100)
    plan = Split("random", n_blocks=4, test_fraction=0.2).plan(rows)
    (fold,) = plan.folds()
    place = rows.start_s // (100 * 8.0 / 4)
    for subject in range(5):
        for block in range(4):
            mine = (rows.subject == subject) & (place == block)
            assert abs(fold.test[mine].sum() - 0.2 * mine.sum()) <= 1
    assert set(plan.block[fold.test]) == {1}
    assert set(plan.block[fold.train]) == {0}


def test_random_repeats_by_its_seed_and_another_seed_draws_others():
    """`random_state` alone decides."""
    rows = layout(5, 60)
    one, again, other = (Split("random", random_state=seed).plan(rows).folds()[0].test for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_random_inner_splits_are_random_splits_of_the_training_rows():
    """Nothing of the outer test is in them."""
    rows = layout(5, 100)
    plan = Split("random", test_fraction=0.2).plan(rows)
    (group,) = plan.fold_groups()
    (inner,) = plan.inner(group)
    assert not (inner.test & group.test).any()
    assert not (inner.train & ~group.train).any()
    np.testing.assert_array_equal(inner.train | inner.test, group.train)
    assert abs(inner.test.sum() - 0.2 * group.train.sum()) <= 1


def test_random_with_strata_too_small_to_share_is_refused():
    """Each subject and block needs two rows, and the test as many rows as there are strata."""
    with pytest.raises(ConfigError):
        Split("random", n_blocks=5, test_fraction=0.1).plan(layout(3, 8))
    with pytest.raises(ConfigError):
        Split("random", n_blocks=40, test_fraction=0.1).plan(layout(3, 60))


def test_only_the_random_split_carries_a_warning():
    """Whoever uses it can tell it."""
    assert Split("random").warning
    assert not any(Split(kind).warning for kind in ("subject-and-block", "subject", "block", "chronological"))
