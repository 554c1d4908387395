"""What the published decoding scores on noise: its split, windows and models (preset zhang2026) put to the test.

    OMP_NUM_THREADS=1 python tests/benchmarks/published_split.py --data ../shared/data
        [--figure docs/published-decoding.svg] [--only noise,grid,splits,models,real]

Labels are those of GPT-4 for the 91 segments of *Alice*, chapter 1 (data/alice-gpt4; summary figures only). *Noise*
knows nothing of the story: every listener is simulated by itself (`emotopy.simulate.simulate_noise`: regions are sums
of so many AR(1) processes), or is a real recording whose phases were randomised, all regions alike, which keeps its
spectra and covariances, hence its rank and smoothness. *Real* are recordings of Brennan et al. (2016), 6 regions, the
first 13 of 27 listeners for the sake of time. Published: R² 0.593 and squared error
0.0047 (RBF SVR), 0.559 (ridge). R² and squared error are means over the 8 emotions, of all tested rows. No figure was
tuned: model and split are the published ones.

Splits: *random*, 10 % of all rows; *3 listeners out*; *story's end*, the last 10 % of the story, purged; *3 listeners
and a block out*, each fifth of the story in turn, purged, of three listeners, trained on the others' rest.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs
import numpy as np
import pandas as pd

from emotopy.experiments.decoding import ProcedureScores, score_procedure
from emotopy.inference.nulls import phase
from emotopy.inference.splits import Fold, SampleIndex, Split
from emotopy.pathways.brain.pathway import BrainPathway
from emotopy.pathways.brain.study import Study
from emotopy.records.brain import Ratings, RegionSeries
from emotopy.registry import Registry
from emotopy.simulate import simulate_noise
from emotopy_plugins.datasets.alice import AliceDataset

PUBLISHED_R2 = 0.593
START_S = 20.0
N_OUT = 3
N_FEW = 13
"""Listeners where there are 6 regions: the SVR is slow where it can't fit."""
MODELS = {
    "svr-rbf": {},
    "linear-svr": {"use": "linear-svr", "C": 0.01, "epsilon": 0.01, "solver": "libsvm", "standardise_targets": False},
    "ridge": {"use": "ridge", "alpha": 3237.457},
    "lasso": {"use": "lasso", "alpha": 6.551e-4, "standardise_targets": False},
    "least-squares": {"use": "least-squares"},
    "random-forest": {
        "use": "random-forest",
        "n_estimators": 200,  # of 2,000, for the sake of time
        "max_depth": 30,
        "min_samples_split": 5,
        "min_samples_leaf": 2,
        "max_features": "sqrt",
    },
}


@attrs.frozen(eq=False)
class GivenFolds:
    """A plan whose folds are given."""

    index: SampleIndex
    block: np.ndarray
    made: list[Fold]

    def folds(self) -> list[Fold]:
        return self.made

    @property
    def cell(self) -> np.ndarray:
        return self.block


def listeners_out(index: SampleIndex) -> GivenFolds:
    """The last three listeners are tested, the others train."""
    test = index.subject >= index.subject.max() - N_OUT + 1
    return GivenFolds(index, np.zeros(len(test), dtype=int), [Fold(~test, test, -1, 0)])


def listeners_and_block_out(index: SampleIndex) -> GivenFolds:
    """Each fifth of the story in turn, of the last three listeners; others train with what lies far enough away."""
    plan = Split("block").plan(index)
    test = index.subject >= index.subject.max() - N_OUT + 1
    folds = [Fold(one.train & ~test, one.test & test, -1, one.block) for one in plan.folds()]
    return GivenFolds(index, plan.block, folds)


SPLITS: dict[str, tuple[dict[str, object], Callable[[SampleIndex], GivenFolds] | None]] = {
    "random": ({}, None),
    f"{N_OUT} listeners out": ({}, listeners_out),
    "story's end": ({"kind": "chronological", "test_fraction": 0.1}, None),
    f"{N_OUT} listeners and a block out": ({}, listeners_and_block_out),
}


class Bench:
    """Scores a study by the published procedure and prints a row for it."""

    def __init__(self, ratings: Ratings) -> None:
        self.ratings = ratings
        self.registry = Registry.load()

    def score(
        self,
        what: str,
        series: Sequence[RegionSeries],
        *,
        split: str = "random",
        per_segment: int = 1,
        n: int = 0,
        null: str = "phase",
        decoder: dict[str, object] | None = None,
    ) -> ProcedureScores:
        start = time.perf_counter()
        options, plan = SPLITS[split]
        config = {
            "null": {"kind": "phase", "n": max(n, 1)},
            "windowing": {"per_segment": per_segment},
            "split": options,
            "reporter": [],
            "seed": 1,
        }
        if decoder:
            config["neural_decoder"] = decoder
        pathway = BrainPathway.from_config(config, preset="zhang2026", registry=self.registry)
        study = Study.of(series, self.ratings, start_s=START_S)
        found = score_procedure(pathway, study, plan=plan, null=null, surrogates=n > 0)
        surrogates = ", ".join(f"{value:.3f}" for value in sorted(found.mean_r2[1:])) or "-"
        surrogates = surrogates if n <= 2 else f"{found.mean_r2[1:].mean():.3f} ({found.mean_r2[1:].max():.3f})"
        rows = f"{found.n_train:,}/{found.n_test:,}"
        print(
            f"| {what}, {len(series)} listeners, {per_segment} a segment | {split} | {rows} | {found.mean_r2[0]:.3f} "
            f"| {found.mean_mse[0]:.4f} | {surrogates} | {time.perf_counter() - start:.0f} |",
            flush=True,
        )
        return found


