"""A server on this machine that says what a test lets it say, over real HTTP."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs
import numpy as np

Body = dict[str, Any] | list[Any] | str
Reply = tuple[int, Body] | tuple[int, Body, dict[str, str]]


@attrs.define
class Loopback:
    """`url` is the server's root, without a path; `asked` holds the path and the body of every request."""

    url: str
    asked: list[tuple[str, dict[str, Any]]] = attrs.field(factory=list)


@contextlib.contextmanager
def loopback(reply: Callable[[str, dict[str, Any], int], Reply]) -> Iterator[Loopback]:
    """Serve `reply(path, body, number of earlier requests)` until the block ends; it refuses from request 100 on."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                number = len(own.asked)
                own.asked.append((self.path, body))
            status, content, *headers = reply(self.path, body, number) if number < 100 else (503, "too often")
            data = (content if isinstance(content, str) else json.dumps(content)).encode()
            kind = "application/json" if not isinstance(content, str) else "text/plain"
            self.send_response(status)
            for name, value in {"Content-Type": kind, **(headers[0] if headers else {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.wfile.write(data)

        def log_message(self, *arguments: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

    lock = threading.Lock()
    with Server(("127.0.0.1", 0), Handler) as server:
        own = Loopback(f"http://127.0.0.1:{server.server_port}")
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        serving.start()
        try:
            yield own
        finally:
            server.shutdown()
            serving.join(timeout=10)


def vectors(body: dict[str, Any]) -> dict[str, Any]:
    """Return OpenAI's answer to a request for embeddings."""
    items = [{"object": "embedding", "index": i, "embedding": vector(text)} for i, text in enumerate(body["input"])]
    return {"object": "list", "data": items, "model": body["model"], "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def vector(text: str) -> list[float]:
    """Return the unit vector of a text here: cosine and sine of its length, in single precision."""
    return np.array([np.cos(len(text)), np.sin(len(text))], dtype=np.float32).tolist()


def completion(content: Any, **more: Any) -> dict[str, Any]:
    """Return OpenAI's form of a chat completion; `more` goes into the choice, `message` into its message."""
    message = {"role": "assistant", "content": content, **more.pop("message", {})}
    choice = {"index": 0, "message": message, "finish_reason": "stop", **more}
    return {"id": "c", "object": "chat.completion", "model": "m", "choices": [choice]}
