"""Change points of a series of texts whose neighbours resemble each other.

Where the changes lie, for each number of them, is found by ruptures: the segmentation of least squared distance from
the segments' means, by dynamic programming over all columns at once (Truong, Oudre & Vayatis 2020, Signal Processing
167:107299). How many there are is decided here. The penalties of the textbooks take texts for independent; series
without any change, whose neighbours correlate by 0.6, get one in nearly every run (tests/benchmarks/change_points.py).
So a segmentation is scored by how much likelier it makes the series, noise fitted anew with and without the changes
(`autocorrelated_noise`), and the penalty per change is what 95 % of simulated series without a change stay below. All
of it works on normal scores of the columns' ranks, because the tails of profiles are heavy.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from emotopy.errors import InputError, ShapeError
from emotopy.inference.autocorrelated_noise import CHOICES, Noise, fit_noise, power, surrogates
from emotopy.records.axes import FloatArray, IntArray

FEWEST_TEXTS = 20
"""A shorter series doesn't tell a change from noise."""
MOST_MOMENTS = 200
"""A longer series is averaged to so many moments of neighbouring texts."""
MOST_CHANGES = 8
"""No series is cut more often."""
SHORTEST = 5
"""Moments between two changes, at least; and a twentieth of the series."""
LONGEST_MEMORY = 10.0
"""Moments that noise may last, 1 / (1 − persistence). What lasts longer is a change, or can't be told from one."""


@attrs.frozen(eq=False)
class ChangePoints:
    """Changes of a series, in time order.

    Attributes
    ----------
    places
        (n_changes,): the row of the series that is the first after the change.
    gains
        (n_changes,): log-likelihood that the series loses where the change is taken back.
    p
        (n_changes,): share of simulated series without a change whose best gain is at least as large; corrected for the
        search over places and numbers of changes. The smallest is 1 / (n_surrogates + 1).
    penalty
        The gain that a change must reach.
    noise
        Noise of the series, as fitted without changes.
    """

    places: IntArray
    gains: FloatArray
    p: FloatArray
    penalty: float
    noise: Noise


def change_points(
    series: FloatArray, *, rng: np.random.Generator, level: float = 0.05, n_surrogates: int = 199
) -> ChangePoints:
    """Find where the mean of a series changes for good.

    Parameters
    ----------
    series
        (n_texts, n_columns) in time order; columns become normal scores here, those that never move are left out.
    rng
        Source of the simulated series.
    level
        How often a series without changes may be given one.
    n_surrogates
        How many series are simulated.

    Returns no change where no column moves.

    Raises ShapeError for anything but a table of finite numbers, InputError under 20 texts or for too few surrogates.
    """
    values = np.asarray(series, dtype=np.float64)
    if values.ndim != 2 or not np.isfinite(values).all():
        raise ShapeError(f"series: wanted finite numbers (n_texts, n_columns), got shape {values.shape}")
    if len(values) < FEWEST_TEXTS:
        raise InputError(f"change points: wanted at least {FEWEST_TEXTS} texts, got {len(values)}")
    if not 0 < level < 1 or (n_surrogates + 1) * level < 1:
        raise InputError(f"change points: {n_surrogates} surrogates are too few for a level of {level}; use more")
    starts = _starts(len(values))
    moments = np.add.reduceat(_normal_scores(values), starts, axis=0) / np.diff([*starts, len(values)])[:, None]
    if moments.shape[1] == 0:
        return ChangePoints(np.array([], dtype=np.int64), np.array([]), np.array([]), np.nan, Noise())
    search = _Search(moments)
    drawn = surrogates(rng, n_surrogates, moments, search.noise)
    null = np.sort([_Search(one).strongest for one in drawn])[::-1]
    penalty = float(null[int(np.floor(level * (n_surrogates + 1))) - 1])
    borders, gains = search.changes(penalty)
    p = np.array([(1 + np.count_nonzero(null >= gain)) / (1 + n_surrogates) for gain in gains])
    return ChangePoints(starts[np.array(borders, dtype=np.int64)], np.array(gains), p, penalty, search.noise)


class _Search:
    """The best segmentations of a series for each number of changes, and what the likelihood says of each."""

    def __init__(self, moments: FloatArray) -> None:
        self.moments = moments - moments.mean(axis=0)
        self.segmentations = _segmentations(self.moments)
        choices, likelihoods = self._fit([(), *self.segmentations])
        self.noise = CHOICES[int(choices[0])]
        self.unchanged = float(likelihoods[0])
        self.gains = likelihoods[1:] - self.unchanged
        per_change = self.gains / np.arange(1, len(self.gains) + 1)
        self.strongest = float(per_change.max(initial=-np.inf))

    def changes(self, penalty: float) -> tuple[tuple[int, ...], list[float]]:
        """Return the borders of the best penalised segmentation, each worth the penalty, and the gain of each."""
        if self.strongest <= penalty:
            return (), []
        worth = self.gains - penalty * np.arange(1, len(self.gains) + 1)
        borders = self.segmentations[int(np.argmax(worth))]
        while borders:
            without = [borders[:i] + borders[i + 1 :] for i in range(len(borders))]
            _, likelihoods = self._fit([borders, *without])
            gains = likelihoods[0] - likelihoods[1:]
            weakest = int(np.argmin(gains))
            if gains[weakest] > penalty:
                return borders, [float(gain) for gain in gains]
            borders = without[weakest]
        return (), []

    def _fit(self, segmentations: Sequence[tuple[int, ...]]) -> tuple[IntArray, FloatArray]:
        left = np.stack([_residuals(self.moments, borders) for borders in segmentations])
        return fit_noise(power(left).sum(axis=-1), self.moments.shape[1], longest=LONGEST_MEMORY)


def _segmentations(moments: FloatArray) -> list[tuple[int, ...]]:
    """Return the borders of the best segmentation with 1, 2, … changes."""
    from ruptures import KernelCPD

    shortest = max(SHORTEST, len(moments) // 20)
    most = min(MOST_CHANGES, len(moments) // shortest - 1)
    found = KernelCPD(kernel="linear", min_size=shortest).fit(np.ascontiguousarray(moments))
    found.predict(n_bkps=most)  # solves all smaller numbers too
    return [tuple(int(border) for border in found.predict(n_bkps=k)[:-1]) for k in range(1, most + 1)]


def _residuals(moments: FloatArray, borders: Sequence[int]) -> FloatArray:
    starts = [0, *borders]
    lengths = np.diff([*starts, len(moments)])
    means = np.add.reduceat(moments, starts, axis=0) / lengths[:, None]
    return np.asarray(moments - np.repeat(means, lengths, axis=0))


def _starts(n_texts: int) -> IntArray:
    """Return where each moment begins: every text is one, or neighbours are put together evenly."""
    n_moments = min(n_texts, MOST_MOMENTS)
    return np.asarray(np.arange(n_moments) * n_texts // n_moments)


def _normal_scores(values: FloatArray) -> FloatArray:
    """Return each column's ranks as quantiles of the normal distribution, without columns that never move.

    Profiles of texts have tails far heavier than normal (kurtosis up to 75 on GoEmotions): of their plain values, one
    extreme text would make a change.
    """
    from scipy.special import ndtri
    from scipy.stats import rankdata

    away = np.abs(values - values[0]).max(axis=0)
    moves = away > 1e-12 * np.abs(values).max(axis=0, initial=0)
    scores = ndtri((rankdata(values[:, moves], axis=0) - 0.5) / len(values))
    return np.asarray(scores)
