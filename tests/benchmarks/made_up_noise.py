"""Made-up serial noise for benchmarks of courses over time."""

from __future__ import annotations

import numpy as np

PROSE = (0.3, 0.9)
"""As in prose: 30 % of the variance lasts, with 0.9 from one text to the next."""


def serial_noise(rng: np.random.Generator, n: int, lasting: float | tuple[float, float]) -> np.ndarray:
    """Return noise of variance one, (n, 18), of rank 6.

    `lasting` is the correlation of neighbours, or (share of the variance that lasts, correlation of neighbours in it).
    """
    mixing = np.random.default_rng(5).standard_normal((6, 18))
    mixing /= np.sqrt((mixing**2).sum(axis=0))

    def persistent(factor: float) -> np.ndarray:
        values = rng.standard_normal((n, 6))
        values[1:] *= np.sqrt(1 - factor**2)
        for i in range(1, n):
            values[i] += factor * values[i - 1]
        return values

    if isinstance(lasting, tuple):
        share, factor = lasting
        return (np.sqrt(1 - share) * rng.standard_normal((n, 6)) + np.sqrt(share) * persistent(factor)) @ mixing
    return persistent(lasting) @ mixing
