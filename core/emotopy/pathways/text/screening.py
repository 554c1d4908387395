"""Which texts the stages can read: texts in a language that a stage doesn't know stay out of its numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

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
    without_known_words,
)
from emotopy.readers.segmentation import Segment, Segmentation, segment_texts
from emotopy.records import ANY_LANGUAGE, AUTO_LANGUAGE, BoolArray, Corpus, FloatArray, IntArray
from emotopy.roles import KnowsLanguages, KnowsWords
from emotopy.running.stages import Stage
from emotopy.wording import flag, setting

EMPTY, OTHER = "empty", "other"
"""Status of a row without text; language of a text that is in none that the embedder knows, but can't be named."""
MOST_NAMED = 5
"""Languages that a message names."""


class Kind(NamedTuple):
    """What texts have in common that notes count: status, language, and what each stage makes of that language."""

    status: str
    language: str
    has_intensity: bool
    is_foreign: tuple[bool, bool]
    """To embedder and scorer; known where texts in any language are mapped."""


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
    tally
        How many texts there are of each kind.
    notes
        How many texts were set aside, and why.
    """

    status: tuple[str, ...]
    language: tuple[str | None, ...]
    has_intensity: BoolArray
    tally: Counter[Kind]
    notes: tuple[str, ...] = ()

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

    def cut(self, corpus: Corpus, segment: Segment) -> Segmentation:
        """Return the segments of the texts that are mapped."""
        rows = self.scored.tolist()
        return segment_texts([corpus.text[row] for row in rows], segment, [self.language[row] for row in rows])

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
    check_language(embedder, language)
    found = screen_rows(corpus, embedder, scorer, language)
    check_screening(found.tally, len(corpus), embedder, scorer, language)
    return attrs.evolve(found, notes=screening_notes(found.tally, embedder, scorer, language))


def _multilingual() -> str:
    return f'{setting("embedder=multilingual")} (pip install "emotopy[multilingual]")'


def check_language(embedder: Stage, language: str) -> None:
    """Raise ConfigError where the embedder doesn't know the language that all texts are said to be in."""
    if language in (AUTO_LANGUAGE, ANY_LANGUAGE) or language in (languages_of(embedder) or (language,)):
        return
    raise ConfigError(
        f"language: {embedder} supports {listed(languages_of(embedder))}, not {language!r}; use "
        f"{_multilingual()}, or {flag('--language', 'any')}",
        path="language",
        wanted=listed(languages_of(embedder)),
        got=language,
    )


def check_screening(
    tally: Mapping[Kind, int], n_rows: int, embedder: Stage, scorer: Stage, language: str = AUTO_LANGUAGE
) -> None:
    """Raise InputError where no row holds text, or more than half of the texts are set aside."""
    n_texts = sum(tally.values())
    if n_texts == 0:
        raise InputError(f"none of the {n_rows} rows has text, so there is nothing to map")
    n_scored = sum(n for kind, n in tally.items() if kind.status == SCORED)
    if language == AUTO_LANGUAGE and n_scored * 2 < n_texts:
        raise too_few(embedder, scorer, tally)


def screening_notes(tally: Mapping[Kind, int], embedder: Stage, scorer: Stage, language: str) -> tuple[str, ...]:
    """Return how many texts were set aside, and why; which of them have no intensity; which are foreign to a stage.

    Parameters
    ----------
    tally
        How many texts there are of each kind.
    embedder, scorer, language
        As for `screen_corpus`.
    """
    if language == ANY_LANGUAGE:
        return tuple(_any_notes((embedder, scorer), tally))
    n_scored = sum(n for kind, n in tally.items() if kind.status == SCORED)
    lacking = _by_language(tally, lambda kind: kind.status == SCORED and not kind.has_intensity)
    notes = _notes(embedder, scorer, tally)
    if lacking:
        notes.append(_no_intensity(scorer, lacking.total(), n_scored, lacking))
    return tuple(notes)


