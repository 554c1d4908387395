"""Offers `nrc`: emotional words of the NRC lists, weighed by what stands around them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Factory, Host, IntensityScorer


def nrc(
    host: Host,
    lexicon: Path | None = None,
    negation: bool = True,
    negation_window: int = 3,
    negation_keeps: float = 0.26,
    intensifiers: bool = True,
    capitals: bool = True,
    exclamations: bool = True,
) -> IntensityScorer:
    """Score texts by the words of an NRC list that they use.

    Parameters
    ----------
    lexicon : Path or None
        Your own NRC file: EmoLex word-level, Emotion Intensity, or VAD; None reads the list in the nrclex package.
    negation : bool
        "not happy" counts as little joy (never as sadness).
    negation_window : int
        How many words a negation reaches ahead, within a clause; 1 or more.
    negation_keeps : float
        What it leaves of a word's weight, 0 to 1; 0 removes the word.
    intensifiers : bool
        "very happy" counts more, "slightly happy" less.
    capitals : bool
        "HAPPY" counts more, unless the whole text is in capitals.
    exclamations : bool
        Up to four "!" count.

    Raises
    ------
    ConfigError
        For a window or a share out of range.
    InputError
        For a list that can't be read; it names file and line.
    """
    if negation_window < 1:
        raise ConfigError(
            f"intensity_scorer.negation_window: wanted 1 or more words, got {negation_window}; "
            "negation = false switches the rule off"
        )
    if not 0.0 <= negation_keeps <= 1.0:
        raise ConfigError(f"intensity_scorer.negation_keeps: wanted a share from 0 to 1, got {negation_keeps}")

    from emotopy_plugins.shared.nrc_files import RESEARCH_ONLY, read_bundled, read_list
    from emotopy_plugins.shared.nrc_scorer import NrcScorer
    from emotopy_plugins.shared.vader_rules import Rules

    words = read_bundled() if lexicon is None else read_list(Path(lexicon))
    if lexicon is None:
        host.notify(RESEARCH_ONLY)
    scorer = NrcScorer(
        words,
        Rules(
            negation=negation,
            negation_window=negation_window,
            negation_keeps=negation_keeps,
            intensifiers=intensifiers,
            capitals=capitals,
            exclamations=exclamations,
        ),
    )
    if scorer.unreachable:
        host.notify(
            f"{words.source}: {scorer.unreachable:,} of {len(words):,} entries are more than one word; texts are "
            "scored word by word, so these are never found."
        )
    return scorer


@hookimpl
def register_intensity_scorers() -> Mapping[str, Factory[IntensityScorer]]:
    """Offer `nrc`."""
    return {"nrc": nrc}
