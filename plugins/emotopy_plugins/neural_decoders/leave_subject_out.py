"""Predictions for subjects whom the model has not seen, one or two left out, from one factorisation of all.

Subjects are stacked as (n_subjects, n_own, …), shorter ones padded with zeros, so that numpy works on all of them at
once. A padded row is cut off from the others: its diagonal in I − H is 1 and its residual 0.
"""

from __future__ import annotations

import attrs
import numpy as np

from emotopy.host import checkpoint
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy_plugins.neural_decoders.ridge_solvers import (
    Projected,
    Spectrum,
    extrapolated,
    extrapolator,
    residual_maker,
    residuals,
)


@attrs.frozen(eq=False)
class RowsBySubject:
    """Rows by subject: `index` (n_subjects, n_own) are row numbers, `real` says which of them aren't padding."""

    index: IntArray
    real: BoolArray

    @classmethod
    def of(cls, subject: IntArray, n_subjects: int) -> RowsBySubject:
        """Return the stack of rows whose subjects, numbered from 0, are `subject` (n_rows,)."""
        counts = np.bincount(subject, minlength=n_subjects)
        real = np.arange(counts.max(initial=0))[None, :] < counts[:, None]
        index = np.zeros(real.shape, dtype=np.int64)
        index[real] = np.argsort(subject, kind="stable")
        return cls(index, real)

    @property
    def counts(self) -> IntArray:
        """Number of rows of each subject, (n_subjects,)."""
        return np.asarray(self.real.sum(axis=1))

    def fill(self, rows: FloatArray) -> FloatArray:
        """Return (n_subjects, n_own, …) of rows (n_rows, …), zero where padded."""
        n_rows = self.index.size
        if self.real.all() and np.array_equal(self.index.ravel(), np.arange(n_rows)):
            return rows.reshape(*self.index.shape, *rows.shape[1:])
        if not len(rows):
            return np.zeros((*self.index.shape, *rows.shape[1:]))
        filled = rows[self.index]
        filled[~self.real] = 0.0
        return filled


@attrs.frozen(eq=False)
class LeaveSubjectOut:
    """One factorised training set R and the test rows T, both by subject; `test` None: T is R.

    `rows` is `spectrum.train` stacked, (n_subjects, n_own, n_components).
    """

    spectrum: Spectrum
    train: RowsBySubject
    test: RowsBySubject | None
    rows: FloatArray

    @classmethod
    def of(cls, spectrum: Spectrum, train: RowsBySubject, test: RowsBySubject | None) -> LeaveSubjectOut:
        """RowsBySubject the spectrum's rows."""
        return cls(spectrum, train, test, train.fill(spectrum.train))

    def one(self, penalty: float, basis: Projected) -> FloatArray:
        """Predict each subject's test rows by the model without that subject.

        `basis` holds targets of R, n_columns of them. Returns (n_subjects, n_tested, n_columns).
        """
        left = self.left_out(penalty, basis)
        if self.test is None:
            return self.train.fill(basis.targets) - left
        inverse = self.spectrum.inverse(penalty)
        cross = (self.test.fill(self.spectrum.test) * inverse) @ self.rows.swapaxes(1, 2) + 1 / self.spectrum.n_train
        everyone = self.test.fill(extrapolated(self.spectrum, penalty, basis))
        return np.asarray(everyone - cross @ left)

    def left_out(self, penalty: float, basis: Projected) -> FloatArray:
        """Return e_S of every subject S, (n_subjects, n_own, n_columns), zero where padded."""
        maker = residual_maker(self.spectrum, penalty, self.rows)
        _isolate_padding(maker, self.train.real)
        return np.linalg.solve(maker, self.train.fill(residuals(self.spectrum, penalty, basis)))

    def two(self, penalty: float, basis: Projected) -> FloatArray:
        """Predict every subject's test rows by the models without that subject and another one.

        Returns (n_subjects, n_subjects, n_tested, n_columns): [s, t] is subject t predicted without s and t; the
        diagonal is zero.
        """
        n_subjects, n_own = self.train.real.shape
        n_padded = n_subjects * n_own
        maker = residual_maker(self.spectrum, penalty, self.rows.reshape(n_padded, -1))
        _isolate_padding(maker, self.train.real.ravel())
        maker = maker.reshape(n_subjects, n_own, n_subjects, n_own)
        residual = self.train.fill(residuals(self.spectrum, penalty, basis))
        if self.test is None:
            base, cross = self.train.fill(basis.targets), None
        else:
            base = self.test.fill(extrapolated(self.spectrum, penalty, basis))
            stacked = self.test.fill(extrapolator(self.spectrum, penalty))
            cross = self.train.fill(stacked.reshape(-1, stacked.shape[-1]).T).reshape(
                n_subjects, n_own, *base.shape[:2]
            )
        found = np.zeros((n_subjects, *base.shape))
        for one in range(n_subjects - 1):
            checkpoint()
            others = np.arange(one + 1, n_subjects)
            first, second = _solve_pairs(maker, residual, one, others)
            if cross is None:
                found[one, others] = base[others] - second
                found[others, one] = base[one] - first
            else:
                # cross is (subject, own, subject, tested): the influence of a training row on a test row
                found[one, others] = (
                    base[others]
                    - np.matmul(cross[one][:, others].transpose(1, 2, 0), first)
                    - np.matmul(cross[others, :, others].swapaxes(1, 2), second)
                )
                found[others, one] = (
                    base[one]
                    - np.matmul(cross[one, :, one].T, first)
                    - np.matmul(cross[others, :, one].swapaxes(1, 2), second)
                )
        return found


def _solve_pairs(maker: FloatArray, residual: FloatArray, one: int, others: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return e_S of every pair S = {one, other}, in two parts, (n_others, n_own, n_columns) each."""
    # eliminate the one that all pairs share, then solve for each other one alone: I − H is positive definite
    n_own = residual.shape[1]
    shared = np.linalg.solve(maker[one, :, one], np.hstack([maker[one][:, others].reshape(n_own, -1), residual[one]]))
    towards = shared[:, : len(others) * n_own].reshape(n_own, len(others), n_own).transpose(1, 0, 2)
    alone = shared[:, len(others) * n_own :]
    coupling = maker[others, :, one]
    second = np.linalg.solve(maker[others, :, others] - coupling @ towards, residual[others] - coupling @ alone)
    return alone - towards @ second, second


def _isolate_padding(maker: FloatArray, real: BoolArray) -> None:
    """Make padded rows of I − H (…, n, n) independent of all others, in place."""
    if real.all():
        return
    maker *= real[..., :, None] & real[..., None, :]
    diagonal = np.einsum("...ii->...i", maker)
    diagonal[~real] = 1.0
