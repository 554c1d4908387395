"""Ratings under the HRF: the step function, the response, the clock, what is unknown, and the same windows."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nilearn.glm.first_level import spm_hrf
from scipy import integrate, stats

from emotopy.errors import ConfigError, InputError
from emotopy.inference.rating_courses import canonical_hrf, step_function, volume_course
from emotopy.inference.windows import windowed_means
from emotopy.records.brain import Ratings, Windowing

pytestmark = pytest.mark.usefixtures("flags")

TR_S = 2.0


def ratings(*segments, known_until_s=np.inf, emotions=("joy", "fear", "awe")):
    """Make ratings from (onset, duration, values)."""
    onset, duration, values = zip(*segments, strict=True)
    return Ratings(emotions, np.array(onset, float), np.array(duration, float), np.array(values, float), known_until_s)


@pytest.fixture
def story(rng):
    """Forty segments of 8 s, 4 s apart, from second 12."""
    return Ratings(("joy", "fear", "awe"), 12 + 4.0 * np.arange(40), np.full(40, 8.0), rng.random((40, 3)))


def hrf_by_scipy(t):
    """SPM's canonical response from the gamma density of scipy, to be normalised."""
    return stats.gamma.pdf(t, 6) - stats.gamma.pdf(t, 16) / 6


def test_the_hrf_is_spms():
    """A difference of gamma densities at the middle of each step, sum one; nilearn's (ratio 0.167) but for a step."""
    found = canonical_hrf(0.1)
    t = (np.arange(320) + 0.5) * 0.1
    wanted = hrf_by_scipy(t)
    np.testing.assert_allclose(found, wanted / wanted.sum(), atol=1e-15)
    fine = spm_hrf(0.1, oversampling=20)  # steps of 5 ms
    times = np.linspace(0, 32, len(fine)) - 0.005
    np.testing.assert_allclose(np.interp(t, times, fine / fine.sum() * 20), found, atol=2e-5)
    assert found.sum() == pytest.approx(1)


def test_where_segments_overlap_they_are_averaged():
    """Two segments at once count alike; three at once too; each alone stands for itself."""
    story = ratings((0, 8, [1, 0, 0]), (4, 8, [0, 1, 0]), (6, 2, [0.2, 0.2, 0.8]))
    found = step_function(story, np.array([2.0, 5.0, 7.0, 10.0]))
    np.testing.assert_allclose(found, [[1, 0, 0], [0.5, 0.5, 0], [0.4, 0.4, 0.8 / 3], [0, 1, 0]], atol=1e-12)


def test_a_gap_holds_the_last_value_and_the_time_before_the_mean():
    """Gaps and the end hold on; before the first segment stands the mean over time, gaps included."""
    story = ratings((10, 5, [1, 0, 0]), (20, 5, [0, 1, 0.5]))
    found = step_function(story, np.array([3.0, 12.0, 17.0, 22.0, 99.0]))
    np.testing.assert_allclose(found[1:], [[1, 0, 0], [1, 0, 0], [0, 1, 0.5], [0, 1, 0.5]], atol=1e-12)
    np.testing.assert_allclose(found[0], [2 / 3, 1 / 3, 0.5 / 3], atol=1e-12)


def test_segments_begin_at_their_onset_and_end_before_the_next():
    """A moment on a border belongs to what begins there; the order of rows is all one."""
    rows = [(0, 4, [1, 0, 0]), (4, 4, [0, 1, 0]), (8, 4, [0, 0, 1])]
    for order in (rows, rows[::-1]):
        found = step_function(ratings(*order), np.array([0.0, 4.0, 8.0]))
        np.testing.assert_allclose(found, np.eye(3), atol=1e-12)


def test_a_volume_sees_the_past_through_the_hrf(story):
    """Volume i at start + i·TR + TR/2: the integral of response times story up to there, computed by quadrature."""
    start_s, n_volumes = 20.0, 60
    found = volume_course(story, TR_S, n_volumes, start_s)
    norm = integrate.quad(hrf_by_scipy, 0, 32)[0]
    for volume in (0, 1, 17, 59):
        now = start_s + (volume + 0.5) * TR_S
        lags = (np.arange(64_000) + 0.5) * 0.0005
        past = step_function(story, now - lags)
        wanted = (hrf_by_scipy(lags)[:, None] * past).sum(axis=0) * 0.0005 / norm
        np.testing.assert_allclose(found.values[volume], wanted, atol=2e-4)
    np.testing.assert_allclose(found.centres_s, 1.0 + 2.0 * np.arange(n_volumes))
    assert found.emotions == story.emotions


def test_a_volume_stands_for_the_moment_that_is_said(story):
    """Slices brought to another moment than half a TR: as if the story had begun so much earlier or later."""
    for sampled_s in (0.0, 0.3, 1.7):
        found = volume_course(story, TR_S, 60, 20.0, sampled_s)
        np.testing.assert_allclose(found.centres_s, sampled_s + TR_S * np.arange(60))
        wanted = volume_course(story, TR_S, 60, 20.0 + sampled_s - TR_S / 2)
        np.testing.assert_allclose(found.values, wanted.values, atol=1e-9)


def test_a_moment_peaks_five_seconds_later():
    """A second of joy shows most in the volume about five seconds on, and has no effect before it."""
    story = ratings((0, 60, [0, 0, 0]), (60, 1, [1, 0, 0]), (61, 60, [0, 0, 0]))
    course = volume_course(story, 1.0, 120).values[:, 0]
    unmoved = course[33:60]  # earlier volumes see the mean that stands before the story
    np.testing.assert_allclose(unmoved, 0, atol=1e-9)
    assert np.argmax(course) in (64, 65)


