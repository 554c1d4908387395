"""What damping negated words costs the two figures of a mapping: agreement and stability, with and without, paired.

    python tests/benchmarks/negation_costs.py --data ../shared/data [--splits 0-9|100-119] [--keeps 0.25]

Both as `agreement.py` and `stability.py` define them, on GoEmotions train, the same splits and halvings. Tune on
splits 0-9; 100-119 is for reporting. `--keeps` tries another factor; only powers of two sum exactly.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from emotopy.evidence.terms import read_terms
from emotopy.readers.segmentation import segment_texts
from emotopy.records import FloatArray
from emotopy_plugins.datasets.neuroquery import NeuroQueryDataset
from emotopy_plugins.shared import static_vectors as static

sys.path.insert(0, str(Path(__file__).parent))
from agreement import Ours, Segmented, read_goemotions, read_nodes
from frozen_agreement import agreement, standard_error
from probes import mapping
from stability import FEWEST_TEXTS, N_HALVINGS, halves_of


def stability(profiles: FloatArray, labels: np.ndarray) -> dict[str, float]:
    """Return label → r between mean profiles (n_texts, n_regions) of two halves of its texts, mean over halvings."""
    found = {}
    for label in sorted(set(labels) - {""}):
        members = np.flatnonzero(labels == label)
        if len(members) >= FEWEST_TEXTS:
            halvings = (halves_of(members, seed) for seed in range(N_HALVINGS))
            found[label] = float(
                np.mean([np.corrcoef(*(profiles[half].mean(axis=0) for half in two))[0, 1] for two in halvings])
            )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with goemotions/ and neuroquery/")
    parser.add_argument("--splits", default="0-9")
    parser.add_argument("--keeps", type=float, default=static.NEGATION_KEEPS)
    options = parser.parse_args()
    first, last = map(int, options.splits.split("-"))
    static.NEGATION_KEEPS = options.keeps
    studies, nodes = NeuroQueryDataset().load(options.data / "neuroquery"), read_nodes()
    frozen = read_terms(options.data / "neuroquery" / "agreement_terms.tsv")
    comments = read_goemotions(options.data / "goemotions")
    labels = np.array(comments.labels)
    single = labels != ""
    cut = segment_texts([text for text, label in zip(comments.texts, labels, strict=True) if label], "sentence")

    agreements, stabilities, vectors = [], [], []
    for negation in (False, True):
        embedder = static.StaticEmbedder(negation=negation)
        vectors.append(embedder.embed(comments.texts))
        ours = Ours(studies, nodes, read_terms(), Segmented(cut, embedder.embed(cut.segments)))
        agreements.append(agreement(ours, studies, nodes, frozen, list(labels[single]), range(first, last + 1)))
        stabilities.append(stability(mapping(embedder, comments)(comments.texts), labels))
    changed = (vectors[0] != vectors[1]).any(axis=1).mean()
    print(f"keeps {options.keeps}: {changed:.1%} of the comments get another vector; without → with")
    before, after = agreements
    difference = after.by_split - before.by_split
    print(f"agreement, splits {options.splits}: {before.mean:.4f} → {after.mean:.4f}, ", end="")
    print(f"paired difference {difference.mean():+.4f} ± {standard_error(difference):.4f}")
    by_emotion = (after.values - before.values).mean(axis=0)
    print("  " + "  ".join(f"{e} {d:+.3f}" for e, d in zip(before.emotions, by_emotion, strict=True)))
    before, after = stabilities
    means = [float(np.mean(list(one.values()))) for one in stabilities]
    lowest = [min(one, key=one.__getitem__) for one in stabilities]
    print(
        f"stability, {len(before)} labels: mean {means[0]:.4f} → {means[1]:.4f} ({means[1] - means[0]:+.4f}), ", end=""
    )
    print(f"lowest {before[lowest[0]]:.3f} ({lowest[0]}) → {after[lowest[1]]:.3f} ({lowest[1]})")
    changes = {label: after[label] - before[label] for label in before}
    ends = sorted(changes, key=changes.__getitem__)
    print("  " + "  ".join(f"{label} {changes[label]:+.3f}" for label in (*ends[:3], *ends[-3:])))


if __name__ == "__main__":
    main()
