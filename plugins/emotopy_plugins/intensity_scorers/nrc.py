"""Intensity scorer `nrc`: emotional words of the NRC lists, weighed by what stands around them. The default."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Interval

from emotopy.hookspecs import hookimpl
from emotopy.roles import Factory, Host, IntensityScorer
from emotopy_plugins.shared.nrc_files import read_words
from emotopy_plugins.shared.nrc_scorer import NrcScorer
from emotopy_plugins.shared.vader_rules import Rules


class NrcIntensityScorer(NrcScorer):
    """Score texts by the words of an NRC list that they use.

    Parameters
    ----------
    lexicon : Path or None
        Your own NRC file: EmoLex word-level, Emotion Intensity, or VAD; None reads the list in the nrclex package.
    negation : bool
        "not happy" counts as little joy (never as sadness).
    negation_window : int
        How many words a negation reaches ahead, within a clause.
    negation_keeps : float
        What it leaves of a word's weight; 0 removes the word.
    intensifiers : bool
        "very happy" counts more, "slightly happy" less.
    capitals : bool
        "HAPPY" counts more, unless the whole text is in capitals.
    exclamations : bool
        Up to four "!" count.
    extra_words : bool or None
        Add our own list of common emotion words ("sad", "scared", "hates"; docs/emotion-words.md) where the list lacks
        them. None does so with the list in the nrclex package, and not with your own.

    Raises
    ------
    InputError
        For a list that can't be read; it names file and line.
    ConfigError
        For `extra_words` with a list of your own that isn't of categories.
    """

    def __init__(
        self,
        host: Host,
        lexicon: Path | None = None,
        negation: bool = True,
        negation_window: Annotated[int, Ge(1)] = 3,
        negation_keeps: Annotated[float, Interval(ge=0, le=1)] = 0.26,
        intensifiers: bool = True,
        capitals: bool = True,
        exclamations: bool = True,
        extra_words: bool | None = None,
    ) -> None:
        rules = Rules(
            negation=negation,
            negation_window=negation_window,
            negation_keeps=negation_keeps,
            intensifiers=intensifiers,
            capitals=capitals,
            exclamations=exclamations,
        )
        super().__init__(read_words(lexicon, host.notify, extra_words), rules)
        if self.unreachable:
            host.notify(
                f"{self.words.source}: {self.unreachable:,} of {len(self.words):,} entries are more than one word; "
                "texts are scored word by word, so these are never found."
            )


@hookimpl
def register_intensity_scorers() -> Mapping[str, Factory[IntensityScorer]]:
    """Offer `nrc`."""
    return {"nrc": NrcIntensityScorer}
