"""Speed of the exact cross-validation beside scikit-learn's and himalaya's, in one run with the same threads.

    OMP_NUM_THREADS=1 python tests/benchmarks/exact_cv_speed.py [--repeats 3] [--subjects 26] [--windows 120]

Gaussian kernel, 435 edges, 8 targets, 10 penalties. Everybody starts from the features (himalaya from the kernel,
whose time is left out) and gives the errors that penalties are chosen by. Where a rival would take hours, some of its
folds are timed and scaled by the number of folds, which the output says. Processor time of this process, so that what
else runs on the machine counts little: with one thread it is what a free machine takes. Medians; runs alternate.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import attrs
import numpy as np
from bench_table import Column, Settings, Table
from threadpoolctl import threadpool_limits

from emotopy.inference.crossval import CrossValidator, null_scores
from emotopy.inference.scores import score_blocks
from emotopy.inference.splits import Plan, SampleIndex, Split
from emotopy_plugins.neural_decoders.kernel_ridge import ExactKernelRidge

NAMES = ("exact-cv",)
GAMMA = 1 / 870
N_EDGES, N_TARGETS = 435, 8
Folds = list[tuple[np.ndarray, np.ndarray]]
PENALTIES = tuple(np.logspace(-2, 3, 10))


def experiment(n_subjects: int, n_windows: int) -> tuple[SampleIndex, np.ndarray, np.ndarray]:
    """Windows of 44 s every 8 s, features that carry a little of smooth ratings, and the ratings by moment."""
    rng = np.random.default_rng(0)
    start = np.tile(np.arange(n_windows) * 8.0, n_subjects)
    subject = np.repeat(np.arange(n_subjects), n_windows)
    layout = SampleIndex(subject, np.zeros_like(subject), start, start + 22.0, 44.0)
    values = np.cumsum(rng.standard_normal((n_windows, N_TARGETS)), axis=0)
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    features = rng.standard_normal((len(subject), N_EDGES)) + 0.05 * values[
        layout.target_rows()[0]
    ] @ rng.standard_normal((N_TARGETS, N_EDGES))
    return layout, features, values


def seconds(run: Callable[[], object]) -> float:
    """Processor time."""
    begin = time.process_time()
    run()
    return time.process_time() - begin


def by_grid_search(features: np.ndarray, targets: np.ndarray, folds: Folds) -> np.ndarray:
    """Mean squared error per penalty, refitting KernelRidge for each fold and penalty."""
    from sklearn.kernel_ridge import KernelRidge
    from sklearn.model_selection import GridSearchCV

    search = GridSearchCV(
        KernelRidge(kernel="rbf", gamma=GAMMA),
        {"alpha": PENALTIES},
        scoring="neg_mean_squared_error",
        cv=folds,
        refit=False,
    )
    return -search.fit(features, targets).cv_results_["mean_test_score"]


def by_himalaya(kernel: np.ndarray, targets: np.ndarray, folds: Folds) -> object:
    """Penalty per target by himalaya, its final fit included."""
    from himalaya.kernel_ridge import KernelRidgeCV

    return KernelRidgeCV(alphas=PENALTIES, kernel="precomputed", cv=folds).fit(kernel, targets)


def numbers(plan: Plan, within: np.ndarray | None = None) -> Folds:
    """Folds as row numbers."""
    return [(np.flatnonzero(fold.train), np.flatnonzero(fold.test)) for fold in plan.folds(within)]


@attrs.frozen
class Found:
    """Medians in seconds of the processor; what rivals would take in all is scaled from the folds that were timed."""

    n_rows: int
    n_subjects: int
    few: int
    n_folds: int
    n_inner: int
    median: dict[str, float]
    by_subject: float
    grid: float
    himalaya: float
    nested: float
    grid_nested: float
    surrogates: float


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--subjects", type=int, default=26)
    parser.add_argument("--windows", type=int, default=120)
    parser.add_argument("--folds", type=int, default=4, help="of a rival that are timed, the rest is scaled")
    parser.add_argument("--surrogates", type=int, default=1000)
    return parser.parse_args(words)


def measured(options: argparse.Namespace, *, with_himalaya: bool = True) -> Found:
    """Time all contenders in turn."""
    layout, features, values = experiment(options.subjects, options.windows)
    target_row, _ = layout.target_rows()
    targets = values[target_row]
    decoder = ExactKernelRidge("rbf", gamma=GAMMA, penalties=PENALTIES, scale=1.0)
    by_subject, both = Split("subject").plan(layout), Split("subject-and-block").plan(layout)
    subjects, folds = numbers(by_subject), both.folds()
    inner = numbers(both, folds[0].train)
    rng = np.random.default_rng(1)
    surrogates = np.cumsum(rng.standard_normal((options.surrogates, options.windows, N_TARGETS)), axis=1)
    kernel = _gaussian(features)

    ready: list[CrossValidator] = []

    def nested() -> None:
        ready[:] = [decoder.cross_validator(features, both, target_row)]
        found = ready[0].predict(values)
        score_blocks(found.predictions, targets, layout.subject, both.block)

    def surrogates_besides() -> None:
        null_scores(ready[0], both, target_row, surrogates)

    few = min(options.folds, len(subjects))
    spread = inner[:: len(inner) // few][:few]
    runs: dict[str, Callable[[], object]] = {
        "exact, leave-subject-out": lambda: decoder.cross_validator(features, by_subject, target_row).curve(values),
        f"GridSearchCV, {few} subjects": lambda: by_grid_search(features, targets, subjects[:few]),
        "himalaya, 1 subject": lambda: by_himalaya(kernel, targets, subjects[:1]),
        f"himalaya, {few} subjects": lambda: by_himalaya(kernel, targets, subjects[:few]),
        "exact, nested subject-and-block": nested,
        f"{options.surrogates} surrogates besides": surrogates_besides,
        f"GridSearchCV, {few} inner folds": lambda: by_grid_search(features, targets, spread),
    }
    if not with_himalaya:
        runs = {name: run for name, run in runs.items() if not name.startswith("himalaya")}
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.repeats):
        for name, run in runs.items():
            taken[name].append(seconds(run))
            print(f"  {name}: {taken[name][-1]:.2f} s", flush=True)
    median = {name: statistics.median(times) for name, times in taken.items()}
    first, grid, *peer, nest, null, grid_inner = median.values()
    himalaya = peer[0] + (peer[1] - peer[0]) / (few - 1) * (len(subjects) - 1) if peer else float("nan")
    return Found(
        n_rows=len(features),
        n_subjects=len(subjects),
        few=few,
        n_folds=len(folds),
        n_inner=len(inner),
        median=median,
        by_subject=first,
        grid=grid * len(subjects) / few,
        himalaya=himalaya,
        nested=nest,
        grid_nested=grid_inner / few * len(inner) * len(folds),
        surrogates=null,
    )


def tables(settings: Settings) -> list[Table]:
    """Return the exact cross-validation beside its rivals; himalaya where it is installed."""
    if not settings.wants("exact-cv"):
        return []
    words = ["--subjects", "4", "--windows", "60", "--folds", "2", "--surrogates", "20", "--repeats", "1"]
    options = arguments(words if settings.quick else ["--folds", "13", "--repeats", str(min(settings.repeats, 3))])
    has_himalaya = importlib.util.find_spec("himalaya") is not None
    rows = []
    for threads in settings.threads:
        with threadpool_limits(limits=threads), contextlib.redirect_stdout(sys.stderr):
            found = measured(options, with_himalaya=has_himalaya)
        for what, ours, rivals in (
            ("leave-subject-out", found.by_subject, {"grid": found.grid, "himalaya": found.himalaya}),
            ("nested subject-and-block", found.nested, {"grid": found.grid_nested}),
            (f"{options.surrogates:,} surrogates besides", found.surrogates, {}),
        ):
            rows.append({"what": what, "threads": threads, "ours": ours})
            rows[-1] |= {name: theirs / ours for name, theirs in rivals.items()}
        rows[-1]["share"] = 1 + found.surrogates / found.nested
    columns = (
        Column("what", "What"),
        Column("threads", "threads"),
        Column("ours", "emotopy, processor", "s"),
        Column("grid", "GridSearchCV(KernelRidge), times"),
        Column("himalaya", "himalaya, times"),
        Column("share", "with surrogates, times the analysis without"),
    )
    note = (
        f"Gaussian kernel, {found.n_rows:,} rows of {found.n_subjects} subjects, {N_EDGES} edges, {N_TARGETS} targets, "
        f"{len(PENALTIES)} penalties. Of rivals {found.few} folds were timed and scaled to all: {found.n_subjects}, "
        f"nested {found.n_folds} × {found.n_inner}."
    )
    command = "OMP_NUM_THREADS=1 python tests/benchmarks/exact_cv_speed.py --folds 13"
    return [Table("exact-cv", "Exact cross-validation beside refitting", command, columns, rows, note)]


def main() -> None:
    options = arguments()
    found = measured(options)
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    print(
        f"\n{found.n_rows:,} rows, {N_EDGES} edges, {N_TARGETS} targets, {len(PENALTIES)} penalties; {threads} threads"
    )
    print(f"medians of {options.repeats}: " + "; ".join(f"{name} {time:.2f} s" for name, time in found.median.items()))
    first, nest, of = found.by_subject, found.nested, f"{found.few} of {found.n_subjects} folds"
    print(f"leave-subject-out: {first:.1f} s")
    print(f"  GridSearchCV, {of} timed and scaled: {found.grid:.0f} s, {found.grid / first:.1f}×")
    print(f"  himalaya, 1 and {of}, scaled: {found.himalaya:.0f} s, {found.himalaya / first:.1f}×")
    print(f"nested, {found.n_folds} folds of {found.n_inner} inner folds: {nest:.1f} s")
    scaled = f"{found.grid_nested:,.0f} s, {found.grid_nested / nest:.0f}×"
    print(f"  GridSearchCV, {found.few} inner folds timed and scaled: {scaled}")
    both = nest + found.surrogates
    print(f"  with {options.surrogates} surrogates: {both:.1f} s, {both / nest:.2f}× the analysis without")


def _gaussian(features: np.ndarray) -> np.ndarray:
    from sklearn.metrics.pairwise import rbf_kernel

    return rbf_kernel(features, gamma=GAMMA)


if __name__ == "__main__":
    main()
