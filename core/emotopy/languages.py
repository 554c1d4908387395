"""Languages: what language each text is in, and which texts a stage can't read.

A stage that makes numbers of words it doesn't know makes them all the same: German scored with English words has fear
in it, from "die". So stages say which languages they know (`emotopy.roles.KnowsLanguages`), and texts that are surely
in another one are set aside. In doubt a text is scored.

Languages are told apart by py3langid, offline (Barbaresi; after Lui & Baldwin 2012, langid.py: an off-the-shelf
language identification tool, ACL). Since version 0.4 its probabilities are calibrated for length. What counts is the
probability of *all* languages that a stage knows, taken together, not that of the best guess: that a Spanish sentence
might be Galician is no reason to take it for English. The limits were chosen on
GoEmotions train, looking at pieces of two to eight words of German and Spanish sentences; tests/benchmarks/languages.py
prints figures.

Where most letters aren't Latin, the script says more than any model does, and on a single word: no English is written
in Thai. Which languages use which script stands in `SCRIPTS`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

import attrs
import numpy as np

from emotopy.errors import ShapeError
from emotopy.language_scores import label_probabilities, sum_by_name
from emotopy.once import once
from emotopy.records.axes import BoolArray, FloatArray, IntArray, axes, names_of
from emotopy.reference import defined_by

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNKNOWN = "unknown"
"""The language of a text that doesn't say which it is in."""

SCORED, UNKNOWN_LANGUAGE, UNKNOWN_WORDS = "scored", "unknown-language", "unknown-words"
"""What becomes of a text: it is scored; it is in a language that the stage doesn't know; it holds no word it knows."""

ENOUGH_WORDS, FEW_WORDS = 5, 3
"""From 5 words on a text shows its language well; below 3 only a script does ("sad" is Portuguese to the model)."""

LIMIT, LIMIT_FEW = 0.02, 0.002
"""Below this probability of all languages that a stage knows, a text of enough words, or of few, is in another one."""

NAMED = 0.5
"""Probability from which on a text's language is named."""

LATIN = "Latin"

SCRIPTS: dict[str, tuple[str, ...]] = {
    "Arabic": ("ar", "fa", "ur", "ps", "ug", "sd", "ku", "uz"),
    "Armenian": ("hy",),
    "Bengali": ("bn", "as"),
    "Cyrillic": ("ru", "uk", "be", "bg", "mk", "sr", "kk", "ky", "mn", "tg", "tt", "ba", "uz", "az"),
    "Devanagari": ("hi", "mr", "ne", "sa", "gom"),
    "Ethiopic": ("am",),
    "Georgian": ("ka",),
    "Greek": ("el",),
    "Gujarati": ("gu",),
    "Gurmukhi": ("pa",),
    "Han": ("zh", "ja"),
    "Hangul": ("ko",),
    "Hebrew": ("he", "yi"),
    "Kana": ("ja",),
    "Kannada": ("kn",),
    "Khmer": ("km",),
    "Lao": ("lo",),
    "Malayalam": ("ml",),
    "Myanmar": ("my",),
    "Oriya": ("or",),
    "Sinhala": ("si",),
    "Tamil": ("ta",),
    "Telugu": ("te",),
    "Thai": ("th",),
    "Tibetan": ("dz", "bo"),
}
"""Languages (ISO 639-1, else 639-3) that are written in a script other than Latin, as far as the detector knows any."""

_TAGS = {
    "Arabic": "Arab", "Bengali": "Beng", "Cyrillic": "Cyrl", "Devanagari": "Deva", "Han": "Hani", "Hebrew": "Hebr",
    "Tibetan": "Tibt",
}  # fmt: skip
"""ISO 15924 codes of the scripts that several languages share."""

_UNICODE_NAMES = {"CJK": "Han", "HIRAGANA": "Kana", "KATAKANA": "Kana", "KATAKANA-HIRAGANA": "Kana"}
"""First words of characters' names whose script is called otherwise."""

_MAIN = {
    "pcm": "en", "nn": "no", "nb": "no", "yue": "zh", "wuu": "zh", "ary": "ar", "arz": "ar", "sdh": "ku", "grc": "el",
    "hbo": "he", "iw": "he", "in": "id", "uzs": "uz", "gug": "gn", "fil": "tl",
}  # fmt: skip
"""Varieties and older codes → the language they are counted as; Nigerian Pidgin is much like chat English."""

_NO_LANGUAGE = "zxx"
"""What the detector calls noise (ISO 639-2: no linguistic content): no sign of another language."""

