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
from emotopy_plugins.shared.answer_numbers import UnusableError, find_numbers, read_numbers
from emotopy_plugins.shared.openai_client import Answer, Request, Session, TooLarge, is_another_model
from emotopy_plugins.shared.server_words import read_words

if TYPE_CHECKING:
    import openai

__all__ = ["FORMS", "Chat", "Completion", "UnusableError", "find_numbers", "numbers_schema", "read_numbers"]

Form = Literal["json_schema", "json_object", "text"]
FORMS: tuple[Form, ...] = ("json_schema", "json_object", "text")
REFUSALS = (400, 422)

_LONGEST_ANSWER = 1_000_000
"""Bytes of an answer that are read; a rating has a few hundred."""


@attrs.frozen
class Completion:
    """The text of an answer, the form in which it was asked for, and what to call the request in a complaint.

    `other_model` is the server's name for the model that answered, where that isn't the one asked for.
    """

    text: str
    form: Form
    name: str
    other_model: str = ""


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
            try:
                answer = await session.send(self._request(system, user, schema, form), what, (user,))
            except TooLarge:
                raise
            except ProviderError as error:
                if error.status not in REFUSALS:
                    raise
                first_error = first_error or error
                continue
            if number:
                self._first = max(self._first, FORMS.index(form))
            text, model = _text_and_model(answer)
            other = answer.words(model) if is_another_model(model, self.model) else ""
            return Completion(text, form, answer.name, other)
        assert first_error is not None
        raise first_error

    def _request(self, system: str, user: str, schema: Mapping[str, Any], form: Form) -> Request:
        options: dict[str, Any] = {} if self.temperature is None else {"temperature": self.temperature}
        if form == "json_schema":
            described = {"name": "ratings", "strict": True, "schema": dict(schema)}
            options["response_format"] = {"type": "json_schema", "json_schema": described}
        elif form == "json_object":
            options["response_format"] = {"type": "json_object"}
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]

        def request(api: openai.AsyncOpenAI) -> Awaitable[Any]:
            create: Any = api.chat.completions.with_raw_response.create
            pending: Awaitable[Any] = create(model=self.model, messages=messages, **options)
            return pending

        return request


def numbers_schema(keys: Sequence[str]) -> dict[str, Any]:
    """Return the JSON Schema of an object with a number from 0 to 1 under each key, and nothing else."""
    return {
        "type": "object",
        "properties": {key: {"type": "number", "minimum": 0, "maximum": 1} for key in keys},
        "required": list(keys),
        "additionalProperties": False,
    }


def _text_and_model(answer: Answer) -> tuple[str, str]:
    """Return the text of a chat completion's first choice, and which model wrote it."""
    content = answer.content
    if len(content) > _LONGEST_ANSWER:
        raise UnusableError(f"an answer of {len(content):,} bytes")
    try:
        body = json.loads(content)
        choice = body["choices"][0]
        reply = choice["message"]
        text, refusal = _joined(reply.get("content")), reply.get("refusal")
        reasoning = reply.get("reasoning_content") or reply.get("reasoning")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        said = answer.words(read_words(content).message) if content.lstrip()[:1] == b"<" else ""
        page = f" but a page {said!r}" if said else ""
        raise UnusableError(f"no chat completion{page} (check base_url, which often ends in /v1)") from None
    if refusal:
        words = answer.words(refusal) if isinstance(refusal, str) else ""
        raise UnusableError(f"a refusal{f' ({words})' if words else ''}")
    ending = choice.get("finish_reason")
    if ending == "length":
        inside = " while it was still reasoning" if reasoning and not text else ""
        raise UnusableError(f"an incomplete answer, truncated at the token limit of the server{inside}")
    if ending == "content_filter":
        raise UnusableError("an incomplete answer, truncated by the content filter of the server")
    model = body.get("model")
    said = model if isinstance(model, str) else ""
    if text:
        return text, said
    if reasoning:
        size = f" ({len(reasoning):,} characters)" if isinstance(reasoning, str) else ""
        raise UnusableError(
            f"only reasoning{size}; this happens if the reasoning parser of the server doesn't match "
            "the model: start the server without this parser, or turn on thinking for the model"
        )
    if text is None:
        raise UnusableError("a completion without text")
    return text, said


def _joined(content: Any) -> str | None:
    """Return a message's content as one text; parts of it that aren't text (Magistral's thinking) are passed over."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else None
    texts = [part["text"] for part in content if isinstance(part, dict) and part.get("type") in ("text", "output_text")]
    return "".join(texts)
