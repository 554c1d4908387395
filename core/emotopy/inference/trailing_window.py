"""The correlations of the last window of a series that grows volume by volume."""

from __future__ import annotations

import numpy as np

from emotopy.inference.windows import FLAT, Room, last_correlations
from emotopy.records.axes import FloatArray


class TrailingWindow:
    """Takes volumes one by one; after each it gives the correlations of the window that ends there.

    They are those of `emotopy.inference.windows.windowed_correlations` with a step of one volume. A volume costs one
    product of a window with itself, whatever came before: the taper forbids running sums.

    Parameters
    ----------
    n_regions
        Number of regions of a volume.
    weights
        Of a window's volumes, (width,), summing to one.
    fisher
        Give arctanh r.
    constant_is_zero
        A region that is constant within the window correlates 0; otherwise it is an error.
    """

    def __init__(
        self, n_regions: int, weights: FloatArray, *, fisher: bool = True, constant_is_zero: bool = False
    ) -> None:
        width = len(weights)
        self._weights, self._fisher, self._constant_is_zero = weights, fisher, constant_is_zero
        self._room = Room(1, width, n_regions)
        # the last volumes stand in one piece; twice the room, so that they are moved but once in a width of volumes
        self._volumes = np.zeros((2 * width, n_regions))
        self._keep = np.zeros(2 * width, dtype=bool)
        self._end = 0
        self._n_seen = 0
        self._largest = np.zeros(n_regions)

    def update(self, volume: FloatArray | None) -> FloatArray | None:
        """Take a volume (n_regions,), None for a missing one; return (n_edges,) float32.

        None until as many volumes came as a window has, and where it keeps under 80 % of them. Raises InputError for a
        region that is constant within the window, unless it counts as 0.
        """
        width = len(self._weights)
        if self._end == 2 * width:
            self._volumes[:width] = self._volumes[width:]
            self._keep[:width] = self._keep[width:]
            self._end = width
        self._volumes[self._end] = 0 if volume is None else volume
        self._keep[self._end] = volume is not None
        if volume is not None:
            np.maximum(self._largest, np.abs(volume), out=self._largest)
        self._end += 1
        self._n_seen += 1
        if self._n_seen < width:
            return None
        window = slice(self._end - width, self._end)
        floor = FLAT * self._largest
        return last_correlations(
            self._volumes[window],
            self._weights,
            self._keep[window],
            floor,
            self._room,
            fisher=self._fisher,
            constant_is_zero=self._constant_is_zero,
        )
