"""Windowed correlations beside other packages: do the values agree, and what does it cost?

    python tests/benchmarks/windows_peers.py [--regions 6 100 400] [--volumes 362] [--step 2] [--repeats 5]

Contenders: emotopy; nilearn's ConnectivityMeasure (a dependency of ours) with `EmpiricalCovariance` and with its
default estimator, `LedoitWolf`; pydfc and dfc-kit, where they are installed. pydfc asks for an old nilearn, so both
need an environment of their own, in which emotopy itself isn't installed but found by its path:

    python -m venv peers
    peers/bin/pip install -r tests/benchmarks/requirements-windows-peers.txt
    PYTHONPATH=core OMP_NUM_THREADS=1 peers/bin/python tests/benchmarks/windows_peers.py

Time: noise with a shared part, TR 2 s, rectangular windows of 44 s. Each from what it takes as input to what it
returns: r of the upper triangle as Fisher z in single precision (emotopy), the same in double precision (dfc-kit), r as
full matrices (pydfc), r as the lower triangle (nilearn, `standardize=False`). Contenders run in turn within a round, so
that a busy machine slows all; the ratio is the median over rounds of the ratio within a round. Every native thread pool
is limited to `--threads`: with more BLAS threads than free cores many small calls take many times as long.

Values: r beside `numpy.corrcoef` of the same volumes, for signals around 0 and around a scanner's baseline; tapered
windows with the same weights; windows beside censored volumes.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from bench_table import Column, Settings, Table
from machine import gemm_rate
from nilearn.connectome import ConnectivityMeasure
from processes import measure
from sklearn.covariance import EmpiricalCovariance, LedoitWolf
from threadpoolctl import threadpool_info, threadpool_limits

from emotopy.inference.windows import edges, windowed_correlations, windows_of
from emotopy.records.brain import Windowing

NAMES = ("windows",)
TR_S, WIDTH_S = 2.0, 44.0
BASELINE = 1000.0


@attrs.frozen
class Contender:
    """`run` is what is timed: (series, starts, weights) → its own form; `r` turns that into (n_windows, n_edges)."""

    run: Callable[[np.ndarray, np.ndarray, np.ndarray], Any]
    r: Callable[[Any, int], np.ndarray]


def contenders() -> dict[str, Contender]:
    """Return those whose package is installed, ours first."""
    found = {
        "emotopy": Contender(windowed_correlations, lambda z, _: np.tanh(z.astype(float))),
        "nilearn, EmpiricalCovariance": nilearns(EmpiricalCovariance(store_precision=False)),
        "nilearn, default (LedoitWolf)": nilearns(LedoitWolf(store_precision=False)),
    }
    if importlib.util.find_spec("pydfc"):
        found["pydfc"] = Contender(pydfcs, upper)
    if importlib.util.find_spec("dfckit"):
        found["dfc-kit"] = Contender(dfc_kits, lambda z, _: np.tanh(z))
    return found


def nilearns(estimator: object) -> Contender:
    def run(series: np.ndarray, starts: np.ndarray, weights: np.ndarray) -> np.ndarray:
        measure = ConnectivityMeasure(
            cov_estimator=estimator, kind="correlation", vectorize=True, discard_diagonal=True, standardize=False
        )
        return measure.fit_transform(list(windows_of(series, starts, len(weights))))

    def r(found: np.ndarray, n_regions: int) -> np.ndarray:
        lower = np.zeros((n_regions, n_regions), dtype=int)
        lower[np.tril_indices(n_regions, -1)] = np.arange(found.shape[1])
        first, second = edges(n_regions)
        return found[:, lower[second, first]]

    return Contender(run, r)


def pydfcs(series: np.ndarray, starts: np.ndarray, weights: np.ndarray, *, tapered: bool = False) -> np.ndarray:
    """Return pydfc's matrices; its `n_overlap` is chosen so that its step comes out as ours."""
    from pydfc.dfc_methods import SLIDING_WINDOW

    width, step = len(weights), int(np.diff(starts[:2])[0])
    measure = SLIDING_WINDOW(sw_method="pear_corr")
    overlap = 1 - (step + 0.5) / width  # it cuts (1 − overlap)·width to a whole number
    return measure.dFC(series.T, W=width, n_overlap=overlap, tapered_window=tapered)[0]


def dfc_kits(series: np.ndarray, starts: np.ndarray, weights: np.ndarray, *, taper: str = "uniform") -> np.ndarray:
    return dfc_kit_windows(series, np.arange(len(series)), starts, weights, taper).features


def dfc_kit_windows(
    series: np.ndarray, volumes: np.ndarray, starts: np.ndarray, weights: np.ndarray, taper: str = "uniform"
) -> Any:
    """Return dfc-kit's windows of the kept `volumes`, series (n_kept, n_regions)."""
    from dfckit import TimeSeriesRun
    from dfckit.connectivity.windows import SlidingWindowFC

    run = TimeSeriesRun(series, volumes, tuple(f"region {i}" for i in range(series.shape[1])), tr=TR_S)
    return SlidingWindowFC(len(weights), int(np.diff(starts[:2])[0]), taper).transform(run)


