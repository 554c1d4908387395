"""Intensity scorer `my-intensity-scorer`: counts exclamation marks. Put your lexicon or model in its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from emotopy import hookimpl
from emotopy.records import Intensities
from emotopy.roles import Factory, IntensityScorer


class MyIntensityScorer:
    """Exclamation marks per word, at most one; of emotions it knows but arousal."""

    thread_safe = True

    def score(self, texts: Sequence[str]) -> Intensities:
        """Return a value, a column per emotion, and a coverage per text."""
        shares = np.array([min(1.0, text.count("!") / (len(text.split()) or 1)) for text in texts])
        return Intensities(emotions=("arousal",), values=shares, by_emotion=shares[:, None], coverage=shares)


@hookimpl
def register_intensity_scorers() -> Mapping[str, Factory[IntensityScorer]]:
    """Offer `my-intensity-scorer`."""
    return {"my-intensity-scorer": MyIntensityScorer}
