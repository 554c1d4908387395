"""Measure what else reaches *agreement*: peers that read the texts, and oracles that are told the label.

    python tests/benchmarks/mapping_peers.py --data ../shared/data [--splits 100-119]

Against the shipped mapping, its evidence rebuilt from half A of each split:

(i)    ridge regression from the words of abstracts to what studies report, as NeuroQuery has it (Dockès et al. 2020);
(ii)   Neurosynth's z of the frozen term and its synonyms (Yarkoni et al. 2011): no text, the label is told;
(iii)  our evidence of the frozen term and its synonyms: no text, the label is told;
(iv)   ridge regression from embedded titles and abstracts, the texts embedded alike.

Each sees half A of the studies alone. Target, penalty, and what (iv) embeds, are chosen on splits 0-9. The definition
stands in `frozen_agreement.py`. Agreement is no test of the text step: oracles without any text nearly reach ours.
That the z of (ii) is NiMARE's shows `nimare_peer.py`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import attrs
import numpy as np

from emotopy.evidence.build import build_table, evidence, hits, regions_of, term_matrix, touches
from emotopy.evidence.studies import Studies
from emotopy.evidence.terms import Term, read_terms
from emotopy.inference.correlation import pearson
from emotopy.records import BoolArray, FloatArray, IntArray, Node
from emotopy.roles import MappingInputs
from emotopy_plugins.datasets.neuroquery import METADATA, NeuroQueryDataset

sys.path.insert(0, str(Path(__file__).parent))
from agreement import Segmented, read_goemotions, read_nodes, show
from frozen_agreement import (
    EMOTIONS,
    REPORT_SPLITS,
    TUNING_SPLITS,
    Agreement,
    Mapper,
    Truth,
    agreement,
    half_a,
    standard_error,
)

PENALTIES = (10.0, 100.0, 1e3, 1e4, 1e5)
TARGETS = ("hits", "touches", "touches, peaks out", "touches, peaks out, SD")
LEAST_STUDIES = 10
"""A word is one of (i)'s if so many studies of half A use it, which leaves some 5,250."""


class Paired(NamedTuple):
    """The mean over splits of the difference of two mappings' agreement, with its standard error."""

    mean: float
    standard_error: float

    @classmethod
    def of(cls, one: Agreement, other: Agreement) -> Paired:
        """Return one − other, measured on the same splits."""
        difference = one.by_split - other.by_split
        return cls(float(difference.mean()), standard_error(difference))


def association_z(uses: BoolArray, hit: BoolArray) -> FloatArray:
    """Return Neurosynth's association z of each term and place, (n_terms, n_places).

    `uses` (n_studies, n_terms), `hit` (n_studies, n_places). The root of Pearson's χ² of the 2 × 2 table, not corrected
    for continuity, with the sign of its association; 0 where all or none of the studies use the term, or hit the place.
    """
    use, at = uses.astype(np.float64), hit.astype(np.float64)
    n_studies, n_use, n_hit = len(use), use.sum(axis=0)[:, None], at.sum(axis=0)
    excess = n_studies * (use.T @ at) - n_use * n_hit
    spread = n_use * (n_studies - n_use) * n_hit * (n_studies - n_hit)
    z: FloatArray = np.divide(np.sqrt(n_studies) * excess, np.sqrt(spread), out=np.zeros_like(excess), where=spread > 0)
    return z


def without_peaks(values: FloatArray, n_peaks: IntArray) -> FloatArray:
    """Return the residuals of values (n_studies, n_regions) on a constant and log(1 + n_peaks)."""
    design = np.column_stack([np.ones(len(values)), np.log1p(n_peaks)])
    residuals: FloatArray = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return residuals


def targets_of(studies: Studies, nodes: Sequence[Node]) -> Callable[[BoolArray], dict[str, FloatArray]]:
    """Return what gives, of the studies seen, the values that a ridge may learn: name → (n_seen, n_regions)."""
    places = list(regions_of(nodes).values())
    hit, touched, n_peaks = hits(studies, places).astype(np.float64), touches(studies, places), studies.n_peaks

    def targets(seen: BoolArray) -> dict[str, FloatArray]:
        residuals = without_peaks(touched[seen], n_peaks[seen])
        values = hit[seen], touched[seen], residuals, residuals / residuals.std(axis=0)
        return dict(zip(TARGETS, values, strict=True))

    return targets


class Inputs(Protocol):
    """What a ridge learns from, and what goes through it."""

    def studies(self, seen: BoolArray) -> Any:
        """Return the rows of the studies seen, (n_seen, n_columns), dense or sparse."""
        ...

    def texts(self, seen: BoolArray) -> Any:
        """Return the rows of the texts, (n_texts, n_columns), made with what those studies tell."""
        ...


