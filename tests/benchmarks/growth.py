"""How time and memory grow: the same commands over n, 2n, 4n, 8n, as cold processes of one thread.

    python tests/benchmarks/growth.py [--quick] [--repeats 3]

`map` in memory by pca/kmeans and by the default stages, `compare` over units, `decode` over subjects. The exponent is
log₂ of what a doubling multiplies: 1 is linear, below 1 the start-up still weighs. The last column is the slope of the
last step over that of the one before: above 1 time grows faster than linearly. A million texts: million.py.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench_table import Column, Settings, Table, growth, last_slopes
from processes import Used, measure, median, python_of
from workloads import Workload, compare_units, decode_study, map_texts

NAMES = ("growth",)


def run(workload: Workload, repeats: int = 1) -> Used:
    """Return the median of what a workload takes."""
    print(f"  {workload.work}: {workload.name}", file=sys.stderr, flush=True)
    return median([measure([python_of(), "-m", "emotopy", *workload.words]) for _ in range(repeats)])


def series(folder: Path, *, quick: bool) -> Iterator[tuple[str, list[int], Callable[[int], Workload]]]:
    """Yield what grows: its name, its sizes, and the workload of a size."""
    n = (100, 200) if quick else (5000, 10_000, 20_000, 40_000)
    yield "map, pca/kmeans: texts", list(n), partial(map_texts, folder, reducer="pca", clusterer="kmeans")
    if quick:
        return
    yield "map, default: texts", list(n), partial(map_texts, folder)
    yield "compare, 2 groups: units", [250, 500, 1000, 2000], partial(compare_units, folder, run)
    yield "decode, 40 regions: subjects", [6, 12, 24, 48], lambda size: decode_study(folder, size, 40, n_surrogates=100)


def tables(settings: Settings) -> list[Table]:
    """Return how time and memory grow."""
    if not settings.wants("growth"):
        return []
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as place:
        for name, sizes, workload_of in series(Path(place), quick=settings.quick):
            used = [run(workload_of(size), min(settings.repeats, 3)) for size in sizes]
            cpu, peak = [one.cpu_s for one in used], [one.peak_mb for one in used]
            slopes = last_slopes(sizes, cpu)
            for i, exponent in enumerate(growth(sizes, cpu)):
                rows.append({"what": name, "size": sizes[i], "wall": used[i].wall_s, "cpu": cpu[i], "peak": peak[i]})
                rows[-1] |= {"exponent": exponent, "slopes": slopes if i == len(sizes) - 1 else None}
    columns = (
        Column("what", "What"),
        Column("size", "n"),
        Column("wall", "wall clock", "s"),
        Column("cpu", "processor", "s"),
        Column("exponent", "exponent of growth", "", 2),
        Column("slopes", "last slope / the one before", "", 3),
        Column("peak", "peak memory", "MB"),
    )
    note = "Made-up texts of 14 words and simulated studies (362 volumes, 3 emotions, 100 surrogates); one thread."
    command = "python tests/benchmarks/growth.py"
    return [Table("growth", "Growth over n, 2n, 4n, 8n", command, columns, rows, note)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    for table in tables(Settings(quick=options.quick, repeats=1 if options.quick else options.repeats)):
        print(table.to_markdown())


if __name__ == "__main__":
    main()
