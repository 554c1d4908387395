"""Time and memory of `emotopy map` as a corpus grows to a million texts, each size in a process of its own.

    python tests/benchmarks/million.py FOLDER/goemotions [--sizes 125000 250000 500000 1000000] [--form csv|parquet]
        [--configurations pca-kmeans default] [--units 20000]

The corpus is made of GoEmotions train: comments drawn with replacement, each followed by three words drawn from the
vocabulary of all (seeded), so that nearly all texts differ; 28 labels as groups, units drawn at random. Nothing is read
from a cache. Prints wall and processor time, the largest resident size of the process (`ru_maxrss`), what a further
text costs between two sizes, and the ratio of this slope to the one before.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from bench_table import Column, Settings, Table

CONFIGURATIONS = {
    "pca-kmeans": ["--set", "reducer=pca", "--set", "clusterer=kmeans"],
    "default": [],
}
NOISE_WORDS = 3
SIZES = [125_000, 250_000, 500_000, 1_000_000]
STEPS = (("wall_s", "wall_us", 1e6), ("peak_mb", "peak_bytes", 1e6))
NAMES = ("million",)


def make_corpus(folder: Path, path: Path, n_texts: int, n_units: int) -> None:
    """Write a corpus as CSV or Parquet."""
    import pandas as pd

    labels = (folder / "labels.txt").read_text("utf-8").split()
    rows = [line.split("\t") for line in (folder / "train.tsv").read_text("utf-8").rstrip("\n").split("\n")]
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


def measured(
    folder: Path, names: list[str], sizes: list[int], *, n_units: int, form: str = "csv", more: list[str] | None = None
) -> list[dict[str, float | str]]:
    """Return a row per configuration and size; from the second size on with what a further text costs."""
    rows: list[dict[str, float | str]] = []
    with tempfile.TemporaryDirectory() as place:
        for name in names:
            found: list[dict[str, float]] = []
            for n in sizes:
                corpus = Path(place) / f"{n}.{form}"
                if not corpus.exists():
                    make_corpus(folder, corpus, n, n_units)
                one = measure(corpus, Path(place) / f"{name}-{n}", [*CONFIGURATIONS[name], *(more or [])])
                if found:
                    step = n - sizes[len(found) - 1]
                    for what, key, scale in STEPS:
                        one[key] = scale * (one[what] - found[-1][what]) / step
                if len(found) > 1:
                    one["slope_ratio"] = one["wall_us"] / found[-1]["wall_us"]
                found.append(one)
                rows.append({"configuration": name, "n_texts": n, **one})
                print(", ".join(f"{key} {value:,.4g}" if key != "configuration" else str(value)
                                for key, value in rows[-1].items()), file=sys.stderr, flush=True)  # fmt: skip
    return rows


def tables(settings: Settings) -> list[Table]:
    """Return time and memory by size."""
    folder = settings.data / "goemotions"
    if not settings.wants("million") or not (folder / "train.tsv").is_file():
        return []
    names, sizes, more = list(CONFIGURATIONS), SIZES, []
    if settings.quick:
        names, sizes, more = ["pca-kmeans"], [2_000, 4_000, 8_000], ["--set", "fit_texts=1000"]
    return [table_of(measured(folder, names, sizes, n_units=20_000, more=more))]


def table_of(rows: list[dict[str, float | str]]) -> Table:
    """Return the table of figures."""
    threads = os.environ.get("OMP_NUM_THREADS", "not set")
    return Table(
        name="million",
        title="`emotopy map` up to a million texts",
        command="python tests/benchmarks/bench.py --only million",
        columns=[
            Column("configuration", "configuration"),
            Column("n_texts", "texts", digits=7),
            Column("wall_s", "wall clock", "s"),
            Column("processor_s", "processor", "s"),
            Column("peak_mb", "peak memory", "MB"),
            Column("wall_us", "a further text", "µs"),
            Column("slope_ratio", "this slope over the one before"),
            Column("peak_bytes", "memory a further text", "B"),
        ],
        rows=rows,
        note="GoEmotions comments with three drawn words each, 20,000 units, 28 labels as groups; CSV; each size once, "
        f"in a process of its own without a cache; OMP_NUM_THREADS {threads}. `fit_texts` is its default, so that all "
        "sizes are fitted to about 100,000 texts.",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with train.tsv and labels.txt of GoEmotions")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--configurations", nargs="+", choices=CONFIGURATIONS, default=list(CONFIGURATIONS))
    parser.add_argument("--form", choices=("csv", "parquet"), default="csv")
    parser.add_argument("--units", type=int, default=20_000)
    options = parser.parse_args()
    found = measured(options.folder, options.configurations, options.sizes, n_units=options.units, form=options.form)
    print(table_of(found).to_markdown())


if __name__ == "__main__":
    main()
