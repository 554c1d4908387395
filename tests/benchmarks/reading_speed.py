"""How long tables take to read, against pandas' own time: ratios of medians of 5.

One function per table. `python tests/benchmarks/reading_speed.py` prints a line for each.

Region series: 27 files of 362 volumes and 400 regions, wanted: at most twice as long as `pandas.read_csv`.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from emotopy.readers.series import read_series_folder

N_REPEATS = 5
N_SUBJECTS, N_VOLUMES, N_REGIONS = 27, 362, 400


def medians_s(*works: Callable[[], object]) -> list[float]:
    """Return the median time of each, run in turn so that what else the machine does meets all of them."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(N_REPEATS):
        for work, own in zip(works, times, strict=True):
            begin = time.perf_counter()
            work()
            own.append(time.perf_counter() - begin)
    return [statistics.median(own) for own in times]


def region_series(folder: Path) -> tuple[float, float]:
    """Write the series; return the times of ours and pandas'."""
    rng = np.random.default_rng(0)
    names = [f"region_{i:03d}" for i in range(N_REGIONS)]
    for subject in range(N_SUBJECTS):
        values = pd.DataFrame(rng.standard_normal((N_VOLUMES, N_REGIONS)), columns=names)
        values.to_csv(folder / f"sub-{subject:02d}.csv", index=False)

    def by_pandas() -> None:
        for path in sorted(folder.iterdir()):
            pd.read_csv(path)

    ours, theirs = medians_s(lambda: read_series_folder(folder, 2.0), by_pandas)
    return ours, theirs


TABLES = {f"{N_SUBJECTS} region series of {N_VOLUMES} × {N_REGIONS}": region_series}


def main() -> None:
    """Measure each table and print its line."""
    for what, measure in TABLES.items():
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs = measure(Path(folder))
        print(f"{what}: {ours:.2f} s, pandas {theirs:.2f} s, ratio {ours / theirs:.2f}")


if __name__ == "__main__":
    main()
