"""Courses over time: kernel means against a plain loop, their intervals by simulation, the bandwidth that is chosen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emotopy.errors import ShapeError
from emotopy.inference.intervals import ratio_intervals
from emotopy.inference.smoothing import (
    BANDWIDTHS,
    REACH,
    choose_bandwidth,
    effective,
    first_frequency,
    kernel_weights,
    residuals_of,
    serial_course,
    smooth,
    unit_course,
)


def literal(moment, times, above, below, bandwidth):
    """The definition, one text at a time."""
    top = bottom = 0.0
    for time, a, b in zip(times, above, below, strict=True):
        if abs(moment - time) <= REACH * bandwidth:
            weight = np.exp(-((moment - time) ** 2) / (2 * bandwidth**2))
            top, bottom = top + weight * a, bottom + weight * b
    return top / bottom if bottom > 0 else np.nan


def serial(times, values, moments, bandwidth, **options):
    ones, span = np.ones_like(values), times[-1] - times[0]
    return serial_course(
        values,
        ones,
        kernel_weights(moments, times, bandwidth),
        residuals_of(values, ones, times, bandwidth),
        first=first_frequency(span, bandwidth),
        longest=max(1.0, len(times) * bandwidth / span),
        **options,
    )


def persistent(rng, n, k, factor):
    """A first-order autoregression of variance one."""
    values = rng.standard_normal((n, k))
    values[1:] *= np.sqrt(1 - factor**2)
    for i in range(1, n):
        values[i] += factor * values[i - 1]
    return values


def test_the_course_equals_a_literal_loop(rng):
    """Every moment and column; a moment without texts in reach is unknown."""
    times = np.sort(np.r_[rng.uniform(0, 10, 30), rng.uniform(40, 50, 20)])
    above, below = rng.normal(size=(50, 3)), rng.uniform(0.1, 1, (50, 3))
    moments = np.linspace(0, 50, 11)
    course = smooth(above, below, kernel_weights(moments, times, 2.5))
    wanted = [[literal(m, times, above[:, k], below[:, k], 2.5) for k in range(3)] for m in moments]
    np.testing.assert_allclose(course, wanted)
    assert np.isnan(course[5]).all()


def test_a_wide_kernel_gives_the_plain_mean(rng):
    """What regions.csv holds is the course of a kernel without end."""
    values, times = rng.normal(size=(40, 5)), np.sort(rng.uniform(0, 1, 40))
    course = smooth(values, np.ones_like(values), kernel_weights(np.array([0.0, 0.7]), times, 1e6))
    np.testing.assert_allclose(course, np.tile(values.mean(axis=0), (2, 1)))


@settings(max_examples=40, deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(0.01, 100), st.integers(8, 40), st.integers(0, 10**6))
def test_shifted_and_stretched_times_change_nothing(shift, stretch, n, seed):
    """The course over t and that over a + b·t are the same where the bandwidth is stretched too."""
    rng = np.random.default_rng(seed)
    times, values = np.sort(rng.uniform(0, 100, n)), rng.normal(size=(n, 2))
    moments = np.linspace(times[0], times[-1], 7)
    one = serial(times, values, moments, 20.0)
    other = serial(shift + stretch * times, values, shift + stretch * moments, stretch * 20.0)
    # A text at the very end of the kernel's reach may fall on either side of it: a weight of 0.011.
    np.testing.assert_allclose(other.values, one.values, atol=0.03)


@settings(max_examples=40, deadline=None)
@given(st.floats(-100, 100), st.integers(8, 60), st.floats(1, 50), st.integers(0, 10**6))
def test_constant_texts_have_a_constant_course_of_no_width(level, n, bandwidth, seed):
    """Where all texts say the same, so do the course and both ends of its interval."""
    times = np.sort(np.random.default_rng(seed).uniform(0, 100, n))
    moments = times[[0, n // 2, -1]]
    course = serial(times, np.full((n, 2), level), moments, bandwidth)
    np.testing.assert_allclose(course.values, level, atol=1e-9)
    told = np.isfinite(course.low)
    np.testing.assert_allclose(course.low[told], level, atol=1e-6)
    np.testing.assert_allclose(course.high[told], level, atol=1e-6)
    units = unit_course(
        np.full((n, 2), level), np.ones((n, 2)), kernel_weights(moments, times, 200.0), np.arange(n) % 6, n=100
    )
    np.testing.assert_allclose(np.c_[units.low, units.high], level, atol=1e-9)


def test_a_step_and_a_sine_are_recovered(rng):
    """With 600 texts the course lies within a fifth of a standard deviation of both, away from ends and step."""
    times = np.sort(rng.uniform(0, 100, 600))
    truth = np.column_stack([np.where(times < 50, -1.0, 1.0), np.sin(2 * np.pi * times / 50)])
    values = truth + rng.normal(0, 0.5, truth.shape)
    moments = np.array([20.0, 30.0, 42.0, 58.0, 70.0, 80.0])
    course = serial(times, values, moments, 2.5)
    wanted = np.column_stack([np.where(moments < 50, -1.0, 1.0), np.sin(2 * np.pi * moments / 50)])
    assert np.abs(course.values - wanted).max() < 0.2


@pytest.mark.parametrize("noise", [0.0, 0.3, 0.6])
def test_the_interval_of_a_series_covers_the_smoothed_truth(noise):
    """Nominal 95 %: 0.90 to 0.985 over 120 diaries of 120 texts, whether or not neighbours resemble each other."""
    inside = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        times = np.sort(rng.uniform(0, 100, 120))
        truth = np.sin(times / 16)[:, None] * np.array([0.5, 1.0, 0.0])
        values = truth + persistent(rng, 120, 3, noise)
        moments = np.linspace(5, 95, 7)
        course = serial(times, values, moments, 10.0)
        wanted = smooth(truth, np.ones_like(truth), kernel_weights(moments, times, 10.0))
        inside.append((course.low <= wanted) & (wanted <= course.high))
    assert 0.90 <= np.mean(inside) <= 0.985


def test_the_interval_over_units_covers_the_mean_person():
    """Nominal 95 %: 0.91 to 0.98 over 120 draws of 20 persons, each with a level of their own, nine texts each."""
    inside = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        units = np.repeat(np.arange(20), 9)
        times = rng.uniform(0, 100, 180)
        values = rng.normal(0, 0.7, 20)[units, None] + rng.normal(size=(180, 2))
        weights = kernel_weights(np.array([20.0, 50.0, 80.0]), times, 15.0)
        course = unit_course(values, np.ones_like(values), weights, units, n=199, seed=(seed,))
        inside.append((course.low <= 0) & (course.high >= 0))
    assert 0.91 <= np.mean(inside) <= 0.98


def test_the_interval_over_units_is_that_of_their_weighted_sums(rng):
    """At each moment it equals `ratio_intervals` of the sums per unit, whatever the order of the texts."""
    units, times = rng.integers(0, 8, 60), rng.uniform(0, 10, 60)
    above, below = rng.normal(size=(60, 2)), rng.uniform(0.2, 1, (60, 2))
    weights = kernel_weights(np.array([3.0, 6.0]), times, 4.0)
    course = unit_course(above, below, weights, units, n=150, seed=(4, 2))
    for i, weight in enumerate(weights):
        sums = [
            np.array([(weight[units == u, None] * part[units == u]).sum(axis=0) for u in range(8)])
            for part in (above, below)
        ]
        low, high = ratio_intervals(*sums, n=150, confidence=0.95, rng=np.random.default_rng((4, 2)))
        np.testing.assert_allclose(course.low[i], low)
        np.testing.assert_allclose(course.high[i], high)


def test_few_units_in_reach_give_no_interval(rng):
    """Late on, two of the six persons are left: there is a course, and no interval."""
    units = np.repeat(np.arange(6), 10)
    times = np.where(units < 2, rng.uniform(0, 100, 60), rng.uniform(0, 40, 60))
    values = rng.normal(size=(60, 1))
    course = unit_course(values, np.ones_like(values), kernel_weights(np.array([20.0, 95.0]), times, 8.0), units)
    assert np.isfinite(course.values).all()
    assert np.isfinite(course.low[0]).all()
    assert np.isnan(course.low[1]).all()


def test_a_short_series_with_a_narrow_kernel_has_no_interval(rng):
    """Nine texts leave nothing above the frequencies of a course that follows each of them."""
    times, values = np.arange(9.0), rng.normal(size=(9, 2))
    narrow, wide = serial(times, values, times, 0.5), serial(times, values, times, 4.0)
    assert np.isnan(narrow.low).all()
    assert np.isfinite(wide.low).all()


def test_effective_numbers_count_equal_weights():
    """Four equal weights are four texts; a large one beside small ones is hardly more than one; none is none."""
    weights = np.array([[1, 1, 1, 1, 0.0], [1, 0.01, 0.01, 0, 0], [0, 0, 0, 0, 0]])
    np.testing.assert_allclose(effective(weights), [4, 1.04, 0], atol=0.01)


def one_series(rng, truth, noise, n=240):
    times = np.sort(rng.uniform(0, 100, n))
    values = truth(times)[:, None] * np.ones(6) + persistent(rng, n, 6, noise)
    return times, values, np.full(n, -1)


def test_the_bandwidth_follows_the_course(rng):
    """A quick course asks for a narrow kernel, a slow one for a wider, none for one of the widest, most of the time."""
    courses = (lambda t: 1.5 * np.sin(t / 2), lambda t: 1.5 * np.sin(t / 16), np.zeros_like)
    quick, slow, none = (
        np.median([choose_bandwidth([one_series(rng, course, 0.0)], 100.0) for _ in range(7)]) for course in courses
    )
    assert quick < slow < none
    assert none >= 100 * BANDWIDTHS[-3]


def test_resemblance_of_neighbours_is_no_course(rng):
    """Texts that resemble their neighbours alone don't make the kernel narrow, as leaving out single ones would."""
    chosen = [choose_bandwidth([one_series(rng, np.zeros_like, 0.6)], 100.0) for _ in range(9)]
    assert np.median(chosen) >= 20.0


def test_persons_who_differ_are_no_course(rng):
    """Ten persons at levels of their own, one after the other: a text says nothing about others of its person."""
    units = np.repeat(np.arange(10), 24)
    times = np.sort(rng.uniform(0, 100, 240))
    values = rng.normal(0, 3, (10, 4))[units] + rng.normal(size=(240, 4))
    shuffled = rng.permutation(240)
    assert choose_bandwidth([(times, values[shuffled], units[shuffled])], 100.0) >= 30.0


def test_shapes_that_do_not_fit_are_refused():
    """The message names the three arrays."""
    with pytest.raises(ShapeError, match="numerator, denominator, weights"):
        smooth(np.zeros((4, 2)), np.zeros((4, 2)), np.zeros((3, 5)))
