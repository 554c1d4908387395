"""Sections of a configuration: how intervals are made, what stands beside a score.

Windows and splits are records of their own.
"""

from __future__ import annotations

from typing import Annotated, Literal

import attrs
from annotated_types import Ge, Gt, Le, Lt

from emotopy.bounds import check_fields
from emotopy.errors import ConfigError

NullKind = Literal["phase", "circular", "rows"]


@attrs.frozen
class Interval:
    """How intervals are made: number of bootstrap resamples over units, and coverage."""

    n: Annotated[int, Ge(100), Le(1_000_000)] = 1000
    coverage: Annotated[float, Gt(0), Lt(1)] = 0.95

    def __attrs_post_init__(self) -> None:
        check_fields(self, "interval")


@attrs.frozen
class Null:
    """The null that scores stand beside: how surrogate ratings are made, and how many.

    `kind` gives the p-values; `sensitivity` names the null that is reported beside it as a sensitivity check, left out
    it is ``circular``, or ``phase`` where that isn't the main one. ``rows`` shuffles the targets of single windows, as
    published code does (arXiv 2606.07707); its p says nothing about a time course.
    """

    kind: NullKind = "phase"
    n: Annotated[int, Ge(1), Le(1_000_000)] = 200
    sensitivity: NullKind | None = None

    def __attrs_post_init__(self) -> None:
        check_fields(self, "null")
        if self.sensitivity == self.kind:
            raise ConfigError(
                f"null.sensitivity: wanted another null than null.kind, got {self.kind!r} for both",
                path="null.sensitivity",
            )

    @property
    def beside(self) -> NullKind:
        """The null that is reported beside the main one."""
        return self.sensitivity or ("circular" if self.kind == "phase" else "phase")


@attrs.frozen
class Targets:
    """How ratings become what is decoded.

    `smooth` is the number of consecutive segments whose ratings are averaged, the segment's own and the ones that
    follow, as published code does (arXiv 2606.07707); only where windows are chosen by segments
    (``windowing.align = "forward"``).
    """

    smooth: Annotated[int, Ge(1), Le(1000)] = 1

    def __attrs_post_init__(self) -> None:
        check_fields(self, "targets")


@attrs.frozen
class Compare:
    """What the measure of connectivity is compared with, on the same windows and the same surrogates.

    `features` names other measures; `remove_evoked` adds the measure after the mean of the other subjects was taken
    out; `baselines` adds motion, time, mean and regressors, as far as they are given.
    """

    features: tuple[str, ...] = ("amplitude",)
    remove_evoked: bool = True
    baselines: bool = True
