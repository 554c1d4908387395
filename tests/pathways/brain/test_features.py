"""What the others share is regressed out: against a plain regression, under censoring, in both forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from emotopy.errors import InputError, ShapeError
from emotopy.pathways.brain.features import remove_evoked

N_SUBJECTS, N_VOLUMES, N_REGIONS = 5, 41, 3


@pytest.fixture
def series(rng):
    """Five subjects that share a course per region."""
    shared = rng.standard_normal((N_VOLUMES, N_REGIONS))
    return [shared * rng.uniform(0.5, 2) + rng.standard_normal((N_VOLUMES, N_REGIONS)) for _ in range(N_SUBJECTS)]


def by_regression(own, others):
    """Residual of an ordinary regression with intercept, with the mean put back."""
    mean = np.mean(others, axis=0)
    left = np.empty_like(own)
    for region in range(own.shape[1]):
        model = LinearRegression().fit(mean[:, [region]], own[:, region])
        left[:, region] = own[:, region] - model.predict(mean[:, [region]]) + own[:, region].mean()
    return left


def test_each_loses_its_regression_on_the_mean_of_all_others(series):
    """The default: leave-one-out mean, per region, with an intercept; equal to scikit-learn's regression."""
    for subject, found in enumerate(remove_evoked(series)):
        wanted = by_regression(series[subject], series[:subject] + series[subject + 1 :])
        np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_strictly_only_training_subjects_are_asked(series):
    """A test subject loses the mean of the training subjects, one of these the mean of the other ones."""
    found = remove_evoked(series, training=[0, 2, 3])
    np.testing.assert_allclose(found[4], by_regression(series[4], [series[i] for i in (0, 2, 3)]), atol=1e-12)
    np.testing.assert_allclose(found[2], by_regression(series[2], [series[i] for i in (0, 3)]), atol=1e-12)


def test_strictly_a_test_subject_changes_no_training_subject(series):
    """Whatever a test subject holds, the training subjects come out the same; transductively they don't."""
    other = [*series[:4], series[4][::-1] * 3]
    for before, after in zip(
        remove_evoked(series, training=range(4))[:4], remove_evoked(other, training=range(4))[:4], strict=True
    ):
        np.testing.assert_array_equal(before, after)
    assert np.abs(remove_evoked(series)[0] - remove_evoked(other)[0]).max() > 0.01


def test_nothing_shared_is_left(series):
    """Afterwards a subject doesn't correlate with the mean of the others."""
    for subject, found in enumerate(remove_evoked(series)):
        others = np.mean(series[:subject] + series[subject + 1 :], axis=0)
        for region in range(N_REGIONS):
            assert abs(np.corrcoef(found[:, region], others[:, region])[0, 1]) < 1e-12


def test_what_is_a_subjects_own_stays(rng):
    """Noise that nobody shares goes on almost as it was; a purely shared course vanishes."""
    own = [rng.standard_normal((400, 2)) for _ in range(9)]
    for before, after in zip(own, remove_evoked(own), strict=True):
        assert np.corrcoef(before[:, 0], after[:, 0])[0, 1] > 0.98
    shared = rng.standard_normal((50, 2))
    for found in remove_evoked([shared * scale + 7 for scale in (1, 2, 3)]):
        np.testing.assert_allclose(found - found.mean(axis=0), 0, atol=1e-12)


def test_censored_volumes_stay_nan_and_count_for_nobody(series):
    """A row of NaN stays one, is left out of the others' mean there and out of the regression."""
    series[1][7] = np.nan
    found = remove_evoked(series)
    assert np.isnan(found[1][7]).all()
    assert np.isfinite(found[0]).all()
    mean = np.nanmean(series[1:], axis=0)
    np.testing.assert_allclose(found[0], by_regression(series[0], [mean]), atol=1e-12)
    kept = np.delete(np.arange(N_VOLUMES), 7)
    others = [each[kept] for i, each in enumerate(series) if i != 1]
    np.testing.assert_allclose(found[1][kept], by_regression(series[1][kept], others), atol=1e-12)


def test_a_volume_that_no_other_has_is_unknown(series):
    """Where all others are censored, what was evoked isn't known."""
    for each in series[1:]:
        each[3] = np.nan
    found = remove_evoked(series)
    assert np.isnan(found[0][3]).all()
    assert np.isfinite(np.delete(found[0], 3, axis=0)).all()


def test_the_input_stays_as_it_is(series):
    """Series are returned anew."""
    before = [each.copy() for each in series]
    remove_evoked(series)
    for one, other in zip(series, before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_constant_mean_takes_nothing(series):
    """If the others don't vary in a region, the subject's course there stays."""
    constant = [np.full((N_VOLUMES, N_REGIONS), 0.1 * i) for i in range(3)]
    np.testing.assert_array_equal(remove_evoked([series[0], *constant])[0], series[0])


@given(seed=st.integers(0, 999), scale=st.floats(0.01, 100), shift=st.floats(-1000, 1000))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_a_subjects_unit_is_its_own(seed, scale, shift):
    """Rescaling a subject rescales what is left of it, whatever its baseline."""
    series = list(np.random.default_rng(seed).standard_normal((4, 23, 2)))
    left = remove_evoked(series)[0]
    again = remove_evoked([scale * series[0] + shift, *series[1:]])[0]
    np.testing.assert_allclose(again, scale * left + shift, atol=1e-9 * max(scale, abs(shift), 1))


def test_too_few_and_too_different_are_errors(series):
    """One subject alone, one training subject asked about itself, unequal shapes, positions that aren't."""
    with pytest.raises(InputError, match="series 0: wanted at least one other subject"):
        remove_evoked(series[:1])
    with pytest.raises(InputError, match="series 2: wanted at least one other"):
        remove_evoked(series, training=[2])
    with pytest.raises(ShapeError, match=r"\(40, 3\), \(41, 3\)"):
        remove_evoked([series[0], series[1][1:]])
    with pytest.raises(InputError, match=r"positions among 5 series, got \[5\]"):
        remove_evoked(series, training=[0, 5])


@pytest.mark.real_data
def test_listeners_to_alice_share_what_is_removed(shared_data):
    """Before, a listener correlates with the mean of the others (0.1 to 0.5 over regions); afterwards not at all."""
    paths = sorted((shared_data / "alice-brennan2016" / "timecourses").glob("*.txt"))
    raw = [np.loadtxt(path) for path in paths if "s33" not in path.name]
    series = [(each - each.mean(axis=0)) / each.std(axis=0) for each in raw]
    left = remove_evoked(series)

    def shared(candidates):
        return [
            np.corrcoef(each[:, region], np.mean([s[:, region] for s in series if s is not series[i]], axis=0))[0, 1]
            for region in range(6)
            for i, each in enumerate(candidates)
        ]

    assert 0.1 < np.mean(shared(series)) < 0.5
    assert np.abs(shared(left)).max() < 1e-10
