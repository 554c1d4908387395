"""Errors of inner folds, by which penalties are chosen: sums, or quadratic forms that serve any further targets."""

from __future__ import annotations

import attrs
import numpy as np

from emotopy.host import checkpoint
from emotopy.records.axes import FloatArray, IntArray

_CHUNK_BYTES = 64 * 1024**2


@attrs.frozen(eq=False)
class InnerErrors:
    """Sums of squared errors of each fold's inner folds, by which penalties are chosen; `add` fills them.

    Predictions are linear in the targets, so a squared error is a quadratic form in them. Where targets are the moments
    of a story its coefficients are few: kept once, they give the errors of any further targets (surrogates).

    `sums` (n_folds, n_penalties, n_columns) of given targets; or, `as_forms`, (…, n_pairs) coefficients of the
    quadratic form in the moments `active`, for pairs i ≤ j row by row.
    """

    active: IntArray
    sums: FloatArray
    as_forms: bool

    @classmethod
    def none_yet(cls, n_folds: int, n_penalties: int, active: IntArray, *, as_forms: bool) -> InnerErrors:
        """Return zeros to add to."""
        n_sums = n_pairs(len(active)) if as_forms else len(active)
        return cls(active, np.zeros((n_folds, n_penalties, n_sums)), as_forms)

    @classmethod
    def of_forms(cls, active: IntArray, forms: FloatArray) -> InnerErrors:
        """Return the errors that are zᵀ F z of forms F (n_folds, n_penalties, n_active, n_active), symmetric or not."""
        first, second = np.triu_indices(len(active))
        sums = forms[:, :, first, second]
        sums += np.where(first < second, forms[:, :, second, first], 0.0)
        return cls(active, sums, as_forms=True)

    def places(self, present: IntArray) -> tuple[IntArray, IntArray]:
        """Return which of the columns `present` (ascending) occur here, and where their sums stand."""
        columns, own = np.intersect1d(present, self.active, return_indices=True)[1:]
        return columns, _in_triangle(own, len(self.active)) if self.as_forms else own

    def add(self, penalty: int, into: IntArray, deviation: FloatArray) -> None:
        """Add errors (n_folds, n_rows, n_columns) squared, under one penalty; `into` as `places` gave it.

        As a form: to the coefficients of z_i z_j in the square of deviation @ z.
        """
        total = self.sums[:, penalty]
        if not self.as_forms:
            total[:, into] += np.einsum("frc,frc->fc", deviation, deviation)
            return
        products = deviation.swapaxes(1, 2) @ deviation
        first, second = np.triu_indices(products.shape[-1])
        total[:, into] += np.where(first < second, 2.0, 1.0) * products[:, first, second]

    def least(self, values: FloatArray) -> IntArray:
        """Return the number of the penalty with the least error, (n_folds, n_targets).

        `values` (n_moments, n_targets): any targets where errors are forms, otherwise those that were solved for.
        """
        if not self.as_forms:
            return np.asarray(self.sums.argmin(axis=1))
        n_folds, n_penalties, n_sums = self.sums.shape
        forms = self.sums.reshape(n_folds * n_penalties, -1)
        # errors don't see a shift of all moments, and centred moments lose no digits to it
        active = values[self.active] - values[self.active].mean(axis=0)
        step = max(1, _CHUNK_BYTES // (8 * n_sums))
        chosen = []
        for start in range(0, active.shape[1], step):
            checkpoint()
            part = active[:, start : start + step]
            products = np.concatenate([one * part[i:] for i, one in enumerate(part)])  # pairs i ≤ j, row by row
            errors = (forms @ products).reshape(n_folds, n_penalties, -1)
            chosen.append(errors.argmin(axis=1))
        return np.hstack(chosen)


def n_pairs(n: int) -> int:
    """Return how many coefficients a quadratic form in n variables has."""
    return n * (n + 1) // 2


def _in_triangle(places: IntArray, n: int) -> IntArray:
    """Return where the pairs i ≤ j of ascending `places` stand among all pairs of n, row by row."""
    first, second = np.triu_indices(len(places))
    row, column = places[first], places[second]
    return np.asarray(row * n - row * (row - 1) // 2 + column - row)
