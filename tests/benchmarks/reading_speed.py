"""How long tables take to be read, beside pandas in the same run: `python tests/benchmarks/reading_speed.py`.

Medians of five, ours and pandas' in turn, so that what else the machine does meets both. The bound is twice pandas'
time. Texts are compared with pandas reading strings, which is what a corpus holds; how long pandas takes by itself (as
Arrow's strings, which no Python code has touched) is printed beside it.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from emotopy.readers.corpora import corpus_from
from emotopy.readers.series import read_series_folder
from emotopy.readers.tables import read_table

N_RUNS, MOST = 5, 2.0
N_TEXTS, N_WORDS = 1_000_000, 12
N_SUBJECTS, N_VOLUMES, N_REGIONS = 27, 362, 400


def medians_s(*works: Callable[[], object]) -> list[float]:
    """Return the median time of each, run in turn."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(N_RUNS):
        for work, own in zip(works, times, strict=True):
            begin = time.perf_counter()
            work()
            own.append(time.perf_counter() - begin)
    return [statistics.median(own) for own in times]


def region_series(folder: Path) -> float:
    """Read region series, a CSV per subject; return the time as a multiple of pandas'."""
    rng = np.random.default_rng(0)
    names = [f"region_{i:03d}" for i in range(N_REGIONS)]
    for subject in range(N_SUBJECTS):
        values = pd.DataFrame(rng.standard_normal((N_VOLUMES, N_REGIONS)), columns=names)
        values.to_csv(folder / f"sub-{subject:02d}.csv", index=False)

    def by_pandas() -> None:
        for path in sorted(folder.iterdir()):
            pd.read_csv(path)

    ours, theirs = medians_s(lambda: read_series_folder(folder, 2.0), by_pandas)
    what = f"{N_SUBJECTS} region series of {N_VOLUMES} × {N_REGIONS}"
    print(f"{what}: ours {ours:.2f} s; pandas {theirs:.2f} s ({ours / theirs:.2f} times)", flush=True)
    return ours / theirs


def texts(folder: Path, *, quoted: bool) -> float:
    """Read a table of texts into a corpus; return the time as a multiple of pandas'."""
    words = np.array([f"word{number}" for number in range(5000)], dtype=object)
    rows = words[np.random.default_rng(0).integers(len(words), size=(N_TEXTS, N_WORDS))].tolist()
    comma, mark = (",", '"') if quoted else ("", "")
    path = folder / "texts.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("id,text,group\n")
        file.writelines(
            f"p{number},{mark}{' '.join(row)}{comma} so{mark},g{number % 3}\n" for number, row in enumerate(rows)
        )
    del rows
    read, ours, strings, plain = medians_s(
        lambda: read_table(path),
        lambda: corpus_from(read_table(path), id="id", group="group"),
        lambda: pd.read_csv(path, dtype=object, keep_default_na=False),
        lambda: pd.read_csv(path),
    )
    kind = "quoted" if quoted else "plain"
    print(
        f"{N_TEXTS:,} {kind} texts: read {read:.2f} s, with the corpus {ours:.2f} s; pandas as "
        f"strings {strings:.2f} s ({read / strings:.2f} and {ours / strings:.2f} times), as Arrow's {plain:.2f} s "
        f"({read / plain:.2f} and {ours / plain:.2f} times)",
        flush=True,
    )
    return ours / strings


def main() -> int:
    """Measure all; 1 where the bound isn't kept."""
    found = []
    for measure in (
        region_series,
        lambda folder: texts(folder, quoted=False),
        lambda folder: texts(folder, quoted=True),
    ):
        with tempfile.TemporaryDirectory() as folder:
            found.append(measure(Path(folder)))
    return int(max(found) > MOST)


if __name__ == "__main__":
    sys.exit(main())
