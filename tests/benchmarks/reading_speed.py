"""How long tables take to be read, beside pandas in the same run: `python tests/benchmarks/reading_speed.py`.

Medians of five, ours and pandas' in turn, so that what else the machine does meets both. The bound is twice pandas'
time. Texts are compared with pandas reading strings, which is what a corpus holds; how long pandas takes by itself (as
Arrow's strings, which no Python code has touched) is printed beside it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pandas as pd
from bench_table import Column, Settings, Table
from processes import median, works_in_turn

from emotopy.readers.corpora import corpus_from
from emotopy.readers.series import read_series_folder
from emotopy.readers.tables import read_table

NAMES = ("reading",)
N_RUNS, MOST = 5, 2.0
N_TEXTS, N_WORDS = 1_000_000, 12
N_SUBJECTS, N_VOLUMES, N_REGIONS = 27, 362, 400


@attrs.frozen
class Sizes:
    """How much is read, and how often."""

    n_runs: int = N_RUNS
    n_texts: int = N_TEXTS
    n_subjects: int = N_SUBJECTS


def medians_s(n_runs: int, *works: Callable[[], object]) -> list[float]:
    """Return the median time of each, run in turn."""
    found = works_in_turn({str(i): work for i, work in enumerate(works)}, repeats=n_runs, warm_up=False)
    return [median(runs).wall_s for runs in found.values()]


def region_series(folder: Path, sizes: Sizes) -> dict[str, Any]:
    """Read region series, a CSV per subject; return the times."""
    rng = np.random.default_rng(0)
    names = [f"region_{i:03d}" for i in range(N_REGIONS)]
    for subject in range(sizes.n_subjects):
        values = pd.DataFrame(rng.standard_normal((N_VOLUMES, N_REGIONS)), columns=names)
        values.to_csv(folder / f"sub-{subject:02d}.csv", index=False)

    def by_pandas() -> None:
        for path in sorted(folder.iterdir()):
            pd.read_csv(path)

    ours, theirs = medians_s(sizes.n_runs, lambda: read_series_folder(folder, 2.0), by_pandas)
    what = f"{sizes.n_subjects} region series of {N_VOLUMES} × {N_REGIONS}"
    print(f"{what}: ours {ours:.2f} s; pandas {theirs:.2f} s ({ours / theirs:.2f} times)", flush=True)
    return {"what": what, "ours": ours, "pandas": theirs, "times": ours / theirs}


def texts(folder: Path, sizes: Sizes, *, quoted: bool) -> dict[str, Any]:
    """Read a table of texts into a corpus; return the times."""
    words = np.array([f"word{number}" for number in range(5000)], dtype=object)
    rows = words[np.random.default_rng(0).integers(len(words), size=(sizes.n_texts, N_WORDS))].tolist()
    comma, mark = (",", '"') if quoted else ("", "")
    path = folder / "texts.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("id,text,group\n")
        file.writelines(
            f"p{number},{mark}{' '.join(row)}{comma} so{mark},g{number % 3}\n" for number, row in enumerate(rows)
        )
    del rows
    read, ours, strings, plain = medians_s(
        sizes.n_runs,
        lambda: read_table(path),
        lambda: corpus_from(read_table(path), id="id", group="group"),
        lambda: pd.read_csv(path, dtype=object, keep_default_na=False),
        lambda: pd.read_csv(path),
    )
    kind = "quoted" if quoted else "plain"
    print(
        f"{sizes.n_texts:,} {kind} texts: read {read:.2f} s, with the corpus {ours:.2f} s; pandas as "
        f"strings {strings:.2f} s ({read / strings:.2f} and {ours / strings:.2f} times), as Arrow's {plain:.2f} s "
        f"({read / plain:.2f} and {ours / plain:.2f} times)",
        flush=True,
    )
    what = f"{sizes.n_texts:,} {kind} texts as a corpus"
    return {"what": what, "ours": ours, "pandas": strings, "times": ours / strings, "arrow": plain}


def measured(sizes: Sizes) -> list[dict[str, Any]]:
    """Measure all."""
    found = []
    for measure in (
        region_series,
        lambda folder, sizes: texts(folder, sizes, quoted=False),
        lambda folder, sizes: texts(folder, sizes, quoted=True),
    ):
        with tempfile.TemporaryDirectory() as folder:
            found.append(measure(Path(folder), sizes))
    return found


def tables(settings: Settings) -> list[Table]:
    """Return the times of reading beside pandas'."""
    if not settings.wants("reading"):
        return []
    sizes = Sizes(1, 20_000, 2) if settings.quick else Sizes(settings.repeats)
    columns = (
        Column("what", "What"),
        Column("ours", "emotopy", "s"),
        Column("pandas", "pandas, as strings", "s"),
        Column("times", "times pandas"),
        Column("arrow", "pandas, as Arrow's", "s"),
    )
    note = "Wanted: at most twice pandas' time. Checks of every column and the corpus are included on our side."
    command = "python tests/benchmarks/reading_speed.py"
    return [Table("reading", "Reading tables beside pandas", command, columns, measured(sizes), note)]


def main() -> int:
    """Measure all; 1 where the bound isn't kept."""
    return int(max(one["times"] for one in measured(Sizes())) > MOST)


if __name__ == "__main__":
    sys.exit(main())
