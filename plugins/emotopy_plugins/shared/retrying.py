"""When to try a request again, and how long to wait before: pure decisions, no network."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import attrs

PASSING = frozenset({408, 409, 429})
"""Statuses below 500 that may pass by themselves; every other 4xx is final."""

NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
"""Codes that OpenAI sends with 429 and that no waiting heals."""

# Words of a refusal (400, 422) that speak of size: OpenAI, Azure, vLLM, text-embeddings-inference, llama.cpp, Ollama,
# DashScope, SiliconFlow, Mistral, Gemini, infinity. A passing fault may hold some of them ("too many requests").
_TOO_LARGE = re.compile(
    r"too (large|long|many|big)"
    r"|context[ _]?(length|size|window)"
    r"|\bmax(imum)?\b.{0,40}\b(input|request|token|batch|array|length)"
    r"|\bbatch size\b"
    r"|\b(less|more|fewer|larger|greater) than \d+ (tokens|characters|inputs|texts|items)"
    r"|\bat most \d+ (requests|inputs|texts|tokens|characters|items)"
    r"|\bexceed(s|ed)?\b.{0,60}(token|length|limit|size|ctx)",
    re.IGNORECASE | re.DOTALL,
)

# Words that can mean nothing but the size of what was sent, whatever the status: llama.cpp, its descendants and Ollama
# send 500 (or 200), OpenAI 429 for a request above the tokens of a whole minute, gateways pass others' words on as 5xx.
_TOO_LARGE_WHATEVER_STATUS = re.compile(
    r"\b(input|prompt|request|sequence)\b(?! rate)( \(\d+ tokens\))?( is| was|'s)? too (large|long|big)\b"
    r"|\binput is larger than the max(imum)? context"
    r"|\binput (token )?(length|count)( \(?\d+\)?)? exceeds\b"
    r"|\bexceeds? (the )?(available |maximum |model's )?context[ _](size|length|window)"
    r"|\bmaximum context length\b"
    r"|\bexceed_context_size_error\b|\bcontext_length_exceeded\b"
    r"|\bmust have less than \d+ (tokens|characters)"
    r"|\btokens exceed n_ctx",
    re.IGNORECASE,
)


# FastAPI's and nginx's "Not Found", Ollama's "404 page not found", LM Studio's, Express's "Cannot POST /embeddings".
_NO_SUCH_PATH = re.compile(
    r"^(404 )?(page )?not found\W*$|unexpected endpoint|\bcannot post\b|no such (path|route|endpoint)|invalid url",
    re.IGNORECASE,
)


_CODE = re.compile(r"[a-z][a-z0-9_]{0,40}", re.IGNORECASE)
"""What a code looks like; a text has blanks."""


@attrs.frozen
class Failure:
    """Why an attempt failed; `status` is None where no answer came. `message` holds no key, and may be empty.

    `sent_status` is the one that came over the wire, where that isn't `status`: 200, with an error in the body that may
    name another. `path` is what was asked for.
    """

    status: int | None
    message: str
    code: str = ""
    request_id: str = ""
    retry_after_s: float | None = None
    sent_status: int | None = None
    path: str = ""
    is_final: bool = False
    is_withheld: bool = False

    @property
    def may_pass(self) -> bool:
        """Whether the same request may succeed later."""
        if self.is_final or self.code in NO_CREDIT or self.is_too_large:
            return False
        return self.status is None or self.status in PASSING or self.status >= 500

    @property
    def is_too_large(self) -> bool:
        """Whether the server would take a smaller request."""
        if self.status == 413:
            return True
        if self.status is None:
            return False
        words = f"{self.code} {self.message}"
        if _TOO_LARGE_WHATEVER_STATUS.search(words):
            return True
        return self.status in (400, 422) and "dimensions" not in words and bool(_TOO_LARGE.search(words))

    @property
    def is_about_address(self) -> bool:
        """Whether the server has nothing at the path that was asked for; a 404 may be about the model, too."""
        if self.status not in (404, 405) and self.sent_status is None:
            return False
        if self.status == 405 or _NO_SUCH_PATH.search(self.message):
            return True
        return self.status == 404 and "model" not in f"{self.code} {self.message}".lower()

    @property
    def has_words(self) -> bool:
        """Whether the message holds words of the server that may be shown."""
        return self.status is not None and not self.is_withheld

    @property
    def shown_code(self) -> str:
        """The code, where it may be shown: of a server whose words are withheld only one that has no blanks."""
        return "" if self.is_withheld and not _CODE.fullmatch(self.code) else self.code

    def __str__(self) -> str:
        if self.status is None:
            return self.message
        code = f" ({self.shown_code})" if self.shown_code else ""
        said = "its message is left out, because it may repeat a text" if self.is_withheld else self.message
        said = said or "no reason given"
        sent = f"{self.sent_status} with an error" if self.sent_status is not None else self.status
        return f"HTTP {sent}{code}: {said}"


@attrs.frozen
class Retrying:
    """How often and how patiently: at most `max_attempts` in all, waits of at most `max_wait_s` each.

    Without word from the server the n-th wait is drawn between half and all of `first_wait_s` · 2ⁿ⁻¹ (exponential
    backoff with jitter, so that requests refused together don't come back together).
    """

    max_attempts: int = 6
    first_wait_s: float = 0.5
    max_wait_s: float = 60.0

    def wait_s(self, failure: Failure, attempt: int) -> float | None:
        """Return the seconds to wait after the `attempt`-th failure (from 1), or None where trying again is over.

        A wait that the server asks for is kept in full; one longer than `max_wait_s` ends the trying, since coming
        back early would only be refused again.
        """
        if attempt >= self.max_attempts or not failure.may_pass:
            return None
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 (spreads requests, guards nothing)
        if failure.retry_after_s is None:
            return min(self.max_wait_s, self.first_wait_s * 2.0 ** min(attempt - 1, 64)) * jitter
        if failure.retry_after_s > self.max_wait_s:
            return None
        return min(self.max_wait_s, failure.retry_after_s + self.first_wait_s * jitter)


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read `retry-after-ms` (Azure) or `Retry-After`: seconds, or an HTTP date that is compared with `now`.

    `headers` has lower-case names, or doesn't mind case. Returns None where there is no such header or it can't be
    read, and 0 for a date that has passed.

    >>> retry_after_s({"retry-after": "20"}, datetime(2026, 1, 1, tzinfo=UTC))
    20.0
    >>> retry_after_s({"retry-after": "Thu, 01 Jan 2026 00:00:07 GMT"}, datetime(2026, 1, 1, tzinfo=UTC))
    7.0
    """
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * scale
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    try:
        date = parsedate_to_datetime(headers.get("retry-after", ""))
    except ValueError:
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())
