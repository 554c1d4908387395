"""Embedders behind the OpenAI protocol: `openai` (any model, any compatible server) and `ada-002`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Embedder, Factory, Host


@hookimpl
def register_embedders() -> Mapping[str, Factory[Embedder]]:
    """Offer `openai` and `ada-002`."""
    return {"openai": openai, "ada-002": ada_002}


def openai(
    model: str = "text-embedding-3-small",
    *,
    dimensions: int | None = None,
    base_url: str | None = None,
    key_variable: str = "OPENAI_API_KEY",
    concurrency: int = 4,
    max_inputs: int = 2048,
    max_request_tokens: int = 300_000,
    max_text_tokens: int = 8192,
    max_attempts: int = 6,
    first_wait_s: float = 0.5,
    max_wait_s: float = 60.0,
    timeout_s: float = 60.0,
    encoding_format: Literal["base64", "float"] = "base64",
    usd_per_million_tokens: float | None = None,
    host: Host | None = None,
) -> Embedder:
    """Make an embedder that sends texts to OpenAI, or to a server that speaks its protocol.

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
        A request that the server finds too large is halved.
    max_attempts
        How often a request is sent in all when the server is busy, broken or out of reach.
    first_wait_s, max_wait_s
        Backoff: the first wait and the longest, in seconds. `Retry-After` is obeyed up to `max_wait_s`.
    timeout_s
        How long to wait for the server to connect, or to go on answering, in seconds.
    encoding_format
        How to ask for vectors. Both are read, whatever the server sends; `base64` is a third of the bytes. Set
        `float` for a server that refuses the word.
    usd_per_million_tokens
        Price for the estimate; None: OpenAI's list price where it is known.
    host
        Where vectors are kept between runs, and who is told of progress; filled by the host.

    Raises
    ------
    ConfigError
        For an option out of its range, and for a URL that isn't one, holds credentials, or isn't encrypted.
    """
    from emotopy_plugins.embedders.openai_embedder import Limits, OpenAIEmbedder
    from emotopy_plugins.shared.endpoint import Endpoint
    from emotopy_plugins.shared.openai_client import OpenAIClient
    from emotopy_plugins.shared.retrying import Retrying

    if not model.strip():
        raise ConfigError("embedder.model: wanted the name of a model, got an empty string")
    _check("dimensions", dimensions, least=1)
    _check("concurrency", concurrency, least=1)
    _check("max_inputs", max_inputs, least=1)
    _check("max_request_tokens", max_request_tokens, least=1)
    _check("max_text_tokens", max_text_tokens, least=2)  # the longest UTF-8 character has to fit
    _check("max_attempts", max_attempts, least=1)
    _check("first_wait_s", first_wait_s, least=0)
    _check("max_wait_s", max_wait_s, least=0)
    _check("timeout_s", timeout_s, least=0.001)
    _check("usd_per_million_tokens", usd_per_million_tokens, least=0)
    client = OpenAIClient(
        Endpoint.checked(base_url, key_variable, role="embedder", offline="static"),
        Retrying(max_attempts, first_wait_s, max_wait_s),
        concurrency,
        timeout_s,
        log=host.log if host else Host().log,
    )
    return OpenAIEmbedder(
        client,
        model,
        dimensions=dimensions,
        limits=Limits(max_inputs, max_request_tokens, max_text_tokens),
        encoding_format=encoding_format,
        usd_per_million_tokens=usd_per_million_tokens,
        host=host,
    )


def ada_002(
    model: str = "text-embedding-ada-002",
    *,
    base_url: str | None = None,
    key_variable: str = "OPENAI_API_KEY",
    concurrency: int = 4,
    max_inputs: int = 2048,
    max_request_tokens: int = 300_000,
    max_text_tokens: int = 8192,
    max_attempts: int = 6,
    first_wait_s: float = 0.5,
    max_wait_s: float = 60.0,
    timeout_s: float = 60.0,
    encoding_format: Literal["base64", "float"] = "base64",
    usd_per_million_tokens: float | None = None,
    host: Host | None = None,
) -> Embedder:
    """Make the embedder of the published text pathway (arXiv 2508.09337): text-embedding-ada-002, 1536 dimensions.

    Options as for `openai`, but for `dimensions`: the model can't shorten its vectors.
    """
    return openai(
        model,
        base_url=base_url,
        key_variable=key_variable,
        concurrency=concurrency,
        max_inputs=max_inputs,
        max_request_tokens=max_request_tokens,
        max_text_tokens=max_text_tokens,
        max_attempts=max_attempts,
        first_wait_s=first_wait_s,
        max_wait_s=max_wait_s,
        timeout_s=timeout_s,
        encoding_format=encoding_format,
        usd_per_million_tokens=usd_per_million_tokens,
        host=host,
    )


def _check(option: str, value: float | None, *, least: float) -> None:
    if value is not None and not (least <= value < math.inf):
        raise ConfigError(f"embedder.{option}: wanted a number of at least {least:g}, got {value!r}")
