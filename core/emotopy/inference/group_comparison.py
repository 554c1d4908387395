"""Do groups of units (people, documents) differ? Permutation tests, effect sizes and their intervals.

Defined in docs/science.md, "Group comparison". The unit is a person or a document, never a row; every unit brings one
value per column (region of a measure).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import attrs
import numpy as np

from emotopy.errors import InputError, ShapeError
from emotopy.inference.contrast import (
    Contrast,
    bootstrap_interval,
    contrast_of_groups,
    contrast_of_pairs,
    with_covariates,
)
from emotopy.inference.effect_sizes import N_RESAMPLES, detectable_effect, g_interval_of_groups, g_interval_of_pairs
from emotopy.inference.freedman_lane import ColumnDesign, Design, FreedmanLane, inflation, wald_f
from emotopy.inference.max_t import compare_with_relabellings
from emotopy.inference.permutations import Advance, Relabellings, Statistic, flip_signs, relabel, reorder, uncounted
from emotopy.inference.unit_means import (
    FEW,
    FEWEST_FOR_G,
    check_groups,
    checked_values,
    fewest_in_family,
    moments,
    notes_on_few_units,
)
from emotopy.inference.welch import PairedZ, WelchF, WelchZ, standardise_columns, z_to_t
from emotopy.records.axes import BoolArray, FloatArray, IntArray

LARGEST_INFLATION = 10.0
"""Variance inflation from which on a group can't be told from its covariates."""

NOT_EXACT = (
    "With covariates, p comes from permuted residuals (Freedman-Lane) and isn't exact; means and "
    "differences are adjusted to the mean of the covariates."
)


def checked_covariates(covariates: FloatArray, names: Sequence[str], groups: FloatArray) -> FloatArray:
    """Return covariates (n_units, n_covariates) as float64.

    `groups` are the indicators (n_units, n_groups − 1).

    Raises ShapeError for another shape, InputError for missing values, a covariate that is the same for all units, more
    columns than units allow, and groups that the covariates all but tell (variance inflation above 10).
    """
    covariates = np.asarray(covariates, dtype=np.float64)
    n_units = len(groups)
    if covariates.ndim != 2 or len(covariates) != n_units or not covariates.shape[1]:
        raise ShapeError(f"covariates: wanted ({n_units}, n_covariates), got {covariates.shape}")
    if not names:
        names = [f"covariate {i + 1}" for i in range(covariates.shape[1])]
    if len(names) != covariates.shape[1]:
        raise ShapeError(f"covariate_names: wanted {covariates.shape[1]} names, got {len(names)}")
    for name, column in zip(names, covariates.T, strict=True):
        if n_bad := int((~np.isfinite(column)).sum()):
            raise InputError(
                f"covariate {name!r}: {n_bad} of {n_units} units have no number; leave out these units or the covariate"
            )
        if np.ptp(column) <= 1e-12 * np.abs(column).max():
            raise InputError(f"covariate {name!r} is {column[0]:g} for every unit; leave out the covariate")
    if n_units - covariates.shape[1] - groups.shape[1] - 1 < 2:
        raise InputError(f"{covariates.shape[1]} covariates are too many for {n_units} units; leave some out")
    if inflation(groups, covariates) > LARGEST_INFLATION:
        alone = [
            n for n, c in zip(names, covariates.T, strict=True) if inflation(groups, c[:, None]) > LARGEST_INFLATION
        ]
        named = " and ".join(map(repr, alone or names))
        raise InputError(
            f"groups and covariate {named} are almost collinear (variance inflation above "
            f"{LARGEST_INFLATION:g}), so their effects can't be separated; leave out the covariate, or "
            "match the groups on it"
        )
    return covariates


