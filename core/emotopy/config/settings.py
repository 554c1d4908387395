"""Sections of a configuration: how intervals are made, what stands beside a score.

Windows and splits are records of their own.
"""

from __future__ import annotations

from typing import Annotated, Literal

import attrs
from annotated_types import Ge, Gt, Le, Lt

from emotopy.bounds import check_fields


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

    `kind` gives the p-values; the other kind is reported beside it as a sensitivity check.
    """

    kind: Literal["phase", "circular"] = "phase"
    n: Annotated[int, Ge(1), Le(1_000_000)] = 200

    def __attrs_post_init__(self) -> None:
        check_fields(self, "null")


@attrs.frozen
class Compare:
    """What the measure of connectivity is compared with, on the same windows and the same surrogates.

    `features` names other measures; `remove_evoked` adds the measure after the mean of the other subjects was taken
    out; `baselines` adds motion, time, mean and regressors, as far as they are given.
    """

    features: tuple[str, ...] = ("amplitude",)
    remove_evoked: bool = True
    baselines: bool = True