def header(title: str, surrogates: str = "R² on a phase surrogate of the labels") -> None:
    print(f"\n## {title}\n\n| recordings, windows | split | train/test rows | R² | MSE | {surrogates} | s |")
    print("|---|---|---|---|---|---|---|")


def noise_of(n_regions: int, rank: int | None, ar: float, seed: int = 1) -> tuple[str, tuple[RegionSeries, ...]]:
    """Return what noise is called, and 26 listeners of it."""
    name = f"noise: {n_regions} regions, rank {rank or n_regions}, AR {ar:g}, seed {seed}"
    return name, simulate_noise(n_regions=n_regions, rank=rank, ar=ar, seed=seed)


def like(series: Sequence[RegionSeries], seed: int = 1) -> list[RegionSeries]:
    """Return noise with the spectra and covariances of each recording, each listener randomised by itself."""
    rngs = np.random.default_rng(seed).spawn(len(series))
    return [attrs.evolve(one, values=phase(rng, 1, one.values)[0]) for one, rng in zip(series, rngs, strict=True)]


def measured(series: Sequence[RegionSeries]) -> tuple[float, float]:
    """Return the regions' effective rank (participation ratio) and lag-1 autocorrelation, means over listeners."""
    ranks, ars = [], []
    for one in series:
        values = np.linalg.eigvalsh(np.corrcoef(one.values.T))
        ranks.append(values.sum() ** 2 / (values**2).sum())
        ars += [np.corrcoef(column[1:], column[:-1])[0, 1] for column in one.values.T]
    return float(np.mean(ranks)), float(np.mean(ars))


def read_labels(folder: Path) -> Ratings:
    """GPT-4's labels on the recording's clock; segments follow each other."""
    labels = pd.read_csv(folder / "labels.csv", index_col=0)
    ends = pd.read_csv(folder / "segment_ends.csv", index_col=0)["timestamps"].to_numpy()
    onset = np.concatenate([[START_S], ends[:-1]])
    return Ratings(tuple(str(name).lower() for name in labels.columns), onset, ends - onset, labels.to_numpy())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds alice-gpt4/ and alice-brennan2016/")
    parser.add_argument("--only", default="noise,grid,splits,models,real", help="parts to run")
    parser.add_argument("--figure", type=Path, help="where the picture goes; needs all parts")
    options = parser.parse_args()
    parts, start, busy = options.only.split(","), time.perf_counter(), time.process_time()
    bench = Bench(read_labels(options.data / "alice-gpt4"))
    alice = AliceDataset().load(options.data / "alice-brennan2016").series
    rank, ar = measured(alice)
    print(f"recordings: 6 regions, effective rank {rank:.1f}, autocorrelation of neighbouring volumes {ar:.2f}")
    bars: list[tuple[str, float]] = []
    if "noise" in parts:
        bars += noise(bench, alice)
    if "grid" in parts:
        bars += grid(bench, ar)
    if "splits" in parts:
        bars += splits(bench)
    if "models" in parts:
        models(bench)
    if "real" in parts:
        bars += real(bench, alice)
    if options.figure:
        options.figure.write_text(picture(bars), "utf-8")
    print(f"\n{time.perf_counter() - start:.0f} s, processor {time.process_time() - busy:.0f} s")


def noise(bench: Bench, alice: Sequence[RegionSeries]) -> list[tuple[str, float]]:
    header("Noise with the rank and smoothness of the recordings")
    few = alice[:N_FEW]
    bench.score("phase-randomised recordings, 6 regions, seed 1", like(few))
    found = bench.score("phase-randomised recordings, 6 regions, seed 1", like(few), per_segment=3)
    return [("noise like the 6-region recordings, 3 windows a segment", round(float(found.mean_r2[0]), 3))]


def grid(bench: Bench, ar: float) -> list[tuple[str, float]]:
    header("A grid around them, random split")
    bars = []
    for n_regions, rank, smooth, per_segment in (
        *((100, rank, one, 1) for rank in (5, 10, 20, None) for one in (0.5, round(ar, 2), 0.9)),
        (100, 5, round(ar, 2), 3),
        (100, 20, 0.5, 3),
        (400, 20, 0.5, 1),
    ):
        name, series = noise_of(n_regions, rank, smooth)
        found = bench.score(name, series, per_segment=per_segment)
        if smooth == 0.5 and rank in (20, None):
            windows = f"{per_segment} window{'s' * (per_segment > 1)} a segment"
            what = f"noise, {n_regions} regions, rank {rank or n_regions}, {windows}"
            bars.append((what, round(float(found.mean_r2[0]), 3)))
    for seed in (2, 3):
        name, series = noise_of(100, 20, 0.5, seed)
        bench.score(name, series)
    return bars


