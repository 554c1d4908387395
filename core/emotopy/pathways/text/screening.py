"""Which texts the stages can read: texts in a language that a stage doesn't know stay out of its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import attrs
import numpy as np

from emotopy.errors import ConfigError, InputError, listed
from emotopy.languages import (
    SCORED,
    UNKNOWN,
    UNKNOWN_LANGUAGE,
    UNKNOWN_WORDS,
    Detection,
    detect,
    screen,
    word_coverage,
)
from emotopy.records import ANY_LANGUAGE, AUTO_LANGUAGE, BoolArray, Corpus, IntArray
from emotopy.roles import KnowsLanguages, KnowsWords
from emotopy.running.stages import Stage

EMPTY, OTHER = "empty", "other"
"""Status of a row without text; language of a text that is in none that the embedder knows, but can't be named."""
MOST_NAMED = 5
"""Languages that a message names."""
MULTILINGUAL = '--set embedder=multilingual (pip install "emotopy[multilingual]")'


@attrs.frozen(eq=False, repr=False)
class Screening:
    """What the stages can make of the rows of a corpus.

    Attributes
    ----------
    status : (n_rows,)
        `scored`, `empty`, `unknown-language` or `unknown-words`.
    language : (n_rows,)
        ISO 639-1 code; `unknown` where it can't be told, `other` where it is surely none that the embedder knows,
        `und-` and a script where several languages share it; None in rows without text.
    has_intensity : (n_rows,)
        Whether the intensity scorer knows the language of a scored row.
    notes
        How many texts were set aside, and why.
    """

    status: tuple[str, ...]
    language: tuple[str | None, ...]
    has_intensity: BoolArray
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Screening({dict(self.counts)})"

    @property
    def counts(self) -> Counter[str]:
        """Number of rows by status."""
        return Counter(self.status)

    @property
    def scored(self) -> IntArray:
        """Rows that are mapped, ascending."""
        return np.array([row for row, status in enumerate(self.status) if status == SCORED], dtype=np.int64)

    @property
    def n_by_language(self) -> dict[str, int]:
        """Number of texts by language, the most first."""
        found = Counter(language for language in self.language if language is not None)
        return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def screen_corpus(corpus: Corpus, embedder: Stage, scorer: Stage, language: str) -> Screening:
    """Find the language of each text, and the texts that the stages can read.

    Parameters
    ----------
    corpus
        The rows.
    embedder, scorer
        The stages; one that doesn't say which languages it knows is given every text.
    language
        ``auto``: texts that are surely in another language are set aside, and texts in which the embedder knows no
        word. ``any``: none is. A code: all texts are in this language.

    Raises
    ------
    InputError
        No row holds text, or more than half of the texts would be set aside.
    ConfigError
        The embedder doesn't know the language that was given.
    """
    rows = corpus.scored
    if len(rows) == 0:
        raise InputError(f"none of the {len(corpus)} rows holds text; nothing to map")
    distinct = sorted({corpus.text[row] for row in rows})
    place = {text: i for i, text in enumerate(distinct)}
    places = np.array([place[corpus.text[row]] for row in rows])
    if language in (AUTO_LANGUAGE, ANY_LANGUAGE):
        return _screened(corpus, rows, places, distinct, embedder, scorer, is_strict=language == AUTO_LANGUAGE)
    if language not in (languages_of(embedder) or (language,)):
        raise ConfigError(
            f"language: {embedder} knows {listed(languages_of(embedder))}, not {language!r}; "
            f"say {MULTILINGUAL}, or --language any",
            path="language",
            wanted=listed(languages_of(embedder)),
            got=language,
        )
    has_intensity = np.zeros(len(corpus), dtype=bool)
    has_intensity[rows] = language in (languages_of(scorer) or (language,))
    notes = () if has_intensity.any() else (_no_intensity(scorer, len(rows), len(rows), {language: len(rows)}),)
    return Screening(_by_row(corpus, rows, SCORED, EMPTY), _by_row(corpus, rows, language, None), has_intensity, notes)


def languages_of(stage: Stage) -> tuple[str, ...]:
    """Return the languages that a stage says it knows; none where it says nothing."""
    return tuple(stage.object.languages) if isinstance(stage.object, KnowsLanguages) else ()


