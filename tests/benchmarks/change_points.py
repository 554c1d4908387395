"""Does a series without changes get one, and is a planted change found? Simulated noise, then real prose.

    python tests/benchmarks/change_points.py [--runs 300] [--planted 100] [--surrogates 99] [--texts 40 100 200]
        [--from DIR]

Simulated: 18 columns of rank 6, series of 40, 100 and 200 texts under four noises: independent; neighbours that
correlate by 0.3 and 0.6 (first-order autoregression); and prose-like, 70 % new in every text, 30 % that persists by the
factor 0.9. A fifth, whose memory of 33 texts is more than the method grants noise, shows what happens then. Wanted: a
change in at most 5 % of the series without one (99 % binomial band for 300 runs: up to 8.3 %; named where it fails).
For contrast the same series cut by the penalty of the Bayesian information criterion. Planted: a step in the middle of
0.5 and 1 standard deviation of single texts (root mean square over columns).

Real prose (`--from` the folder of GoEmotions): comments in random order as a diary of 120; then diaries of which the
first 70 are of joy, love or gratitude and the last 50 of fear, sadness or anger.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from emotopy.inference.change_points import change_points

sys.path.insert(0, str(Path(__file__).parent))
from made_up_noise import PROSE, serial_noise

SIZES = (40, 100, 200)
NOISES = {
    "independent": 0.0,
    "neighbours 0.3": 0.3,
    "neighbours 0.6": 0.6,
    "prose-like": PROSE,
    "beyond": (0.3, 0.97),
}
BEFORE, AFTER = ("joy", "love", "gratitude"), ("fear", "sadness", "anger")
N_BEFORE, N_AFTER = 70, 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--planted", type=int, default=100)
    parser.add_argument("--surrogates", type=int, default=99)
    parser.add_argument("--texts", type=int, nargs="+", default=SIZES, help="lengths of the simulated series")
    parser.add_argument("--from", dest="folder", type=Path, help="folder with GoEmotions' train.tsv and labels.txt")
    arguments = parser.parse_args()
    begun = time.process_time()
    if arguments.folder:
        prose(arguments)
    simulated(arguments)
    print(f"{time.process_time() - begun:.0f} s of the processor")


def simulated(arguments):
    print(f"{'texts':>5} {'noise':<15} {'no change':>10} {'textbook':>9} {'step 0.5':>9} {'step 1':>7} {'place':>6}")
    direction = np.random.default_rng(9).standard_normal(18)
    direction /= np.sqrt((direction**2).mean())
    for n in arguments.texts:
        for name, lasting in NOISES.items():
            series = [serial_noise(np.random.default_rng([run, n]), n, lasting) for run in range(arguments.runs)]
            rates = [np.mean([found(one, run, arguments) is not None for run, one in enumerate(series)])]
            rates.append(np.mean([textbook(one) for one in series]))
            for size in (0.5, 1.0):
                step = size * direction * (np.arange(n) >= n // 2)[:, None]
                places = [found(one + step, run, arguments) for run, one in enumerate(series[: arguments.planted])]
                rates.append(np.mean([place is not None for place in places]))
            away = [min(abs(place - n // 2)) for place in places if place is not None]
            holds = name == "beyond" or rates[0] <= band(arguments.runs)
            verdict = "" if holds else "  FAILS"
            print(
                f"{n:5d} {name:<15} {rates[0]:10.3f} {rates[1]:9.3f} {rates[2]:9.2f} {rates[3]:7.2f} "
                f"{np.median(away) if away else np.nan:6.0f}{verdict}",
                flush=True,
            )


def found(series, run, arguments):
    places = change_points(series, rng=np.random.default_rng([run, 1]), n_surrogates=arguments.surrogates).places
    return places if len(places) else None


def textbook(series):
    """Whether the penalty d·log n per change, variance of the series as a whole, cuts it."""
    from ruptures import KernelCPD

    scaled = (series - series.mean(axis=0)) / series.std(axis=0)
    shortest = max(5, len(series) // 20)
    model = KernelCPD(kernel="linear", min_size=shortest).fit(scaled)
    return len(model.predict(pen=series.shape[1] * np.log(len(series)))) > 1


def band(runs):
    from scipy.stats import binom

    return binom.ppf(0.995, runs, 0.05) / runs


def prose(arguments):
    from emotopy import map_texts
    from emotopy_plugins.datasets.goemotions import GoEmotionsDataset

    frame = GoEmotionsDataset().load(arguments.folder).dropna(subset=["label"]).drop_duplicates("text")
    quick = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 4}}
    config = {**quick, "language": "any"}  # nothing set aside: a row for each text
    anything = map_texts(frame["text"].sample(4000, random_state=0), config=config).mapped.mapping.profile
    turning = frame[frame["label"].isin(BEFORE + AFTER)]
    profile = map_texts(turning["text"], config=config).mapped.mapping.profile
    before, after = (np.flatnonzero(turning["label"].isin(labels)) for labels in (BEFORE, AFTER))
    false, places = 0, []
    for run in range(arguments.runs):
        rng = np.random.default_rng(run)
        rows = rng.choice(len(anything), N_BEFORE + N_AFTER, replace=False)
        false += found(anything[rows], run, arguments) is not None
    for run in range(arguments.planted):
        rng = np.random.default_rng(run)
        rows = [*rng.choice(before, N_BEFORE, replace=False), *rng.choice(after, N_AFTER, replace=False)]
        places.append(found(profile[rows], run, arguments))
    away = [min(abs(place - N_BEFORE)) for place in places if place is not None]
    rate, share = false / arguments.runs, len(away) / arguments.planted
    print(f"prose in random order: a change in {rate:.3f}{'' if rate <= band(arguments.runs) else '  FAILS'}")
    print(f"prose that turns: found in {share:.2f}, median {np.median(away) if away else np.nan:.0f} comments away")


if __name__ == "__main__":
    main()
