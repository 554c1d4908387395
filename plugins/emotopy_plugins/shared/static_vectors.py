"""Static vectors: a vector per word piece, averaged. The embedder `static`, on which the GoEmotions head stands, too.

It reads wordllama's weights and tokenizer without wordllama's code.
Importing wordllama would configure logging, pad every batch to its longest text and turn "" into NaN; the two data
files in its wheel are all that is needed. The vector of a text is the sum of its tokens' vectors, scaled to length 1.

A mean of tokens takes "not afraid" for "afraid". So what a negation covers counts a quarter, by the rules that the
scorer `nrc` follows, too: the same negators, three words on, within a clause.

Why it is repeatable: the weights are half-precision numbers, and sums of those in double precision are exact, sums of
their quarters too. So a text has bitwise the same vector alone and in any batch, in whatever order its tokens are
added; and the work may be arranged for speed.

Why it is fast: tokens of this vocabulary never span a space, so each distinct word is tokenized once (many are
remembered from block to block), and the summing is two sparse products, texts × words × tokens. Only texts with a
negator are looked at a second time.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from emotopy.errors import PluginError
from emotopy.once import once_property
from emotopy.readers.segmentation import without_word
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy.reference import defined_by
from emotopy.roles import Host
from emotopy_plugins.shared.batching import runs
from emotopy_plugins.shared.tokenizer import Tokens
from emotopy_plugins.shared.vader_rules import cues_of, negated, negates

if TYPE_CHECKING:
    from scipy.sparse import csr_array
    from tokenizers import Tokenizer

WEIGHTS = "weights/l2_supercat_256.safetensors"
TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
SHA256 = {
    WEIGHTS: "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5",
    TOKENIZER: "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68",
}

BLOCK_SIZE = 1 << 21
"""Texts are embedded in blocks of about this many characters, so that memory follows the block, not the corpus."""

TEXT_OVERHEAD = 64
"""What a text costs in its block beside its characters: its sums of vectors, in characters' worth of memory."""

LETTERS_PER_TOKEN = 2.5
"""A word that falls into shorter pieces on average is a riddle to the vocabulary, as letters typed at random are."""

MOST_REMEMBERED, LONGEST_REMEMBERED = 200_000, 32
"""Pieces whose tokens are remembered, some 40 MB; longer pieces are rare."""

FEWEST_FOR_THREADS = 64
"""The tokenizer shares fewer pieces than this among threads no faster than one thread takes for all of them."""

SPACE = "\u2581"
"""What the tokenizer puts in the place of a space."""

NEGATION_KEEPS = 0.25
"""What negation leaves of a word's vector; a power of two, so that sums stay exact."""


class Model(NamedTuple):
    """A tokenizer and its weights (n_tokens, n_dims), float64."""

    tokenizer: Tokenizer
    weights: FloatArray


