"""Windowed correlations and means: against numpy window by window, under censoring, and what they don't depend on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from emotopy.errors import InputError
from emotopy.inference import window_loops
from emotopy.inference.windows import edges, usable, windowed_correlations, windowed_means, windows_of
from emotopy.records.brain import Windowing

pytestmark = pytest.mark.fast_path

TR_S = 2.0
RECTANGLES = Windowing(width_s=26.0, step_s=6.0, taper="rectangular")
TAPERED = Windowing(width_s=26.0, step_s=6.0, sigma_s=4.0)
N_VOLUMES, N_REGIONS = 61, 5


@pytest.fixture
def series(rng):
    """Five regions that share some of their noise."""
    shared = rng.standard_normal((N_VOLUMES, 1))
    return rng.standard_normal((N_VOLUMES, N_REGIONS)) + 0.8 * shared


def of(windowing, n_volumes=N_VOLUMES):
    return windowing.starts(TR_S, n_volumes), windowing.weights(TR_S)


def corrcoef_per_window(series, windowing, **weighting):
    """Numpy's covariance of each window, as correlations of the upper triangle, in double precision."""
    found = []
    for span in windowing.spans(TR_S, len(series)):
        covariance = np.cov(np.asarray(series[span], dtype=np.float64), rowvar=False, **weighting)
        scale = np.sqrt(np.diag(covariance))
        found.append((covariance / np.outer(scale, scale))[np.triu_indices(series.shape[1], 1)])
    return np.array(found)


def test_numbers_beyond_any_scan_make_windows_without_asking_for_memory():
    """A Gaussian far wider than the window is flat within it; a step beyond the run leaves the first window."""
    np.testing.assert_allclose(Windowing(width_s=26.0, sigma_s=1e300).weights(TR_S), np.full(13, 1 / 13))
    assert Windowing(width_s=26.0, step_s=1e300).starts(TR_S, N_VOLUMES).tolist() == [0]


def test_edges_run_along_the_upper_triangle():
    """Edge by edge: the first region with every later one, then the second, and so on."""
    first, second = edges(4)
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]


def test_windows_are_the_volumes_that_the_record_says(series):
    """`windows_of` shows the rows of `Windowing.spans`, without a copy."""
    starts, weights = of(RECTANGLES)
    windows = windows_of(series, starts, len(weights))
    wanted = np.stack([series[span] for span in RECTANGLES.spans(TR_S, N_VOLUMES)])
    np.testing.assert_array_equal(windows, wanted)


