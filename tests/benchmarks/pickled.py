"""How large a pickled result is, and what the door for tables costs: `python tests/benchmarks/pickled.py --from DIR`.

DIR holds dev.tsv of GoEmotions. 1,000 different texts of dev, two groups, the recommended preset;
then half a million made-up texts of twenty words as tables of pandas, pyarrow and polars. Time is processor time of
this process; memory is what it holds more afterwards. Only sizes are printed.
"""

from __future__ import annotations

import argparse
import gc
import pickle
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from emotopy import map_texts
from emotopy.readers.in_memory import as_frame
from emotopy_plugins.datasets.goemotions import GoEmotionsDataset

N_TEXTS, N_MADE_UP, N_WORDS = 1000, 500_000, 20
WORDS = "I you we am are was so very afraid happy angry of the dark night"


def sizes(folder: Path) -> None:
    """Print the sizes of a result, before and after its tables were made, without and with values of sentences."""
    frame = GoEmotionsDataset(split="dev").load(folder).drop_duplicates("text").head(N_TEXTS)
    frame = frame.assign(half=["a", "b"] * (N_TEXTS // 2))
    for keep in (False, True):
        result = map_texts(frame, text="text", group="half", id="id", keep_segments=keep)
        unread = len(pickle.dumps(result))
        tables = len(result.tables)
        read = len(pickle.dumps(result))
        print(f"keep_segments={keep}: {unread / 1e6:.2f} MB; {tables} tables made: {read / 1e6:.2f} MB")


def door() -> None:
    """Print what it costs to make a DataFrame of a table of another library."""
    import polars as pl

    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"text": [" ".join(rng.choice(WORDS.split(), N_WORDS)) for _ in range(N_MADE_UP)]})
    makers = {
        "pandas": lambda: frame,
        "pyarrow": lambda: pa.Table.from_pandas(frame),
        "polars": lambda: pl.from_pandas(frame),
    }
    for name, make in makers.items():
        table = make()
        gc.collect()
        before, start = held_mb(), time.process_time()
        made = as_frame(table)
        print(f"{name}: {time.process_time() - start:.2f} s, {held_mb() - before:.0f} MB for {len(made):,} texts")


def held_mb() -> float:
    """Return the memory that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="folder", type=Path, required=True)
    sizes(parser.parse_args().folder)
    door()
