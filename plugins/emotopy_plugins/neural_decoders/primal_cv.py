"""Exact nested cross-validation of ridge on few features, one column of targets after the other.

Where every subject has targets of its own nothing collapses, and leaving subjects out row by row (`exact_cv`) costs the
cube of a subject's rows. With fewer features than that, each subject's sums of products say all there is to know.
"""

from __future__ import annotations

import numpy as np

from emotopy.host import checkpoint
from emotopy.inference.crossval import CrossValidated
from emotopy.records.axes import FloatArray, IntArray
from emotopy_plugins.neural_decoders.subject_sums import PrimalFolds, RidgeModels

_COLUMNS_AT_ONCE = 128  # their coefficients under all penalties stay in the processor's cache


class PrimalCrossValidator(PrimalFolds):
    """Linear ridge, few features and a plan that leaves subjects out, ready for any targets."""

    def predict(self, values: FloatArray) -> CrossValidated:
        """Return predictions for values (n_moments, n_columns), each column with its own penalty in every fold."""
        values = self._checked(values)
        predictions = np.full((len(self.moment), values.shape[1]), np.nan)
        chosen = np.zeros((sum(map(len, self._folds)), values.shape[1]), dtype=np.int64)
        for start in range(0, values.shape[1], _COLUMNS_AT_ONCE):
            checkpoint()
            columns = slice(start, start + _COLUMNS_AT_ONCE)
            if len(self.penalties) > 1:
                chosen[:, columns] = self._choose(values[:, columns])
            for fold, coefficients in self._fits(values[:, columns], chosen[:, columns]):
                predictions[fold.test, columns] = self._rows[fold.test] @ coefficients
        return self._result(predictions, chosen)

    def _choose(self, values: FloatArray) -> IntArray:
        """Return the number of the best penalty by the inner folds, (n_folds, n_columns)."""
        targets = values[self.moment]
        targets -= targets.mean(axis=0)
        n_penalties, n_columns = len(self.penalties), targets.shape[1]
        # of every group and subject left out, whether it is a fold or not
        totals = np.zeros((len(self.groups), self.n_subjects, n_penalties, n_columns))
        for train, tasks in self.inner_tasks():
            checkpoint()
            sums = self._sums(train, targets)
            all_xx, all_xy = sums.xx.sum(axis=0), sums.xy.sum(axis=0)
            tested = [(task.outer, self._sums(task.test, targets)) for task in tasks]
            for one in range(self.n_subjects - 1):
                others = np.arange(one + 1, self.n_subjects)
                models = RidgeModels.of(
                    all_xx - sums.xx[one] - sums.xx[others], all_xy - sums.xy[one] - sums.xy[others]
                )
                coefficients = models.coefficients(self.penalties)
                for outer, theirs in tested:
                    totals[outer, one] += models.errors(coefficients, theirs, others).sum(axis=0)
                    totals[outer, others] += models.errors(coefficients, theirs, np.full(len(others), one))
        best = totals.argmin(axis=2)
        return np.concatenate([best[number, self._numbers(folds)] for number, folds in enumerate(self._folds)])