@pytest.mark.parametrize("baseline", [0.0, 1000.0], ids=["centred", "at a scanner's baseline"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rectangular_windows_equal_corrcoef(series, baseline, dtype):
    """r of every window and edge is np.corrcoef's to 1e-6, at whatever baseline and precision the series comes."""
    series = (series + baseline).astype(dtype)
    found = windowed_correlations(series, *of(RECTANGLES), fisher=False)
    wanted = np.array(
        [np.corrcoef(series[span].astype(float).T)[edges(N_REGIONS)] for span in RECTANGLES.spans(TR_S, N_VOLUMES)]
    )
    assert found.dtype == np.float32
    assert found.shape == wanted.shape == (17, 10)
    assert np.abs(wanted).max() < 0.999
    np.testing.assert_allclose(found, wanted, atol=1e-6, rtol=0)


def test_tapered_windows_equal_a_weighted_covariance(series):
    """A taper is numpy's weighted covariance (`aweights`), and not the unweighted one."""
    wanted = corrcoef_per_window(series, TAPERED, aweights=TAPERED.weights(TR_S))
    found = windowed_correlations(series, *of(TAPERED), fisher=False)
    np.testing.assert_allclose(found, wanted, atol=1e-6, rtol=0)
    assert np.abs(found - corrcoef_per_window(series, TAPERED)).max() > 0.01


def test_fisher_z_is_finite_at_a_perfect_correlation(series):
    """Region and copy: z is clipped where float32 ends, of either sign; others are arctanh r."""
    series = np.column_stack([series[:, 0], 3 * series[:, 0] + 7, -series[:, 0], series[:, 1]])
    z, r = (windowed_correlations(series, *of(RECTANGLES), fisher=fisher) for fisher in (True, False))
    assert np.isfinite(z).all()
    assert z[:, 0].min() > 7
    assert z[:, 1].max() < -7
    np.testing.assert_allclose(z[:, 2], np.arctanh(r[:, 2].astype(float)), rtol=1e-5)


def test_more_windows_than_a_block_holds_are_the_same(series, monkeypatch):
    """The blocks in which windows are worked off leave no trace."""
    whole = windowed_correlations(series, *of(TAPERED))
    monkeypatch.setattr("emotopy.inference.windows.BLOCK_BYTES", 4 * 13 * N_REGIONS * 8)
    np.testing.assert_array_equal(windowed_correlations(series, *of(TAPERED)), whole)


def test_censored_volumes_have_no_say(series):
    """A window that keeps 80 % is the weighted correlation of what it keeps; what stands in the others is all one."""
    keep = np.ones(N_VOLUMES, dtype=bool)
    keep[[5, 6]] = False
    series[~keep] = 1e6
    starts, weights = of(TAPERED)
    found = windowed_correlations(series, starts, weights, fisher=False, keep=keep)
    kept = keep[:13]
    covariance = np.cov(series[:13][kept], rowvar=False, aweights=weights[kept])
    wanted = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    np.testing.assert_allclose(found[0], wanted[edges(N_REGIONS)], atol=1e-6, rtol=0)
    np.testing.assert_allclose(
        windowed_means(series, starts, weights, keep=keep)[0],
        np.average(series[:13][kept], axis=0, weights=weights[kept]),
    )


def test_a_window_needs_four_fifths_of_its_volumes(series):
    """13 volumes may lose two (11 of 13 are 85 %) but not three; the windows without them keep their values."""
    keep = np.ones(N_VOLUMES, dtype=bool)
    keep[[5, 6, 40, 41, 42]] = False
    starts, weights = of(TAPERED)
    lost = (starts <= 40) & (starts + 13 > 42)
    assert 0 < lost.sum() < len(starts)
    np.testing.assert_array_equal(usable(keep, starts, 13), ~lost)
    for found in (
        windowed_correlations(series, starts, weights, keep=keep),
        windowed_means(series, *of(TAPERED), keep=keep),
    ):
        np.testing.assert_array_equal(np.isnan(found).all(axis=1), lost)
        np.testing.assert_array_equal(np.isnan(found).any(axis=1), lost)
    untouched = starts > 42
    whole = windowed_correlations(series, starts, weights)
    np.testing.assert_array_equal(
        windowed_correlations(series, starts, weights, keep=keep)[untouched], whole[untouched]
    )


@pytest.mark.parametrize("value", [0.0, 1000.0, 1e-9])
def test_a_constant_region_is_named_with_its_window(series, value):
    """A correlation with a constant isn't 0 but nothing: the first column and window are named."""
    series[18:31, 3] = value
    with pytest.raises(InputError, match="column 3 is constant within window 6"):
        windowed_correlations(series, *of(RECTANGLES))


def test_a_constant_region_in_a_lost_window_is_no_error(series):
    """Where too much is censored nothing is computed, so nothing is wrong."""
    keep = np.ones(N_VOLUMES, dtype=bool)
    keep[18:31] = False
    series[~keep] = 0
    found = windowed_correlations(series, *of(RECTANGLES), keep=keep)
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[6]).all()


@given(
    series=hnp.arrays(np.float64, (31, 3), elements=st.integers(-50, 50).map(float)),
    scale=hnp.arrays(np.float64, 3, elements=st.floats(0.01, 100)),
    shift=hnp.arrays(np.float64, 3, elements=st.floats(-1000, 1000)),
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_correlations_know_neither_unit_nor_baseline(series, scale, shift):
    """r is the same for any unit and any baseline of each region, and lies between −1 and 1."""
    starts, weights = of(TAPERED, 31)
    try:
        found = windowed_correlations(series, starts, weights, fisher=False)
    except InputError:
        return
    np.testing.assert_allclose(
        windowed_correlations(series * scale + shift, starts, weights, fisher=False), found, atol=2e-6, rtol=0
    )
    assert np.abs(found).max() <= 1 + 1e-6


@given(
    series=hnp.arrays(np.float64, (31, 3), elements=st.floats(-50, 50)),
    scale=st.floats(-10, 10),
    shift=st.floats(-1000, 1000),
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_means_follow_unit_and_baseline(series, scale, shift):
    """The mean of a·x + b is a·mean + b, since weights sum to one."""
    means = windowed_means(series, *of(TAPERED, 31))
    np.testing.assert_allclose(
        windowed_means(scale * series + shift, *of(TAPERED, 31)), scale * means + shift, atol=1e-9, rtol=1e-12
    )


def test_means_equal_a_loop_and_nan_spreads(series):
    """The weighted mean of each window; a window that holds one NaN has no mean in that column."""
    series[20, 2] = np.nan
    starts, weights = of(TAPERED)
    wanted = [np.sum(weights[:, None] * series[span], axis=0) for span in TAPERED.spans(TR_S, N_VOLUMES)]
    found = windowed_means(series, starts, weights)
    np.testing.assert_allclose(found, wanted)
    np.testing.assert_array_equal(np.isnan(found[:, 2]), (starts <= 20) & (starts + 13 > 20))
    assert np.isfinite(np.delete(found, 2, axis=1)).all()


def test_a_constant_region_may_correlate_zero_instead(series):
    """With every other region, in that window alone; by definition (`window_loops`) too."""
    spoilt = series.copy()
    spoilt[18:31, 3] = 4.0
    starts, weights = of(RECTANGLES)
    found = windowed_correlations(spoilt, starts, weights, constant_is_zero=True)
    window = int(np.flatnonzero(starts == 18)[0])
    first, second = edges(N_REGIONS)
    mine = (first == 3) | (second == 3)
    assert (found[window, mine] == 0).all()
    assert (found[window, ~mine] != 0).all()
    assert (np.delete(found, window, axis=0) != 0).all()
    by_definition = window_loops.windowed_correlations(spoilt, starts, weights, constant_is_zero=True)
    np.testing.assert_allclose(found, by_definition, atol=1e-5)
