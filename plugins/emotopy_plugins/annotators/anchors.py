"""Annotator `anchors`: how near a segment lies to words for each emotion, in any embedder's space. The default.

Cosines with emotion anchors are standardised over the story and go through a logistic curve.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

import attrs
import numpy as np
from annotated_types import Gt, Lt

from emotopy.emotions import emotion
from emotopy.hookspecs import hookimpl
from emotopy.records.axes import FloatArray
from emotopy.roles import Annotator, Embedder, Factory, Host

_NO_SPREAD = 1e-6
"""Cosines that differ by less differ by rounding: vectors are single precision."""


@attrs.define(eq=False, repr=False)
class AnchorsAnnotator:
    """Rate segments by the cosine of their vectors with emotion anchors; offline with the default embedder.

    A rating is relative to the story: 0.5 where an emotion is as strong as it is on average over the segments, more
    where it is stronger. It says when, not how much; a story of one segment is 0.5 throughout.

    The anchor of an emotion is the mean of the unit vectors of its words, brought to unit norm; where a dimension has
    two ends (valence, arousal), the mean at one end minus that at the other. With c the cosine of a segment and an
    anchor, m and s its mean and standard deviation over the distinct segments of the story, the rating is
    1 / (1 + exp(−steepness · (c − m) / s)); 0.5 where s is 0.

    Standardising per emotion is needed, since an anchor may lie near all of a story's language, and what a cosine of
    0.2 means depends on the embedder. So ratings of two stories can't be compared in level, and a segment's rating
    depends on the other segments.

    Parameters
    ----------
    embedder : Embedder
        Turns segments and anchor words into vectors; the annotation's own (`static`) unless named.
    steepness : float
        How fast ratings leave 0.5, in units of 1 / standard deviation.
    """

    _embedder: Embedder
    _steepness: Annotated[float, Gt(0), Lt(math.inf)] = 1.0
    _host: Host = attrs.field(factory=Host)

    scale: ClassVar[str] = (
        "Ratings by anchors compare the segments of this story with each other: 0.5 means that an "
        "emotion is as strong as on average in the story, and higher values that it is stronger. They "
        "show when an emotion is strong, not how strong it is."
    )

    def annotate(self, segments: Sequence[str], emotions: Sequence[str]) -> FloatArray:
        """Return (n_segments, n_emotions), 0 to 1."""
        distinct = sorted(set(segments))
        row_of = {text: row for row, text in enumerate(distinct)}
        cosines = _unit(self._embed(distinct)) @ self._anchors(emotions).T
        spread = cosines.std(axis=0)
        if len(distinct) < 2:
            self._host.notify(
                "The annotator anchors compares the segments of a story with each other; this story "
                "has only one segment, so every rating is 0.5."
            )
        z = np.zeros(cosines.shape)
        np.divide(cosines - cosines.mean(axis=0), spread, out=z, where=spread > _NO_SPREAD)
        ratings: FloatArray = 1.0 / (1.0 + np.exp(-self._steepness * z))
        return ratings[[row_of[text] for text in segments]]

    def _anchors(self, emotions: Sequence[str]) -> FloatArray:
        """Return the anchor of each emotion, (n_emotions, n_dims), unit norm."""
        known = [emotion(name) for name in emotions]
        words = sorted({word for one in known for word in (*one.anchors, *one.opposites)})
        vectors = dict(zip(words, _unit(self._embed(words)), strict=True))

        def mean(names: Sequence[str]) -> FloatArray:
            return np.asarray(np.mean([vectors[name] for name in names], axis=0))

        ends = [mean(one.anchors) - (mean(one.opposites) if one.opposites else 0.0) for one in known]
        return _unit(np.stack(ends))

    def _embed(self, texts: Sequence[str]) -> FloatArray:
        return np.asarray(self._embedder.embed(texts), dtype=np.float64)


@hookimpl
def register_annotators() -> Mapping[str, Factory[Annotator]]:
    """Offer `anchors`."""
    return {"anchors": AnchorsAnnotator}


def _unit(vectors: FloatArray) -> FloatArray:
    """Bring rows to unit norm; a row of zeros, a text of which the embedder knows nothing, stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0))
