"""Graph metrics, cleaning, windows and edges.csv of a decoding beside an earlier build; and the whole process.

    OMP_NUM_THREADS=1 python tests/benchmarks/graph_speed.py --before FOLDER [--subjects 26] [--regions 400]
        [--surrogates 10] [--emotions 4] [--repeats 5] [--whole]

`--before` is a checkout with its `.venv`; without it today's build stands alone. Steps are timed inside processes of
their own, after a call that imports what they need, in turn (before, now, before, now …), by processor time. Graphs are
made of noise patterns: means over subjects of windowed correlations, multiplied by smooth courses that know nothing of
them. `--whole` times `emotopy decode` of a simulated study, cold, from start to end, with 200 surrogates.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bench_table import Column, Settings, Table
from processes import in_turn, measure, median, python_of, ratio
from workloads import decode_study

NAMES = ("decode-steps", "decode-400")
TR_S, N_VOLUMES = 2.0, 362
COMMAND = "OMP_NUM_THREADS=1 python tests/benchmarks/graph_speed.py --before FOLDER"


# The steps, run by either build ---------------------------------------------------------------------------------------


def works(options: argparse.Namespace) -> dict[str, Callable[[], object]]:
    """Return the steps of one build, ready to run, by name."""
    from emotopy.inference.explanation import EdgePatterns, edges_table
    from emotopy.inference.graphs import graph_table
    from emotopy.simulate import simulate_noise
    from emotopy.storage.csv_safe import csv_text
    from emotopy_plugins.connectivity.sliding_window import SlidingWindow

    measure_ = SlidingWindow()
    series = [
        one.values
        for one in simulate_noise(n_subjects=options.subjects, n_regions=options.regions, n_volumes=N_VOLUMES)
    ]
    cleaned = [measure_.clean(one, TR_S) for one in series]
    mean = np.mean([measure_.features(one, TR_S) for one in cleaned[:3]], axis=0, dtype=np.float64)
    rng = np.random.default_rng(0)
    courses = np.cumsum(rng.standard_normal((len(mean), options.surrogates + 1, options.emotions)), axis=0)
    patterns = np.tensordot(courses - courses.mean(axis=0), mean - mean.mean(axis=0), axes=(0, 0))
    names = [tuple(f"{kind}_{i}" for i in range(n)) for kind, n in (("e", options.emotions), ("r", options.regions))]
    observed = EdgePatterns(*names, patterns[0], np.sign(patterns[0]))
    table = edges_table(observed)
    return {
        "graph metrics": lambda: graph_table(observed, patterns[1:]),
        "cleaning": lambda: [measure_.clean(one, TR_S) for one in series],
        "windows": lambda: [measure_.features(one, TR_S) for one in cleaned],
        "edges.csv": lambda: csv_text(table),
    }


def run_steps(options: argparse.Namespace) -> dict[str, float]:
    """Return the processor seconds of each step in this process; each runs once before."""
    found = {}
    for name, work in works(options).items():
        work()
        begun = time.process_time()
        work()
        found[name] = time.process_time() - begun
    return found


# Both builds in turn --------------------------------------------------------------------------------------------------


def steps(options: argparse.Namespace, threads: int) -> list[dict[str, Any]]:
    """Return a row per step: seconds of today's build and of the earlier one, and the ratio."""
    builds = {"now": None, **({"before": options.before} if options.before else {})}
    sizes = [f"--{name}={getattr(options, name)}" for name in ("subjects", "regions", "surrogates", "emotions")]
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in builds}
    for _ in range(options.repeats):
        for name, checkout in builds.items():
            used = measure([python_of(checkout), __file__, "--steps", *sizes], threads=threads)
            runs[name].append(json.loads(used.out))
    found = []
    for step in runs["now"][0]:
        row: dict[str, Any] = {"step": step, "threads": threads}
        row |= {name: float(np.median([one[step] for one in taken])) for name, taken in runs.items()}
        if options.before:
            pairs = zip(runs["now"], runs["before"], strict=True)
            row["ratio"] = float(np.median([one[step] / other[step] for one, other in pairs]))
        found.append(row)
    return found


def whole(options: argparse.Namespace, threads: int, folder: Path) -> list[dict[str, Any]]:
    """Return a row per build of the whole process."""
    work = decode_study(folder, options.subjects, options.regions, n_surrogates=19 if options.quick else 200)
    builds = {"before": options.before, "now": None} if options.before else {"now": None}
    commands = {name: [python_of(one), "-m", "emotopy", *work.words] for name, one in builds.items()}
    taken = in_turn(commands, repeats=options.repeats, threads=threads, warm_up=False)
    rows = []
    for name, runs in taken.items():
        used = median(runs)
        row = {"build": name, "threads": threads, "wall": used.wall_s, "cpu": used.cpu_s, "peak": used.peak_mb}
        if options.before and name == "now":
            shares = ratio(runs, taken["before"])
            row |= {"wall_ratio": shares.wall_s, "cpu_ratio": shares.cpu_s}
        rows.append(row)
    return rows


def tables(settings: Settings) -> list[Table]:
    """Return the steps and the whole process of a decoding with many regions."""
    words = ["--subjects", "3", "--regions", "30", "--surrogates", "2", "--quick"] if settings.quick else []
    options = arguments([*words, "--repeats", str(settings.repeats)])
    options.before = settings.before
    size = f"{options.subjects} subjects, {options.regions} regions, {N_VOLUMES} volumes"
    found = []
    if settings.wants("decode-steps"):
        rows = [row for threads in settings.threads for row in steps(options, threads)]
        note = (
            f"{size}; graphs of {options.surrogates + 1} × {options.emotions} patterns, of "
            "noise. Processor time inside a running process; the ratio is the median over rounds."
        )
        found.append(Table("decode-steps", "Steps of a decoding, beside the build before", COMMAND, STEPS, rows, note))
    if settings.wants("decode-400"):
        with tempfile.TemporaryDirectory() as place:
            rows = [row for threads in settings.threads for row in whole(options, threads, Path(place))]
        note = f"{size}, 3 emotions, 200 surrogates, the recommended preset; cold processes, no cache."
        title = "Decoding of many regions, the whole process"
        found.append(Table("decode-400", title, f"{COMMAND} --whole", WHOLE, rows, note))
    return found


STEPS = (
    Column("step", "Step"),
    Column("threads", "threads"),
    Column("before", "before", "s"),
    Column("now", "now", "s"),
    Column("ratio", "now / before", "", 2),
)
WHOLE = (
    Column("build", "Build"),
    Column("threads", "threads"),
    Column("wall", "wall clock", "s"),
    Column("cpu", "processor", "s"),
    Column("peak", "peak", "MB"),
    Column("wall_ratio", "wall, of before", "", 2),
    Column("cpu_ratio", "processor, of before", "", 2),
)


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="a checkout of the build to compare with")
    parser.add_argument("--subjects", type=int, default=26)
    parser.add_argument("--regions", type=int, default=400)
    parser.add_argument("--surrogates", type=int, default=10)
    parser.add_argument("--emotions", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--whole", action="store_true", help="the whole process instead of its steps")
    parser.add_argument("--quick", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--steps", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(words)


def main() -> None:
    options = arguments()
    if options.steps:
        json.dump(run_steps(options), sys.stdout)
        return
    if options.whole:
        with tempfile.TemporaryDirectory() as place:
            table = Table("decode-400", "The whole process", COMMAND, WHOLE, whole(options, 1, Path(place)))
    else:
        table = Table("decode-steps", "Steps of a decoding", COMMAND, STEPS, steps(options, 1))
    print(table.to_markdown())


if __name__ == "__main__":
    main()
