"""Stability of region profiles: does one half of a label's texts get the profile of the other half?

    python tests/benchmarks/stability.py --data ../shared/data [--published]

GoEmotions train, rows with a single label, labels with at least 200 texts. A label's profile is the mean standardised
profile of its texts, over 18 regions (`--words`: word-weighted, as `relative` in tables). Figure: Pearson's r between
two random halves of the label's texts, mean of 20 seeded halvings. `--published` does the same with the published
procedure (preset vos2025 on the embedder `static`): each half is fitted on its own, as that procedure fits each group,
and the profile is the share of its texts in each node (29: with regions, shares would correlate for having one node or
two, whatever the texts are).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from emotopy.pathways.text.pathway import TextPathway
from emotopy_plugins.datasets.goemotions import GoEmotionsDataset

N_HALVINGS, FEWEST_TEXTS = 20, 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds goemotions/")
    parser.add_argument("--published", action="store_true", help="the published procedure instead of ours")
    parser.add_argument("--words", action="store_true", help="means count words instead of texts")
    parser.add_argument("--segment", default="sentence", help="how texts are cut; none: mapped whole")
    parser.add_argument("--halvings", type=int, default=N_HALVINGS)
    arguments = parser.parse_args()
    frame = GoEmotionsDataset().load(arguments.data / "goemotions")
    single = frame[frame["label"].notna()].reset_index(drop=True)
    labels = single["label"].astype(str).to_numpy()
    counts = single["label"].value_counts()
    chosen = sorted(counts.index[counts >= FEWEST_TEXTS])
    texts = list(single["text"])
    if arguments.published:
        correlate = published_halves(texts)
    else:
        correlate = our_halves(texts, arguments.segment, by_words=arguments.words)
    rows = {}
    for label in chosen:
        members = np.flatnonzero(labels == label)
        rows[label] = [correlate(label, members, seed) for seed in range(arguments.halvings)]
        print(
            f"{label:16} {len(members):6,}  mean {np.mean(rows[label]):6.3f}  worst {np.min(rows[label]):6.3f}",
            flush=True,
        )
    means = {label: float(np.mean(values)) for label, values in rows.items()}
    lowest = min(means, key=means.__getitem__)
    worst = min((min(values), label) for label, values in rows.items())
    print(
        f"mean over {len(means)} labels {np.mean(list(means.values())):.3f}; lowest {means[lowest]:.3f} ({lowest}); "
        f"worst single split {worst[0]:.3f} ({worst[1]})"
    )


def halves_of(members: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    order = np.random.default_rng(seed).permutation(members)
    return order[: len(order) // 2], order[len(order) // 2 :]


def our_halves(texts, segment, *, by_words):
    clusterer = {"use": "kmeans", "n_clusters": 2}
    config = {"reducer": "pca", "clusterer": clusterer, "reporter": [], "interval": {"n": 100}, "segment": segment}
    mapped = TextPathway.from_config({**config, "language": "any"}).fit(texts).mapped
    profile, weights = mapped.mapping.profile, mapped.weights if by_words else np.ones(mapped.n_texts)

    def correlate(label, members, seed):
        means = [np.average(profile[half], axis=0, weights=weights[half]) for half in halves_of(members, seed)]
        return np.corrcoef(*means)[0, 1]

    return correlate


def published_halves(texts):
    pathway = TextPathway.from_config(
        {"embedder": "static", "reporter": [], "interval": {"n": 100}, "level": "node"}, preset="vos2025"
    )

    def correlate(label, members, seed):
        shares = [pathway.fit([texts[i] for i in half]).mapped.mapping.assignment.mean(axis=0)
                  for half in halves_of(members, seed)]  # fmt: skip
        return np.corrcoef(*shares)[0, 1]

    return correlate


if __name__ == "__main__":
    main()
