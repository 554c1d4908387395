"""Speed of `emotopy decode` of *Alice*, whole cold processes beside an earlier build; and of the choice of a solver.

    python tests/benchmarks/decode_speed.py --before FOLDER [--repeats 5] [--threads 1 2] [--data ../shared/data]
    OMP_NUM_THREADS=1 python tests/benchmarks/decode_speed.py --only solver-choice solver-gemm [--repeats 3]

*decode-alice*: 27 listeners, 6 language regions, the default preset with 200 surrogates, all feature sets and
baselines, for both splits that are chosen most. `--before` is a checkout with its `.venv`; the builds run in turn.
Beside the times stand the largest difference of predictions, and whether penalties at the ends of the grid and p-values
are the same: two builds that don't agree aren't compared. The figures see the recordings and the ratings that
`annotate` gives for the story's text.

*solver-choice*: on a grid of sizes every way of the exact cross-validation is gone, in this process; the time of the
way that the operation count chooses, over that of the fastest. *solver-gemm*: the multiplications and additions of
the chosen way, per second of processor, over the rate of a large matrix product in the same process.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
from bench_table import DATA, Column, Settings, Table
from processes import in_turn, measure, median, python_of, ratio

NAMES = ("decode-alice", "solver-choice", "solver-gemm")
SPLITS = ("subject-and-block", "subject")
PENALTIES = np.logspace(-2, 5, 15)
COLUMNS = (8, 64, 400, 3208)
"""Of targets: eight emotions, and with 7, 49 and 400 surrogates or so."""
WORTH_IT = 1.5


# Whole processes ------------------------------------------------------------------------------------------------------


def decode_words(folder: Path, ratings: Path, out: Path, split: str) -> list[str]:
    """Return the command of a decoding of Alice."""
    words = ["-m", "emotopy", "decode", "--series", str(folder / "timecourses"), "--ratings", str(ratings)]
    words += ["--tr", "2.0", "--start", "20", "--motion", str(folder / "motion"), "--motion-skip", "10"]
    words += ["--motion-order", "spm", "--motion-units", "mm-rad", "--regressors", str(folder / "regressors")]
    return [*words, "--set", f"split={split}", "--no-cache", "--force", "--out", str(out)]


def alice_table(settings: Settings) -> list[Table]:
    folder = settings.data / "alice-brennan2016"
    if not folder.is_dir():
        print("left out: decode-alice needs alice-brennan2016 (--data)", file=sys.stderr)
        return []
    splits = SPLITS[:1] if settings.quick else SPLITS
    builds = {"now": python_of()} | ({} if settings.before is None else {"before": python_of(settings.before)})
    rows = []
    with tempfile.TemporaryDirectory() as place:
        ratings = Path(place) / "ratings.tsv"
        text = folder / "DownTheRabbitHole.TextGrid"
        annotate = ["-m", "emotopy", "annotate", str(text), "--annotator", "anchors", "--out", str(ratings)]
        measure([python_of(), *annotate, "--no-cache"])
        for split, threads in product(splits, settings.threads):
            outs = {name: Path(place) / f"{name}-{split}" for name in builds}
            commands = {
                name: [python, *decode_words(folder, ratings, outs[name], split)] for name, python in builds.items()
            }
            used = in_turn(commands, repeats=1 if settings.quick else settings.repeats, threads=threads)
            row = {"split": split, "threads": threads, "peak_mb": median(used["now"]).peak_mb}
            row |= {
                f"{name}_{what}": getattr(median(runs), what)
                for name, runs in used.items()
                for what in ("wall_s", "cpu_s")
            }
            if "before" in used:
                relative = ratio(used["now"], used["before"])
                row |= {"wall": relative.wall_s, "cpu": relative.cpu_s, **agreement(outs["before"], outs["now"])}
            rows.append(row)
    columns = [Column("split", "split"), Column("threads", "threads"), Column("now_wall_s", "wall", "s")]
    columns += [Column("now_cpu_s", "processor", "s"), Column("peak_mb", "peak", "MB")]
    if settings.before is not None:
        columns += [Column("before_wall_s", "wall before", "s"), Column("before_cpu_s", "processor before", "s")]
        columns += [Column("wall", "ratio, wall"), Column("cpu", "ratio, processor")]
        columns += [
            Column("difference", "largest difference of predictions", digits=2),
            Column("same", "p and notes the same"),
        ]
    note = (
        "27 listeners × 6 regions, the default preset, 200 surrogates of two nulls, 8 feature sets. The notes of a "
        "result count the folds in which a penalty at the end of the grid was chosen."
    )
    command = "python tests/benchmarks/decode_speed.py --before FOLDER --only decode-alice"
    return [Table("decode-alice", "`emotopy decode` of Alice, whole cold processes", command, columns, rows, note)]


def agreement(before: Path, now: Path) -> dict[str, object]:
    """Return how far predictions differ, and whether p-values of all tables, and notes, are the same."""
    import pandas as pd

    one, other = (pd.read_parquet(folder / "predictions.parquet") for folder in (before, now))
    rest = [column for column in one.columns if column != "prediction"]
    if not one[rest].equals(other[rest]):
        raise SystemExit("decode-alice: the builds predict other rows")
    same = True
    for table in ("scores", "sensitivity", "paired", "weights", "graph"):
        pair = [pd.read_csv(folder / f"{table}.csv") for folder in (before, now)]
        columns = [column for column in pair[0].columns if column.startswith("p")]
        same &= pair[0][columns].equals(pair[1][columns])
    notes = [json.loads((folder / "provenance.json").read_text(encoding="utf-8"))["notes"] for folder in (before, now)]
    return {
        "difference": float((one["prediction"] - other["prediction"]).abs().max()),
        "same": same and notes[0] == notes[1],
    }


# The solver -----------------------------------------------------------------------------------------------------------


def sized(n_subjects: int, n_windows: int, n_edges: int, kind: str):
    """Return what makes the validator of each way, for noise of these sizes, and its operations, weighted and plain."""
    from emotopy.inference.splits import SampleIndex, Split
    from emotopy_plugins.neural_decoders.exact_cv import ExactCrossValidator
    from emotopy_plugins.neural_decoders.kernel_ridge import LinearRows
    from emotopy_plugins.neural_decoders.moments_cv import MomentsCrossValidator
    from emotopy_plugins.neural_decoders.nested_folds import NestedFolds
    from emotopy_plugins.neural_decoders.primal_cv import PrimalCrossValidator
    from emotopy_plugins.neural_decoders.solver_choice import MEASURED, PLAIN, Sizes, operations

    start = np.tile(np.arange(n_windows) * 8.0, n_subjects)
    subject = np.repeat(np.arange(n_subjects), n_windows)
    index = SampleIndex(subject, np.zeros_like(subject), start, start + 22.0, 44.0)
    long = n_windows > 50
    plan = Split(kind, n_blocks=5 if long else 3, apart_s=76.0 if long else 24.0).plan(index)
    moment, _ = index.target_rows()
    rows = LinearRows(np.random.default_rng(0).standard_normal((len(subject), n_edges)))
    of_features, by_rows = (rows.features, plan, moment, PENALTIES), (rows.decompose, plan, moment, PENALTIES)
    makers = {
        "features-moments": lambda: MomentsCrossValidator(*of_features),
        "features-columns": lambda: PrimalCrossValidator(*of_features),
        "rows-moments": lambda: ExactCrossValidator(*by_rows, collapse=True),
        "rows-columns": lambda: ExactCrossValidator(*by_rows, collapse=False),
    }
    sizes = Sizes.of(NestedFolds(plan, moment, PENALTIES), n_edges)
    return makers, *({way: operations(way, sizes, weights) for way in makers} for weights in (MEASURED, PLAIN))


def seconds(validator, values: np.ndarray) -> float:
    """Processor time of predictions."""
    begun = time.process_time()
    validator.predict(values)
    return time.process_time() - begun


def times_of(makers, n_windows: int, repeats: int) -> dict[str, tuple[float, float]]:
    """Return what each way takes for one column, and for each further one, medians."""
    values = np.cumsum(np.random.default_rng(1).standard_normal((n_windows, 257)), axis=0)
    found = {}
    for way, make in makers.items():
        once, further = [], []
        for _ in range(repeats):
            first = seconds(validator := make(), values[:, :1])
            many = values if way.endswith("moments") else values[:, :65]
            again = validator if way.endswith("moments") else make()
            taken = seconds(again, many) - (0 if way.endswith("moments") else first)
            once.append(first)
            further.append(max(taken, 1e-6) / (many.shape[1] - 1))
        found[way] = float(np.median(once)), float(np.median(further))
    return found


def solver_tables(settings: Settings) -> list[Table]:
    from emotopy_plugins.neural_decoders.solver_choice import cheapest

    subjects, windows, edges = (
        ((4, 10), (25,), (1, 15)) if settings.quick else ((4, 10, 27), (25, 85), (1, 6, 15, 60, 200))
    )
    rate = gemm_rate()
    choices, shares = [], []
    for n_subjects, n_windows, n_edges, kind in product(subjects, windows, edges, SPLITS):
        if n_subjects > 10 and n_edges > 100:  # by features it would take minutes
            continue
        makers, operations, plain = sized(n_subjects, n_windows, n_edges, kind)
        times = times_of(makers, n_windows, 1 if settings.quick else min(settings.repeats, 3))
        sizes = {"subjects": n_subjects, "windows": n_windows, "features": n_edges, "split": kind}
        for n_columns in COLUMNS:
            taken = {way: once + (n_columns - 1) * further for way, (once, further) in times.items()}
            way, fastest = cheapest(operations, n_columns), min(taken, key=taken.__getitem__)
            choices.append(
                {**sizes, "columns": n_columns, "way": way, "fastest": fastest, "ratio": taken[way] / taken[fastest]}
            )
            print(choices[-1], file=sys.stderr, flush=True)
        share = plain[way].of(COLUMNS[-1]) / taken[way] / rate
        shares.append({**sizes, "way": way, "s": taken[way], "share": share})
    off = [row for row in choices if row["ratio"] > WORTH_IT]
    worst = sorted(choices, key=lambda row: -row["ratio"])[:10]
    named = [
        Column("subjects", "subjects"),
        Column("windows", "windows"),
        Column("features", "features"),
        Column("split", "split"),
    ]
    note = (
        f"{len(choices)} sizes, {len(off)} of them off by more than {WORTH_IT:g}; the ten furthest off. The median is "
        f"{np.median([row['ratio'] for row in choices]):.2f}."
    )
    command = "OMP_NUM_THREADS=1 python tests/benchmarks/decode_speed.py --only solver-choice solver-gemm"
    choice = [
        *named,
        Column("columns", "columns"),
        Column("way", "chosen"),
        Column("fastest", "fastest"),
        Column("ratio", "time over the fastest's"),
    ]
    gemm = [
        *named,
        Column("way", "way"),
        Column("s", "processor", "s"),
        Column("share", "share of the GEMM rate", digits=2),
    ]
    rated = (
        f"{COLUMNS[-1]:,} columns, by the way that is chosen. A matrix product made {rate / 1e9:.0f} × 10⁹ operations "
        "a second. Counted are the multiplications and additions of that way, each as one."
    )
    tables = [
        Table("solver-choice", "The solver that is chosen, and the fastest", command, choice, worst, note),
        Table("solver-gemm", "Operations counted, over the time they take", command, gemm, shares, rated),
    ]
    return [table for table in tables if settings.wants(table.name)]


def gemm_rate() -> float:
    """Return the operations a second of a large matrix product."""
    one = np.random.default_rng(0).standard_normal((1500, 1500))
    one @ one
    rates = []
    for _ in range(5):
        begun = time.process_time()
        one @ one
        rates.append(2 * 1500**3 / (time.process_time() - begun))
    return float(np.median(rates))


def tables(settings: Settings) -> list[Table]:
    """Return the tables that are wanted."""
    found = alice_table(settings) if settings.wants("decode-alice") else []
    if settings.wants("solver-choice") or settings.wants("solver-gemm"):
        found += solver_tables(settings)
    return found


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="checkout of the build to compare with, .venv inside")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="+", default=[], choices=NAMES)
    asked = parser.parse_args(words)
    settings = Settings(
        asked.quick, asked.repeats, tuple(asked.threads), asked.before, asked.data, only=tuple(asked.only)
    )
    for table in tables(settings):
        print(table.to_markdown(), end="\n\n")


if __name__ == "__main__":
    main()
