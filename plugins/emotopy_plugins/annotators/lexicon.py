"""Annotator `lexicon`: which share of a segment's words an NRC list gives to each emotion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from emotopy.errors import ConfigError, listed
from emotopy.hookspecs import hookimpl
from emotopy.records.axes import FloatArray
from emotopy.roles import Annotator, Factory, Host
from emotopy.wording import setting
from emotopy_plugins.shared.nrc_files import read_words
from emotopy_plugins.shared.nrc_layouts import Form
from emotopy_plugins.shared.nrc_scorer import NrcScorer
from emotopy_plugins.shared.vader_rules import Rules

FEW_FOUND = 0.05
"""Mean coverage below which the user is told that the list hardly knows the story's words."""


class LexiconAnnotator:
    """Rate segments by the words of an NRC list that they use.

    With EmoLex or Emotion Intensity a rating is the weighted share of the segment's tokens that carry the emotion
    (`emotopy_plugins.shared.nrc_scorer`), 1 at most; segments of a few words jump. With VAD it is the mean rating of
    the tokens found, brought from the list's range to 0 to 1; 0.5 is neutral.

    Parameters
    ----------
    lexicon : Path or None
        Your own NRC file: EmoLex word-level, Emotion Intensity, or VAD (for valence and arousal); None reads the list
        in the nrclex package.
    lexicon_form : str or None
        What your file is, as for the intensity scorer `nrc`; None finds it out.
    negation, intensifiers, capitals, exclamations : bool
        "not happy", "very happy", "HAPPY", "happy!" count less or more, as for the intensity scorer `nrc`.
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
        intensifiers: bool = True,
        capitals: bool = True,
        exclamations: bool = True,
        extra_words: bool | None = None,
        lexicon_form: Form | None = None,
    ) -> None:
        rules = Rules(negation=negation, intensifiers=intensifiers, capitals=capitals, exclamations=exclamations)
        self._scorer = NrcScorer(read_words(lexicon, host.notify, extra_words, lexicon_form), rules)
        self._host = host

    @property
    def scale(self) -> str:
        """What the values mean."""
        if self._scorer.words.format == "vad":
            return "Ratings by lexicon are means over the words found in the list: 0.5 is neutral."
        return (
            "Ratings by lexicon are shares of the words in a segment: 0 means that no word carries the "
            "emotion, 1 that every word does."
        )

    def annotate(self, segments: Sequence[str], emotions: Sequence[str]) -> FloatArray:
        """Return (n_segments, n_emotions), 0 to 1; 0 where no word of a segment carries an emotion.

        Raises ConfigError for emotions that the list doesn't hold.
        """
        words = self._scorer.words
        unknown = [name for name in emotions if name not in words.emotions]
        if unknown:
            hint = f"; for valence and arousal give an NRC VAD file, {setting('annotator.lexicon=FILE')}" * (
                words.format != "vad" and set(unknown) <= {"valence", "arousal", "dominance"}
            )
            raise ConfigError(
                f"emotions: {words.source} has no {listed(unknown)}; it has {listed(words.emotions)}{hint}. "
                "Annotators anchors and llm take any emotion"
            )
        scores = self._scorer.score(segments)
        coverage = float(np.mean(scores.coverage))
        if coverage < FEW_FOUND:
            self._host.notify(
                f"{words.source} contains only {coverage:.1%} of the words of the story, so ratings are unreliable."
            )
        columns = scores.by_emotion[:, [words.emotions.index(name) for name in emotions]]
        return np.asarray(np.clip((columns - words.low) / (words.high - words.low), 0.0, 1.0))


@hookimpl
def register_annotators() -> Mapping[str, Factory[Annotator]]:
    """Offer `lexicon`."""
    return {"lexicon": LexiconAnnotator}
