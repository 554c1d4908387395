"""What a shared story evokes in everybody, estimated from the other subjects and taken out of each.

Regions that respond to the same moments rise and fall together, and windowed correlations follow. What remains after
removal can't be a response that subjects share.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from emotopy.errors import InputError, ShapeError
from emotopy.records.axes import FloatArray


def remove_evoked(series: Sequence[FloatArray], training: Collection[int] | None = None) -> list[FloatArray]:
    """Regress, per subject and region, the mean of the other subjects out of each series.

    Parameters
    ----------
    series
        One run of every subject, each (n_volumes, n_regions), of one story at one pace; cleaned, so that no subject
        outweighs the others. A censored volume is a row of NaN and stays one.
    training
        Whose series make the mean, as positions in `series`. None (the default): everybody's, which also lets test
        subjects shape the training data: a transductive estimate, to be labelled as such. A collection: the strict
        form, which must be redone per fold.

    Returns
    -------
    list of (n_volumes, n_regions)
        Each region keeps its own mean. A volume for which no other subject has a value is NaN: what was evoked there
        isn't known.

    Raises ShapeError for series of different shapes, InputError where a subject has no others.
    """
    shapes = {np.shape(each) for each in series}
    if len(shapes) > 1 or any(len(shape) != 2 for shape in shapes):
        raise ShapeError(f"series: wanted arrays (n_volumes, n_regions) of one shape, got {sorted(shapes)}")
    givers = set(range(len(series)) if training is None else training)
    if unknown := givers - set(range(len(series))):
        raise InputError(f"training: wanted positions among {len(series)} series, got {sorted(unknown)}")
    total = np.zeros(next(iter(shapes), (0, 0)))
    n_giving = np.zeros(total.shape)
    for giver in sorted(givers):
        finite = np.isfinite(series[giver])
        total += np.where(finite, series[giver], 0)
        n_giving += finite
    left = []
    for subject, own in enumerate(series):
        own_share = np.isfinite(own) if subject in givers else np.zeros(total.shape, dtype=bool)
        if len(givers - {subject}) == 0:
            raise InputError(
                f"series {subject}: wanted at least one other subject to estimate what the story evokes, got none"
            )
        n_others = n_giving - own_share
        others = np.divide(
            total - np.where(own_share, own, 0), n_others, out=np.full(total.shape, np.nan), where=n_others > 0
        )
        left.append(_residual(np.asarray(own, dtype=np.float64), others))
    return left


def _residual(own: FloatArray, others: FloatArray) -> FloatArray:
    """Take from each column of `own` its regression on the same column of `others`, but for the mean."""
    known = np.isfinite(own) & np.isfinite(others)
    n_known = np.maximum(known.sum(axis=0), 1)
    evoked = np.where(known, others, 0)
    evoked = np.where(known, evoked - evoked.sum(axis=0) / n_known, 0)
    square = (evoked**2).sum(axis=0)
    # an evoked course that is constant explains nothing, whatever rounding leaves of it
    floor = 1e-24 * n_known * np.abs(np.where(known, others, 0)).max(axis=0, initial=0) ** 2
    slope = np.divide(
        (evoked * np.where(known, own, 0)).sum(axis=0), square, out=np.zeros(len(square)), where=square > floor
    )
    return np.asarray(np.where(known, own - slope * evoked, np.nan))
