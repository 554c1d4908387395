"""Group differences with covariates: HC3-robust t and Wald F, tested by the Freedman–Lane permutation.

Residuals of the reduced model (intercept and covariates) are permuted over units and the full model is fitted to them
again. Adding the reduced fit back changes neither the group coefficients nor the residuals, so it is left out. Exact
only as the number of units grows. The t of two groups is corrected for skewness and degrees of freedom as in `welch`.
Sources: Freedman & Lane 1983, J Bus Econ Stat 1:292; Winkler et al. 2014, NeuroImage 92:381; HC3: MacKinnon & White
1985, J Econometrics 29:305; robust statistics under permutation: DiCiccio & Romano 2017, JASA 112:1211.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import numpy as np

from emotopy.host import checkpoint
from emotopy.inference.welch import f_to_z, hall, t_to_z
from emotopy.records.axes import BoolArray, FloatArray, IntArray
from emotopy.reference import defined_by

_RANK = 1e-10
FLOOR = 1e-12


@attrs.frozen(eq=False)
class Design:
    """What the least-squares fit of `groups` and `covariates` needs, made once.

    Attributes
    ----------
    reduced : (n_units, n_reduced)
        Orthonormal basis of intercept and covariates.
    own : (n_units, n_groups − 1)
        The groups, without what intercept and covariates tell of them.
    full : (n_units, n_full)
        Orthonormal basis of all of them.
    solve : (n_groups − 1, n_units)
        From values to group coefficients.
    leverage : (n_units,)
    """

    reduced: FloatArray
    own: FloatArray
    full: FloatArray
    solve: FloatArray
    leverage: FloatArray

    @classmethod
    def of(cls, groups: FloatArray, covariates: FloatArray) -> Design:
        """Make it from group indicators (n_units, n_groups − 1) and covariates (n_units, n_covariates)."""
        intercept = np.ones((len(groups), 1))
        reduced = _basis(np.hstack([intercept, _scaled(covariates)]))
        own = groups - reduced @ (reduced.T @ groups)
        full = np.hstack([reduced, _basis(own)])
        return cls(reduced, own, full, np.linalg.pinv(own), (full**2).sum(axis=1))

    @property
    def df(self) -> int:
        """Residual degrees of freedom of the full model."""
        return int(len(self.full) - self.full.shape[1])

    def reduced_residuals(self, values: FloatArray) -> FloatArray:
        """Return what intercept and covariates leave of values (n_units, n_columns)."""
        return values - self.reduced @ (self.reduced.T @ values)

    def fit(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return group coefficients (…, n_groups − 1, n_columns) and residuals ÷ (1 − leverage), as values have shape.

        `values` is (…, n_units, n_columns).
        """
        residuals = values - self.full @ (self.full.T @ values)
        # a unit that the model fits by itself (leverage 1) has no residual to inflate
        residuals /= np.maximum(1 - self.leverage, 1e-6)[:, None]
        return self.solve @ values, residuals

    def covariance(self, inflated: FloatArray) -> FloatArray:
        """Return the HC3 covariance of the coefficients, (…, n_columns, q, q), from inflated residuals."""
        q, n_units = self.solve.shape
        pairs = (self.solve[:, None] * self.solve[None]).reshape(q * q, n_units)
        found = np.swapaxes(pairs @ inflated**2, -1, -2)
        return np.asarray(found.reshape(*found.shape[:-1], q, q))

    def third_moment(self, inflated: FloatArray) -> FloatArray:
        """Return the third central moment of the first coefficient, (…, n_columns), from inflated residuals."""
        return np.asarray(self.solve[0] ** 3 @ (inflated * inflated * inflated))


@attrs.frozen(eq=False)
class ColumnDesign:
    """The design of the `units` (n,) that have values in these `columns`; `in_family`: enough for the maximum."""

    columns: IntArray
    units: IntArray
    design: Design
    in_family: bool


