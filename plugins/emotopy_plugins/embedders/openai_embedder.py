"""Embeddings from an OpenAI-compatible server: cached, packed, concurrent, resumable."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import attrs
import numpy as np

from emotopy.errors import InputError, ProviderError
from emotopy.records.axes import FloatArray
from emotopy.roles import Estimate, Host
from emotopy_plugins.embedders.openai_answer import read_vectors
from emotopy_plugins.shared.batching import BYTES_PER_TOKEN, combine, halve, n_bytes, pack, split_text
from emotopy_plugins.shared.openai_client import OpenAIClient, Session, TooLarge
from emotopy_plugins.shared.prices import usd_per_million_input_tokens
from emotopy_plugins.shared.vector_cache import VectorCache

if TYPE_CHECKING:
    import openai

Batch = tuple[str, ...]

_SHORTEST_SPLIT = 32
"""Bytes below which a text isn't split: a server that refuses so little has another reason."""
_SMALLER = 0.6
"""Longest part of a text that the server found too long: its half, and room to find white space."""


@attrs.frozen
class Limits:
    """What a server takes: inputs and tokens a request (bytes bound tokens from above), tokens a text."""

    max_inputs: int = 2048
    max_request_tokens: int = 300_000
    max_text_tokens: int = 8192

    @property
    def max_text_bytes(self) -> int:
        """The length above which a text is split without asking."""
        return self.max_text_tokens * BYTES_PER_TOKEN


