"""A server that speaks OpenAI's chat protocol over real HTTP, with faults to switch on; a process of its own.

    python chat_server.py          prints its port, serves on 127.0.0.1 until standard input closes

POST /v1/chat/completions is the protocol. POST /control with `{"settings": {...}, "faults": [...]}` forgets everything
and starts anew; GET /control returns what has been asked. Settings:

    refuse        forms of answer that get HTTP 400: "json_schema", "json_object", "text"
    drift         added to every rating of the n-th request, n times
    hold_after    answer so many requests, keep all later ones waiting until the next reset

Each request takes the next fault, if any is left: `{"status": 429, "headers": {...}, "body": {...}}`; `{"echo": 401}`
(an error that repeats the Authorization header); `{"drop": true}` (hang up); `{"raw": TEXT}` (a body that is no
completion); or `{"answer": KIND}` with KIND one of the names in `SPOILT`. An empty fault is a good answer.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE_S = 120.0


def rating_of(segment: str, emotion: str) -> float:
    """Return the rating, with two decimals, that this server has for a segment."""
    return hashlib.sha256(f"{segment}\0{emotion}".encode()).digest()[0] % 91 / 100


SPOILT: dict[str, Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]] = {
    "prose": lambda found: ("I feel that this passage is rather joyful.", {}),
    "wrong_keys": lambda found: (json.dumps({"happiness": 0.5}), {}),
    "above": lambda found: (json.dumps({**found, next(iter(found)): 7}), {}),
    "below": lambda found: (json.dumps({**found, next(iter(found)): -0.1}), {}),
    "nan": lambda found: (json.dumps({**found, next(iter(found)): float("nan")}), {}),
    "words": lambda found: (json.dumps({**found, next(iter(found)): "high"}), {}),
    "half": lambda found: (json.dumps(found)[:-6], {}),
    "empty": lambda found: ("", {}),
    "cut": lambda found: (json.dumps(found)[:-6], {"finish_reason": "length"}),
    "filtered": lambda found: (json.dumps(found), {"finish_reason": "content_filter"}),
    "refusal": lambda found: (None, {"refusal": "I can't help with that."}),
    "fenced": lambda found: (
        "<think>{hm}</think>Here you are:\n```json\n" + json.dumps(found, indent=1) + "\n```",
        {},
    ),
    "capitals": lambda found: (json.dumps({"note": "x", **{key.upper(): value for key, value in found.items()}}), {}),
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
            self.n_answered = 0
            self.epoch += 1
            self.changed.notify_all()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    state: State

    def do_GET(self) -> None:
        with self.state.changed:
            report = {"requests": self.state.requests}
        self._send(200, report)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/control":
            self.state.reset(body.get("settings", {}), body.get("faults", []))
            self._send(200, {})
        elif self.path == "/v1/chat/completions":
            self._chat(body)
        else:
            self._send(404, {"error": {"message": f"no such path: {self.path}"}})

    def _chat(self, body: dict[str, Any]) -> None:
        state = self.state
        with state.changed:
            epoch, settings = state.epoch, state.settings
            number = len(state.requests)
            form = body.get("response_format", {"type": "text"})["type"]
            state.requests.append({**body, "form": form, "authorization": self.headers.get("Authorization")})
            state.changed.notify_all()
            if "hold_after" in settings:
                state.changed.wait_for(
                    lambda: state.epoch != epoch or state.n_answered < settings["hold_after"], PATIENCE_S
                )
            if state.epoch != epoch:
                self.close_connection = True
                return
            state.n_answered += 1
            refused = form in settings.get("refuse", [])
            fault = state.faults.pop(0) if state.faults and not refused else {}
        if fault.get("drop"):
            self.close_connection = True
            return
        if refused:
            status, answer, headers = 400, {"error": {"message": f"response_format {form} is not supported"}}, {}
        else:
            status, answer, headers = self._answer(body, fault, settings.get("drift", 0) * number)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._send(status, answer, {"x-request-id": f"req-{number}", **headers})

    def _answer(self, body: dict[str, Any], fault: dict[str, Any], drift: float) -> tuple[int, Any, dict[str, str]]:
        if "status" in fault:
            return fault["status"], fault.get("body", {"error": {"message": "fault"}}), fault.get("headers", {})
        if "echo" in fault:
            return fault["echo"], {"error": {"message": f"Incorrect key: {self.headers['Authorization']}"}}, {}
        if "raw" in fault:
            return 200, fault["raw"].encode(), {}
        system, user = (message["content"] for message in body["messages"])
        keys = json.loads("[" + system.partition("keys are exactly ")[2].partition(" and whose")[0] + "]")
        segment = json.loads(user)["segment"]
        found: dict[str, Any] = {key: round(rating_of(segment, key) + drift, 6) for key in keys}
        text, more = SPOILT[fault["answer"]](found) if "answer" in fault else (json.dumps(found), {})
        message = {"role": "assistant", "content": text, "refusal": more.get("refusal")}
        choice = {"index": 0, "message": message, "finish_reason": more.get("finish_reason", "stop")}
        return 200, {"object": "chat.completion", "model": body["model"], "choices": [choice]}, {}

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
