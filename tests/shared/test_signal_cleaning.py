"""Cleaning: as nilearn and scipy do it, with censored volumes that leave no trace."""

from __future__ import annotations

import nilearn.signal
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from emotopy.errors import ConfigError, InputError, ShapeError
from emotopy_plugins.shared.signal_cleaning import clean, kept_volumes

TR_S = 2.0
N_VOLUMES, N_REGIONS, N_CONFOUNDS = 173, 4, 3
CUTOFF_HZ = 1 / 64


@pytest.fixture
def series(rng):
    """White noise on a slow drift, at a scanner's baseline."""
    drift = np.linspace(0, 9, N_VOLUMES)[:, None] ** 1.3
    return 900 + drift + rng.standard_normal((N_VOLUMES, N_REGIONS))


@pytest.fixture
def confounds(rng):
    """Three courses, one with a drift."""
    return rng.standard_normal((N_VOLUMES, N_CONFOUNDS)) + np.linspace(0, 4, N_VOLUMES)[:, None] * [0, 0, 1]


def with_nilearn(series, confounds=None, cutoff_hz=CUTOFF_HZ):
    mirrored = {"butterworth__padtype": "even", "butterworth__padlen": 32} if cutoff_hz else {}
    return nilearn.signal.clean(
        series,
        confounds=confounds,
        detrend=True,
        standardize="zscore_sample",
        filter="butterworth" if cutoff_hz else False,
        high_pass=cutoff_hz,
        t_r=TR_S,
        **mirrored,
    )


@pytest.mark.parametrize("cutoff_hz", [CUTOFF_HZ, None], ids=["high-passed", "not filtered"])
@pytest.mark.parametrize("confounded", [False, True], ids=["alone", "with confounds"])
def test_without_censoring_it_is_nilearns_clean(series, confounds, cutoff_hz, confounded):
    """The same numbers as nilearn's function with these options."""
    beside = confounds if confounded else None
    np.testing.assert_array_equal(
        clean(series, TR_S, high_pass_hz=cutoff_hz, confounds=beside), with_nilearn(series, beside, cutoff_hz)
    )


def test_the_filter_is_scipys(series):
    """Detrended, mirrored, a Butterworth of order 5 forwards and backwards, standardised: written out with scipy."""
    sections = signal.butter(5, CUTOFF_HZ, "highpass", fs=1 / TR_S, output="sos")
    filtered = signal.sosfiltfilt(sections, signal.detrend(series, axis=0), axis=0, padtype="even", padlen=32)
    wanted = (filtered - filtered.mean(axis=0)) / filtered.std(axis=0, ddof=1)
    np.testing.assert_allclose(clean(series, TR_S, high_pass_hz=CUTOFF_HZ), wanted, atol=1e-8)


@settings(max_examples=30)
@given(st.integers(1, 5), st.integers(19, 90), st.booleans(), st.sampled_from([None, 1 / 128, 1 / 20]), st.booleans())
def test_each_column_is_cleaned_as_it_is_alone(n_regions, n_volumes, is_censored, cutoff_hz, confounded):
    """Few volumes or many, some of them censored: a region's numbers don't depend on those beside it."""
    rng = np.random.default_rng([n_regions, n_volumes])
    series = 500 + np.cumsum(rng.standard_normal((n_volumes, n_regions)), axis=0)
    series[[3, n_volumes - 1]] = np.nan if is_censored else 500.0
    beside = rng.standard_normal((n_volumes, 2)) if confounded else None
    together = clean(series, TR_S, high_pass_hz=cutoff_hz, confounds=beside)
    alone = [clean(column[:, None], TR_S, high_pass_hz=cutoff_hz, confounds=beside) for column in series.T]
    np.testing.assert_allclose(together, np.hstack(alone), rtol=1e-10, atol=1e-10)


@pytest.mark.real_data
def test_the_ends_are_filtered_nearly_as_in_a_longer_run(shared_data):
    """Of real BOLD cut out of a longer run, the ends are filtered with less than half of nilearn's error."""
    files = sorted((shared_data / "alice-brennan2016" / "timecourses").glob("*.txt"))
    runs = [run for run in map(np.loadtxt, files) if run.any()]
    inside, n_kept = slice(90, 270), 180
    ends = np.r_[:10, n_kept - 10 : n_kept]
    ours, default = [], []
    for run in runs:
        whole = clean(run, TR_S, high_pass_hz=1 / 128)[inside]
        cut = clean(run[inside], TR_S, high_pass_hz=1 / 128)
        upside_down = nilearn.signal.clean(
            run[inside], filter="butterworth", high_pass=1 / 128, t_r=TR_S, standardize="zscore_sample"
        )
        for errors, one in ((ours, cut), (default, upside_down)):
            errors.append(np.square(one / one.std(axis=0) - whole / whole.std(axis=0))[ends])
    assert np.mean(ours) < 0.5 * np.mean(default)


