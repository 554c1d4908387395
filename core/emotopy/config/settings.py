"""Sections of a configuration: intervals, null, targets, and comparisons of feature sets.

Windows and splits are defined in other modules.
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
    """Settings of confidence intervals: number of bootstrap resamples over units, and confidence level."""

    n: Annotated[int, Ge(100), Le(1_000_000)] = 1000
    coverage: Annotated[float, Gt(0), Lt(1)] = 0.95

    def __attrs_post_init__(self) -> None:
        check_fields(self, "interval")


@attrs.frozen
class Null:
    """Settings of the null: the kind of surrogate ratings, and their number.

    `kind` is the null of the p-values. `sensitivity` is the second null, reported as a sensitivity check; the default
    is ``circular``, or ``phase`` if ``circular`` is the main null. ``rows`` shuffles the targets of single windows, as
    in the published code (arXiv 2606.07707); its p isn't a valid test of a time course.
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
    """Settings of the decoding targets.

    `smooth` is the number of consecutive segments, from each segment on, whose ratings are averaged, as in the
    published code (arXiv 2606.07707). It applies only if windows are defined by segments (``windowing.align =
    "forward"``).
    """

    smooth: Annotated[int, Ge(1), Le(1000)] = 1

    def __attrs_post_init__(self) -> None:
        check_fields(self, "targets")


@attrs.frozen
class Compare:
    """Feature sets with which the connectivity measure is compared, on the same windows and surrogates.

    `features` names other measures. `remove_evoked` adds the measure after the mean of the other subjects was removed.
    `baselines` adds motion, time, mean and regressors, as far as they are available.
    """

    features: tuple[str, ...] = ("amplitude",)
    remove_evoked: bool = True
    baselines: bool = True