def column_designs(values: FloatArray, labels: IntArray, covariates: FloatArray, fewest: int) -> list[ColumnDesign]:
    """Return a design for each set of columns with the same missing units.

    Leaves out columns in which a group has fewer than two values, or can't be told from the covariates any more.
    A column is in its family where every group has `fewest` values.
    """
    present = ~np.isnan(values)
    patterns, which = np.unique(present, axis=1, return_inverse=True)
    n_groups = int(labels.max()) + 1
    found = []
    for number, pattern in enumerate(patterns.T):
        units = np.flatnonzero(pattern)
        sizes = np.bincount(labels[units], minlength=n_groups)
        if sizes.min() < 2:
            continue
        groups, own = indicators(labels[units], n_groups), covariates[units]
        if inflation(groups, own) > LARGEST_INFLATION:
            continue
        design = Design.of(groups, own)
        if design.df >= 2:
            columns = np.flatnonzero(which.ravel() == number)
            found.append(ColumnDesign(columns, units, design, in_family=bool(sizes.min() >= fewest)))
    return found


def indicators(labels: IntArray, n_groups: int) -> FloatArray:
    """Return (n_units, n_groups − 1): 1 in column g where the label is g; the last group is the one compared with."""
    return np.asarray(labels[:, None] == np.arange(n_groups - 1), dtype=np.float64)


def notes_on_lost_columns(lost: BoolArray) -> list[str]:
    if not lost.any():
        return []
    return [f"{int(lost.sum())} columns have too few units to separate the groups from the covariates."]


@attrs.frozen(eq=False, kw_only=True)
class Permuted:
    """What any comparison says of its permutation test; `GroupComparison` explains."""

    p: FloatArray
    p_min: FloatArray
    p_family: FloatArray
    q: FloatArray
    n_permutations: int
    exact: bool
    notes: tuple[str, ...]


@attrs.frozen(eq=False, kw_only=True)
class GroupComparison(Permuted):
    """First group against second; arrays are (n_columns,), NaN where undefined.

    Attributes
    ----------
    n_a, n_b
        Units with a value.
    mean_a, mean_b, difference
        Means of unit means, and first − second; with covariates all three at the covariates' mean.
    t
        Welch's t; HC3 t with covariates; paired t for pairs. Infinite where both groups are constant and differ.
    g, g_low, g_high
        Hedges' g on the average of both variances, and its 95 % interval (studentised bootstrap; noncentral t with
        covariates); NaN below five units a group.
    p, p_min, p_family, q
        Two-sided permutation p; the smallest p that any labelling could give; family-wise by the largest of a family;
        Benjamini–Hochberg within a family. What is compared between labellings is t, corrected for skewness and
        degrees of freedom (`emotopy.inference.welch` says why).
    n_permutations, exact
        Relabellings done; `exact`: these were all there are.
    detectable_g : (n_families,)
        The g that is found with 80 % power at the family-wise threshold of these permutations; families ascending.
    notes
        Notes that a reader of the results needs.
    """

    n_a: IntArray
    n_b: IntArray
    mean_a: FloatArray
    mean_b: FloatArray
    difference: FloatArray
    t: FloatArray
    g: FloatArray
    g_low: FloatArray
    g_high: FloatArray
    detectable_g: FloatArray


@attrs.frozen(eq=False, kw_only=True)
class OmnibusComparison(Permuted):
    """More than two groups at once; arrays are (n_columns,), NaN where undefined.

    `f` is Welch's F (Welch 1951), or the HC3 Wald F with covariates; p-values as in `GroupComparison`.
    """

    f: FloatArray


