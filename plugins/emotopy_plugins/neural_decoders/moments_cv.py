"""Exact nested cross-validation of ridge on few features whose targets subjects share: solved once for any targets.

Targets are the moments of a story, as in `exact_cv`; models come from each subject's sums of products, as in
`primal_cv`. A model without subjects s and t, tested on t's rows X, has the squared error |y_T − X B y|², where B takes
the moments of training to coefficients: a quadratic form in the moments y. Summed over the inner folds of an outer one
it is kept, for every penalty. In the basis in which a penalty is a division, B = D(λ) Z, so that a training set's
eigenvectors, and Z, serve all penalties.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from emotopy.host import checkpoint
from emotopy.inference.crossval import CrossValidated
from emotopy.inference.splits import Fold, FoldGroup, Plan
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy_plugins.neural_decoders.inner_errors import InnerErrors
from emotopy_plugins.neural_decoders.leave_subject_out import RowsBySubject
from emotopy_plugins.neural_decoders.nested_folds import InnerTask
from emotopy_plugins.neural_decoders.subject_sums import PrimalFolds, RidgeModels, SubjectSums


@attrs.frozen(eq=False)
class _Outer:
    """The models of an outer group, one for each of its folds; their columns are the moments `active` of training."""

    active: IntArray
    models: RidgeModels


@attrs.frozen(eq=False)
class _Tested:
    """The rows that an inner task tests, by subject.

    `half` (n_subjects, n_half, p) is the triangular factor of their products, so that |X b|² = |half b|²; `xy`
    (n_subjects, p, n_tested) are the products with the `moments` that are tested, `seen` (n_subjects, n_tested) how
    many rows stand at each of them.
    """

    task: InnerTask
    moments: IntArray
    half: FloatArray
    xy: FloatArray
    seen: FloatArray

    def weight(self, subject: int, others: IntArray) -> FloatArray:
        """Return what a squared error of each of the others counts where the subject is left out, (n_others,)."""
        counts = self.seen[others].sum(axis=1)
        n_folds = max(int(self.task.n_folds[subject]), 1)
        return np.where(counts > 0, 1 / (np.maximum(counts, 1) * n_folds), 0.0)


@attrs.frozen(eq=False)
class _WithoutPairs:
    """Models of an inner training set without any two subjects, for the moments `active` of the training set.

    `turn` (n_pairs, p, p) and `values` (n_pairs, p − 1) as of `RidgeModels`; `number` (n_subjects, n_subjects) is the
    number of each pair.
    """

    active: IntArray
    sums: SubjectSums
    turn: FloatArray
    values: FloatArray
    number: IntArray

    @classmethod
    def of(cls, active: IntArray, sums: SubjectSums) -> _WithoutPairs:
        n_subjects = len(sums.count)
        one, other = np.triu_indices(n_subjects, k=1)
        xx = sums.xx.sum(axis=0) - sums.xx[one] - sums.xx[other]
        models = RidgeModels.of(xx, np.empty((*xx.shape[:2], 0)))
        number = np.zeros((n_subjects, n_subjects), dtype=np.int64)
        number[one, other] = number[other, one] = np.arange(len(one))
        return cls(active, sums, models.turn, models.values, number)

    def without(self, subject: int, others: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the models without a subject and each of others: `turn`, `values`, and the moments in their basis.

        The last is Z (n_others, p, n_active), its first row divided by the number of training rows: an intercept has
        no penalty.
        """
        which = self.number[subject, others]
        turn = self.turn[which]
        xy = self.sums.xy.sum(axis=0) - self.sums.xy[subject] - self.sums.xy[others]
        moments = turn @ xy
        moments[:, 0] /= (self.sums.count.sum() - self.sums.count[subject] - self.sums.count[others])[:, None]
        return turn, self.values[which], moments


