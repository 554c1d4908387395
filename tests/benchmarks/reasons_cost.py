"""What the table of reasons costs: its share of mapping 1,000 texts.

    OMP_NUM_THREADS=1 python tests/benchmarks/reasons_cost.py FOLDER/goemotions/dev.tsv [--repeats 8]

Maps 1,000 comments at a time, others in each run, with the default stages and with pca and kmeans, and then makes the
table of the same fit once more. The first run, which loads everything, isn't counted. Prints medians of both in
seconds, and the median of the table's share in the run.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import numpy as np

from emotopy import TextPathway
from emotopy.pathways.text.reasons import explain_fits
from emotopy.readers.segmentation import segment_texts

N_TEXTS, STEP = 1_000, 500
STAGES = {"default stages": {}, "pca, kmeans": {"reducer": "pca", "clusterer": "kmeans"}}


def main() -> None:
    """Print the costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--repeats", type=int, default=8)
    given = parser.parse_args()
    with given.file.open(encoding="utf-8", newline="") as file:
        texts = [row[0] for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    for name, stages in STAGES.items():
        pathway = TextPathway.from_config(stages)
        runs = []
        for run in range(given.repeats + 1):
            some = [texts[(run * STEP + i) % len(texts)] for i in range(N_TEXTS)]
            start = time.perf_counter()
            fitted = pathway.fit(some)
            fitted.result.tables  # noqa: B018 (the tables of a result are made when they are read)
            between = time.perf_counter()
            mapped = fitted.mapped
            cut = segment_texts([mapped.corpus.text[row] for row in mapped.scored], pathway.config.segment)
            again = time.perf_counter()
            table = explain_fits(fitted.fits, mapped, fitted.result.clusters, cut)
            runs.append((between - start, time.perf_counter() - again))
            assert table is not None
        whole, own = np.median(runs[1:], axis=0)
        share = np.median([part / run for run, part in runs[1:]])
        print(f"{name}: mapping {whole:.2f} s, of which reasons {own:.3f} s, {100 * share:.1f} %")


if __name__ == "__main__":
    main()
