"""The design of a comparison before anything is permuted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from emotopy.pathways.comparison.design import design_of
from emotopy.pathways.comparison.pathway import VALUES, check_covariates, need_of
from emotopy.pathways.comparison.spec import ComparisonSpec
from emotopy.pathways.comparison.text_design import GroupDesign
from emotopy.records import Level, Mapped
from emotopy.running.estimates import Need


@attrs.frozen(eq=False)
class ComparisonSummary:
    """What `check_comparison` finds.

    Attributes
    ----------
    groups
        Units, texts and lengths of the groups compared.
    n_units
        Units of each group after exclusions; pairs in a paired design.
    is_paired, has_units
        Whether pairs are compared; whether units are persons or documents (False: every text is its own).
    measures, covariates, level, n_regions, n_permutations
        What is compared, what is held constant, and how.
    n_excluded
        Rows, units and pairs that are left out.
    notes
        What a comparison would tell of its design.
    need
        What a comparison would take: time, memory, disk.
    """

    groups: tuple[GroupDesign, ...]
    n_units: Mapping[str, int]
    is_paired: bool
    has_units: bool
    measures: tuple[str, ...]
    covariates: tuple[str, ...]
    level: Level
    n_regions: int
    n_permutations: int
    n_excluded: int
    notes: tuple[str, ...]
    need: Need

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        plain = {field.name: getattr(self, field.name) for field in attrs.fields(ComparisonSummary)}
        lists = {name: list(plain[name]) for name in ("measures", "covariates", "notes")}
        plain["need"] = attrs.asdict(self.need)
        return {**plain, **lists, "groups": [one.to_dict() for one in self.groups], "n_units": dict(self.n_units)}


def check_comparison(mapped: Mapped, spec: ComparisonSpec) -> ComparisonSummary:
    """Make every check that a comparison makes before its work, and describe its design.

    Raises
    ------
    InputError
        Groups, units, covariates or pairs that can't be compared.
    """
    design = design_of(mapped, spec)
    check_covariates(design)
    return ComparisonSummary(
        groups=design.described,
        n_units=design.n_units,
        is_paired=spec.paired_by is not None,
        has_units=design.has_units,
        measures=tuple(VALUES) if spec.measure == "all" else (spec.measure,),
        covariates=design.covariate_names,
        level="region" if design.nodes is None else "node",
        n_regions=len(design.regions),
        n_permutations=spec.n_permutations,
        n_excluded=len(design.excluded),
        notes=design.notes,
        need=need_of(mapped, design, spec),
    )
