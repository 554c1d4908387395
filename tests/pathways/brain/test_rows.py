"""Which windows have both ratings and signal: windows, volumes with lags, censoring, unknown ends."""

from __future__ import annotations

import numpy as np
import pytest

from emotopy.errors import InputError
from emotopy.pathways.brain.rows import TargetCourses, TargetRows, TimeGrid, drop_unused
from emotopy.pathways.brain.story import Story, Subject
from emotopy.records.brain import RegionSeries, Windowing

WINDOWING = Windowing(width_s=20.0, step_s=6.0)
N_VOLUMES = 60


@pytest.fixture
def study(rng):
    """Make a story of runs of 60 volumes at 2 s; `keeps` gives each subject's mask."""

    def make(*keeps):
        series = [
            RegionSeries(f"sub-{i}", ("a", "b", "c"), rng.standard_normal((N_VOLUMES, 3)), 2.0, keep=keep)
            for i, keep in enumerate(keeps, 1)
        ]
        return Story(tuple(Subject(one) for one in series))

    return make


@pytest.fixture
def course(rng):
    """A course of two emotions over 60 volumes."""
    return rng.standard_normal((N_VOLUMES, 2))


def test_a_grid_of_windows_has_their_onsets_and_width():
    """In seconds from the first volume; 10 volumes of 2 s every 3."""
    grid = TimeGrid(2.0, N_VOLUMES, WINDOWING)
    np.testing.assert_allclose(grid.start_s, np.arange(0, 51, 3) * 2.0)
    assert grid.width_s == 20.0


def test_a_grid_of_volumes_is_as_wide_as_its_lags():
    """So that the purge keeps apart what shares volumes; the centre of a row is its volume's."""
    grid = TimeGrid(2.0, N_VOLUMES, None, n_lags=2)
    assert grid.width_s == 10.0
    np.testing.assert_allclose(grid.start_s + grid.width_s / 2, (np.arange(N_VOLUMES) + 0.5) * 2.0)
    assert np.flatnonzero(~grid.usable(None)).tolist() == [0, 1, 58, 59]
    keep = np.ones(N_VOLUMES, dtype=bool)
    keep[30] = False
    assert np.flatnonzero(~grid.usable(keep)).tolist() == [0, 1, 28, 29, 30, 31, 32, 58, 59]


def test_a_course_is_weighted_as_the_signal_is(course):
    """Tapered means of each window; single volumes as they are."""
    grid = TimeGrid(2.0, N_VOLUMES, WINDOWING)
    weights = WINDOWING.weights(2.0)
    wanted = [weights @ course[start : start + 10] for start in range(0, 51, 3)]
    np.testing.assert_allclose(grid.course(course), wanted)
    np.testing.assert_array_equal(TimeGrid(2.0, N_VOLUMES, None).course(course), course)


def test_equal_courses_are_held_once(course):
    """Subjects who share a story share its values; another course has values of its own."""
    targets = TargetCourses.of(("fear", "joy"), [course, course * 2, course.copy()])
    assert targets.courses.shape == (2, N_VOLUMES, 2)
    assert targets.course_of.tolist() == [0, 1, 0]
    grid = TimeGrid(2.0, N_VOLUMES, WINDOWING)
    values = targets.values_at(grid)
    assert values.shape == (2 * 17, 2)
    np.testing.assert_allclose(values[17:], 2 * values[:17])
    np.testing.assert_allclose(values[:17], grid.course(targets.courses[0]))


def test_a_course_is_seen_through_what_the_signal_kept(study, course):
    """Windows with a lost volume have a value of their own per subject, all others share one; too few volumes, NaN."""
    keeps = [np.ones(N_VOLUMES, dtype=bool) for _ in range(3)]
    keeps[1][[12, 33]] = False
    keeps[2][20:25] = False
    grid = TimeGrid(2.0, N_VOLUMES, WINDOWING)
    targets = TargetCourses.of(("fear", "joy"), [course] * 3, [None, *keeps[1:]])
    assert (targets.course_of.tolist(), targets.mask_of.tolist(), len(targets.masks)) == ([0, 0, 0], [-1, 0, 1], 2)
    values = targets.values_at(grid).reshape(3, 17, 2)
    weights, starts = WINDOWING.weights(2.0), np.arange(0, 51, 3)
    for view, keep in enumerate(keeps):
        for window, start in enumerate(starts):
            kept = keep[start : start + 10]
            wanted = np.average(targets.courses[0][start : start + 10], axis=0, weights=weights * kept)
            np.testing.assert_allclose(values[view, window], wanted if kept.sum() >= 8 else np.nan)
    rows = TargetRows.of(study(*keeps), targets, grid)
    assert set(rows.target_row[rows.layout.subject == 0]) == set(range(17))
    mine = rows.layout.subject == 1
    lost = np.array([(~keeps[1][start : start + 10]).any() for start in starts])
    np.testing.assert_array_equal(rows.target_row[mine], np.where(lost, 17, 0) + np.arange(17))
    assert np.isfinite(targets.values_at(grid)[rows.target_row]).all()


