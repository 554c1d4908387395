"""Ratings where something was rated, and nowhere else: what two annotations are compared on, and what a plot shows."""

from __future__ import annotations

import numpy as np

from emotopy.inference.rating_courses import step_function
from emotopy.records.axes import FloatArray
from emotopy.records.brain import Ratings


def rated_course(ratings: Ratings, times_s: FloatArray) -> FloatArray:
    """Return the mean of the segments that cover each time, (n_times, n_emotions); NaN where none does.

    The step function of the pathway without what it holds over gaps. Segment i covers `onset_s[i]`, inclusive, to its
    end, exclusive; nothing is rated from `known_until_s` on.
    """
    ends = np.sort(ratings.onset_s + ratings.duration_s)
    begun = np.searchsorted(np.sort(ratings.onset_s), times_s, side="right")
    ended = np.searchsorted(ends, times_s, side="right")
    values = step_function(ratings, times_s)
    values[(begun == ended) | (times_s >= ratings.known_until_s)] = np.nan
    return values
