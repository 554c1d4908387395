"""A chat server in a process of its own, and the test's hand on it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from emotopy.roles import Annotator

SERVER = Path(__file__).with_name("chat_server.py")
KEY = "hunter2-correct-horse-battery"


@attrs.frozen
class ChatServer:
    """The test's hand on the server."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def reset(self, *faults: dict[str, Any], **settings: Any) -> None:
        body = json.dumps({"settings": settings, "faults": faults}).encode()
        urllib.request.urlopen(f"http://127.0.0.1:{self.port}/control", data=body).close()

    @property
    def requests(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/control") as answer:
            return json.load(answer)["requests"]

    @property
    def sent(self) -> list[dict[str, Any]]:
        """What was sent about each segment."""
        return [json.loads(request["messages"][1]["content"]) for request in self.requests]

    def wait_until_asked(self, n_requests: int) -> None:
        deadline = time.monotonic() + 120
        while len(self.requests) < n_requests:
            assert time.monotonic() < deadline, f"{len(self.requests)} of {n_requests} requests came"
            time.sleep(0.02)


@pytest.fixture(scope="module")
def chat_process() -> Iterator[ChatServer]:
    with subprocess.Popen(
        [sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        yield ChatServer(int(running.stdout.readline()))
        running.communicate()  # closes its standard input, which ends it


@pytest.fixture
def server(chat_process: ChatServer, monkeypatch: pytest.MonkeyPatch) -> ChatServer:
    for name in ("OPENAI_BASE_URL", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    chat_process.reset()
    return chat_process


@pytest.fixture
def make(server: ChatServer) -> Callable[..., Annotator]:
    from emotopy_plugins.annotators.llm import LlmAnnotator

    # Tests count requests, and one that times out is sent again: a machine that stands still mustn't add any.
    def make(**options: Any) -> Annotator:
        quick = {"base_url": server.url, "first_wait_s": 0.001, "max_wait_s": 2.0, "timeout_s": 600.0}
        return LlmAnnotator(**{**quick, **options})

    return make
