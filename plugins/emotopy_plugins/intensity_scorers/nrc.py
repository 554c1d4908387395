"""Intensity scorer `nrc`: emotional words of the NRC lists, weighed by what stands around them. The default."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Interval, Le

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Factory, Host, IntensityScorer
from emotopy.wording import setting
from emotopy_plugins.shared.nrc_files import read_words, with_our_words
from emotopy_plugins.shared.nrc_layouts import Form
from emotopy_plugins.shared.nrc_scorer import NrcScorer
from emotopy_plugins.shared.nrc_translations import check_language, read_words_in
from emotopy_plugins.shared.vader_rules import Rules


class NrcIntensityScorer(NrcScorer):
    """Score texts by the words of an NRC list that they use.

    Parameters
    ----------
    lexicon : Path or None
        Your own NRC file: EmoLex (word-level, or with a column per emotion), Emotion Intensity, the Hashtag lexicon, or
        VAD; None reads the list in the nrclex package.
    lexicon_form : str or None
        What your file is: `emolex` (0 or 1), `intensity` (0 to 1), `hashtag` (from 0 without a bound), `vad-v1` (0 to
        1) or `vad-v2` (−1 to 1). None finds it out from the header and the name, tells what it took for granted, and
        asks where these leave it open.
    language : str
        The language of the texts and of the list, as a code (`de`). Other languages than English want `lexicon`: NRC's
        own translations, the table with a column per language or the file of one language. Negation and intensifiers
        are English words and count in English alone.
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
        For a language that the NRC has no list in, that doesn't separate its words, or whose list isn't given.
    """

    def __init__(
        self,
        host: Host,
        lexicon: Path | None = None,
        language: str = "en",
        negation: bool = True,
        negation_window: Annotated[int, Ge(1), Le(100)] = 3,
        negation_keeps: Annotated[float, Interval(ge=0, le=1)] = 0.26,
        intensifiers: bool = True,
        capitals: bool = True,
        exclamations: bool = True,
        extra_words: bool | None = None,
        lexicon_form: Form | None = None,
    ) -> None:
        self.language = check_language(language)
        is_english = self.language == "en"
        rules = Rules(
            negation=negation and is_english,
            negation_window=negation_window,
            negation_keeps=negation_keeps,
            intensifiers=intensifiers and is_english,
            capitals=capitals,
            exclamations=exclamations,
        )
        if lexicon is not None:
            words = read_words_in(self.language, Path(lexicon), host.notify, lexicon_form)
            if extra_words and not is_english:
                raise ConfigError(
                    "intensity_scorer.extra_words: the additional words of emotopy are English; leave out this option",
                    path="intensity_scorer.extra_words",
                    got=True,
                )
            if extra_words:
                words = with_our_words(words)
        elif is_english:
            words = read_words(None, host.notify, extra_words)
        else:
            raise ConfigError(
                f"intensity_scorer.lexicon: wanted the NRC list in the language {self.language!r}, got "
                "none; the included list is English. Download the NRC translations and give "
                f"{setting('intensity_scorer.lexicon=FILE')}",
                path="intensity_scorer.lexicon",
                wanted=f"NRC's list in the language {self.language!r}",
            )
        super().__init__(words, rules)
        if not is_english:
            host.notify(
                "Intensity is scored with a machine-translated word list in the language "
                f"{self.language!r} that contains single word forms; negation and intensifiers are only "
                "handled in English and are ignored."
            )
        if self.unreachable:
            host.notify(
                f"{self.words.source}: {self.unreachable:,} of {len(self.words):,} entries have more "
                "than one word and are never found, because texts are scored word by word."
            )

    @property
    def languages(self) -> tuple[str, ...]:
        """The language of the list."""
        return (self.language,)

    @property
    def fingerprint(self) -> str:
        """Name, checksum of the list, rules, and the language where it isn't English."""
        return super().fingerprint + ("" if self.language == "en" else f" language={self.language}")


@hookimpl
def register_intensity_scorers() -> Mapping[str, Factory[IntensityScorer]]:
    """Offer `nrc`."""
    return {"nrc": NrcIntensityScorer}
