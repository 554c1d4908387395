"""Optional capabilities of stages that work on texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from emotopy.records.axes import BoolArray, FloatArray
from emotopy.roles.stages import MappingInputs


@runtime_checkable
class FitsTexts(Protocol):
    """An embedder that is fitted to the corpus, such as TF-IDF or LSA.

    The host calls `fit` once, before any text is embedded, with the distinct texts of the fit in canonical order. For a
    large corpus, these are the texts of the sample; for groups that are fitted separately, the texts of all groups.
    Texts that are mapped later aren't used for fitting. `embed` must handle words that weren't in the fit, because it
    also receives the terms of the evidence and new texts; a text without a known word may be a row of zeros. Before the
    fit, `embed` raises scikit-learn's `NotFittedError`. The embedder implements `Saves` if the fitted pathway is to be
    saved, and can be pickled if work is sent to workers.

    Examples
    --------
    >>> import numpy as np
    >>> class Vocabulary:
    ...     def fit(self, texts):
    ...         self.words = sorted({word for text in texts for word in text.split()})
    ...     def embed(self, texts):
    ...         return np.array([[text.split().count(word) for word in self.words] for text in texts], np.float32)
    >>> isinstance(Vocabulary(), FitsTexts)
    True
    """

    def fit(self, texts: Sequence[str]) -> Any:
        """Fit to the distinct texts, (n_texts,); the return value isn't used.

        Parameters
        ----------
        texts : sequence of str
            Sorted, unique and not empty.
        """
        ...


@runtime_checkable
class SoftClusterer(Protocol):
    """A clusterer with degrees of membership, which are computed only if `membership` is requested.

    Examples
    --------
    >>> import numpy as np
    >>> class Halves:
    ...     def fit_predict(self, X):
    ...         return np.arange(len(X)) % 2
    ...     def membership(self, points):
    ...         return np.full((len(points), 2), 0.5)
    >>> isinstance(Halves(), SoftClusterer)
    True
    """

    def membership(self, points: FloatArray) -> FloatArray:
        """Return memberships (n_texts, n_clusters) for the rows of the fit; each row sums to at most one."""
        ...


@runtime_checkable
class ProfileMapper(Protocol):
    """A region mapper that also provides evidence and its standardised profile.

    Attributes
    ----------
    reference : str
        Description of the reference of the standardisation; available after `fit`.
    reference_share : ndarray, (n_regions,)
        Share of the reference that is assigned to each region; available after `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> class Flat:
    ...     reference, reference_share = "nothing", np.ones(2) / 2
    ...     def evidence(self, inputs):
    ...         return np.zeros((len(inputs.texts), 2))
    ...     profile = evidence
    >>> isinstance(Flat(), ProfileMapper)
    True
    """

    reference: str
    reference_share: FloatArray

    def evidence(self, inputs: MappingInputs) -> FloatArray:
        """Return evidence (n_texts, n_regions) before standardisation, in the mapper's own unit."""
        ...

    def profile(self, inputs: MappingInputs) -> FloatArray:
        """Return profiles (n_texts, n_regions), standardised per region against `reference`."""
        ...


@runtime_checkable
class CombinedMapper(Protocol):
    """A profile mapper that returns its three arrays in one call, to share computations.

    Examples
    --------
    >>> import emotopy
    >>> registry = emotopy.Registry.load(plugins=False)
    >>> isinstance(registry.make("region_mapper", "evidence"), CombinedMapper)
    True
    """

    def map(self, inputs: MappingInputs) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return what `assign`, `profile` and `evidence` return, in this order."""
        ...


@runtime_checkable
class KnowsLanguages(Protocol):
    """A stage that supports only some languages; it never receives texts that are certainly in another language.

    A stage without this protocol, or with empty `languages`, receives every text.

    Examples
    --------
    >>> import emotopy
    >>> scorer = emotopy.Registry.load(plugins=False).make("intensity_scorer", "lexical")
    >>> isinstance(scorer, KnowsLanguages), scorer.languages
    (True, ('en',))
    """

    @property
    def languages(self) -> tuple[str, ...]:
        """ISO 639-1 codes, such as ("en",)."""
        ...


@runtime_checkable
class KnowsWords(Protocol):
    """A stage that reports which words it knows; it doesn't receive texts without any known word.

    Examples
    --------
    >>> import numpy as np
    >>> class Few:
    ...     def knows_words(self, words):
    ...         return np.array([word.lower() in {"fear", "joy"} for word in words])
    >>> isinstance(Few(), KnowsWords)
    True
    >>> Few().knows_words(["Fear", "xyzzy"])
    array([ True, False])
    """

    def knows_words(self, words: Sequence[str]) -> BoolArray:
        """Return which words are known, (n_words,).

        A word is a run of two or more letters, spelt as in the text.
        """
        ...


@runtime_checkable
class ExplainsWords(Protocol):
    """An embedder that can cheaply embed texts with single words left out, to compute the contribution of each word.

    The host uses it in a fit for the words of at most 200 texts (the table ``reasons``), if the region mapper
    implements `MapsEmbeddings`.

    Examples
    --------
    >>> import numpy as np
    >>> class Lengths:
    ...     def embed_without(self, texts, words):
    ...         left = [len(text) - (end - start) for text, own in zip(texts, words) for start, end in own]
    ...         return np.array(left, np.float32)[:, None]
    >>> isinstance(Lengths(), ExplainsWords), Lengths().embed_without(["so sad"], [[(0, 2), (3, 6)]]).ravel().tolist()
    (True, [4.0, 3.0])
    """

    def embed_without(self, texts: Sequence[str], words: Sequence[Sequence[tuple[int, int]]]) -> FloatArray:
        """Return the vectors of texts without one of their words.

        Parameters
        ----------
        texts : sequence of str
            (n_texts,).
        words : sequence of sequences of (int, int)
            For each text, the spans of the words to leave out, one at a time: index of the first character, and index
            after the last. `emotopy.readers.segmentation.without_word` returns the remaining text.

        Returns
        -------
        ndarray
            (n_words_in_all, n_dims) float32: what `embed` returns for the remaining texts, in the order of `words`.
        """
        ...


@runtime_checkable
class MapsEmbeddings(Protocol):
    """A region mapper whose values for a text depend only on its embedding and are cheap to compute.

    With `embeddings_only`, it may receive texts with one word left out, whose points and clusters are None.

    Examples
    --------
    >>> class Nearest:
    ...     embeddings_only = True
    >>> isinstance(Nearest(), MapsEmbeddings)
    True
    """

    embeddings_only: bool
