"""Time and memory of `emotopy map` as a corpus grows to a million texts, each size in a process of its own.

    python tests/benchmarks/million.py FOLDER/goemotions [--sizes 125000 250000 500000 1000000] [--form csv|parquet]
        [--configurations pca-kmeans default] [--units 20000] [--out FILE.json]

The corpus is made of GoEmotions train: comments drawn with replacement, each followed by three words drawn from the
vocabulary of all (seeded), so that nearly all texts differ; 28 labels as groups, units drawn at random. Nothing is read
from a cache. Prints wall and processor time, the largest resident size of the process (`ru_maxrss`), the seconds that
each doubling costs a text, and the ratio of the last of these slopes to the one before.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

CONFIGURATIONS = {
    "pca-kmeans": ["--set", "reducer=pca", "--set", "clusterer=kmeans"],
    "default": [],
}
NOISE_WORDS = 3


def make_corpus(folder: Path, path: Path, n_texts: int, n_units: int) -> None:
    """Write a corpus as CSV or Parquet."""
    import pandas as pd

    labels = (folder / "labels.txt").read_text("utf-8").split()
    rows = [line.split("\t") for line in (folder / "train.tsv").read_text("utf-8").splitlines()]
    vocabulary = sorted({word for row in rows for word in row[0].lower().split() if word.isalpha() and word.isascii()})
    rng = np.random.default_rng(0)
    chosen, noise = rng.integers(0, len(rows), n_texts), rng.integers(0, len(vocabulary), (n_texts, NOISE_WORDS))
    units = rng.integers(0, n_units, n_texts)
    frame = pd.DataFrame(
        {
            "text": [
                f"{rows[i][0]} {' '.join([vocabulary[j] for j in more])}" for i, more in zip(chosen, noise, strict=True)
            ],
            "label": [labels[int(rows[i][1].split(",")[0])] for i in chosen],
            "speaker": [f"speaker {unit}" for unit in units],
        }
    )
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)


def measure(corpus: Path, out: Path, options: list[str]) -> dict[str, float]:
    """Map a corpus in a process of its own; return seconds and megabytes."""
    command = [sys.executable, "-m", "emotopy", "map", str(corpus), "--group", "label", "--unit", "speaker"]
    start = time.perf_counter()
    ran = subprocess.Popen([*command, "--out", str(out), "--no-cache", "--quiet", *options], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(ran.pid, 0)
    wall = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"emotopy map failed with {os.waitstatus_to_exitcode(status)}")
    size = used.ru_maxrss * (1 if platform.system() == "Darwin" else 1024)
    return {"wall_s": wall, "processor_s": used.ru_utime + used.ru_stime, "peak_mb": size / 1e6}


def slopes(sizes: list[int], found: list[dict[str, float]], what: str) -> list[float]:
    """Return what each step from one size to the next costs a text, in microseconds."""
    return [
        1e6 * (after[what] - before[what]) / (n - m)
        for m, n, before, after in zip(sizes, sizes[1:], found, found[1:], strict=False)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with train.tsv and labels.txt of GoEmotions")
    parser.add_argument("--sizes", type=int, nargs="+", default=[125_000, 250_000, 500_000, 1_000_000])
    parser.add_argument("--configurations", nargs="+", choices=CONFIGURATIONS, default=list(CONFIGURATIONS))
    parser.add_argument("--form", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--units", type=int, default=20_000)
    parser.add_argument("--out", type=Path, help="all figures as JSON")
    options = parser.parse_args()
    threads = os.environ.get("OMP_NUM_THREADS", "not set")
    print(f"{os.cpu_count()} cores, OMP_NUM_THREADS {threads}, Python {platform.python_version()}, {options.form}")
    everything: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in options.configurations:
            found = everything[name] = []
            print(f"\n{name}\n{'texts':>10} {'wall s':>8} {'proc. s':>8} {'peak MB':>8}")
            for n in options.sizes:
                corpus = Path(folder) / f"{n}.{options.form}"
                if not corpus.exists():
                    make_corpus(options.folder, corpus, n, options.units)
                found.append({"n_texts": n, **measure(corpus, Path(folder) / f"{name}-{n}", CONFIGURATIONS[name])})
                one = found[-1]
                print(f"{n:>10,} {one['wall_s']:>8.1f} {one['processor_s']:>8.1f} {one['peak_mb']:>8.0f}", flush=True)
            for what, unit in (("wall_s", "s a million"), ("processor_s", "s a million"), ("peak_mb", "B a text")):
                steps = slopes(options.sizes, found, what)
                ratio = f", last ÷ the one before {steps[-1] / steps[-2]:.2f}" if len(steps) > 1 else ""
                print(f"  {what} of each step, {unit}: {', '.join(f'{step:.0f}' for step in steps)}{ratio}")
    if options.out is not None:
        options.out.write_text(json.dumps(everything, indent=2) + "\n", "utf-8")
    print(f"\nlargest process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
