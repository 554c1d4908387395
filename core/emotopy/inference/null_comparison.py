"""What a score is worth beside its null: p-values, family-wise over emotions, and paired differences.

Sources: Phipson & Smyth 2010, Statistical Applications in Genetics and Molecular Biology 9:39 (the observed counts as
one of its own surrogates, so that p is never 0); Westfall & Young 1993 (family-wise by the maximum).
"""

from __future__ import annotations

from typing import Literal

import attrs
import numpy as np

from emotopy.errors import ShapeError
from emotopy.records.axes import FloatArray

Alternative = Literal["greater", "two-sided"]
Unscored = Literal["largest", "smallest"]
NULL_COLUMNS = ("null_mean", "null_95", "p", "p_family")
"""What tables call them."""
_TIE = 1e-12  # a surrogate that equals the observed up to rounding counts against it


@attrs.frozen(eq=False)
class NullComparison:
    """A score beside its null; all arrays (n_emotions,), NaN where there is no score.

    Attributes
    ----------
    observed
        The score, or the difference of two.
    p, p_family
        Of each emotion alone, and corrected for all emotions.
    null_mean, null_quantile
        Mean of the surrogates' scores and their 95 % quantile: below it, a score can't be told from chance.
    n_surrogates
        Number of surrogates; the smallest p there can be is 1 / (1 + n_surrogates).
    """

    observed: FloatArray
    p: FloatArray
    p_family: FloatArray
    null_mean: FloatArray
    null_quantile: FloatArray
    n_surrogates: int

    @property
    def columns(self) -> dict[str, FloatArray]:
        """The null and the p-values, by the columns of a table."""
        found = (self.null_mean, self.null_quantile, self.p, self.p_family)
        return dict(zip(NULL_COLUMNS, found, strict=True))


def compare_with_null(
    observed: FloatArray,
    null: FloatArray,
    *,
    alternative: Alternative = "greater",
    unscored: Unscored = "largest",
) -> NullComparison:
    """Compare scores with the same scores under surrogates.

    Parameters
    ----------
    observed
        (n_emotions,).
    null
        (n_surrogates, n_emotions), from the same surrogates for all emotions; NaN where one has no score.
    alternative
        ``greater``; ``two-sided`` counts distances from the null's mean.
    unscored
        What a surrogate without a score counts as. ``largest``: as large as any score. ``smallest``: as smaller than
        any, for scores that are missing because there is nothing to score (the prediction is constant). Where the
        observed has none it has no p, so that the test keeps its level either way.

    p = (1 + number of surrogates at least as large) / (1 + n_surrogates). Family-wise: each emotion is standardised
    by mean and standard deviation over its surrogates *and* the observed, so that all of them are treated alike, and
    is compared with the largest over emotions of each surrogate. Mean and quantile of the null are those of the
    surrogates that have a score.

    Raises ShapeError where the axes don't fit.
    """
    observed, null = np.asarray(observed, dtype=np.float64), np.asarray(null, dtype=np.float64)
    if observed.ndim != 1 or null.ndim != 2 or null.shape[1] != len(observed) or not len(null):
        raise ShapeError(
            f"null: wanted scores (n_emotions,) and (n_surrogates, n_emotions), got {observed.shape} and {null.shape}"
        )
    result = {name: np.full(len(observed), np.nan) for name in ("p", "p_family", "null_mean", "null_quantile")}
    scored = np.flatnonzero(np.isfinite(observed))
    if len(scored):
        together = np.vstack([observed, null])
        # Where surrogates may lack a score as the observed may, the family is that of all emotions: a family of those
        # that the observed scores would be the observed's choice.
        family = scored if unscored == "largest" else np.flatnonzero(np.isfinite(together).any(axis=0))
        together = together[:, family]
        away = together - np.nanmean(together, axis=0)
        spread = np.nanstd(together, axis=0)
        if alternative == "two-sided":
            away = np.abs(away)
        # a score that no surrogate moves stands in the middle of its null, not at infinity
        standard = np.divide(away, spread, out=np.zeros_like(away), where=spread > _TIE)
        missing = np.isnan(away)
        away[missing] = np.inf if unscored == "largest" else -np.inf
        moves = missing & (spread > _TIE) if unscored == "largest" else missing
        standard[moves] = away[moves]
        largest = standard.max(axis=1)
        mine = np.isin(family, scored)
        result["p"][scored] = _p(away[0, mine], away[1:, mine])
        result["p_family"][scored] = _p(standard[0, mine], np.repeat(largest[1:, None], len(scored), axis=1))
        known = np.isfinite(null[:, scored]).any(axis=0)
        result["null_mean"][scored[known]] = np.nanmean(null[:, scored[known]], axis=0)
        result["null_quantile"][scored[known]] = np.nanquantile(null[:, scored[known]], 0.95, axis=0)
    return NullComparison(observed=observed, **result, n_surrogates=len(null))


def paired(
    observed: tuple[FloatArray, FloatArray],
    null: tuple[FloatArray, FloatArray],
    *,
    alternative: Alternative = "two-sided",
) -> NullComparison:
    """Compare two feature sets: the difference of their scores (first − second) under the *same* surrogates.

    `observed` holds two (n_emotions,), `null` two (n_surrogates, n_emotions) in which row i is the same surrogate.
    A surrogate under which one of the two predicts a constant has no difference and counts as smaller than any. A test
    across subjects is no substitute: subjects who share a story share its accidents.

    Raises ShapeError where the axes don't fit.
    """
    shapes = [np.shape(part) for part in (*observed, *null)]
    if shapes[0] != shapes[1] or shapes[2] != shapes[3]:
        raise ShapeError(f"paired: wanted two feature sets under the same surrogates, got shapes {shapes}")
    return compare_with_null(observed[0] - observed[1], null[0] - null[1], alternative=alternative, unscored="smallest")


def _p(observed: FloatArray, null: FloatArray) -> FloatArray:
    at_least = (null >= observed - _TIE).sum(axis=0)
    return np.asarray((1 + at_least) / (1 + len(null)))
