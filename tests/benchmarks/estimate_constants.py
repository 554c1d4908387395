"""Measure the constants of `emotopy.running.estimates`, and how far estimates are off.

    python tests/benchmarks/estimate_constants.py [--write] [--check-only] [--work map compare decode]

Runs `map`, `compare` and `decode` as cold processes of one thread on made-up input of several sizes, and fits one
constant ≥ 0 per term, by relative error: time is the processor's, so that what else runs on the machine counts little;
memory is the peak that the system counted; results are the bytes of the folder. Other sizes, of which the constants
have seen nothing, are the check: an estimate is to lie within a factor of 3 of the truth. `--write` puts the constants,
with date, machine and commit, into core/emotopy/running/estimate_constants.json. Takes some ten minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bench_table import Column, Settings, Table
from machine import described, one_line
from processes import measure, python_of
from workloads import Workload, compare_units, decode_study, map_texts

from emotopy.running.estimates import estimate

NAMES = ("estimates",)
PLACE = Path(__file__).resolve().parents[2] / "core" / "emotopy" / "running" / "estimate_constants.json"
WITHIN = 3.0
FIGURES = ("seconds", "memory_bytes", "disk_bytes")
Make = Callable[[Path, Callable[[Workload], Any]], Workload]


def texts(n_rows: int, **options: Any) -> Make:
    return lambda folder, _: map_texts(folder, n_rows, **options)


def units(n_units: int, **options: Any) -> Make:
    return lambda folder, run: compare_units(folder, run, n_units, **options)


def study(n_subjects: int, n_regions: int, **options: Any) -> Make:
    return lambda folder, _: decode_study(folder, n_subjects, n_regions, **options)


FITTED: dict[str, list[Make]] = {
    "map": [
        *(texts(n, reducer="pca", clusterer="kmeans") for n in (500, 4000, 32_000)),
        *(texts(n, reducer="pca") for n in (1000, 16_000)),
        *(texts(n) for n in (500, 4000, 16_000)),
        *(texts(n, reducer="tsne", clusterer="kmeans") for n in (500, 2000)),
        texts(2000, reducer="none", clusterer="kmeans"),
        texts(1000, reducer="pca", clusterer="kmeans", n_words=400),
        texts(16_000, reducer="pca", clusterer="kmeans", n_units=200, n_groups=12),
    ],
    "compare": [
        *(units(n) for n in (40, 400, 2000)),
        units(120, n_groups=4),
        units(1000, n_groups=6),
        *(units(n, covariate=True) for n in (60, 400)),
    ],
    "decode": [
        study(6, 6),
        study(24, 6),
        study(4, 6, n_surrogates=10_000),
        study(6, 40),
        study(24, 40, n_surrogates=100),
        study(8, 120, n_surrogates=100),
        study(16, 120, n_surrogates=400),
        study(6, 240, n_surrogates=50),
    ],
}
CHECKED: dict[str, list[Make]] = {
    "map": [texts(2000), texts(8000, n_units=500), texts(12_000, reducer="pca", clusterer="kmeans", n_words=60)],
    "compare": [units(100), units(800, n_groups=4), units(150, covariate=True)],
    "decode": [study(10, 12), study(16, 60, n_surrogates=300), study(12, 180, n_surrogates=100)],
}


def run(workload: Workload) -> dict[str, float]:
    """Return what a workload takes: processor seconds, peak memory and results in bytes."""
    print(f"  {workload.work}: {workload.name} …", end="", file=sys.stderr, flush=True)
    used = measure([python_of(), "-m", "emotopy", *workload.words])
    n_bytes = sum(path.stat().st_size for path in workload.results.rglob("*") if path.is_file())
    print(f" {used.cpu_s:.1f} s, {used.peak_mb:.0f} MB, {n_bytes / 1e6:.1f} MB written", file=sys.stderr, flush=True)
    return {"seconds": used.cpu_s, "memory_bytes": used.peak_mb * 1e6, "disk_bytes": float(n_bytes)}


def fitted(runs: Sequence[tuple[Workload, Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    """Return the constants ≥ 0 that explain the figures of one work best, by relative error: figure → term → value."""
    from scipy.optimize import nnls

    terms = sorted({term for workload, _ in runs for term in workload.terms})
    sizes = np.array([[workload.terms.get(term, 0.0) for term in terms] for workload, _ in runs])
    scale = sizes.max(axis=0)
    found = {}
    for figure in FIGURES:
        truth = np.array([figures[figure] for _, figures in runs])
        values, _ = nnls(sizes / scale / truth[:, None], np.ones(len(truth)))
        # of terms with a role in their name a 0 is knowledge, too: the stage is known and costs nothing worth counting
        kept = {term: float(value) for term, value in zip(terms, values / scale, strict=True) if value or ":" in term}
        found[figure] = {term: float(f"{value:.3g}") for term, value in kept.items()}
    return found


def measured(makes: Mapping[str, Sequence[Make]], folder: Path) -> dict[str, list[tuple[Workload, dict[str, float]]]]:
    """Run all workloads; return them with what they took, by work."""
    found = {}
    for work, own in makes.items():
        workloads = [make(folder, run) for make in own]
        found[work] = [(workload, run(workload)) for workload in workloads]
    return found


def rows_of(
    checked: Mapping[str, Sequence[tuple[Workload, Mapping[str, float]]]], given: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return a row per run: the truth, and the estimate as a multiple of it."""
    rows = []
    for work, runs in checked.items():
        for workload, truth in runs:
            need = estimate(work, workload.terms, given)
            row: dict[str, Any] = {"work": work, "size": workload.name}
            row |= {"seconds": truth["seconds"]}
            row |= {name: truth[name] / 1e6 for name in FIGURES[1:]}
            row |= {f"{name}_times": getattr(need, name) / truth[name] for name in FIGURES}
            row["holds"] = all(1 / WITHIN <= row[f"{name}_times"] <= WITHIN for name in FIGURES)
            rows.append(row)
    return rows


