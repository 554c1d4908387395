"""The lexicon annotator: the NRC scorer's emotions, as ratings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotopy.errors import ConfigError, listed
from emotopy.records.axes import FloatArray
from emotopy.roles import Host
from emotopy_plugins.shared.nrc_scorer import NrcScorer

FEW_FOUND = 0.05
"""Mean coverage below which the user is told that the list hardly knows the story's words."""


class LexiconAnnotator:
    """Rates segments with an NRC list.

    With EmoLex or Emotion Intensity a rating is the weighted share of the segment's tokens that carry the emotion
    (`emotopy_plugins.shared.nrc_scorer`), 1 at most; segments of a few words jump. With VAD it is the mean rating of
    the tokens found, brought from the list's range to 0 to 1; 0.5 is neutral.
    """

    def __init__(self, scorer: NrcScorer, *, host: Host | None = None) -> None:
        self._scorer = scorer
        self._host = host or Host()

    def annotate(self, segments: Sequence[str], emotions: Sequence[str]) -> FloatArray:
        """Return (n_segments, n_emotions), 0 to 1; 0 where no word of a segment carries an emotion.

        Raises ConfigError for emotions that the list doesn't hold.
        """
        words = self._scorer.words
        unknown = [name for name in emotions if name not in words.emotions]
        if unknown:
            hint = "; for valence and arousal give an NRC VAD file, --set annotator.lexicon=FILE" * (
                words.format != "vad" and set(unknown) <= {"valence", "arousal", "dominance"}
            )
            raise ConfigError(
                f"emotions: {words.source} has no {listed(unknown)}; it has {listed(words.emotions)}{hint}. "
                "Annotators anchors and llm take any emotion"
            )
        scores = self._scorer.score(segments)
        coverage = float(np.mean(scores.coverage))
        if coverage < FEW_FOUND:
            self._host.notify(f"{words.source} holds only {coverage:.1%} of the story's words; ratings say little.")
        columns = scores.by_emotion[:, [words.emotions.index(name) for name in emotions]]
        ratings: FloatArray = np.clip((columns - words.low) / (words.high - words.low), 0.0, 1.0)
        return ratings
