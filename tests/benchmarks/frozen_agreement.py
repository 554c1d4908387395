"""Agreement: how well a mapping of texts onto regions agrees with studies that it hasn't seen.

The definition is frozen; change nothing here, or figures can't be compared. In split k half A of the studies is
`numpy.random.default_rng(k).random(n_studies) < 0.5`. The mapper sees half A; the truth comes from half B: for each of
the frozen terms (`agreement_terms.tsv`), the log odds ratio of using the term and of hitting a region (a peak within
10 mm of either side), shrunken with τ = 0.5, centred over the terms. The texts are those with a single label. A label's
profile is its texts' mean minus the mean over all; the figure is Pearson's r with the truth over regions, averaged over
eight emotions. Tune on splits 0–9, report splits 100–119.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
import numpy as np

from emotopy.errors import InputError, listed
from emotopy.evidence.build import hits, regions_of, term_matrix
from emotopy.evidence.studies import Studies
from emotopy.evidence.terms import Term
from emotopy.inference.correlation import pearson
from emotopy.records import BoolArray, FloatArray, Node

EMOTIONS = ("fear", "anger", "disgust", "sadness", "joy", "surprise", "love", "desire")
TUNING_SPLITS, REPORT_SPLITS = range(10), range(100, 120)
WITHIN_MM = 10.0
TAU = 0.5

Mapper = Callable[[BoolArray], FloatArray]
"""Given the studies it may see (n_studies,), returns the profiles of the texts (n_texts, n_regions)."""


@attrs.frozen(eq=False)
class Agreement:
    """Agreement by split and emotion, `values` (n_splits, n_emotions), each a correlation over regions."""

    emotions: tuple[str, ...]
    values: FloatArray

    @property
    def by_split(self) -> FloatArray:
        """The mean over emotions of each split, (n_splits,)."""
        means: FloatArray = self.values.mean(axis=1)
        return means

    @property
    def mean(self) -> float:
        """The figure: the mean over splits and emotions."""
        return float(self.values.mean())

    @property
    def standard_error(self) -> float:
        """The standard error over splits; they share studies, so it says how well *this* collection is measured."""
        return standard_error(self.by_split)


def standard_error(values: FloatArray) -> float:
    """Return the standard error of the mean; NaN for fewer than two values."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else float("nan")


def half_a(split: int, n_studies: int) -> BoolArray:
    """Return the studies that the mapper may see in this split, (n_studies,)."""
    half: BoolArray = np.random.default_rng(split).random(n_studies) < 0.5
    return half


def log_odds(uses: BoolArray, hit: BoolArray, tau: float = TAU) -> FloatArray:
    """Return the shrunken log odds ratio of each term and place, (n_terms, n_places); 0.5 is added to every count."""
    use, at = uses.astype(np.float64), hit.astype(np.float64)
    both = use.T @ at
    term_only = use.sum(axis=0)[:, None] - both
    place_only = at.sum(axis=0) - both
    neither = len(use) - both - term_only - place_only
    a, b, c, d = (count + 0.5 for count in (both, term_only, place_only, neither))
    squared_error = 1 / a + 1 / b + 1 / c + 1 / d
    ratio: FloatArray = np.log(a * d / (b * c)) * tau**2 / (tau**2 + squared_error)
    return ratio


class Truth:
    """The truth side: `of(rows)` is the evidence in these studies for each emotion, centred over the frozen terms."""

    def __init__(self, studies: Studies, nodes: Sequence[Node], terms: Sequence[Term]) -> None:
        names = [term.name for term in terms]
        missing = set(EMOTIONS) - set(names)
        if missing:
            raise InputError(f"wanted the frozen terms of agreement_terms.tsv; these are missing: {listed(missing)}")
        self._uses = term_matrix(studies, terms).uses
        self._hit = hits(studies, list(regions_of(nodes).values()), WITHIN_MM)
        self._rows = [names.index(emotion) for emotion in EMOTIONS]

    def of(self, studies: BoolArray) -> FloatArray:
        """Return the centred evidence, (n_emotions, n_regions), in these studies (n_studies,)."""
        ratio = log_odds(self._uses[studies], self._hit[studies])
        centred: FloatArray = (ratio - ratio.mean(axis=0))[self._rows]
        return centred


def agreement(
    mapper: Mapper,
    studies: Studies,
    nodes: Sequence[Node],
    terms: Sequence[Term],
    labels: Sequence[str],
    splits: Sequence[int] = TUNING_SPLITS,
) -> Agreement:
    """Measure a mapper; `terms` are the frozen ones, `labels` (n_texts,) the single label of each text.

    The regions are in the order in which `nodes` name them.

    Raises InputError where an emotion has no text, a frozen term is missing, or the mapper's answer has another shape.
    """
    label = np.asarray(labels)
    absent = [emotion for emotion in EMOTIONS if not (label == emotion).any()]
    if absent:
        raise InputError(f"wanted texts of each of {', '.join(EMOTIONS)}; none is labelled {listed(absent)}")
    truth = Truth(studies, nodes, terms)
    wanted = (len(labels), len(regions_of(nodes)))
    values = []
    for split in splits:
        half = half_a(split, len(studies))
        profiles = mapper(half)
        if profiles.shape != wanted:
            raise InputError(f"the mapper: wanted profiles of shape {wanted}, got {profiles.shape}")
        of_label = np.array([profiles[label == emotion].mean(axis=0) for emotion in EMOTIONS]) - profiles.mean(axis=0)
        values.append(_r(of_label, truth.of(~half)))
    return Agreement(EMOTIONS, np.array(values))


def half_to_half(
    studies: Studies, nodes: Sequence[Node], terms: Sequence[Term], splits: Sequence[int] = TUNING_SPLITS
) -> Agreement:
    """Return the agreement of the truth with itself: half A's evidence for each emotion, without any text."""
    truth = Truth(studies, nodes, terms)
    halves = [half_a(split, len(studies)) for split in splits]
    return Agreement(EMOTIONS, np.array([_r(truth.of(half), truth.of(~half)) for half in halves]))


def _r(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return r of row with row; by the frozen definition a constant row counts as 0."""
    return np.nan_to_num(pearson(one, other))
