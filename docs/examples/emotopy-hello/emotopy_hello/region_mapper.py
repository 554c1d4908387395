"""Region mapper `keywords`: counts words that are associated with a region."""

from typing import Annotated

import numpy as np
from annotated_types import Gt
from emotopy import hookimpl

KEYWORDS = {
    "amygdala": "afraid alarm danger fear frightened panic scared terrified threat",
    "insula": "ache body breath disgust heart nausea pain sick stomach taste",
    "medial_prefrontal": "friend I me mother myself self she people think we",
    "posterior_cingulate": "ago dream memory once past remember story then was yesterday",
}


class Keywords:
    """Starts with equal weights and adds `gain` to a region for each of its keywords."""

    def __init__(self, gain: Annotated[float, Gt(0)] = 1.0):
        self.gain = gain

    def fit(self, inputs):
        """Look up the keywords of each column; a region without keywords keeps its initial weight."""
        regions = [target.removesuffix("_left").removesuffix("_right") for target in inputs.targets]
        self.words_ = [set(KEYWORDS.get(region, "").lower().split()) for region in regions]
        return self

    def assign(self, inputs):
        """Return (n_texts, n_regions); rows sum to one."""
        texts = [[word.strip(".,;:!?\"'") for word in text.lower().split()] for text in inputs.texts]
        counts = np.array([[sum(word in own for word in words) for own in self.words_] for words in texts])
        weights = 1 + self.gain * counts
        return weights / weights.sum(axis=1, keepdims=True)

    def state(self):
        """Return the state that is saved with a fitted pathway, as arrays and JSON values."""
        return {}, {"words": [sorted(words) for words in self.words_]}

    def restore(self, arrays, values):
        """Restore what `state` returned."""
        self.words_ = [set(words) for words in values["words"]]


@hookimpl
def register_region_mappers():
    """Offer `keywords`."""
    return {"keywords": Keywords}
