"""A decoder while the scanner runs: volumes one by one, emotions after each."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.records.axes import FloatArray, IntArray
from emotopy.running.stages import Stage

TR_SLACK = 1e-3
"""Repetition times whose difference is less than this share of one are the same."""
LONGEST_GAP = 10_000
"""More volumes than a scan has are never missing in a row: the number is wrong."""


@attrs.define(eq=False, repr=False)
class DecoderStream:
    """Takes the volumes of one run in order; made by `Decoder.stream`.

    Attributes
    ----------
    emotions, regions
        Names of what `update` gives, and of what it takes, in its order.
    n_volumes
        How many volumes there were, missing ones included.
    centre_s
        Centre of the window of the last answer, in seconds from the first volume's onset; NaN before the first window
        is full.
    """

    emotions: tuple[str, ...]
    regions: tuple[str, ...]
    tr_s: float
    width_s: float
    n_volumes: int = attrs.field(default=0, init=False)
    _order: IntArray = attrs.field(kw_only=True)
    _stage: Stage = attrs.field(kw_only=True)
    _coefficients: FloatArray = attrs.field(kw_only=True)
    _intercept: FloatArray = attrs.field(kw_only=True)

    def __repr__(self) -> str:
        return f"DecoderStream(emotions: {', '.join(self.emotions)}; {self.n_volumes} volumes so far)"

    @property
    def centre_s(self) -> float:
        """See the class."""
        centre_s = self.n_volumes * self.tr_s - self.width_s / 2
        return centre_s if self.n_volumes * self.tr_s > self.width_s - self.tr_s / 2 else float("nan")

    def update(self, volume: Sequence[float] | FloatArray, number: int | None = None) -> FloatArray:
        """Take a volume (n_regions,) and return the emotions of the window that ends with it, (n_emotions,).

        A missing volume is one of NaN: it is censored, as in `predict`, and the next ones are not delayed. `number` is
        the volume's number in the run, counted from 0: where it skips some, these are taken for missing. By default
        the volume follows the last one.

        The answer is NaN until a window is full, and where it lost more than a fifth of its volumes.

        Raises InputError for another number of regions, for a volume in which only some regions are NaN, for a number
        that came before, and for a region that is constant within the window. The first three leave the stream as it
        was.
        """
        values = np.asarray(volume, dtype=np.float64)
        if values.shape != (len(self.regions),):
            raise InputError(
                f"volume {self.n_volumes}: wanted a number for each of {len(self.regions)} regions, got shape "
                f"{values.shape}",
                row=self.n_volumes,
                wanted=f"{len(self.regions)} numbers",
                got=str(values.shape),
            )
        n_skipped = 0 if number is None else self._skipped(number)
        values = values[self._order]
        bad = ~np.isfinite(values)
        if bad.any() and not np.isnan(values).all():
            region = self.regions[int(self._order[bad.argmax()])]
            raise InputError(
                f"volume {self.n_volumes + n_skipped}, region {region}: wanted a finite number, or NaN in all regions "
                f"of a volume that is missing, got {values[bad][0]}",
                row=self.n_volumes + n_skipped,
                column=region,
                wanted="a finite number",
                got=str(values[bad][0]),
            )
        for _ in range(n_skipped):
            self._take(np.full(len(values), np.nan))
        return self._take(values)

    def _update(self, values: FloatArray) -> FloatArray | None:
        """Return the window's features. Our own measure isn't fenced: that would take longer than its work."""
        found: FloatArray | None
        found = self._stage.object.update(values) if self._stage.is_own else self._stage.call("update", values)
        return found

    def _skipped(self, number: int) -> int:
        """Return how many volumes are missing before this one."""
        given = operator.index(number)
        if not self.n_volumes <= given < self.n_volumes + LONGEST_GAP:
            is_old = given < self.n_volumes
            raise InputError(
                f"volume {given}: wanted volume {self.n_volumes} or a later one, "
                + (
                    "got one that was already received"
                    if is_old
                    else f"got one that is {given - self.n_volumes:,} volumes later"
                ),
                row=self.n_volumes,
                wanted=f"volume {self.n_volumes} or a later one",
                got=str(given),
            )
        return given - self.n_volumes

    def _take(self, values: FloatArray) -> FloatArray:
        self.n_volumes += 1
        try:
            features = self._update(values)
        except InputError as error:
            region = "" if error.column is None else self.regions[int(self._order[int(error.column)])]
            raise InputError(
                f"volume {self.n_volumes - 1}" + (f", region {region}" if region else "") + f": {error}",
                row=self.n_volumes - 1,
                column=region or None,
            ) from error
        if features is None:
            return np.full(len(self.emotions), np.nan)
        return np.asarray(np.asarray(features, dtype=np.float64) @ self._coefficients + self._intercept)


def check_tr(tr_s: float, wanted_s: float, who: str) -> None:
    """Raise InputError unless volumes come as they did when the decoder was learnt."""
    if not abs(tr_s - wanted_s) <= TR_SLACK * wanted_s:
        raise InputError(
            f"{who}: wanted a TR of {wanted_s:g} s, as in the scans to which the decoder was fitted, got {tr_s:g} s",
            wanted=f"{wanted_s:g} s",
            got=f"{tr_s:g} s",
        )


def check_regions(names: Sequence[str], wanted: Sequence[str], who: str, notify: Callable[[str], None]) -> IntArray:
    """Return where each wanted region stands among the names, (n_wanted,); another order, and others, are told.

    Raises InputError that names the regions that are missing.
    """
    places = {name: i for i, name in enumerate(names)}
    if lacking := [name for name in wanted if name not in places]:
        shown = ", ".join(lacking[:6]) + (f" and {len(lacking) - 6} more" if len(lacking) > 6 else "")
        raise InputError(
            f"{who}: wanted the {len(wanted)} regions of the decoder, got {len(names)} without {shown}",
            column=lacking[0],
            wanted=f"the regions {', '.join(wanted[:6])}{' …' if len(wanted) > 6 else ''}",
            got=f"{len(names)} without {shown}",
        )
    order = np.array([places[name] for name in wanted])
    if others := len(names) - len(wanted):
        notify(f"{who}: {others} regions that the decoder doesn't use are left out.")
    if (np.diff(order) < 0).any():
        notify(f"{who}: its regions were reordered by name to match the decoder.")
    return order
