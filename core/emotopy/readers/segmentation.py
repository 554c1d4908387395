"""Texts cut into segments: sentences, long ones in even parts; and what a word is.

The mean of many words' vectors moves to the centre of the vocabulary, so a long text mapped whole gets another profile
than its sentences have on average. Segments have about the same length in any text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import attrs
import numpy as np

from emotopy.records import FloatArray, IntArray, axes

Segment = Literal["sentence", "words", "none"]
"""How texts are cut: at sentences, evenly at about 12 words, or not at all."""

WORDS_A_PART = 12
"""About how many words a part of a long sentence has."""
SHORTEST, LONGEST = 4, 18
"""A sentence of fewer words is joined with a neighbour, one of more is cut. With these the mean profile of a text
depends least on its length, and agrees with the literature as well (docs/evidence-text.md, *Dependence on length*)."""

_HAN_AND_KANA = "\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_THAI_AND_KIN = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_LETTER = rf"[^\W_{_HAN_AND_KANA}{_THAI_AND_KIN}]"
WORD = re.compile(rf"[{_HAN_AND_KANA}]|[{_THAI_AND_KIN}]{{1,5}}|{_LETTER}+(?:['’]{_LETTER}+)*")
"""A word as texts are measured by: a run of letters and digits, with apostrophes inside.

