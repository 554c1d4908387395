"""Intensity scorer `goemotions`: how probable it is that a reader names an emotion, learnt from labelled comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import attrs
import numpy as np

from emotopy.emotions import LABELS, PLUTCHIK8
from emotopy.hookspecs import hookimpl
from emotopy.records import Intensities
from emotopy.roles import Factory, IntensityScorer
from emotopy_plugins.shared.goemotions_head import GoEmotionsModel, Kind, plutchik


@attrs.define(eq=False, repr=False)
class GoEmotionsScorer:
    """Score texts with a GoEmotions head: a small model on static vectors with 28 emotions, which runs offline.

    `by_emotion` is the probability that a reader would give the text, treated as a comment, this label; `values` is the
    probability that it isn't neutral, 1 − P(neutral). Both are 0 for a text without any word or sign. `coverage` is the
    share of words that the static vectors know. The heads were trained on English Reddit comments (docs/annotators.md).

    Parameters
    ----------
    emotions : str
        Columns: `goemotions28` for the labels themselves, including `neutral`, or `plutchik8` for unweighted means over
        labels.
    head : str
        `words` is a layer on the vector of each word; `mean` consists of logistic regressions on the vector of the text
        and is less accurate on comments (docs/annotators.md).

    Raises
    ------
    PluginError
        The file of the head or of the vectors doesn't belong to this version.
    """

    emotions: Literal["goemotions28", "plutchik8"] = "goemotions28"
    head: Kind = "words"
    _model: GoEmotionsModel = attrs.field(init=False)

    languages: ClassVar[tuple[str, ...]] = ("en",)

    def __attrs_post_init__(self) -> None:
        self._model = GoEmotionsModel(self.head)

    @property
    def fingerprint(self) -> str:
        """Checksums of the head and of the vectors that it reads, and the columns where they aren't the labels."""
        columns = "" if self.emotions == "goemotions28" else f":{self.emotions}"
        return f"{self._model.fingerprint}{columns}"

    def score(self, texts: Sequence[str]) -> Intensities:
        """Return intensities, one row per text."""
        probabilities = self._model.probabilities(texts)
        has_words = probabilities.any(axis=1)
        values = np.where(has_words, 1.0 - probabilities[:, LABELS.index("neutral")], 0.0)
        coverage = np.where(has_words, self._model.coverage(texts), 0.0)
        if self.emotions == "plutchik8":
            return Intensities(PLUTCHIK8, values, plutchik(probabilities), coverage)
        return Intensities(LABELS, values, probabilities, coverage)


@hookimpl
def register_intensity_scorers() -> Mapping[str, Factory[IntensityScorer]]:
    """Offer `goemotions`."""
    return {"goemotions": GoEmotionsScorer}