class Words:
    """tf-idf of single words, both of abstracts and of texts, by the idf of the studies seen.

    A study's row has length 1; a text's has, or it counts all its words (`of_texts`).
    """

    OF_TEXTS = ("counts", "length 1")

    def __init__(
        self, studies: Studies, texts: Sequence[str], of_texts: str = "counts", least_studies: int = LEAST_STUDIES
    ) -> None:
        from sklearn.feature_extraction.text import CountVectorizer

        single = np.array([word.isalpha() for word in studies.vocabulary])
        self.names = np.array(studies.vocabulary)[single]
        self._abstracts = studies.counts.tocsc()[:, np.flatnonzero(single)]
        count = CountVectorizer(vocabulary=list(self.names), token_pattern=r"[^\W\d_]+")
        self._texts = count.transform(texts).tocsc().astype(np.float64)
        self._of_texts, self._least = of_texts, least_studies

    def chosen(self, seen: BoolArray) -> tuple[IntArray, FloatArray]:
        """Return the columns of words that enough of the studies use, and the idf of each, (n_columns,) both."""
        n_using = np.asarray((self._abstracts.tocsr()[seen] > 0).sum(axis=0)).ravel()
        columns = np.flatnonzero(n_using >= self._least)
        return columns, np.log((1 + seen.sum()) / (1 + n_using[columns])) + 1

    def studies(self, seen: BoolArray) -> Any:
        """Return tf-idf of abstracts, (n_seen, n_words), rows of length 1."""
        from sklearn.preprocessing import normalize

        columns, idf = self.chosen(seen)
        return normalize(self._abstracts[:, columns].multiply(idf).tocsr()[seen])

    def texts(self, seen: BoolArray) -> Any:
        """Return tf-idf of texts, (n_texts, n_words)."""
        from sklearn.preprocessing import normalize

        columns, idf = self.chosen(seen)
        found = self._texts[:, columns].multiply(idf).tocsr()
        return found if self._of_texts == "counts" else normalize(found)


class Vectors:
    """Embeddings of what is given of a study: its title, the mean over its abstract's words by tf-idf, or both."""

    WHAT = ("titles", "abstracts", "both")

    def __init__(self, studies: Studies, titles: Sequence[str], texts: Sequence[str], what: str = "abstracts") -> None:
        from emotopy_plugins.embedders.static import StaticEmbedder

        self._words = Words(studies, [], least_studies=1)
        self._of_word = StaticEmbedder().embed(list(self._words.names)).astype(np.float64)
        self._titles = StaticEmbedder().embed(titles).astype(np.float64)
        self._texts = StaticEmbedder().embed(texts).astype(np.float64)
        self._what = what

    def studies(self, seen: BoolArray) -> FloatArray:
        """Return vectors of length 1, (n_seen, n_dims); the idf is that of the studies seen."""
        from sklearn.preprocessing import normalize

        titles = self._titles[seen]
        if self._what == "titles":
            return titles
        columns, _ = self._words.chosen(seen)
        abstracts = normalize(self._words.studies(seen) @ self._of_word[columns])
        return np.asarray(abstracts if self._what == "abstracts" else normalize(abstracts + titles))

    def texts(self, seen: BoolArray) -> FloatArray:
        """Return the texts' vectors, (n_texts, n_dims)."""
        return self._texts


def ridge(inputs: Any, targets: FloatArray, penalty: float) -> FloatArray:
    """Return coefficients (n_columns, n_targets) of ridge regression; the intercept bears no penalty."""
    from scipy.sparse import issparse
    from sklearn.linear_model import Ridge

    solver, tolerance = ("sparse_cg", 1e-6) if issparse(inputs) else ("cholesky", 1e-4)
    fitted = Ridge(penalty, solver=solver, tol=tolerance).fit(inputs, targets)
    return np.asarray(fitted.coef_).reshape(targets.shape[1], -1).T


class RidgePeer:
    """Ridges from one kind of input: for each half and penalty all targets are fitted at once, and kept."""

    def __init__(self, inputs: Inputs, targets: Callable[[BoolArray], Mapping[str, FloatArray]]) -> None:
        self._inputs, self._targets = inputs, targets
        self._kept: dict[tuple[bytes, float], dict[str, FloatArray]] = {}

    def coefficients(self, seen: BoolArray, penalty: float) -> dict[str, FloatArray]:
        """Return target → coefficients (n_columns, n_regions), learnt from the studies seen."""
        key = seen.tobytes(), penalty
        if key not in self._kept:
            targets = self._targets(seen)
            found = ridge(self._inputs.studies(seen), np.hstack(list(targets.values())), penalty)
            self._kept[key] = dict(zip(targets, np.hsplit(found, len(targets)), strict=True))
        return self._kept[key]

    def mapper(self, target: str, penalty: float) -> Mapper:
        """Return the mapper of one target; its profiles lack the intercept, which is the same for all texts."""
        return lambda seen: np.asarray(self._inputs.texts(seen) @ self.coefficients(seen, penalty)[target])


