"""An annotation held against human ratings of the same story, on a common clock, beside the ceiling that noise sets."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.inference.correlation import mean_of_known
from emotopy.inference.reliability import Ceiling, noise_ceiling, pearson_of_known
from emotopy.pathways.annotation.rating_course import rated_course
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


def agreement(ratings: Ratings, raters: Mapping[str, Ratings]) -> tuple[Agreement, ...]:
    """Compare an annotation with human ratings, emotion by emotion; those that no rater has are left out.

    Only times that both cover count: nothing is held over gaps. r is NaN where one of the two is constant.

    Raises InputError where the two share no emotion, or fewer than three seconds.
    """
    last_s = max(float(np.max(one.onset_s + one.duration_s)) for one in (ratings, *raters.values()))
    first_s = float(np.floor(min(float(np.min(one.onset_s)) for one in (ratings, *raters.values()))))
    clock = np.arange(first_s + STEP_S / 2, last_s, STEP_S)
    mine = rated_course(ratings, clock)
    theirs = {name: rated_course(one, clock) for name, one in raters.items()}
    found = []
    for number, emotion in enumerate(ratings.emotions):
        columns = [
            values[:, raters[name].emotions.index(emotion)]
            for name, values in theirs.items()
            if emotion in raters[name].emotions
        ]
        if columns:
            human = np.column_stack(columns)
            mean = mean_of_known(human)
            n_seconds = int((np.isfinite(mean) & np.isfinite(mine[:, number])).sum())
            found.append(Agreement(emotion, pearson_of_known(mine[:, number], mean), n_seconds, noise_ceiling(human)))
    if not found:
        raise InputError(
            f"the human ratings hold none of the emotions {', '.join(ratings.emotions)}; nothing to compare"
        )
    if max(one.n_seconds for one in found) < FEWEST_S:
        raise InputError(
            f"annotation and human ratings share fewer than {FEWEST_S} s: the annotation covers "
            f"{_span(ratings)}, the human ratings {', '.join(_span(one) for one in raters.values())}; both must be on "
            "the narrative's clock"
        )
    return tuple(found)


def _span(ratings: Ratings) -> str:
    return f"{float(np.min(ratings.onset_s)):g} to {float(np.max(ratings.onset_s + ratings.duration_s)):g} s"