def screen_rows(corpus: Corpus, embedder: Stage, scorer: Stage, language: str) -> Screening:
    """Screen rows as `screen_corpus` does, whatever comes of it, without notes: for a part of a corpus.

    What becomes of a row doesn't depend on the others.
    """
    rows = corpus.scored
    distinct = sorted({corpus.text[row] for row in rows})
    place = {text: i for i, text in enumerate(distinct)}
    places = np.array([place[corpus.text[row]] for row in rows], dtype=np.int64)
    if language in (AUTO_LANGUAGE, ANY_LANGUAGE):
        return _screened(corpus, rows, places, distinct, embedder, scorer, is_strict=language == AUTO_LANGUAGE)
    has_intensity = np.zeros(len(corpus), dtype=bool)
    has_intensity[rows] = is_known = language in (languages_of(scorer) or (language,))
    tally = Counter({Kind(SCORED, language, is_known, (False, not is_known)): len(rows)} if len(rows) else {})
    by_row = _by_row(corpus, rows, SCORED, EMPTY), _by_row(corpus, rows, language, None)
    return Screening(*by_row, has_intensity, tally)


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
    if is_strict:
        coverage = _coverage(distinct, embedder, scorer)
        read = screen(distinct, coverage, languages_of(embedder), detection=detection)
        known = screen(distinct, None, languages_of(scorer), detection=detection)
        can_score = known.is_scored & read.is_scored
        status_of, foreign = read.status, np.zeros((2, len(distinct)), dtype=bool)
    else:
        status_of, can_score = (SCORED,) * len(distinct), np.ones(len(distinct), dtype=bool)
        foreign = np.array([_foreign(stage, detection) for stage in (embedder, scorer)])
    status = [status_of[i] for i in places]
    has_intensity = np.zeros(len(corpus), dtype=bool)
    has_intensity[rows] = can_score[places]
    kinds = zip(
        status, language, can_score[places].tolist(), zip(*foreign[:, places].tolist(), strict=True), strict=True
    )
    return Screening(
        status=_by_row(corpus, rows, status, EMPTY),
        language=_by_row(corpus, rows, language, None),
        has_intensity=has_intensity,
        tally=Counter({Kind(*values): n for values, n in Counter(kinds).items()}),
    )


def _coverage(distinct: Sequence[str], embedder: Stage, scorer: Stage) -> FloatArray | None:
    """Return 0 for texts of which neither embedder nor scorer knows a word, NaN else; None where it isn't known."""
    if not isinstance(embedder.object, KnowsWords) or embedder.awaits_fit:
        return None
    readers = [stage for stage in (embedder, scorer) if isinstance(stage.object, KnowsWords)]

    def knows_words(words: Sequence[str]) -> BoolArray:  # "lol" is no word of the vocabulary, but of the list
        known = np.zeros(len(words), dtype=bool)
        for stage in readers:  # most words are settled by the first
            left = np.flatnonzero(~known)
            known[left] = stage.call("knows_words", [words[i] for i in left.tolist()]) if len(left) else False
        return known

    return np.where(without_known_words(distinct, knows_words), 0.0, np.nan)


def _foreign(stage: Stage, detection: Detection) -> BoolArray:
    knows = languages_of(stage)
    return detection.is_foreign(knows) if knows else np.zeros(len(detection), dtype=bool)


def _by_row(corpus: Corpus, rows: IntArray, values: Any, otherwise: Any) -> tuple[Any, ...]:
    """Return a value per row of the corpus; `values` are one, or one for each of `rows`."""
    found = np.full(len(corpus), otherwise, dtype=object)
    found[rows] = values
    return tuple(found.tolist())


def _by_language(tally: Mapping[Kind, int], chosen: Callable[[Kind], bool]) -> Counter[str]:
    """Return the number of texts by language, of the kinds that are chosen."""
    found: Counter[str] = Counter()
    for kind, n in tally.items():
        if chosen(kind):
            found[kind.language] += n
    return found


