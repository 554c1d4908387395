"""Answers of servers read up to a limit, compressed ones too: a server can't fill this machine's memory."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

DEFAULT_LIMIT = 1_000_000
"""Bytes of an answer of which nothing else is known."""
_LIMIT: ContextVar[int] = ContextVar("emotopy_answer_limit", default=DEFAULT_LIMIT)
_WINDOW_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
ACCEPTED_ENCODINGS = "gzip, deflate"
"""What is asked for: encodings that can be undone piece by piece."""


class AnswerTooLong(Exception):
    """An answer holds more bytes than what was asked for can have."""


class UnknownEncoding(Exception):
    """An answer is compressed in a way that wasn't offered."""


class DamagedAnswer(Exception):
    """An answer isn't compressed as it says, or breaks off."""


@contextmanager
def answers_up_to(limit: int) -> Iterator[None]:
    """Let answers to requests in the block have `limit` bytes at most, uncompressed."""
    token = _LIMIT.set(limit)
    try:
        yield
    finally:
        _LIMIT.reset(token)


async def bound(response: Any) -> None:
    """Bound what is read of a response: a hook of httpx for responses, called before their body is read.

    Reading raises AnswerTooLong above the limit. The hook raises it at once where the server itself says so, and
    UnknownEncoding for a compression that can't be bounded. What can't be uncompressed raises DamagedAnswer.

    The body of a refusal (status 400 and above) ends at the limit instead: its status and its first words say all, and
    some servers repeat what was sent, more than once, behind them.
    """
    limit = _LIMIT.get()
    is_refusal = response.status_code >= 400
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    stated = response.headers.get("content-length", "")
    is_stated_longer = stated.isascii() and stated.isdigit() and (len(stated) > 15 or int(stated) > limit)
    if is_stated_longer and not is_refusal:
        raise AnswerTooLong(f"more than {limit:,} bytes, by its own account")
    if encoding not in ("", "identity", *_WINDOW_BITS):
        raise UnknownEncoding("a compression that wasn't offered")
    inflate = zlib.decompressobj(_WINDOW_BITS[encoding]) if encoding in _WINDOW_BITS else None
    if inflate is not None:
        del response.headers["content-encoding"]  # undone here
    response.stream = _stream(response.stream, limit, inflate, is_cut=is_refusal)


def _stream(stream: Any, limit: int, inflate: Any, *, is_cut: bool) -> Any:
    # The library that carries openai's requests (httpx, httpx2) wants a stream of its own kind; the one at hand tells.
    kind: Any = next(one for one in type(stream).__mro__ if one.__name__ == "AsyncByteStream")

    class Bounded(kind):  # type: ignore[misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            left = limit
            async for piece in stream:
                for plain in _inflated(piece, inflate, left):
                    if len(plain) > left:
                        if not is_cut:
                            raise AnswerTooLong(f"more than {limit:,} bytes")
                        yield plain[:left]
                        return
                    left -= len(plain)
                    yield plain
            if inflate is not None and left < limit and not inflate.eof:
                raise DamagedAnswer("a compression that breaks off")

        async def aclose(self) -> None:
            await stream.aclose()

    return Bounded()


def _inflated(piece: bytes, inflate: Any, left: int) -> Iterator[bytes]:
    """Yield what a piece of a body holds, never much more than is `left`."""
    if inflate is None:
        yield piece
        return
    while piece:
        try:
            plain = inflate.decompress(piece, left + 1)
        except zlib.error:
            raise DamagedAnswer("bytes that aren't compressed as they say") from None
        yield plain
        if len(plain) > left or not plain:
            return
        left -= len(plain)
        piece = inflate.unconsumed_tail