def splits(bench: Bench) -> list[tuple[str, float]]:
    name, series = noise_of(100, 20, 0.5)
    header("The same noise under other splits", "R² on 9 phase surrogates: mean (largest)")
    bars = []
    for split in SPLITS:
        found = bench.score(name, series, split=split, n=9)
        if split != "random":
            bars.append((f"noise, 100 regions, rank 20: {split}", round(float(found.mean_r2[0]), 3)))
    header("The published permutation, on noise", "R² on 19 row shuffles: mean (largest)")
    bench.score(name, series, n=19, null="rows")
    return bars


def models(bench: Bench) -> None:
    header("The six models, random split")
    for rank, names in ((20, ("svr-rbf", "ridge", "lasso")), (None, MODELS)):
        name, series = noise_of(100, rank, 0.5)
        for model in names:
            bench.score(f"{model}; {name}", series, decoder=MODELS[model])
    name, series = noise_of(100, 20, 0.5)
    bench.score(f"ridge; {name}", series, decoder=MODELS["ridge"], per_segment=3)


def real(bench: Bench, alice: Sequence[RegionSeries]) -> list[tuple[str, float]]:
    header("Real recordings, 6 regions, true and phase-randomised labels")
    few = alice[:N_FEW]
    bench.score("real", few, n=1)
    found = bench.score("real", few, per_segment=3, n=1)
    bars = [
        ("real recordings, 6 regions, 3 windows: true labels", round(float(found.mean_r2[0]), 3)),
        ("real recordings, 6 regions, 3 windows: surrogate labels", round(float(found.mean_r2[1:].mean()), 3)),
    ]
    for split in list(SPLITS)[1:]:
        bench.score("real", few, split=split, n=1)
    out = bench.score("real", few, split=f"{N_OUT} listeners out", per_segment=3, n=1)
    bars.append((f"real recordings, 6 regions, 3 windows: {N_OUT} listeners out", round(float(out.mean_r2[0]), 3)))
    return bars


# The picture ----------------------------------------------------------------------------------------------------------

LEFT, RIGHT, TOP, ROW_HEIGHT, WIDTH = 400, 30, 46, 26, 860
HALO = 'fill="#30509a" stroke="#ffffff" stroke-width="4" paint-order="stroke"'
"""Numbers stay legible on the lines that they cross."""
LOW = -0.5
"""R² below this is drawn at the edge, with its number."""


def picture(bars: Sequence[tuple[str, float]]) -> str:
    """Return an SVG of R² per row beside the published one; no script, no font of its own, no date."""
    height = TOP + ROW_HEIGHT * len(bars) + 34

    def x_of(r2: float) -> float:
        return round(LEFT + (max(r2, LOW) - LOW) / (1 - LOW) * (WIDTH - LEFT - RIGHT), 1)

    box = f'viewBox="0 0 {WIDTH} {height}" role="img" font-family="sans-serif" font-size="13"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}>',
        "<title>R² of the published decoding on noise and on recordings, by split</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for tick in (-0.5, 0.0, 0.5, 1.0):
        x = x_of(tick)
        lines.append(f'<line x1="{x}" y1="{TOP - 8}" x2="{x}" y2="{height - 30}" stroke="#d0d0d0"/>')
        label = f"{tick:g}".replace("-", "−")
        lines.append(f'<text x="{x}" y="{height - 12}" text-anchor="middle" fill="#444444">{label}</text>')
    x = x_of(PUBLISHED_R2)
    lines.append(
        f'<line x1="{x}" y1="{TOP - 16}" x2="{x}" y2="{height - 30}" stroke="#b03030" stroke-dasharray="5 3"/>'
    )
    lines.append(f'<text x="{x}" y="{TOP - 22}" text-anchor="middle" fill="#b03030">published {PUBLISHED_R2}</text>')
    for row, (what, r2) in enumerate(bars):
        y = TOP + ROW_HEIGHT * row + 10
        lines.append(f'<text x="{LEFT - 14}" y="{y + 4}" text-anchor="end" fill="#222222">{what}</text>')
        number = f"{r2:.2f}".replace("-", "−")
        if r2 < LOW:
            lines.append(f'<path d="M {LEFT} {y} l 9 -5 v 10 z" fill="#30509a"/>')
            lines.append(f'<text x="{LEFT + 14}" y="{y + 4}" {HALO}>{number}</text>')
        else:
            lines.append(f'<circle cx="{x_of(r2)}" cy="{y}" r="5" fill="#30509a"/>')
            lines.append(f'<text x="{x_of(r2) + 9}" y="{y + 4}" {HALO}>{number}</text>')
    lines.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="16" text-anchor="middle" fill="#444444">R²</text>')
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    main()
