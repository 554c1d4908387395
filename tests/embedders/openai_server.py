"""A server that speaks OpenAI's embeddings protocol over real HTTP, with faults to switch on; a process of its own.

    python openai_server.py          prints its port, serves on 127.0.0.1 until standard input closes

POST /v1/embeddings is the protocol. POST /control with `{"settings": {...}, "faults": [...]}` forgets everything and
starts anew; GET /control returns what has been asked. Settings:

    n_dims          length of the vectors (4), unless the request has `dimensions`
    shuffle         answer in an order of the server's own
    lists           answer with lists of numbers even where base64 is asked for
    max_inputs, max_text_bytes, max_request_bytes    refuse what is larger, as OpenAI does
    gather          answer nobody until so many requests are in flight at once
    hold_after      answer so many requests, keep all later ones waiting until the next reset

Each request takes the next fault, if any is left: `{"status": 429, "headers": {...}, "body": {...}}`; `{"echo": 401}`
(an error that repeats the Authorization header); `{"delay_s": 0.2}`; `{"drop": true}` (hang up); or `{"answer": KIND}`
with KIND one of the names in `SPOILT`. An empty fault is a good answer.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

PATIENCE_S = 20.0


def vector_of(text: str, model: str = "text-embedding-3-small", n_dims: int = 4) -> np.ndarray:
    """Return the unit vector (n_dims,) float32 that this server has for a text."""
    seed = int.from_bytes(hashlib.sha256(f"{model}\0{text}".encode()).digest()[:8], "little")
    vector = np.random.default_rng(seed).standard_normal(n_dims)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def _set(items: list[dict[str, Any]], key: str, value: Any) -> None:
    items[-1][key] = value


SPOILT = {
    "missing": lambda items: items.pop(),
    "duplicate": lambda items: _set(items, "index", items[0]["index"]),
    "foreign": lambda items: _set(items, "index", len(items) + 7),
    "extra": lambda items: items.append({**items[0], "index": len(items)}),
    "no_index": lambda items: items[-1].pop("index"),
    "nan": lambda items: _set(items, "embedding", [float("nan")] * 4),
    "wrong_length": lambda items: _set(items, "embedding", [0.5] * 3),
    "words": lambda items: _set(items, "embedding", ["a", "b"]),
    "bad_base64": lambda items: _set(items, "embedding", "AAAAA*=="),
    "null": lambda items: _set(items, "embedding", None),
}


class State:
    """What the server is to do, and what it has seen; every field under one lock."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.epoch = 0
        self.reset({}, [])

    def reset(self, settings: dict[str, Any], faults: list[dict[str, Any]]) -> None:
        with self.changed:
            self.settings, self.faults = settings, faults
            self.requests: list[dict[str, Any]] = []
            self.in_flight = self.max_in_flight = self.n_answered = 0
            self.epoch += 1
            self.changed.notify_all()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every second answer on a connection waits 40 ms
    state: State

    def do_GET(self) -> None:
        with self.state.changed:
            report = {"requests": self.state.requests, "max_in_flight": self.state.max_in_flight}
        self._send(200, report)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/control":
            self.state.reset(body.get("settings", {}), body.get("faults", []))
            self._send(200, {})
        elif self.path == "/v1/embeddings":
            self._embeddings(body)
        else:
            self._send(404, {"error": {"message": f"no such path: {self.path}", "type": "invalid_request_error"}})

    def _embeddings(self, body: dict[str, Any]) -> None:
        state = self.state
        with state.changed:
            epoch = state.epoch
            settings = state.settings
            fault = state.faults.pop(0) if state.faults else {}
            number = len(state.requests)
            state.requests.append(
                {
                    **body,
                    "authorization": self.headers.get("Authorization"),
                    "time_s": time.monotonic(),
                    "answered": False,
                }
            )
            state.in_flight += 1
            state.max_in_flight = max(state.max_in_flight, state.in_flight)
            state.changed.notify_all()
            if "gather" in settings:
                state.changed.wait_for(lambda: state.max_in_flight >= settings["gather"], PATIENCE_S)
            if "hold_after" in settings:
                state.changed.wait_for(
                    lambda: state.epoch != epoch or state.n_answered < settings["hold_after"], PATIENCE_S
                )
            if state.epoch != epoch:
                self.close_connection = True
                return
            state.n_answered += 1
        time.sleep(fault.get("delay_s", 0))
        with state.changed:
            state.in_flight -= 1
        if fault.get("drop"):
            self.close_connection = True
            return
        status, answer, headers = self._answer(body, fault, settings)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._send(status, answer, {"x-request-id": f"req-{number}", **headers})
        with state.changed:
            if state.epoch == epoch:
                state.requests[number]["answered"] = status == 200

    def _answer(
        self, body: dict[str, Any], fault: dict[str, Any], settings: dict[str, Any]
    ) -> tuple[int, Any, dict[str, str]]:
        if "status" in fault:
            return fault["status"], fault.get("body", {"error": {"message": "fault"}}), fault.get("headers", {})
        if "echo" in fault:
            message = f"Incorrect API key provided: {self.headers['Authorization']} is not known"
            return fault["echo"], {"error": {"message": message, "code": "invalid_api_key"}}, {}
        refusal = _refusal(body["input"], settings)
        if refusal:
            return 400, {"error": {"message": refusal, "type": "invalid_request_error", "code": None}}, {}
        n_dims = body.get("dimensions", settings.get("n_dims", 4))
        as_base64 = body.get("encoding_format") == "base64" and not settings.get("lists")
        items = []
        for index, text in enumerate(body["input"]):
            vector = vector_of(text, body["model"], n_dims)
            embedding = base64.b64encode(vector.astype("<f4").tobytes()).decode() if as_base64 else vector.tolist()
            items.append({"object": "embedding", "index": index, "embedding": embedding})
        kind = fault.get("answer")
        if kind in SPOILT:
            SPOILT[kind](items)
        if settings.get("shuffle"):
            items = [items[i] for i in np.random.default_rng(7).permutation(len(items))]
        answer: Any = {"object": "list", "data": items, "model": body["model"], "usage": {"prompt_tokens": 1}}
        if kind == "truncated":
            answer = json.dumps(answer)[:-20].encode()
        elif kind == "html":
            answer = b"<html>a login page</html>"
        elif kind == "other_json":
            answer = [1, 2, 3]
        return 200, answer, {}

    def _send(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        pass


def _refusal(inputs: list[str], settings: dict[str, Any]) -> str:
    lengths = [len(text.encode()) for text in inputs]
    if not all(inputs):
        return "'$.input' is invalid: an empty string"
    if len(inputs) > settings.get("max_inputs", 2048):
        return f"'$.input' is too long: array of {len(inputs)}"
    if max(lengths) > settings.get("max_text_bytes", max(lengths)):
        return "This model's maximum context length is 8192 tokens, however you requested more. Please reduce it."
    if sum(lengths) > settings.get("max_request_bytes", sum(lengths)):
        return f"Requested {sum(lengths)} tokens, max {settings['max_request_bytes']} tokens per request"
    return ""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def main() -> None:
    Handler.state = State()
    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
