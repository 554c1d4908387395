"""What annotators promise."""

from __future__ import annotations

import numpy as np

from emotopy.errors import EmotopyError
from emotopy.testing.example_inputs import TEXTS
from emotopy.testing.generic_checks import same
from emotopy.testing.suite import Candidate, matrix, refuses, require

EMOTIONS = ("joy", "fear", "anger")


def check_one_rating_per_segment_and_emotion(candidate: Candidate) -> None:
    """`annotate` returns finite values from 0 to 1 of shape (n_segments, n_emotions), also for one segment."""
    annotator = candidate.stage()
    for segments in (list(TEXTS), [TEXTS[0]]):
        ratings = annotator.annotate(segments, list(EMOTIONS))
        matrix(candidate, ratings, len(segments), "annotate()", len(EMOTIONS), "emotion")
        require(((ratings >= 0) & (ratings <= 1)).all(), f"{candidate}: ratings must lie between 0 and 1")


def check_columns_follow_the_emotions(candidate: Candidate) -> None:
    """The columns of `annotate` are the requested emotions, in the requested order."""
    annotator = candidate.stage()
    there = annotator.annotate(list(TEXTS), list(EMOTIONS))
    back = np.asarray(annotator.annotate(list(TEXTS), list(EMOTIONS[::-1])))
    require(same(back[:, ::-1], there), f"{candidate}: annotate() has its columns in another order than the emotions")


def check_any_emotion_is_rated_or_refused(candidate: Candidate) -> None:
    """A single emotion gives one column; an unknown emotion gives a column or raises an EmotopyError."""
    annotator = candidate.stage()
    for emotions in (["fear"], ["joy", "zyxxia"]):
        try:
            ratings = annotator.annotate(list(TEXTS), emotions)
        except EmotopyError:
            continue
        matrix(candidate, ratings, len(TEXTS), f"annotate() of {emotions}", len(emotions), "emotion")


def check_no_segments_no_ratings(candidate: Candidate) -> None:
    """An empty list of segments, which the host never passes, raises or gives (0, n_emotions)."""
    annotator = candidate.stage()
    refuses(candidate, lambda: annotator.annotate([], list(EMOTIONS)), "annotate([])", n_columns=len(EMOTIONS))
