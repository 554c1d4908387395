"""Ridge on few features from each subject's sums of products: nothing in it counts rows.

A training set is the sum over its subjects, leaving one out is a subtraction, and a squared error is a quadratic form
in the coefficients. Products are of [1, x], so that the unpenalised intercept comes along.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from emotopy.host import checkpoint
from emotopy.inference.splits import Fold, Plan
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy_plugins.neural_decoders.nested_folds import NestedFolds


@attrs.frozen(eq=False)
class SubjectSums:
    """Sums over some rows of each subject: `count` (n_subjects,), `xx` (…, p, p), `xy` (…, p, n_columns), `yy`.

    p is the number of features and one, for the constant; `yy` is (n_subjects, n_columns).
    """

    count: IntArray
    xx: FloatArray
    xy: FloatArray
    yy: FloatArray


@attrs.frozen(eq=False)
class RidgeModels:
    """Ridge models in the basis in which a penalty is a division, a batch of them.

    `turn` (n_models, p, p) takes [1, x] there; `mean` (n_models, 1, n_columns) is the intercept there, `inside`
    (n_models, p − 1, n_columns) the products with the targets and `values` (n_models, p − 1) the eigenvalues.
    """

    turn: FloatArray
    values: FloatArray
    mean: FloatArray
    inside: FloatArray

    @classmethod
    def of(cls, xx: FloatArray, xy: FloatArray) -> RidgeModels:
        """Fit to training sums xx (n_models, p, p) and xy (n_models, p, n_columns)."""
        count = xx[:, :1, :1]
        middle = xx[:, 1:, :1] / count
        values, vectors = np.linalg.eigh(xx[:, 1:, 1:] - middle * xx[:, :1, 1:])
        turn = np.zeros(xx.shape)
        turn[:, 0, 0] = 1.0
        turn[:, 1:, 1:] = vectors.swapaxes(1, 2)
        turn[:, 1:, :1] = -turn[:, 1:, 1:] @ middle
        return cls(turn, np.maximum(values, 0.0), xy[:, :1] / count, (turn @ xy)[:, 1:])

    def take(self, which: IntArray) -> RidgeModels:
        """Return some of the models, in this order."""
        return RidgeModels(self.turn[which], self.values[which], self.mean[which], self.inside[which])

    def on(self, values: FloatArray) -> RidgeModels:
        """Return the models of targets (n_columns, n_others) that are combinations of these ones' columns."""
        return attrs.evolve(self, mean=self.mean @ values, inside=self.inside @ values)

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

    def errors(self, coefficients: FloatArray, tested: SubjectSums, who: IntArray) -> FloatArray:
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


class PrimalFolds(NestedFolds):
    """The folds of a plan that leaves subjects out, for linear ridge on few features.

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

    def coefficients(self, values: FloatArray, chosen: IntArray) -> Sequence[tuple[Fold, FloatArray]]:
        """Return each fold and its model's coefficients, (1 + n_edges, n_columns), the intercept first.

        `chosen` (n_folds, n_columns) as `predict` returned it. The intercept is that of the features as given.
        """
        return list(self._fits(self._checked(values), chosen))

    def fitted(self, values: FloatArray, chosen: IntArray) -> Iterator[tuple[Fold, FloatArray]]:
        """Yield each fold and its model's fitted values on its own training rows, (n_train, n_columns).

        `chosen` (n_folds, n_columns) as `predict` returned it.
        """
        for fold, found in self._fits(self._checked(values), chosen):
            yield fold, self._rows[fold.train] @ found

    def _fits(self, values: FloatArray, chosen: IntArray) -> Iterator[tuple[Fold, FloatArray]]:
        """Yield each fold and the coefficients of its model on [1, x], (p, n_columns)."""
        targets = values[self.moment]
        middle = targets.mean(axis=0)
        targets -= middle
        begin = 0
        for group, folds in zip(self.groups, self._folds, strict=True):
            checkpoint()
            models = self._without(self._sums(group.train, targets), self._numbers(folds))
            found = models.chosen(self.penalties[chosen[begin : begin + len(folds)]])
            found[:, 0] += middle
            yield from zip(folds, found, strict=True)
            begin += len(folds)

    @staticmethod
    def _without(sums: SubjectSums, out: IntArray) -> RidgeModels:
        """Return the models of all subjects but one, each without the next of `out` (n_models,)."""
        return RidgeModels.of(sums.xx.sum(axis=0) - sums.xx[out], sums.xy.sum(axis=0) - sums.xy[out])

    def _numbers(self, folds: Sequence[Fold]) -> IntArray:
        """Return the number of the subject that each fold leaves out, (n_folds,)."""
        return np.searchsorted(self._subjects, [fold.subject for fold in folds])

    def _sums(self, mask: BoolArray, targets: FloatArray) -> SubjectSums:
        n_coefficients, n_columns = self._rows.shape[1], targets.shape[1]
        xx = np.zeros((self.n_subjects, n_coefficients, n_coefficients))
        xy = np.zeros((self.n_subjects, n_coefficients, n_columns))
        yy = np.zeros((self.n_subjects, n_columns))
        for subject in range(self.n_subjects):
            rows = np.flatnonzero(mask & (self._subject == subject))
            mine, wanted = self._rows[rows], targets[rows]
            xx[subject], xy[subject], yy[subject] = mine.T @ mine, mine.T @ wanted, (wanted**2).sum(axis=0)
        return SubjectSums(np.bincount(self._subject[mask], minlength=self.n_subjects), xx, xy, yy)
