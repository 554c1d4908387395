"""Length: do texts, persons and groups that differ in nothing but length come out alike?

    python tests/benchmarks/length.py --data ../shared/data [--part drift|null|short|clusters] [--runs 300]

GoEmotions comments. All figures are of the preset `recommended`, word-weighted, but for the reducer and clusterer
(pca, kmeans), which the figures of `drift`, `null` and `short` don't depend on.

drift     All train comments against five random orders of them, joined by 4, 16 and 64 with a blank. Printed: the
          largest difference of a region's mean profile (SD of the reference), and that of the mean intensity.
null      Two groups of persons with 15 texts each, all of random comments; the texts of one group are joined of 4 or 16
          comments. Share of runs in which some region differs (family-wise p < 0.05 over 18 regions, 999 permutations).
          Second null (`cut`): everybody writes a stream of random comments; one group's is cut into entries at random
          words every 15 words on average, the other's every 60 or 240.
short     Dev comments of 2, 3 and 4 to 7 words: mean profile, over regions and the largest of a region.
clusters  Adjusted mutual information of the default preset's clusters with quartiles of length, of sentences and texts.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import attrs
import numpy as np

from emotopy.inference.group_comparison import compare_groups
from emotopy.pathways.comparison.units import TextValues, unit_values
from emotopy.pathways.text.pathway import TextPathway
from emotopy.records import FloatArray, IntArray, Mapped
from emotopy_plugins.datasets.goemotions import GoEmotionsDataset

QUICK = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}, "reporter": [], "interval": {"n": 100}}
N_TEXTS, N_PERMUTATIONS = 15, 999
SIZES = (20, 100)


def mapped(texts: Sequence[str], config: dict | None = None) -> Mapped:
    return TextPathway.from_config({**QUICK, **(config or {})}).fit(list(texts)).mapped


def join(texts: Sequence[str], k: int, rng: np.random.Generator, n_orders: int = 1) -> list[str]:
    """Join texts by `k` in random orders; all texts are in, whatever is left over as a shorter one."""
    orders = [rng.permutation(len(texts)) for _ in range(n_orders)]
    return [" ".join(texts[i] for i in order[a : a + k]) for order in orders for a in range(0, len(texts), k)]


def cut(texts: Sequence[str], mean_words: int, rng: np.random.Generator, n_entries: int) -> list[str]:
    """Return entries of a stream of random texts, each of 1 to 2 · mean words, cut wherever that is."""
    entries: list[str] = []
    while len(entries) < n_entries:
        words = " ".join(texts[i] for i in rng.permutation(len(texts))).split()
        lengths = rng.integers(1, 2 * mean_words, size=len(words) // mean_words)
        ends = np.cumsum(lengths)
        ends = ends[ends < len(words)]
        entries += [" ".join(words[a:b]) for a, b in pairwise(ends)]
    return entries[:n_entries]


def means(found: Mapped) -> tuple[FloatArray, float]:
    """Return the word-weighted mean profile, (n_regions,), and mean intensity."""
    weights = found.weights / found.weights.sum()
    return weights @ found.mapping.profile, float(weights @ found.intensities.values)


def drift(texts: Sequence[str], config: dict) -> None:
    rng = np.random.default_rng(0)
    profile, intensity = means(mapped(texts, config))
    for k in (4, 16, 64):
        joined, of_joined = means(mapped(join(texts, k, rng, 5), config))
        worst = np.abs(joined - profile)
        of_profile = f"{worst.max():.3f} SD (mean {worst.mean():.3f})"
        print(f"drift x{k:<3} profile {of_profile}  intensity {of_joined - intensity:+.5f}", flush=True)


class Pool:
    """Mapped texts from which persons are drawn."""

    def __init__(self, texts: Sequence[str], config: dict) -> None:
        found = mapped(texts, config)
        nothing = np.empty((found.n_texts, 0))
        self.values = TextValues(
            found.mapping.profile,
            found.mapping.assignment,
            found.weighted_intensity,
            found.intensity_assignment,
            found.weights,
            nothing,
        )

    def draw(self, n_persons: int, rng: np.random.Generator) -> TextValues:
        return self.values.take(rng.permutation(len(self.values.weights))[: n_persons * N_TEXTS])


def family_wise(one: Pool, other: Pool, n_persons: int, n_runs: int, seed: int) -> tuple[float, float]:
    """Return the share of runs with a false finding, in `relative` and in `intensity`."""
    found = np.zeros(2)
    codes = np.repeat(np.arange(2 * n_persons), N_TEXTS)
    is_first = np.arange(2 * n_persons) < n_persons
    for run in range(n_runs):
        rng = np.random.default_rng([seed, run])
        a, b = one.draw(n_persons, rng), other.draw(n_persons, rng)
        both = TextValues(*(np.concatenate([getattr(a, f.name), getattr(b, f.name)]) for f in attrs.fields(TextValues)))
        units = unit_values(both, codes)
        families = np.repeat([0, 1], units.profile.shape[1])
        tested = compare_groups(
            np.hstack([units.profile, units.intensity]),
            is_first,
            families=families,
            n_permutations=N_PERMUTATIONS,
            rng=rng,
        )
        found += [np.nanmin(tested.p_family[families == family]) < 0.05 for family in (0, 1)]
    return tuple(found / n_runs)


def null(texts: Sequence[str], config: dict, n_runs: int) -> None:
    rng = np.random.default_rng(1)
    pools = {k: Pool(join(texts, k, rng, 1 if k == 1 else 5), config) for k in (1, 4, 16)}
    entries = {words: Pool(cut(texts, words, rng, 12_000), config) for words in (15, 60, 240)}
    limit = 0.05 + 2.576 * np.sqrt(0.05 * 0.95 / n_runs)
    for n in SIZES:
        for name, one, other in (
            ("x1 against x1", pools[1], pools[1]),
            ("x1 against x4", pools[1], pools[4]),
            ("x1 against x16", pools[1], pools[16]),
            ("cut, 15 words against 60", entries[15], entries[60]),
            ("cut, 15 words against 240", entries[15], entries[240]),
        ):
            relative, intensity = family_wise(one, other, n, n_runs, seed=n)
            rates = f"relative {relative:.3f}  intensity {intensity:.3f}  (limit {limit:.3f})"
            print(f"null {n:3} + {n:<3} {name:26} {rates}", flush=True)


def short(dev: Sequence[str], train: Sequence[str], config: dict) -> None:
    fitted = TextPathway.from_config({**QUICK, **config}).fit(list(train))
    found = fitted.transform(list(dev)).mapped
    for low, high in ((1, 1), (2, 2), (3, 3), (4, 7), (8, 15), (16, 40)):
        chosen = (found.n_words >= low) & (found.n_words <= high)
        values = found.mapping.profile[chosen]
        mean, error = values.mean(axis=0), values.std(axis=0) / np.sqrt(chosen.sum())
        worst = np.abs(mean).argmax()
        print(
            f"short {low:2} to {high:<2} words, {chosen.sum():5,} texts: mean over regions {mean.mean():+.3f}, mean "
            f"|mean| {np.abs(mean).mean():.3f}, largest {mean[worst]:+.3f} ± {error[worst]:.3f} "
            f"({found.targets[worst]})"
        )


def clusters(texts: Sequence[str], config: dict) -> None:
    from sklearn.metrics import adjusted_mutual_info_score

    config = {"reporter": [], "interval": {"n": 100}, **config}
    result = TextPathway.from_config(config).fit(list(texts), keep_segments=True).result
    for name, one in (("texts", result.mapped), ("segments", result.segment_rows.mapped)):
        labels, words = one.clusters.labels, one.n_words
        for what, rows in (("all", labels >= -1), ("in a cluster", labels >= 0)):
            quartile = quartiles(words[rows])
            ami = adjusted_mutual_info_score(quartile, labels[rows])
            print(
                f"clusters of {name} ({what}, {rows.sum():,}): AMI with length quartiles {ami:.4f}, "
                f"{labels.max() + 1} clusters, noise {np.mean(labels < 0):.2f}"
            )


def quartiles(values: FloatArray) -> IntArray:
    return np.digitize(values, np.quantile(values, [0.25, 0.5, 0.75]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds goemotions/")
    parser.add_argument("--part", action="append", choices=("drift", "null", "short", "clusters"))
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--segment", default="sentence", help="none: texts mapped whole, as before")
    parser.add_argument("--unit-weights", default="words")
    options = parser.parse_args()
    config = {"segment": options.segment, "unit_weights": options.unit_weights}
    folder = options.data / "goemotions"
    train = [text for text in GoEmotionsDataset().load(folder)["text"] if text.strip()]
    parts = options.part or ["drift", "null", "short", "clusters"]
    if "drift" in parts:
        drift(train, config)
    if "null" in parts:
        null(train, config, options.runs)
    if "short" in parts:
        short([text for text in GoEmotionsDataset(split="dev").load(folder)["text"] if text.strip()], train, config)
    if "clusters" in parts:
        clusters(train, config)


if __name__ == "__main__":
    main()