def upper(matrices: np.ndarray, n_regions: int) -> np.ndarray:
    first, second = edges(n_regions)
    return matrices[:, first, second]


def corrcoef(series: np.ndarray, starts: np.ndarray, width: int) -> np.ndarray:
    """Return numpy's r of each window, (n_windows, n_edges)."""
    return upper(np.array([np.corrcoef(series[s : s + width], rowvar=False) for s in starts]), series.shape[1])


def noise(n_volumes: int, n_regions: int, rng: np.random.Generator, shared: float = 1.0) -> np.ndarray:
    return rng.standard_normal((n_volumes, n_regions)) + shared * rng.standard_normal((n_volumes, 1))


@attrs.frozen
class Times:
    """Per contender the seconds of each round, and the largest difference of r from numpy's."""

    n_windows: int
    width: int
    seconds: dict[str, list[float]]
    largest: dict[str, float]

    def ratios(self, name: str) -> list[float]:
        """Return the time of a contender as a multiple of ours, round by round."""
        return [theirs / ours for theirs, ours in zip(self.seconds[name], self.seconds["emotopy"], strict=True)]


def measured(n_regions: int, options: argparse.Namespace) -> Times:
    """Time all contenders in turn."""
    series = noise(options.volumes, n_regions, np.random.default_rng(0))
    windowing = Windowing(width_s=WIDTH_S, step_s=options.step, taper="rectangular")
    starts, weights = windowing.starts(TR_S, options.volumes), windowing.weights(TR_S)
    found = contenders()
    seconds: dict[str, list[float]] = {name: [] for name in found}
    largest: dict[str, float] = {}
    wanted = corrcoef(series, starts, len(weights))
    for contender in found.values():
        contender.run(series[:40, :8], starts[:2], weights)
    loops = 10 if n_regions < 50 else 1  # milliseconds are measured as ten of them
    for _ in range(options.repeats):
        for name, contender in found.items():
            start = time.perf_counter()
            for _ in range(loops):
                answer = contender.run(series, starts, weights)
            seconds[name].append((time.perf_counter() - start) / loops)
            largest[name] = float(np.abs(contender.r(answer, n_regions) - wanted).max())
            del answer
    return Times(len(starts), len(weights), seconds, largest)


def times(n_regions: int, options: argparse.Namespace) -> None:
    found = measured(n_regions, options)
    seconds, largest = found.seconds, found.largest
    shape = f"{options.volumes} volumes x {n_regions} regions, {found.n_windows} windows of {found.width} volumes"
    print(f"\n{shape}, {options.repeats} rounds")
    print(f"{'':30} {'median':>9}   x ours (lowest-highest)   largest difference of r")
    for name, taken in seconds.items():
        ratios = found.ratios(name)
        ratio = f"{statistics.median(ratios):6.1f} ({min(ratios):.1f}-{max(ratios):.1f})"
        print(f"{name:30} {statistics.median(taken):8.4f} s   {ratio:24}  {largest[name]:.1e}")


def values(n_volumes: int, n_regions: int = 30) -> None:
    rng = np.random.default_rng(1)
    windowing = Windowing(width_s=WIDTH_S, step_s=8.0, taper="rectangular")
    starts, weights = windowing.starts(TR_S, n_volumes), windowing.weights(TR_S)
    centred = noise(n_volumes, n_regions, rng)
    print(f"\nrectangular windows, {n_regions} regions: largest difference of r from numpy.corrcoef")
    for where, series in (("around 0", centred), (f"around {BASELINE:g}", centred + BASELINE)):
        wanted = corrcoef(series, starts, len(weights))
        for name, contender in contenders().items():
            difference = np.abs(contender.r(contender.run(series, starts, weights), n_regions) - wanted).max()
            print(f"  {where:12} {name:30} {difference:.1e}")
    if importlib.util.find_spec("dfckit"):
        tapered_as_dfc_kit(centred, starts, len(weights))
        censored(centred, starts, weights)
    if importlib.util.find_spec("pydfc"):
        tapered_as_pydfc(noise(n_volumes, n_regions, rng, shared=0.0), starts, len(weights))


def tapered_as_dfc_kit(series: np.ndarray, starts: np.ndarray, width: int) -> None:
    from dfckit.connectivity.windows import periodic_hamming

    weights = periodic_hamming(width) / periodic_hamming(width).sum()
    for where, signal in (("around 0", series), (f"around {BASELINE:g}", series + BASELINE)):
        ours = np.tanh(windowed_correlations(signal, starts, weights).astype(float))
        theirs = np.tanh(dfc_kits(signal, starts, weights, taper="hamming"))
        print(f"Hamming weights, {where}: largest difference of r, emotopy - dfc-kit {np.abs(ours - theirs).max():.1e}")


