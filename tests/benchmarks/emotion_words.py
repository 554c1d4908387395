"""What our own emotion words change in the scorer `nrc`: GoEmotions with the list of nrclex alone, and with them.

    python tests/benchmarks/emotion_words.py --data ../shared/data [--split dev]

Printed as before → after. `coverage` is the mean share of tokens that the list holds. By label, over comments with a
single label: the mean intensity, the share of comments with any, and AUC, the probability that a comment of the label
has a higher intensity than a neutral one (ties count half; 0.5 is chance). For labels that are among the list's eight
emotions, `own` is the AUC of that emotion's column against the comments of all other labels, neutral ones included. The
words were chosen from those of the training part, so `--split dev` is the fair one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from emotopy.records import FloatArray, Intensities
from emotopy.roles import Host
from emotopy_plugins.datasets.goemotions import GoEmotionsDataset
from emotopy_plugins.intensity_scorers.nrc import NrcIntensityScorer

FEWEST_TEXTS = 20


def auc(high: FloatArray, low: FloatArray) -> float:
    """Return the probability that a value of `high` exceeds one of `low`, ties counting half."""
    low = np.sort(low)
    wins = np.searchsorted(low, high, side="left") + np.searchsorted(low, high, side="right")
    return float(wins.mean() / (2 * len(low)))


def by_label(scored: Intensities, labels: np.ndarray) -> dict[str, dict[str, float]]:
    """Return label → figure → value, and the mean over all labels but neutral."""
    neutral = scored.values[labels == "neutral"]
    found: dict[str, dict[str, float]] = {}
    for label in sorted(set(labels)):
        here = labels == label
        if here.sum() < FEWEST_TEXTS:
            continue
        values = scored.values[here]
        found[label] = {"mean": values.mean(), "> 0": (values > 0).mean(), "AUC": auc(values, neutral)}
        if label in scored.emotions:
            column = scored.by_emotion[:, scored.emotions.index(label)]
            found[label]["own"] = auc(column[here], column[~here])
    named = [label for label in found if label != "neutral"]
    names = ("mean", "> 0", "AUC")
    found["mean over labels"] = {name: float(np.mean([found[label][name] for label in named])) for name in names}
    return found


def part_of(scored: Intensities, rows: np.ndarray) -> Intensities:
    """Return the intensities of some texts."""
    return Intensities(scored.emotions, scored.values[rows], scored.by_emotion[rows], scored.coverage[rows])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds goemotions/")
    parser.add_argument("--split", default="train", choices=("train", "dev", "test"))
    options = parser.parse_args()
    frame = GoEmotionsDataset(split=options.split).load(options.data / "goemotions")
    texts, labels = list(frame["text"]), frame["label"].fillna("").astype(str).to_numpy()
    before, after = (NrcIntensityScorer(Host(), extra_words=extra).score(texts) for extra in (False, True))
    single = labels != ""
    print(f"{options.split}: {len(texts):,} comments, {single.sum():,} with a single label; before → after")
    print(f"coverage {before.coverage.mean():.4f} → {after.coverage.mean():.4f}")
    print(f"comments with any intensity {(before.values > 0).mean():.3f} → {(after.values > 0).mean():.3f}")
    one, other = (by_label(part_of(s, single), labels[single]) for s in (before, after))
    for label, values in one.items():
        cells = (f"{name} {value:.3f} → {other[label][name]:.3f}" for name, value in values.items())
        print(f"{label:18s}" + "   ".join(cells))


if __name__ == "__main__":
    main()
