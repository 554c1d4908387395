"""Chat completions that answer with a JSON object, asked for in the strictest form that a server takes.

Forms, strictest first: a JSON schema (OpenAI's structured outputs; vLLM, llama.cpp, Ollama know it too), any JSON
object, plain text. A server that refuses a form with HTTP 400 or 422 is asked in the next one, from then on.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import attrs

from emotopy.errors import ProviderError
from emotopy_plugins.shared.openai_client import Session, TooLarge

if TYPE_CHECKING:
    import openai

Form = Literal["json_schema", "json_object", "text"]
FORMS: tuple[Form, ...] = ("json_schema", "json_object", "text")
REFUSALS = (400, 422)

_LONGEST_ANSWER = 1_000_000
"""Bytes of an answer that are read; a rating has a few hundred."""


class UnusableError(Exception):
    """An answer that came, but isn't what was asked for; the message says what it is instead, and quotes none of it."""


@attrs.frozen
class Completion:
    """The text of an answer, the form in which it was asked for, and what to call the request in a complaint."""

    text: str
    form: Form
    name: str


@attrs.define(eq=False)
class Chat:
    """How to ask a model; remembers which form its server takes.

    `form` fixes one; None begins with the strictest.
    """

    model: str
    temperature: float | None = 0.0
    form: Form | None = None
    _first: int = attrs.field(default=0, init=False)

    async def ask(self, session: Session, system: str, user: str, schema: Mapping[str, Any], what: str) -> Completion:
        """Send one question; `schema` describes the object wanted, `what` names the request in messages.

        Raises UnusableError for an answer that isn't a completion, is refused or cut off, ProviderError where the
        server refuses every form or fails (TooLarge where the question is too long).
        """
        forms = FORMS[self._first :] if self.form is None else (self.form,)
        first_error: ProviderError | None = None
        for number, form in enumerate(forms):
            refused: list[int] = []
            try:
                answer = await session.send(self._request(system, user, schema, form, refused), what)
            except TooLarge:
                raise
            except ProviderError as error:
                if not refused or refused[-1] not in REFUSALS:
                    raise
                first_error = first_error or error
                continue
            if number:
                self._first = max(self._first, FORMS.index(form))
            return Completion(_text(answer.content), form, answer.name)
        assert first_error is not None
        raise first_error

    def _request(self, system: str, user: str, schema: Mapping[str, Any], form: Form, refused: list[int]) -> Any:
        options: dict[str, Any] = {} if self.temperature is None else {"temperature": self.temperature}
        if form == "json_schema":
            described = {"name": "ratings", "strict": True, "schema": dict(schema)}
            options["response_format"] = {"type": "json_schema", "json_schema": described}
        elif form == "json_object":
            options["response_format"] = {"type": "json_object"}
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]

        async def request(api: openai.AsyncOpenAI) -> Any:
            import openai

            create: Any = api.chat.completions.with_raw_response.create
            try:
                pending: Awaitable[Any] = create(model=self.model, messages=messages, **options)
                return await pending
            except openai.APIStatusError as error:
                refused.append(error.status_code)
                raise

        return request


def numbers_schema(keys: Sequence[str]) -> dict[str, Any]:
    """Return the JSON Schema of an object with a number from 0 to 1 under each key, and nothing else."""
    return {
        "type": "object",
        "properties": {key: {"type": "number", "minimum": 0, "maximum": 1} for key in keys},
        "required": list(keys),
        "additionalProperties": False,
    }


def read_numbers(text: str, keys: Sequence[str]) -> list[float]:
    """Return the numbers under `keys` in the first JSON object of `text` that has all of them.

    Text around the object (prose, a code fence) and further keys are passed over; the case of keys doesn't matter.

    Raises UnusableError for prose, half a JSON object, missing keys, and anything but numbers from 0 to 1.
    """
    decoder = json.JSONDecoder()
    missing: list[str] | None = None
    at = text.find("{")
    while at >= 0:
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at = text.find("{", at + 1)
            continue
        held = {str(key).strip().lower(): value for key, value in found.items()}
        lacking = [key for key in keys if key.lower() not in held]
        if not lacking:
            return [_number(held[key.lower()], key) for key in keys]
        missing = missing or lacking
        at = text.find("{", end)
    if missing:
        raise UnusableError(f"an object with wrong keys: {', '.join(missing[:5])} lacking")
    if "{" in text:
        raise UnusableError("half a JSON object")
    raise UnusableError(
        f"prose ({len(text):,} characters) without a JSON object" if text.strip() else "an empty answer"
    )


def _number(value: Any, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UnusableError(f"{key} is no number")
    if not 0 <= value <= 1:  # NaN fails the comparison too
        raise UnusableError(f"{key} is out of range: {value!s:.12}, wanted 0 to 1")
    return float(value)


def _text(content: bytes) -> str:
    """Return the text of a chat completion's first choice."""
    if len(content) > _LONGEST_ANSWER:
        raise UnusableError(f"an answer of {len(content):,} bytes")
    try:
        body = json.loads(content)
        choice = body["choices"][0]
        reply = choice["message"]
        text, refusal = reply.get("content"), reply.get("refusal")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise UnusableError("no chat completion (is base_url right? it often ends in /v1)") from None
    if refusal:
        raise UnusableError("a refusal")
    if not isinstance(text, str):
        raise UnusableError("a completion without text")
    if choice.get("finish_reason") == "length":
        raise UnusableError("half an answer, cut off at the server's limit of tokens")
    if choice.get("finish_reason") == "content_filter":
        raise UnusableError("half an answer, cut off by the server's content filter")
    return text
