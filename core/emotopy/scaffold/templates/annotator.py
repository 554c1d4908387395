"""Annotator `my-annotator`: looks for the name of the emotion. Replace it with your model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from emotopy import hookimpl
from emotopy.records import FloatArray
from emotopy.roles import Annotator, Factory


class MyAnnotator:
    """Returns 1 if a segment contains the name of the emotion, else 0."""

    thread_safe = True

    def annotate(self, segments: Sequence[str], emotions: Sequence[str]) -> FloatArray:
        """Return (n_segments, n_emotions), from 0 to 1; segments come in the order of the story."""
        named = [[emotion in segment.lower() for emotion in emotions] for segment in segments]
        return np.array(named, dtype=np.float64).reshape(len(segments), len(emotions))


@hookimpl
def register_annotators() -> Mapping[str, Factory[Annotator]]:
    """Offer `my-annotator`."""
    return {"my-annotator": MyAnnotator}
