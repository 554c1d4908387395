"""The NRC scorer: looks every token up at once, weighs what it finds, and adds up per text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat

import numpy as np

from emotopy.host import checkpoint
from emotopy.records import Intensities
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy_plugins.shared.nrc_files import WordList
from emotopy_plugins.shared.nrc_layouts import EMOTIONS
from emotopy_plugins.shared.tokenizer import Tokens, blocks, sums_by_text
from emotopy_plugins.shared.vader_rules import CUE_CODES, Rules, text_factors, word_factors


def plain_counts(token_lists: Sequence[Sequence[str]], words: WordList) -> IntArray:
    """Count per text how many of its tokens carry each emotion; returns (n_texts, n_emotions).

    Tokens are looked up as they stand, without folding case; a token that occurs twice counts twice. Equals
    `raw_emotion_scores` of nrclex on the same tokens and list, zero-filled.
    """
    lengths = np.fromiter(map(len, token_lists), np.int64, len(token_lists))
    rows = np.fromiter(map(words.rows.get, chain.from_iterable(token_lists), repeat(-1)), np.int64, int(lengths.sum()))
    found = rows >= 0
    text = np.repeat(np.arange(len(lengths)), lengths)[found]
    return sums_by_text(text, words.scores[rows[found]] > 0, len(lengths)).astype(np.int64)


class NrcScorer:
    """Scores texts by the words of an NRC list.

    With EmoLex or Emotion Intensity, `emotions` are the eight of Plutchik, then positive and negative. `by_emotion` is
    the sum of the weights of the tokens that carry the emotion, divided by the number of tokens: a share where every
    rule is off. `values` is the same for tokens that carry any of the eight, each with the strongest of its scores.
    Texts without tokens score 0.

    With VAD, `emotions` are valence, arousal, dominance: the mean rating of the tokens found, in the list's own range,
    and `values` is arousal. There a rule acts on a rating's distance from the middle of the range, so that negation
    leads towards neutral; a text in which nothing is found is neutral (a text without any token has value 0).

    `coverage` is the share of tokens that the list holds, whatever their weight.

    Attributes
    ----------
    unreachable : int
        Entries that no single token can match, being more than one word.
    """

    def __init__(self, words: WordList, rules: Rules | None = None) -> None:
        self.words = words
        self.rules = Rules() if rules is None else rules
        # One dictionary answers for list words and function words alike: token → entry, entry → row and cue.
        listed = Tokens.of(list(words.rows))
        single = np.flatnonzero(listed.n_tokens == 1)
        first = np.cumsum(listed.n_tokens) - listed.n_tokens
        row_of = {listed.words[first[row]]: int(row) for row in reversed(single.tolist())}
        cue_of = {word.encode(): code for word, code in CUE_CODES.items()}
        entries = sorted(row_of.keys() | cue_of.keys())
        self.unreachable = len(words) - len(single)
        self._entry = {word: number for number, word in enumerate(entries)}
        self._row = np.array([*(row_of.get(word, -1) for word in entries), -1], np.int32)
        self._cue = np.array([*(cue_of.get(word, 0) for word in entries), 0], np.int16)
        self._middle = (words.low + words.high) / 2 if words.format == "vad" else 0.0
        self._table = words.scores - self._middle
        if words.format != "vad":
            strongest = words.scores[:, : len(EMOTIONS)].max(axis=1, initial=0.0)
            self._table = np.column_stack((words.scores, strongest))

    @property
    def fingerprint(self) -> str:
        """Name, checksum of the list, scale of ratings, and rules."""
        scale = f" from {self.words.low:g}" if self.words.format == "vad" else ""
        return f"nrc {self.words.format}{scale} sha256:{self.words.sha256} {self.rules}"

    def knows_words(self, words: Sequence[str]) -> BoolArray:
        """Return which words the list holds, (n_words,)."""
        tokens = Tokens.of(list(words))
        entries = np.fromiter(map(self._entry.get, tokens.words, repeat(len(self._entry))), np.int32, len(tokens.words))
        return np.bincount(tokens.text[self._row[entries] >= 0], minlength=len(words)) > 0

    def score(self, texts: Sequence[str]) -> Intensities:
        """Return intensities, one row per text.

        Raises InputError for anything but a sequence of strings.
        """
        n_texts, n_emotions = len(texts), len(self.words.emotions)
        values, coverage, by_emotion = np.zeros(n_texts), np.zeros(n_texts), np.zeros((n_texts, n_emotions))
        measure = self._ratings if self.words.format == "vad" else self._shares
        for where, tokens in blocks(texts):
            checkpoint()
            values[where], by_emotion[where], coverage[where] = measure(tokens)
        return Intensities(emotions=self.words.emotions, values=values, by_emotion=by_emotion, coverage=coverage)

    def _shares(self, tokens: Tokens) -> tuple[FloatArray, FloatArray, FloatArray]:
        sums, _, n_found = self._sums(tokens)
        n_tokens = np.maximum(tokens.n_tokens, 1)
        shares = sums / n_tokens[:, None]
        return shares[:, -1], shares[:, :-1], n_found / n_tokens

    def _ratings(self, tokens: Tokens) -> tuple[FloatArray, FloatArray, FloatArray]:
        sums, n_rated, n_found = self._sums(tokens)
        ratings = np.clip(self._middle + sums / np.maximum(n_rated, 1)[:, None], self.words.low, self.words.high)
        arousal = np.where(tokens.n_tokens > 0, ratings[:, self.words.emotions.index("arousal")], 0.0)
        return arousal, ratings, n_found / np.maximum(tokens.n_tokens, 1)

    def _sums(self, tokens: Tokens) -> tuple[FloatArray, IntArray, IntArray]:
        """Return weighted sums (n_texts, n_columns), and the number of tokens with a weight and of tokens found."""
        n_texts = len(tokens.text_starts)
        entries = np.fromiter(map(self._entry.get, tokens.words, repeat(len(self._entry))), np.int32, len(tokens.words))
        rows = self._row[entries]
        at = np.flatnonzero(rows >= 0)
        table = self._table[rows[at]]
        factors = word_factors(tokens, self._cue[entries], at, self.rules)
        text = tokens.text[at]
        n_found = np.bincount(text, minlength=n_texts)
        n_weighted = np.bincount(text[table.any(axis=1)], minlength=n_texts)
        sums = sums_by_text(text, table * factors[:, None], n_texts)
        return sums * text_factors(tokens, n_weighted, self.rules)[:, None], n_weighted, n_found
