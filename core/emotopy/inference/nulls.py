"""Surrogate ratings: as smooth and as related to each other as the real ones, but not those of this story.

Both nulls work on ratings per volume, after the convolution with the haemodynamic response and *before* windowing, and
both detrend first: a linear trend leaks into every frequency, and a shifted one has a step. The observed ratings must
be detrended alike (`detrend`), or observed and surrogates would differ in more than their phases.

`rows` is another matter: it shuffles the targets of single rows, as published code does, and is kept beside the two so
that a published p-value can be told for what it is.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from emotopy.errors import InputError
from emotopy.records.axes import FloatArray
from emotopy.wording import setting

FEWEST_VOLUMES = 8
"""A shorter story has hardly a phase to draw."""


def detrend(ratings: FloatArray) -> FloatArray:
    """Remove each emotion's linear trend, keep its mean; (n_volumes, n_emotions), NaN where the story is unknown.

    Raises InputError for unknown ratings between known ones, or fewer than eight known volumes.
    """
    known = known_span(ratings)
    result = np.array(ratings, dtype=np.float64)
    result[known] = _detrended(result[known])
    return result


def phase(rng: np.random.Generator, n: int, ratings: FloatArray) -> FloatArray:
    """Return surrogates with the power spectra and cross-spectra of the detrended ratings and random phases.

    Parameters
    ----------
    rng
        Source of the phases.
    n
        Number of surrogates.
    ratings
        (n_volumes, n_emotions) of one story, convolved with the haemodynamic response; NaN at the beginning or end
        where the story is unknown: only the known span is randomised, the rest stays unknown.

    Returns (n, n_volumes, n_emotions). One set of phases turns all emotions of a story alike, so that what they have
    in common stays. The mean is kept; the Nyquist frequency of an even number of volumes can only change its sign.

    Raises InputError as `detrend` does.
    Source: Theiler et al. 1992, Physica D 58:77; Prichard & Theiler 1994, Physical Review Letters 73:951.
    """
    known, values, result = _prepared(n, ratings)
    n_known = len(values)
    spectrum = np.fft.rfft(values, axis=0)
    turns = np.exp(2j * np.pi * rng.random((n, len(spectrum))))
    turns[:, 0] = 1.0
    if n_known % 2 == 0:
        turns[:, -1] = rng.choice([-1.0, 1.0], size=n)
    result[:, known] = np.fft.irfft(spectrum * turns[:, :, None], n=n_known, axis=1)
    return result


def circular(rng: np.random.Generator, n: int, ratings: FloatArray, *, least: int | None = None) -> FloatArray:
    """Return the detrended ratings shifted in a circle by random lags, (n, n_volumes, n_emotions).

    `least` is the smallest lag in volumes, either way (default: a tenth of the known span); a lag near zero would be
    the ratings themselves. Lags are drawn with replacement and there are no more different ones than volumes, so this
    null is coarse: a check beside `phase`, not in its place. NaN as for `phase`.

    Raises InputError where no lag is left, and as `detrend` does.
    """
    known, values, result = _prepared(n, ratings)
    n_known = len(values)
    shortest = max(1, n_known // 10) if least is None else max(1, least)
    if 2 * shortest > n_known:
        raise InputError(
            f"null circular: shifts of at least {shortest} volumes in either direction don't fit into "
            f"the {n_known} volumes with known ratings; set {setting('null=phase')}, or use shorter "
            "windows"
        )
    lags = rng.integers(shortest, n_known - shortest, size=n, endpoint=True)
    result[:, known] = values[(np.arange(n_known)[None, :] - lags[:, None]) % n_known]
    return result


def rows(rng: np.random.Generator, n: int, targets: FloatArray) -> FloatArray:
    """Return the targets (n_rows, n_emotions) in n random orders, (n, n_rows, n_emotions); all emotions alike.

    No test of a time course: targets of neighbouring windows are nearly equal, and no shuffled ones are. A decoder
    that recognises neighbours, or any slow signal beside any slow rating, beats this null without any relation of the
    two. Source: scikit-learn's `permutation_test_score`, as published code uses it (arXiv 2606.07707).
    """
    return np.stack([targets[rng.permutation(len(targets))] for _ in range(n)])


NULLS: dict[str, Callable[[np.random.Generator, int, FloatArray], FloatArray]] = {
    "phase": phase,
    "circular": circular,
}
"""Name in the configuration → function (rng, n, ratings) of the ratings of a story, before windowing."""
SHUFFLED = "rows"
"""What the configuration calls the shuffling of single rows (`rows`), after windowing."""
SHUFFLED_NOTE = (
    "Null rows: the targets of single windows are shuffled, which removes the autocorrelation of the "
    "ratings. Any slow signal then scores above this null, so its p is no evidence about the story."
)
"""What is told wherever rows are shuffled."""


def known_span(ratings: FloatArray) -> slice:
    """Return the volumes whose ratings are known; all emotions are known together.

    Raises InputError for unknown ratings between known ones, or fewer than eight known volumes.
    """
    finite = np.asarray(np.isfinite(ratings).all(axis=1))
    rows = np.flatnonzero(finite)
    if len(rows) < FEWEST_VOLUMES:
        raise InputError(f"ratings: wanted at least {FEWEST_VOLUMES} volumes with known ratings, got {len(rows)}")
    span = slice(int(rows[0]), int(rows[-1]) + 1)
    if not finite[span].all():
        gap = int(np.flatnonzero(~finite[span])[0]) + span.start
        raise InputError(
            f"ratings: unknown at volume {gap}, between known ratings; surrogates need ratings without "
            "gaps: divide the story into runs there, or fill the gap"
        )
    return span


def _prepared(n: int, ratings: FloatArray) -> tuple[slice, FloatArray, FloatArray]:
    """Return the known span, its detrended ratings, and room for n surrogates."""
    known = known_span(ratings)
    return known, _detrended(np.asarray(ratings[known], dtype=np.float64)), np.full((n, *ratings.shape), np.nan)


def _detrended(values: FloatArray) -> FloatArray:
    time = np.arange(len(values)) - (len(values) - 1) / 2
    slope = time @ (values - values.mean(axis=0)) / (time @ time)
    return np.asarray(values - time[:, None] * slope)
