"""The GoEmotions heads: probabilities of 28 emotions, learnt from labelled comments, on the static vectors.

There are two, and both are learnt on GoEmotions train alone (Demszky et al. 2020, arXiv 2005.00547) by
tests/benchmarks/goemotions_head.py.

`words`: a layer on each *word's* vector, a sum over the words, and a layer on the sum (a Deep Sets model: Zaheer et al.
2017, arXiv 1703.06114). With v the unit vector of a word, and the text of n words,

    h = Σ over words of k · max(0, v·W + b) / √n,        p = 1 / (1 + exp(−(h·U + c)))

where k is a quarter for a word that a negation covers, as in the embedder `static`, and one for any other. Comments
have up to about 30 words: a longer text is cut into runs of at most `LONGEST_RUN` words of nearly equal length, and its
probabilities are the means over its runs, weighed by their words, so that they don't grow with length.

`mean`: logistic regressions on x, the text's vector by the embedder `static`: p = 1 / (1 + exp(−(x·L + d))). The mean
of a text's words has lost which words stood there, so it knows far less of comments; on the one story with labels it
came out ahead, within chance (docs/annotators.md has the figures).

The file holds weights in whole numbers of eight bits, a scale per column, and where they come from.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import attrs
import numpy as np
import numpy.typing as npt

from emotopy.emotions import LABELS, PLUTCHIK8
from emotopy.errors import PluginError, ShapeError
from emotopy.languages import word_coverage
from emotopy.once import once_property
from emotopy.records.axes import FloatArray, IntArray
from emotopy_plugins.shared.batching import runs
from emotopy_plugins.shared.static_vectors import NEGATION_KEEPS, StaticEmbedder, first_covered
from emotopy_plugins.shared.tokenizer import Tokens
from emotopy_plugins.shared.vader_rules import cues_of, negated

Kind = Literal["words", "mean"]

SHIPPED = Path(__file__).parent / "data" / "goemotions.head.safetensors"
SHA256 = "5d803f3df3adfb82928388dad95bf4ecbb025fddde1b914ddb39c68a96aded44"
"""Of the file that ships; what has another one isn't read."""

LARGEST_FILE = 1 << 20
"""A file of more bytes is no head, and isn't read to its end."""

LONGEST_RUN = 40
"""Words that are read together at most; 99.9 % of the comments that the head is learnt on have fewer."""

BLOCK_CHARS = 1 << 18
"""Texts are read in blocks of about this many characters, so that memory follows the block, not the corpus."""

