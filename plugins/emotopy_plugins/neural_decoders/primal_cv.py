"""Exact nested cross-validation of ridge on few features, from sums of products: nothing in it counts rows.

Where every subject has targets of its own nothing collapses, and leaving subjects out row by row (`exact_cv`) costs the
cube of a subject's rows. With fewer features than that, each subject's sums of products say all there is to know: a
training set is the sum over its subjects, leaving one out is a subtraction, and a squared error is a quadratic form in
the coefficients. Products are of [1, x], so that the unpenalised intercept comes along.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from emotopy.inference.crossval import CrossValidated
from emotopy.inference.splits import Fold, Plan
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy_plugins.neural_decoders.nested_folds import NestedFolds

_COLUMNS_AT_ONCE = 128  # their coefficients under all penalties stay in the processor's cache


@attrs.frozen(eq=False)
class _Sums:
    """Sums over some rows of each subject: `count` (n_subjects,), `xx` (…, p, p), `xy` (…, p, n_columns), `yy`.

    p is the number of features and one, for the constant; `yy` is (n_subjects, n_columns).
    """

    count: IntArray
    xx: FloatArray
    xy: FloatArray
    yy: FloatArray


@attrs.frozen(eq=False)
class _Models:
    """Ridge models in the basis in which a penalty is a division, a batch of them.

    `turn` (n_models, p, p) takes [1, x] there; `mean` (n_models, 1, n_columns) is the intercept there, `inside`
    (n_models, p − 1, n_columns) the products with the targets and `values` (n_models, p − 1) the eigenvalues.
    """

    turn: FloatArray
    values: FloatArray
    mean: FloatArray
    inside: FloatArray

    @classmethod
    def of(cls, xx: FloatArray, xy: FloatArray) -> _Models:
        """Fit to training sums xx (n_models, p, p) and xy (n_models, p, n_columns)."""
        count = xx[:, :1, :1]
        middle = xx[:, 1:, :1] / count
        values, vectors = np.linalg.eigh(xx[:, 1:, 1:] - middle * xx[:, :1, 1:])
        turn = np.zeros(xx.shape)
        turn[:, 0, 0] = 1.0
        turn[:, 1:, 1:] = vectors.swapaxes(1, 2)
        turn[:, 1:, :1] = -turn[:, 1:, 1:] @ middle
        return cls(turn, np.maximum(values, 0.0), xy[:, :1] / count, (turn @ xy)[:, 1:])

    def coefficients(self, penalties: FloatArray) -> FloatArray:
        """Return the coefficients on `turn` · [1, x] under every penalty, (n_models, p, n_penalties, n_columns)."""
        n_models, n_features, n_columns = self.inside.shape
        found = np.empty((n_models, n_features + 1, len(penalties), n_columns))
        found[:, 0] = self.mean
        divisors = self.values[:, :, None] + penalties
        np.divide(self.inside[:, :, None, :], divisors[..., None], out=found[:, 1:])
        return found

    def chosen(self, penalties: FloatArray) -> FloatArray:
        """Return the coefficients on [1, x] with a penalty for each model and column, (n_models, p, n_columns)."""
        turned = np.concatenate([self.mean, self.inside / (self.values[:, :, None] + penalties[:, None, :])], axis=1)
        return np.asarray(self.turn.swapaxes(1, 2) @ turned)

    def errors(self, coefficients: FloatArray, tested: _Sums, who: IntArray) -> FloatArray:
        """Return each model's mean squared errors on a subject's rows, (n_models, n_penalties, n_columns).

        `who` (n_models,) is the subject whose rows each model is tested on; 0 where it has none.
        """
        n_models, n_coefficients, _, _ = coefficients.shape
        forms = self.turn @ tested.xx[who] @ self.turn.swapaxes(1, 2)
        flat = coefficients.reshape(n_models, n_coefficients, -1)
        deviation = (forms @ flat).reshape(coefficients.shape)
        deviation -= 2 * (self.turn @ tested.xy[who])[:, :, None, :]
        found = np.einsum("mkpc,mkpc->mpc", coefficients, deviation) + tested.yy[who][:, None, :]
        return np.asarray(found / np.maximum(tested.count[who], 1)[:, None, None])


class PrimalCrossValidator(NestedFolds):
    """Linear ridge, few features and a plan that leaves subjects out, ready for any targets.

    Parameters
    ----------
    features
        (n_rows, n_edges) float64, centred (roughly) over all rows, so that sums of products lose no digits.
    plan, moment, penalties
        As for `emotopy_plugins.neural_decoders.exact_cv.ExactCrossValidator`, whose numbers these are.
    """

    def __init__(self, features: FloatArray, plan: Plan, moment: IntArray, penalties: FloatArray) -> None:
        super().__init__(plan, moment, penalties)
        self._rows = np.column_stack([np.ones(len(features)), features])

    @staticmethod
    def suits(features: FloatArray, plan: Plan) -> bool:
        """Whether subjects are left out, and have more rows than there are features."""
        n_subjects = len(np.unique(plan.index.subject))
        return all(one.by_subject for one in plan.fold_groups()) and features.shape[1] < len(features) / n_subjects

    def predict(self, values: FloatArray) -> CrossValidated:
        """Return predictions for values (n_moments, n_columns), each column with its own penalty in every fold."""
        values = self._checked(values)
        predictions = np.full((len(self.moment), values.shape[1]), np.nan)
        chosen = np.zeros((sum(map(len, self._folds)), values.shape[1]), dtype=np.int64)
        for start in range(0, values.shape[1], _COLUMNS_AT_ONCE):
            columns = slice(start, start + _COLUMNS_AT_ONCE)
            targets = values[:, columns][self.moment]
            middle = targets.mean(axis=0)
            targets -= middle
            if len(self.penalties) > 1:
                chosen[:, columns] = self._choose(targets)
            for fold, coefficients in self._fits(targets, chosen[:, columns]):
                predictions[fold.test, columns] = self._rows[fold.test] @ coefficients + middle
        return self._result(predictions, chosen)

    def fitted(self, values: FloatArray, chosen: IntArray) -> Iterator[tuple[Fold, FloatArray]]:
        """Yield each fold and its model's fitted values on its own training rows, (n_train, n_columns).

        `chosen` (n_folds, n_columns) as `predict` returned it.
        """
        targets = self._checked(values)[self.moment]
        middle = targets.mean(axis=0)
        for fold, coefficients in self._fits(targets - middle, chosen):
            yield fold, self._rows[fold.train] @ coefficients + middle

    def _fits(self, targets: FloatArray, chosen: IntArray) -> Iterator[tuple[Fold, FloatArray]]:
        """Yield each fold and the coefficients of its model, (p, n_columns)."""
        begin = 0
        for group, folds in zip(self._groups, self._folds, strict=True):
            sums = self._sums(group.train, targets)
            out = self._numbers(folds)
            models = _Models.of(sums.xx.sum(axis=0) - sums.xx[out], sums.xy.sum(axis=0) - sums.xy[out])
            yield from zip(folds, models.chosen(self.penalties[chosen[begin : begin + len(folds)]]), strict=True)
            begin += len(folds)

    def _choose(self, targets: FloatArray) -> IntArray:
        """Return the number of the best penalty by the inner folds, (n_folds, n_columns)."""
        n_penalties, n_columns = len(self.penalties), targets.shape[1]
        # of every group and subject left out, whether it is a fold or not
        totals = np.zeros((len(self._groups), self._n_subjects, n_penalties, n_columns))
        for train, tasks in self._inner_tasks():
            sums = self._sums(train, targets)
            all_xx, all_xy = sums.xx.sum(axis=0), sums.xy.sum(axis=0)
            tested = [(task.outer, self._sums(task.test, targets)) for task in tasks]
            for one in range(self._n_subjects - 1):
                others = np.arange(one + 1, self._n_subjects)
                models = _Models.of(all_xx - sums.xx[one] - sums.xx[others], all_xy - sums.xy[one] - sums.xy[others])
                coefficients = models.coefficients(self.penalties)
                for outer, theirs in tested:
                    totals[outer, one] += models.errors(coefficients, theirs, others).sum(axis=0)
                    totals[outer, others] += models.errors(coefficients, theirs, np.full(len(others), one))
        best = totals.argmin(axis=2)
        return np.concatenate([best[number, self._numbers(folds)] for number, folds in enumerate(self._folds)])

    def _numbers(self, folds: Sequence[Fold]) -> IntArray:
        """Return the number of the subject that each fold leaves out, (n_folds,)."""
        return np.searchsorted(self._subjects, [fold.subject for fold in folds])

    def _sums(self, mask: BoolArray, targets: FloatArray) -> _Sums:
        n_coefficients, n_columns = self._rows.shape[1], targets.shape[1]
        xx = np.zeros((self._n_subjects, n_coefficients, n_coefficients))
        xy = np.zeros((self._n_subjects, n_coefficients, n_columns))
        yy = np.zeros((self._n_subjects, n_columns))
        for subject in range(self._n_subjects):
            rows = np.flatnonzero(mask & (self._subject == subject))
            mine, wanted = self._rows[rows], targets[rows]
            xx[subject], xy[subject], yy[subject] = mine.T @ mine, mine.T @ wanted, (wanted**2).sum(axis=0)
        return _Sums(np.bincount(self._subject[mask], minlength=self._n_subjects), xx, xy, yy)
