"""Specification of a comparison: which groups, by which units, with what held constant. Checked before any work."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, get_args

import attrs

from emotopy.errors import ConfigError, InputError, nearest
from emotopy.readers.cell_values import as_labels
from emotopy.readers.in_memory import as_cells
from emotopy.records import Level
from emotopy.records.mapped import By
from emotopy.wording import flag

Measure = Literal["all", "relative", "intensity", "share"]
LanguageRule = Literal["same", "any"]
"""Whether groups whose texts are in different languages may be compared."""


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _labels(by: By | None) -> By | None:
    return by if by is None or isinstance(by, str) else as_labels(as_cells(by))


@attrs.frozen(eq=False)
class ComparisonSpec:
    """Which groups are compared, by which units, with what held constant. `TextResult.compare` explains."""

    groups: tuple[str, ...]
    group: By = attrs.field(default="group", converter=_labels)
    unit: By | None = attrs.field(default=None, converter=_labels)
    covariates: tuple[str, ...] = attrs.field(default=(), converter=_distinct)
    paired_by: str | None = None
    measure: Measure = "all"
    level: Level | None = None
    language: LanguageRule = "same"
    n_permutations: int = 10_000
    seed: int | None = None

    def __attrs_post_init__(self) -> None:
        for name, value, choices in (
            ("measure", self.measure, get_args(Measure)),
            ("level", self.level, get_args(Level)),
            ("language", self.language, get_args(LanguageRule)),
        ):
            if value not in choices and value is not None:
                near = nearest(str(value), choices)
                raise ConfigError(f"compare.{name}: wanted one of {', '.join(choices)}, got {value!r}.{near}")
        if self.n_permutations < 1:
            raise ConfigError(f"compare.n_permutations: wanted 1 or more, got {self.n_permutations}")
        if self.seed is not None and self.seed < 0:
            raise ConfigError(f"compare.seed: wanted a whole number from 0, got {self.seed}")
        if self.paired_by and self.covariates:
            raise InputError(
                "compare: covariates can't be combined with pairs, whose differences already remove "
                "everything that is equal within a pair; leave out the covariates, or leave out "
                f"{flag('--paired-by')}"
            )
        if self.paired_by and len(self.groups) > 2:
            raise InputError(
                f"compare: pairs need exactly two groups, got {len(self.groups)}; compare two groups at a time"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it; values that were given per row only as such."""
        plain = {field.name: getattr(self, field.name) for field in attrs.fields(ComparisonSpec)}
        for name in ("group", "unit"):
            if not isinstance(plain[name], str | None):
                plain[name] = "given per row"
        return {**plain, "groups": list(self.groups), "covariates": list(self.covariates)}
