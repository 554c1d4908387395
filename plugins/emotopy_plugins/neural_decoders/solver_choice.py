"""Which way to the same numbers is the shortest: operations counted before the work, the least of them taken.

Cross-validation that leaves subjects out can go by features (each subject's sums of products, `subject_sums`) or by
rows (one factorisation, subjects left out of it, `exact_cv`); and either for the moments of the story, so that any
targets follow from two products (`moments`), or for the targets at hand (`columns`). Counts are multiplications and
additions at the rate of a matrix product. What runs slower counts more: the weights below were measured
(`MEASURED`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

import attrs
import numpy as np

from emotopy.inference.crossval import CrossValidated
from emotopy.inference.splits import Fold
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy.roles import Explains
from emotopy_plugins.neural_decoders.exact_cv import ExactCrossValidator
from emotopy_plugins.neural_decoders.inner_errors import n_pairs
from emotopy_plugins.neural_decoders.nested_folds import MOST_BYTES, NestedFolds
from emotopy_plugins.neural_decoders.subject_sums import PrimalFolds

Way = Literal["features-moments", "features-columns", "rows-moments", "rows-columns"]


@attrs.frozen
class Weights:
    """What an operation counts, beside one of a large matrix product.

    Of a solution of few equations (`small_solve`); of an array's numbers, most of whose time is the way to memory and
    back (`elementwise`); of a matrix's eigenvectors, by n² (`eigen`); and what a function call on arrays costs before
    it does anything (`call`): small problems consist of little else.
    """

    small_solve: float = 12
    elementwise: float = 30
    eigen: float = 2000
    call: float = 400_000


MEASURED = Weights()
"""As measured by tests/benchmarks/decode_speed.py --only solver-choice."""
PLAIN = Weights(small_solve=1, elementwise=1, eigen=0, call=0)
"""Multiplications and additions, each counting one."""


@attrs.frozen
class Sizes:
    """What a cross-validation consists of; sizes that differ between folds are means.

    `n_own` and `n_tested` are a subject's rows in an inner training set and in an inner fold, `n_moments` and
    `n_moments_tested` the moments there, `n_active` the moments of an outer group's training. `n_training` counts inner
    training sets (0 where there is nothing to choose), `n_tasks` the inner folds that they serve (before subjects are
    left out), `n_groups` the outer groups, `n_train` an outer training set's rows; `form_bytes` is what quadratic forms
    in the moments take.
    """

    n_subjects: int
    n_features: int
    n_penalties: int
    n_groups: int
    n_train: float
    n_active: float
    form_bytes: int = 0
    n_training: int = 0
    n_tasks: int = 0
    n_own: float = 0.0
    n_tested: float = 0.0
    n_moments: float = 0.0
    n_moments_tested: float = 0.0

    @classmethod
    def of(cls, folds: NestedFolds, n_features: int) -> Sizes:
        """Measure the folds of a plan. Raises ConfigError where training sets can't be split again."""
        groups, moment = folds.groups, folds.moment
        tasks = list(folds.inner_tasks()) if len(folds.penalties) > 1 else []
        tests = [task.test for _, some in tasks for task in some]
        n_rows = [int(train.sum()) for train, _ in tasks]

        def n_different(masks: list[BoolArray]) -> float:
            return float(np.mean([len(np.unique(moment[mask])) for mask in masks])) if masks else 0.0

        return cls(
            n_subjects=folds.n_subjects,
            n_features=n_features,
            n_penalties=len(folds.penalties),
            n_groups=len(groups),
            n_train=float(np.mean([group.train.sum() for group in groups])),
            n_active=n_different([group.train for group in groups]),
            form_bytes=folds.form_bytes,
            n_training=len(tasks),
            n_tasks=len(tests),
            n_own=float(np.mean(n_rows)) / folds.n_subjects if tasks else 0.0,
            n_tested=float(np.mean([test.sum() for test in tests])) / folds.n_subjects if tests else 0.0,
            n_moments=n_different([train for train, _ in tasks]),
            n_moments_tested=n_different(tests),
        )

    @property
    def n_coefficients(self) -> int:
        """Features and the constant."""
        return self.n_features + 1

    @property
    def pair_bytes(self) -> int:
        """What the models without each pair of subjects take, of one training set."""
        return int(4 * self.n_subjects**2 * self.n_coefficients**2)


@attrs.frozen
class Operations:
    """What a way costs once, whatever the number of columns, and for each column of targets."""

    once: float
    per_column: float

    def of(self, n_columns: int, *, solved: bool = False) -> float:
        """Return the operations for these columns; `solved` where what is done once is done."""
        return (0.0 if solved else self.once) + n_columns * self.per_column