class MomentsCrossValidator(PrimalFolds):
    """Linear ridge, few features, a plan that leaves subjects out, targets that they share; ready for any targets."""

    def __init__(self, features: FloatArray, plan: Plan, moment: IntArray, penalties: FloatArray) -> None:
        super().__init__(features, plan, moment, penalties)
        self._outer: list[_Outer] | None = None
        self._errors: list[InnerErrors] | None = None

    def predict(self, values: FloatArray) -> CrossValidated:
        """Return predictions for values (n_moments, n_columns), each column with its own penalty in every fold."""
        values = self._checked(values)
        chosen = np.zeros((sum(map(len, self._folds)), values.shape[1]), dtype=np.int64)
        if len(self.penalties) > 1:
            if self._errors is None:
                self._errors = self._inner()
            chosen = np.concatenate([errors.least(values) for errors in self._errors])
        predictions = np.full((len(self.moment), values.shape[1]), np.nan)
        for fold, coefficients in self._fits(values, chosen):
            predictions[fold.test] = self._rows[fold.test] @ coefficients
        return self._result(predictions, chosen)

    def _fits(self, values: FloatArray, chosen: IntArray) -> Iterator[tuple[Fold, FloatArray]]:
        if self._outer is None:
            self._outer = [self._solve(group, folds) for group, folds in zip(self.groups, self._folds, strict=True)]
        middle = values.mean(axis=0)
        numbers = iter(chosen)
        for outer, folds in zip(self._outer, self._folds, strict=True):
            checkpoint()
            active = values[outer.active] - middle
            for i, fold in enumerate(folds):
                found = outer.models.take(np.array([i])).on(active).chosen(self.penalties[next(numbers)][None])[0]
                found[0] += middle
                yield fold, found

    def _solve(self, group: FoldGroup, folds: Sequence[Fold]) -> _Outer:
        active, sums = self._moment_sums(group.train)
        return _Outer(active, self._without(sums, self._numbers(folds)))

    def _moment_sums(self, mask: BoolArray) -> tuple[IntArray, SubjectSums]:
        """Return the moments that occur in some rows, ascending, and the sums with them as targets."""
        active, place = np.unique(self.moment[mask], return_inverse=True)
        targets = np.zeros((len(self.moment), len(active)))
        targets[np.flatnonzero(mask), place.reshape(-1)] = 1.0
        return active, self._sums(mask, targets)

    # Inner folds -----------------------------------------------------------------------------------------------------

    def _inner(self) -> list[InnerErrors]:
        """Return the inner errors of every outer group, as forms."""
        actives = [np.unique(self.moment[group.train]) for group in self.groups]
        forms = [
            np.zeros((len(folds), len(self.penalties), len(active), len(active)))
            for folds, active in zip(self._folds, actives, strict=True)
        ]
        for train, tasks in self.inner_tasks():
            checkpoint()
            pairs = _WithoutPairs.of(*self._moment_sums(train))
            tested = [self._tested(task) for task in tasks]
            for subject in range(self.n_subjects):
                self._add_subject(forms, actives, pairs, tested, subject)
        return [InnerErrors.of_forms(active, form) for active, form in zip(actives, forms, strict=True)]

    def _tested(self, task: InnerTask) -> _Tested:
        moments, sums = self._moment_sums(task.test)
        stack = RowsBySubject.of(self._subject[task.test], self.n_subjects)
        half = np.linalg.qr(stack.fill(self._rows[task.test]), mode="r")
        return _Tested(task, moments, half, sums.xy, sums.yy)

    def _add_subject(
        self,
        forms: list[FloatArray],
        actives: list[IntArray],
        pairs: _WithoutPairs,
        tested: list[_Tested],
        subject: int,
    ) -> None:
        """Add the errors of one training set's inner folds, where this subject is left out, to the forms that ask."""
        others = np.delete(np.arange(self.n_subjects), subject)
        turn, values, moments = pairs.without(subject, others)
        n_others, n_coefficients, n_active = moments.shape
        shrink = np.ones((n_others, len(self.penalties), n_coefficients))
        shrink[:, :, 1:] = 1 / (values[:, None, :] + self.penalties[:, None])
        for each in tested:
            fold = np.flatnonzero(self._numbers(self._folds[each.task.outer]) == subject)
            if not len(fold):
                continue
            weight = each.weight(subject, others)
            half = (np.sqrt(weight)[:, None, None] * each.half[others]) @ turn.swapaxes(1, 2)
            fitted = (half[:, None] * shrink[:, :, None]).reshape(n_others, -1, n_coefficients) @ moments
            fitted = fitted.reshape(n_others, len(self.penalties), -1, n_active).swapaxes(0, 1)
            fitted = fitted.reshape(len(self.penalties), -1, n_active)
            wanted = weight[:, None, None] * (turn @ each.xy[others])
            wanted = (shrink.swapaxes(1, 2)[..., None] * wanted[:, :, None]).reshape(n_others * n_coefficients, -1)
            cross = (moments.reshape(-1, n_active).T @ wanted).reshape(n_active, len(self.penalties), -1)
            form = forms[each.task.outer][fold[0]]
            train, test = (np.searchsorted(actives[each.task.outer], one) for one in (pairs.active, each.moments))
            form[:, train[:, None], train] += fitted.swapaxes(1, 2) @ fitted
            form[:, train[:, None], test] -= 2 * cross.swapaxes(0, 1)
            form[:, test, test] += weight @ each.seen[others]
