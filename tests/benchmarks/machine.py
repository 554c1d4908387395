"""What the figures were measured on: the machine, its versions, and the rate of its matrix products.

    python tests/benchmarks/machine.py [--quick]

Shares of "this machine's measured GEMM rate" are shares of `gemm_rate`, measured in the same run with the same threads.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import statistics
import subprocess
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from bench_table import Column, Settings, Table
from threadpoolctl import threadpool_info, threadpool_limits

NAMES = ("machine",)
PACKAGES = ("emotopy", "numpy", "scipy", "scikit-learn", "pandas", "pyarrow", "hdbscan", "umap-learn", "nilearn")


def gemm_rate(dtype: str = "float64", threads: int = 1, *, size: int = 1024, repeats: int = 5) -> float:
    """Return the rate of `size`³ matrix products in 10⁹ operations a second (a multiplication and an addition are 2).

    The best of `repeats`, each of products for a fifth of a second or more: what the machine can do, not what it does
    on average.
    """
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((size, size)).astype(dtype) for _ in range(2))
    out = np.empty((size, size), dtype=dtype)
    rates = []
    with threadpool_limits(limits=threads):
        np.matmul(a, b, out=out)
        for _ in range(repeats):
            begun, n = time.perf_counter(), 0
            while (taken := time.perf_counter() - begun) < 0.2:
                np.matmul(a, b, out=out)
                n += 1
            rates.append(2 * size**3 * n / taken / 1e9)
    return max(rates)


def described() -> dict[str, Any]:
    """Return the machine and the versions, by what they are called."""
    commit = _output("git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty")
    pools = {f"{pool['internal_api']} {pool.get('version') or ''}".strip() for pool in threadpool_info()}
    found: dict[str, Any] = {
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "commit": commit or "unknown",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory, GB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "native libraries": ", ".join(sorted(pools)),
    }
    if hasattr(os, "getloadavg"):
        found["load at the beginning"] = round(os.getloadavg()[0], 2)
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def one_line(found: dict[str, Any]) -> str:
    """Return the machine in a line, as it stands under every table."""
    return (
        f"{found['date']}, {found['commit']}, {found['cores']} cores ({found['processor']}), Python {found['Python']}"
    )


def tables(settings: Settings) -> list[Table]:
    """Return the machine, its versions, and its GEMM rates."""
    if not settings.wants("machine"):
        return []
    rows = [{"what": name, "value": str(value)} for name, value in described().items()]
    size = 256 if settings.quick else 1024
    for threads in settings.threads:
        for dtype in ("float64", "float32"):
            rate = statistics.median(gemm_rate(dtype, threads, size=size) for _ in range(1 if settings.quick else 3))
            rows.append({"what": f"GEMM, {dtype}, {threads} threads", "value": f"{rate:.1f} GFLOP/s"})
    return [
        Table(
            "machine",
            "The machine",
            "python tests/benchmarks/machine.py",
            (Column("what", "What"), Column("value", "Value")),
            rows,
        )
    ]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _output(*words: str) -> str:
    try:
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    for table in tables(Settings(quick=parser.parse_args().quick)):
        print(table.to_markdown())


if __name__ == "__main__":
    main()
