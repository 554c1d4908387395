"""How well raters agree: intraclass correlations, agreement with another annotation, and the ceiling that noise sets.

Correlations over the time of one story describe that story; neighbouring moments depend on each other, so no p-value
comes with them.
"""

from __future__ import annotations

import attrs
import numpy as np

from emotopy.errors import ShapeError
from emotopy.inference.correlation import mean_of_known, pearson
from emotopy.records.axes import FloatArray

FEWEST_KNOWN = 3
"""Places where both are known, for a correlation of two annotations."""


@attrs.frozen
class Icc:
    """Intraclass correlations of one emotion: of a single rating, and of the mean of all k; NaN where undefined."""

    single: float
    mean: float


def icc(ratings: FloatArray) -> Icc:
    """Return ICC(2,1) and ICC(2,k): two-way random effects, absolute agreement.

    `ratings` is (n_segments, n_raters). With mean squares of rows R, columns C and error E, n rows and k columns::

        ICC(2,1) = (R − E) / (R + (k − 1) E + k (C − E) / n),    ICC(2,k) = (R − E) / (R + (C − E) / n)

    Source: Shrout & Fleiss (1979), Intraclass correlations: uses in assessing rater reliability, Psychological
    Bulletin 86(2). Fewer than two rows or raters, or ratings that are all the same, leave it undefined (NaN).

    >>> shrout_fleiss = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> found = icc(np.array(shrout_fleiss, dtype=float))
    >>> round(found.single, 2), round(found.mean, 2)
    (0.29, 0.62)
    """
    x = np.asarray(ratings, dtype=np.float64)
    if x.ndim != 2:
        raise ShapeError(f"ratings: wanted (n_segments, n_raters), got shape {x.shape}")
    n, k = x.shape
    if n < 2 or k < 2:
        return Icc(np.nan, np.nan)
    x = x - x.mean()
    rows, columns = x.mean(axis=1), x.mean(axis=0)
    residual = x - rows[:, None] - columns
    ms_rows = k * (rows**2).sum() / (n - 1)
    ms_columns = n * (columns**2).sum() / (k - 1)
    ms_error = (residual**2).sum() / ((n - 1) * (k - 1))
    single = ms_rows + (k - 1) * ms_error + k * (ms_columns - ms_error) / n
    mean = ms_rows + (ms_columns - ms_error) / n
    return Icc(_ratio(ms_rows - ms_error, single), _ratio(ms_rows - ms_error, mean))


def pearson_of_known(x: FloatArray, y: FloatArray) -> float:
    """Return Pearson's r over the places where both are known; NaN with fewer than three, or where one is constant.

    Two points always lie on a line, so that r over them would be ±1 whatever they are.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    both = np.isfinite(x) & np.isfinite(y)
    return float(pearson(x[both], y[both])) if both.sum() >= FEWEST_KNOWN else np.nan


@attrs.frozen
class Ceiling:
    """What noise in the raters leaves of a perfect annotation; NaN with fewer than two raters.

    `rater_to_rest` is the mean correlation of one rater with the mean of the others: what a person reaches.
    `reliability` is that of the mean of all raters, `ceiling` its root: what the truth itself would correlate with it.
    """

    n_raters: int
    rater_to_rest: float
    reliability: float
    ceiling: float


def noise_ceiling(raters: FloatArray) -> Ceiling:
    """Return the noise ceiling of one emotion; `raters` is (n_times, n_raters), NaN where somebody didn't rate.

    Leave one rater out: the mean over raters of r with the mean of the others. Reliability of the mean of k raters by
    Spearman and Brown, k r̄ / (1 + (k − 1) r̄), from the mean r̄ of the correlations between raters; its root bounds the
    correlation of anything with that mean (Spearman 1904, The proof and measurement of association between two
    things). A reliability below 0 counts as 0. Two raters of whom one rates everything alike have no r; their pair is
    left out of the means.
    """
    x = np.asarray(raters, dtype=np.float64)
    if x.ndim != 2:
        raise ShapeError(f"raters: wanted (n_times, n_raters), got shape {x.shape}")
    k = x.shape[1]
    if k < 2:
        return Ceiling(k, np.nan, np.nan, np.nan)
    to_rest = [pearson_of_known(x[:, i], mean_of_known(np.delete(x, i, axis=1))) for i in range(k)]
    pairs = [pearson_of_known(x[:, i], x[:, j]) for i in range(k) for j in range(i)]
    r = float(mean_of_known(np.array(pairs)))
    reliability = np.nan if np.isnan(r) else max(0.0, k * r / (1 + (k - 1) * r)) if r > 0 else 0.0
    return Ceiling(k, float(mean_of_known(np.array(to_rest))), float(reliability), float(np.sqrt(reliability)))


def _ratio(numerator: float, denominator: float) -> float:
    return float(numerator / denominator) if abs(denominator) > 1e-15 else np.nan