def censored(series: np.ndarray, starts: np.ndarray, weights: np.ndarray) -> None:
    """Every 50th volume censored: windows without one are equal; of the others dfc-kit has none, ours keeps 80 %."""
    keep = np.ones(len(series), dtype=bool)
    keep[49::50] = False
    ours = windowed_correlations(series, starts, weights, keep=keep)
    step_1 = np.array([0, 1])  # dfc-kit starts anew after each gap, so that only single steps meet ours
    theirs = dfc_kit_windows(series[keep], np.flatnonzero(keep), step_1, weights)
    row = {int(first): number for number, first in enumerate(theirs.start_frames)}
    common = [number for number, first in enumerate(starts) if int(first) in row]
    difference = np.abs(ours[common] - theirs.features[[row[int(starts[number])] for number in common]]).max()
    n_ours = int(np.isfinite(ours).all(axis=1).sum())
    print(f"{(~keep).sum()} of {len(keep)} volumes censored: of {len(starts)} windows emotopy has {n_ours}, dfc-kit")
    print(f"{len(common)} (those without a censored volume); on these the largest difference of z is {difference:.1e}")


def tapered_as_pydfc(series: np.ndarray, starts: np.ndarray, width: int) -> None:
    """Show regions that have nothing to do with each other, tapered: mean r by baseline, under pydfc and ours."""
    weights = Windowing(width_s=WIDTH_S, step_s=8.0, sigma_s=6.0).weights(TR_S)
    print("independent regions, tapered windows, mean r (rectangular windows have 0.00):")
    for baseline in (0.0, 1.0, 10.0, BASELINE):
        ours = np.tanh(windowed_correlations(series + baseline, starts, weights).astype(float)).mean()
        theirs = upper(pydfcs(series + baseline, starts, np.ones(width), tapered=True), series.shape[1]).mean()
        print(f"  baseline {baseline:6g} deviations: emotopy {ours:5.2f}, pydfc {theirs:5.2f}")


def rows(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Return the table's rows: a contender and a number of regions each; of ours the share of the GEMM rate."""
    found = []
    for threads in options.shares:
        rate = gemm_rate("float32", threads, size=256 if options.volumes < 100 else 1024)
        with threadpool_limits(limits=threads):
            for n_regions in options.regions:
                taken = measured(n_regions, options)
                operations = taken.n_windows * taken.width * n_regions * (n_regions + 1)  # of a triangle
                for name, seconds in taken.seconds.items():
                    speed = operations / statistics.median(seconds) / 1e9
                    found.append(
                        {
                            "regions": n_regions,
                            "threads": threads,
                            "contender": name,
                            "seconds": statistics.median(seconds),
                            "times": statistics.median(taken.ratios(name)),
                            "share": 100 * speed / rate if name == "emotopy" else None,
                            "off": taken.largest[name],
                        }
                    )
    return found


def tables(settings: Settings) -> list[Table]:
    """Return the windows beside other packages; `--peer windows=PYTHON` brings pydfc and dfc-kit in."""
    if not settings.wants("windows"):
        return []
    words = ["--regions", "6", "30", "--volumes", "60"] if settings.quick else []
    words += ["--repeats", str(settings.repeats), "--shares", *map(str, settings.threads)]
    if (peer := settings.peers.get("windows")) is None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = rows(arguments(words))
    else:
        core = Path(__file__).resolve().parents[2] / "core"
        env = {"PYTHONPATH": f"{core}{os.pathsep}{Path(__file__).parent}"}
        found = json.loads(measure([peer, __file__, *words, "--json"], env=env).out)
    columns = (
        Column("regions", "Regions"),
        Column("threads", "threads"),
        Column("contender", "Package"),
        Column("seconds", "median", "s"),
        Column("times", "times ours", "", 2),
        Column("share", "share of the GEMM rate", "%", 2),
        Column("off", "largest difference of r from numpy", "", 1),
    )
    options = arguments(words)
    note = (
        f"{options.volumes} volumes, windows of {WIDTH_S:g} s every {options.step:g} s, TR {TR_S:g} s; the ratio is "
        "the median over rounds. The share counts the products of one triangle against single precision; what is left "
        "is centring, scaling, gathering the triangle and Fisher's z."
    )
    command = "OMP_NUM_THREADS=1 python tests/benchmarks/windows_peers.py"
    return [Table("windows", "Windowed correlations beside other packages", command, columns, found, note)]


def arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--regions", type=int, nargs="+", default=[6, 100, 400])
    parser.add_argument("--volumes", type=int, default=362)
    parser.add_argument("--step", type=float, default=2.0, help="distance of windows in seconds, when timed")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="rows of the table alone, as `bench.py` wants them")
    parser.add_argument("--shares", type=int, nargs="+", default=[1], help="threads of those rows")
    return parser.parse_args(words)


def main() -> None:
    options = arguments()
    if options.json:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            print(json.dumps(rows(options)))
        return
    packages = [("nilearn", "nilearn"), ("pydfc", "pydfc"), ("dfc-kit", "dfckit"), ("numpy", "numpy")]
    print(", ".join(f"{name} {version(name) if importlib.util.find_spec(module) else 'not installed'}"
                    for name, module in packages))  # fmt: skip
    with threadpool_limits(limits=options.threads), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pools = (f"{pool['internal_api']} {pool['num_threads']}" for pool in threadpool_info())
        print("thread pools:", ", ".join(pools))
        values(options.volumes)
        for n_regions in options.regions:
            times(n_regions, options)


if __name__ == "__main__":
    main()
