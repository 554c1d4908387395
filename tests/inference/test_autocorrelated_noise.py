"""Noise between neighbouring texts: its model against plain formulas, its fit on series whose noise is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import toeplitz

from emotopy.errors import InputError
from emotopy.inference.autocorrelated_noise import CHOICES, Noise, column_variances, fit_noise, power, surrogates


def covariance(noise, n):
    return toeplitz(np.r_[1.0, noise.correlation(n - 1)])


@pytest.mark.parametrize("noise", [Noise(), Noise(0.4, 0.7), Noise(1.0, 0.9)], ids=str)
def test_variances_of_sums_equal_the_quadratic_form(rng, noise):
    """The recursion over texts gives w' R w, R written out."""
    weights = rng.random((5, 23)) * (rng.random((5, 23)) > 0.2)
    wanted = np.einsum("ij,jk,ik->i", weights, covariance(noise, 23), weights)
    np.testing.assert_allclose(noise.variance_of_sums(weights), wanted)


@pytest.mark.parametrize("noise", [Noise(0.4, 0.7), Noise(1.0, 0.3)], ids=str)
def test_the_spectrum_is_that_of_the_correlation(noise):
    """In a long series the cosine coefficients have the variance that the covariance matrix gives them."""
    from scipy.fft import dct

    n = 400
    basis = dct(np.eye(n), axis=0, norm="ortho")[1:]
    wanted = np.einsum("ij,jk,ik->i", basis, covariance(noise, n), basis)
    np.testing.assert_allclose(noise.spectrum(n), wanted, rtol=0.06)


@pytest.mark.parametrize(("share", "persistence"), [(0.0, 0.0), (1.0, 0.6), (0.3, 0.9)])
def test_the_fit_finds_the_correlation_that_was_planted(rng, share, persistence):
    """Over 900 texts and 7 columns the first lags come out within 0.08, the variances within a sixth."""
    planted = Noise(share, persistence)
    sizes = np.array([1, 2, 0.5, 1, 3, 1, 1])
    series = (np.linalg.cholesky(covariance(planted, 900)) @ rng.standard_normal((900, 7))) * sizes
    powers = power(series)
    choice, _ = fit_noise((powers / sizes**2).sum(axis=1)[None], 7)
    found = CHOICES[int(choice[0])]
    np.testing.assert_allclose(found.correlation(4), planted.correlation(4), atol=0.08)
    np.testing.assert_allclose(column_variances(powers, found), sizes**2, rtol=0.17)


def test_a_longest_memory_rules_out_what_lasts_longer(rng):
    """With `longest` of five texts the most persistent choice is 0.8, of ten 0.9, however persistent the series."""
    series = np.cumsum(rng.standard_normal((200, 3)), axis=0)
    powers = power(series).sum(axis=1)[None]
    assert CHOICES[int(fit_noise(powers, 3)[0][0])].persistence > 0.9
    assert CHOICES[int(fit_noise(powers, 3, longest=5.0)[0][0])].persistence == 0.8
    assert CHOICES[int(fit_noise(powers, 3, longest=10.0)[0][0])].persistence == 0.9
    assert CHOICES[int(fit_noise(powers, 3, longest=1.0)[0][0])] == Noise()


def test_surrogates_have_the_correlation_in_time_and_between_columns(rng):
    """Averaged over many surrogates both equal what was asked for, and their size that of the series."""
    noise = Noise(0.5, 0.8)
    rows = rng.standard_exponential((500, 2)) @ np.array([[1.0, 0.8, 0.0], [0.0, 0.6, 2.0]])
    drawn = surrogates(rng, 300, rows, noise)
    assert drawn.shape == (300, 500, 3)
    spread = np.einsum("nti,ntj->ij", drawn, drawn) / drawn[..., 0].size
    np.testing.assert_allclose(spread, np.cov(rows.T, bias=True), atol=0.1)
    for lag, wanted in enumerate(noise.correlation(3), start=1):
        found = (drawn[:, lag:] * drawn[:, :-lag]).mean() / (drawn**2).mean()
        assert found == pytest.approx(wanted, abs=0.02)


def test_without_memory_surrogates_are_permutations(rng):
    """Every row of the series stands once in each, whole, and no two surrogates are alike."""
    rows = rng.standard_normal((23, 3))
    drawn = surrogates(rng, 5, rows, Noise())
    wanted = np.sort((rows - rows.mean(axis=0)) @ [1, 10, 100])
    for one in drawn:
        np.testing.assert_allclose(np.sort(one @ [1, 10, 100]), wanted)
    assert len({one.tobytes() for one in drawn}) == 5


def test_one_text_makes_no_surrogates(rng):
    """A series needs a neighbour to differ from."""
    with pytest.raises(InputError, match="two texts"):
        surrogates(rng, 3, np.zeros((1, 2)), Noise())
