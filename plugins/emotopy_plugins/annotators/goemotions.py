"""Annotator `goemotions`: how probable it is that a reader names an emotion, learnt from 43,410 labelled comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

import attrs
import numpy as np
from annotated_types import Ge, Lt

from emotopy.emotions import LABELS
from emotopy.errors import ConfigError, unknown_name
from emotopy.hookspecs import hookimpl
from emotopy.languages import UNKNOWN, detect
from emotopy.records.axes import FloatArray
from emotopy.roles import Annotator, Factory, Host
from emotopy.wording import setting
from emotopy_plugins.shared.goemotions_head import MIXTURES, GoEmotionsModel, Kind, mixture

_AMBIGUOUS = tuple(name for name, labels in MIXTURES.items() if name in LABELS and labels != (name,))
"""Names that Plutchik's eight and the labels both have, with two meanings."""


@attrs.define(eq=False, repr=False)
class GoEmotionsAnnotator:
    """Rate segments by a GoEmotions head: a small model on static vectors, 28 emotions; offline.

    A rating is the probability that a reader of the segment, taken for a comment, would give it the label. Rare
    emotions have low probabilities throughout: ratings of one emotion can be compared over segments and stories, those
    of two emotions can't. The heads were learnt on English comments on Reddit.

    Emotions are the 28 labels, and Plutchik's eight, each a plain mean over labels (`trust`: admiration, approval,
    caring, love, gratitude). Five names mean a label and another mean over several, such as `joy`; see `mixtures`.

    Parameters
    ----------
    head : str
        `mean`, logistic regressions on the segment's vector; or `words`, a layer on the vector of each word. `words`
        knows far more of comments; on the one story with labels `mean` came out ahead, though within chance, and is the
        default for stories (docs/annotators.md).
    decay : float
        How much of the weight of a segment is left one segment later. A rating is then the weighted mean over the
        segment and those before it; 0 is the segment alone, 0.5 gives the one before half its weight.
    mixtures : bool or None
        Whether such a name means the mean over labels (true) or the label (false). None takes the mean where
        only Plutchik's eight are asked for, the label where others are, too, and says which.

    Raises
    ------
    UnknownName
        For an emotion that is neither.
    PluginError
        Where the file of the head, or that of the vectors, isn't the one of this version.
    """

    head: Kind = "mean"
    decay: Annotated[float, Ge(0), Lt(1)] = 0.0
    mixtures: bool | None = None
    _host: Host = attrs.field(factory=Host)
    _model: GoEmotionsModel = attrs.field(init=False)

    languages: ClassVar[tuple[str, ...]] = ("en",)
    scale: ClassVar[str] = (
        "Ratings by goemotions are probabilities that a reader of the segment would name the emotion "
        "(for Plutchik's eight emotions, means over related labels); rare emotions have low "
        "probabilities throughout."
    )

    def __attrs_post_init__(self) -> None:
        self._model = GoEmotionsModel(self.head)

    def annotate(self, segments: Sequence[str], emotions: Sequence[str]) -> FloatArray:
        """Return (n_segments, n_emotions), 0 to 1; 0 for a segment without a word or a sign."""
        is_mixture = [self._is_mixture(name, emotions) for name in emotions]
        self._tell(emotions, is_mixture)
        self._tell_language(segments)
        probabilities = with_past(self._model.probabilities(segments), self.decay)
        columns = [
            mixture(probabilities, name) if mixed else probabilities[:, LABELS.index(name)]
            for name, mixed in zip(emotions, is_mixture, strict=True)
        ]
        return np.stack(columns, axis=1) if columns else np.zeros((len(segments), 0))

    def _is_mixture(self, name: str, emotions: Sequence[str]) -> bool:
        """Whether a name means a mean over labels; raises UnknownName for one that means nothing."""
        if name in _AMBIGUOUS:
            return all(one in MIXTURES for one in emotions) if self.mixtures is None else self.mixtures
        if name in LABELS:
            return False
        if name in MIXTURES and self.mixtures is not False:
            return True
        known = LABELS if self.mixtures is False else sorted({*LABELS, *MIXTURES})
        reason = f"emotions: the annotator goemotions doesn't know {name!r}"
        more = ". Annotators anchors and llm take any emotion"
        if name in MIXTURES:
            more = f"; {name} is a mean over labels, which annotator.mixtures = false turns off"
        raise unknown_name(reason, name, known, "It knows", more=more, kind="emotion", path="emotions")

    def _tell(self, emotions: Sequence[str], is_mixture: Sequence[bool]) -> None:
        """Say what a name that could mean two things means here."""
        found = [(name, mixed) for name, mixed in zip(emotions, is_mixture, strict=True) if name in _AMBIGUOUS]
        if self.mixtures is not None or not found:
            return
        meaning, other = ("means over related labels", "false") if found[0][1] else ("the labels of this name", "true")
        names = ", ".join(name for name, _ in found)
        self._host.notify(
            f"Annotator goemotions: {names} are {meaning} here; for the other meaning, set "
            f"{setting(f'annotator.mixtures={other}')}."
        )

    def _tell_language(self, segments: Sequence[str]) -> None:
        """Say so where the story is surely in a language that the head doesn't know."""
        found = detect([" ".join(segments)])
        if found.is_foreign(self.languages)[0]:
            language = found.language[0]
            named = "another language than English" if language == UNKNOWN else f"the language {language!r}"
            self._host.notify(
                f"Annotator goemotions supports only English, but this story seems to be in {named}, so "
                "its ratings are meaningless. The annotator llm supports more languages."
            )


@hookimpl
def register_annotators() -> Mapping[str, Factory[Annotator]]:
    """Offer `goemotions`."""
    return {"goemotions": GoEmotionsAnnotator}


def with_past(ratings: FloatArray, decay: float) -> FloatArray:
    """Return the weighted mean over each segment and those before it, (n_segments, n_emotions).

    A segment that lies k segments back has the weight decay^k; weights are divided by their sum, so that the first
    segments, which have few before them, are on the same scale.

    >>> with_past(np.array([[0.0], [0.6], [0.6]]), 0.5)[:, 0].round(3).tolist()
    [0.0, 0.4, 0.514]
    """
    if not 0 <= decay < 1:
        raise ConfigError(f"decay: wanted 0 or more and less than 1, got {decay:g}", path="decay", got=decay)
    found = np.array(ratings, dtype=np.float64)
    total = 1.0
    for row in range(1, len(found)):
        before = total
        total = 1.0 + decay * before
        found[row] = (found[row] + decay * before * found[row - 1]) / total
    return found
