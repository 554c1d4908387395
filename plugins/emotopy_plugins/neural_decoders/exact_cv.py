"""Exact nested cross-validation of kernel ridge: every fold and every inner fold, without refitting any.

A purged block is factorised once; subjects are then left out of it in closed form, one for a prediction, two (the
tested one and an inner one) to choose its penalty. Two blocks purged together serve both as inner folds of each other:
5 blocks take 5 + 10 factorisations, whatever the number of subjects, penalties and targets.

Predictions are linear in the targets. When all subjects share a story, the targets are the story's moments, few of
them, and a fold's predictor collapses to a matrix (tested windows × moments), an inner error to a quadratic form in the
moments. They are kept, so that further targets (surrogates) cost two small matrix products, with their penalties
chosen anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs
import numpy as np

from emotopy.host import checkpoint
from emotopy.inference.correlation import ROUNDING
from emotopy.inference.crossval import CrossValidated
from emotopy.inference.splits import Fold, FoldGroup, Plan
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy_plugins.neural_decoders.inner_errors import InnerErrors
from emotopy_plugins.neural_decoders.leave_subject_out import LeaveSubjectOut, RowsBySubject
from emotopy_plugins.neural_decoders.nested_folds import MOST_BYTES, InnerTask, NestedFolds
from emotopy_plugins.neural_decoders.ridge_solvers import (
    Projected,
    Spectrum,
    extrapolated,
    residual_maker,
    residuals,
)

Decompose = Callable[[IntArray, "IntArray | None"], Spectrum]
"""(training rows, test rows or None) → their spectrum."""

_COLUMNS_AT_ONCE = 256  # of targets that aren't collapsed


@attrs.frozen(eq=False)
class _SolvedTask:
    """One outer group: its predictors, and the inner errors by which penalties are chosen (None of one penalty).

    `active` are the columns of the basis that occur; `predictors` (n_folds, n_penalties, n_tested, n_active), padded.
    """

    active: IntArray
    predictors: FloatArray
    errors: InnerErrors | None

    def choose(self, values: FloatArray) -> IntArray:
        """Return the number of the best penalty, (n_folds, n_columns)."""
        if self.errors is None:
            return np.zeros((len(self.predictors), values.shape[1]), dtype=np.int64)
        return self.errors.least(values)


class ExactCrossValidator(NestedFolds):
    """Kernel ridge, features and a plan, ready for any targets.

    Parameters
    ----------
    decompose
        (training rows, test rows or None) → `Spectrum`.
    plan
        The split, worked out.
    moment
        Row of `values` that each row's targets stand in, (n_rows,).
    penalties
        (n_penalties,), ascending, absolute.

    collapse
        Whether the moments are solved for once (see above); by default where rows share them and memory has room.

    The penalty of a fold and target is the one with the least mean squared error, averaged over inner folds of the
    outer kind (all rows apart, blocks as they are), as scikit-learn's `GridSearchCV` averages.
    """

    def __init__(
        self, decompose: Decompose, plan: Plan, moment: IntArray, penalties: FloatArray, *, collapse: bool | None = None
    ) -> None:
        super().__init__(plan, moment, penalties)
        self._decompose: Decompose | None = decompose
        self.collapses = self.shares_moments and self.form_bytes <= MOST_BYTES if collapse is None else collapse
        self._spectra: dict[bytes, Spectrum] = {}
        self._kept: list[_SolvedTask] | None = None

    def predict(self, values: FloatArray) -> CrossValidated:
        """Return predictions for values (n_moments, n_columns), each column with its own penalty in every fold."""
        values = self._checked(values)
        if not self.collapses:
            parts = [self._predict_directly(part) for part in _columns(values)]
            return self._result(np.hstack([part[0] for part in parts]), np.hstack([part[1] for part in parts]))
        if self._kept is None:
            self._kept = self._solve(np.eye(len(values)), collapse=True, nested=len(self.penalties) > 1)
            self._decompose = None  # what is asked for again has its spectrum; the kernel can go
        chosen = [solved.choose(values) for solved in self._kept]
        predictions = np.full((len(self.moment), values.shape[1]), np.nan)
        for solved, folds, choice in zip(self._kept, self._folds, chosen, strict=True):
            active = values[solved.active]
            for fold, predictors, of_fold in zip(folds, solved.predictors, choice, strict=True):
                rows = np.flatnonzero(fold.test)
                for number in np.unique(of_fold):
                    columns = np.flatnonzero(of_fold == number)
                    predictions[np.ix_(rows, columns)] = predictors[number, : len(rows)] @ active[:, columns]
        return self._result(predictions, np.concatenate(chosen))

    def curve(self, values: FloatArray) -> FloatArray:
        """Return each penalty's mean squared error in each (outer) fold, (n_folds, n_penalties, n_columns).

        For choosing the penalty of a model that is then fitted to all rows: `GridSearchCV` without nesting.
        """
        values = self._checked(values)
        return np.concatenate([self._curve(part) for part in _columns(values)], axis=2)

    def _curve(self, values: FloatArray) -> FloatArray:
        found = []
        for solved, folds in zip(self._solve(values, collapse=False, nested=False), self._folds, strict=True):
            for fold, predicted in zip(folds, solved.predictors, strict=True):
                wanted = values[self.moment[fold.test]]
                found.append(((predicted[:, : len(wanted)] - wanted) ** 2).mean(axis=1))
        return np.array(found)

    def fitted(self, values: FloatArray, chosen: IntArray) -> Iterator[tuple[Fold, FloatArray]]:
        """Yield each fold and its model's fitted values on its own training rows, (n_train, n_columns).

        `chosen` (n_folds, n_columns) as `predict` returned it. What Haufe's patterns are computed from.
        """
        values = self._checked(values)
        numbers = iter(chosen)
        for group, folds in zip(self.groups, self._folds, strict=True):
            checkpoint()
            rows = np.flatnonzero(group.train)
            spectrum = self._spectrum(group.train, group.test)
            basis = Projected.on(spectrum, values[self.moment[rows]])
            for fold in folds:
                out = self._left_out(rows, fold)
                kept = np.ones(len(rows), dtype=bool)
                kept[out] = False
                yield fold, _fit_without(spectrum, self.penalties[next(numbers)], basis, out)[kept]

    def readouts(self, values: FloatArray, chosen: IntArray) -> FloatArray:
        """Return what features are multiplied by to give the folds' mean patterns, (n_rows, n_columns).

        As `emotopy.inference.explanation.mean_patterns` has it: Σ (ŷ − mean ŷ) / n_train over the folds' training rows,
        divided by Σ var ŷ. `chosen` (n_folds, n_columns) as `predict` returned it. Fitted values differ between a
        group's folds by their coefficients in the factorised basis, which are summed before they become rows.
        """
        values = self._checked(values)
        total, weight = np.zeros((len(self.moment), values.shape[1])), np.zeros(values.shape[1])
        for start in range(0, values.shape[1], _COLUMNS_AT_ONCE):
            checkpoint()
            columns = slice(start, start + _COLUMNS_AT_ONCE)
            numbers = iter(chosen[:, columns])
            for group, folds in zip(self.groups, self._folds, strict=True):
                checkpoint()
                rows = np.flatnonzero(group.train)
                spectrum = self._spectrum(group.train, group.test)
                basis = Projected.on(spectrum, values[self.moment[rows], columns])
                outs = [self._left_out(rows, fold) for fold in folds]
                penalties = [self.penalties[next(numbers)] for _ in folds]
                total[rows, columns] += _summed_readouts(spectrum, basis, outs, penalties, weight[columns])
        return np.asarray(total / np.where(weight > 0, weight, 1.0))

    def _left_out(self, rows: IntArray, fold: Fold) -> IntArray:
        return np.flatnonzero(self.plan.index.subject[rows] == fold.subject) if fold.subject >= 0 else rows[:0]

    def _predict_directly(self, values: FloatArray) -> tuple[FloatArray, IntArray]:
        predictions = np.full((len(self.moment), values.shape[1]), np.nan)
        chosen = []
        solved = self._solve(values, collapse=False, nested=len(self.penalties) > 1)
        for part, folds in zip(solved, self._folds, strict=True):
            choice = part.choose(values)
            chosen.append(choice)
            for fold, predicted, of_fold in zip(folds, part.predictors, choice, strict=True):
                n_rows = int(fold.test.sum())
                picked = np.take_along_axis(predicted[:, :n_rows], of_fold[None, None, :], axis=0)
                predictions[fold.test] = picked[0]
        return predictions, np.concatenate(chosen)

    # Solving ---------------------------------------------------------------------------------------------------------

    def _solve(self, values: FloatArray, *, collapse: bool, nested: bool) -> list[_SolvedTask]:
        """Solve for a basis of the targets, `values` (n_moments, n_columns)."""
        outer = [self._outer(group, values, collapse=collapse) for group in self.groups]
        errors: list[InnerErrors | None] = [None] * len(outer)
        if nested:
            errors = list(self._inner([active for active, _ in outer], values, collapse=collapse))
        return [_SolvedTask(*part, error) for part, error in zip(outer, errors, strict=True)]

    def _outer(self, group: FoldGroup, values: FloatArray, *, collapse: bool) -> tuple[IntArray, FloatArray]:
        rows = np.flatnonzero(group.train)
        active = np.unique(self.moment[rows]) if collapse else np.arange(values.shape[1])
        spectrum = self._spectrum(group.train, group.test)
        basis = Projected.on(spectrum, values[self.moment[rows]][:, active])
        if not group.by_subject:
            return active, np.stack([extrapolated(spectrum, penalty, basis) for penalty in self.penalties])[None]
        leave_subject_out = self._leave_subject_out(spectrum, group.train, group.test)
        tested = (leave_subject_out.test or leave_subject_out.train).counts > 0
        found = np.stack([leave_subject_out.one(penalty, basis) for penalty in self.penalties], axis=1)
        return active, found[tested]

    def _inner(self, actives: list[IntArray], values: FloatArray, *, collapse: bool) -> list[InnerErrors]:
        """Return the inner errors of every outer group."""
        errors = [
            InnerErrors.none_yet(len(folds), len(self.penalties), active, as_forms=collapse)
            for folds, active in zip(self._folds, actives, strict=True)
        ]
        for train, tasks in self.inner_tasks():
            checkpoint()
            self._add_errors(errors, train, tasks, values, collapse=collapse)
        return errors

    def _add_errors(
        self,
        errors: list[InnerErrors],
        train: BoolArray,
        tasks: list[InnerTask],
        values: FloatArray,
        *,
        collapse: bool,
    ) -> None:
        """Add the inner errors of one training set to those of the outer fold groups that ask for them."""
        union = np.logical_or.reduce([task.test for task in tasks])
        rows, tested = np.flatnonzero(train), np.flatnonzero(union)
        present = np.arange(values.shape[1])
        if collapse:
            present = np.union1d(self.moment[rows], self.moment[tested])
        wanted = values[self.moment[tested]][:, present]
        spectrum = self._spectrum(train, union)
        basis = Projected.on(spectrum, values[self.moment[rows]][:, present])
        by_subject = self.groups[tasks[0].outer].by_subject
        leave_subject_out = self._leave_subject_out(spectrum, train, union) if by_subject else None
        places = [errors[task.outer].places(present) for task in tasks]
        for number, penalty in enumerate(self.penalties):
            checkpoint()
            if leave_subject_out is None:
                deviation = wanted - extrapolated(spectrum, penalty, basis)
                for task, (columns, into) in zip(tasks, places, strict=True):
                    mine = deviation[task.test[tested]][:, columns]
                    errors[task.outer].add(number, into, (mine / np.sqrt(len(mine) * task.n_folds))[None])
                continue
            rows_of = leave_subject_out.test or leave_subject_out.train
            deviation = rows_of.fill(wanted) - leave_subject_out.two(penalty, basis)
            for task, (columns, into) in zip(tasks, places, strict=True):
                errors[task.outer].add(number, into, self._without_subjects(deviation, task, rows_of, tested, columns))
        if collapse and leave_subject_out is not None and len(self.groups) > 1:
            self._spectra.pop(_key(train, union), None)  # nobody asks for a pair of blocks again

    def _without_subjects(
        self, deviation: FloatArray, task: InnerTask, rows_of: RowsBySubject, tested: IntArray, columns: IntArray
    ) -> FloatArray:
        """Return the errors of each fold's inner folds, one per further subject, weighted so that squares average.

        `deviation` (n_subjects left out, n_subjects, n_tested, n_columns). Returns (n_folds, n_rows, n_chosen), zero
        for rows that aren't tested.
        """
        mine = rows_of.real & task.test[tested][rows_of.index]  # (n_subjects, n_tested)
        subjects = np.flatnonzero(np.bincount(self._subject[self.groups[task.outer].test], minlength=self.n_subjects))
        places = np.flatnonzero(mine.any(axis=0))
        weight = np.sqrt(mine[:, places] / np.maximum(mine.sum(axis=1), 1)[:, None])
        found = deviation[np.ix_(subjects, np.arange(self.n_subjects), places, columns)]
        found *= weight[:, :, None]
        found[np.arange(len(subjects)), subjects] = 0.0  # not tested by a model without themselves and another one
        found /= np.sqrt(np.maximum(task.n_folds[subjects], 1))[:, None, None, None]
        return np.asarray(found.reshape(len(subjects), -1, len(columns)))

    def _leave_subject_out(self, spectrum: Spectrum, train: BoolArray, test: BoolArray) -> LeaveSubjectOut:
        own = RowsBySubject.of(self._subject[train], self.n_subjects)
        same = np.array_equal(train, test)
        return LeaveSubjectOut.of(
            spectrum, own, None if same else RowsBySubject.of(self._subject[test], self.n_subjects)
        )

    def _spectrum(self, train: BoolArray, test: BoolArray) -> Spectrum:
        key = _key(train, test)
        if key not in self._spectra:
            assert self._decompose is not None
            others = None if np.array_equal(train, test) else np.flatnonzero(test)
            self._spectra[key] = self._decompose(np.flatnonzero(train), others)
        return self._spectra[key]


def _key(train: BoolArray, test: BoolArray) -> bytes:
    return np.packbits(np.concatenate([train, test])).tobytes()


def _columns(values: FloatArray) -> list[FloatArray]:
    return [values[:, start : start + _COLUMNS_AT_ONCE] for start in range(0, values.shape[1], _COLUMNS_AT_ONCE)]


def _fit_without(spectrum: Spectrum, penalties: FloatArray, basis: Projected, out: IntArray) -> FloatArray:
    """Return predictions for all of R by the models without `out`, (n_train, n_columns), a penalty per column.

    The model without S is the one of all rows to whom S brings what that model predicts there: H (y − e_S).
    """
    if len(out):
        deviation = _left_out_errors(spectrum, penalties, basis, out)
        targets = basis.targets.copy()
        targets[out] -= deviation
        basis = Projected(targets, basis.inside - spectrum.train[out].T @ deviation)
    return np.asarray(basis.targets - residuals(spectrum, penalties, basis))


def _summed_readouts(
    spectrum: Spectrum, basis: Projected, outs: list[IntArray], penalties: list[FloatArray], weight: FloatArray
) -> FloatArray:
    """Return the sum of (ŷ − mean ŷ) / n over models without each of `outs`, 0 where left out, (n_train, n_columns).

    `penalties` has one for each column, of every model. A model's variance is added to `weight` (n_columns,), in place;
    one that is constant counts nothing.
    """
    lengths = (spectrum.train**2).sum(axis=0)[:, None]  # of columns that are orthogonal, and sum to zero
    inside, means = np.zeros_like(basis.inside), np.zeros(basis.targets.shape[1])
    found = np.zeros_like(basis.targets)
    for out, penalty in zip(outs, penalties, strict=True):
        own, n_rows = spectrum.train[out], spectrum.n_train - len(out)
        projected, middle = basis.inside, basis.targets.mean(axis=0)
        if len(out):
            deviation = _left_out_errors(spectrum, penalty, basis, out)
            projected, middle = projected - own.T @ deviation, middle - deviation.sum(axis=0) / spectrum.n_train
        kept = spectrum.inverse(penalty)  # what the penalty leaves of each component
        if spectrum.complete:
            kept *= spectrum.values[:, None]
        kept *= projected
        left = own @ kept
        mean = -left.sum(axis=0) / n_rows
        variance = (np.einsum("ij,ij->j", lengths * kept, kept) - np.einsum("ij,ij->j", left, left)) / n_rows - mean**2
        says = variance > (ROUNDING * (middle + mean)) ** 2
        kept *= says / n_rows
        inside += kept
        means += np.where(says, mean / n_rows, 0.0)
        found[out] -= np.where(says, (left - mean) / n_rows, 0.0)
        weight += np.where(says, variance, 0.0)
    return np.asarray(found + spectrum.train @ inside - means)


def _left_out_errors(spectrum: Spectrum, penalties: FloatArray, basis: Projected, out: IntArray) -> FloatArray:
    """Return e_S of the rows `out`, (n_out, n_columns), a penalty per column."""
    deviation = residuals(spectrum, penalties, basis, out)
    for penalty in np.unique(penalties):
        columns = penalties == penalty
        deviation[:, columns] = np.linalg.solve(
            residual_maker(spectrum, penalty, spectrum.train[out]), deviation[:, columns]
        )
    return deviation
