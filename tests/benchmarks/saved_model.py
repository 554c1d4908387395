"""A saved model of a large fit: its size, how long it takes to load, and how long to map one text with it.

    python tests/benchmarks/saved_model.py --data ../shared/data --out FOLDER

The preset `recommended` is fitted to the texts of GoEmotions train (43,410) and saved; a process of its own loads it
and maps texts of the dev split one by one, which the fit has not seen. Imports are told apart: first emotopy, then
the libraries that loading brings in the first time (a second load in the same process has them). Times are medians of
the wall clock and of the processor's time: of 5 loads, of 200 texts after 20 to warm up. `--reuse` takes the model
that an earlier run left in FOLDER.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

N_LOADS, N_WARM, N_TEXTS = 5, 20, 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds goemotions/")
    parser.add_argument("--out", type=Path, required=True, help="folder for the model")
    parser.add_argument("--reuse", action="store_true")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        measure(arguments.out, arguments.data)
        return
    if not arguments.reuse:
        fit(arguments.out, arguments.data)
    size = {path.name: path.stat().st_size for path in sorted(arguments.out.iterdir())}
    print(
        "; ".join(f"{name} {n / 1e6:.2f} MB" for name, n in size.items()), f"; {sum(size.values()) / 1e6:.2f} MB in all"
    )
    words = [sys.executable, __file__, "--child", "--data", str(arguments.data), "--out", str(arguments.out)]
    subprocess.run(words, check=True)


def fit(folder: Path, data: Path) -> None:
    from emotopy import TextPathway

    texts = texts_of(data, "train")
    start = time.perf_counter()
    fitted = TextPathway.from_config({"reporter": []}).fit(texts)
    middle = time.perf_counter()
    fitted.save(folder, force=True)
    print(f"{len(texts):,} texts fitted in {middle - start:.0f} s, saved in {time.perf_counter() - middle:.1f} s")


def measure(folder: Path, data: Path) -> None:
    clock = Clock()
    import emotopy

    emotopy.load, emotopy.Registry  # noqa: B018 (names are imported on first use)
    imported = clock.lap()
    registry = emotopy.Registry.load(plugins=False)
    known = clock.lap()
    fitted = emotopy.load(folder, registry=registry)
    loaded = clock.lap()
    again = Laps.of(lambda _: emotopy.load(folder, registry=registry), range(N_LOADS))
    frame = fitted.transform(texts_of(data, "dev")).texts
    unseen = texts_of(data, "dev")
    texts = [unseen[row] for row in frame["row"][frame["status"] == "scored"]][:2_000]  # one alone is refused elsewise
    for text in texts[:N_WARM]:
        fitted.transform([text])
    some = texts[N_WARM : N_WARM + N_TEXTS]
    print(
        f"import emotopy {imported}; registry {known}; first load, with its libraries {loaded}; load again {again}\n"
        f"a text: {Laps.of(lambda text: fitted.transform([text]), some, 1e3, 'ms')}; with its table "
        f"{Laps.of(lambda text: fitted.transform([text]).texts, some, 1e3, 'ms')}; "
        f"{len(texts):,} texts at once {Laps.of(fitted.transform, [texts])}"
    )


def texts_of(data: Path, split: str) -> list[str]:
    import csv

    import pandas as pd

    file = data / "goemotions" / f"{split}.tsv"
    return list(pd.read_csv(file, sep="\t", header=None, quoting=csv.QUOTE_NONE, usecols=[0], dtype=str)[0])


class Clock:
    """Wall clock and processor time since the last lap."""

    def __init__(self) -> None:
        self.last = self.now()

    @staticmethod
    def now() -> np.ndarray:
        return np.array([time.perf_counter(), time.process_time()])

    def lap(self) -> Laps:
        before, self.last = self.last, self.now()
        return Laps(self.last[None] - before[None], 1.0, "s")


class Laps:
    """Laps of some works, (n_works, 2): printed as the median of the wall clock and of the processor's time."""

    def __init__(self, laps: np.ndarray, scale: float, unit: str) -> None:
        self.laps, self.scale, self.unit = laps, scale, unit

    @classmethod
    def of(cls, work, works, scale: float = 1.0, unit: str = "s") -> Laps:
        clock, laps = Clock(), []
        for one in works:
            clock.lap()
            work(one)
            laps.append(clock.lap().laps[0])
        return cls(np.array(laps), scale, unit)

    def __str__(self) -> str:
        wall, cpu = self.scale * np.median(self.laps, axis=0)
        return f"{wall:.2f} {self.unit} (processor {cpu:.2f})"


if __name__ == "__main__":
    main()
