"""From statistics under relabellings to p-values: of a column, of a family of columns, and as a false discovery rate.

Sources: Westfall & Young 1993, Resampling-based Multiple Testing (family-wise by the maximum); Benjamini & Hochberg
1995, J R Stat Soc B 57:289 (q).
"""

from __future__ import annotations

import attrs
import numpy as np

from emotopy.inference.permutations import Relabellings, Statistic
from emotopy.records.axes import FloatArray, IntArray
from emotopy.reference import defined_by

TIE = 1e-9
"""Statistics that differ by less, in proportion, are equal but for rounding; equal counts against the observed."""


@attrs.frozen(eq=False)
class FamilyTest:
    """What a statistic is worth beside the same under relabellings.

    Attributes
    ----------
    p, p_min, p_family, q : (n_columns,)
        Share of relabellings, the observed among them, that reach the observed; the smallest such share that any
        labelling could have; the same share for the largest of the family, NaN for a column that takes no part in it;
        Benjamini–Hochberg within the family.
    thresholds : (n_families,)
        The statistic that family-wise p ≤ 0.05 asks for, families in ascending order; infinite where no labelling
        can be significant.
    """

    p: FloatArray
    p_min: FloatArray
    p_family: FloatArray
    q: FloatArray
    thresholds: FloatArray


@defined_by("emotopy.inference.relabelling_loops.compare_with_relabellings")
def compare_with_relabellings(statistic: Statistic, relabellings: Relabellings, families: IntArray) -> FamilyTest:
    """Count relabellings whose statistic reaches the observed one, per column and for the largest of each family.

    Every relabelling serves all columns and families. `families` (n_columns,) are numbers.
    """
    from scipy.stats import false_discovery_control

    numbers = np.unique(families)
    members = [np.flatnonzero(families == number) for number in numbers]
    at_least = np.zeros(len(families))
    best, at_best = np.full(len(families), -np.inf), np.zeros(len(families))
    largest: list[FloatArray] = []
    threshold, in_family = np.full(len(families), np.nan), np.ones(len(families), dtype=bool)
    for block in relabellings.blocks:
        found, for_family = statistic(block)
        if not largest:  # the first row of the first block is the observed
            threshold, in_family = found[0] * (1 - TIE), (for_family[0] > 0) | (found[0] == 0)
        at_least += (found >= threshold).sum(axis=0)
        # how many labellings share the largest statistic that any of them has
        top = found.max(axis=0)
        at_best[top * (1 - TIE) > best] = 0
        best = np.maximum(best, top)
        at_best += (found >= best * (1 - TIE)).sum(axis=0)
        largest.append(np.stack([for_family[:, columns].max(axis=1) for columns in members], axis=1))
    maxima = np.sort(np.vstack(largest), axis=0)
    n = len(maxima)
    p_family, q = np.empty(len(families)), np.empty(len(families))
    for family, columns in enumerate(members):
        p_family[columns] = (n - np.searchsorted(maxima[:, family], threshold[columns])) / n
        q[columns] = false_discovery_control(at_least[columns] / n)  # Benjamini–Hochberg
    p_family[~in_family] = np.nan
    allowed = int(0.05 * n + 1e-9)  # so many may reach the observed, itself included
    thresholds = maxima[n - allowed] if allowed else np.full(len(numbers), np.inf)
    return FamilyTest(at_least / n, at_best / n, p_family, q, np.where(thresholds > 0, thresholds, np.inf))