def operations(way: Way, sizes: Sizes, weights: Weights = MEASURED) -> Operations:
    """Count the operations of a way."""
    by_features, of_moments = way.startswith("features"), way.endswith("moments")
    return (_by_features if by_features else _by_rows)(sizes, weights, of_moments=of_moments)


def cheapest(ways: Mapping[Way, Operations], n_columns: int, solved: frozenset[Way] | set[Way] = frozenset()) -> Way:
    """Return the way with the fewest operations for so many columns; the first of equal ones."""
    return min(ways, key=lambda way: ways[way].of(n_columns, solved=way in solved))


def eigen(n: float, weights: Weights = MEASURED) -> float:
    """Operations of the eigenvectors of a symmetric matrix (n, n); small ones take long for their size."""
    return 8 * n**3 + weights.eigen * n**2


def _by_features(sizes: Sizes, weights: Weights, *, of_moments: bool) -> Operations:
    p, n_penalties = sizes.n_coefficients, sizes.n_penalties
    n_ordered = sizes.n_subjects * (sizes.n_subjects - 1)  # pairs, each of which is tested either way
    n_folds = sizes.n_groups * sizes.n_subjects
    predict = 2 * n_folds * p * (sizes.n_active + sizes.n_train / sizes.n_subjects) + weights.elementwise * n_folds * p
    once = n_folds * (eigen(p, weights) + 2 * p**2 * sizes.n_active)
    pairs = sizes.n_training * n_ordered / 2 * eigen(p, weights)
    if not of_moments:
        per_column = sizes.n_training * n_ordered / 2 * (2 * p**2 + weights.elementwise * p * n_penalties)
        per_column += sizes.n_tasks * n_ordered * p * n_penalties * (2 * p + 2 * weights.elementwise)
        # what is done for each part of the columns is counted as if there were one part
        calls = weights.call * sizes.n_subjects * 5 * (sizes.n_training + sizes.n_tasks)
        return Operations(once + pairs + calls + sizes.n_tasks * n_ordered * 4 * p**3, predict + per_column)
    m, tested = sizes.n_moments, sizes.n_moments_tested
    half = min(p, sizes.n_tested)
    of_pair = sizes.n_training * 2 * p**2 * m
    of_task = 2 * p**2 * (half + tested) + n_penalties * (
        half * p * (weights.elementwise + 2 * m)
        + half * m * (weights.elementwise + m)
        + p * tested * (weights.elementwise + 2 * m)
    )
    of_fold = weights.elementwise * sizes.n_tasks * sizes.n_subjects * n_penalties * m**2
    of_fold += weights.call * sizes.n_subjects * (8 * sizes.n_training + 12 * sizes.n_tasks)
    return Operations(
        once + pairs + n_ordered * (of_pair + sizes.n_tasks * of_task) + of_fold, predict + _choice(sizes, weights)
    )


def _by_rows(sizes: Sizes, weights: Weights, *, of_moments: bool) -> Operations:
    n_penalties, n_own, tested = sizes.n_penalties, sizes.n_own, sizes.n_tested
    n_inner, n_pairs_out = n_own * sizes.n_subjects, sizes.n_subjects * (sizes.n_subjects - 1) / 2
    n_folds = sizes.n_groups * sizes.n_subjects
    own = sizes.n_train / sizes.n_subjects

    def components(n_rows: float) -> float:
        return min(sizes.n_features, n_rows)

    def spectrum(n_rows: float) -> float:
        return eigen(components(n_rows), weights) + 2 * n_rows * components(n_rows) ** 2

    outer = sizes.n_groups * spectrum(sizes.n_train)
    outer += n_folds * n_penalties * (own**2 * components(sizes.n_train) + weights.small_solve * own**3)
    inner = sizes.n_training * spectrum(n_inner)
    inner += (
        sizes.n_training
        * n_penalties
        * (
            n_inner**2 * (components(n_inner) + weights.elementwise)
            + n_pairs_out * (weights.small_solve * n_own**3 + 4 * n_own**3)
        )
    )
    inner += weights.call * n_penalties * sizes.n_subjects * (16 * sizes.n_training + 4 * sizes.n_tasks)
    # of every column of the basis: pairs solved, and what they predict
    of_outer = n_folds * n_penalties * (2 * weights.small_solve * own**2)
    of_inner = sizes.n_training * n_penalties * n_pairs_out * (weights.small_solve / 2) * n_own * (n_own + 2 * tested)
    of_inner += sizes.n_tasks * n_penalties * n_pairs_out * 4 * weights.elementwise * tested
    if not of_moments:
        return Operations(outer + inner, of_outer + of_inner)
    basis = sizes.n_moments + sizes.n_moments_tested
    forms = (
        sizes.n_tasks
        * sizes.n_subjects
        * n_penalties
        * (n_inner / max(n_own, 1) * tested + weights.elementwise)
        * basis**2
    )
    predict = 2 * n_folds * own * sizes.n_active + weights.elementwise * n_folds * (own + sizes.n_active)
    return Operations(
        outer + inner + sizes.n_active * of_outer + basis * of_inner + forms, predict + _choice(sizes, weights)
    )


