"""Speed of windowed correlations beside nilearn's ConnectivityMeasure, on the same windows with the same threads.

    python tests/benchmarks/windows_speed.py [--regions 400] [--volumes 362] [--threads 1] [--repeats 3] [--step 2]

Noise with a shared part, TR 2 s, rectangular windows of 44 s (nilearn knows no taper). Contenders: ours from series to
Fisher z; nilearn with `EmpiricalCovariance`; nilearn with its default estimator, `LedoitWolf`; both from windows to
correlations, with `standardize=False`. Runs alternate, so that a busy machine slows all. Every native thread pool is
limited to `--threads`, and so is checked and printed: with more BLAS threads than free cores scikit-learn's many small
calls take many times as long. Prints medians, ratios, and the largest difference of r from nilearn's.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
from nilearn.connectome import ConnectivityMeasure
from sklearn.covariance import EmpiricalCovariance, LedoitWolf
from threadpoolctl import threadpool_info, threadpool_limits

from emotopy.inference.windows import windowed_correlations, windows_of
from emotopy.records.brain import Windowing

TR_S = 2.0


def nilearns(estimator: object) -> Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    """Return nilearn's correlations of every window, (n_windows, n_edges)."""

    def run(series: np.ndarray, starts: np.ndarray, weights: np.ndarray) -> np.ndarray:
        measure = ConnectivityMeasure(
            cov_estimator=estimator, kind="correlation", vectorize=True, discard_diagonal=True, standardize=False
        )
        return measure.fit_transform(list(windows_of(series, starts, len(weights))))

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--regions", type=int, default=400)
    parser.add_argument("--volumes", type=int, default=362)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--step", type=float, default=2.0, help="distance of windows in seconds")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    series = rng.standard_normal((options.volumes, options.regions)) + rng.standard_normal((options.volumes, 1))
    windowing = Windowing(width_s=44.0, step_s=options.step, taper="rectangular")
    starts, weights = windowing.starts(TR_S, options.volumes), windowing.weights(TR_S)

    contenders: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
        "emotopy": windowed_correlations,
        "nilearn, EmpiricalCovariance": nilearns(EmpiricalCovariance(store_precision=False)),
        "nilearn, default (LedoitWolf)": nilearns(LedoitWolf(store_precision=False)),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    found: dict[str, np.ndarray] = {}
    with threadpool_limits(limits=options.threads), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for run in contenders.values():
            run(series[:40, :8], starts[:2], weights)
        print("thread pools:", ", ".join(f"{pool['internal_api']} {pool['num_threads']}" for pool in threadpool_info()))
        for _ in range(options.repeats):
            for name, run in contenders.items():
                start = time.perf_counter()
                found[name] = run(series, starts, weights)
                seconds[name].append(time.perf_counter() - start)

    shape = f"{options.volumes} volumes x {options.regions} regions"
    print(f"{shape}, {len(starts)} windows of {len(weights)} volumes, median of {options.repeats} runs")
    ours = statistics.median(seconds["emotopy"])
    for name, taken in seconds.items():
        median = statistics.median(taken)
        print(f"{name:30} {median:8.3f} s   (slowest {max(taken):.3f})   {median / ours:6.1f} x ours")
    first, second = np.triu_indices(options.regions, 1)
    lower = np.zeros((options.regions, options.regions), dtype=int)
    lower[np.tril_indices(options.regions, -1)] = np.arange(len(first))
    theirs = found["nilearn, EmpiricalCovariance"][:, lower[second, first]]
    print(f"largest difference of r {np.abs(np.tanh(found['emotopy'].astype(float)) - theirs).max():.1e}")


if __name__ == "__main__":
    main()
