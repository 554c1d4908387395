"""Kernel ridge's cross-validation by definition: every fold and penalty is fitted anew (reference mode).

A model with the kernel K, centred in the training rows, and an unpenalised intercept: α = (K + λI)⁻¹ (y − ȳ), and
f(T) = K_T α + ȳ (Hastie, Tibshirani & Friedman 2009, The Elements of Statistical Learning, §5.8 and §12.3.7).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from emotopy.host import checkpoint
from emotopy.inference.crossval import CrossValidated
from emotopy.inference.splits import Fold, Plan
from emotopy.records.axes import FloatArray, IntArray
from emotopy_plugins.neural_decoders.nested_folds import NestedFolds

if TYPE_CHECKING:
    from emotopy_plugins.neural_decoders.kernel_ridge import Rows


class RefittingValidator(NestedFolds):
    """What `ExactCrossValidator` answers, by refitting; equal to 1e-8. `kernel` is (n_rows, n_rows)."""

    def __init__(self, kernel: FloatArray, plan: Plan, moment: IntArray, penalties: FloatArray) -> None:
        super().__init__(plan, moment, penalties)
        self._kernel = kernel

    def predict(self, values: FloatArray) -> CrossValidated:
        """Return predictions for values (n_moments, n_columns), each column with its own penalty in every fold."""
        targets = self._checked(values)[self.moment]
        predictions = np.full(targets.shape, np.nan)
        chosen = []
        for fold in self.plan.folds():
            checkpoint()
            choice = np.zeros(targets.shape[1], dtype=np.int64)
            if len(self.penalties) > 1:
                inner = self.plan.folds(within=fold.train)
                choice = self._errors(inner, targets).mean(axis=0).argmin(axis=0)
            chosen.append(choice)
            predictions[fold.test] = self._predicted(fold, targets, choice, np.flatnonzero(fold.test))
        return self._result(predictions, np.array(chosen))

    def curve(self, values: FloatArray) -> FloatArray:
        """Return each penalty's mean squared error in each (outer) fold, (n_folds, n_penalties, n_columns)."""
        return self._errors(self.plan.folds(), self._checked(values)[self.moment])

    def fitted(self, values: FloatArray, chosen: IntArray) -> Iterator[tuple[Fold, FloatArray]]:
        """Yield each fold and its model's fitted values on its own training rows, (n_train, n_columns)."""
        targets = self._checked(values)[self.moment]
        for fold, choice in zip(self.plan.folds(), chosen, strict=True):
            yield fold, self._predicted(fold, targets, choice, np.flatnonzero(fold.train))

    def _errors(self, folds: Sequence[Fold], targets: FloatArray) -> FloatArray:
        errors = np.empty((len(folds), len(self.penalties), targets.shape[1]))
        for number, fold in enumerate(folds):
            checkpoint()
            for choice in range(len(self.penalties)):
                everywhere = np.full(targets.shape[1], choice)
                found = self._predicted(fold, targets, everywhere, np.flatnonzero(fold.test))
                errors[number, choice] = ((found - targets[fold.test]) ** 2).mean(axis=0)
        return errors

    def _predicted(self, fold: Fold, targets: FloatArray, choice: IntArray, rows: IntArray) -> FloatArray:
        """Return what the fold's models, with the penalties of this choice (n_columns,), say of some rows."""
        train = np.flatnonzero(fold.train)
        found = np.empty((len(rows), targets.shape[1]))
        cross = self._kernel[np.ix_(rows, train)] - self._kernel[np.ix_(train, train)].mean(axis=0)
        cross -= cross.mean(axis=1, keepdims=True)  # centred as the training rows are
        for number in np.unique(choice):
            mine = choice == number
            weights = dual_weights(self._kernel, train, self.penalties[number], targets[:, mine])
            found[:, mine] = cross @ weights + targets[train][:, mine].mean(axis=0)
        return found


def cross_validator(rows: Rows, plan: Plan, moment: IntArray, penalties: FloatArray) -> RefittingValidator:
    """Return the validator that refits, for rows known by their kernel."""
    return RefittingValidator(rows.kernel, plan, moment, penalties)


def error_curve(rows: Rows, plan: Plan, penalties: FloatArray, targets: FloatArray) -> FloatArray:
    """Return each penalty's mean squared error in each fold, (n_folds, n_penalties, n_targets)."""
    return cross_validator(rows, plan, np.arange(len(targets)), penalties).curve(targets)


def fitted_weights(rows: Rows, penalties: FloatArray, targets: FloatArray) -> FloatArray:
    """Return α of the models of all rows, (n_rows, n_targets), each target with its own penalty (n_targets,)."""
    everyone = np.arange(len(targets))
    columns = [dual_weights(rows.kernel, everyone, penalty, targets[:, [i]]) for i, penalty in enumerate(penalties)]
    return np.hstack(columns)


def dual_weights(kernel: FloatArray, train: IntArray, penalty: float, targets: FloatArray) -> FloatArray:
    """Return α = (K + λI)⁻¹ (y − ȳ) of the training rows, (n_train, n_targets)."""
    n = len(train)
    centring = np.eye(n) - 1 / n
    inner = centring @ kernel[np.ix_(train, train)] @ centring
    return np.linalg.solve(inner + penalty * np.eye(n), targets[train] - targets[train].mean(axis=0))
