"""Measure *agreement*: ours against the plain prototype table, on the same splits.

    python tests/benchmarks/agreement.py --data ../shared/data [--splits 0-9|100-119] [--face|--variants]

Tune on 0-9; 100-119 is for reporting. Texts are cut into segments as the pathway cuts them, and a text is the
word-weighted mean of its segments (`--segment none`: mapped whole, as the prototype is). `--face` prints, from the
table of all studies, which regions lead for an emotion and how stable that is between random halves of its texts.
`--variants` changes one thing of ours at a time and prints the paired difference to ours; for the tuning splits. The
definition stands in `frozen_agreement.py`.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np

from emotopy.evidence.build import TAU, evidence, hits, regions_of, replicability, term_matrix, touches
from emotopy.evidence.profile import BETA, anchors, profile, softmax, standardise, term_similarity
from emotopy.evidence.studies import Studies
from emotopy.evidence.terms import Term, read_terms
from emotopy.readers.segmentation import Segment, Segmentation, segment_texts
from emotopy.records import BoolArray, FloatArray, Node
from emotopy_plugins.datasets.neuroquery import NeuroQueryDataset

sys.path.insert(0, str(Path(__file__).parent))
from frozen_agreement import EMOTIONS, Agreement, agreement, half_to_half, log_odds, standard_error

ATLAS = Path(__file__).resolve().parents[2] / "plugins" / "emotopy_plugins" / "atlases" / "data" / "affect18.csv"
FACES = ("fear", "disgust", "desire", "nervousness", "sadness", "joy", "anger", "love", "surprise")
MIN_TEXTS, N_HALVINGS = 200, 20


class Comments(NamedTuple):
    """GoEmotions comments: texts, and the single label of each, "" where it has several."""

    texts: list[str]
    labels: list[str]


def read_goemotions(folder: Path) -> Comments:
    """Read the training part: text, comma-separated label numbers, id; tab-separated, no header, no quoting."""
    names = (folder / "labels.txt").read_text().split()
    rows = [line.split("\t") for line in (folder / "train.tsv").read_bytes().decode().split("\n") if line]
    return Comments([row[0] for row in rows], ["" if "," in row[1] else names[int(row[1])] for row in rows])


def read_nodes(path: Path = ATLAS) -> list[Node]:
    """Read the nodes of an atlas."""
    with path.open(newline="") as file:
        return [Node(**row) for row in csv.DictReader(file)]


def anchors_of(terms: Sequence[Term]) -> FloatArray:
    """Return the anchors of the terms, (n_terms, n_dims), by the static embedder."""
    from emotopy_plugins.embedders.static import StaticEmbedder

    words = [word for term in terms for word in term.words]
    return anchors(StaticEmbedder().embed(words), [len(term.words) for term in terms])


def similarity_of(embeddings: FloatArray, terms: Sequence[Term]) -> FloatArray:
    """Return standardised similarities, (n_texts, n_terms); the texts themselves are the reference."""
    cosines = term_similarity(embeddings, anchors_of(terms))
    return standardise(cosines, cosines.mean(axis=0), cosines.std(axis=0))


class Segmented(NamedTuple):
    """Texts cut into segments, with the segments' embeddings, (n_segments, n_dims)."""

    cut: Segmentation
    embeddings: FloatArray

    @classmethod
    def of(cls, texts: Sequence[str], segment: Segment) -> Segmented:
        """Cut and embed texts."""
        from emotopy_plugins.embedders.static import StaticEmbedder

        cut = segment_texts(texts, segment)
        return cls(cut, StaticEmbedder().embed(cut.segments))


class Plain:
    """The prototype: the frozen terms, hits within 10 mm, shrunken log odds ratios, β = 2."""

    def __init__(self, studies: Studies, nodes: Sequence[Node], terms: Sequence[Term], embeddings: FloatArray) -> None:
        self._uses = term_matrix(studies, terms).uses
        self._hit = hits(studies, list(regions_of(nodes).values()))
        self._weights = softmax(similarity_of(embeddings, terms), 2.0)

    def __call__(self, seen: BoolArray) -> FloatArray:
        return self._weights @ log_odds(self._uses[seen], self._hit[seen])


class Ours:
    """What ships: our terms, soft touches, number of peaks partialled out; `weighted` multiplies by replicability."""

    def __init__(
        self, studies: Studies, nodes: Sequence[Node], terms: Sequence[Term], texts: Segmented,
        beta: float = BETA, *, weighted: bool = False, tau: float = TAU, hard: bool = False,
    ) -> None:  # fmt: skip
        self._uses = term_matrix(studies, terms).uses
        places = list(regions_of(nodes).values())
        self._touched = hits(studies, places).astype(np.float64) if hard else touches(studies, places)
        self._tau = tau
        self._n_peaks = studies.n_peaks
        self.similarity = similarity_of(texts.embeddings, terms)
        self.cut = texts.cut
        self._beta, self._weighted = beta, weighted
        self._weights = self.cut.mean(softmax(self.similarity, beta))

    def evidence(self, seen: BoolArray) -> FloatArray:
        """Return the evidence in the studies seen, (n_terms, n_regions)."""
        seen_only = self._uses[seen], self._touched[seen], self._n_peaks[seen]
        values = evidence(*seen_only, tau=self._tau)
        if self._weighted:
            r = np.maximum(replicability(*seen_only), 0)
            values *= (2 * r / (1 + r))[:, None]
        return values

    def __call__(self, seen: BoolArray) -> FloatArray:
        return self._weights @ self.evidence(seen)


