"""Annotator `lexicon`: which share of a segment's words an NRC list gives to each emotion."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from emotopy.hookspecs import hookimpl
from emotopy.roles import Annotator, Factory, Host


@hookimpl
def register_annotators() -> Mapping[str, Factory[Annotator]]:
    """Offer `lexicon`."""
    return {"lexicon": lexicon}


def lexicon(
    host: Host,
    lexicon: Path | None = None,
    negation: bool = True,
    intensifiers: bool = True,
    capitals: bool = True,
    exclamations: bool = True,
) -> Annotator:
    """Rate segments by the words of an NRC list that they use.

    Parameters
    ----------
    lexicon : Path or None
        Your own NRC file: EmoLex word-level, Emotion Intensity, or VAD (for valence and arousal); None reads the list
        in the nrclex package.
    negation, intensifiers, capitals, exclamations : bool
        "not happy", "very happy", "HAPPY", "happy!" count less or more, as for the intensity scorer `nrc`.

    Raises
    ------
    InputError
        For a list that can't be read; it names file and line.
    """
    from emotopy_plugins.annotators.lexicon_annotator import LexiconAnnotator
    from emotopy_plugins.shared.nrc_files import RESEARCH_ONLY, read_bundled, read_list
    from emotopy_plugins.shared.nrc_scorer import NrcScorer
    from emotopy_plugins.shared.vader_rules import Rules

    words = read_bundled() if lexicon is None else read_list(Path(lexicon))
    if lexicon is None:
        host.notify(RESEARCH_ONLY)
    rules = Rules(negation=negation, intensifiers=intensifiers, capitals=capitals, exclamations=exclamations)
    return LexiconAnnotator(NrcScorer(words, rules), host=host)