@attrs.frozen(eq=False)
class FreedmanLane:
    """The statistic of orders of units: that of residuals of the reduced model, reordered and fitted again.

    `values` are (n_units, n_columns); each column has the design of the units which have a value there.
    """

    values: FloatArray
    designs: Sequence[ColumnDesign]

    @defined_by("emotopy.inference.relabelling_loops.freedman_lane")
    def __call__(self, orders: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return it (n_in_block, n_columns) for orders of units (n_in_block, n_units), and what the family sees.

        An order of all units orders the units of a column as well.
        """
        found = np.zeros((len(orders), self.values.shape[1]))
        for_family = np.zeros_like(found)
        for one in self.designs:
            residuals = one.design.reduced_residuals(self.values[np.ix_(one.units, one.columns)])
            own = _own_order(orders, one.units, len(self.values))
            found[:, one.columns] = permuted_statistic(one.design, residuals, own)
            if one.in_family:
                for_family[:, one.columns] = found[:, one.columns]
        return found, for_family

    def only(self, columns: BoolArray) -> FreedmanLane:
        """Return the same statistic for some of the columns (n_columns,), of which every one has a design."""
        number = np.cumsum(columns) - 1
        designs = [attrs.evolve(one, columns=number[one.columns[columns[one.columns]]]) for one in self.designs]
        return FreedmanLane(self.values[:, columns], [one for one in designs if len(one.columns)])


def permuted_statistic(design: Design, residuals: FloatArray, orders: IntArray) -> FloatArray:
    """Return the statistic (n_in_block, n_columns) of residuals (n_units, n_columns), their rows put in each order.

    |z| of one group coefficient, exp z of the Wald F of more.
    """
    n_units, n_columns = residuals.shape
    q = len(design.solve)
    found = np.empty((len(orders), n_columns))
    size = max(1, 75_000 // (n_units * n_columns))  # (size, n_units, n_columns) stays in the processor's cache
    for start in range(0, len(orders), size):
        checkpoint()
        coefficients, inflated = design.fit(residuals[orders[start : start + size]])
        covariance = design.covariance(inflated)
        if q == 1:
            error = np.sqrt(np.maximum(covariance[..., 0, 0], FLOOR * (design.solve[0] ** 2).sum()))
            t = hall(coefficients[..., 0, :] / error, design.third_moment(inflated) / (error * error * error))
            found[start : start + size] = np.abs(t_to_z(t, design.df))
        else:
            f = wald_f(coefficients, covariance)
            found[start : start + size] = np.exp(f_to_z(f, q, design.df))
    return found


def wald_f(coefficients: FloatArray, covariance: FloatArray) -> FloatArray:
    """Return βᵀ V⁻¹ β / q, (…, n_columns), of coefficients (…, q, n_columns) and covariance (…, n_columns, q, q)."""
    q = coefficients.shape[-2]
    beta = np.swapaxes(coefficients, -1, -2)[..., None]
    trace = np.trace(covariance, axis1=-2, axis2=-1)[..., None, None]
    ridge = (FLOOR * (trace + (beta**2).sum(axis=-2, keepdims=True)) + 1e-30) * np.eye(q)
    return np.asarray((beta * np.linalg.solve(covariance + ridge, beta)).sum(axis=(-1, -2)) / q)


def inflation(groups: FloatArray, covariates: FloatArray) -> float:
    """Return the largest variance inflation factor of group indicators (n_units, q) beside covariates; inf if known."""
    reduced = _basis(np.hstack([np.ones((len(groups), 1)), _scaled(covariates)]))
    centred = groups - groups.mean(axis=0)
    left = groups - reduced @ (reduced.T @ groups)
    total, own = (centred**2).sum(axis=0), (left**2).sum(axis=0)
    return float(np.max(np.divide(total, own, out=np.full(len(own), np.inf), where=own > _RANK * total)))


def _own_order(orders: IntArray, units: IntArray, n_units: int) -> IntArray:
    if len(units) == n_units:
        return orders
    number = np.full(n_units, -1)
    number[units] = np.arange(len(units))
    own = number[orders]
    return np.asarray(own[own >= 0].reshape(len(orders), len(units)))


def _scaled(columns: FloatArray) -> FloatArray:
    centred = columns - columns.mean(axis=0)
    deviation = centred.std(axis=0)
    return np.asarray(centred / np.where(deviation > 0, deviation, 1.0))


def _basis(columns: FloatArray) -> FloatArray:
    left, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    return np.asarray(left[:, sizes > _RANK * max(1.0, sizes[0])])
