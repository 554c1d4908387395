"""Noise of a series of texts, whose neighbours resemble each other: how much, for how long, and what that does.

Model: a share of the variance is new in every text, the rest persists from text to text (white noise plus an
autoregression of order one). Longer memory than an autoregression alone can have, as prose has it, fits too. All
columns of a series share the two figures, so eighteen regions say together what one couldn't.

Fitted by Whittle's likelihood on the cosine transform of the series, which has no jump where the end meets the
beginning, and whose coefficient 0 is the mean and is left out. Source: Whittle 1953, Arkiv för Matematik 2:423; for
the cosine transform, Ahmed, Natarajan & Rao 1974, IEEE Transactions on Computers C-23:90.
"""

from __future__ import annotations

from functools import lru_cache

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.records.axes import FloatArray, IntArray

PERSISTENCES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)
SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)


@attrs.frozen
class Noise:
    """Noise whose variance is one: `share` of it persists, from text to text by the factor `persistence`.

    >>> Noise(share=0.5, persistence=0.8).correlation(2)
    array([0.4 , 0.32])
    """

    share: float = 0.0
    persistence: float = 0.0

    def correlation(self, n_lags: int) -> FloatArray:
        """Return the correlation of texts 1 … n_lags places apart."""
        return np.asarray(self.share * self.persistence ** np.arange(1, n_lags + 1))

    def spectrum(self, n_texts: int) -> FloatArray:
        """Return the expected power of the cosine coefficients 1 … n_texts − 1."""
        angle = np.pi * np.arange(1, n_texts) / n_texts
        p = self.persistence
        return np.asarray((1 - self.share) + self.share * (1 - p * p) / (1 - 2 * p * np.cos(angle) + p * p))

    def variance_of_sums(self, weights: FloatArray) -> FloatArray:
        """Return the variance of each weighted sum of the series; weights (n_sums, n_texts), in time order."""
        squares = np.asarray((weights**2).sum(axis=1))
        if self.share == 0:
            return squares
        before, cross_products = np.zeros(len(weights)), np.zeros(len(weights))
        for weight in np.ascontiguousarray(weights.T):
            cross_products += weight * before
            before = self.persistence * (before + weight)
        return np.asarray(squares + 2 * self.share * cross_products)


CHOICES = (Noise(), *(Noise(share, persistence) for persistence in PERSISTENCES for share in SHARES))
"""The noises that a fit chooses from."""


def power(series: FloatArray) -> FloatArray:
    """Return squared cosine coefficients 1 … n_texts − 1 of series (..., n_texts, n_columns), in the same layout."""
    from scipy.fft import dct

    return np.asarray(dct(series, axis=-2, norm="ortho")[..., 1:, :] ** 2)


def fit_noise(
    powers: FloatArray, n_columns: int, *, first: int = 1, longest: float = np.inf
) -> tuple[IntArray, FloatArray]:
    """Choose the noise that fits each series best.

    Parameters
    ----------
    powers
        (n_series, n_texts − 1): `power` summed over the columns.
    n_columns
        How many columns were summed.
    first
        The lowest coefficient in use; what lies below may be signal.
    longest
        The longest memory to choose, 1 / (1 − persistence), in texts.

    Returns the places in `CHOICES` (n_series,) and the log-likelihoods (n_series,), up to a constant of the length.
    """
    n_texts = powers.shape[1] + 1
    allowed = [i for i, noise in enumerate(CHOICES) if longest * (1 - noise.persistence) > 1 - 1e-9 or noise.share == 0]
    inverse, logarithms = (part[first - 1 :, allowed] for part in _spectra(n_texts))
    n = len(inverse)
    variances = np.maximum(powers[:, first - 1 :] @ inverse / (n * n_columns), np.finfo(np.float64).tiny)
    likelihoods = -0.5 * n_columns * (n * np.log(variances) + logarithms.sum(axis=0))
    best = np.argmax(likelihoods, axis=1)
    return np.array(allowed)[best], likelihoods[np.arange(len(best)), best]


@lru_cache(maxsize=4)
def _spectra(n_texts: int) -> tuple[FloatArray, FloatArray]:
    """Return 1 / spectrum and its logarithm for every choice, (n_texts − 1, n_choices): asked for again and again."""
    spectra = np.array([noise.spectrum(n_texts) for noise in CHOICES]).T
    return 1 / spectra, np.log(spectra)


def column_variances(powers: FloatArray, noise: Noise, *, first: int = 1) -> FloatArray:
    """Return the noise's variance in each column, (n_columns,), from `power` (n_texts − 1, n_columns)."""
    held, spectrum = powers[first - 1 :], noise.spectrum(len(powers) + 1)[first - 1 :]
    return np.asarray((held / spectrum[:, None]).mean(axis=0))


def surrogates(rng: np.random.Generator, n: int, rows: FloatArray, noise: Noise) -> FloatArray:
    """Return series of noise alone, (n, n_texts, n_columns), made of shuffled `rows` (n_texts, n_columns).

    Whole rows are shuffled, so columns stay related as they are, and texts as unlike normal numbers as they are; with
    no share that persists a surrogate is a permutation. The part that persists runs through rows drawn anew. Rows are
    centred first; their autocorrelation doesn't matter.

    Raises InputError for fewer than two texts.
    """
    n_texts = len(rows)
    if n_texts < 2:
        raise InputError(f"rows: wanted two texts or more, got {n_texts}")
    rows = rows - rows.mean(axis=0)
    drawn = rows[rng.permuted(np.tile(np.arange(n_texts), (n, 1)), axis=1)]
    if noise.share == 0:
        return np.asarray(drawn)
    lasting = rows[rng.integers(0, n_texts, (n_texts, n))]
    lasting[1:] *= np.sqrt(1 - noise.persistence**2)
    for i in range(1, n_texts):
        lasting[i] += noise.persistence * lasting[i - 1]
    return np.asarray(np.sqrt(1 - noise.share) * drawn + np.sqrt(noise.share) * np.moveaxis(lasting, 1, 0))