class OpenAIEmbedder:
    """Embeds texts with a model behind the OpenAI embeddings protocol; vectors come as the server sends them.

    Every vector is in the cache as soon as its answer is here, so that nothing is paid for twice, whatever stops a run.
    A text that is too long is split at white space, and its parts' vectors are averaged by their length in bytes and
    brought back to unit norm, as OpenAI's vectors are.
    """

    def __init__(
        self,
        client: OpenAIClient,
        model: str,
        *,
        host: Host | None = None,
        dimensions: int | None = None,
        limits: Limits | None = None,
        encoding_format: Literal["base64", "float"] = "base64",
        usd_per_million_tokens: float | None = None,
    ) -> None:
        self._client = client
        self._model = model
        self._host = host = host or Host()
        self._dimensions = dimensions
        self._limits = limits or Limits()
        self._encoding_format = encoding_format
        self._price = usd_per_million_tokens
        if self._price is None and client.endpoint.is_openai:
            self._price = usd_per_million_input_tokens(model)
        self._cache = VectorCache(host.cache_dir / "vectors.sqlite" if host.cache_dir else None)
        # two spaces in the cache: vectors as a server sends them, and vectors put together from parts
        identity = {
            "provider": "openai",
            "server": client.endpoint.name,
            "model": model,
            "dimensions": dimensions,
        }
        self._whole = _json(identity)
        self._combined = _json({**identity, "max_text_tokens": self._limits.max_text_tokens})
        self._n_dims: int | None = None
        if not client.endpoint.is_loopback:
            host.notify(f"Texts are sent to {client.endpoint.name} to be embedded by {model}: they leave this machine.")

    def __repr__(self) -> str:
        return f"OpenAIEmbedder({self.fingerprint})"

    @property
    def fingerprint(self) -> str:
        """Provider, server, model, dimensions and the limit that decides about splitting, as JSON; no key."""
        return self._combined

    @property
    def address(self) -> str | None:
        """The server that gets the texts; None where it runs on this machine."""
        endpoint = self._client.endpoint
        return None if endpoint.is_loopback else endpoint.name

    def estimate(self, texts: Sequence[str]) -> Estimate:
        """Return what `embed(texts)` would send, without sending it; tokens and cost are upper bounds (a token a byte).

        `n_cached` counts those of `texts` that are in the cache. The cost is None where no price is known.

        Raises InputError for a text that `embed` wouldn't take.
        """
        distinct = _distinct(texts)
        held = self._cache.holds(self._whole, distinct) | self._cache.holds(self._combined, distinct)
        missing = [text for text in distinct if text not in held]
        inputs = _distinct_leaves(missing, self._presplit(missing))
        held_inputs = self._cache.holds(self._whole, inputs)
        to_send = [text for text in inputs if text not in held_inputs]
        n_tokens = sum(map(n_bytes, to_send))
        return Estimate(
            n_texts=len(texts),
            n_cached=sum(text in held for text in texts),
            n_tokens=n_tokens,
            n_requests=len(self._pack(to_send)),
            cost_usd=None if self._price is None else n_tokens * self._price / 1e6,
        )

    def embed(self, texts: Sequence[str]) -> FloatArray:
        """Return (n_texts, n_dims) float32: from the cache what is there, the rest from the server.

        Raises InputError for an empty text, or no text at all; ConfigError where a key is needed and missing;
        ProviderError where the server refuses, fails, or answers something that isn't an answer.
        """
        distinct = _distinct(texts)
        if not distinct:
            raise InputError("embedder: wanted at least one text, got none")
        vectors = {**self._cache.get(self._combined, distinct), **self._cache.get(self._whole, distinct)}
        self._check_cached(vectors.values())
        missing = [text for text in distinct if text not in vectors]
        if missing:
            vectors.update(self._fetch(missing))
        return np.stack([vectors[text] for text in texts])

    def _fetch(self, texts: Sequence[str]) -> dict[str, FloatArray]:
        """Return the vectors of texts that aren't in the cache; of those that are split, parts may be."""
        pieces = self._presplit(texts)
        inputs = _distinct_leaves(texts, pieces)
        vectors = self._cache.get(self._whole, inputs)
        self._check_cached(vectors.values())
        waiting = self._pack(text for text in inputs if text not in vectors)
        planned = {text for batch in waiting for text in batch}
        with self._host.progress(f"embedding with {self._model}", len(planned)) as advance:
            while waiting:  # a second round only for what the server found too large
                refused: list[Batch] = []
                with contextlib.closing(self._client.each(waiting, self._answer)) as answers:
                    for batch, outcome in answers:
                        if isinstance(outcome, TooLarge):
                            refused += self._smaller(batch, outcome, pieces)
                            done = [text for text in batch if text in pieces]
                        else:
                            vectors.update(zip(batch, outcome, strict=True))
                            done = list(batch)
                        advance(sum(text in planned for text in done))
                waiting = refused
        for text in texts:
            if text in pieces:
                vectors[text] = self._put_together(_leaves(text, pieces), vectors)
                self._cache.put(self._combined, [text], vectors[text][np.newaxis])
        return vectors

    async def _answer(self, session: Session, batch: Batch) -> FloatArray | TooLarge:
        """Send one request and keep its vectors; a refusal for size is an answer too."""
        options: dict[str, Any] = {} if self._dimensions is None else {"dimensions": self._dimensions}

        def request(api: openai.AsyncOpenAI) -> Awaitable[Any]:
            return api.embeddings.with_raw_response.create(
                model=self._model, input=list(batch), encoding_format=self._encoding_format, **options
            )

        try:
            answer = await session.send(request, f"{len(batch)} texts" if len(batch) > 1 else "1 text")
        except TooLarge as refusal:
            return refusal
        vectors = read_vectors(answer.content, len(batch), answer.name)
        self._check_length(vectors.shape[1], answer.name)
        self._cache.put(self._whole, batch, vectors)
        return vectors

    def _smaller(self, batch: Batch, refusal: TooLarge, pieces: dict[str, Batch]) -> list[Batch]:
        """Return what to send instead of a request that is too large; a single text is split, and noted in `pieces`.

        Raises the refusal where the text is so short that its length can't be the reason.
        """
        self._host.log(f"sent again in smaller requests: {refusal}")
        if len(batch) > 1:
            return list(halve(batch))
        length = n_bytes(batch[0])
        if length < _SHORTEST_SPLIT:
            raise refusal
        parts = split_text(batch[0], math.ceil(_SMALLER * length))
        pieces[batch[0]] = parts
        return self._pack(dict.fromkeys(parts))

    def _presplit(self, texts: Iterable[str]) -> dict[str, Batch]:
        """Split those texts that are too long by estimate; the mapping holds no others."""
        limit = self._limits.max_text_bytes
        return {text: split_text(text, limit) for text in texts if n_bytes(text) > limit}

    def _pack(self, texts: Iterable[str]) -> list[Batch]:
        return pack(texts, max_inputs=self._limits.max_inputs, max_bytes=self._limits.max_request_tokens)

    def _put_together(self, parts: Sequence[str], vectors: Mapping[str, FloatArray]) -> FloatArray:
        weights = np.array([n_bytes(part) for part in parts], dtype=np.float64)
        try:
            return combine(np.stack([vectors[part] for part in parts]), weights)
        except ValueError as error:
            raise ProviderError(f"{self._model}: a text was split into {len(parts)} parts, but {error}") from None

    def _check_cached(self, vectors: Iterable[FloatArray]) -> None:
        for vector in vectors:
            self._check_length(vector.size, "the cache of vectors")

    def _check_length(self, n_dims: int, name: str) -> None:
        """Compare with the option `dimensions`, else with the first vectors that this embedder saw."""
        if self._dimensions is not None and n_dims != self._dimensions:
            raise ProviderError(
                f"{name}: wanted {self._dimensions} dimensions, got {n_dims}; can {self._model} shorten its vectors? "
                "If not, leave embedder.dimensions out"
            )
        self._n_dims = self._n_dims or n_dims
        if n_dims != self._n_dims:
            raise ProviderError(
                f"{name}: wanted vectors of {self._n_dims} numbers like those before, got {n_dims}; if another model "
                f"now answers to the name {self._model!r}, run with an empty cache (--cache DIR)"
            )


def _distinct(texts: Iterable[str]) -> list[str]:
    """Return each text once, in order; raises InputError for one that no server takes."""
    distinct = list(dict.fromkeys(texts))
    for number, text in enumerate(distinct, start=1):
        if not text.strip():
            raise InputError(f"embedder: wanted texts with words, the {number}. distinct text is empty; leave it out")
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise InputError(
                f"embedder: the {number}. distinct text holds half a character (a lone surrogate at position "
                f"{error.start}); read the file again with its right encoding"
            ) from None
    return distinct


def _leaves(text: str, pieces: Mapping[str, Batch]) -> list[str]:
    """Return what stands for a text: itself, or its parts where it is split, as often as they occur in it."""
    if text not in pieces:
        return [text]
    return [leaf for part in pieces[text] for leaf in _leaves(part, pieces)]


def _distinct_leaves(texts: Iterable[str], pieces: Mapping[str, Batch]) -> list[str]:
    return list(dict.fromkeys(leaf for text in texts for leaf in _leaves(text, pieces)))


def _json(value: Mapping[str, str | int | None]) -> str:
    return json.dumps(value, sort_keys=True)
