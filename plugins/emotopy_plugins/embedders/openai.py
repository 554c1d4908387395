"""Embedders `openai` (any model behind the OpenAI protocol, on any server that speaks it) and `ada-002`."""

from __future__ import annotations

import base64
import contextlib
import json
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import attrs
import numpy as np
from annotated_types import Ge, Le, Lt, MinLen

from emotopy.errors import ConfigError, InputError, ProviderError
from emotopy.hookspecs import hookimpl
from emotopy.records.axes import FloatArray
from emotopy.roles import Embedder, Estimate, Factory, Host
from emotopy.wording import flag
from emotopy_plugins.shared.batching import BYTES_PER_TOKEN, combine, halve, n_bytes, pack, split_text
from emotopy_plugins.shared.endpoint import Endpoint, usd_per_million_input_tokens
from emotopy_plugins.shared.openai_client import OpenAIClient, Session, TooLarge, is_another_model
from emotopy_plugins.shared.retrying import Retrying
from emotopy_plugins.shared.server_words import read_words
from emotopy_plugins.shared.vector_cache import Key, VectorCache

if TYPE_CHECKING:
    import openai

Batch = tuple[str, ...]

MOST_DIMS, FEWEST_DIMS = 8192, 4096
"""Vectors of as many numbers are reckoned with, as long as no vector is known, and at least."""
ANSWER_MARGIN = 1 << 16
"""Bytes of an answer beside its numbers."""
_SHORTEST_SPLIT = 32
"""Bytes below which a text isn't split: a server that refuses so little has another reason."""
_SMALLER = 0.6
"""Longest part of a text that the server found too long: its half, and room to find white space."""


