"""How long `emotopy plugins` takes with fifty plugin distributions installed, beside none.

    python tests/benchmarks/fifty_plugins.py [--runs 15]

Distributions are dist-info folders with a module each, on the path of a process of its own. Runs with and without them
take turns, and the median of processor time and of wall time is printed, so that a busy machine matters less.
"""

from __future__ import annotations

import argparse
import compileall
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

N = 50
SOURCE = """
from __future__ import annotations

from emotopy import hookimpl


class Lengths{i}:
    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale

    def embed(self, texts):
        import numpy as np

        return np.array([[self.scale * len(text)] for text in texts], dtype=np.float32)


@hookimpl
def register_embedders():
    return {{"lengths-{i}": Lengths{i}}}
"""


def install(folder: Path, n: int = N) -> None:
    """Write `n` distributions, an embedder each, into a folder for PYTHONPATH."""
    for i in range(n):
        (folder / f"fifty_{i}.py").write_text(SOURCE.format(i=i), "utf-8")
        info = folder / f"fifty_{i}-1.{i}.dist-info"
        info.mkdir()
        metadata = (
            f"Metadata-Version: 2.1\nName: fifty-{i}\nVersion: 1.{i}\nSummary: One of fifty.\n\n" + "Words. " * 200
        )
        (info / "METADATA").write_text(metadata, "utf-8")
        (info / "entry_points.txt").write_text(f"[emotopy]\nit = fifty_{i}\n", "utf-8")
    compileall.compile_dir(folder, quiet=2)  # as pip does


def list_plugins(folder: Path | None) -> tuple[float, float, str]:
    """Run `emotopy plugins`; return wall seconds, processor seconds and what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(folder or "")}
    used, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ran = subprocess.run(
        [sys.executable, "-m", "emotopy", "plugins"], env=environment, capture_output=True, text=True, check=True
    )
    wall, now = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime, ran.stdout


def main() -> None:
    """Print the medians and their difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    n_runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        install(folder)
        assert list_plugins(folder)[2].count("lengths-") == N
        list_plugins(None)
        figures: dict[str, list[tuple[float, float]]] = {"none": [], "fifty": []}
        for _ in range(n_runs):
            figures["none"].append(list_plugins(None)[:2])
            figures["fifty"].append(list_plugins(folder)[:2])
    medians = {key: [statistics.median(column) for column in zip(*rows, strict=True)] for key, rows in figures.items()}
    for key, (wall, processor) in medians.items():
        print(f"{key:>5}: {wall:.3f} s wall, {processor:.3f} s processor, median of {n_runs}")
    more = [b - a for a, b in zip(medians["none"], medians["fifty"], strict=True)]
    print(f" more: {more[0]:.3f} s wall, {more[1]:.3f} s processor (wanted: at most 0.2)")


if __name__ == "__main__":
    main()
