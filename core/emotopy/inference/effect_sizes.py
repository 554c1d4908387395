"""Hedges' g without assuming equal variances, its interval, and the g that a test can find.

The standardiser is the root of the *average* of both groups' variances, which fits Welch's t and doesn't change with
the ratio of group sizes, as the pooled one does where variances differ.
Sources: Bonett 2008, Psychological Methods 13:99; Delacre et al. 2021, "Why Hedges' g*s based on the non-pooled
standard deviation should be reported with Welch's t-test" (degrees of freedom, noncentral interval); Hedges 1981,
J Educ Stat 6:107 (bias).
"""

from __future__ import annotations

import numpy as np

from emotopy.records.axes import FloatArray


def bias_correction(df: FloatArray) -> FloatArray:
    """Return Hedges' J, by which the standardised difference is too large: Γ(df/2) / (√(df/2) Γ((df − 1)/2))."""
    from scipy.special import gammaln

    df = np.asarray(df, dtype=np.float64)
    known = df > 1
    safe = np.where(known, df, 2.0)
    j = np.exp(gammaln(safe / 2) - gammaln((safe - 1) / 2)) * np.sqrt(2 / safe)
    return np.where(known, j, np.nan)


def average_deviation(
    variances: FloatArray, ns: FloatArray, covariance: FloatArray | float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Return √ of the mean of two variances, and its degrees of freedom; `variances`, `ns` (2, n_columns).

    `covariance` is that of paired values. Degrees of freedom by Satterthwaite (Delacre et al. 2021, eq. for g*s; with
    pairs, by the same matching of moments).
    """
    scale = np.sqrt(variances.mean(axis=0))
    denominator = (variances**2 / (ns - 1)).sum(axis=0) + 2 * np.asarray(covariance) ** 2 / (ns[0] - 1)
    df = np.divide(variances.sum(axis=0) ** 2, denominator, out=np.zeros_like(denominator), where=denominator > 0)
    return scale, df


def noncentral_interval(t: FloatArray, df: FloatArray, confidence: float = 0.95) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the interval for the noncentrality of t (n_columns,); NaN where t or df say nothing."""
    from scipy.special import nctdtrinc

    tail = (1 - confidence) / 2
    known = np.isfinite(t) & (df > 0)
    t, df = np.where(known, t, 0.0), np.where(known, df, 1.0)
    ends = [np.where(known, nctdtrinc(df, share, t), np.nan) for share in (1 - tail, tail)]
    return ends[0], ends[1]


def detectable_effect(threshold: float, df: float, scale: float, power: float = 0.8) -> float:
    """Return the g that t ≥ `threshold` finds with this power; `scale` = standard error / standardiser.

    Infinite where the threshold is: then no effect is large enough for so few relabellings. (That |t| reaches the
    threshold on the wrong side hardly happens where power is worth speaking of.)
    """
    from scipy.special import nctdtrinc

    if np.isnan([threshold, df, scale]).any():
        return float("nan")
    if np.isinf(threshold):
        return float("inf")
    return float(nctdtrinc(df, 1 - power, threshold)) * scale