def show(name: str, found: Agreement) -> None:
    """Print a mapping's agreement and its emotions."""
    each = "  ".join(f"{e} {r:.2f}" for e, r in zip(found.emotions, found.values.mean(axis=0), strict=True))
    print(f"{name:22s} {found.mean:.4f} ± {found.standard_error:.4f}   {each}")


def show_faces(ours: Ours, labels: Sequence[str], regions: Sequence[str], n_studies: int) -> None:
    """Print the leading regions of an emotion, and the stability of every label with enough texts."""
    everything = np.ones(n_studies, dtype=bool)
    profiles = profile(ours.similarity, ours.evidence(everything))
    relative = ours.cut.mean(standardise(profiles, profiles.mean(axis=0), profiles.std(axis=0)))
    label = np.asarray(labels)
    for emotion in FACES:
        means = relative[label == emotion].mean(axis=0)
        print(f"  {emotion:12s}", "  ".join(f"{regions[r]} {means[r]:.2f}" for r in np.argsort(-means)[:4]))
    rng = np.random.default_rng(0)
    stability = {}
    for name in sorted(set(labels) - {""}):
        rows = np.flatnonzero(label == name)
        if len(rows) >= MIN_TEXTS:
            halvings = [np.array_split(rng.permutation(rows), 2) for _ in range(N_HALVINGS)]
            stability[name] = np.mean([np.corrcoef(*(relative[h].mean(axis=0) for h in two))[0, 1] for two in halvings])
    lowest = min(stability, key=stability.__getitem__)
    print(f"  stability {np.mean(list(stability.values())):.3f}, lowest {lowest} {stability[lowest]:.3f}")


def show_variants(studies: Studies, nodes: Sequence[Node], frozen: Sequence[Term], cut: Segmented, data: tuple) -> None:
    """Print what each choice is worth: ours with one thing changed, minus ours."""
    ours = agreement(Ours(studies, nodes, read_terms(), cut), *data)
    variants = {
        "the 21 frozen terms": {"terms": frozen},
        "hard hits within 10 mm": {"hard": True},
        "no shrinkage": {"tau": 1e6},
        "τ = 0.25": {"tau": 0.25},
        "β = 0.5": {"beta": 0.5},
        "β = 1.5": {"beta": 1.5},
        "β = 2": {"beta": 2.0},
    }
    for name, changed in variants.items():
        found = agreement(Ours(studies, nodes, **{"terms": read_terms(), "texts": cut, **changed}), *data)
        difference = found.by_split - ours.by_split
        print(f"{name:22s} {found.mean:.4f}   {difference.mean():+.4f} ± {standard_error(difference):.4f} (paired)")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with goemotions/ and neuroquery/")
    parser.add_argument("--splits", default="0-9", help="first-last, 0-9 for tuning (default), 100-119 for reporting")
    parser.add_argument("--segment", choices=get_args(Segment), default="sentence", help="how texts are cut")
    parser.add_argument("--face", action="store_true", help="print leading regions and stability instead")
    parser.add_argument("--variants", action="store_true", help="print what each choice is worth instead")
    options = parser.parse_args()
    first, last = map(int, options.splits.split("-"))
    splits = range(first, last + 1)

    studies, nodes = NeuroQueryDataset().load(options.data / "neuroquery"), read_nodes()
    frozen = read_terms(options.data / "neuroquery" / "agreement_terms.tsv")
    comments = read_goemotions(options.data / "goemotions")
    if options.face:
        ours = Ours(studies, nodes, read_terms(), Segmented.of(comments.texts, options.segment))
        show_faces(ours, comments.labels, list(regions_of(nodes)), len(studies))
        return
    texts = [text for text, label in zip(comments.texts, comments.labels, strict=True) if label]
    labels = [label for label in comments.labels if label]
    data = (studies, nodes, frozen, labels, splits)
    if options.variants:
        show_variants(studies, nodes, frozen, Segmented.of(texts, options.segment), data)
        return
    whole, cut = Segmented.of(texts, "none"), Segmented.of(texts, options.segment)
    plain = agreement(Plain(studies, nodes, frozen, whole.embeddings), *data)
    ours = agreement(Ours(studies, nodes, read_terms(), cut), *data)
    weighted = agreement(Ours(studies, nodes, read_terms(), cut, weighted=True), *data)
    uncut = agreement(Ours(studies, nodes, read_terms(), whole), *data)
    print(f"agreement, splits {options.splits}, mean over {len(EMOTIONS)} emotions ± standard error over splits")
    show("evidence's own halves", half_to_half(studies, nodes, frozen, splits))
    show("plain prototype", plain)
    show("ours", ours)
    show("ours × replicability", weighted)
    show("ours, whole texts", uncut)
    for name, one, other in (
        ("ours − plain", ours, plain),
        ("× replicability − ours", weighted, ours),
        (f"{options.segment} − whole", ours, uncut),
    ):
        difference = one.by_split - other.by_split
        print(f"{name:22s} {difference.mean():+.4f} ± {standard_error(difference):.4f} (paired)")


if __name__ == "__main__":
    main()
