"""A saved model of a large fit: its size, how long it takes to load, and how long to map one text with it.

    python tests/benchmarks/saved_model.py --data ../shared/data --out FOLDER

The preset `recommended` is fitted to the texts of GoEmotions train (43,410) and saved; a process of its own loads it
and maps texts of the dev split one by one, which the fit has not seen. Imports are told apart: first emotopy, then
the libraries that loading brings in the first time (a second load in the same process has them). Times are medians:
of 5 loads, of 200 texts after 20 to warm up. `--reuse` takes the model that an earlier run left in FOLDER.
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
    start = time.perf_counter()
    import emotopy

    emotopy.load, emotopy.Registry  # noqa: B018 (names are imported on first use)
    imported = time.perf_counter()
    registry = emotopy.Registry.load(plugins=False)
    known = time.perf_counter()
    fitted = emotopy.load(folder, registry=registry)
    loaded = time.perf_counter()
    again = [timed(lambda: emotopy.load(folder, registry=registry)) for _ in range(N_LOADS)]
    frame = fitted.transform(texts_of(data, "dev")).texts
    unseen = texts_of(data, "dev")
    texts = [unseen[row] for row in frame["row"][frame["status"] == "scored"]][:2_000]  # one alone is refused elsewise
    first = timed(lambda: fitted.transform(texts[:1]))
    each = [timed(lambda text=text: fitted.transform([text])) for text in texts[1 : 1 + N_WARM + N_TEXTS]][N_WARM:]
    tables = [timed(lambda text=text: fitted.transform([text]).texts) for text in texts[: N_WARM + N_TEXTS]][N_WARM:]
    many = timed(lambda: fitted.transform(texts))
    print(
        f"import emotopy {imported - start:.2f} s, registry {known - imported:.2f} s, first load with its libraries "
        f"{loaded - known:.2f} s, load again {np.median(again):.2f} s\n"
        f"one text: first {1e3 * first:.0f} ms, then median {1e3 * np.median(each):.1f} ms, 95 % "
        f"{1e3 * np.quantile(each, 0.95):.1f} ms; with its table {1e3 * np.median(tables):.1f} ms; "
        f"{len(texts):,} texts at once {many:.2f} s"
    )


def texts_of(data: Path, split: str) -> list[str]:
    import csv

    import pandas as pd

    file = data / "goemotions" / f"{split}.tsv"
    return list(pd.read_csv(file, sep="\t", header=None, quoting=csv.QUOTE_NONE, usecols=[0], dtype=str)[0])


def timed(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
