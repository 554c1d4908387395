"""Speed of the exact cross-validation beside scikit-learn's and himalaya's, in one run with the same threads.

    OMP_NUM_THREADS=1 python tests/benchmarks/exact_cv_speed.py [--repeats 3] [--subjects 26] [--windows 120]

Gaussian kernel, 435 edges, 8 targets, 10 penalties. Everybody starts from the features (himalaya from the kernel,
whose time is left out) and gives the errors that penalties are chosen by. Where a rival would take hours, some of its
folds are timed and scaled by the number of folds, which the output says. Processor time of this process, so that what
else runs on the machine counts little: with one thread it is what a free machine takes. Medians; runs alternate.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

import numpy as np

from emotopy.inference.crossval import CrossValidator, null_scores
from emotopy.inference.scores import score_blocks
from emotopy.inference.splits import Plan, SampleIndex, Split
from emotopy_plugins.neural_decoders.kernel_ridge import ExactKernelRidge

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--subjects", type=int, default=26)
    parser.add_argument("--windows", type=int, default=120)
    parser.add_argument("--folds", type=int, default=4, help="of a rival that are timed, the rest is scaled")
    parser.add_argument("--surrogates", type=int, default=1000)
    options = parser.parse_args()
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
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.repeats):
        for name, run in runs.items():
            taken[name].append(seconds(run))
            print(f"  {name}: {taken[name][-1]:.2f} s", flush=True)
    median = {name: statistics.median(times) for name, times in taken.items()}

    threads = os.environ.get("OMP_NUM_THREADS", "all")
    print(
        f"\n{len(features):,} rows, {N_EDGES} edges, {N_TARGETS} targets, {len(PENALTIES)} penalties; {threads} threads"
    )
    print(f"medians of {options.repeats}: " + "; ".join(f"{name} {time:.2f} s" for name, time in median.items()))
    first, grid, one, several, nest, null, grid_inner = median.values()
    searched = grid * len(subjects) / few
    per_fold = (several - one) / (few - 1)
    himalaya = one + per_fold * (len(subjects) - 1)
    searched_nested = grid_inner / few * len(inner) * len(folds)
    print(f"leave-subject-out: {first:.1f} s")
    print(f"  GridSearchCV, {few} of {len(subjects)} folds timed and scaled: {searched:.0f} s, {searched / first:.1f}×")
    print(f"  himalaya, 1 and {few} of {len(subjects)} folds, scaled: {himalaya:.0f} s, {himalaya / first:.1f}×")
    print(f"nested, {len(folds)} folds of {len(inner)} inner folds: {nest:.1f} s")
    print(
        f"  GridSearchCV, {few} inner folds timed and scaled: {searched_nested:,.0f} s, {searched_nested / nest:.0f}×"
    )
    print(f"  with {options.surrogates} surrogates: {nest + null:.1f} s, {1 + null / nest:.2f}× the analysis without")


def _gaussian(features: np.ndarray) -> np.ndarray:
    from sklearn.metrics.pairwise import rbf_kernel

    return rbf_kernel(features, gamma=GAMMA)


if __name__ == "__main__":
    main()
