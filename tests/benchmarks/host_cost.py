"""What a guarded call of a stage costs, without and with the fence, and beside it an empty call of a host's verb.

    python -m tests.benchmarks.host_cost

Prints microseconds per call, the median of 7 runs of 20,000 calls.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable

from emotopy.config import build
from emotopy.host import Host, calling
from emotopy.registry import Registry
from emotopy.running.stages import StageRunner
from emotopy.storage.cache import StageCache
from emotopy.testing import doubles

N, RUNS = 20_000, 7


class Nothing(doubles.HashingEmbedder):
    """An embedder whose work takes no time."""

    def embed(self, texts):
        return texts


def microseconds(call: Callable[[], object]) -> float:
    """Return the median time of a call."""
    found = []
    for _ in range(RUNS):
        began = time.perf_counter()
        for _ in range(N):
            call()
        found.append((time.perf_counter() - began) / N * 1e6)
    return statistics.median(found)


def main() -> None:
    """Print the figures."""
    stage, texts = Nothing(), ["a"]
    print(f"{'the method itself':42}{microseconds(lambda: stage.embed(texts)):8.2f} µs")
    for label, fence in (("guarded, in a host's process", False), ("guarded, behind the fence", True)):
        registry = Registry([doubles], fence=fence)
        runner = StageRunner(build(doubles.CHOICES, {"embedder": stage}), registry, StageCache(), {}, Host())
        made = runner.make("embedder")
        print(f"{label:42}{microseconds(lambda made=made: made.call('embed', texts, copy=False)):8.2f} µs")
    for label, host in (
        ("a call of a host, nothing in it", Host()),
        ("the same with cancel and deadline_s", Host(cancel=threading.Event(), deadline_s=60.0)),
    ):

        def empty(host: Host = host) -> None:
            with calling(host):
                pass

        print(f"{label:42}{microseconds(empty):8.2f} µs")


if __name__ == "__main__":
    main()
