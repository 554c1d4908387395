"""Intensity scorer `lexical`: the additive keyword score of arXiv 2508.09337, as published.

Keywords in four tiers, intensifiers, punctuation and capitals add up.

The published rule, kept as it is; only the keywords are ours. It knows no negation, so that "not happy" scores as
"happy" does, and it adds up, so that long texts score higher than short ones until the cap. `nrc` does neither.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import repeat
from pathlib import Path

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.hookspecs import hookimpl
from emotopy.host import checkpoint
from emotopy.readers.separated import DamagedRow, separated_rows
from emotopy.records import Intensities
from emotopy.records.axes import FloatArray, IntArray
from emotopy.roles import Factory, IntensityScorer
from emotopy_plugins.shared.files import read_text
from emotopy_plugins.shared.tokenizer import Tokens, blocks, sums_by_text, tokenize

BUNDLED_TIERS = Path(__file__).parent / "data" / "lexical_tiers.csv"

# All in hundredths: sums of whole numbers are exact, whatever their order.
BASE, CAP = 10, 200
TIERS = {"extreme": 100, "very": 80, "plain": 60, "mild": 30}
INTENSIFIERS, ANY_INTENSIFIER = frozenset({"so", "very", "really", "truly", "completely", "totally"}), 30
ABSOLUTISTS, ANY_ABSOLUTIST = frozenset({"never", "always", "everything", "nothing"}), 20
EXCLAMATION, MAX_EXCLAMATIONS = 25, 4
QUESTION, MAX_QUESTIONS = 15, 3
ALL_CAPITALS, CAPITALS_LONGER_THAN = 50, 3

HEADER = ["keyword", "emotion", "tier"]


@attrs.frozen(eq=False)
class KeywordTiers:
    """Keywords and their weights in hundredths: `weights` maps a keyword to weights per emotion, (n_emotions,)."""

    sha256: str
    emotions: tuple[str, ...]
    weights: Mapping[str, IntArray] = attrs.field(repr=False)


class LexicalScorer:
    """Score texts by emotion keywords, intensifiers and punctuation, from 0.1 to 2.0.

    The base is 0.1; what a text holds is added, and the sum is capped at 2.0.

    Every keyword adds its tier (extreme 1.0, very 0.8, plain 0.6, mild 0.3) each time it stands; any intensifier adds
    0.3 once, any absolutist word 0.2 once; every "!" 0.25 up to 4, every "?" 0.15 up to 3; a text of more than 3
    characters that is all in capitals 0.5.

    `values` is that score, 0.1 to 2.0. `by_emotion` is the sum of the tiers of an emotion's keywords, uncapped.
    `coverage` is the share of tokens that are keywords.

    Parameters
    ----------
    tiers : Path or None
        Your own keywords: CSV with the columns ``keyword,emotion,tier``, tier extreme, very, plain or mild; None
        takes ours.

    Raises
    ------
    InputError
        For a file that can't be read; it names the line.
    """

    def __init__(self, tiers: Path | None = None) -> None:
        self.keywords = keywords = read_tiers(BUNDLED_TIERS if tiers is None else Path(tiers))
        self.languages = ("en",) if tiers is None else ()  # keywords of one's own may be in any language
        words = sorted(keywords.weights.keys() | INTENSIFIERS | ABSOLUTISTS)
        none = np.zeros(len(keywords.emotions), np.int64)
        by_emotion = np.array([*(keywords.weights.get(word, none) for word in words), none])
        # One table, a row per word and a last one for all others: emotions, score, then three yes-or-no columns.
        flags = [(word in INTENSIFIERS, word in ABSOLUTISTS, word in keywords.weights) for word in words]
        self._table = np.column_stack((by_emotion, by_emotion.max(axis=1), np.array([*flags, (False,) * 3])))
        self._entry = {word.encode(): number for number, word in enumerate(words)}

    @property
    def fingerprint(self) -> str:
        """Name and checksum of the keywords."""
        return f"lexical sha256:{self.keywords.sha256}"

    def score(self, texts: Sequence[str]) -> Intensities:
        """Return intensities, one row per text.

        Raises InputError for anything but a sequence of strings.
        """
        n_texts, n_emotions = len(texts), len(self.keywords.emotions)
        values, coverage, by_emotion = np.full(n_texts, BASE / 100), np.zeros(n_texts), np.zeros((n_texts, n_emotions))
        for where, tokens in blocks(texts):
            checkpoint()
            by_emotion[where], values[where], coverage[where] = self._score_block(texts[where], tokens)
        return Intensities(emotions=self.keywords.emotions, values=values, by_emotion=by_emotion, coverage=coverage)

    def _score_block(self, texts: Sequence[str], tokens: Tokens) -> tuple[FloatArray, FloatArray, FloatArray]:
        unknown = len(self._entry)
        entries = np.fromiter(map(self._entry.get, tokens.words, repeat(unknown)), np.int32, len(tokens.words))
        at = np.flatnonzero(entries < unknown)
        sums = sums_by_text(tokens.text[at], self._table[entries[at]], len(texts))
        *_, keywords, intensifiers, absolutists, n_keywords = sums.T
        capitals = np.array([len(text) > CAPITALS_LONGER_THAN and text.isupper() for text in texts])
        total = (
            BASE
            + keywords
            + ANY_INTENSIFIER * (intensifiers > 0)
            + ANY_ABSOLUTIST * (absolutists > 0)
            + EXCLAMATION * np.minimum(tokens.marks("!"), MAX_EXCLAMATIONS)
            + QUESTION * np.minimum(tokens.marks("?"), MAX_QUESTIONS)
            + ALL_CAPITALS * capitals
        )
        coverage = n_keywords / np.maximum(tokens.n_tokens, 1)
        return sums[:, : len(self.keywords.emotions)] / 100, np.minimum(total, CAP) / 100, coverage


@hookimpl
def register_intensity_scorers() -> Mapping[str, Factory[IntensityScorer]]:
    """Offer `lexical`."""
    return {"lexical": LexicalScorer}


def read_tiers(path: Path) -> KeywordTiers:
    """Read a CSV of keywords; emotions keep the order in which they turn up.

    A keyword may stand under several emotions; its strongest tier counts in the score, once.

    Raises InputError that names the line.
    """
    text, sha256 = read_text(path)
    rows = separated_rows(text, ",", strict=True)
    entries: dict[tuple[str, str], int] = {}
    try:
        header = next((cells for cells, _ in rows), [])
        if [column.strip().lower() for column in header] != HEADER:
            raise InputError(
                f"{path.name}: line 1: wanted the columns {','.join(HEADER)}, got {','.join(header)!r:.80}"
            )
        for row, line in rows:
            if row:
                where = f"{path.name}: line {line}"
                keyword, emotion, weight = _entry(where, [column.strip() for column in row])
                if (keyword, emotion) in entries:
                    raise InputError(f"{where}: {keyword!r} occurs twice for {emotion!r}; keep one line")
                entries[keyword, emotion] = weight
    except DamagedRow as error:
        raise InputError(f"{path.name}: line {error.line}: wanted CSV, got something else: {error}") from None
    if not entries:
        raise InputError(f"{path.name}: wanted at least one keyword, got only a header")
    emotions = tuple(dict.fromkeys(emotion for _, emotion in entries))
    weights = {keyword: np.zeros(len(emotions), np.int64) for keyword, _ in entries}
    for (keyword, emotion), weight in entries.items():
        weights[keyword][emotions.index(emotion)] = weight
    return KeywordTiers(sha256=sha256, emotions=emotions, weights=weights)


def _entry(where: str, row: list[str]) -> tuple[str, str, int]:
    if len(row) != len(HEADER) or not all(row):
        raise InputError(f"{where}: wanted {','.join(HEADER)}, got {row!r:.80}")
    keyword, emotion, tier = row
    tokens = tokenize(keyword)
    if len(tokens) != 1:
        raise InputError(f"{where}: wanted a keyword of one word, got {keyword!r}; texts are scored word by word")
    if tier.lower() not in TIERS:
        raise InputError(f"{where}: wanted the tier {', '.join(TIERS)}, got {tier!r}")
    return tokens[0], emotion, TIERS[tier.lower()]
