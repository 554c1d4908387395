"""The FastAPI example under load: requests a second, latencies, errors, memory.

    python tests/benchmarks/service_load.py [--connections 20] [--seconds 30] [--requests 5000]

Fits the default preset to the sample's diaries, saves it, and starts `docs/examples/embed/service.py` under uvicorn on
loopback, one process. Connections stay open; each sends its next request when the answer to the last is there, one text
of the diaries with a number of its own, so that no request repeats another. First for so many seconds, then in a fresh
process until so many requests are answered: the service's resident memory after a tenth of them and at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from bench_table import Column, Settings, Table

NAMES = ("service",)
EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples" / "embed"
LARGEST_ANSWER = 1_000_000
LONGEST_S = 600
CRLF = "\r\n"


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def diaries() -> list[str]:
    """Return the texts of the sample that ships."""
    import pandas as pd

    from emotopy.datasets.sample import diaries_path

    return pd.read_csv(diaries_path())["text"].tolist()


def save_model(folder: Path) -> Path:
    """Fit the default preset to the sample's diaries and save it."""
    import emotopy

    emotopy.TextPathway.from_config({}).fit(diaries()).save(folder / "model")
    return folder / "model"


@contextmanager
def service(model: Path) -> Iterator[tuple[int, int]]:
    """Run the service; yield its port and process id."""
    port = free_port()
    words = [sys.executable, "-m", "uvicorn", "service:app", "--port", str(port), "--log-level", "warning"]
    running = subprocess.Popen(words, cwd=EXAMPLES, env={**os.environ, "EMOTOPY_MODEL": str(model)})
    try:
        for _ in range(LONGEST_S * 10):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if running.poll() is not None:
                raise SystemExit(f"the service ended with {running.returncode}")
            time.sleep(0.1)
        yield port, running.pid
    finally:
        running.terminate()
        running.wait(10)


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    raise ValueError("no VmRSS in the status of the process")


async def client(port: int, texts: Iterator[str], until: float, taken: list[float], errors: list[str]) -> None:
    """Send texts over one connection, one after the other, until the time or the texts are over."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for text in texts:
            if time.perf_counter() > until:
                break
            body = json.dumps({"texts": [text]}).encode()
            head = ["POST /regions HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
            head += [f"Content-Length: {len(body)}", "", ""]
            begun = time.perf_counter()
            writer.write(CRLF.join(head).encode() + body)
            answer = (await reader.readuntil(2 * CRLF.encode())).decode("latin-1").lower()
            n_bytes = int(answer.split("content-length:")[1].split(CRLF)[0])
            if n_bytes > LARGEST_ANSWER:
                raise SystemExit(f"an answer of {n_bytes:,} bytes")
            content = await reader.readexactly(n_bytes)
            taken.append(time.perf_counter() - begun)
            if not answer.startswith("http/1.1 200") or len(json.loads(content)) != 1:
                errors.append(answer.split(CRLF)[0])
    finally:
        writer.close()


async def send(port: int, texts: Iterator[str], *, connections: int, seconds: float) -> tuple[list[float], list[str]]:
    """Send texts over several connections; return the seconds of each answer, and the errors."""
    taken: list[float] = []
    errors: list[str] = []
    until = time.perf_counter() + seconds
    await asyncio.gather(*(client(port, texts, until, taken, errors) for _ in range(connections)))
    return taken, errors


def numbered(first: int, most: int | None = None) -> Iterator[str]:
    """Yield texts, no two alike; of two calls neither, where their numbers don't overlap."""
    texts = diaries()
    number = first
    while most is None or number < first + most:
        yield f"{texts[number % len(texts)]} It was day {number}."
        number += 1


def measured(*, connections: int, seconds: float, n_requests: int) -> list[dict[str, float]]:
    """Return the row of figures."""
    with tempfile.TemporaryDirectory() as place:
        model = save_model(Path(place))
        with service(model) as (port, _):
            asyncio.run(send(port, numbered(0, 50), connections=connections, seconds=LONGEST_S))  # libraries are loaded
            begun = time.perf_counter()
            taken, errors = asyncio.run(send(port, numbered(50), connections=connections, seconds=seconds))
            wall = time.perf_counter() - begun
        with service(model) as (port, pid):
            some = n_requests // 10
            asyncio.run(send(port, numbered(0, some), connections=connections, seconds=LONGEST_S))
            early = resident_mb(pid)
            rest = numbered(some, n_requests - some)
            more, more_errors = asyncio.run(send(port, rest, connections=connections, seconds=LONGEST_S))
            late = resident_mb(pid)
    milliseconds = np.array(taken) * 1000
    return [
        {
            "connections": connections,
            "per_s": len(taken) / wall,
            "median_ms": float(np.median(milliseconds)),
            "high_ms": float(np.quantile(milliseconds, 0.99)),
            "n": len(taken) + len(more) + some,
            "errors": len(errors) + len(more_errors),
            "early_mb": early,
            "late_mb": late,
        }
    ]


def tables(settings: Settings) -> list[Table]:
    """Return what the service does under load."""
    if not settings.wants("service"):
        return []
    seconds, n_requests = (2, 100) if settings.quick else (30, 5000)
    return [table_of(measured(connections=20, seconds=seconds, n_requests=n_requests))]


def table_of(rows: list[dict[str, float]]) -> Table:
    """Return the table of figures."""
    return Table(
        name="service",
        title="The FastAPI example under load",
        command="python tests/benchmarks/bench.py --only service",
        columns=[
            Column("connections", "connections"),
            Column("per_s", "requests", "1/s"),
            Column("median_ms", "median", "ms"),
            Column("high_ms", "99 %", "ms"),
            Column("n", "requests in all", digits=6),
            Column("errors", "errors"),
            Column("early_mb", "memory after a tenth", "MB"),
            Column("late_mb", "memory at the end", "MB"),
        ],
        rows=rows,
        note="One text per request, all different; uvicorn with one process; the client runs on the same machine.",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--requests", type=int, default=5000)
    options = parser.parse_args()
    rows = measured(connections=options.connections, seconds=options.seconds, n_requests=options.requests)
    print(table_of(rows).to_markdown())


if __name__ == "__main__":
    main()
