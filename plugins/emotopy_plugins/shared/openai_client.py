"""The client of OpenAI-compatible servers that embedders and annotators share: retries, concurrency, keys, errors.

It sends whatever request its caller makes with the `openai` library and returns the bytes of the answer; what they
mean is the caller's business. The library's own retries are off: ours are bounded, logged, and obey `Retry-After`.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from emotopy.errors import ProviderError
from emotopy_plugins.shared.bounded_http import (
    ACCEPTED_ENCODINGS,
    DEFAULT_LIMIT,
    AnswerTooLong,
    DamagedAnswer,
    UnknownEncoding,
    answers_up_to,
    bound,
)
from emotopy_plugins.shared.endpoint import Endpoint, redact, without_texts
from emotopy_plugins.shared.retrying import NO_CREDIT, Failure, Retrying, retry_after_s
from emotopy_plugins.shared.server_words import ServerWords, read_words, refusal_in

if TYPE_CHECKING:
    import asyncio

    import openai

Job = TypeVar("Job")
Result = TypeVar("Result")
Request = Callable[["openai.AsyncOpenAI"], Awaitable[Any]]
"""Makes one request with the library, `lambda api: api.embeddings.with_raw_response.create(...)`."""

DEADLINE_TIMEOUTS = 5
"""How many times as long as each of its waits an attempt may take."""
_LONGEST_MESSAGE = 300
_LONGEST_LOOKED_AT = 4000


class TooLarge(ProviderError):
    """The server would take a smaller request; the caller can halve this one."""


@attrs.frozen
class Answer:
    """The body of a successful answer, and what to call the request in a complaint about it."""

    content: bytes
    name: str
    words: Callable[[str], str] = attrs.field(default=str, repr=False)
    """Makes words out of the answer fit for a message: no key, none of the texts that were sent, in one short line."""


@attrs.frozen
class OpenAIClient:
    """How to talk to an OpenAI-compatible server; holds settings alone, no key and no open connection.

    At most `concurrency` requests are in flight. `timeout_s` bounds each wait for the server (to connect, for the next
    bytes of an answer), `deadline_s` a whole attempt. When the caller leaves early, by Ctrl-C above all, requests under
    way may finish for `grace_s`. With `is_secret` no words of the server are shown, only status and code: it may repeat
    what it was sent. `log` is called before every wait for another attempt, from the thread that sends.
    """

    endpoint: Endpoint
    retrying: Retrying = attrs.field(factory=Retrying)
    concurrency: int = 4
    timeout_s: float = 60.0
    grace_s: float = 0.0
    is_secret: bool = False
    log: Callable[[str], None] = attrs.field(default=lambda message: None, repr=False)

    @property
    def deadline_s(self) -> float:
        """How long a whole attempt may take, in seconds."""
        return DEADLINE_TIMEOUTS * self.timeout_s

    def each(
        self, jobs: Sequence[Job], work: Callable[[Session, Job], Awaitable[Result]]
    ) -> Generator[tuple[Job, Result]]:
        """Run `work(session, job)` for every job, several at once; yield (job, result) as results come.

        `work` runs on another thread; what it keeps before it returns is kept whatever happens to the other jobs. The
        first failure starts nothing new, lets the requests on the wire finish, and is raised in the end. Ctrl-C, and
        closing the iterator early, start nothing new either, and cancel what isn't answered within `grace_s`.

        Raises ConfigError where there is no key, ProviderError (from `Session.send`), and what `work` raises.
        """
        import openai  # noqa: F401 (a missing library raises here, before a thread starts)

        from emotopy_plugins.shared.async_jobs import concurrently

        key = self.endpoint.key()

        @contextlib.asynccontextmanager
        async def connect(stopping: asyncio.Event) -> AsyncIterator[Session]:
            async with _connection(self.endpoint, key, self.timeout_s) as api:
                yield Session(self, api, lambda text: redact(text, key), stopping)

        return concurrently(jobs, work, connect, limit=self.concurrency, grace_s=self.grace_s, log=self.log)


@attrs.frozen(eq=False, repr=False)
class Session:
    """An open connection; `send` is all there is to it."""

    _client: OpenAIClient
    _api: openai.AsyncOpenAI
    _scrubbed: Callable[[str], str]
    _stopping: asyncio.Event

    async def send(
        self, request: Request, what: str, texts: Sequence[str] = (), *, limit: int = DEFAULT_LIMIT
    ) -> Answer:
        """Send a request until it is answered or there is no point in trying again; `what` names it in messages.

        An answer has up to `limit` bytes; what is longer is refused before it is read any further. An error in the body
        of an answer is a refusal, whatever its status. No message quotes `texts`, which are sent.

        Raises TooLarge where the server refuses the request for its size, ProviderError for every other failure. No
        error carries the key, or a chained error that does.
        """
        import asyncio

        retrying = self._client.retrying
        attempt = 0
        while True:
            attempt += 1
            outcome = await self._attempt(request, what, texts, limit)
            if isinstance(outcome, Answer):
                return outcome
            wait_s = retrying.wait_s(outcome, attempt)
            if wait_s is None:
                raise self._error(outcome, what, attempt)
            name = self._name(what, outcome.request_id)
            coming = f"waiting {wait_s:.1f} s before attempt {attempt + 1} of {retrying.max_attempts}"
            self._client.log(f"{name}: {outcome}; {coming}")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait_s)
                raise self._error(outcome, what, attempt)  # another request has failed for good: no point in waiting

    async def _attempt(  # noqa: PLR0911 (one outcome per return)
        self, request: Request, what: str, texts: Sequence[str], limit: int
    ) -> Answer | Failure:
        # Failures are values here, so that the error raised from them has no chain back to one that shows the key.
        import asyncio

        import openai

        deadline_s = self._client.deadline_s
        try:
            with answers_up_to(limit):
                async with asyncio.timeout(deadline_s):
                    raw = await request(self._api)
        except (AnswerTooLong, UnknownEncoding) as error:
            return Failure(None, f"an answer of {error}", is_final=True)
        except DamagedAnswer as error:
            return Failure(None, f"an answer of {error}")
        except TimeoutError:
            return Failure(None, f"no complete answer within {deadline_s:g} s")
        except openai.APIStatusError as error:
            response = error.response
            words = read_words(response.content)
            return self._failure(error.status_code, words, response.headers, response.request.url.path, texts)
        except openai.APITimeoutError:
            return Failure(None, f"no answer within {self._client.timeout_s:g} s")
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, (AnswerTooLong, UnknownEncoding)):  # as some versions of the library have it
                return Failure(None, f"an answer of {error.__cause__}", is_final=True)
            if isinstance(error.__cause__, DamagedAnswer):
                return Failure(None, f"an answer of {error.__cause__}")
            cause = error.__cause__ or error
            return Failure(None, f"no connection ({self._scrubbed(str(cause)) or type(cause).__name__})")
        refusal = refusal_in(raw.content)
        if refusal is not None:
            return self._failure(raw.status_code, refusal, raw.headers, raw.http_request.url.path, texts)
        name = self._name(what, self._scrubbed(raw.headers.get("x-request-id", "")))
        return Answer(raw.content, name, lambda words: "" if self._client.is_secret else self._shown(words, texts))

    def _failure(
        self, status: int, words: ServerWords, headers: Mapping[str, str], path: str, texts: Sequence[str]
    ) -> Failure:
        is_success = status < 300
        asked_s = retry_after_s(headers, datetime.now(UTC))
        return Failure(
            status=words.status if is_success and words.status else status,
            message=self._shown(words.message, texts),
            code=self._shown(words.code, texts),
            is_withheld=self._client.is_secret,
            request_id=self._scrubbed(headers.get("x-request-id", "")),
            retry_after_s=words.wait_s if asked_s is None else asked_s,
            sent_status=status if is_success else None,
            path=path,
        )

    def _shown(self, words: str, texts: Sequence[str]) -> str:
        shown = without_texts(self._scrubbed(" ".join(words.split()))[:_LONGEST_LOOKED_AT], texts)
        return shown if len(shown) <= _LONGEST_MESSAGE else shown[:_LONGEST_MESSAGE] + " ..."

    def _error(self, failure: Failure, what: str, attempt: int) -> ProviderError:
        kind = TooLarge if failure.is_too_large else ProviderError
        times = f" (attempt {attempt})" if attempt > 1 else ""
        name = self._name(what, failure.request_id)
        return kind(
            f"{name} failed{times}: {failure}. {self._advice(failure, attempt)}",
            server=self._client.endpoint.name,
            status=failure.status if failure.sent_status is None else failure.sent_status,
            code=failure.shown_code or None,
            server_message=(failure.message or None) if failure.has_words else None,
            wait_s=failure.retry_after_s,
        )

    def _advice(self, failure: Failure, attempt: int) -> str:  # noqa: PLR0911 (one piece of advice per return)
        endpoint, retrying = self._client.endpoint, self._client.retrying
        option = endpoint.role
        if failure.is_final:
            return f"This isn't a valid answer to such a request; check {option}.base_url and {option}.model."
        if failure.status in (401, 403):
            return f"Check the key in {endpoint.key_variable}, and that it has access to this model."
        if failure.is_about_address:
            return endpoint.address_advice(failure.path)
        if failure.status == 404:
            return f"Check {option}.model and {option}.base_url."
        if failure.code in NO_CREDIT:
            return "The account has no credit left. Answers so far are in the cache: add credit and run again."
        if failure.is_too_large:
            return f"Check the limits of the server against {option}.max_inputs and {option}.max_text_tokens."
        if failure.sent_status is not None and not failure.may_pass:
            return f"This is the message of the server; check {option}.model, and whether the server has loaded it."
        if not failure.may_pass:
            return "The server rejects this request; check the options of the stage."
        if failure.retry_after_s is not None and failure.retry_after_s > retrying.max_wait_s:
            return (
                f"The server asks to wait {failure.retry_after_s:.0f} s, longer than "
                f"{endpoint.role}.max_wait_s ({retrying.max_wait_s:g} s). Answers so far are in the "
                "cache: run again later."
            )
        hint = f"Check that the server at {endpoint.url} is running. " if failure.status is None else ""
        more = f", or raise {endpoint.role}.max_attempts" if attempt >= retrying.max_attempts else ""
        return f"{hint}Answers so far are in the cache: run again later{more}."

    def _name(self, what: str, request_id: str) -> str:
        number = f" [{request_id}]" if request_id else ""
        return f"request{number} to {self._client.endpoint.name} ({what})"


def is_another_model(said: str, asked: str) -> bool:
    """Whether a server's name for the model that answered can't mean the one that was asked for.

    Names of versions, of folders and of files are longer or shorter.

    >>> is_another_model("text-embedding-ada-002-v2", "text-embedding-ada-002")
    False
    >>> is_another_model("/models/Nomic-Embed.Q8_0.gguf", "nomic-ai/nomic-embed")
    False
    >>> is_another_model("bge-m3", "text-embedding-3-small")
    True
    """
    one, other = (name.lower().strip().rstrip("/").rpartition("/")[2] for name in (said, asked))
    return bool(one) and one not in other and other not in one


def _connection(endpoint: Endpoint, key: str, timeout_s: float) -> openai.AsyncOpenAI:
    """Open the library's client; nothing in the environment or in an answer can send texts elsewhere."""
    import ssl

    import openai

    # Plain http is for this machine alone and needs no certificates, whose loading takes a tenth of a second; a context
    # that trusts nobody stands in for them.
    plain = endpoint.url.startswith("http://")
    http = openai.DefaultAsyncHttpxClient(
        timeout=timeout_s,
        verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else True,
        event_hooks={"response": [bound]},
        headers={"Accept-Encoding": ACCEPTED_ENCODINGS},
        follow_redirects=False,  # texts go to the server that the configuration names, and to no other
        trust_env=not endpoint.is_loopback,  # HTTP_PROXY would take what is meant for this machine out of it
    )
    return openai.AsyncOpenAI(api_key=key, base_url=endpoint.url, max_retries=0, timeout=timeout_s, http_client=http)
