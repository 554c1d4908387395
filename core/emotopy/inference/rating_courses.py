"""Ratings as the signal sees them: a step function of time, under the HRF, at the volumes' times, then in windows.

The story runs on the narrative's clock; `start_s` is what this clock shows at the onset of the first volume that was
kept. Volume i stands for the time `start_s + i · tr_s + sampled_s`, where `sampled_s` is half a TR unless slice timing
correction brought the slices to another moment.
"""

from __future__ import annotations

import math

import numpy as np

from emotopy.errors import ConfigError, InputError
from emotopy.records.axes import FloatArray
from emotopy.records.brain import EmotionCourse, Ratings
from emotopy.wording import flag

STEP_S = 0.1
"""How finely the step function is sampled."""
HRF_S = 32.0
"""How long the response to a moment lasts; SPM's default."""


def canonical_hrf(step_s: float = STEP_S) -> FloatArray:
    """Return the canonical haemodynamic response, (n_steps,), at the middle of each step, summing to one.

    The difference of two gamma densities with unit dispersion, a response that peaks about 5 s after the moment
    (shape 6) minus a sixth of an undershoot (shape 16), 32 s long: `spm_hrf` of SPM12 with its defaults (Friston et
    al. 1998, NeuroImage 7:30).

    >>> float(canonical_hrf(0.1).argmax() * 0.1)
    4.9
    """
    t = (np.arange(round(HRF_S / step_s)) + 0.5) * step_s
    response = t**5 * np.exp(-t) / math.factorial(5) - t**15 * np.exp(-t) / math.factorial(15) / 6
    return np.asarray(response / response.sum())


def step_function(ratings: Ratings, times_s: FloatArray) -> FloatArray:
    """Return the ratings at each moment of the narrative's clock, (n_times, n_emotions).

    Where segments overlap their mean, in a gap and behind the end the last value, before the first segment the mean
    over all the rated time. What lies behind `known_until_s` isn't unknown yet: that is `volume_course`'s business.

    Raises InputError for ratings without a segment that lasts.
    """
    if np.isnan(ratings.values).any():
        return np.concatenate([step_function(part, times_s) for part in each_emotion(ratings)], axis=1)
    edges, values = _pieces(ratings)
    piece = np.searchsorted(edges, times_s, side="right") - 1
    lasts = np.diff(edges)[:, None]
    before = (values[:-1] * lasts).sum(axis=0) / lasts.sum()
    return np.asarray(np.where(piece[:, None] >= 0, values[piece], before))


def each_emotion(ratings: Ratings) -> list[Ratings]:
    """Return the ratings of each emotion by itself, without the segments in which it wasn't rated (NaN)."""
    return [
        Ratings((name,), ratings.onset_s[rated], ratings.duration_s[rated], values[rated, None], ratings.known_until_s)
        for name, values in zip(ratings.emotions, ratings.values.T, strict=True)
        for rated in [np.isfinite(values)]
    ]


def volume_course(
    ratings: Ratings, tr_s: float, n_volumes: int, start_s: float = 0.0, sampled_s: float | None = None
) -> EmotionCourse:
    """Return the ratings under the HRF at each volume's time: `values` (n_volumes, n_emotions).

    A step function sampled every 0.1 s, convolved with `canonical_hrf`, which ends in the volume's time: what is still
    to come has no say. A volume later than `known_until_s` is NaN: unknown, not zero. `centres_s` counts from the
    onset of the first volume. A volume stands for the moment `sampled_s` after its onset, half a TR where None.

    Raises ConfigError where no volume falls into the story, InputError for ratings without a segment that lasts.
    """
    centres_s = (np.arange(n_volumes) + 0.5) * tr_s if sampled_s is None else np.arange(n_volumes) * tr_s + sampled_s
    times_s = start_s + centres_s
    first_s = float(ratings.onset_s.min(initial=np.inf))
    if times_s[-1] < first_s or times_s[0] > ratings.known_until_s:
        raise ConfigError(
            f"start: wanted volumes during the story, which is rated from {first_s:g} to "
            f"{ratings.known_until_s:g} s; got volumes from {times_s[0]:g} to {times_s[-1]:g} s; give "
            f"{flag('--start')}, the story time at the onset of the first volume"
        )
    hrf = canonical_hrf()
    n_steps = math.ceil((times_s[-1] - times_s[0]) / STEP_S) + 1
    from_s = times_s[0] - len(hrf) * STEP_S
    moments_s = from_s + (np.arange(n_steps + len(hrf)) + 0.5) * STEP_S
    stepped = step_function(ratings, moments_s)
    # sample k lies at (k + 1/2) steps, sample j of the HRF too: product sum number i is the response at (i + 1) steps
    ends_s = from_s + (np.arange(len(hrf) - 1, len(moments_s)) + 1) * STEP_S
    values = np.stack(
        [np.interp(times_s, ends_s, np.convolve(column, hrf, mode="valid")) for column in stepped.T], axis=1
    )
    values[times_s > ratings.known_until_s] = np.nan
    return EmotionCourse(ratings.emotions, centres_s, values)


def _pieces(ratings: Ratings) -> tuple[FloatArray, FloatArray]:
    """Return the moments at which the step function may change, (n_edges,), and its value from each on."""
    lasting = ratings.duration_s > 0
    if not lasting.any():
        raise InputError(f"ratings: wanted segments longer than 0 s, got {len(lasting)} segments of 0 s")
    onset_s = ratings.onset_s[lasting]
    moments_s = np.concatenate([onset_s, onset_s + ratings.duration_s[lasting]])
    edges, place = np.unique(moments_s, return_inverse=True)
    comes, goes = np.split(place, 2)
    changes = np.zeros((len(edges), len(ratings.emotions)))
    np.add.at(changes, comes, ratings.values[lasting])
    np.subtract.at(changes, goes, ratings.values[lasting])
    n_active = np.cumsum(np.bincount(comes, minlength=len(edges)) - np.bincount(goes, minlength=len(edges)))
    means = np.cumsum(changes, axis=0) / np.maximum(n_active, 1)[:, None]
    holds = np.maximum.accumulate(np.where(n_active > 0, np.arange(len(edges)), 0))
    return edges, means[holds]