class StaticEmbedder:
    """Mean of wordllama's static token vectors, unit norm (l2_supercat, 256 dimensions, bundled with its wheel).

    Fewer dimensions are the first ones: the vectors are Matryoshka vectors (Kusupati et al. 2022, arXiv 2205.13147).

    Texts aren't truncated, as they aren't in wordllama's class: a long text is the mean of all its tokens. (The class
    rounds in single precision, which shows at 10,000 tokens: 1e-5.) A text without tokens gets the zero vector. The
    data files are read, and their checksums compared, at the first `embed`.

    Parameters
    ----------
    n_dims : 64, 128 or 256
        How many dimensions.
    negation : bool
        Words that a negation covers count a quarter: "not afraid" is a little of "afraid", and nothing of "brave".
        Without it vectors are those of wordllama's class.
    host
        Who is told of progress; filled by the host.

    Raises
    ------
    ImportError
        wordllama isn't installed.
    PluginError
        Its data files are missing, or not the ones that this version of emotopy knows.
    """

    languages = ("en",)  # others have vectors as well, which mean little: their words fall into English pieces

    def __init__(self, n_dims: Literal[64, 128, 256] = 256, negation: bool = True, host: Host | None = None) -> None:
        self._host = host
        self.n_dims = n_dims
        self.negation = negation
        self._folder = wordllama_folder()
        self._tokens_of: dict[str, list[int]] = {}

    def __getstate__(self) -> dict[str, object]:
        left_out = {"_model"}  # read again, from files that are there
        kept = {name: value for name, value in self.__dict__.items() if name not in left_out}
        return {**kept, "_tokens_of": {}, "_host": None}  # who is told of progress stays where it is

    def __repr__(self) -> str:
        return f"StaticEmbedder(n_dims={self.n_dims}, negation={self.negation})"

    @property
    def fingerprint(self) -> str:
        """Model, dimensions, the start of the weights' checksum, and what negation leaves."""
        negation = f":negation-{NEGATION_KEEPS}" if self.negation else ""
        return f"static:wordllama-{self.n_dims}:{SHA256[WEIGHTS][:16]}{negation}"

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Return one vector per text, (n_texts, n_dims) float32, of length 1."""
        vectors = np.zeros((len(texts), self.n_dims), dtype=np.float32)
        with (self._host or Host()).progress("embedding", len(texts)) as advance:
            for rows in blocks(texts):
                sums = self._sums(texts[rows])
                lengths = np.linalg.norm(sums, axis=1, keepdims=True)
                np.divide(sums, lengths, out=vectors[rows], where=lengths > 0, casting="same_kind")
                advance(len(sums))
        return vectors

    def embed_without(self, texts: Sequence[str], words: Sequence[Sequence[tuple[int, int]]]) -> FloatArray:
        """Return the vectors of texts without one of their words each, (n_words_in_all, n_dims) float32.

        The texts that are left are embedded: what a negator covers changes with it. Their words are remembered from the
        whole texts, so that a word takes some 20 µs.
        """
        return self.embed([without_word(text, *word) for text, own in zip(texts, words, strict=True) for word in own])

    def knows_words(self, words: Sequence[str]) -> BoolArray:
        """Return which words are one token, or fall into pieces of 2.5 letters or more on average, (n_words,).

        Small letters and a capital at the front are tried as well. On GoEmotions dev 0.2 % of the comments have no such
        word ("LCSC?", "lmao!!"); of letters typed at random 90 %.
        """
        n_letters = np.array([len(word) for word in words])
        known = np.zeros(len(words), dtype=bool)
        for form in (str, str.lower, str.capitalize):
            left = np.flatnonzero(~known)  # fewer tokens make a word known, never unknown: most need one form alone
            n_tokens = np.array([len(tokens) for tokens in self._tokenize([form(words[i]) for i in left])])
            known[left] = (n_tokens == 1) | (n_letters[left] >= LETTERS_PER_TOKEN * n_tokens)
        return known

    @defined_by("emotopy_plugins.shared.summed_tokens.sums")
    def _sums(self, texts: Sequence[str]) -> FloatArray:
        """Return the sum of each text's token vectors, (n_texts, n_dims) float64, without rounding."""
        number: dict[str, int] = {}
        words_of_text = [[number.setdefault(word, len(number)) for word in words(text)] for text in texts]
        pieces = list(number)
        tokens_of_word = counts(self._tokenize(pieces), len(self._model.weights))
        pieces_of_text = counts(words_of_text, len(pieces))
        whole: dict[int, list[int]] = {}
        if self.negation:
            whole = self._damp(pieces_of_text, texts, pieces)
        sums = np.asarray(pieces_of_text @ tokens_of_word @ self._model.weights)
        if whole:
            covered = counts(list(whole.values()), len(self._model.weights))
            sums[list(whole)] -= (1 - NEGATION_KEEPS) * (covered @ self._model.weights)
        return sums

    def _damp(self, pieces_of_text: csr_array, texts: Sequence[str], pieces: list[str]) -> dict[int, list[int]]:
        """Damp, in place, the pieces (n_texts, n_pieces) that negations cover; a piece follows its first word.

        Returns the tokens that are covered in texts which are one piece because of their runs of spaces, row → tokens.
        """
        listed, number, starts = Tokens.of(pieces), pieces_of_text.indices, pieces_of_text.indptr
        negator = np.zeros(len(pieces), np.bool_)
        negator[listed.text[negates(cues_of(listed.words))]] = True
        n_pieces = np.diff(starts)
        at_text = np.repeat(np.arange(len(texts)), n_pieces)
        has_negator = np.zeros(len(texts), np.bool_)
        has_negator[at_text[negator[number]]] = True
        rows = np.flatnonzero(has_negator)
        tokens = Tokens.of([texts[row] for row in rows])
        covered = negated(tokens, cues_of(tokens.words))
        places = np.flatnonzero(has_negator[at_text])
        pieces_of_text.data[places[first_covered(listed.n_tokens[number[places]], covered)]] = NEGATION_KEEPS
        ends = np.cumsum(tokens.n_tokens)
        single = np.flatnonzero(n_pieces[rows] == 1)
        masks = [covered[ends[at] - tokens.n_tokens[at] : ends[at]] for at in single]
        whole = [int(row) for row in rows[single]]
        return dict(zip(whole, self._tokens_covered([texts[row] for row in whole], masks), strict=True))

    def _tokens_covered(self, texts: Sequence[str], covered: Sequence[BoolArray]) -> list[list[int]]:
        """Return the tokens of each text that lie in pieces, or the space before, whose first word is covered.

        `covered` says of each text which of its words are.
        """
        if not texts:
            return []
        texts = [without_surrogates(text) for text in texts]
        places = [(row, *match.span()) for row, text in enumerate(texts) for match in re.finditer("[^ ]+", text)]
        n_words = Tokens.of([texts[row][start:end] for row, start, end in places]).n_tokens
        chosen = [bytearray(len(text)) for text in texts]
        for piece in first_covered(n_words, np.concatenate(covered)):
            row, start, end = places[piece]
            start = max(start - 1, 0)
            chosen[row][start:end] = b"\1" * (end - start)
        return [
            [
                token
                for token, (start, end) in zip(found.ids, found.offsets, strict=True)
                if start < end and marks[start] and marks[end - 1]  # no token reaches over two pieces
            ]
            for found, marks in zip(
                self._model.tokenizer.encode_batch(texts, add_special_tokens=False), chosen, strict=True
            )
        ]

    def _tokenize(self, pieces: list[str]) -> list[list[int]]:
        """Return the token numbers of each piece, without the marks for beginning and end.

        Those of short pieces are remembered: the same words come again, in the next call at the latest.
        """
        known = self._tokens_of
        new = [piece for piece in dict.fromkeys(pieces) if piece not in known]
        found = dict(zip(new, self._encode(new), strict=True))
        for piece in new if len(known) < MOST_REMEMBERED else ():
            if len(piece) <= LONGEST_REMEMBERED:
                known[piece] = found[piece]
        return [known[piece] if piece in known else found[piece] for piece in pieces]

    def _encode(self, pieces: list[str]) -> list[list[int]]:
        try:
            return self._encodings(pieces)
        except TypeError:
            return self._encodings([without_surrogates(piece) for piece in pieces])

    def _encodings(self, pieces: list[str]) -> list[list[int]]:
        tokenizer = self._model.tokenizer
        if len(pieces) < FEWEST_FOR_THREADS:
            return [tokenizer.encode(piece, add_special_tokens=False).ids for piece in pieces]
        return [encoding.ids for encoding in tokenizer.encode_batch_fast(pieces, add_special_tokens=False)]

    @once_property
    def _model(self) -> Model:
        from safetensors.numpy import load
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str(self._read(TOKENIZER).decode())
        weights = load(self._read(WEIGHTS))["embedding.weight"][:, : self.n_dims]
        return Model(tokenizer, np.ascontiguousarray(weights, dtype=np.float64))

    def _read(self, name: str) -> bytes:
        path = self._folder / name
        if not path.is_file():
            raise _wrong_files(f"has no {name}")
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != SHA256[name]:
            raise _wrong_files(f"has another {name} (SHA-256 {hashlib.sha256(content).hexdigest()[:16]}…)")
        return content