def test_single_volumes_share_their_ratings_whatever_was_lost(study, course):
    """A volume that is lost isn't decoded; those beside it are rated as they are for all."""
    keep = np.ones(N_VOLUMES, dtype=bool)
    keep[30] = False
    targets, grid = (
        TargetCourses.of(("fear", "joy"), [course] * 2, [None, keep]),
        TimeGrid(2.0, N_VOLUMES, None, n_lags=1),
    )
    rows = TargetRows.of(study(None, keep), targets, grid)
    np.testing.assert_array_equal(rows.target_row, rows.window)
    np.testing.assert_array_equal(targets.values_at(grid)[rows.target_row], targets.courses[0][rows.window])


def test_courses_are_detrended_and_keep_their_mean(course):
    """As their surrogates are."""
    trend = np.linspace(0, 9, N_VOLUMES)[:, None]
    one, two = (TargetCourses.of(("fear", "joy"), [given]).courses[0] for given in (course, course + trend))
    np.testing.assert_allclose(two - one, 4.5, atol=1e-9)


@pytest.mark.parametrize(
    ("flat", "message"),
    [([0], "ratings: fear does not vary"), ([0, 1], "ratings: fear, joy do not vary")],
)
def test_what_does_not_vary_is_named(course, flat, message):
    """A straight line doesn't either, once it is detrended."""
    course[:, flat] = np.linspace(1, 4, N_VOLUMES)[:, None]
    with pytest.raises(InputError, match=message):
        TargetCourses.of(("fear", "joy"), [course])


def test_rows_are_where_rating_and_signal_are_known(study, course):
    """The story is known for 50 volumes; the second subject lost 5 volumes on top."""
    course[50:] = np.nan
    keep = np.ones(N_VOLUMES, dtype=bool)
    keep[20:25] = False
    runs, grid = study(None, keep), TimeGrid(2.0, N_VOLUMES, WINDOWING)
    rows = TargetRows.of(runs, TargetCourses.of(("fear", "joy"), [course, course]), grid)
    starts = np.arange(0, 51, 3)
    known = starts + 10 <= 50
    lost = np.array([(~keep[start : start + 10]).sum() for start in starts])
    wanted = [np.flatnonzero(known), np.flatnonzero(known & (lost <= 2))]
    assert len(wanted[1]) < len(wanted[0])
    for subject in (0, 1):
        mine = rows.layout.subject == subject
        assert rows.window[mine].tolist() == wanted[subject].tolist()
        np.testing.assert_array_equal(rows.layout.start_s[mine], starts[wanted[subject]] * 2.0)
    np.testing.assert_array_equal(rows.target_row, rows.window)
    features = [np.arange(17.0)[:, None], 100 + np.arange(17.0)[:, None]]
    picked = rows.pick(features, "any")
    assert [part[:, 0].tolist() for part in picked] == [wanted[0].tolist(), (100 + wanted[1]).tolist()]


def test_features_that_are_missing_where_the_signal_is_not_are_an_error(study, course):
    """The feature set and the subject are named."""
    rows = TargetRows.of(
        study(None, None), TargetCourses.of(("fear", "joy"), [course] * 2), TimeGrid(2.0, N_VOLUMES, WINDOWING)
    )
    features = [np.zeros((17, 3)), np.zeros((17, 3))]
    features[1][4, 2] = np.nan
    with pytest.raises(InputError, match="toy: subject sub-2 has features that aren't finite"):
        rows.pick(features, "toy")


def test_target_rows_that_do_not_occur_are_left_out(rng):
    """And the others numbered anew, in order."""
    values = rng.standard_normal((6, 2))
    kept, target_row = drop_unused(values, np.array([5, 2, 2, 3]))
    np.testing.assert_array_equal(kept, values[[2, 3, 5]])
    assert target_row.tolist() == [2, 0, 0, 1]