def test_start_says_where_the_clock_stands(story):
    """Ten seconds later on the clock are five volumes further in the story."""
    early, late = volume_course(story, TR_S, 40, 20.0).values, volume_course(story, TR_S, 40, 30.0).values
    np.testing.assert_allclose(early[5:], late[:35], atol=1e-6)


def test_what_lies_behind_the_known_story_is_unknown(story):
    """Volumes later than `known_until_s` are NaN, the others as if it went on: the future has no say."""
    cut = Ratings(story.emotions, story.onset_s, story.duration_s, story.values, known_until_s=101.0)
    whole, found = volume_course(story, TR_S, 50, 20.0).values, volume_course(cut, TR_S, 50, 20.0).values
    known = 20 + (np.arange(50) + 0.5) * TR_S <= 101
    np.testing.assert_array_equal(np.isnan(found).all(axis=1), ~known)
    np.testing.assert_array_equal(found[known], whole[known])
    assert known.sum() == 41


def test_windows_are_those_of_the_signal(story):
    """A windowed course is the taper's mean of the volume-wise one; a window with an unknown volume is unknown."""
    windowing = Windowing(width_s=16.0, step_s=6.0, sigma_s=3.0)
    cut = Ratings(story.emotions, story.onset_s, story.duration_s, story.values, known_until_s=101.0)
    course = volume_course(cut, TR_S, 50, 20.0)
    found = windowed_means(course.values, windowing.starts(TR_S, 50), windowing.weights(TR_S))
    spans = windowing.spans(TR_S, 50)
    wanted = np.array([np.average(course.values[span], axis=0, weights=windowing.weights(TR_S)) for span in spans])
    np.testing.assert_allclose(found, wanted)
    np.testing.assert_array_equal(np.isnan(found[:, 0]), [span.stop > 41 for span in spans])
    np.testing.assert_allclose(windowing.centres_s(TR_S, 50), [8 + 6 * i for i in range(len(spans))])


@given(value=st.floats(-3, 3), start=st.floats(-40, 80), tr=st.sampled_from([0.72, 1.5, 2.0, 3.0]))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_a_constant_story_is_a_constant_course(value, start, tr):
    """Whatever TR and start: the response sums to one, and before the story stands its mean."""
    story = ratings(*((8 * i, 8, [value]) for i in range(20)), emotions=("joy",))
    found = volume_course(story, tr, 60, start).values
    np.testing.assert_allclose(found, value, atol=1e-9)


@given(seed=st.integers(0, 999), scale=st.floats(-5, 5))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_the_course_is_linear_in_the_ratings(seed, scale):
    """The course of a·x + y is a times that of x plus that of y."""
    rng = np.random.default_rng(seed)
    x, y = rng.random((2, 9, 2))
    made = [
        volume_course(Ratings(("joy", "fear"), 6.0 * np.arange(9), np.full(9, 8.0), values), TR_S, 31, 5.0).values
        for values in (x, y, scale * x + y)
    ]
    np.testing.assert_allclose(made[2], scale * made[0] + made[1], atol=1e-9)


def test_volumes_outside_the_story_are_an_error(story):
    """A run that ends before the story, or begins where it is unknown, is refused with both clocks."""
    with pytest.raises(ConfigError, match=r"rated from 12 to inf s; got volumes from -99 to -81 s; give --start"):
        volume_course(story, TR_S, 10, -100.0)
    cut = Ratings(story.emotions, story.onset_s, story.duration_s, story.values, known_until_s=100.0)
    with pytest.raises(ConfigError, match="got volumes from 201"):
        volume_course(cut, TR_S, 10, 200.0)


def test_segments_that_do_not_last_are_an_error():
    """Ratings without duration have no place in time."""
    with pytest.raises(InputError, match="2 segments of 0 s"):
        volume_course(ratings((0, 0, [1, 0, 0]), (9, 0, [0, 1, 0])), TR_S, 10)


@pytest.mark.real_data
def test_alice_runs_from_second_twenty(shared_data):
    """The published word rate fits words of the TextGrid best with row 0 at 20.0 s, r = 0.99.

    The regressor has its values at the volumes' onsets, half a TR before ours; words count where they end.
    """
    folder = shared_data / "alice-brennan2016"
    pattern = r'xmin = ([\d.]+)\s+xmax = ([\d.]+)\s+text = "([^"]*)"'
    intervals = re.findall(pattern, (folder / "DownTheRabbitHole.TextGrid").read_text())
    ends = np.array([float(end) for _, end, text in intervals if text not in ("", "sp")])
    assert len(ends) == 2103
    bins = np.arange(int(ends[-1] * 10) + 1) / 10
    n_words = np.histogram(ends, bins=bins)[0][:, None].astype(float)
    rate = Ratings(("rate",), bins[:-1], np.full(len(bins) - 1, 0.1), n_words, known_until_s=ends[-1])
    published = np.mean([np.loadtxt(path) for path in sorted(folder.glob("regressors/*-rate.txt"))], axis=0)
    fit = {}
    for start in np.arange(15.0, 25.1, 0.5):
        course = volume_course(rate, TR_S, len(published), start - TR_S / 2).values[:, 0]
        known = np.isfinite(course)
        fit[float(start)] = np.corrcoef(course[known], published[known])[0, 1]
    assert max(fit, key=fit.get) == 20.0
    assert fit[20.0] > 0.985