Scripts that write no spaces are measured by their characters: each Chinese or Japanese one is a word, five of Thai,
Lao, Burmese or Khmer are at most one.
"""

ENGLISH = "en"
QUOTES = dict.fromkeys(map(ord, '"“”„‟«»「」『』'), " ")
"""Quotation marks: the splitter keeps whatever stands between two of them together, and an open one finds its partner
pages later (sentencex 1.0.32; findings/sentencex-open-quote.sh)."""
SURROGATES = re.compile(r"[\ud800-\udfff]")


@attrs.frozen(eq=False, repr=False)
class Segmentation:
    """Texts cut into segments; the segments of a text stand together, in its order.

    Attributes
    ----------
    segments : (n_segments,) strings
    text : (n_segments,)
        Place of each segment's text, ascending; every text has at least one segment.
    n_words : (n_segments,)
        Number of words of each segment.
    """

    segments: Sequence[str]
    text: IntArray = attrs.field(validator=axes("segments"))
    n_words: IntArray = attrs.field(validator=axes("segments"))

    def __len__(self) -> int:
        return len(self.segments)

    def __repr__(self) -> str:
        return f"Segmentation({len(self):,} segments of {self.n_texts:,} texts)"

    @property
    def starts(self) -> IntArray:
        """Place of the first segment of each text, (n_texts,)."""
        return np.flatnonzero(np.diff(self.text, prepend=-1))

    @property
    def n_texts(self) -> int:
        """Number of texts."""
        return int(self.text[-1]) + 1 if len(self.text) else 0

    @property
    def n_segments(self) -> IntArray:
        """Number of segments of each text, (n_texts,)."""
        return np.bincount(self.text, minlength=self.n_texts)

    @property
    def words_of_text(self) -> IntArray:
        """Number of words of each text, (n_texts,)."""
        return np.add.reduceat(self.n_words, self.starts) if len(self) else self.n_words

    @property
    def weights(self) -> FloatArray:
        """What each segment counts within its text, (n_segments,): its words, or 1 where the text has no word."""
        has_words = self.words_of_text[self.text] > 0
        return np.where(has_words, self.n_words, 1).astype(np.float64)

    @property
    def position(self) -> FloatArray:
        """Where in its text the middle of each segment stands, (n_segments,): share of words before it, 0 to 1."""
        weights = self.weights
        total = np.add.reduceat(weights, self.starts)
        before = np.cumsum(weights) - weights
        return np.asarray((before - before[self.starts][self.text] + weights / 2) / total[self.text])

    @property
    def number(self) -> IntArray:
        """The number of each segment within its text, from 0, (n_segments,)."""
        return np.arange(len(self)) - self.starts[self.text]

    def mean(self, values: FloatArray) -> FloatArray:
        """Return word-weighted means over the segments of each text.

        Parameters
        ----------
        values : (n_segments, ...)

        Returns
        -------
        (n_texts, ...); the very values where a text has one segment.
        """
        starts = self.starts
        if len(starts) == len(self):
            return values
        weights = self.weights.reshape(-1, *(1,) * (values.ndim - 1))
        total = np.add.reduceat(weights, starts, axis=0)
        found = np.add.reduceat(values * weights, starts, axis=0) / total
        alone = self.n_segments == 1
        found[alone] = values[starts[alone]]
        return np.asarray(found)

    def majority(self, labels: IntArray) -> IntArray:
        """Return the label that most of each text's words have, (n_texts,), of labels (n_segments,).

        Of labels with equally many words the smallest from 0 is taken, −1 (no cluster) last.
        """
        if self.n_texts == len(self):
            return labels
        order = np.lexsort((labels, self.text))
        text, label = self.text[order], labels[order]
        is_first = (np.diff(text, prepend=-1) != 0) | (np.diff(label, prepend=-2) != 0)
        first = np.flatnonzero(is_first)
        words = np.add.reduceat(self.weights[order], first)
        text, label = text[first], label[first]
        best = np.lexsort((label, label < 0, -words, text))
        return np.asarray(label[best][np.flatnonzero(np.diff(text[best], prepend=-1))])

    def segments_of(self, texts: IntArray) -> IntArray:
        """Return the places of the segments of these texts, (n_found,), ascending."""
        chosen = np.zeros(self.n_texts, dtype=bool)
        chosen[texts] = True
        return np.flatnonzero(chosen[self.text])


def count_words(texts: Sequence[str]) -> IntArray:
    """Return the number of words of each text, (n_texts,).

    >>> count_words(["Don't 2 go-there!", "?!", "我很难过。"])
    array([4, 0, 4])
    """
    return np.array([len(WORD.findall(text)) for text in texts], dtype=np.int64)


def without_word(text: str, start: int, end: int) -> str:
    """Return a text without the characters from `start` to before `end`; of the blanks around them one stays.

    >>> without_word("I am so, so sad", 12, 15), without_word("so sad today", 3, 6), without_word("sad!", 0, 3)
    ('I am so, so', 'so today', '!')
    """
    before, after = text[:start], text[end:]
    if before.endswith(" ") and after.startswith(" "):
        return before + after[1:]
    return before.rstrip(" ") if not after else after.lstrip(" ") if not before else before + after


def word_places(text: str) -> list[tuple[int, int]]:
    """Return where the words of a text stand: first character, and the one after the last.

    >>> word_places("so sad")
    [(0, 2), (3, 6)]
    """
    return [word.span() for word in WORD.finditer(text)]


def segment_places(text: str, segments: Sequence[str]) -> list[int] | None:
    """Return at which character of a text its segments start; None where they aren't the text's.

    >>> segment_places(" So sad.  Why? ", ["So sad.", "Why?"])
    [1, 10]
    """
    found, place = [], 0
    for segment in segments:
        place = text.find(segment, place)  # only blanks are left out between segments
        if place < 0:
            return None
        found.append(place)
        place += len(segment)
    return found


def segment_texts(
    texts: Sequence[str], how: Segment = "sentence", languages: Sequence[str | None] | None = None
) -> Segmentation:
    """Cut texts into segments.

    Parameters
    ----------
    texts : (n_texts,)
    how
        ``sentence``: sentences as the package sentencex finds them; one of more than 18 words is cut evenly into parts
        of about 12, and one of fewer than 4 is joined with a neighbour. ``words``: texts are cut evenly, whatever their
        sentences. ``none``: a text is one segment.
    languages : (n_texts,)
        ISO 639-1 code of each text's language, for abbreviations that end with a dot; English by default and where the
        code is none that sentencex knows.

    Returns
    -------
    Segmentation
        Blanks at the ends of segments are gone.

    >>> segment_texts(["I am so sad. Why? Dr. Lee has left us :(", "Fine"]).segments
    ['I am so sad. Why?', 'Dr. Lee has left us :(', 'Fine']
    """
    segments: list[str] = []
    counts: list[int] = []
    text: list[int] = []
    codes = [None] * len(texts) if languages is None else languages
    for place, (one, code) in enumerate(zip(texts, codes, strict=True)):
        pieces = [one] if how == "none" else _sentences(one, code or ENGLISH) if how == "sentence" else _even_parts(one)
        for piece, n_words in _join_short(pieces):
            segments.append(piece)
            counts.append(n_words)
            text.append(place)
    return Segmentation(segments, np.array(text, dtype=np.int64), np.array(counts, dtype=np.int64))


def _sentences(text: str, language: str) -> list[str]:
    pieces = []
    for sentence in _split(text, text, language):
        if len(sentence) <= LONGEST or len(WORD.findall(sentence)) <= LONGEST:
            pieces.append(sentence)
            continue
        for part in _split(sentence, sentence.translate(QUOTES), language):
            pieces.extend(_even_parts(part))
    return pieces


def _split(text: str, read: str, language: str) -> list[str]:
    """Cut a text where the splitter cuts `read`, a text of the same length.

    Sentences are looked up one after the other, since the splitter leaves blank lines out now and then (sentencex
    1.0.32, about every 10,000 characters; findings/sentencex-lost-blank-lines.sh).
    """
    from sentencex import segment

    if not read.isascii():
        read = SURROGATES.sub("\ufffd", read)  # half a character, which the library can't be given
    starts, place = [0], 0
    for sentence in segment(language, read):
        found = read.find(sentence, place)
        if found < 0:
            break
        if found > 0 and sentence.strip():
            starts.append(found)
        place = found + len(sentence)
    return [text[start:end] for start, end in pairwise([*starts, len(text)])]


def _even_parts(text: str) -> list[str]:
    """Cut a text evenly, before words, into parts of about 12 words where it has more than 18."""
    if len(text) <= LONGEST:
        return [text]
    starts = [found.start() for found in WORD.finditer(text)]
    if len(starts) <= LONGEST:
        return [text]
    n_parts = round(len(starts) / WORDS_A_PART)
    cuts = [starts[len(starts) * part // n_parts] for part in range(1, n_parts)]
    return [text[start:end] for start, end in pairwise([0, *cuts, len(text)])]


def _join_short(pieces: Sequence[str]) -> list[tuple[str, int]]:
    """Return pieces with their numbers of words; short ones, signs alone among them, are joined with a neighbour."""
    if len(pieces) == 1:
        return [(pieces[0], len(WORD.findall(pieces[0])))]
    found: list[tuple[str, int]] = []
    for piece in pieces:
        n_words = len(WORD.findall(piece))
        if found:
            before, n_before = found[-1]
            is_short = min(n_words, n_before) < SHORTEST and n_words + n_before <= LONGEST
            if is_short or n_words == 0 or n_before == 0:
                found[-1] = (before + piece, n_before + n_words)
                continue
        found.append((piece, n_words))
    return [(piece.strip(), n_words) for piece, n_words in found]
