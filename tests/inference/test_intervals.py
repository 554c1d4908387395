"""Intervals: the studentised bootstrap against a literal loop, its coverage by simulation, and its rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from emotopy.errors import ShapeError
from emotopy.inference.intervals import FEWEST_UNITS, draw_counts, ratio_intervals


def intervals(above, below, seed=0, **options):
    return ratio_intervals(above, below, rng=np.random.default_rng(seed), **options)


def literal(above, below, n, coverage, seed):
    """Davison & Hinkley's studentised bootstrap of a ratio, one column, one resample at a time, as the book says it."""
    rng = np.random.default_rng(seed)
    n_units = len(above)

    def ratio_and_error(a, b):
        ratio = a.sum() / b.sum()
        return ratio, np.sqrt(sum((a[i] - ratio * b[i]) ** 2 for i in range(n_units))) / b.sum()

    ratio, error = ratio_and_error(above, below)
    t = []
    for picks in rng.integers(0, n_units, size=(n, n_units)):
        resampled, its_error = ratio_and_error(above[picks], below[picks])
        t.append((resampled - ratio) / its_error)
    t.sort()
    tail = round((1 - coverage) / 2 * (n + 1))  # a whole number in these tests, as the book advises: n = 199, 10 %
    return ratio - t[n - tail] * error, ratio - t[tail - 1] * error


def test_equals_a_literal_loop(rng):
    """All columns at once are what the textbook's procedure gives for each, on the same resamples."""
    below = rng.integers(1, 6, size=(13, 4)).astype(float)
    above = below * rng.gamma(2.0, 1.0, size=(13, 4))
    low, high = intervals(above, below, seed=3, n=199, confidence=0.9)
    for k in range(4):
        np.testing.assert_allclose([low[k], high[k]], literal(above[:, k], below[:, k], 199, 0.9, 3), rtol=1e-9)


@pytest.mark.parametrize("kind", ["normal", "skewed"])
@pytest.mark.parametrize(("n_units", "at_least"), [(10, 0.90), (20, 0.93), (60, 0.93)])
def test_coverage_is_near_nominal(kind, n_units, at_least):
    """Of 95 % intervals for ratios over units with one to five texts, about 95 % hold the truth.

    Band of the estimate: 4,000 intervals, so a 99 % binomial band of ± 0.009. Units of a normal mean reach 0.94 to
    0.95 from 10 units on; an exponential one 0.93 at 10 and 20, 0.94 at 60. (Plain percentiles: 0.86 at 5, 0.92 at 20.)
    """
    rng, n_columns, held, total = np.random.default_rng(5), 50, 0, 0
    for _ in range(80):
        below = rng.integers(1, 6, size=(n_units, n_columns)).astype(float)
        values = rng.normal(0.3, 1, below.shape) if kind == "normal" else rng.exponential(1.0, below.shape)
        truth = 0.3 if kind == "normal" else 1.0
        low, high = ratio_intervals(values * below, below, n=1000, rng=rng)
        held += int(((low <= truth) & (truth <= high)).sum())
        total += n_columns
    assert total == 4000
    assert at_least <= held / total <= 0.97


def test_smaller_coverage_lies_inside(rng):
    """A 50 % interval lies inside the 90 % one, and both around the ratio."""
    below = rng.integers(1, 6, size=(17, 3)).astype(float)
    above = below * rng.normal(2, 1, size=(17, 3))
    (low, high), (inner_low, inner_high) = (intervals(above, below, confidence=c) for c in (0.9, 0.5))
    ratio = above.sum(axis=0) / below.sum(axis=0)
    assert (low < inner_low).all()
    assert (inner_low < ratio).all()
    assert (ratio < inner_high).all()
    assert (inner_high < high).all()


SUMS = hnp.arrays(np.float64, (9, 2), elements=st.integers(-50, 50).map(lambda k: k / 4))
WEIGHTS = hnp.arrays(np.float64, (9, 2), elements=st.integers(1, 6).map(float))


@given(SUMS, WEIGHTS, st.integers(-40, 40).map(float), st.sampled_from([-3.0, -0.01, 0.5, 8.0, 1e6]))
def test_shifting_and_scaling_values_shifts_and_scales_the_interval(above, below, shift, scale):
    """With every value 2x + 3, the interval is 2x + 3; a negative scale turns it round. No precision is lost."""
    low, high = intervals(above, below, n=100)
    moved = intervals(scale * (above + shift * below), below, n=100)
    ends = scale * (np.array([low, high]) + shift)
    size = abs(scale) * (np.nanmax(np.abs([low, high]), initial=1) + abs(shift))
    np.testing.assert_allclose(moved, ends[::-1] if scale < 0 else ends, atol=1e-7 * size)


@given(SUMS, WEIGHTS, st.permutations(range(9)))
def test_the_order_of_units_matters_only_through_the_draws(above, below, order):
    """The ratio lies inside its interval whatever the order; NaN ends come only where a resample leaves one open."""
    low, high = intervals(above[order], below[order], n=100)
    ratio = above.sum(axis=0) / below.sum(axis=0)
    tolerance = 1e-9 * (1 + np.abs(ratio))
    assert (np.isnan(low) | (low <= ratio + tolerance)).all()
    assert (np.isnan(high) | (high >= ratio - tolerance)).all()


