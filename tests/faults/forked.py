"""Calls that each run in a process of their own, forked from one that has loaded the libraries; what each took."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
LONGEST_S = 60
"""A call that takes longer is ended."""


class Forked:
    """Calls `module:function` with keywords; `prepare` is called once, before."""

    def __init__(self, function: str, *, prepare: str = "", env: dict[str, str] | None = None) -> None:
        self._running = subprocess.Popen(
            [sys.executable, "-c", "from tests.faults import forked; forked.serve()", function, prepare],
            cwd=ROOT,
            env={**(env or os.environ), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.communicate(timeout=LONGEST_S)

    def call(self, **keywords: Any) -> tuple[dict[str, Any], float]:
        """Return what the function returns, and the most memory that its process had, in MB."""
        assert self._running.stdin
        assert self._running.stdout
        print(json.dumps(keywords), file=self._running.stdin, flush=True)
        while not (line := self._running.stdout.readline()).startswith("{"):
            if not line:
                raise RuntimeError("the process that forks has ended")
        answer = json.loads(line)
        return answer["returned"], answer["peak_mb"]


def serve() -> None:
    """Answer calls, a line of JSON each."""
    function, prepare = (_named(name) if name else None for name in sys.argv[1:3])
    if prepare:
        prepare()
    import openai  # noqa: F401 (loaded here, and not in each of the calls)

    for line in sys.stdin:
        print(json.dumps(_answer(function, json.loads(line))), flush=True)


def _answer(function: Any, keywords: dict[str, Any]) -> dict[str, Any]:
    readable, writable = os.pipe()
    begun = time.monotonic()
    child = os.fork()
    if not child:
        import signal

        signal.alarm(LONGEST_S)
        os.close(readable)
        code = 1
        try:
            with os.fdopen(writable, "w") as told:
                told.write(json.dumps(function(**keywords)))
            code = 0
        finally:
            os._exit(code)
    os.close(writable)
    with os.fdopen(readable) as told:
        said = told.read()
    _, status, used = os.wait4(child, 0)
    seconds = time.monotonic() - begun
    unknown = {"kind": "foreign", "said": f"ended with {status}", "seconds": seconds, "code": status, "err": ""}
    return {"returned": json.loads(said) if said and not status else unknown, "peak_mb": used.ru_maxrss / 1024}


def _named(name: str) -> Any:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(module), function)
