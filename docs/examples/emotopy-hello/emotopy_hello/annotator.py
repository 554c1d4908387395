"""Annotator `word-families`: an emotion is there where its name or a relative of it is."""

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
    """1 − 2^−n for n words of the emotion's family, and `carry` times the segment before: feelings last."""

    def __init__(self, carry: Annotated[float, Ge(0), Lt(1)] = 0.5):
        self.carry = carry

    def annotate(self, segments, emotions):
        """Return (n_segments, n_emotions) from 0 to 1; an emotion without a family is looked for by its name."""
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
