"""Annotator `word-families`: finds the name of an emotion and related words."""

from typing import Annotated

import numpy as np
from annotated_types import Ge, Lt
from emotopy import hookimpl

FAMILIES = {
    "joy": ("joy", "happ", "glad", "laugh", "smil", "delight"),
    "trust": ("trust", "faith", "believ", "rely", "honest"),
    "fear": ("fear", "afraid", "fright", "scar", "terr", "dread"),
    "surprise": ("surpris", "sudden", "astonish", "wonder"),
    "sadness": ("sad", "cry", "cried", "tear", "weep", "lonel", "miss"),
    "disgust": ("disgust", "filth", "vile", "nasty", "sick"),
    "anger": ("anger", "angr", "furious", "rage", "hate"),
    "anticipation": ("anticipat", "expect", "wait", "hope", "soon"),
}


class WordFamilies:
    """Rates 1 − 2^−n for n words of an emotion's family, plus `carry` times the previous segment."""

    def __init__(self, carry: Annotated[float, Ge(0), Lt(1)] = 0.5):
        self.carry = carry

    def annotate(self, segments, emotions):
        """Return (n_segments, n_emotions) from 0 to 1; without a family, only the name counts."""
        families = [FAMILIES.get(emotion, (emotion.lower(),)) for emotion in emotions]
        ratings = np.zeros((len(segments), len(emotions)))
        before = np.zeros(len(emotions))
        for i, segment in enumerate(segments):
            words = segment.lower().split()
            counts = np.array([sum(word.startswith(family) for word in words) for family in families])
            before = ratings[i] = np.maximum(1 - 0.5**counts, self.carry * before)
        return ratings


@hookimpl
def register_annotators():
    """Offer `word-families`."""
    return {"word-families": WordFamilies}
