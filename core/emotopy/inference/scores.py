"""Scores of predicted emotion courses, for many surrogates at once.

The score is Pearson's r *within* blocks, averaged over blocks and subjects. Over pooled blocks r is biased: each fold's
prediction leans to the mean of its training rows, which lies on the other side of the test block's mean (pooled r has
a null mean of −0.23 to −0.51 under subject-and-block; within blocks 0.00 ± 0.01).
"""

from __future__ import annotations

import attrs
import numpy as np

from emotopy.errors import InputError, ShapeError
from emotopy.inference.correlation import is_rounding, mean_of_known, pearson_in_cells
from emotopy.records.axes import FloatArray, IntArray

FEWEST_WINDOWS = 8
"""A correlation over fewer windows, most of which overlap, says nothing: such blocks are dropped and counted."""
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
        return mean_of_known(self.r, axis=0)

    @property
    def subjects(self) -> IntArray:
        """The subjects, in the order of `by_subject`."""
        return np.unique(self.subject)

    @property
    def by_subject(self) -> FloatArray:
        """Plain mean over each subject's blocks, (n_subjects, n_targets[, n_surrogates])."""
        return np.stack([mean_of_known(self.r[self.subject == subject], axis=0) for subject in self.subjects])

    @property
    def n_short(self) -> int:
        """Number of cells dropped because they hold fewer than eight windows."""
        return int((self.n_windows < FEWEST_WINDOWS).sum())

    @property
    def n_constant(self) -> IntArray:
        """Number of cells dropped because prediction or target is constant, (n_targets[, n_surrogates])."""
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

    A constant prediction has no r, as a constant target has none: the cell is dropped and counted.

    Raises ShapeError for shapes that don't fit, InputError for unknown targets.
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
    if not np.array_equal(rows, np.arange(len(predicted))):  # a study's rows come cell by cell and needn't be copied
        predicted, wanted = predicted[rows], wanted[rows]
    for start in range(0, predicted.shape[1], _CHUNK):
        columns = slice(start, start + _CHUNK)
        r[:, columns] = pearson_in_cells(predicted[:, columns], wanted[:, columns], begins)
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
    flat = is_rounding(spread, np.abs(wanted).max(axis=0), len(rows))
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
        raise InputError("scores: no row was predicted")
    if not np.isfinite(targets[rows]).all():
        raise InputError("scores: a target is unknown; leave out windows with unknown ratings before the split")
    return rows
