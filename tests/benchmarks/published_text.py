"""What the published text procedure makes of texts that don't differ, and of texts of fear.

    python tests/benchmarks/published_text.py --data ../shared/data [--texts 2000 0] [--repeats 20]

Preset `vos2025` (on the embedder `static`, since the published one needs a key), at the level of its 29 nodes. Texts
are GoEmotions train rows with a single label.

Halves: so many texts (0: all of them) are split at random into two groups, each fitted on its own and compared by the
published test: share of nodes with p < 0.05, uncorrected as published, over the repeats. Wanted 0.05.

Fear: the share of texts of fear that the procedure puts into the two amygdala nodes, when random halves of these texts
are fitted alone (as the procedure fits groups), and when all texts are fitted together, beside the share of all texts.
Chance is 2 of 29, 0.069.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from emotopy.experiments.published import oversampled_mann_whitney
from emotopy.pathways.text.pathway import TextPathway
from emotopy_plugins.datasets.goemotions import GoEmotionsDataset


def published(seed: int = 0) -> TextPathway:
    options = {"embedder": "static", "reporter": [], "interval": {"n": 100}, "level": "node", "seed": seed}
    return TextPathway.from_config(options, preset="vos2025")


def nodes_of(mapped: object) -> np.ndarray:
    """Return the number of the node of each text, (n_texts,)."""
    return mapped.mapping.assignment.argmax(axis=1)


def halves(texts: list[str], n_texts: int, repeats: int) -> None:
    """Print the share of nodes that the published test calls significant between random halves."""
    shares = []
    for repeat in range(repeats):
        rng = np.random.default_rng([repeat, 0])
        chosen = rng.permutation(len(texts))[: n_texts or None]
        fits = [published().fit([texts[i] for i in half]).mapped for half in np.array_split(chosen, 2)]
        found = oversampled_mann_whitney(
            np.concatenate([fit.intensities.values for fit in fits]),
            np.concatenate([nodes_of(fit) for fit in fits]),
            np.repeat([True, False], [fit.n_texts for fit in fits]),
            len(fits[0].targets),
            np.random.default_rng([repeat, 1]),
        )
        shares.append(float((found.p < 0.05).mean()))
    print(
        f"random halves of {len(chosen):,} texts, {repeats} repeats: p < 0.05 in {np.mean(shares):.3f} of "
        f"{len(found.p)} nodes (lowest repeat {min(shares):.3f}, highest {max(shares):.3f})",
        flush=True,
    )


def fear(texts: list[str], labels: np.ndarray, repeats: int) -> None:
    """Print how many texts of fear land in the amygdala nodes."""
    members = np.flatnonzero(labels == "fear")
    shares = []
    for repeat in range(repeats):
        half = np.random.default_rng([repeat, 2]).permutation(members)[: len(members) // 2]
        mapped = published(repeat).fit([texts[i] for i in half]).mapped
        shares.append(float(in_amygdala(mapped).mean()))
    print(
        f"texts of fear in the amygdala nodes, {repeats} random halves fitted alone: {np.mean(shares):.3f} "
        f"({min(shares):.3f} to {max(shares):.3f}); chance 0.069"
    )
    mapped = published().fit(texts).mapped
    hit, is_fear = in_amygdala(mapped), labels[mapped.scored] == "fear"
    print(f"all texts fitted together: fear {hit[is_fear].mean():.3f}, the others {hit[~is_fear].mean():.3f}")


def in_amygdala(mapped: object) -> np.ndarray:
    regions = np.array([mapped.region_of[node] for node in mapped.targets])
    return regions[nodes_of(mapped)] == "amygdala"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds goemotions/")
    parser.add_argument("--texts", type=int, nargs="+", default=[2000, 0], help="of both halves together; 0: all")
    parser.add_argument("--repeats", type=int, default=20)
    options = parser.parse_args()
    start = time.perf_counter()
    frame = GoEmotionsDataset().load(options.data / "goemotions")
    single = frame[frame["label"].notna()].reset_index(drop=True)
    texts, labels = list(single["text"]), single["label"].astype(str).to_numpy()
    for n_texts in options.texts:
        halves(texts, n_texts, options.repeats)
    fear(texts, labels, options.repeats)
    print(f"{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