def _with_status(tally: Mapping[Kind, int], status: str) -> Counter[str]:
    return _by_language(tally, lambda kind: kind.status == status)


def _notes(embedder: Stage, scorer: Stage, tally: Mapping[Kind, int]) -> list[str]:
    n_texts, notes = sum(tally.values()), []
    foreign, n_strange = _with_status(tally, UNKNOWN_LANGUAGE), _with_status(tally, UNKNOWN_WORDS).total()
    if foreign:
        notes.append(
            f"{foreign.total():,} of {n_texts:,} texts are in a language that {embedder} doesn't "
            f"support ({_named(foreign)}); they have status {UNKNOWN_LANGUAGE} and are excluded."
        )
    if n_strange:
        notes.append(
            f"{n_strange:,} of {n_texts:,} texts contain no word that {embedder} or {scorer} knows "
            f"(only emoji or numbers, random letters, slang); they have status {UNKNOWN_WORDS} and are "
            "excluded."
        )
    return notes


def _any_notes(stages: Sequence[Stage], tally: Mapping[Kind, int]) -> list[str]:
    """Return notes on texts that are mapped although a stage doesn't know their language."""
    notes = []
    for place, stage in enumerate(stages):
        found = _by_language(tally, lambda kind, place=place: kind.is_foreign[place])  # type: ignore[misc]
        if found:
            notes.append(
                f"{found.total():,} of {sum(tally.values()):,} texts are in a language that {stage} "
                f"doesn't support ({_named(found)}); they are included, because any language was "
                "requested."
            )
    return notes


def _no_intensity(scorer: Stage, n: int, n_texts: int, languages: dict[str, int]) -> str:
    return (
        f"{n:,} of {n_texts:,} texts have no intensity: {scorer} supports "
        f"{listed(languages_of(scorer))}, but they are in other languages ({_named(languages)}). The "
        "NRC offers translated word lists: "
        f"{setting('intensity_scorer.language=CODE', 'intensity_scorer.lexicon=FILE')}."
    )


def too_few(embedder: Stage, scorer: Stage, tally: Mapping[Kind, int]) -> InputError:
    """Return the error that most texts can't be read."""
    counts: Counter[str] = Counter()
    for kind, n in tally.items():
        counts[kind.status] += n
    n_foreign, n_strange = counts[UNKNOWN_LANGUAGE], counts[UNKNOWN_WORDS]
    foreign = _with_status(tally, UNKNOWN_LANGUAGE)
    what = []
    if n_foreign:
        what.append(f"{n_foreign:,} are in a language that {embedder} doesn't support ({_named(foreign)})")
    if n_strange:
        what.append(f"{n_strange:,} contain no word that {embedder} or {scorer} knows")
    advice = f"check that the column is right, or map them anyway with {flag('--language', 'any')}"
    if n_foreign >= n_strange:
        advice = f"choose {_multilingual()}, or {flag('--language', 'any')} to map them anyway"
    return InputError(
        f"language: of {counts.total():,} texts {' and '.join(what)}; more than half would be left out. "
        f"{advice[0].upper()}{advice[1:]}.",
        wanted=f"texts in {listed(languages_of(embedder))}" if languages_of(embedder) else "texts of known words",
        got=", ".join(f"{n} {one}" for one, n in sorted(counts.items())),
        advice=advice,
    )


def _named(languages: dict[str, int] | Counter[str]) -> str:
    ranked = sorted(languages.items(), key=lambda one: (-one[1], one[0]))
    shown = ", ".join(f"{'not named' if name == UNKNOWN else name} {n:,}" for name, n in ranked[:MOST_NAMED])
    return shown + (f" and {len(ranked) - MOST_NAMED} more" if len(ranked) > MOST_NAMED else "")
