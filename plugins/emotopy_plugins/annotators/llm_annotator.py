"""The LLM annotator: asks a model for every segment, keeps every answer, asks again where one can't be used."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from typing import Literal

import attrs
import numpy as np

from emotopy.emotions import PLUTCHIK8
from emotopy.errors import InputError, ProviderError
from emotopy.records.axes import FloatArray
from emotopy.roles import Estimate, Host
from emotopy_plugins.annotators.masking import mask
from emotopy_plugins.annotators.prompt import Prompt, message
from emotopy_plugins.shared.batching import n_bytes
from emotopy_plugins.shared.chat import FORMS, Chat, UnusableError, numbers_schema, read_numbers
from emotopy_plugins.shared.openai_client import OpenAIClient, Session, TooLarge
from emotopy_plugins.shared.prices import usd_per_million_chat_tokens
from emotopy_plugins.shared.vector_cache import VectorCache

DIGITS = 6
"""Decimals of a rating that are kept: the cache holds single precision."""


@attrs.frozen
class Question:
    """What every request has in common."""

    model: str
    prompt: Prompt
    temperature: float | None = 0.0
    response_format: Literal["auto", "json_schema", "json_object", "text"] = "auto"


@attrs.frozen
class Job:
    """One request: which repeat, the number of the segment from 0, and what is sent about it."""

    repeat: int
    number: int
    message: str


class LlmAnnotator:
    """Rates segments with a model behind the OpenAI chat protocol, each in the context of those before it.

    Every answer is in the cache as soon as it is here, as numbers, under the hash of all that it depends on: server,
    model, prompt, emotions, parameters, repeat, segment and context. A run that a fault or Ctrl-C ends goes on where it
    stopped. An answer that can't be used is asked for again, `retries` times; then the error names the segment.
    """

    def __init__(
        self,
        client: OpenAIClient,
        question: Question,
        *,
        context: int = 3,
        repeats: int = 1,
        mask_names: bool = False,
        names: tuple[str, ...] = (),
        retries: int = 2,
        prices: tuple[float | None, float | None] = (None, None),
        host: Host | None = None,
    ) -> None:
        self._client = client
        self._question = question
        self._context = context
        self._repeats = repeats
        self._mask_names = mask_names
        self._names = names
        self._retries = retries
        self._host = host or Host()
        listed = usd_per_million_chat_tokens(question.model) if client.endpoint.is_openai else (None, None)
        self._prices = tuple(own if own is not None else known for own, known in zip(prices, listed, strict=True))
        folder = self._host.cache_dir
        self._cache = VectorCache(folder / "ratings.sqlite" if folder else None)
        if not client.endpoint.is_loopback:
            self._host.notify(
                f"Segments are sent to {client.endpoint.name} to be rated by {question.model}: they leave this machine."
            )

    def __repr__(self) -> str:
        return f"LlmAnnotator({self.fingerprint})"

    @property
    def fingerprint(self) -> str:
        """All that ratings depend on besides segments and emotions, as JSON; no key."""
        masked = {"names": sorted(self._names)} if self._mask_names else None
        return _json({**self._identity(), "context": self._context, "repeats": self._repeats, "masked": masked})

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
        messages = self._messages(segments)
        held = self._held(messages, emotions)
        jobs = self._missing(messages, held)
        if jobs and held:
            self._host.log(f"{len(held)} of {len(held) + len(jobs)} answers were reused from the cache")
        if jobs:
            held |= self._ask(jobs, emotions, len(segments))
        answers = np.array([[held[repeat, text] for text in messages] for repeat in range(self._repeats)])
        self._tell(answers[..., -1])
        ratings: FloatArray = np.clip(np.round(answers[..., :-1].astype(np.float64), DIGITS), 0.0, 1.0)
        return ratings

    def estimate(self, segments: Sequence[str], emotions: Sequence[str] = PLUTCHIK8) -> Estimate:
        """Return what rating would send, without sending it; tokens and cost are upper bounds (a token a byte).

        `n_tokens` counts what is sent and what comes back; `n_cached` counts answers. Answers that have to be asked for
        again aren't foreseen. The cost is None where no price is known.
        """
        emotions = tuple(emotions)
        messages = self._messages(segments)
        held = self._held(messages, emotions)
        jobs = self._missing(messages, held)
        fixed = n_bytes(self._question.prompt.fill(emotions)) + n_bytes(_json(numbers_schema(emotions)))
        n_sent = sum(fixed + n_bytes(job.message) for job in jobs)
        n_back = len(jobs) * sum(n_bytes(name) + len('"": 0.00, ') for name in emotions)
        into, out = self._prices
        return Estimate(
            n_texts=len(segments),
            n_cached=len(segments) * self._repeats - len(jobs),
            n_tokens=n_sent + n_back,
            n_requests=len(jobs),
            cost_usd=None if into is None or out is None else (n_sent * into + n_back * out) / 1e6,
        )

    def _messages(self, segments: Sequence[str]) -> list[str]:
        """Return what is sent about each segment."""
        for number, segment in enumerate(segments, start=1):
            if not segment.strip():
                raise InputError(f"annotator: wanted segments with words, segment {number} is empty; leave it out")
        shown = mask(segments, self._names) if self._mask_names else segments
        return [message(shown, number, self._context) for number in range(len(segments))]

    def _held(self, messages: Sequence[str], emotions: tuple[str, ...]) -> dict[tuple[int, str], FloatArray]:
        return {
            (repeat, text): vector
            for repeat in range(self._repeats)
            for text, vector in self._cache.get(self._space(emotions, repeat), dict.fromkeys(messages)).items()
            if len(vector) == len(emotions) + 1
        }

    def _missing(self, messages: Sequence[str], held: dict[tuple[int, str], FloatArray]) -> list[Job]:
        """Return what has to be asked, in the order of the story; what is sent twice is asked once."""
        first = {text: number for number, text in reversed(list(enumerate(messages)))}
        return [
            Job(repeat, number, text)
            for repeat in range(self._repeats)
            for text, number in sorted(first.items(), key=lambda item: item[1])
            if (repeat, text) not in held
        ]

    def _ask(
        self, jobs: Sequence[Job], emotions: tuple[str, ...], n_segments: int
    ) -> dict[tuple[int, str], FloatArray]:
        question = self._question
        form = None if question.response_format == "auto" else question.response_format
        chat = Chat(question.model, question.temperature, form)
        system, schema = question.prompt.fill(emotions), numbers_schema(emotions)

        async def work(session: Session, job: Job) -> FloatArray:
            what = f"segment {job.number + 1} of {n_segments}" + f", repeat {job.repeat + 1}" * (self._repeats > 1)
            reason = ""
            for _ in range(1 + self._retries):
                try:
                    completion = await chat.ask(session, system, job.message, schema, what)
                    ratings = read_numbers(completion.text, emotions)
                except UnusableError as error:
                    reason = str(error)
                    self._host.log(f"{what}: {question.model} answered {reason}")
                    continue
                except TooLarge as error:
                    raise ProviderError(
                        f"{what} is too long for {question.model} with its context: {error} Shorten the segments "
                        "(--width), or lower --set annotator.context"
                    ) from None
                vector = np.array([*ratings, FORMS.index(completion.form)], dtype=np.float32)
                self._cache.put(self._space(emotions, job.repeat), [job.message], vector[np.newaxis])
                return vector
            raise ProviderError(
                f"{what}: wanted a number from 0 to 1 for each of {', '.join(emotions)}; {question.model} at "
                f"{self._client.endpoint.name} answered {reason}, {1 + self._retries} times. What has arrived is kept: "
                "run again, raise annotator.retries, or take another model"
            )

        found = {}
        with (
            self._host.progress(f"rating with {question.model}", len(jobs)) as advance,
            contextlib.closing(self._client.each(jobs, work)) as answers,
        ):
            for job, vector in answers:
                found[job.repeat, job.message] = vector
                advance(1)
        return found

    def _tell(self, forms: FloatArray) -> None:
        """Say which form answers were asked for in, where it wasn't the strictest; the cache knows it too."""
        if self._question.response_format != "auto":
            return
        names = {1: "a plain JSON object", 2: "plain text"}
        for number, name in names.items():
            n_answers = int((forms == number).sum())
            if n_answers:
                self._host.notify(
                    f"{self._question.model}: the server takes no stricter form, so {n_answers} of {forms.size} "
                    f"answers were asked for as {name}, and checked all the same."
                )

    def _identity(self) -> dict[str, object]:
        question = self._question
        return {
            "provider": "openai-chat",
            "server": self._client.endpoint.name,
            "model": question.model,
            "prompt": question.prompt.name,
            "prompt_sha256": question.prompt.sha256,
            "temperature": question.temperature,
            "response_format": question.response_format,
        }

    def _space(self, emotions: tuple[str, ...], repeat: int) -> str:
        """Name the space in the cache: all that an answer depends on but the message."""
        system = self._question.prompt.fill(emotions)  # holds the definitions, which a new version may word anew
        filled = hashlib.sha256(system.encode()).hexdigest()
        return _json({**self._identity(), "system_sha256": filled, "emotions": emotions, "repeat": repeat})


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
