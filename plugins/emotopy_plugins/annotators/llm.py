"""Annotator `llm`: a language model behind an OpenAI-compatible chat endpoint.

It asks a model for every segment, keeps every answer, and asks again where one can't be used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from importlib import resources
from string import Template
from typing import Annotated, ClassVar, Literal

import attrs
import numpy as np
from annotated_types import Ge, Le, Lt, MinLen

from emotopy.emotions import PLUTCHIK8, emotion
from emotopy.errors import ConfigError, InputError, ProviderError, UnknownName, listed, nearest
from emotopy.hookspecs import hookimpl
from emotopy.records.axes import FloatArray
from emotopy.roles import Annotator, Estimate, Factory, Host
from emotopy.wording import flag, setting
from emotopy_plugins.shared.batching import n_bytes
from emotopy_plugins.shared.chat import FORMS, Chat, UnusableError, find_numbers, numbers_schema
from emotopy_plugins.shared.endpoint import Endpoint, usd_per_million_chat_tokens
from emotopy_plugins.shared.openai_client import OpenAIClient, Session, TooLarge
from emotopy_plugins.shared.retrying import Retrying
from emotopy_plugins.shared.vector_cache import Key, VectorCache

DIGITS = 6
"""Decimals of a rating that are kept: the cache holds single precision."""


@attrs.frozen
class _Request:
    """One request: which repeat, the number of the segment from 0, and what is sent about it."""

    repeat: int
    number: int
    message: str


@attrs.define(eq=False, slots=False, repr=False, kw_only=True)
class LlmAnnotator:
    """Ask a language model for every segment, in the context of those before it.

    Every answer is in the cache as soon as it is here, as numbers, under the hash of all that it depends on: server,
    model, prompt, emotions, parameters, repeat, segment and context. A run that a fault or Ctrl-C ends goes on where it
    stopped. An answer that can't be used is asked for again, `retries` times; then the error names the segment.

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
        In every case the last JSON object of the answer with the right keys counts, outside of reasoning.
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
        For an unknown prompt, names without `mask_names`, a URL that won't do.
    """

    scale: ClassVar[str] = (
        "Ratings by llm are the model's judgement of a segment, from 0 (the emotion is absent) to 1 "
        "(it is as strong as possible)."
    )

    model: Annotated[str, MinLen(1)] = "gpt-4.1-mini"
    context: Annotated[int, Ge(0), Le(1000)] = 3
    repeats: Annotated[int, Ge(1), Le(1000)] = 1
    mask_names: bool = False
    names: Sequence[Annotated[str, MinLen(1)]] = ()
    temperature: Annotated[float, Ge(0), Lt(math.inf)] | None = 0.0
    response_format: Literal["auto", "json_schema", "json_object", "text"] = "auto"
    prompt: str = "emotions-1"
    retries: Annotated[int, Ge(0), Le(100)] = 2
    base_url: str | None = None
    key_variable: str = "OPENAI_API_KEY"
    concurrency: Annotated[int, Ge(1), Le(1000)] = 4
    max_attempts: Annotated[int, Ge(1), Le(1000)] = 6
    first_wait_s: Annotated[float, Ge(0), Lt(math.inf)] = 0.5
    max_wait_s: Annotated[float, Ge(0), Lt(math.inf)] = 60.0
    timeout_s: Annotated[float, Ge(0.001), Lt(math.inf)] = 120.0
    usd_per_million_input_tokens: Annotated[float, Ge(0), Lt(math.inf)] | None = None
    usd_per_million_output_tokens: Annotated[float, Ge(0), Lt(math.inf)] | None = None
    host: Host = attrs.field(factory=Host)

    def __attrs_post_init__(self) -> None:
        if not self.model.strip():
            raise ConfigError("annotator.model: wanted the name of a model, got blanks", path="annotator.model")
        if self.names and not self.mask_names:
            raise ConfigError(
                "annotator.names: names are masked only with annotator.mask_names = true; set it, or "
                "leave out the names",
                path="annotator.names",
            )
        if not all(name.strip() for name in self.names):
            raise ConfigError(f"annotator.names: wanted names, got {list(self.names)!r}", path="annotator.names")
        self._prompt = load_prompt(self.prompt)
        endpoint = Endpoint.checked(self.base_url, self.key_variable, role="annotator", offline="anchors")
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
        prices = (self.usd_per_million_input_tokens, self.usd_per_million_output_tokens)
        known = usd_per_million_chat_tokens(self.model) if endpoint.is_openai else (None, None)
        self._prices = tuple(own if own is not None else price for own, price in zip(prices, known, strict=True))
        folder = self.host.cache_dir
        self._cache = VectorCache(folder / "ratings.sqlite" if folder else None, self.host.notify, self.host.log)
        if not endpoint.is_loopback:
            self.host.notify(
                f"Segments are sent to {endpoint.name} to be rated by {self.model}, so they leave this machine."
            )

    def __repr__(self) -> str:
        return f"LlmAnnotator({self.fingerprint})"

    @property
    def fingerprint(self) -> str:
        """All that ratings depend on besides segments and emotions, as JSON; no key."""
        masked = {"names": sorted(self.names)} if self.mask_names else None
        return _json({**self._identity(), "context": self.context, "repeats": self.repeats, "masked": masked})

    @property
    def address(self) -> str | None:
        """The server that gets the segments; None where it runs on this machine."""
        endpoint = self._client.endpoint
        return None if endpoint.is_loopback else endpoint.name

    def annotate(self, segments: Sequence[str], emotions: Sequence[str]) -> FloatArray:
        """Return the mean over repeats, (n_segments, n_emotions), 0 to 1. Raises as `annotate_repeats`."""
        return np.asarray(self.annotate_repeats(segments, emotions).mean(axis=0))

    def annotate_repeats(self, segments: Sequence[str], emotions: Sequence[str]) -> FloatArray:
        """Return (n_repeats, n_segments, n_emotions), 0 to 1: from the cache what is there, the rest from the server.

        Raises InputError for an empty segment, ConfigError where a key is needed and missing, ProviderError where the
        server refuses or fails, or a segment gets no usable answer.
        """
        emotions = tuple(emotions)
        messages, held, requests = self._plan(segments, emotions)
        if requests and held:
            self.host.log(f"{len(held)} of {len(held) + len(requests)} answers were reused from the cache")
        if requests:
            held |= self._ask(requests, emotions, len(segments))
        answers = np.array([[held[repeat, text] for text in messages] for repeat in range(self.repeats)])
        self._notify_of_form(answers[..., -1])
        return np.asarray(np.clip(np.round(answers[..., :-1].astype(np.float64), DIGITS), 0.0, 1.0))

    def estimate(self, segments: Sequence[str], emotions: Sequence[str] = PLUTCHIK8) -> Estimate:
        """Return what rating would send, without sending it; tokens and cost are upper bounds (a token a byte).

        `n_tokens` counts what is sent and what comes back; `n_cached` counts answers. Answers that have to be asked for
        again aren't foreseen. The cost is None where no price is known.
        """
        emotions = tuple(emotions)
        _, _, requests = self._plan(segments, emotions)
        fixed = n_bytes(self._prompt.fill(emotions)) + n_bytes(_json(numbers_schema(emotions)))
        n_sent = sum(fixed + n_bytes(request.message) for request in requests)
        n_back = len(requests) * sum(n_bytes(name) + len('"": 0.00, ') for name in emotions)
        into, out = self._prices
        return Estimate(
            n_texts=len(segments),
            n_cached=len(segments) * self.repeats - len(requests),
            n_tokens=n_sent + n_back,
            n_requests=len(requests),
            cost_usd=None if into is None or out is None else (n_sent * into + n_back * out) / 1e6,
        )

    def _plan(
        self, segments: Sequence[str], emotions: tuple[str, ...]
    ) -> tuple[list[str], dict[tuple[int, str], FloatArray], list[_Request]]:
        """Return what is sent about each segment, the answers that are in the cache, and what has to be asked.

        Requests are in the order of the story; what is sent twice is asked once.
        """
        for number, segment in enumerate(segments, start=1):
            if not segment.strip():
                raise InputError(f"annotator: wanted segments with words, segment {number} is empty; leave it out")
        shown = mask(segments, self.names) if self.mask_names else segments
        messages = [message(shown, number, self.context) for number in range(len(segments))]
        first: dict[str, int] = {}
        for number, text in enumerate(messages):
            first.setdefault(text, number)
        held = {
            (repeat, text): vector
            for repeat in range(self.repeats)
            for text, vector in self._cache.get(self._space(emotions, repeat), first).items()
            if len(vector) == len(emotions) + 1
        }
        requests = [
            _Request(repeat, number, text)
            for repeat in range(self.repeats)
            for text, number in first.items()
            if (repeat, text) not in held
        ]
        return messages, held, requests

    def _ask(
        self, requests: Sequence[_Request], emotions: tuple[str, ...], n_segments: int
    ) -> dict[tuple[int, str], FloatArray]:
        form = None if self.response_format == "auto" else self.response_format
        chat = Chat(self.model, self.temperature, form)
        system, schema = self._prompt.fill(emotions), numbers_schema(emotions)

        async def work(session: Session, request: _Request) -> FloatArray:
            repeat = f", repeat {request.repeat + 1}" if self.repeats > 1 else ""
            what = f"segment {request.number + 1} of {n_segments}{repeat}"
            reason = ""
            for _ in range(1 + self.retries):
                try:
                    completion = await chat.ask(session, system, request.message, schema, what)
                    numbers = find_numbers(completion.text, emotions)
                except UnusableError as error:
                    reason = str(error)
                    self.host.log(f"{what}: {self.model} answered {reason}")
                    continue
                except TooLarge as error:
                    raise ProviderError(
                        f"{what} is too long for {self.model} with its context: {error} Shorten the segments "
                        f"({flag('--width')}), or lower {setting('annotator.context')}",
                        server=error.server,
                        status=error.status,
                        code=error.code,
                        server_message=error.server_message,
                    ) from None
                if completion.other_model:
                    others[completion.other_model] = None
                revised.update([request] if numbers.replaces_others else [])
                vector = np.array([*numbers.values, FORMS.index(completion.form)], dtype=np.float32)
                self._cache.put(self._space(emotions, request.repeat), [request.message], vector[np.newaxis])
                return vector
            raise ProviderError(
                f"{what}: wanted a number from 0 to 1 for each of {', '.join(emotions)}; {self.model} "
                f"at {self._client.endpoint.name} returned {reason}, {1 + self.retries} times. Answers "
                "so far are in the cache: run again, increase annotator.retries, or use another model",
                server=self._client.endpoint.name,
                status=200,
            )

        found = {}
        others: dict[str, None] = {}
        revised: set[_Request] = set()
        by_key = {(self._space(emotions, request.repeat), request.message): request for request in requests}
        with self.host.progress(f"rating with {self.model}", len(requests)) as advance:

            def ask(keys: list[Key]) -> None:
                with contextlib.closing(self._client.each([by_key[key] for key in keys], work)) as answers:
                    for request, vector in answers:
                        found[request.repeat, request.message] = vector
                        advance(1)

            for key, vector in self._cache.ask_once(list(by_key), ask).items():
                found[by_key[key].repeat, by_key[key].message] = vector
                advance(1)
        if revised:
            self.host.notify(
                f"{len(revised)} of {len(requests)} answers contain several objects with different "
                "ratings; the last object of each answer is used."
            )
        if others:
            self.host.notify(
                f"{self.model} was requested, but according to the server {', '.join([*others][:3])} "
                "answered; some servers answer with their own model whatever name is requested."
            )
        return found

    def _notify_of_form(self, forms: FloatArray) -> None:
        """Say which form answers were asked for in, where it wasn't the strictest; the cache knows it too."""
        if self.response_format != "auto":
            return
        names = {1: "a plain JSON object", 2: "plain text"}
        for number, name in names.items():
            n_answers = int((forms == number).sum())
            if n_answers:
                self.host.notify(
                    f"{self.model}: the server supports no stricter format, so {n_answers} of "
                    f"{forms.size} answers were requested as {name}; they were checked as well."
                )

    def _identity(self) -> dict[str, object]:
        return {
            "provider": "openai-chat",
            "server": self._client.endpoint.name,
            "model": self.model,
            "prompt": self._prompt.name,
            "prompt_sha256": self._prompt.sha256,
            "temperature": self.temperature,
            "response_format": self.response_format,
        }

    def _space(self, emotions: tuple[str, ...], repeat: int) -> str:
        """Name the space in the cache: all that an answer depends on but the message."""
        system = self._prompt.fill(emotions)  # holds the definitions, which a new version may word anew
        filled = hashlib.sha256(system.encode()).hexdigest()
        return _json({**self._identity(), "system_sha256": filled, "emotions": emotions, "repeat": repeat})


