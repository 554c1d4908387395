"""Surrogate ratings keep what they should and lose what they should."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import detrend as scipy_detrend

from emotopy.errors import InputError
from emotopy.inference.nulls import NULLS, circular, detrend, phase, rows

N_EMOTIONS, N = 3, 5


def ratings(rng, n_volumes):
    return np.cumsum(rng.standard_normal((n_volumes, N_EMOTIONS)), axis=0) + 4


@pytest.mark.parametrize("n_volumes", [60, 61])
def test_phase_keeps_power_and_cross_spectra(rng, n_volumes):
    """Of the detrended ratings, to 1e-10, for even and odd lengths."""
    values = ratings(rng, n_volumes)
    wanted = np.fft.rfft(detrend(values), axis=0)
    found = np.fft.rfft(phase(rng, N, values), axis=1)
    spectra = np.einsum("fi,fj->fij", wanted, wanted.conj())
    for surrogate in found:
        cross = np.einsum("fi,fj->fij", surrogate, surrogate.conj())
        np.testing.assert_allclose(cross, spectra, atol=1e-10 * np.abs(spectra).max())


@pytest.mark.parametrize("null", [phase, circular])
@pytest.mark.parametrize("n_volumes", [60, 61])
def test_surrogates_keep_mean_and_covariance(rng, null, n_volumes):
    """Real numbers, the mean of the ratings, and the covariance of the detrended ones."""
    values = ratings(rng, n_volumes)
    found = null(rng, N, values)
    assert found.shape == (N, n_volumes, N_EMOTIONS)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found.mean(axis=1), np.tile(values.mean(axis=0), (N, 1)), atol=1e-10)
    for surrogate in found:
        np.testing.assert_allclose(np.cov(surrogate.T), np.cov(detrend(values).T), atol=1e-9)


@pytest.mark.parametrize("null", [phase, circular])
def test_surrogates_differ_from_the_ratings_and_from_each_other(rng, null):
    """None is near the original; on average they don't correlate with it."""
    values = ratings(rng, 200)
    found = null(rng, 300, values)
    r = [np.corrcoef(one[:, 0], detrend(values)[:, 0])[0, 1] for one in found]
    assert abs(np.mean(r)) < 0.3
    assert max(r) < 0.99
    assert len(np.unique(np.round(r, 9))) > 50


def test_phase_moves_the_nyquist_frequency_by_its_sign_only(rng):
    """The alternating part of an even series flips or stays."""
    values = detrend(ratings(rng, 60))
    wanted = np.fft.rfft(values, axis=0)[-1]
    signs = np.fft.rfft(phase(rng, 40, values), axis=1)[:, -1] / wanted
    np.testing.assert_allclose(np.abs(signs.real), 1.0)
    assert {-1, 1} == set(np.round(signs.real[:, 0]).astype(int))


def test_circular_is_the_detrended_ratings_rolled(rng):
    """Every surrogate is a shift by at least the smallest lag, either way."""
    values = ratings(rng, 60)
    rolled = [np.roll(detrend(values), lag, axis=0) for lag in range(60)]
    found = circular(rng, 500, values, least=13)
    lags = [int(np.argmin([np.abs(one - other).max() for other in rolled])) for one in found]
    for one, lag in zip(found, lags, strict=True):
        np.testing.assert_array_equal(one, rolled[lag])
    assert set(lags) == set(range(13, 48))


def test_detrending_is_scipys_but_keeps_the_mean(rng):
    """And detrending twice changes nothing."""
    values = ratings(rng, 61)
    found = detrend(values)
    np.testing.assert_allclose(found - found.mean(axis=0), scipy_detrend(values, axis=0), atol=1e-10)
    np.testing.assert_allclose(found.mean(axis=0), values.mean(axis=0))
    np.testing.assert_allclose(detrend(found), found, atol=1e-12)


@pytest.mark.parametrize("null", [phase, circular])
def test_only_the_known_span_is_randomised(rng, null):
    """Unknown beginning and end stay unknown; the rest is what the known span alone gives."""
    values = ratings(rng, 60)
    values[:4], values[50:] = np.nan, np.nan
    found = null(np.random.default_rng(1), N, values)
    assert np.isnan(found[:, :4]).all()
    assert np.isnan(found[:, 50:]).all()
    np.testing.assert_allclose(found[:, 4:50], null(np.random.default_rng(1), N, values[4:50]))
    assert np.isnan(detrend(values)[:4]).all()


@pytest.mark.parametrize("null", [*NULLS.values(), lambda rng, n, values: detrend(values)])
def test_unknown_ratings_in_the_middle_are_an_error(rng, null):
    """And so is a span too short to randomise."""
    values = ratings(rng, 60)
    values[20, 1] = np.nan
    with pytest.raises(InputError, match="unknown at volume 20"):
        null(rng, N, values)
    with pytest.raises(InputError, match="at least 8 volumes"):
        null(rng, N, ratings(rng, 7))


def test_circular_without_room_for_its_lag_is_an_error(rng):
    """31 volumes either way don't fit into 60."""
    assert circular(rng, N, ratings(rng, 60), least=30).shape[0] == N
    with pytest.raises(InputError, match="at least 31 volumes"):
        circular(rng, N, ratings(rng, 60), least=31)


def test_the_same_generator_gives_the_same_surrogates(rng):
    """Randomness is passed in."""
    values = ratings(rng, 60)
    for null in NULLS.values():
        one, other = (null(np.random.default_rng(7), N, values) for _ in range(2))
        np.testing.assert_array_equal(one, other)


def test_rows_shuffles_whole_rows(rng):
    """Each surrogate holds the same rows in another order; emotions of a row stay together."""
    values = rng.standard_normal((40, N_EMOTIONS))
    found = rows(rng, N, values)
    assert found.shape == (N, 40, N_EMOTIONS)
    for one in found:
        np.testing.assert_array_equal(np.sort(one[:, 0]), np.sort(values[:, 0]))
        order = [int(np.flatnonzero(values[:, 0] == first)[0]) for first in one[:, 0]]
        np.testing.assert_array_equal(one, values[order])
    assert len({tuple(one[:, 0]) for one in found}) == N


def test_rows_loses_the_slowness_that_phase_keeps(rng):
    """Neighbours correlate as in the ratings under `phase`, and not at all once rows are shuffled."""
    values = ratings(rng, 400)

    def neighbours(one):
        return np.corrcoef(one[1:, 0], one[:-1, 0])[0, 1]

    assert np.mean([neighbours(one) for one in phase(rng, 30, values)]) > 0.9
    assert abs(np.mean([neighbours(one) for one in rows(rng, 30, values)])) < 0.05
