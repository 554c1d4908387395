"""Scores of predicted emotion courses, for many surrogates at once.

The score is Pearson's r *within* blocks, averaged over blocks and subjects. Over pooled blocks r is biased: each fold's
prediction leans to the mean of its training rows, which lies on the other side of the test block's mean (pooled r has
a null mean of −0.23 to −0.51 under subject-and-block; within blocks 0.00 ± 0.01).
"""

from __future__ import annotations

import attrs
import numpy as np

from emotopy.errors import InputError, ShapeError
from emotopy.records.axes import BoolArray, FloatArray, IntArray

FEWEST_WINDOWS = 8
"""A correlation over fewer windows, most of which overlap, says nothing: such blocks are dropped and counted."""
_FLAT = 1e-12  # a spread this small beside the values is rounding
_CHUNK = 1024  # columns at once, so that temporaries stay small


@attrs.frozen(eq=False)
class BlockScores:
    """Pearson r per subject and block; a cell is one subject's one block.

    Attributes
    ----------
    r
        (n_cells, n_targets) or (n_cells, n_targets, n_surrogates); NaN where the cell was dropped.
    subject, block, n_windows
        (n_cells,): whose, which, and how many windows were scored.
    """

    r: FloatArray
    subject: IntArray
    block: IntArray
    n_windows: IntArray

    @property
    def mean(self) -> FloatArray:
        """Plain mean over the cells that count, (n_targets,) or (n_targets, n_surrogates); NaN where none does."""
        return _mean(self.r)

    @property
    def subjects(self) -> IntArray:
        """The subjects, in the order of `by_subject`."""
        return np.unique(self.subject)

    @property
    def by_subject(self) -> FloatArray:
        """Plain mean over each subject's blocks, (n_subjects, n_targets[, n_surrogates])."""
        return np.stack([_mean(self.r[self.subject == subject]) for subject in self.subjects])

    @property
    def n_short(self) -> int:
        """Number of cells dropped because they hold fewer than eight windows."""
        return int((self.n_windows < FEWEST_WINDOWS).sum())

    @property
    def n_constant(self) -> IntArray:
        """Number of cells dropped because their target is constant, (n_targets,) or (n_targets, n_surrogates)."""
        return np.asarray(np.isnan(self.r[self.n_windows >= FEWEST_WINDOWS]).sum(axis=0))


def score_blocks(predictions: FloatArray, targets: FloatArray, subject: IntArray, block: IntArray) -> BlockScores:
    """Correlate predictions with targets within every subject's every block.

    Parameters
    ----------
    predictions
        (n_rows, n_targets) or (n_rows, n_targets, n_surrogates); a row of NaN was never tested and is left out.
    targets
        The same shape, finite where tested.
    subject, block
        (n_rows,) integers.

    A constant prediction scores 0. Raises ShapeError for shapes that don't fit, InputError for unknown targets.
    """
    rows = _tested(predictions, targets)
    keys, cell = np.unique(np.stack([subject[rows], block[rows]], axis=1), axis=0, return_inverse=True)
    order = np.argsort(cell.reshape(-1), kind="stable")
    cell = cell.reshape(-1)[order]
    rows = rows[order]
    begins = np.searchsorted(cell, np.arange(len(keys)))
    counts = np.bincount(cell, minlength=len(keys))

    trailing = predictions.shape[1:]
    predicted, wanted = predictions.reshape(len(predictions), -1), targets.reshape(len(targets), -1)
    r = np.empty((len(keys), predicted.shape[1]))
    for start in range(0, predicted.shape[1], _CHUNK):
        columns = slice(start, start + _CHUNK)
        r[:, columns] = _cell_correlations(predicted[rows, columns], wanted[rows, columns], begins, counts, cell)
    r[counts < FEWEST_WINDOWS] = np.nan
    return BlockScores(r.reshape(len(keys), *trailing), keys[:, 0], keys[:, 1], counts)


def mean_squared_error(predictions: FloatArray, targets: FloatArray) -> FloatArray:
    """Return the mean squared error over all tested rows, (n_targets,) or (n_targets, n_surrogates)."""
    rows = _tested(predictions, targets)
    return np.asarray(((predictions[rows] - targets[rows]) ** 2).mean(axis=0))


def r_squared(predictions: FloatArray, targets: FloatArray) -> FloatArray:
    """Return R² over all tested rows (scikit-learn's `r2_score`, per column): 1 − squared error / spread of targets.

    NaN for a constant target.
    """
    rows = _tested(predictions, targets)
    wanted = targets[rows]
    spread = ((wanted - wanted.mean(axis=0)) ** 2).sum(axis=0)
    error = ((predictions[rows] - wanted) ** 2).sum(axis=0)
    flat = _is_flat(spread, np.abs(wanted).max(axis=0), len(rows))
    return np.where(flat, np.nan, 1 - error / np.where(flat, 1.0, spread))


def _tested(predictions: FloatArray, targets: FloatArray) -> IntArray:
    if predictions.shape != targets.shape or predictions.ndim not in (2, 3):
        raise ShapeError(
            "scores: wanted predictions and targets of one shape (n_rows, n_targets) or (n_rows, n_targets, "
            f"n_surrogates), got {predictions.shape} and {targets.shape}"
        )
    trailing = tuple(range(1, predictions.ndim))
    unknown = np.isnan(predictions).any(axis=trailing)
    rows = np.flatnonzero(~unknown)
    if not len(rows):
        raise InputError("scores: no row has been predicted")
    if not np.isfinite(targets[rows]).all():
        raise InputError("scores: a target is unknown; leave windows with unknown ratings out before the split")
    return rows


def _cell_correlations(
    predicted: FloatArray, wanted: FloatArray, begins: IntArray, counts: IntArray, cell: IntArray
) -> FloatArray:
    """Pearson r per cell, (n_cells, n_columns), of rows sorted by cell; 0 for a flat prediction, NaN for a target."""
    spreads, centred = [], []
    for values in (predicted, wanted):
        mean = np.add.reduceat(values, begins, axis=0) / counts[:, None]
        away = values - mean[cell]
        spread = np.add.reduceat(away**2, begins, axis=0)
        spread[_is_flat(spread, np.maximum.reduceat(np.abs(values), begins, axis=0), counts[:, None])] = 0.0
        spreads.append(spread)
        centred.append(away)
    product = np.add.reduceat(centred[0] * centred[1], begins, axis=0)
    scale = np.sqrt(spreads[0] * spreads[1])
    r = np.divide(product, scale, out=np.zeros_like(product), where=scale > 0)
    r[spreads[1] == 0] = np.nan
    return np.asarray(np.clip(r, -1.0, 1.0))


def _is_flat(spread: FloatArray, largest: FloatArray, n_rows: int | IntArray) -> BoolArray:
    return np.asarray(spread <= n_rows * (_FLAT * largest) ** 2)


def _mean(r: FloatArray) -> FloatArray:
    counted = (~np.isnan(r)).sum(axis=0)
    total = np.nansum(r, axis=0)
    return np.where(counted > 0, total / np.maximum(counted, 1), np.nan)