@hookimpl
def register_annotators() -> Mapping[str, Factory[Annotator]]:
    """Offer `llm`."""
    return {"llm": LlmAnnotator}


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


# The prompt: shipped under a name with a version, filled with the emotions asked for --------------------------------


@attrs.frozen
class Prompt:
    """A prompt's name with its version, and its text with places for the emotions."""

    name: str
    text: str = attrs.field(repr=False)

    @property
    def sha256(self) -> str:
        """Hash of the text, under which ratings are kept."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def fill(self, emotions: Sequence[str]) -> str:
        """Return the prompt for these emotions, each with its definition where we have one."""
        known = [emotion(name) for name in emotions]
        lines = [f"- {one.name}{f': {one.definition}' if one.definition else ''}" for one in known]
        keys = ", ".join(json.dumps(name, ensure_ascii=False) for name in emotions)
        return Template(self.text).substitute(emotions="\n".join(lines), keys=keys)


def load_prompt(name: str) -> Prompt:
    """Return a prompt that ships; raises UnknownName with the choices."""
    folder = resources.files("emotopy_plugins.annotators") / "prompts"
    names = sorted(file.name.removesuffix(".txt") for file in folder.iterdir() if file.name.endswith(".txt"))
    if name not in names:
        raise UnknownName(
            f"annotator.prompt: there is no prompt {name!r}.{nearest(name, names)} There are: {listed(names)}",
            name=name,
            choices=names,
            kind="prompt",
            path="annotator.prompt",
        )
    return Prompt(name, folder.joinpath(f"{name}.txt").read_text("utf-8"))


def message(segments: Sequence[str], number: int, context: int) -> str:
    """Return what the model is sent about segment `number`: the segment, and the `context` segments before it."""
    before = list(segments[max(0, number - context) : number])
    return json.dumps({"context": before, "segment": segments[number]}, ensure_ascii=False)


_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE_BEGINS = re.compile(r"(?:^\s*|[.!?…:][\"'”’»)\]]*\s+|[\"“«‘(\[]\s*|(?<!\w)'\s*)$")

_REACH = 12
"""How many characters before a word are looked at: a full stop, quotes, blanks."""


def find_names(segments: Sequence[str]) -> list[str]:
    """Return the names in the segments, in order of appearance.

    >>> find_names(["Then Alice saw a White Rabbit", "the white thing was London. Soon Dinah came"])
    ['Alice', 'Rabbit', 'London', 'Dinah']
    """
    lower: set[str] = set()
    inside: dict[str, None] = {}
    for segment in segments:
        for match in _WORD.finditer(segment):
            word = match.group()
            if word.islower():
                lower.add(word)
            elif len(word) > 1 and word.istitle() and not _begins_sentence(segment, match.start()):
                inside[word] = None
    return [name for name in inside if name.lower() not in lower]


def mask(segments: Sequence[str], names: Sequence[str] = ()) -> list[str]:
    """Return the segments with every name replaced by Name1, Name2, ..., the same name always by the same.

    `names` are masked beside those found, the longest first.

    >>> mask(["so Alice's cat", "Alice and the White Rabbit"], ["White Rabbit"])
    ["so Name1's cat", 'Name1 and the Name2']
    """
    wanted = dict.fromkeys([*names, *find_names(segments)])
    if not wanted:
        return list(segments)
    longest_first = sorted(wanted, key=lambda name: (-len(name), name))
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")
    number: dict[str, int] = {}

    def placeholder(match: re.Match[str]) -> str:
        return f"Name{number.setdefault(match.group(), len(number) + 1)}"

    return [pattern.sub(placeholder, segment) for segment in segments]


def _begins_sentence(segment: str, at: int) -> bool:
    return bool(_SENTENCE_BEGINS.search(segment, max(0, at - _REACH), at))