def _choice(sizes: Sizes, weights: Weights) -> float:
    """Operations by which a column's penalties are chosen from quadratic forms."""
    if not sizes.n_training:
        return 0.0
    products = n_pairs(round(sizes.n_active))
    n_folds = sizes.n_groups * sizes.n_subjects
    return 2.0 * n_folds * sizes.n_penalties * products + weights.elementwise * (sizes.n_groups * products + n_folds)


class ShortestCrossValidator:
    """One that goes the way with the fewest operations for the columns that it is asked for; numbers are the same.

    Parameters
    ----------
    makers
        How to make the validator of each way.
    folds, n_features
        What their sizes are taken from.

    What a way does once is worth it for many columns. So columns are counted over all calls (or said by `expect`), and
    a way that has been gone is the cheaper for it.
    """

    def __init__(self, makers: Mapping[Way, Callable[[], Explains]], folds: NestedFolds, n_features: int) -> None:
        self._makers = makers
        self._folds = folds
        self._n_features = n_features
        self._ways: dict[Way, Operations] = {}
        self._made: dict[Way, Explains] = {}
        self._n_asked = 0
        self._n_expected = 0
        self._last: Way | None = None

    def expect(self, n_columns: int) -> None:
        """Take note of how many columns will be asked for in all."""
        self._n_expected = n_columns

    def way(self, n_columns: int) -> Way:
        """Return the way that so many further columns would go. Raises ConfigError where folds can't be split again."""
        if not self._ways:
            sizes = Sizes.of(self._folds, self._n_features)
            self._ways = {way: operations(way, sizes) for way in self._makers if fits(way, sizes)}
        solved = {way for way in self._made if way.endswith("moments")}
        n_all = max(self._n_expected, self._n_asked + n_columns)
        return cheapest(self._ways, n_columns if solved else n_all, solved)

    def predict(self, values: FloatArray) -> CrossValidated:
        """Return predictions for values (n_moments, n_columns), each column with its own penalty in every fold."""
        n_columns = np.shape(values)[-1]
        self._last = self.way(n_columns)
        self._n_asked += n_columns
        return self._validator(self._last).predict(values)

    def fitted(self, values: FloatArray, chosen: IntArray) -> Iterator[tuple[Fold, FloatArray]]:
        """Yield each fold and its model's fitted values on its own training rows, (n_train, n_columns).

        `chosen` (n_folds, n_columns) as `predict` returned it.
        """
        way = self._last or self.way(np.shape(values)[-1])
        return self._validator(way).fitted(values, chosen)

    def coefficients(self, values: FloatArray, chosen: IntArray) -> Sequence[tuple[Fold, FloatArray]] | None:
        """Return each fold and its model's coefficients, (1 + n_edges, n_columns), the intercept first.

        `chosen` (n_folds, n_columns) as `predict` returned it. None where features aren't few, and the way was by rows.
        """
        way = self._last or self.way(np.shape(values)[-1])
        validator = self._validator(way)
        return validator.coefficients(values, chosen) if isinstance(validator, PrimalFolds) else None

    def readouts(self, values: FloatArray, chosen: IntArray) -> FloatArray | None:
        """Return what features are multiplied by to give the mean patterns, (n_rows, n_columns); None by features.

        `chosen` (n_folds, n_columns) as `predict` returned it.
        """
        validator = self._validator(self._last or self.way(np.shape(values)[-1]))
        return validator.readouts(values, chosen) if isinstance(validator, ExactCrossValidator) else None

    def curve(self, values: FloatArray) -> FloatArray:
        """Return each penalty's mean squared error in each (outer) fold, (n_folds, n_penalties, n_columns)."""
        by_rows = self._validator("rows-columns")
        assert isinstance(by_rows, ExactCrossValidator)
        return by_rows.curve(values)

    def _validator(self, way: Way) -> Explains:
        if way not in self._made:
            self._made[way] = self._makers[way]()
        return self._made[way]


def fits(way: Way, sizes: Sizes) -> bool:
    """Whether what a way keeps doesn't take too much memory; by rows for the targets at hand always does."""
    kept = sizes.form_bytes if way.endswith("moments") else 0
    kept += sizes.pair_bytes if way == "features-moments" else 0
    return way == "rows-columns" or kept <= MOST_BYTES