class Shipped:
    """The mapper of preset `recommended` as it ships, its evidence table built from the studies seen.

    `words` are mapped beside the texts, each by itself, with the texts as reference.
    """

    def __init__(self, studies: Studies, nodes: Sequence[Node], texts: Sequence[str], words: Sequence[str]) -> None:
        self._studies, self._nodes = studies, nodes
        self._texts, self._words = Segmented.of(texts, "sentence"), Segmented.of(words, "none")
        self._kept: dict[bytes, tuple[FloatArray, ...]] = {}

    def evidence(self, seen: BoolArray) -> FloatArray:
        """Return the texts' evidence in log-odds, (n_texts, n_regions)."""
        return self._mapped(seen)[0]

    def relative(self, seen: BoolArray) -> FloatArray:
        """Return the texts' evidence standardised per region, (n_texts, n_regions)."""
        return self._mapped(seen)[1]

    def evidence_of_words(self, seen: BoolArray) -> FloatArray:
        """Return the words' evidence in log-odds, (n_words, n_regions)."""
        return self._mapped(seen)[2]

    def _mapped(self, seen: BoolArray) -> tuple[FloatArray, ...]:
        from emotopy_plugins.region_mappers.evidence import EvidenceMapper

        key = seen.tobytes()
        if key not in self._kept:
            table = build_table(only(self._studies, seen), self._nodes, read_terms(), atlas="affect18", n_splits=1)
            texts, words = _inputs(self._texts), _inputs(self._words)
            with tempfile.TemporaryDirectory() as folder:
                table.write(Path(folder) / "half.csv")
                mapper = EvidenceMapper(table=Path(folder) / "half.csv", reference="corpus").fit(texts)
            mean = self._texts.cut.mean
            self._kept[key] = mean(mapper.evidence(texts)), mean(mapper.profile(texts)), mapper.evidence(words)
        return self._kept[key]


def _inputs(texts: Segmented) -> MappingInputs:
    from emotopy_plugins.atlases.affect18 import affect18
    from emotopy_plugins.embedders.static import StaticEmbedder

    segments, embeddings = texts.cut.segments, texts.embeddings
    return MappingInputs(segments, embeddings, None, None, affect18(), StaticEmbedder(), segment="sentence")


def only(studies: Studies, seen: BoolArray) -> Studies:
    """Return the studies seen, as if there were no others."""
    number = np.cumsum(seen) - 1
    of_seen = seen[studies.study_of_peak]
    return Studies(
        ids=tuple(study for study, is_seen in zip(studies.ids, seen, strict=True) if is_seen),
        peaks=studies.peaks[of_seen],
        study_of_peak=number[studies.study_of_peak[of_seen]],
        counts=studies.counts.tocsr()[seen],
        vocabulary=studies.vocabulary,
    )


@attrs.frozen(eq=False)
class Ground:
    """What all are measured on: studies, nodes, frozen terms, the label of each text, and the splits to report."""

    studies: Studies
    nodes: Sequence[Node]
    frozen: Sequence[Term]
    labels: Sequence[str]
    splits: Sequence[int]

    def of_texts(self, mapper: Mapper, splits: Sequence[int] | None = None) -> Agreement:
        """Measure what maps the texts, by the frozen definition."""
        return agreement(mapper, self.studies, self.nodes, self.frozen, self.labels, splits or self.splits)

    def of_labels(self, rows: Mapper, terms: Sequence[Term] | None = None, *, centred: bool = True) -> Agreement:
        """Measure what is asked with the label instead of texts.

        Given the studies seen, `rows` has a row for each of `terms`, by default the frozen ones; centred over these, as
        the truth is over the frozen ones, or as it is.
        """
        names = [term.name for term in terms or self.frozen]
        at = [names.index(emotion) for emotion in EMOTIONS]
        truth, values = Truth(self.studies, self.nodes, self.frozen), []
        for split in self.splits:
            half = half_a(split, len(self.studies))
            found = rows(half)
            found = found - found.mean(axis=0) if centred else found
            values.append(np.nan_to_num(pearson(found[at], truth.of(~half))))
        return Agreement(EMOTIONS, np.array(values))


def z_of(studies: Studies, nodes: Sequence[Node], terms: Sequence[Term]) -> Mapper:
    """Return the oracle (ii): the terms' association z with a peak within 10 mm of either side of a region."""
    uses, hit = term_matrix(studies, terms).uses, hits(studies, list(regions_of(nodes).values()))
    return lambda seen: association_z(uses[seen], hit[seen])


