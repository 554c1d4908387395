"""How far apart two distributions over emotions lie: Jensen–Shannon, with the bias of few texts named and taken off.

The divergence of two estimated distributions is above 0 even where the true ones are the same. So it comes with its
null (who gave which answer is swapped at random), and its interval is of the basic bootstrap, which takes the
bootstrap's own surplus off twice.
"""

from __future__ import annotations

import attrs
import numpy as np

from emotopy.errors import ShapeError
from emotopy.records.axes import FloatArray


@attrs.frozen
class Divergence:
    """Two distributions compared; all but `p` are distances, √ of the divergence in bits: 0 the same, 1 nothing shared.

    `distance` is as it is computed and is biased upwards, `corrected` has the bootstrap's bias taken off, `low` and
    `high` are its interval; `null_mean`, `null_95` say what answers give that were swapped at random, and `p` how often
    these lie as far apart.
    """

    distance: float
    corrected: float
    low: float
    high: float
    null_mean: float
    null_95: float
    p: float


def js_divergence(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the Jensen–Shannon divergence in bits of distributions along the last axis, which need not sum to 1.

    NaN where either holds nothing. Source: Lin (1991), IEEE Transactions on Information Theory 37.
    """
    p, q = (_normalised(np.asarray(side, dtype=np.float64)) for side in (first, second))
    middle = (p + q) / 2
    return np.asarray((_relative(p, middle) + _relative(q, middle)) / 2)


def compare_distributions(
    first: FloatArray,
    second: FloatArray,
    *,
    n: int = 1000,
    n_permutations: int = 999,
    confidence: float = 0.95,
    rng: np.random.Generator,
) -> Divergence:
    """Compare the mean emotions of two groups whose rows are pairs (answers to one question).

    `first` and `second` are (n_pairs, n_emotions), not negative: how much of each emotion an answer holds. A group's
    distribution is the sum of its rows, normalised. Raises ShapeError where the shapes differ.
    """
    if first.shape != second.shape or first.ndim != 2:
        raise ShapeError(f"wanted two arrays (n_pairs, n_emotions), got {first.shape} and {second.shape}")
    n_pairs = len(first)
    found = float(js_divergence(first.sum(axis=0), second.sum(axis=0)))
    weights = rng.multinomial(n_pairs, np.full(n_pairs, 1 / n_pairs), size=n).astype(np.float64)
    drawn = js_divergence(weights @ first, weights @ second)
    drawn = drawn[~np.isnan(drawn)]
    swap = rng.random((n_permutations, n_pairs)) < 0.5
    gap = second - first
    null = js_divergence(first.sum(axis=0) + swap @ gap, second.sum(axis=0) - swap @ gap)
    null = null[~np.isnan(null)]
    if np.isnan(found) or not len(drawn) or not len(null):
        return Divergence(*[float("nan")] * 7)
    lower, upper = np.quantile(drawn, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Divergence(
        distance=_root(found),
        corrected=_root(2 * found - float(drawn.mean())),
        low=_root(2 * found - float(upper)),
        high=_root(2 * found - float(lower)),
        null_mean=float(np.sqrt(np.maximum(null, 0)).mean()),
        null_95=_root(float(np.quantile(null, 0.95))),
        p=(1 + int((null >= found * (1 - 1e-12)).sum())) / (1 + len(null)),
    )


def half_distances(values: FloatArray, *, n: int = 200, rng: np.random.Generator) -> FloatArray:
    """Return the Jensen–Shannon distances of random halves of one group, (n,): what noise alone looks like."""
    n_rows = len(values)
    sides = rng.permuted(np.tile(np.arange(n_rows) < n_rows // 2, (n, 1)), axis=1)
    return np.sqrt(np.maximum(js_divergence(sides @ values, ~sides @ values), 0))


def _root(divergence: float) -> float:
    return float(np.sqrt(max(divergence, 0.0)))


def _normalised(values: FloatArray) -> FloatArray:
    total = values.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(values, total, out=np.full_like(values, np.nan), where=total > 0))


def _relative(p: FloatArray, q: FloatArray) -> FloatArray:
    """Return Σ p log₂ p/q, where 0 · log 0 is 0."""
    ratio = np.divide(p, q, out=np.ones_like(p), where=p > 0)
    found: FloatArray = (p * np.log2(ratio)).sum(axis=-1)
    return found
