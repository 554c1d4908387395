"""A server of embeddings and of chat on this machine that counts what it is asked for, and errs as it is told to."""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Self

import attrs

PATIENCE_S = 20.0
MOST_REQUESTS = 500
"""It hangs up on all that come after as many: nothing here goes on for ever."""


def vector_of(text: str) -> list[float]:
    """Return the vector that this server has for a text: four multiples of 1/256."""
    return [(byte - 128) / 128 for byte in hashlib.sha256(text.encode()).digest()[:4]]


def rating_of(segment: str, emotion: str) -> float:
    """Return the rating, with two decimals, that this server has for a segment."""
    return hashlib.sha256(f"{segment}\0{emotion}".encode()).digest()[0] % 91 / 100


@attrs.define(eq=False)
class Exchange:
    """One request, and the connection to answer it on."""

    connection: socket.socket
    path: str
    body: dict[str, Any]
    number: int
    """How many requests came before."""
    ended: threading.Event
    """Set when the server closes."""

    @property
    def is_chat(self) -> bool:
        return self.path.endswith("/chat/completions")

    def good(self) -> dict[str, Any]:
        """Return the right answer."""
        return self.completion(json.dumps(self.ratings())) if self.is_chat else self.vectors()

    def vectors(self) -> dict[str, Any]:
        items = [
            {"object": "embedding", "index": i, "embedding": vector_of(text)}
            for i, text in enumerate(self.body["input"])
        ]
        return {"object": "list", "data": items, "model": self.body["model"], "usage": {"prompt_tokens": 1}}

    def ratings(self) -> dict[str, float]:
        """Return the ratings of the segment; the system's message names the emotions."""
        system, user = (message["content"] for message in self.body["messages"])
        emotions = json.loads("[" + system.partition("keys are exactly ")[2].partition(" and whose")[0] + "]")
        segment = json.loads(user)["segment"]
        return {emotion: rating_of(segment, emotion) for emotion in emotions}

    def completion(self, content: Any, **more: Any) -> dict[str, Any]:
        message = {"role": "assistant", "content": content, **more.pop("message", {})}
        choice = {"index": 0, "message": message, "finish_reason": "stop", **more}
        return {"id": "c", "object": "chat.completion", "model": self.body["model"], "choices": [choice]}

    def send(self, content: Any = None, status: int | str = 200, **headers: str) -> None:
        """Answer; `content` that isn't bytes goes as JSON, `_` in names of headers as `-`; a header "" is left out."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        told = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in told.items() if value)]
        self.raw("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def raw(self, content: bytes) -> None:
        self.connection.sendall(content)

    def reset(self) -> None:
        """Break the connection off: the other side sees a reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def wait(self, seconds: float) -> bool:
        """Wait; False once the server closes."""
        return not self.ended.wait(seconds)


Answer = Callable[[Exchange], None]


def behaves(exchange: Exchange) -> None:
    """Answer as one should."""
    exchange.send(exchange.good())


@attrs.define(eq=False)
class Tally:
    """What one key has asked for; `received` and `answered` count texts (of a chat: whole messages)."""

    received: Counter[str] = attrs.field(factory=Counter)
    answered: Counter[str] = attrs.field(factory=Counter)
    n_requests: int = 0

    @property
    def n_in_flight(self) -> int:
        """Texts that were received and aren't answered yet."""
        return self.received.total() - self.answered.total()

    @property
    def n_twice(self) -> int:
        """How often a text was received that had been received before."""
        return sum(n - 1 for n in self.received.values())


@attrs.define(eq=False)
class Server:
    """Serves `answer` while it is entered, and counts for each key."""

    answer: Answer = behaves
    delay_s: float = 0.0
    most_requests: int = MOST_REQUESTS
    _tallies: dict[str, Tally] = attrs.field(factory=dict)
    _ended: threading.Event = attrs.field(factory=threading.Event)
    _lock: threading.Lock = attrs.field(factory=threading.Lock)
    _listener: socket.socket = attrs.field(init=False)

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._listener.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def tally(self, key: str) -> Tally:
        """Return what a key has asked for."""
        with self._lock:
            return self._tallies.setdefault(key, Tally())

    def tallies(self) -> list[Tally]:
        """Return what every key has asked for."""
        with self._lock:
            return list(self._tallies.values())

    def _serve(self) -> None:
        for _ in range(self.most_requests):
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def _handle(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, contextlib.suppress(OSError, ValueError):
            path, key, body = _request(connection)
            tally = self.tally(key)
            texts = body["input"] if "input" in body else [json.dumps(body["messages"])]
            with self._lock:
                number = tally.n_requests
                tally.n_requests += 1
                tally.received.update(texts)
            if self.delay_s:
                time.sleep(self.delay_s)
            try:
                self.answer(Exchange(connection, path, body, number, self._ended))
            finally:
                with self._lock:
                    tally.answered.update(texts)
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)  # so that what was sent arrives before the connection ends
                connection.recv(1)


def _request(connection: socket.socket) -> tuple[str, str, dict[str, Any]]:
    """Return the path, the key, and the body."""
    held = b""
    for piece in _pieces(connection):
        held += piece
        head, separator, rest = held.partition(b"\r\n\r\n")
        if separator:
            lines = head.decode("latin-1").split("\r\n")
            fields = dict(line.lower().split(": ", 1) for line in lines[1:])
            if len(rest) >= int(fields.get("content-length", 0)):
                key = fields.get("authorization", "").removeprefix("bearer ")
                return lines[0].split(" ")[1], key, json.loads(rest)
    raise OSError("hung up")


def _pieces(connection: socket.socket) -> Iterator[bytes]:
    while piece := connection.recv(1 << 16):
        yield piece
