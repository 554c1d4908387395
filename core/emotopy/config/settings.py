"""Sections of a configuration: how intervals are made, what stands beside a score.

Windows and splits are records of their own.
"""

from __future__ import annotations

from typing import Literal

import attrs


@attrs.frozen
class Interval:
    """How intervals are made: number of bootstrap resamples over units, and coverage."""

    n: int = attrs.field(default=1000, validator=attrs.validators.ge(100), metadata={"minimum": 100})
    coverage: float = attrs.field(
        default=0.95,
        validator=[attrs.validators.gt(0), attrs.validators.lt(1)],
        metadata={"exclusiveMinimum": 0, "exclusiveMaximum": 1},
    )


@attrs.frozen
class Null:
    """The null that scores stand beside: how surrogate ratings are made, and how many.

    `kind` gives the p-values; the other kind is reported beside it as a sensitivity check.
    """

    kind: Literal["phase", "circular"] = "phase"
    n: int = attrs.field(default=200, validator=attrs.validators.ge(1), metadata={"minimum": 1})


@attrs.frozen
class Compare:
    """What the measure of connectivity is compared with, on the same windows and the same surrogates.

    `features` names other measures; `remove_evoked` adds the measure after the mean of the other subjects was taken
    out; `baselines` adds motion, time, mean and regressors, as far as they are given.
    """

    features: tuple[str, ...] = ("amplitude",)
    remove_evoked: bool = True
    baselines: bool = True