def compare_groups(
    values: FloatArray,
    is_first: BoolArray,
    *,
    families: IntArray | None = None,
    covariates: FloatArray | None = None,
    covariate_names: Sequence[str] = (),
    group_names: Sequence[str] = ("The first group", "The second group"),
    n_permutations: int = 10_000,
    n_resamples: int = N_RESAMPLES,
    rng: np.random.Generator,
    advance: Advance = uncounted,
) -> GroupComparison:
    """Compare the units that are in the first group with the others.

    Parameters
    ----------
    values
        Unit means (n_units, n_columns), NaN where a unit has no value.
    is_first
        (n_units,) bool.
    families
        (n_columns,) number of each column's family (its measure); default one family.
    covariates
        (n_units, n_covariates), of units; Freedman–Lane then, no longer exact.
    covariate_names, group_names
        For messages and notes.
    n_permutations
        Random relabellings, or the largest number of relabellings that are all done.
    n_resamples
        Of the bootstrap that gives the interval of g; 0 for none.
    rng
        Source of both; the order of units matters to it.
    advance
        Called with the number of relabellings that are done, block by block.

    Raises ShapeError for axes that don't fit, InputError for a group of fewer than two units, infinite values, and
    covariates that are constant, incomplete or collinear with the group.
    """
    is_first = np.asarray(is_first, dtype=bool)
    labels = np.where(is_first, 0, 1)
    values, families = checked_values(values, families, len(labels))
    check_groups(values, labels, 2)
    notes = notes_on_few_units(labels, values, group_names)
    contrast = contrast_of_groups(values, is_first)
    if covariates is None:
        statistic: Statistic = WelchZ(values[:, contrast.usable], fewest=fewest_in_family(labels))
        test = _tested(
            statistic, relabel(labels, n_permutations, rng).counted(advance), families, contrast.usable, notes
        )
        ends = partial(g_interval_of_groups, is_first=is_first)
        interval = bootstrap_interval(contrast, ends, [values], n_resamples, rng)
        return _compared(contrast, interval, test, families)
    covariates = checked_covariates(covariates, covariate_names, indicators(labels, 2))
    designs = column_designs(values, labels, covariates, fewest_in_family(labels))
    adjusted = with_covariates(contrast, values, designs, covariates.shape[1])
    notes += [NOT_EXACT, *notes_on_lost_columns(contrast.usable & ~adjusted.usable)]
    statistic = FreedmanLane(standardise_columns(values), designs).only(adjusted.usable)
    relabellings = reorder(len(labels), n_permutations, rng).counted(advance)
    test = _tested(statistic, relabellings, families, adjusted.usable, notes)
    return _compared(adjusted, adjusted.normal_interval(), test, families)


def compare_pairs(
    first: FloatArray,
    second: FloatArray,
    *,
    families: IntArray | None = None,
    n_permutations: int = 10_000,
    n_resamples: int = N_RESAMPLES,
    rng: np.random.Generator,
    advance: Advance = uncounted,
) -> GroupComparison:
    """Compare pairs: row i of `first` with row i of `second`, both (n_pairs, n_columns); NaN leaves a pair out.

    Paired t under sign flips of the differences within pairs. g is on the average of both variances, so that it can
    be compared with the g of groups. Other parameters as in `compare_groups`.

    Raises ShapeError for axes that don't fit, InputError for fewer than two pairs and infinite values.
    """
    first, families = checked_values(first, families, len(first))
    second, _ = checked_values(second, families, len(second))
    if first.shape != second.shape:
        raise ShapeError(f"second: wanted the shape of first, {first.shape}, got {second.shape}")
    gap = first - second
    n_pairs = int((~np.isnan(gap)).any(axis=1).sum())
    if n_pairs < 2:
        raise InputError(f"a paired comparison needs two pairs with values on both sides, got {n_pairs}")
    first, second = (np.where(np.isnan(gap), np.nan, side) for side in (first, second))
    notes = [f"There are {n_pairs} pairs, fewer than {FEW}; interpret effects with caution."] if n_pairs < FEW else []
    contrast = contrast_of_pairs(first, second)
    statistic = PairedZ(gap[:, contrast.usable], fewest=min(FEWEST_FOR_G, n_pairs))
    relabellings = flip_signs(len(gap), n_permutations, rng).counted(advance)
    test = _tested(statistic, relabellings, families, contrast.usable, notes)
    interval = bootstrap_interval(contrast, g_interval_of_pairs, [first, second], n_resamples, rng)
    return _compared(contrast, interval, test, families)