def test_a_large_mean_costs_no_precision(rng):
    """Values of 10⁸ ± 1 have an interval as precise as values of 0 ± 1."""
    below = np.ones((12, 1))
    values = rng.standard_normal((12, 1))
    near, far = intervals(values, below), intervals(values + 1e8, below)
    np.testing.assert_allclose(np.array(far) - 1e8, near, atol=1e-6)


@given(st.floats(-1e6, 1e6), st.lists(st.integers(1, 9), min_size=5, max_size=12))
def test_units_that_are_all_alike_have_no_width(value, sizes):
    """Where every unit has the same mean, both ends are that mean, rounding or not."""
    below = np.array(sizes, dtype=float)[:, None]
    low, high = intervals(value * below, below, n=100)
    np.testing.assert_allclose([low, high], value, rtol=1e-12, atol=1e-12)


def test_fewer_than_five_units_have_no_interval(rng):
    """Below five units the answer is NaN, and so it is for a column to which fewer than five contribute."""
    values = rng.standard_normal((FEWEST_UNITS, 3))
    assert np.isfinite(intervals(values, np.ones((FEWEST_UNITS, 3)))).all()
    assert np.isnan(intervals(values[1:], np.ones((FEWEST_UNITS - 1, 3)))).all()
    below = np.ones((40, 3))
    below[4:, 1] = 0
    below[:, 2] = 0
    low, high = intervals(rng.standard_normal((40, 3)) * below, below)
    assert np.isfinite([low[0], high[0]]).all()
    assert np.isnan([low[1:], high[1:]]).all()
    assert np.isnan(intervals(np.zeros((0, 2)), np.zeros((0, 2)))).all()


def test_an_empty_column_does_not_change_its_neighbour(rng):
    """A column's interval is the same beside others and alone: the draws are of units, not of cells."""
    below = np.ones((15, 2))
    below[:, 0] = 0
    values = rng.standard_normal((15, 2)) * below
    beside, alone = intervals(values, below), intervals(values[:, 1:], below[:, 1:])
    np.testing.assert_allclose(np.array(beside)[:, 1:], alone)


def test_resamples_without_a_text_of_the_cell_tell_nothing(rng):
    """Of 40 units six contribute: resamples that miss them all are left out, and the ends are finite."""
    below = np.zeros((40, 1))
    below[:6] = 1
    low, high = intervals(rng.standard_normal((40, 1)) * below, below, n=2000)
    assert np.isfinite([low, high]).all()
    assert low < high


def test_the_same_seed_gives_the_same_interval_and_blocks_do_not_matter(rng, monkeypatch):
    """Memory is bounded by blocks of resamples, which changes nothing of the numbers."""
    above, below = rng.standard_normal((11, 2)), np.ones((11, 2))
    whole = intervals(above, below)
    np.testing.assert_array_equal(intervals(above, below), whole)
    many = 30_000  # units, so that a block holds 666 of the 1,000 resamples
    above, below = rng.standard_normal((many, 1)), np.ones((many, 1))
    low, high = intervals(above, below)
    error = above.std() / np.sqrt(many)
    np.testing.assert_allclose((high - low) / error, 2 * 1.96, rtol=0.1)


def test_shapes_that_differ_are_refused():
    """Both arrays are (n_units, n_columns)."""
    for above, below in ((np.zeros((5, 2)), np.zeros((5, 3))), (np.zeros(5), np.zeros(5))):
        with pytest.raises(ShapeError, match="numerator, denominator"):
            intervals(above, below)


@pytest.mark.parametrize("n_units", [3, 700, 70_000])
def test_draws_are_one_stream_however_many_are_asked_for(n_units):
    """Counts in parts are the rows of the counts of all, and each row is the count of the generator's next draws."""
    whole = draw_counts(n_units, 7, np.random.default_rng(2))
    rng = np.random.default_rng(2)
    np.testing.assert_array_equal(np.vstack([draw_counts(n_units, n, rng) for n in (2, 1, 4)]), whole)
    picks = np.random.default_rng(2).integers(0, n_units, size=(7, n_units))
    np.testing.assert_array_equal([np.bincount(row, minlength=n_units) for row in picks], whole)


def test_columns_of_one_denominator_have_the_interval_that_each_has_alone(rng):
    """Denominators that stand in several columns change nothing."""
    below = rng.integers(1, 6, size=(19, 2)).astype(float)[:, [0, 1, 0]]
    above = below * rng.gamma(2.0, 1.0, size=below.shape)
    together = np.array(intervals(above, below, seed=4))
    alone = [np.array(intervals(above[:, [k]], below[:, [k]], seed=4))[:, 0] for k in range(3)]
    np.testing.assert_allclose(together, np.transpose(alone), rtol=1e-12)
