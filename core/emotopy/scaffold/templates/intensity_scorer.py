"""Intensity scorer `my-intensity-scorer`: counts exclamation marks. Replace it with your lexicon or model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from emotopy import hookimpl
from emotopy.records import Intensities
from emotopy.roles import Factory, IntensityScorer


class MyIntensityScorer:
    """Counts exclamation marks per word, at most one; its only emotion is arousal."""

    thread_safe = True

    def score(self, texts: Sequence[str]) -> Intensities:
        """Return a value, one column per emotion, and the coverage of each text."""
        shares = np.array([min(1.0, text.count("!") / (len(text.split()) or 1)) for text in texts])
        return Intensities(emotions=("arousal",), values=shares, by_emotion=shares[:, None], coverage=shares)


@hookimpl
def register_intensity_scorers() -> Mapping[str, Factory[IntensityScorer]]:
    """Offer `my-intensity-scorer`."""
    return {"my-intensity-scorer": MyIntensityScorer}
