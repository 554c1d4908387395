"""Annotator `llm`: a language model behind an OpenAI-compatible chat endpoint."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from emotopy.errors import ConfigError
from emotopy.hookspecs import hookimpl
from emotopy.roles import Annotator, Factory, Host


@hookimpl
def register_annotators() -> Mapping[str, Factory[Annotator]]:
    """Offer `llm`."""
    return {"llm": llm}


def llm(
    model: str = "gpt-4.1-mini",
    *,
    context: int = 3,
    repeats: int = 1,
    mask_names: bool = False,
    names: Sequence[str] = (),
    temperature: float | None = 0.0,
    response_format: Literal["auto", "json_schema", "json_object", "text"] = "auto",
    prompt: str = "emotions-1",
    retries: int = 2,
    base_url: str | None = None,
    key_variable: str = "OPENAI_API_KEY",
    concurrency: int = 4,
    max_attempts: int = 6,
    first_wait_s: float = 0.5,
    max_wait_s: float = 60.0,
    timeout_s: float = 120.0,
    usd_per_million_input_tokens: float | None = None,
    usd_per_million_output_tokens: float | None = None,
    host: Host | None = None,
) -> Annotator:
    """Make an annotator that asks a language model for every segment, in its context.

    Parameters
    ----------
    model
        The model's name, as the server knows it.
    context
        How many segments before the one to rate are shown; what comes later never is.
    repeats
        How often each segment is rated; the mean counts, and two or more tell the reliability (ICC).
    mask_names
        Replace names by Name1, Name2, ... before anything is sent, since models know famous stories by heart. A name
        is a word with a capital inside a sentence that never stands in lower case in the story.
    names
        Further names to mask, also of several words ("White Rabbit"); taken only with `mask_names`.
    temperature
        0 for the most repeatable answers; `none` leaves it to the server (some models take no other).
    response_format
        `auto`: a JSON schema; where the server refuses that, a JSON object; where it refuses that too, plain text.
        In every case the first JSON object of the answer with the right keys counts.
    prompt
        The prompt's name and version, as shipped.
    retries
        How often a segment is asked again whose answer can't be used (prose, wrong keys, numbers out of range).
    base_url, key_variable
        The server, `https://host/v1` (plain `http://` only on this machine), and the environment variable with the key.
        No URL: `OPENAI_BASE_URL`, else OpenAI.
    concurrency, max_attempts, first_wait_s, max_wait_s, timeout_s
        Requests in flight; how often and how patiently a busy or broken server is asked, in seconds.
    usd_per_million_input_tokens, usd_per_million_output_tokens
        Prices for the estimate; None: OpenAI's list price where it is known.
    host
        Where ratings are kept between runs, and who is told of progress; filled by the host.

    Raises
    ------
    ConfigError
        For an option out of its range, an unknown prompt, names without `mask_names`, a URL that won't do.
    """
    from emotopy_plugins.annotators.llm_annotator import LlmAnnotator, Question
    from emotopy_plugins.annotators.prompt import load_prompt
    from emotopy_plugins.shared.endpoint import Endpoint
    from emotopy_plugins.shared.openai_client import OpenAIClient
    from emotopy_plugins.shared.retrying import Retrying

    if not model.strip():
        raise ConfigError("annotator.model: wanted the name of a model, got an empty string")
    _check("context", context, least=0)
    _check("repeats", repeats, least=1)
    _check("temperature", temperature, least=0)
    _check("retries", retries, least=0)
    _check("concurrency", concurrency, least=1)
    _check("max_attempts", max_attempts, least=1)
    _check("first_wait_s", first_wait_s, least=0)
    _check("max_wait_s", max_wait_s, least=0)
    _check("timeout_s", timeout_s, least=0.001)
    _check("usd_per_million_input_tokens", usd_per_million_input_tokens, least=0)
    _check("usd_per_million_output_tokens", usd_per_million_output_tokens, least=0)
    if names and not mask_names:
        raise ConfigError(
            "annotator.names: are masked only with annotator.mask_names = true; set it, or leave them out"
        )
    if isinstance(names, str) or not all(name.strip() for name in names):
        raise ConfigError(f"annotator.names: wanted a list of names, got {names!r}")
    host = host or Host()
    client = OpenAIClient(
        Endpoint.checked(base_url, key_variable, role="annotator", offline="anchors"),
        Retrying(max_attempts, first_wait_s, max_wait_s),
        concurrency,
        timeout_s,
        log=host.log,
    )
    return LlmAnnotator(
        client,
        Question(model, load_prompt(prompt), temperature, response_format),
        context=context,
        repeats=repeats,
        mask_names=mask_names,
        names=tuple(names),
        retries=retries,
        prices=(usd_per_million_input_tokens, usd_per_million_output_tokens),
        host=host,
    )


def _check(option: str, value: float | None, *, least: float) -> None:
    if value is not None and not (least <= value < math.inf):
        raise ConfigError(f"annotator.{option}: wanted a number of at least {least:g}, got {value!r}")