def compare_many(
    values: FloatArray,
    groups: IntArray,
    *,
    families: IntArray | None = None,
    covariates: FloatArray | None = None,
    covariate_names: Sequence[str] = (),
    group_names: Sequence[str] = (),
    n_permutations: int = 10_000,
    rng: np.random.Generator,
    advance: Advance = uncounted,
) -> OmnibusComparison:
    """Compare two or more groups at once; `groups` (n_units,) are their numbers. Parameters as in `compare_groups`.

    A column is NaN where any group has fewer than two values.
    """
    numbers, labels = np.unique(np.asarray(groups), return_inverse=True)
    values, families = checked_values(values, families, len(labels))
    k = len(numbers)
    if k < 2:
        raise InputError(f"a comparison needs two groups or more, got {k}")
    check_groups(values, labels, k)
    notes = notes_on_few_units(labels, values, group_names or [f"Group {number}" for number in numbers])
    present = [(~np.isnan(values[labels == group])).sum(axis=0) for group in range(k)]
    usable = np.min(present, axis=0) >= 2
    f = np.full(len(families), np.nan)
    if covariates is None:
        welch = WelchF(values[:, usable], k, fewest=fewest_in_family(labels))
        statistic: Statistic = welch
        relabellings = relabel(labels, n_permutations, rng)
        f[usable] = welch.f(labels[None])[0][0]
        constant = (moments([values[labels == group] for group in range(k)])[1] == 0).all(axis=0)
        f[constant & (f > 1)] = np.inf
    else:
        covariates = checked_covariates(covariates, covariate_names, indicators(labels, k))
        designs = column_designs(values, labels, covariates, fewest_in_family(labels))
        for one in designs:
            coefficients, inflated = one.design.fit(standardise_columns(values[np.ix_(one.units, one.columns)]))
            f[one.columns] = wald_f(coefficients, one.design.covariance(inflated))
        notes += [NOT_EXACT, *notes_on_lost_columns(usable & np.isnan(f))]
        usable &= ~np.isnan(f)
        statistic = FreedmanLane(standardise_columns(values), designs).only(usable)
        relabellings = reorder(len(labels), n_permutations, rng)
    test, _ = _tested(statistic, relabellings.counted(advance), families, usable, notes)
    return OmnibusComparison(f=f, **test)


def _compared(
    contrast: Contrast,
    interval: tuple[FloatArray, FloatArray],
    test: tuple[dict[str, Any], FloatArray],
    families: IntArray,
) -> GroupComparison:
    found, thresholds = test
    detectable = [
        detectable_effect(z_to_t(threshold, df), df, _median(contrast.ratio, ours))
        for number, threshold in zip(np.unique(families), thresholds, strict=True)
        for ours in [contrast.known & (families == number)]
        for df in [_median(contrast.df, ours)]
    ]
    return GroupComparison(
        n_a=contrast.ns[0],
        n_b=contrast.ns[1],
        mean_a=contrast.means[0],
        mean_b=contrast.means[1],
        difference=contrast.difference,
        t=contrast.t,
        g=contrast.g,
        g_low=interval[0],
        g_high=interval[1],
        detectable_g=np.array(detectable),
        **found,
    )


def _tested(
    statistic: Statistic, relabellings: Relabellings, families: IntArray, usable: BoolArray, notes: Sequence[str]
) -> tuple[dict[str, Any], FloatArray]:
    """Test the usable columns; return the fields of `Permuted` and the thresholds of families.

    Other columns are NaN, and so are thresholds of families without a usable one.
    """
    numbers = np.unique(families)
    found: dict[str, Any] = {name: np.full(len(families), np.nan) for name in ("p", "p_min", "p_family", "q")}
    thresholds = np.full(len(numbers), np.nan)
    if usable.any():
        test = compare_with_relabellings(statistic, relabellings, families[usable])
        for name, column in found.items():
            column[usable] = getattr(test, name)
        thresholds[np.isin(numbers, families[usable])] = test.thresholds
    notes = list(notes)
    if relabellings.exact and relabellings.n < 100:
        notes.append(f"Only {relabellings.n} permutations exist, so p can't be small; see p_min.")
    if n_thin := int((np.isnan(found["p_family"]) & ~np.isnan(found["p"])).sum()):
        notes.append(
            f"In {n_thin} columns, a group has fewer than {FEWEST_FOR_G} values; these columns have a p "
            "but no p_family."
        )
    return {**found, "n_permutations": relabellings.n, "exact": relabellings.exact, "notes": tuple(notes)}, thresholds


def _median(values: FloatArray, chosen: BoolArray) -> float:
    return float(np.median(values[chosen])) if chosen.any() else float("nan")