@attrs.define(eq=False, slots=False, repr=False, kw_only=True)
class OpenAIEmbedder:
    """Sends texts to OpenAI, or to a server that speaks its protocol; vectors come as the server sends them.

    Every vector is in the cache as soon as its answer is here, so that nothing is paid for twice, whatever stops a run.
    A text that is too long is split at white space, and its parts' vectors are averaged by their length in bytes and
    brought back to the parts' norm, which is 1 for OpenAI and most others.

    Parameters
    ----------
    model
        The model's name, as the server knows it.
    dimensions
        Shorten the vectors to this many numbers (text-embedding-3 and some others can); None: the model's own length.
    base_url
        The server, `https://host/v1`; plain `http://` only on this machine. None: `OPENAI_BASE_URL`, else OpenAI.
    key_variable
        The environment variable that holds the key. A server on this machine needs none.
    concurrency
        Requests in flight at once.
    max_inputs, max_request_tokens, max_text_tokens
        What the server takes, per request and per text. Tokens of a request are bounded from above by its UTF-8
        bytes; a text is split above `max_text_tokens` at three bytes a token, or when the server finds it too long.
        A request that the server finds too large is halved. A server that cuts a long text off without a word
        (infinity does) needs its model's own limit here.
    max_attempts
        How often a request is sent in all when the server is busy, broken or out of reach.
    first_wait_s, max_wait_s
        Backoff: the first wait and the longest, in seconds. `Retry-After` is obeyed up to `max_wait_s`.
    timeout_s
        How long to wait for the server to connect, or to go on answering, in seconds.
    encoding_format
        How to ask for vectors. Both are read, whatever the server sends; `base64` is a third of the bytes. A server
        that refuses the word, or answers it with nothing, is asked for `float` from then on.
    usd_per_million_tokens
        Price for the estimate; None: OpenAI's list price where it is known.
    host
        Where vectors are kept between runs, and who is told of progress; filled by the host.

    Raises
    ------
    ConfigError
        For a URL that isn't one, holds credentials, or isn't encrypted.
    """

    model: Annotated[str, MinLen(1)] = "text-embedding-3-small"
    dimensions: Annotated[int, Ge(1), Le(1_000_000)] | None = None
    base_url: str | None = None
    key_variable: str = "OPENAI_API_KEY"
    concurrency: Annotated[int, Ge(1), Le(1000)] = 4
    max_inputs: Annotated[int, Ge(1)] = 2048
    max_request_tokens: Annotated[int, Ge(1)] = 300_000
    max_text_tokens: Annotated[int, Ge(2)] = 8192  # the longest UTF-8 character has to fit
    max_attempts: Annotated[int, Ge(1), Le(1000)] = 6
    first_wait_s: Annotated[float, Ge(0), Lt(math.inf)] = 0.5
    max_wait_s: Annotated[float, Ge(0), Lt(math.inf)] = 60.0
    timeout_s: Annotated[float, Ge(0.001), Lt(math.inf)] = 60.0
    encoding_format: Literal["base64", "float"] = "base64"
    usd_per_million_tokens: Annotated[float, Ge(0), Lt(math.inf)] | None = None
    host: Host = attrs.field(factory=Host)

    def __attrs_post_init__(self) -> None:
        if not self.model.strip():
            raise ConfigError("embedder.model: wanted the name of a model, got blanks", path="embedder.model")
        endpoint = Endpoint.checked(self.base_url, self.key_variable, role="embedder", offline="static")
        retrying = Retrying(self.max_attempts, self.first_wait_s, self.max_wait_s)
        self._client = OpenAIClient(
            endpoint,
            retrying,
            self.concurrency,
            self.timeout_s,
            grace_s=self.host.grace_s,
            is_secret=self.host.is_secret,
            log=self.host.log,
        )
        self._price = self.usd_per_million_tokens
        if self._price is None and endpoint.is_openai:
            self._price = usd_per_million_input_tokens(self.model)
        folder = self.host.cache_dir
        self._cache = VectorCache(folder / "vectors.sqlite" if folder else None, self.host.notify, self.host.log)
        # two spaces in the cache: vectors as a server sends them, and vectors put together from parts
        self._encoding_format = self.encoding_format
        self._has_told_of_order = self._has_told_of_model = False
        server: dict[str, str | int | None] = {"provider": "openai", "server": endpoint.name}
        identity = server | {"model": self.model, "dimensions": self.dimensions}
        self._whole = _json(identity)
        self._combined = _json({**identity, "max_text_tokens": self.max_text_tokens})
        self._n_dims: int | None = None
        if not endpoint.is_loopback:
            self.host.notify(
                f"Texts are sent to {endpoint.name} to be embedded by {self.model}, so they leave this machine."
            )

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
        planned = {text for text in inputs if text not in vectors}
        with self.host.progress(f"embedding with {self.model}", len(planned)) as advance:

            def ask(keys: list[Key]) -> None:
                waiting = self._pack(text for _, text in keys)
                while waiting:  # a second round only for what the server found too large
                    refused: list[Batch] = []
                    with contextlib.closing(self._client.each(waiting, self._answer)) as answers:
                        for batch, outcome in answers:
                            if isinstance(outcome, TooLarge):
                                for smaller in self._smaller(batch, outcome, pieces):
                                    vectors.update(self._cache.get(self._whole, smaller))  # parts of an earlier run
                                    refused += self._pack(text for text in smaller if text not in vectors)
                                done = [text for text in batch if text in pieces]
                            else:
                                vectors.update(zip(batch, outcome, strict=True))
                                done = list(batch)
                            advance(sum(text in planned for text in done))
                    waiting = refused

            wanted = [text for text in inputs if text in planned]
            theirs = self._cache.ask_once([(self._whole, text) for text in wanted], ask)
            vectors.update({text: vector for (_, text), vector in theirs.items()})
            advance(len(theirs))
        for text in texts:
            if text in pieces:
                vectors[text] = self._put_together(_leaves(text, pieces), vectors)
                self._cache.put(self._combined, [text], vectors[text][np.newaxis])
        return vectors

    async def _answer(self, session: Session, batch: Batch) -> FloatArray | TooLarge:
        """Send one request and keep its vectors; a refusal for size is an answer too."""
        options: dict[str, Any] = {} if self.dimensions is None else {"dimensions": self.dimensions}

        def request(api: openai.AsyncOpenAI) -> Awaitable[Any]:
            return api.embeddings.with_raw_response.create(
                model=self.model, input=list(batch), encoding_format=asked, **options
            )

        asked = self._encoding_format
        try:
            answer = await session.send(
                request,
                f"{len(batch)} texts" if len(batch) > 1 else "1 text",
                batch,
                limit=self._longest_answer(len(batch)),
            )
            items, model = read_items(answer.content, answer.name, answer.words)
            vectors = read_vectors(items, len(batch), answer.name, self._tell_of_order)
        except TooLarge as refusal:
            return refusal
        except ProviderError as error:
            error.server = error.server or self._client.endpoint.name
            if asked == "float" or not _minds_base64(error):
                raise
            self.host.log(f"requesting lists of numbers from now on, because the server rejects base64: {error}")
            self._encoding_format = "float"
            vectors = None
        if vectors is None:
            return await self._answer(session, batch)
        self._check_length(vectors.shape[1], answer.name)
        self._tell_of_model(model, answer.words)
        self._cache.put(self._whole, batch, vectors)
        return vectors

    def _longest_answer(self, n_texts: int) -> int:
        """Return how many bytes an answer of so many vectors can have: 24 a number, of as many as are known."""
        n_dims = self.dimensions or self._n_dims or MOST_DIMS
        return ANSWER_MARGIN + n_texts * (ANSWER_MARGIN // 64 + 24 * max(n_dims, FEWEST_DIMS))

    def _tell_of_model(self, said: str, words: Callable[[str], str]) -> None:
        if not self._has_told_of_model and is_another_model(said, self.model):
            self._has_told_of_model = True
            self.host.notify(
                f"{self.model} was requested, but according to the server {words(said)} answered; some "
                "servers answer with their own model whatever name is requested."
            )

    def _tell_of_order(self) -> None:
        if not self._has_told_of_order:
            self._has_told_of_order = True
            self.host.notify(
                f"{self.model}: the server doesn't number all of its vectors, so they were matched to "
                "the texts by their order."
            )

    def _smaller(self, batch: Batch, refusal: TooLarge, pieces: dict[str, Batch]) -> list[Batch]:
        """Return what to send instead of a request that is too large; a single text is split, and noted in `pieces`.

        Raises the refusal where the text is so short that its length can't be the reason.
        """
        self.host.log(f"sent again in smaller requests: {refusal}")
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
        limit = self.max_text_tokens * BYTES_PER_TOKEN
        return {text: split_text(text, limit) for text in texts if n_bytes(text) > limit}

    def _pack(self, texts: Iterable[str]) -> list[Batch]:
        return pack(texts, max_inputs=self.max_inputs, max_bytes=self.max_request_tokens)

    def _put_together(self, parts: Sequence[str], vectors: Mapping[str, FloatArray]) -> FloatArray:
        weights = np.array([n_bytes(part) for part in parts], dtype=np.float64)
        try:
            return combine(np.stack([vectors[part] for part in parts]), weights)
        except ValueError as error:
            raise ProviderError(f"{self.model}: a text was split into {len(parts)} parts, but {error}") from None

    def _check_cached(self, vectors: Iterable[FloatArray]) -> None:
        for vector in vectors:
            self._check_length(vector.size, "the cache of vectors")

    def _check_length(self, n_dims: int, name: str) -> None:
        """Compare with the option `dimensions`, else with the first vectors that this embedder saw."""
        if self.dimensions is not None and n_dims != self.dimensions:
            raise ProviderError(
                f"{name}: wanted {self.dimensions} dimensions, got {n_dims}; if {self.model} can't "
                "shorten its vectors, leave out embedder.dimensions"
            )
        self._n_dims = self._n_dims or n_dims
        if n_dims != self._n_dims:
            raise ProviderError(
                f"{name}: wanted vectors of {self._n_dims} numbers like those before, got {n_dims}; if "
                f"the server now uses another model for the name {self.model!r}, run with an empty "
                f"cache ({flag('--cache', 'DIR')})"
            )


@attrs.define(eq=False, slots=False, repr=False, kw_only=True)
class Ada002(OpenAIEmbedder):
    """The embedder of the published text pathway (arXiv 2508.09337): text-embedding-ada-002, 1536 dimensions.

    Options as for `openai`, but for `dimensions`: the model can't shorten its vectors.
    """

    model: Annotated[str, MinLen(1)] = "text-embedding-ada-002"
    dimensions: None = attrs.field(default=None, init=False)


@hookimpl
def register_embedders() -> Mapping[str, Factory[Embedder]]:
    """Offer `openai` and `ada-002`."""
    return {"openai": OpenAIEmbedder, "ada-002": Ada002}


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
                f"embedder: the {number}. distinct text contains an incomplete character (a lone "
                f"surrogate at position {error.start}); read the file again with the right encoding"
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


# The answer to a request ------------------------------------------------------------------------------------------


def read_vectors(
    items: Sequence[Any], n_inputs: int, name: str, tell_of_order: Callable[[], None] = lambda: None
) -> FloatArray:
    """Return the vectors among an answer's items, (n_inputs, n_dims) float32, in the order of the inputs.

    Answers are matched by `index`, whatever order they come in. Where only one has none, it is the one that is left
    (Gemini leaves out 0); where several have none, each of these is at its place, and `tell_of_order` is called. A
    vector may be a list of numbers or base64 of little-endian float32, whichever the server chose to send. `name` is
    what errors call the request.

    Raises ProviderError for a missing, doubled or foreign index, for vectors of different lengths, and for numbers that
    aren't finite.
    """
    if not items and n_inputs:
        raise _NothingCame(
            f"{name}: wanted {n_inputs} vectors, got none; check that the server supports embeddings", status=200
        )
    rows: dict[int, FloatArray] = {}
    for index, item in zip(_indices(items, n_inputs, name, tell_of_order), items, strict=True):
        if index in rows:
            raise ProviderError(f"{name}: index {index} was returned twice", status=200)
        rows[index] = _vector(item.get("embedding"), f"{name}: vector {index}")
    missing = [index for index in range(n_inputs) if index not in rows]
    if missing or len(rows) != n_inputs:
        foreign = [index for index in rows if not 0 <= index < n_inputs]
        raise ProviderError(
            f"{name}: wanted {n_inputs} vectors, got {len(rows)}; missing indices {_few(missing)}, "
            f"unexpected indices {_few(foreign)}",
            status=200,
        )
    lengths = sorted({row.size for row in rows.values()})
    if len(lengths) != 1:
        raise ProviderError(f"{name}: wanted vectors of one length, got lengths {_few(lengths)}", status=200)
    vectors = np.stack([rows[index] for index in range(n_inputs)])
    if not np.isfinite(vectors).all():
        index = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise ProviderError(f"{name}: vector {index} contains NaN or infinity", status=200)
    return vectors


class _NothingCame(ProviderError):
    """An answer without a single vector."""


def _minds_base64(error: ProviderError) -> bool:
    """Whether a server may answer the same request for lists of numbers: it names the option, or sent nothing."""
    if error.status in (400, 422):
        said = (error.server_message or "").lower()
        return "encoding_format" in said or "base64" in said
    return isinstance(error, _NothingCame)


def _indices(items: Sequence[Any], n_inputs: int, name: str, tell_of_order: Callable[[], None]) -> list[int]:
    """Return which input each item answers."""
    given: list[int | None] = []
    for item in items:
        index = item.get("index") if isinstance(item, dict) else item
        if not isinstance(item, dict) or (index is not None and type(index) is not int):
            got = f"{index!r:.20}" if isinstance(index, (bool, float)) else type(index).__name__
            raise ProviderError(f"{name}: wanted every vector to have an index, a whole number, got {got}", status=200)
        given.append(index)
    n_without = given.count(None)
    if n_without > 1:
        tell_of_order()
    left = sorted(set(range(n_inputs)).difference(index for index in given if index is not None))
    places = left[:1] * len(given) if n_without == 1 and left else range(len(given))
    return [place if index is None else index for index, place in zip(given, places, strict=True)]


def read_items(content: bytes, name: str, words: Callable[[str], str] = str) -> tuple[list[Any], str]:
    """Return the items of an answer and the name of the model that it gives, which may be empty.

    `name` is what errors call the request, `words` makes what a server says fit for them. Raises ProviderError for an
    answer that isn't JSON of the protocol's form.
    """
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:  # JSONDecodeError and UnicodeDecodeError both are ValueErrors
        where = f" at byte {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        said = words(read_words(content).message) if content.lstrip()[:1] == b"<" else ""
        page = f", a page {said!r}" if said else ""
        raise ProviderError(
            f"{name}: the answer ({len(content)} bytes{page}) isn't valid JSON: it breaks off or has an "
            f"error{where}. Run again (vectors so far are in the cache); if that doesn't help, check "
            "base_url, which often ends in /v1",
            status=200,
            server_message=said or None,
        ) from None
    items = body.get("data") if isinstance(body, dict) else None
    if not isinstance(items, list):
        own = ""
        if isinstance(body, list) or (isinstance(body, dict) and ("embedding" in body or "embeddings" in body)):
            own = ". The server uses its own protocol at this address; OpenAI's is often at an address that ends in /v1"
        raise ProviderError(
            f"{name}: wanted an object with a list `data`, got JSON of another form; check base_url{own}", status=200
        )
    model = body.get("model")
    return items, model if isinstance(model, str) else ""


def _vector(value: Any, name: str) -> FloatArray:
    vector = np.empty(0, dtype=np.float32)
    with contextlib.suppress(ValueError, OverflowError):
        if isinstance(value, str):
            vector = np.frombuffer(base64.b64decode(value, validate=True), dtype="<f4")
        elif isinstance(value, list) and all(type(number) in (float, int) for number in value):
            with np.errstate(over="ignore"):  # what exceeds single precision isn't finite, and refused as such
                vector = np.array(value, dtype=np.float32)
    if vector.size:
        return vector
    reason = ""
    if isinstance(value, list) and value and isinstance(value[0], list):
        reason = f" but {len(value)} lists, one for each token; start the server with pooling"
    elif isinstance(value, list) and None in value:
        reason = f": null stands at {value.index(None)}, for a number that the server couldn't compute"
    raise ProviderError(f"{name} is neither a list of numbers nor base64 of float32{reason}", status=200)


def _few(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:5]))
    return f"{shown} and {len(numbers) - 5} more" if len(numbers) > 5 else shown or "none"