_UNSPACED = frozenset({"Han", "Kana", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan"})
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_OTHER_LETTER = re.compile(r"[^\W\d_\x00-\x7f]")
"""A letter, or what may be one, that isn't ASCII."""
_LETTERS = re.compile(r"[^\W\d_]{2,}")


def _strings(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@attrs.frozen(eq=False)
class Detection:
    """How probable each language is for each text.

    Attributes
    ----------
    languages : (n_languages,)
        Codes of the languages that can be told apart: ISO 639-1, else 639-3. `zxx` is noise.
    probability : (n_texts, n_languages)
        Rows sum to one, or are zero where no language of the text's script is known.
    n_words : (n_texts,)
        Words, as runs of letters; in scripts without spaces a word for every two letters.
    script : (n_texts,)
        The script of most letters, a key of `SCRIPTS`, or `Latin`, or another's name in Unicode; "" without letters.
    """

    languages: tuple[str, ...] = attrs.field(converter=names_of)
    probability: FloatArray = attrs.field(validator=axes("texts", "languages"))
    n_words: IntArray = attrs.field(validator=axes("texts"))
    script: tuple[str, ...] = attrs.field(converter=_strings)

    def __len__(self) -> int:
        return len(self.n_words)

    @property
    def language(self) -> tuple[str, ...]:
        """The language of each text, (n_texts,), or `unknown`; of a foreign script `und-` and its ISO 15924 code."""
        if not len(self):
            return ()
        best, probability = self.probability.argmax(axis=1), self.probability.max(axis=1)
        return tuple(
            _name(self.languages[i], float(p), int(n), script)
            for i, p, n, script in zip(best, probability, self.n_words, self.script, strict=True)
        )

    def known(self, knows: Sequence[str]) -> FloatArray:
        """Return the probability that a text is in one of these languages, (n_texts,); noise counts as such."""
        wanted = {_main(language) for language in knows} | {_NO_LANGUAGE}
        columns = [i for i, language in enumerate(self.languages) if language in wanted]
        return np.asarray(self.probability[:, columns].sum(axis=1))

    def is_foreign(self, knows: Sequence[str]) -> BoolArray:
        """Return which texts are surely in none of these languages, (n_texts,).

        None is where the detector can't tell a single one of them.
        """
        if not {_main(language) for language in knows} & set(self.languages):
            return np.zeros(len(self), dtype=bool)
        p = self.known(knows)
        few = (self.n_words >= FEW_WORDS) & (p < LIMIT_FEW)
        enough = (self.n_words >= ENOUGH_WORDS) & (p < LIMIT)
        other_script = np.array([script not in ("", LATIN) for script in self.script], dtype=bool) & (p == 0)
        return np.asarray(few | enough | other_script, dtype=bool)


@attrs.frozen(eq=False)
class Screened:
    """What a stage can make of each text: `language` and `status`, both (n_texts,).

    `status` is `scored`, `unknown-language` or `unknown-words`; `language` as `Detection.language` says.
    """

    language: tuple[str, ...] = attrs.field(converter=_strings)
    status: tuple[str, ...] = attrs.field(converter=_strings)

    def __attrs_post_init__(self) -> None:
        if len(self.language) != len(self.status):
            raise ShapeError(f"status: wanted one per text, {len(self.language)}, got {len(self.status)}")

    def __len__(self) -> int:
        return len(self.status)

    @property
    def is_scored(self) -> BoolArray:
        """Which texts the stage is given, (n_texts,)."""
        return np.array([status == SCORED for status in self.status], dtype=bool)


def screen(
    texts: Sequence[str],
    coverage: FloatArray | None = None,
    knows: Sequence[str] = (),
    *,
    detection: Detection | None = None,
) -> Screened:
    """Say which texts a stage can read.

    Parameters
    ----------
    texts
        The texts, (n_texts,).
    coverage : (n_texts,)
        Share of a text's words that the stage knows, 0 to 1; NaN, or None for all, where nothing is claimed. A text of
        coverage 0 gets the status `unknown-words`: emoji alone, digits, letters typed at random.
    knows
        The languages that the stage knows, ISO 639-1; none claims nothing, and no text is set aside for its language.
    detection
        What `detect(texts)` gave; found anew by default. Several stages can share it.

    Raises
    ------
    ShapeError
        `coverage` or `detection` is about another number of texts.
    """
    found = detect(texts) if detection is None else detection
    shares = np.full(len(texts), np.nan) if coverage is None else np.asarray(coverage, dtype=np.float64)
    for name, length in (("coverage", len(shares)), ("detection", len(found))):
        if length != len(texts):
            raise ShapeError(f"{name}: wanted one entry per text, {len(texts)}, got {length}")
    status = np.full(len(texts), SCORED, dtype=object)
    status[shares == 0] = UNKNOWN_WORDS
    if knows:
        status[found.is_foreign(knows)] = UNKNOWN_LANGUAGE
    return Screened(found.language, status.tolist())


def detect(texts: Sequence[str]) -> Detection:
    """Return how probable each language is for each text; a text's row doesn't depend on its neighbours.

    >>> detect(["Die Liebe ist schön und macht mir Angst.", "怖い", "ok"]).language
    ('de', 'ja', 'unknown')
    """
    identifier = _identifier()
    labels = identifier.labels
    languages = tuple(dict.fromkeys(map(_main, labels)))
    scripts, n_words = [], np.zeros(len(texts), dtype=np.int64)
    plain = []
    for row, text in enumerate(texts):
        # what looks like a letter counts as that letter; halves of surrogate pairs are no characters
        plain.append(
            text if text.isascii() else unicodedata.normalize("NFKC", text).encode("utf-8", "replace").decode()
        )
        script, n_words[row] = _measure(plain[row])
        scripts.append(script)
    ranked = label_probabilities(identifier, plain).astype(np.float32)
    probability = sum_by_name(ranked, [_main(label) for label in labels])
    for row, script in enumerate(scripts):
        if script not in ("", LATIN):
            probability[row] = _within(script, languages, probability[row])
    return Detection(languages, probability, n_words, scripts)


def _within(script: str, languages: Sequence[str], probability: FloatArray) -> FloatArray:
    """Return the probabilities (n_languages,) given that a text is written in this script; zero where none is known."""
    used = SCRIPTS.get(script, ())
    kept = np.where([language in used for language in languages], probability, 0)
    return np.asarray(kept / kept.sum() if kept.any() else kept)


def word_coverage(texts: Sequence[str], knows_words: Callable[[Sequence[str]], BoolArray]) -> FloatArray:
    """Return the share of each text's words that a stage knows, (n_texts,); 0 for texts without words.

    Parameters
    ----------
    texts
        The texts, (n_texts,).
    knows_words
        Says which of some distinct words are known, as `emotopy.roles.KnowsWords` does.
    """
    words_by_text = [words_of(text) for text in texts]
    distinct = sorted({word for words in words_by_text for word in words})
    is_known = dict(zip(distinct, np.asarray(knows_words(distinct), dtype=bool).tolist(), strict=True))
    return np.array([sum(map(is_known.__getitem__, words)) / max(1, len(words)) for words in words_by_text])


@defined_by("emotopy.language_word_loops.without_known_words")
def without_known_words(texts: Sequence[str], knows_words: Callable[[Sequence[str]], BoolArray]) -> BoolArray:
    """Return which texts hold no word that a stage knows, (n_texts,): their `word_coverage` is 0.

    Mostly the first word settles it.
    """
    firsts = [found.group() if (found := _LETTERS.search(text)) else "" for text in texts]
    distinct = sorted(set(firsts) - {""})
    known = (
        {word for word, is_known in zip(distinct, knows_words(distinct), strict=True) if is_known} if distinct else {}
    )
    lacking = np.array([first not in known for first in firsts], dtype=bool)
    doubtful = np.flatnonzero(lacking)
    lacking[doubtful] = word_coverage([texts[i] for i in doubtful.tolist()], knows_words) == 0
    return lacking


def words_of(text: str) -> list[str]:
    """Return the words of a text that a stage might know: runs of two letters or more, as they stand.

    >>> words_of("I’m 12 years old, OK?")
    ['years', 'old', 'OK']
    """
    return _LETTERS.findall(text)


def script_of(text: str) -> str:
    """Return the script of most letters of a text, a key of `SCRIPTS`, `Latin` or Unicode's name; "" without letters.

    >>> script_of("I like 東京 a lot"), script_of("これは本です"), script_of("привет!"), script_of("42 😀")
    ('Latin', 'Kana', 'Cyrillic', '')
    """
    return _measure(unicodedata.normalize("NFKC", text))[0]


def _measure(text: str) -> tuple[str, int]:
    """Return the script of a text and its number of words."""
    n_words = len(_WORD.findall(text))
    if text.isascii() or _OTHER_LETTER.search(text) is None:
        return (LATIN if n_words else ""), n_words
    letters = Counter(map(_script_of_letter, text))
    letters.pop("", None)
    if not letters:
        return "", 0
    if letters["Kana"]:  # Japanese is written in both
        letters["Kana"] += letters.pop("Han", 0)
    script = max(sorted(letters), key=letters.__getitem__)
    return script, max(n_words, letters[script] // 2) if script in _UNSPACED else n_words


@cache
def _script_of_letter(char: str) -> str:
    """Return the script of a letter, "" for whatever is none."""
    if char < "\x80":
        return LATIN if char.isalpha() else ""
    if not char.isalpha():
        return ""
    first = unicodedata.name(char, "").partition(" ")[0]
    return _UNICODE_NAMES.get(first, first.title())


def _name(language: str, probability: float, n_words: int, script: str) -> str:
    if language == _NO_LANGUAGE:
        return UNKNOWN
    if script in ("", LATIN):
        return language if probability >= NAMED and n_words >= FEW_WORDS else UNKNOWN
    used = SCRIPTS.get(script, ())
    if len(used) == 1:
        return used[0]
    return language if probability >= NAMED else f"und-{_TAGS.get(script, 'Zyyy')}"


@cache
def _main(language: str) -> str:
    """Return the language that a code is counted as.

    >>> _main("zh-TW"), _main("nn"), _main("de")
    ('zh', 'no', 'de')
    """
    code = language.lower().replace("_", "-").partition("-")[0]
    return _MAIN.get(code, code)


@once
def _identifier() -> LanguageIdentifier:
    """Return the detector, an object of our own: the library's functions share one whose languages anybody may set."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def same_language(languages: Iterable[str]) -> bool:
    """Return whether texts can be of one language: unknown ones fit any.

    >>> same_language(["en", "unknown", "en"]), same_language(["en", "de"])
    (True, False)
    """
    return len(set(languages) - {UNKNOWN}) <= 1
