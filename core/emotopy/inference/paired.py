"""Paired t, for very many flips of signs at once."""

from __future__ import annotations

import attrs
import numpy as np

from emotopy.inference.welch import t_to_z
from emotopy.records.axes import FloatArray, IntArray


@attrs.frozen(eq=False)
class PairedZ:
    """The statistic |z|(signs) of differences (n_pairs, n_columns): as `WelchZ`, for signs (n_in_block, n_pairs).

    Degrees of freedom don't change with flips, and differences whose signs can be flipped are symmetric: nothing else
    needs correcting.
    """

    gap: FloatArray
    fewest: int = 2

    def __call__(self, signs: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return |z| (n_in_block, n_columns), and |z| for the family's maximum."""
        present = ~np.isnan(self.gap)
        gap = np.where(present, self.gap, 0.0)
        n = np.maximum(present.sum(axis=0), 1)
        size = np.sqrt((gap**2).sum(axis=0) / n)
        mean = signs.astype(np.float64) @ np.divide(gap, size, out=np.zeros_like(gap), where=size > 0) / n
        # flips don't change the mean square, which is 1 here
        t = mean * np.sqrt(np.maximum(n - 1, 1) / np.maximum(1 - mean**2, 1e-12))
        z = np.abs(t_to_z(t, np.maximum(n - 1, 1)))
        return z, np.where(n >= self.fewest, z, 0.0)
