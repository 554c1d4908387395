"""Intensity scorer `shouting`: counts capitals and exclamation marks."""

import numpy as np
from emotopy import hookimpl
from emotopy.records import Intensities


class Shouting:
    """Averages the share of letters that are capitals and the share of words that end in an exclamation mark."""

    thread_safe = True

    def score(self, texts):
        """Return one row per text; coverage is the share of characters that are letters or exclamation marks."""
        shares = np.zeros((len(texts), 2))
        coverage = np.zeros(len(texts))
        for i, text in enumerate(texts):
            letters = [character for character in text if character.isalpha()]
            words = text.split()
            shares[i] = (
                sum(letter.isupper() for letter in letters) / max(1, len(letters)),
                sum(word.endswith("!") for word in words) / max(1, len(words)),
            )
            coverage[i] = (len(letters) + text.count("!")) / max(1, len(text))
        return Intensities(("capitals", "exclamations"), shares.mean(axis=1), shares, coverage)


@hookimpl
def register_intensity_scorers():
    """Offer `shouting`."""
    return {"shouting": Shouting}
