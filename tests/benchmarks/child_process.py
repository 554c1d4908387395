"""What `Host(isolate=True)` costs, and how soon its child is gone after a cancellation.

    python -m tests.benchmarks.child_process [--n N]

When the cancellation comes, a call of a compiled library is under way (PBKDF2, for minutes), which heeds no signal.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

import emotopy
from emotopy.errors import Cancelled
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.testing import doubles

TEXTS = [f"number {i} is a text" for i in range(40)]
CONFIG = {**doubles.CHOICES, "interval": {"n": 100}}


class Compiled(doubles.HashingEmbedder):
    """An embedder that notes its process and then works in a compiled library for minutes."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    def embed(self, texts):
        self.file.write_text(str(os.getpid()))
        hashlib.pbkdf2_hmac("sha256", b"a", b"b", 2**31 - 1)
        return super().embed(texts)


def mapped(host: Host, **stages: object) -> None:
    """Map forty texts by stages that take no time."""
    emotopy.map_texts(TEXTS, config={**CONFIG, **stages}, registry=Registry([doubles]), host=host)


def is_alive(pid: int) -> bool:
    """Whether the process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def cancelled(folder: Path, number: int) -> float:
    """Return the seconds from a cancellation to the return of the call, when the child is gone."""
    file, flag, begun = folder / f"pid{number}", threading.Event(), []

    def cancel() -> None:
        while not (file.exists() and file.read_text()):
            time.sleep(0.01)
        time.sleep(0.3)
        begun.append(time.monotonic())
        flag.set()

    threading.Thread(target=cancel).start()
    try:
        mapped(Host(isolate=True, cancel=flag), embedder=Compiled(file))
    except Cancelled:
        took = time.monotonic() - begun[0]
    assert not is_alive(int(file.read_text()))
    return took


def main() -> None:
    """Print the figures."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--n", type=int, default=20)
    n = asked.parse_args().n
    mapped(Host())
    took = {}
    for label, host in (("here", Host()), ("in a child", Host(isolate=True))):
        times = []
        for _ in range(5):
            began = time.monotonic()
            mapped(host)
            times.append(time.monotonic() - began)
        took[label] = statistics.median(times)
    print(f"40 texts, stages that take no time: {took['here']:.2f} s here, {took['in a child']:.2f} s in a child")
    with tempfile.TemporaryDirectory() as folder:
        ends = sorted(cancelled(Path(folder), number) for number in range(n))
    print(f"{n} cancellations: gone after {statistics.median(ends):.2f} s (median), {ends[-1]:.2f} s at most")


if __name__ == "__main__":
    from tests.benchmarks.child_process import main as importable

    importable()  # classes of the main script can't be sent to a child