def table_of(rows: Sequence[Mapping[str, Any]]) -> Table:
    columns = (
        Column("work", "Command"),
        Column("size", "Size"),
        Column("seconds", "processor", "s"),
        Column("seconds_times", "estimate, times that", "", 2),
        Column("memory_bytes", "peak memory", "MB"),
        Column("memory_bytes_times", "estimate, times that", "", 2),
        Column("disk_bytes", "results", "MB"),
        Column("disk_bytes_times", "estimate, times that", "", 2),
        Column("holds", f"within a factor of {WITHIN:g}"),
    )
    note = "Sizes that the constants were not fitted to. Cold processes, one thread, one run each."
    command = "python tests/benchmarks/estimate_constants.py --check-only"
    return Table("estimates", "Estimates before work, beside what it took", command, columns, rows, note)


QUICK: dict[str, list[Make]] = {"map": [texts(60, reducer="pca", clusterer="kmeans")]}


def tables(settings: Settings) -> list[Table]:
    """Return how far the estimates that ship are off."""
    if not settings.wants("estimates"):
        return []
    with tempfile.TemporaryDirectory() as folder:
        return [table_of(rows_of(measured(QUICK if settings.quick else CHECKED, Path(folder))))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the constants where emotopy reads them")
    parser.add_argument("--check-only", action="store_true", help="measure no constants, check those that ship")
    parser.add_argument("--work", nargs="+", default=list(FITTED), choices=list(FITTED))
    options = parser.parse_args()
    holds = True
    with tempfile.TemporaryDirectory() as place:
        for work in options.work:
            told = json.loads(PLACE.read_text(encoding="utf-8"))
            if not options.check_only:
                runs = measured({work: FITTED[work]}, Path(place))
                told["constants"][work] = fitted(runs[work])
                told["measured"][work] = one_line(described())
                print(json.dumps(told["constants"][work], indent=1))
                print(table_of(rows_of(runs, told["constants"])).to_markdown(), flush=True)  # how well the fit fits
                if options.write:
                    PLACE.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            rows = rows_of(measured({work: CHECKED[work]}, Path(place)), told["constants"])
            print(table_of(rows).to_markdown(), flush=True)
            holds &= all(row["holds"] for row in rows)
    return int(not holds)


if __name__ == "__main__":
    sys.exit(main())
