"""How long tables take to be read, beside pandas in the same run: `python tests/benchmarks/reading_speed.py`.

Times are medians of five. The bound is twice the time in which pandas reads the same file as strings, which is what a
corpus holds; how long it takes by itself (as Arrow's strings, which no Python code has touched) is printed beside it.
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
from emotopy.readers.tables import read_table

N_TEXTS, N_WORDS, N_RUNS = 1_000_000, 12, 5
MOST = 2.0


def median_s(run: Callable[[], object]) -> float:
    """Return the median of some runs, in seconds."""
    times = []
    for _ in range(N_RUNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def texts(folder: Path, n_texts: int = N_TEXTS, *, quoted: bool = False) -> float:
    """Read a table of texts into a corpus; return the time as a multiple of pandas'."""
    words = np.array([f"word{number}" for number in range(5000)], dtype=object)
    rows = words[np.random.default_rng(0).integers(len(words), size=(n_texts, N_WORDS))].tolist()
    comma = "," if quoted else ""
    mark = '"' if quoted else ""
    path = folder / "texts.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("id,text,group\n")
        file.writelines(
            f"p{number},{mark}{' '.join(row)}{comma} so{mark},g{number % 3}\n" for number, row in enumerate(rows)
        )
    del rows
    plain = median_s(lambda: pd.read_csv(path))
    strings = median_s(lambda: pd.read_csv(path, dtype=object, keep_default_na=False))
    ours = median_s(lambda: corpus_from(read_table(path), id="id", group="group"))
    kind = "quoted" if quoted else "plain"
    print(
        f"{n_texts:,} {kind} texts: ours {ours:.2f} s; pandas as strings {strings:.2f} s ({ours / strings:.2f} times), "
        f"as Arrow's {plain:.2f} s ({ours / plain:.2f} times)"
    )
    return ours / strings


def main() -> int:
    """Run them all; 1 where a bound isn't kept."""
    with tempfile.TemporaryDirectory() as folder:
        found = [texts(Path(folder), quoted=quoted) for quoted in (False, True)]
    return int(max(found) > MOST)


if __name__ == "__main__":
    sys.exit(main())