MIXTURES: Mapping[str, tuple[str, ...]] = {
    "joy": ("joy", "amusement", "excitement", "love"),
    "trust": ("admiration", "approval", "caring", "love", "gratitude"),
    "fear": ("fear", "nervousness"),
    "surprise": ("surprise", "realization", "confusion"),
    "sadness": ("sadness", "grief", "disappointment", "remorse"),
    "disgust": ("disgust",),
    "anger": ("anger", "annoyance", "disapproval"),
    "anticipation": ("optimism", "desire", "curiosity", "excitement"),
}
"""Plutchik's eight → the labels whose plain mean stands for each. Fixed beforehand, fitted to nothing."""

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+|[^\s\w'`\"“”„«»‹›‘‚‛]|_")


Numbers = Sequence[FloatArray]


@attrs.frozen(eq=False, slots=False)
class Head:
    """The numbers of both heads.

    Attributes
    ----------
    labels : (n_emotions,)
        Names of the emotions, as in `emotopy.emotions.LABELS`.
    word_weights, word_scale, word_bias : (n_dims, n_hidden), (n_hidden,), (n_hidden,)
        W is `word_weights` (whole numbers of eight bits) times `word_scale`; b.
    weights, scale, bias : (n_hidden, n_emotions), (n_emotions,), (n_emotions,)
        U is `weights` times `scale`; c.
    thresholds : (n_emotions,)
        The probability from which on a label is given, where F1 is largest on train, each part of it predicted by a
        head that was learnt on the others.
    mean_weights, mean_scale, mean_bias, mean_thresholds
        L is `mean_weights` (n_dims, n_emotions) times `mean_scale`; d; thresholds of the head `mean`.
    provenance
        Where the numbers come from, and the fingerprints of the embedders whose vectors they are for: `word_embedder`
        of the head `words`, `text_embedder` of the head `mean`.
    """

    labels: tuple[str, ...]
    word_weights: npt.NDArray[np.int8] = attrs.field(repr=False)
    word_scale: FloatArray = attrs.field(repr=False)
    word_bias: FloatArray = attrs.field(repr=False)
    weights: npt.NDArray[np.int8] = attrs.field(repr=False)
    scale: FloatArray = attrs.field(repr=False)
    bias: FloatArray = attrs.field(repr=False)
    thresholds: FloatArray = attrs.field(repr=False)
    mean_weights: npt.NDArray[np.int8] = attrs.field(repr=False)
    mean_scale: FloatArray = attrs.field(repr=False)
    mean_bias: FloatArray = attrs.field(repr=False)
    mean_thresholds: FloatArray = attrs.field(repr=False)
    provenance: Mapping[str, Any]

    def __attrs_post_init__(self) -> None:
        n_dims, n_hidden = self.word_weights.shape if self.word_weights.ndim == 2 else (0, 0)
        wanted = {
            "word_weights": (n_dims, n_hidden),
            "word_scale": (n_hidden,),
            "word_bias": (n_hidden,),
            "weights": (n_hidden, len(self.labels)),
            "scale": (len(self.labels),),
            "bias": (len(self.labels),),
            "thresholds": (len(self.labels),),
            "mean_weights": (n_dims, len(self.labels)),
            "mean_scale": (len(self.labels),),
            "mean_bias": (len(self.labels),),
            "mean_thresholds": (len(self.labels),),
        }
        for name, shape in wanted.items():
            value = getattr(self, name)
            if value.shape != shape or not n_hidden:
                raise ShapeError(f"{name}: wanted shape {shape}, got {value.shape}")
            if not np.isfinite(value).all():
                raise ShapeError(f"{name}: wanted finite numbers, got NaN or infinity")

    @classmethod
    def of(cls, words: Numbers, mean: Numbers, **provenance: Any) -> Head:
        """Return heads of these numbers, rounded to the precision in which they are stored.

        `words` are W, b, U, c and thresholds, `mean` are L, d and thresholds.
        """
        W, b, U, c, thresholds = words
        L, d, mean_thresholds = mean
        (word_weights, word_scale), (weights, scale), (mean_weights, mean_scale) = map(_quantised, (W, U, L))
        single = [np.asarray(one, np.float32).astype(np.float64) for one in (b, c, thresholds, d, mean_thresholds)]
        return cls(
            LABELS,
            word_weights=word_weights,
            word_scale=word_scale,
            word_bias=single[0],
            weights=weights,
            scale=scale,
            bias=single[1],
            thresholds=single[2],
            mean_weights=mean_weights,
            mean_scale=mean_scale,
            mean_bias=single[3],
            mean_thresholds=single[4],
            provenance=provenance,
        )

    @once_property
    def word_layer(self) -> FloatArray:
        """W, (n_dims, n_hidden)."""
        return np.asarray(self.word_weights * self.word_scale)

    @once_property
    def text_layer(self) -> FloatArray:
        """U, (n_hidden, n_emotions)."""
        return np.asarray(self.weights * self.scale)

    @once_property
    def mean_layer(self) -> FloatArray:
        """L, (n_dims, n_emotions)."""
        return np.asarray(self.mean_weights * self.mean_scale)

    def of_words(self, vectors: FloatArray) -> FloatArray:
        """Return what each word adds to a text's sum, (n_words, n_hidden), for unit vectors (n_words, n_dims)."""
        return np.asarray(np.maximum(vectors @ self.word_layer + self.word_bias, 0.0))

    def of_sums(self, sums: FloatArray) -> FloatArray:
        """Return probabilities (n_runs, n_emotions) for sums over words, divided by √n, (n_runs, n_hidden)."""
        from scipy.special import expit

        return np.asarray(expit(sums @ self.text_layer + self.bias))

    def of_means(self, vectors: FloatArray) -> FloatArray:
        """Return probabilities (n_texts, n_emotions) for vectors of texts (n_texts, n_dims)."""
        from scipy.special import expit

        return np.asarray(expit(vectors @ self.mean_layer + self.mean_bias))

    def to_bytes(self) -> bytes:
        """Return the file's content: safetensors, whose header holds labels and provenance."""
        from safetensors.numpy import save

        arrays = {name: np.ascontiguousarray(getattr(self, name), dtype=kind) for name, kind in _KINDS.items()}
        # One entry: safetensors writes several in an order that differs from call to call.
        about = json.dumps({"labels": self.labels, "provenance": self.provenance}, sort_keys=True)
        return save(arrays, metadata={"about": about})


_KINDS: Mapping[str, type[np.generic]] = {
    "word_weights": np.int8,
    "word_scale": np.float32,
    "word_bias": np.float32,
    "weights": np.int8,
    "scale": np.float32,
    "bias": np.float32,
    "thresholds": np.float32,
    "mean_weights": np.int8,
    "mean_scale": np.float32,
    "mean_bias": np.float32,
    "mean_thresholds": np.float32,
}
"""The arrays of a file, and their types."""


def read_head(path: Path = SHIPPED, sha256: str | None = None) -> Head:
    """Read a head; by default the one that ships, whose checksum is compared.

    Raises PluginError for a file that is absent, too large, of another checksum, no safetensors, or whose arrays are no
    head's.
    """
    sha256 = SHA256 if sha256 is None else sha256
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise _unfit(path, f"it can't be read ({error.strerror})") from error
    if len(content) > LARGEST_FILE:
        raise _unfit(path, f"it has more than {LARGEST_FILE:,} bytes")
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise _unfit(path, f"its SHA-256 is {found[:16]}…, wanted {sha256[:16]}…")
    return head_of(content, path)


def head_of(content: bytes, path: Path = SHIPPED) -> Head:
    """Return the head that a file's content describes; raise PluginError where it describes none."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        arrays = load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        about = json.loads(header["__metadata__"]["about"])
        labels, provenance = tuple(about["labels"]), dict(about["provenance"])
        if labels != LABELS or {name: value.dtype for name, value in arrays.items()} != _KINDS:
            raise ShapeError("its labels, or the names and types of its arrays, aren't those of a head")  # noqa: TRY301
        exact = {name: value if value.dtype == np.int8 else value.astype(np.float64) for name, value in arrays.items()}
        return Head(labels, **exact, provenance=provenance)
    except (SafetensorError, ShapeError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unfit(path, f"it isn't a head ({error})") from error


@attrs.define(eq=False, repr=False, slots=False)
class GoEmotionsModel:
    """A head on the vectors of the embedder `static`; files are read, and their checksums compared, at first use."""

    kind: Kind = "words"
    _head: Head | None = None
    _of_words: StaticEmbedder = attrs.field(factory=lambda: StaticEmbedder(negation=False))

    @property
    def head(self) -> Head:
        """The head; raises PluginError where it is damaged, or for the vectors of another embedder."""
        if self._head is None:
            self._head = read_head()
        embedder, key = (self._of_words, "word_embedder") if self.kind == "words" else (self._of_texts, "text_embedder")
        wanted = self._head.provenance.get(key)
        if wanted != embedder.fingerprint:
            raise PluginError(
                f"the GoEmotions head is for the vectors of {wanted}, but here are "
                f"{embedder.fingerprint}; reinstall emotopy and wordllama"
            )
        return self._head

    @property
    def fingerprint(self) -> str:
        """Kind and checksum of the head, and what the vectors that it reads depend on."""
        embedder = self._of_words if self.kind == "words" else self._of_texts
        return f"goemotions:{self.kind}:{SHA256[:16]}:{embedder.fingerprint}"

    @property
    def thresholds(self) -> FloatArray:
        """The probability from which on each label is given, (28,)."""
        return self.head.thresholds if self.kind == "words" else self.head.mean_thresholds

    def probabilities(self, texts: Sequence[str]) -> FloatArray:
        """Return the probability of each label, (n_texts, 28); rows of texts without a word are zero."""
        found = np.zeros((len(texts), len(self.head.labels)))
        read = self._by_words if self.kind == "words" else self._by_means
        for rows in runs((len(text) + 1 for text in texts), BLOCK_CHARS):
            found[rows] = read(texts[rows])
        return found

    def _by_words(self, texts: Sequence[str]) -> FloatArray:
        head, block = self.head, WordCounts.of(texts)
        found = np.zeros((len(texts), len(head.labels)))
        if not len(block.n_words):
            return found
        sums = block.weights @ head.of_words(self._of_words.embed(block.vocabulary).astype(np.float64))
        each = head.of_sums(np.asarray(sums) / np.sqrt(block.n_words)[:, None])
        n_words = np.maximum(np.bincount(block.text, weights=block.n_words, minlength=len(texts)), 1)
        for column, values in enumerate((each * block.n_words[:, None]).T):
            found[:, column] = np.bincount(block.text, weights=values, minlength=len(texts)) / n_words
        return found

    def _by_means(self, texts: Sequence[str]) -> FloatArray:
        has_words = np.array([bool(words(text)) for text in texts])
        return np.where(has_words[:, None], self.head.of_means(self._of_texts.embed(texts).astype(np.float64)), 0.0)

    @once_property
    def _of_texts(self) -> StaticEmbedder:
        return StaticEmbedder()

    def coverage(self, texts: Sequence[str]) -> FloatArray:
        """Return the share of each text's words that the vectors know, (n_texts,)."""
        return word_coverage(texts, self._of_words.knows_words)


@attrs.frozen(eq=False)
class WordCounts:
    """The words of a block of texts, cut into runs.

    Attributes
    ----------
    vocabulary : (n_vocabulary,)
        Distinct words.
    weights : (n_runs, n_vocabulary), sparse
        How often a word stands in a run; where a negation covers it, it counts a quarter.
    text, n_words : (n_runs,)
        The text that a run belongs to, and how many words the run has.
    """

    vocabulary: list[str]
    weights: Any
    text: IntArray
    n_words: IntArray

    @classmethod
    def of(cls, texts: Sequence[str]) -> WordCounts:
        """Cut texts into words and runs."""
        from scipy.sparse import csr_array

        number: dict[str, int] = {}
        words_of_text = [[number.setdefault(word, len(number)) for word in words(text)] for text in texts]
        vocabulary = list(number)
        column = np.array([word for each in words_of_text for word in each], dtype=np.int64)
        weight = np.where(_covered(words_of_text, vocabulary), NEGATION_KEEPS, 1.0)
        cut = [(row, length) for row, each in enumerate(words_of_text) for length in lengths_of_runs(len(each))]
        text, n_words = np.array(cut, dtype=np.int64).reshape(-1, 2).T
        starts = np.concatenate([[0], np.cumsum(n_words)])
        return cls(vocabulary, csr_array((weight, column, starts), shape=(len(text), len(number))), text, n_words)


def words(text: str) -> list[str]:
    """Cut a text into words in small letters; every other mark stands alone, quotation marks are left out.

    Stories quote in many ways (``said “no”``, `` `no' ``), and how says nothing of an emotion.

    >>> words("`I don’t know...' WHY?!")
    ['i', "don't", 'know', '.', '.', '.', 'why', '?', '!']
    """
    return _WORD.findall(text.replace("’", "'").lower())


def lengths_of_runs(n_words: int, longest: int = LONGEST_RUN) -> Iterator[int]:
    """Cut so many words into as few runs of at most `longest` words as will do, as equal as they can be.

    >>> list(lengths_of_runs(85)), list(lengths_of_runs(3)), list(lengths_of_runs(0))
    ([28, 28, 29], [3], [])
    """
    n_runs = math.ceil(n_words / longest)
    return ((i + 1) * n_words // n_runs - i * n_words // n_runs for i in range(n_runs))


def plutchik(probabilities: FloatArray) -> FloatArray:
    """Return Plutchik's eight, (n_texts, 8), from the 28 labels, (n_texts, 28), by `MIXTURES`."""
    return np.column_stack([mixture(probabilities, name) for name in PLUTCHIK8])


def mixture(probabilities: FloatArray, name: str) -> FloatArray:
    """Return one of Plutchik's eight, (n_texts,): the plain mean of its labels' probabilities, (n_texts, 28)."""
    return np.asarray(probabilities[:, [LABELS.index(label) for label in MIXTURES[name]]].mean(axis=1))


def _covered(words_of_text: Sequence[Sequence[int]], vocabulary: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return which words a negation covers, of all texts together, (n_words,)."""
    tokens = Tokens.of([" ".join([vocabulary[word] for word in each]) for each in words_of_text])
    n_tokens = Tokens.of(vocabulary).n_tokens  # the tokenizer knows no marks, and may see two words in one of ours
    order = np.array([word for each in words_of_text for word in each], dtype=np.int64)
    found = np.zeros(len(order), dtype=np.bool_)
    found[first_covered(n_tokens[order], negated(tokens, cues_of(tokens.words)))] = True
    return found


def _quantised(values: FloatArray) -> tuple[npt.NDArray[np.int8], FloatArray]:
    """Return whole numbers from −127 to 127 and a scale per column, (n_rows, n_columns) and (n_columns,)."""
    scale = np.maximum(np.abs(values).max(axis=0) / 127, np.finfo(np.float32).tiny).astype(np.float32)
    return np.rint(values / scale).astype(np.int8), scale.astype(np.float64)


def _unfit(path: Path, reason: str) -> PluginError:
    return PluginError(f"the GoEmotions head {path.name} doesn't belong to this version: {reason}; reinstall emotopy")
