"""Agreement of an annotation with human ratings of the same story, on a common clock, beside the noise ceiling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.inference.correlation import mean_of_known
from emotopy.inference.rating_courses import each_emotion, step_function
from emotopy.inference.reliability import Ceiling, noise_ceiling, pearson_of_known
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Ratings

STEP_S = 1.0
"""The common clock: both annotations are read in the middle of every second that both cover."""
FEWEST_S = 3


@attrs.frozen
class Agreement:
    """One emotion: Pearson's r with the mean of the human raters, over `n_seconds`, and the raters' noise ceiling."""

    emotion: str
    r: float
    n_seconds: int
    ceiling: Ceiling

    def to_dict(self) -> dict[str, Any]:
        """Return the agreement as JSON holds it."""
        return {
            "PearsonR": rounded(self.r),
            "Seconds": self.n_seconds,
            "Raters": self.ceiling.n_raters,
            "RaterToRest": rounded(self.ceiling.rater_to_rest),
            "Reliability": rounded(self.ceiling.reliability),
            "NoiseCeiling": rounded(self.ceiling.ceiling),
        }


def agreement(ratings: Ratings, raters: Mapping[str, Ratings]) -> tuple[Agreement, ...]:
    """Compare an annotation with human ratings, emotion by emotion; those that no rater has are left out.

    Only times that both cover count: nothing is held over gaps. r is NaN where one of the two is constant.

    Raises InputError where the two share no emotion, or fewer than three seconds.
    """
    last_s = max(float(np.max(one.onset_s + one.duration_s)) for one in (ratings, *raters.values()))
    first_s = float(np.floor(min(float(np.min(one.onset_s)) for one in (ratings, *raters.values()))))
    times_s = np.arange(first_s + STEP_S / 2, last_s, STEP_S)
    annotated = rated_course(ratings, times_s)
    by_rater = {name: rated_course(one, times_s) for name, one in raters.items()}
    found = []
    for number, emotion in enumerate(ratings.emotions):
        columns = [
            values[:, raters[name].emotions.index(emotion)]
            for name, values in by_rater.items()
            if emotion in raters[name].emotions
        ]
        if columns:
            human = np.column_stack(columns)
            mean = mean_of_known(human)
            n_seconds = int((np.isfinite(mean) & np.isfinite(annotated[:, number])).sum())
            r = pearson_of_known(annotated[:, number], mean)
            found.append(Agreement(emotion, r, n_seconds, noise_ceiling(human)))
    if not found:
        raise InputError(
            f"the human ratings contain none of the emotions {', '.join(ratings.emotions)}, so nothing can be compared"
        )
    if max(one.n_seconds for one in found) < FEWEST_S:
        raise InputError(
            f"annotation and human ratings share fewer than {FEWEST_S} s: the annotation covers "
            f"{_span(ratings)}, the human ratings {', '.join(_span(one) for one in raters.values())}; "
            "both must use story time"
        )
    return tuple(found)


def rated_course(ratings: Ratings, times_s: FloatArray) -> FloatArray:
    """Return the mean of the segments that cover each time, (n_times, n_emotions); NaN where none does.

    Two annotations are compared on it, and a plot shows it: ratings where something was rated, and nowhere else.

    The step function of the pathway without what it holds over gaps. Segment i covers `onset_s[i]`, inclusive, to its
    end, exclusive; nothing is rated from `known_until_s` on.
    """
    if np.isnan(ratings.values).any():
        return np.concatenate([rated_course(part, times_s) for part in each_emotion(ratings)], axis=1)
    ends = np.sort(ratings.onset_s + ratings.duration_s)
    begun = np.searchsorted(np.sort(ratings.onset_s), times_s, side="right")
    ended = np.searchsorted(ends, times_s, side="right")
    values = step_function(ratings, times_s)
    values[(begun == ended) | (times_s >= ratings.known_until_s)] = np.nan
    return values


def rounded(value: float) -> float | None:
    """Return a number with six decimals, None for what isn't finite and so has no JSON.

    >>> rounded(0.12345678), rounded(float("nan"))
    (0.123457, None)
    """
    return round(float(value), 6) + 0.0 if np.isfinite(value) else None


def _span(ratings: Ratings) -> str:
    return f"{float(np.min(ratings.onset_s)):g} to {float(np.max(ratings.onset_s + ratings.duration_s)):g} s"