def _screened(
    corpus: Corpus,
    rows: IntArray,
    places: IntArray,
    distinct: Sequence[str],
    embedder: Stage,
    scorer: Stage,
    *,
    is_strict: bool,
) -> Screening:
    """Screen the texts of these rows, (n_texts,); `places` are theirs among the distinct texts."""
    detection = detect(distinct)
    named = list(detection.language)
    if languages_of(embedder):
        for i in np.flatnonzero(detection.is_foreign(languages_of(embedder))):
            named[i] = OTHER if named[i] == UNKNOWN else named[i]
    language = [named[i] for i in places]
    if not is_strict:
        has_intensity = np.zeros(len(corpus), dtype=bool)
        has_intensity[rows] = True
        notes = _any_notes((embedder, scorer), detection, places, language)
        return Screening(
            _by_row(corpus, rows, SCORED, EMPTY), _by_row(corpus, rows, language, None), has_intensity, tuple(notes)
        )
    coverage = None
    if isinstance(embedder.object, KnowsWords):
        readers = [stage for stage in (embedder, scorer) if isinstance(stage.object, KnowsWords)]

        def knows_words(words: Sequence[str]) -> BoolArray:  # "lol" is no word of the vocabulary, but of the list
            return np.asarray(np.any([stage.call("knows_words", list(words)) for stage in readers], axis=0))

        coverage = word_coverage(distinct, knows_words)
    read = screen(distinct, coverage, languages_of(embedder), detection=detection)
    status = [read.status[i] for i in places]
    is_scored = np.array([one == SCORED for one in status])
    if is_scored.sum() * 2 < len(rows):
        raise _too_few(embedder, scorer, status, language)
    known = screen(distinct, None, languages_of(scorer), detection=detection)
    can_score = np.array([known.status[i] == SCORED for i in places])
    has_intensity = np.zeros(len(corpus), dtype=bool)
    has_intensity[rows] = is_scored & can_score
    notes = _notes(embedder, scorer, status, language)
    lacking = is_scored & ~can_score
    if lacking.any():
        names = Counter(name for name, lacks in zip(language, lacking, strict=True) if lacks)
        notes.append(_no_intensity(scorer, int(lacking.sum()), int(is_scored.sum()), names))
    return Screening(
        _by_row(corpus, rows, status, EMPTY), _by_row(corpus, rows, language, None), has_intensity, tuple(notes)
    )


def _by_row(corpus: Corpus, rows: IntArray, values: Any, otherwise: Any) -> tuple[Any, ...]:
    """Return a value per row of the corpus; `values` are one, or one for each of `rows`."""
    found = np.full(len(corpus), otherwise, dtype=object)
    found[rows] = values
    return tuple(found.tolist())


def _notes(embedder: Stage, scorer: Stage, status: Sequence[str], language: Sequence[str]) -> list[str]:
    counts, notes = Counter(status), []
    if counts[UNKNOWN_LANGUAGE]:
        foreign = Counter(name for name, one in zip(language, status, strict=True) if one == UNKNOWN_LANGUAGE)
        notes.append(
            f"{counts[UNKNOWN_LANGUAGE]:,} of {len(status):,} texts are in a language that {embedder} doesn't know "
            f"({_named(foreign)}); they have status {UNKNOWN_LANGUAGE} and count nowhere."
        )
    if counts[UNKNOWN_WORDS]:
        notes.append(
            f"{counts[UNKNOWN_WORDS]:,} of {len(status):,} texts hold no word that {embedder} or {scorer} knows "
            f"(emoji or figures alone, letters at random, slang); they have status {UNKNOWN_WORDS} and count nowhere."
        )
    return notes


def _any_notes(stages: Sequence[Stage], detection: Detection, places: IntArray, language: Sequence[str]) -> list[str]:
    """Return notes on texts that are mapped although a stage doesn't know their language."""
    notes = []
    for stage in stages:
        if languages_of(stage):
            foreign = detection.is_foreign(languages_of(stage))[places]
            if foreign.any():
                found = Counter(name for name, one in zip(language, foreign, strict=True) if one)
                notes.append(
                    f"{int(foreign.sum()):,} of {len(places):,} texts are in a language that {stage} doesn't know "
                    f"({_named(found)}); they count all the same, since any language was asked for."
                )
    return notes


def _no_intensity(scorer: Stage, n: int, n_texts: int, languages: dict[str, int]) -> str:
    return (
        f"{n:,} of {n_texts:,} texts have no intensity: {scorer} knows {listed(languages_of(scorer))}, they are in "
        f"other languages ({_named(languages)}). The NRC has translated lists: --set intensity_scorer.language=CODE "
        "--set intensity_scorer.lexicon=FILE."
    )


def _too_few(embedder: Stage, scorer: Stage, status: Sequence[str], language: Sequence[str]) -> InputError:
    """Return the error that most texts can't be read."""
    counts = Counter(status)
    n_foreign, n_strange = counts[UNKNOWN_LANGUAGE], counts[UNKNOWN_WORDS]
    foreign = Counter(name for name, one in zip(language, status, strict=True) if one == UNKNOWN_LANGUAGE)
    what = []
    if n_foreign:
        what.append(f"{n_foreign:,} are in a language that {embedder} doesn't know ({_named(foreign)})")
    if n_strange:
        what.append(f"{n_strange:,} hold no word that {embedder} or {scorer} knows")
    advice = 'is it the right column? --language any (language = "any") maps them all the same'
    if n_foreign >= n_strange:
        advice = f'choose {MULTILINGUAL}, or --language any (language = "any") to map them all the same'
    return InputError(
        f"language: of {len(status):,} texts {' and '.join(what)}; more than half would be left out. "
        f"{advice[0].upper()}{advice[1:]}.",
        wanted=f"texts in {listed(languages_of(embedder))}" if languages_of(embedder) else "texts of known words",
        got=", ".join(f"{n} {one}" for one, n in sorted(counts.items())),
        advice=advice,
    )


def _named(languages: dict[str, int] | Counter[str]) -> str:
    ranked = sorted(languages.items(), key=lambda one: (-one[1], one[0]))
    shown = ", ".join(f"{'not named' if name == UNKNOWN else name} {n:,}" for name, n in ranked[:MOST_NAMED])
    return shown + (f" and {len(ranked) - MOST_NAMED} more" if len(ranked) > MOST_NAMED else "")
