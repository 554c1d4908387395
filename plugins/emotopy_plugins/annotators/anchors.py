"""Annotator `anchors`: how near a segment lies to words for each emotion, in any embedder's space. The default."""

from __future__ import annotations

import math
from collections.abc import Mapping

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Annotator, Embedder, Factory, Host


@hookimpl
def register_annotators() -> Mapping[str, Factory[Annotator]]:
    """Offer `anchors`."""
    return {"anchors": anchors}


def anchors(embedder: Embedder, steepness: float = 1.0, host: Host | None = None) -> Annotator:
    """Rate segments by the cosine of their vectors with emotion anchors; offline with the default embedder.

    A rating is relative to the story: 0.5 where an emotion is as strong as it is on average over the segments, more
    where it is stronger. It says when, not how much; a story of one segment is 0.5 throughout.

    Parameters
    ----------
    embedder : Embedder
        Turns segments and anchor words into vectors; the annotation's own (`static`) unless named.
    steepness : float
        How fast ratings leave 0.5, in units of 1 / standard deviation; more than 0.

    Raises
    ------
    ConfigError
        For a steepness out of range.
    """
    if not 0 < steepness < math.inf:
        raise ConfigError(f"annotator.steepness: wanted more than 0, got {steepness!r}; 1 is the default")
    from emotopy_plugins.annotators.anchors_annotator import AnchorsAnnotator

    return AnchorsAnnotator(embedder, steepness=steepness, host=host)
