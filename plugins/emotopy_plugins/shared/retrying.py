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

# The wordings of OpenAI, Azure, vLLM, text-embeddings-inference, llama.cpp, Ollama, DashScope, Mistral and Gemini.
_TOO_LARGE = re.compile(
    r"too (large|long|many|big)"
    r"|context[ _]?(length|size|window)"
    r"|\bmax(imum)?\b.{0,40}\b(input|request|token|batch|array|length)"
    r"|\bbatch size\b"
    r"|\b(less|more|fewer|larger|greater) than \d+ (tokens|inputs|texts|items)"
    r"|\bat most \d+ (requests|inputs|texts|tokens|items)"
    r"|\bexceed(s|ed)?\b.{0,60}(token|length|limit|size|ctx)",
    re.IGNORECASE | re.DOTALL,
)


@attrs.frozen
class Failure:
    """Why an attempt failed; `status` is None where no answer came at all. `message` holds no key."""

    status: int | None
    message: str
    code: str = ""
    request_id: str = ""
    retry_after_s: float | None = None

    @property
    def may_pass(self) -> bool:
        """Whether the same request may succeed later."""
        if self.code in NO_CREDIT:
            return False
        return self.status is None or self.status in PASSING or self.status >= 500

    @property
    def is_too_large(self) -> bool:
        """Whether the server would take a smaller request."""
        if self.status == 413:
            return True
        words = f"{self.code} {self.message}"
        return self.status in (400, 422) and "dimensions" not in words and bool(_TOO_LARGE.search(words))

    def __str__(self) -> str:
        if self.status is None:
            return self.message
        code = f" ({self.code})" if self.code else ""
        return f"HTTP {self.status}{code}: {self.message}"


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