def wordllama_folder() -> Path:
    """Return the folder where wordllama is installed, without importing it; raise ImportError where it isn't."""
    spec = importlib.util.find_spec("wordllama")
    if spec is None or not spec.submodule_search_locations:
        raise ImportError("the weights of the embedder 'static' are part of wordllama", name="wordllama")
    return Path(next(iter(spec.submodule_search_locations)))


def blocks(texts: Sequence[str]) -> Iterator[slice]:
    """Cut the texts into runs of about `BLOCK_SIZE`; a longer text stands alone.

    >>> list(blocks(["a" * 1_500_000, "b" * 400_000, "c" * 3_000_000, "d"]))
    [slice(0, 2, None), slice(2, 3, None), slice(3, 4, None)]
    """
    return runs((len(text) + TEXT_OVERHEAD for text in texts), BLOCK_SIZE)


def words(text: str) -> list[str]:
    """Cut a text into pieces whose tokens, put together, are the tokens of the text.

    No token has a space after its first letter, so texts fall apart at single spaces: the tokenizer puts a space before
    whatever it is given. Runs of spaces and written-out special tokens (`<s>`) are the exceptions, left whole.

    >>> words("so happy today!"), words("so  happy")
    (['so', 'happy', 'today!'], ['so  happy'])
    """
    pieces = text.split(" ")
    if "" in pieces or SPACE in text or "<s>" in text or "</s>" in text or "<unk>" in text:
        return [text]
    return pieces


def without_surrogates(text: str) -> str:
    r"""Join surrogate pairs, and put U+FFFD for halves of pairs, which no encoding of text can hold.

    >>> without_surrogates("a\ud83d\ude00b\ud83d")
    'a😀b�'
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def first_covered(n_words: IntArray, covered: BoolArray) -> IntArray:
    """Return which pieces, of `n_words` (n_pieces,) words each, begin with a word that is covered (n_words in all,).

    >>> first_covered(np.array([1, 0, 2, 1]), np.array([False, True, False, False]))
    array([2])
    """
    some = np.flatnonzero(n_words)
    return np.asarray(some[covered[(np.cumsum(n_words) - n_words)[some]]])


def counts(numbers: Sequence[Sequence[int]], n_columns: int) -> csr_array:
    """Return a sparse matrix (n_rows, n_columns) that counts, in each row, the numbers given for it.

    >>> counts([[0, 2, 2], [], [1]], n_columns=3).toarray()
    array([[1., 0., 2.],
           [0., 0., 0.],
           [0., 1., 0.]])
    """
    from scipy.sparse import csr_array

    ends = np.cumsum([len(row) for row in numbers], dtype=np.int64)
    columns = np.fromiter(chain.from_iterable(numbers), dtype=np.int64, count=int(ends[-1]))
    return csr_array((np.ones(len(columns)), columns, np.concatenate([[0], ends])), shape=(len(numbers), n_columns))


def _wrong_files(found: str) -> PluginError:
    version = importlib.metadata.version("wordllama")
    return PluginError(
        "the embedder 'static' needs the data files of wordllama 0.4.0.post1 or later, but the "
        f"installed wordllama {version} {found}; reinstall it: pip install --force-reinstall --no-deps "
        '"wordllama>=0.4.0.post1"'
    )
