"""The page's tables of regions: profile, intensity and assigned share, a column per group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.readers.corpora import ALL
from emotopy.records import FloatArray, label
from emotopy_plugins.reporters.formatting import ABSENT, Scale, count, percent, plain, signed
from emotopy_plugins.reporters.group_values import target_column, wide

if TYPE_CHECKING:
    from emotopy.pathways.text.result import TextResult

BRAINSTEM = frozenset({"ventral_tegmental_area", "locus_coeruleus", "periaqueductal_gray", "raphe_nuclei"})
"""Regions too small for peaks of studies in standard space; a value there means "brainstem, nearest node …"."""


@attrs.frozen
class Places:
    """How the targets of a result are called on the page."""

    region_of: Mapping[str, str]

    @classmethod
    def of(cls, result: TextResult) -> Places:
        """Read the names of a result's atlas."""
        names = {str(region): str(region) for region in result.axis.regions}
        return cls(names | {node.name: node.region for node in result.axis.nodes})

    def is_brainstem(self, target: str) -> bool:
        """Whether a value there only says "brainstem"."""
        return self.region_of.get(target, target) in BRAINSTEM

    def label(self, target: str) -> str:
        """Return what a sentence calls the target.

        >>> Places({}).label("raphe_nuclei")
        'brainstem, nearest node raphe nuclei'
        """
        return f"brainstem, nearest node {label(target)}" if self.is_brainstem(target) else label(target)


@attrs.frozen
class Cell:
    """A cell: its text, its interval (may be empty), its step of colour (None: no colour)."""

    text: str
    interval: str = ""
    step: int | None = None


def region_tables(
    result: TextResult, groups: Sequence[str], scale: Scale, sizes: Mapping[str, int], most: int, places: Places
) -> dict[str, Any]:
    """Return the tables by name; with a single group one table holds all measures, `single`."""
    compared = tuple(groups) != (ALL,)
    columns = (*groups, ALL) if compared else (ALL,)
    targets = list(result.mapping.targets)
    names = ("relative", "evidence", "share", "intensity")
    measures = {name: wide(result, name, columns) for name in names}
    ends = {
        name: (wide(result, f"{name}_low", columns), wide(result, f"{name}_high", columns))
        for name in ("relative", "intensity")
    }
    chosen = _chosen(measures["relative"][: len(groups)], most)
    reference = _reference_share(result, targets)
    heads = [{"name": name, "n_texts": count(sizes[name], "text"), "is_all": name == ALL} for name in columns]

    def cells(name: str, group: int, target: int, *, heat: bool) -> Cell:
        value = float(measures[name][group, target])
        write = signed if name in ("relative", "evidence") else plain
        digits = 3 if name == "intensity" else 2
        low, high = (float(end[group, target]) for end in ends[name]) if name in ends else (np.nan, np.nan)
        spread = f"{write(low, digits)} to {write(high, digits)}" if np.isfinite([low, high]).all() else ""
        return Cell(write(value, digits), spread, scale.step(value) if heat else None)

    def share(group: int, target: int) -> Cell:
        return Cell(percent(float(measures["share"][group, target])))

    def rows(make: Any) -> list[dict[str, Any]]:
        return [
            {
                "label": label(targets[j]),
                "brainstem": places.is_brainstem(targets[j]),
                "reference": percent(reference[j]) if np.isfinite(reference[j]) else ABSENT,
                "cells": make(j),
            }
            for j in chosen
        ]

    told = {
        "heads": heads,
        "n_hidden": len(targets) - len(chosen),
        "n_targets": len(targets),
        "level_word": result.level,
        "many_groups": len(columns) > 8,
    }
    if not compared:
        has_evidence = bool(np.isfinite(measures["evidence"]).any())

        def of_one(j: int) -> dict[str, Cell]:
            return {
                "relative": cells("relative", 0, j, heat=not has_evidence),
                "evidence": cells("evidence", 0, j, heat=has_evidence),
                "share": share(0, j),
                "intensity": cells("intensity", 0, j, heat=False),
            }

        return {**told, "single": rows(of_one)}
    indices = range(len(columns))
    return {
        **told,
        "single": [],
        "profile_rows": rows(lambda j: [cells("relative", i, j, heat=True) for i in indices]),
        "intensity_rows": rows(lambda j: [cells("intensity", i, j, heat=False) for i in indices]),
        "share_rows": rows(lambda j: [share(i, j) for i in indices]),
    }


def _chosen(relative: FloatArray, most: int) -> list[int]:
    """Return the columns to show, in order: those that spread most over groups, or lie furthest from zero."""
    if relative.shape[1] <= most:
        return list(range(relative.shape[1]))
    known = np.where(np.isfinite(relative), relative, 0.0)
    spread = np.ptp(known, axis=0) if len(known) > 1 else np.abs(known[0])
    return sorted(int(j) for j in np.argsort(-spread, kind="stable")[:most])


def _reference_share(result: TextResult, targets: Sequence[str]) -> FloatArray:
    table = result.regions.drop_duplicates(target_column(result)).set_index(target_column(result))
    return np.asarray(table["reference_share"].reindex(list(targets)), dtype=np.float64)