def evidence_of(studies: Studies, nodes: Sequence[Node], terms: Sequence[Term]) -> Mapper:
    """Return the oracle (iii): the terms' evidence as the shipped table has it."""
    uses, touched = term_matrix(studies, terms).uses, touches(studies, list(regions_of(nodes).values()))
    return lambda seen: evidence(uses[seen], touched[seen], studies.n_peaks[seen])


def tuned(
    peers: Mapping[str, RidgePeer], measure: Callable[[Mapper, Sequence[int]], Agreement]
) -> tuple[dict[tuple[str, str, float], Agreement], tuple[str, str, float]]:
    """Measure each peer with each target and penalty on the tuning splits; return all, and which agrees best."""
    found = {}
    for what, peer in peers.items():
        for penalty in PENALTIES:
            for target in TARGETS:
                found[what, target, penalty] = measure(peer.mapper(target, penalty), TUNING_SPLITS)
    return found, max(found, key=lambda key: found[key].mean)


def read_titles(folder: Path, studies: Studies) -> list[str]:
    """Read the studies' titles, in their order."""
    import pandas as pd

    table = pd.read_csv(folder / METADATA, sep="\t", dtype=str, keep_default_na=False).set_index("id")
    return list(table.loc[list(studies.ids), "title"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with goemotions/ and neuroquery/")
    parser.add_argument("--splits", default=f"{REPORT_SPLITS[0]}-{REPORT_SPLITS[-1]}", help="first-last")
    options = parser.parse_args()
    first, last = map(int, options.splits.split("-"))
    start = time.perf_counter()
    folder = options.data / "neuroquery"
    studies, nodes, frozen = NeuroQueryDataset().load(folder), read_nodes(), read_terms(folder / "agreement_terms.tsv")
    comments = read_goemotions(options.data / "goemotions")
    texts = [text for text, label in zip(comments.texts, comments.labels, strict=True) if label]
    labels = [label for label in comments.labels if label]
    names, titles = [term.name for term in frozen], read_titles(folder, studies)
    ground = Ground(studies, nodes, frozen, labels, range(first, last + 1))

    print(f"agreement, splits {options.splits}, mean over {len(EMOTIONS)} emotions ± standard error over splits")
    shipped = Shipped(studies, nodes, texts, names)
    ours = ground.of_texts(shipped.evidence)
    show("ours", ours)
    targets = targets_of(studies, nodes)
    kinds: dict[str, dict[str, Callable[[Sequence[str]], Inputs]]] = {
        "(i) words": {what: lambda texts, what=what: Words(studies, texts, what) for what in Words.OF_TEXTS},
        "(iv) embedded": {
            what: lambda texts, what=what: Vectors(studies, titles, texts, what) for what in Vectors.WHAT
        },
    }
    peers, alone = {}, {}
    for kind, makes in kinds.items():
        found, best = tuned({what: RidgePeer(make(texts), targets) for what, make in makes.items()}, ground.of_texts)
        what, target, penalty = best
        of_penalty = {f"{other:g}": found[what, target, other].mean for other in PENALTIES}
        of_what = {other: max(one.mean for key, one in found.items() if key[0] == other) for other in makes}
        best_of = ", ".join(f"{name} {value:.3f}" for name, value in {**of_penalty, **of_what}.items())
        print(f"{kind}, best of {len(found)} on splits 0-9: {what}, {target}, penalty {penalty:g} ({best_of})")
        peers[kind] = ground.of_texts(RidgePeer(makes[what](texts), targets).mapper(target, penalty))
        alone[f"{kind}, label alone"] = ground.of_labels(RidgePeer(makes[what](names), targets).mapper(target, penalty))

    z, told = z_of(studies, nodes, frozen), evidence_of(studies, nodes, frozen)
    peers["(ii) z, no text"] = ground.of_labels(z)
    peers["(iii) evidence, no text"] = ground.of_labels(told)
    rng = np.random.default_rng(0)
    listed = {
        "ours, relative": ground.of_texts(shipped.relative),
        "ours, texts shuffled": ground.of_texts(lambda seen: rng.permutation(shipped.evidence(seen))),
        "ours, label alone": ground.of_labels(shipped.evidence_of_words),
        **alone,
        "(ii) not centred": ground.of_labels(z, centred=False),
        "(iii) not centred": ground.of_labels(told, centred=False),
        "(iii) standardised": ground.of_labels(lambda seen: told(seen) / told(seen).std(axis=0)),
        "(iii) of our terms": ground.of_labels(evidence_of(studies, nodes, read_terms()), read_terms()),
    }
    for part in (peers, listed):
        print()
        for name, measured in part.items():
            show(name, measured)
            difference = Paired.of(ours, measured)
            print(f"{'':22s} ours − this {difference.mean:+.4f} ± {difference.standard_error:.4f}")
    print(f"\n{time.perf_counter() - start:.0f} s, {time.process_time():.0f} s of the processor")


if __name__ == "__main__":
    main()