def test_confounds_are_gone_afterwards(series, confounds):
    """What is left doesn't correlate with the filtered confounds, even where they made most of the series."""
    series = series + confounds @ np.full((N_CONFOUNDS, N_REGIONS), 20.0)
    left = clean(series, TR_S, high_pass_hz=CUTOFF_HZ, confounds=confounds)
    filtered = clean(confounds, TR_S, high_pass_hz=CUTOFF_HZ)
    assert np.abs(left.T @ filtered).max() < 1e-6 * N_VOLUMES


def test_the_series_given_stays_as_it_is(series, confounds):
    """Nothing is cleaned in place."""
    series[7] = np.nan
    before = series.copy(), confounds.copy()
    clean(series, TR_S, high_pass_hz=CUTOFF_HZ, confounds=confounds)
    np.testing.assert_array_equal(series, before[0])
    np.testing.assert_array_equal(confounds, before[1])


@pytest.mark.parametrize(
    "lost",
    [[80], [0, 1, 2], [172], [0, 1, 2, 3, 60, 61, 169, 170, 171, 172], [86], [20, 152]],
    ids=["one", "the first three", "the last", "both ends", "the middle", "mirror images"],
)
def test_censored_volumes_come_back_as_nan_and_the_others_nearly_as_without(series, lost):
    """Whatever stood in them, wherever they lie: rows of NaN, and r > 0.95 with the series cleaned whole."""
    whole = clean(series, TR_S, high_pass_hz=CUTOFF_HZ)
    holed = series.copy()
    holed[lost] = np.nan
    found = clean(holed, TR_S, high_pass_hz=CUTOFF_HZ)
    keep = np.ones(N_VOLUMES, dtype=bool)
    keep[lost] = False
    np.testing.assert_array_equal(np.isfinite(found).all(axis=1), keep)
    np.testing.assert_array_equal(np.isnan(found).all(axis=1), ~keep)
    for region in range(N_REGIONS):
        assert np.corrcoef(found[keep, region], whole[keep, region])[0, 1] > 0.95
    np.testing.assert_allclose(found[keep].std(axis=0, ddof=1), 1)
    np.testing.assert_allclose(found[keep].mean(axis=0), 0, atol=1e-12)


def test_censored_volumes_have_no_part_in_the_regression(series, confounds):
    """Kept rows are orthogonal to the kept rows of the confounds; a spike in a censored row of these does nothing."""
    series[[5, 90, 91]] = np.nan
    spiked = confounds.copy()
    spiked[[5, 90, 91]] = 1e6
    found = clean(series, TR_S, high_pass_hz=None, confounds=confounds)
    np.testing.assert_array_equal(clean(series, TR_S, high_pass_hz=None, confounds=spiked), found)
    assert np.isfinite(found[kept_volumes(series)]).all()


def test_kept_volumes_are_none_where_all_are():
    """No mask for a series without censored volumes; True where a row holds numbers."""
    series = np.arange(6.0).reshape(3, 2)
    assert kept_volumes(series) is None
    series[1] = np.nan
    assert kept_volumes(series).tolist() == [True, False, True]


def test_what_cannot_be_cleaned_is_named(series, confounds):
    """Constant regions, odd confounds, filters that leave nothing, runs too short: errors, each with its reason."""
    flat = series.copy()
    flat[:, [1, 3]] = 900.0
    with pytest.raises(InputError, match="columns 1, 3 are constant"):
        clean(flat, TR_S, high_pass_hz=CUTOFF_HZ)
    flat[40] = np.nan
    with pytest.raises(InputError, match="columns 1, 3 are constant"):
        clean(flat, TR_S, high_pass_hz=CUTOFF_HZ)
    with pytest.raises(InputError, match="all are censored"):
        clean(np.full((30, 2), np.nan), TR_S, high_pass_hz=None)
    with pytest.raises(ShapeError, match=r"row for each of 173 volumes, got shape \(172, 3\)"):
        clean(series, TR_S, high_pass_hz=CUTOFF_HZ, confounds=confounds[1:])
    broken = confounds.copy()
    broken[9, 2] = np.nan
    with pytest.raises(InputError, match="column 2"):
        clean(series, TR_S, high_pass_hz=CUTOFF_HZ, confounds=broken)
    with pytest.raises(InputError, match="20 volumes and 18 confounds"):
        clean(series[:20], TR_S, high_pass_hz=CUTOFF_HZ, confounds=np.random.default_rng(1).random((20, 18)))
    with pytest.raises(ConfigError, match=r"half the sampling rate, 0.25 Hz at a TR of 2 s, got 0.25"):
        clean(series, TR_S, high_pass_hz=0.25)
    with pytest.raises(InputError, match="more than 18 volumes"):
        clean(series[:18], TR_S, high_pass_hz=CUTOFF_HZ)
    assert clean(series[:19], TR_S, high_pass_hz=CUTOFF_HZ).shape == (19, N_REGIONS)
