"""Paired t², for very many flips of signs at once."""

from __future__ import annotations

import attrs
import numpy as np

from emotopy.records.axes import FloatArray, IntArray


@attrs.frozen(eq=False)
class PairedF:
    """The statistic F(signs) = t² of differences (n_pairs, n_columns); as `WelchF`, for signs (n_in_block, n_pairs)."""

    gap: FloatArray
    fewest: int = 2

    def __call__(self, signs: IntArray) -> tuple[FloatArray, FloatArray]:
        present = ~np.isnan(self.gap)
        gap = np.where(present, self.gap, 0.0)
        n = np.maximum(present.sum(axis=0), 1)
        size = np.sqrt((gap**2).sum(axis=0) / n)
        mean = signs.astype(np.float64) @ np.divide(gap, size, out=np.zeros_like(gap), where=size > 0) / n
        # flips don't change the sum of squares, which is 1 here
        f = mean**2 * np.maximum(n - 1, 1) / np.maximum(1 - mean**2, 1e-12)
        return f, np.where(n >= self.fewest, f, 0.0)
