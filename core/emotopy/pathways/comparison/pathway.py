"""Groups of mapped texts against each other: the person as the unit, effect sizes, p-values that hold.

docs/science.md says how and why, `emotopy.result_files` declares the columns of the tables.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.errors import InputError
from emotopy.inference.group_comparison import (
    GroupComparison,
    checked_covariates,
    compare_groups,
    compare_many,
    compare_pairs,
    indicators,
)
from emotopy.inference.permutations import Advance
from emotopy.pathways.comparison.design import Design, design_of
from emotopy.pathways.comparison.result import Comparison, Pair
from emotopy.pathways.comparison.spec import ComparisonSpec
from emotopy.pathways.comparison.units import UnitValues
from emotopy.records import FloatArray, Mapped
from emotopy.roles import Host
from emotopy.running.estimates import Need, check_need, compare_terms, estimate
from emotopy.running.host_calls import isolable_call
from emotopy.running.writing import reporter_name
from emotopy.storage.cache import key_of
from emotopy.storage.provenance import collect
from emotopy.wording import flag

if TYPE_CHECKING:
    import pandas as pd

VALUES = {"relative": "profile", "intensity": "intensity", "share": "share"}
"""Which of a unit's values each measure is."""
STATISTICS = (
    *("n_a", "n_b", "mean_a", "mean_b", "difference", "t", "g", "g_low", "g_high"),
    *("p", "p_min", "p_family", "q"),
)
OMNIBUS = ("f", "p", "p_min", "p_family", "q")
UNTESTED = ("t", "p", "p_min", "p_family", "q")
"""What a measure that isn't tested has no value for."""
MOST_PAIRS = 3
"""With more pairs of groups, notes about each pair are gathered into one."""
SHARE_NOTE = (
    "Shares are shown but not tested: they sum to one, so an increase in one region lowers all others, "
    "and tests would find differences in regions without a true difference."
)
UNEVEN = 4.0
"""Texts per unit, one group's median over the other's, from which intensity is said to be uneven."""


@isolable_call
def compare(mapped: Mapped, spec: ComparisonSpec, host: Host | None = None) -> Comparison:
    """Compare groups of mapped texts.

    Parameters
    ----------
    mapped
        The mapped texts.
    spec
        Which groups, by which units, with what held constant.
    host
        Who is told of progress; nobody by default.

    Raises
    ------
    InputError
        Groups, units, covariates or pairs that can't be compared.
    """
    design = design_of(mapped, spec)
    check_covariates(design)
    check_need(
        need_of(mapped, design, spec),
        host or Host(),
        advice=f"compare two groups at a time, or one {flag('--measure')}",
    )
    measures = tuple(VALUES) if spec.measure == "all" else (spec.measure,)
    tested, shown = ([name for name in measures if (name == "share") == only_shown] for only_shown in (False, True))
    seed = mapped.seed if spec.seed is None else spec.seed
    tables, noted, power, tests = [], {}, {}, []
    pairs = list(combinations(design.groups, 2))
    n_tests = (len(pairs) + (len(pairs) > 1)) if tested else 0
    progress = (host or Host()).progress("permutations", n_tests * spec.n_permutations)
    with progress as advance:
        compared = [_parts(design, spec, pair, (tested, shown), seed, advance) for pair in pairs]
        omnibus, about_all = _omnibus(design, spec, tested, seed, advance)
    for pair, parts in zip(pairs, compared, strict=True):
        tables.append(_pair_table(design, pair, parts))
        if tested:
            found = parts[0][1]
            noted[pair] = [
                *found.notes,
                *_uneven_notes(design, pair, measures),
                *_lacking_notes(design, pair, measures),
            ]
            tests.append({"groups": list(pair), "n_permutations": found.n_permutations, "exact": found.exact})
            power[pair] = dict(zip(tested, found.detectable_g.tolist(), strict=True))
    found_notes = [
        *design.notes,
        *about_all,
        *_gathered_notes(noted),
        *_power_notes(power, "pairs" if spec.paired_by is not None else "units"),
        *([SHARE_NOTE] if "share" in measures else []),
        *_fit_notes(mapped),
    ]
    notes = tuple(dict.fromkeys(found_notes))
    import pandas as pd

    plain = {**spec.to_dict(), "seed": seed, "level": "region" if design.nodes is None else "node"}
    return Comparison(
        table=pd.concat(tables, ignore_index=True),
        omnibus=omnibus,
        excluded=design.excluded,
        groups=design.groups,
        n_units=design.n_units,
        level="region" if design.nodes is None else "node",
        is_paired=spec.paired_by is not None,
        has_units=design.has_units,
        provenance=collect(
            plain,
            {"reporter": [reporter_name(one) for one in mapped.reporters]},
            seed=seed,
            input=dict(mapped.source),
            tests=tests,
            mapped=_recorded(mapped.provenance),
            n_units=design.n_units,
            n_texts=design.n_texts,
            has_units=design.has_units,
            n_excluded=len(design.excluded),
            regions=list(design.nodes or design.regions),
            notes=list(notes),
        ),
        notes=notes,
        reporters=mapped.reporters,
    )


def need_of(mapped: Mapped, design: Design, spec: ComparisonSpec) -> Need:
    """Return what a comparison takes."""
    n_tested = 2 if spec.measure == "all" else int(spec.measure != "share")
    terms = compare_terms(
        n_rows=mapped.n_rows,
        n_units=len(design.member),
        n_groups=len(design.groups),
        n_columns=n_tested * len(design.nodes or design.regions),
        n_permutations=spec.n_permutations,
        n_covariates=len(design.covariate_names),
    )
    return estimate("compare", terms)


def check_covariates(design: Design) -> None:
    """Check, before any permutation, that every comparison can hold the covariates constant.

    Raises InputError for covariates that are constant, too many, or collinear with the groups compared.
    """
    if not design.covariate_names:
        return
    for pair in [*combinations(range(len(design.groups)), 2), *([()] if len(design.groups) > 2 else [])]:
        rows = np.flatnonzero(np.isin(design.member, pair)) if pair else np.arange(len(design.member))
        labels = np.unique(design.member[rows], return_inverse=True)[1]
        try:
            checked_covariates(
                design.values.covariates[rows], design.covariate_names, indicators(labels, labels.max() + 1)
            )
        except InputError as error:
            names = " against ".join(design.groups[i] for i in pair) or "all groups"
            raise InputError(f"{names}: {error}") from error


def _columns(values: UnitValues, measures: Sequence[str]) -> tuple[FloatArray, Any]:
    """Return the measures side by side, (n_units, n_measures · n_regions), and which measure each column is."""
    columns = [getattr(values, VALUES[name]) for name in measures]
    return np.hstack(columns), np.repeat(np.arange(len(measures)), columns[0].shape[1])


def _rng(seed: int, groups: Sequence[str]) -> np.random.Generator:
    """Return a generator that the groups' names seed, whatever their order and whatever else is compared."""
    names = [zlib.crc32(name.encode("utf-8", "surrogatepass")) for name in sorted(groups)]
    return np.random.default_rng([seed, *names])


def _parts(
    design: Design, spec: ComparisonSpec, pair: Pair, measures: Sequence[Sequence[str]], seed: int, advance: Advance
) -> list[tuple[Sequence[str], GroupComparison]]:
    """Compare one pair of groups: in measures that are tested, and in those that are shown alone."""
    return [(names, _compared(design, spec, pair, names, seed, advance)) for names in measures if names]


@contextmanager
def _up_to(n: int, advance: Advance) -> Iterator[Advance]:
    """Yield what counts a test's permutations, `n` of them; those that weren't needed are counted at the end."""
    done = 0

    def count(more: int) -> None:
        nonlocal done
        own = min(more, n - done)  # the observed labelling is one more
        done += own
        advance(own)

    yield count
    advance(n - done)


def _compared(
    design: Design, spec: ComparisonSpec, pair: Pair, measures: Sequence[str], seed: int, advance: Advance
) -> GroupComparison:
    """Compare one pair of groups in these measures."""
    first_of, second_of = (design.groups.index(name) for name in pair)
    rows = np.flatnonzero((design.member == first_of) | (design.member == second_of))
    values, families = _columns(design.values.take(rows), measures)
    if "share" in measures:
        n_permutations, counted = 1, _up_to(0, advance)  # of a share nobody looks at p
    else:
        n_permutations, counted = spec.n_permutations, _up_to(spec.n_permutations, advance)
    options: dict[str, Any] = {"families": families, "n_permutations": n_permutations, "rng": _rng(seed, pair)}
    if spec.paired_by is not None:
        first, second = design.pairs()
        with counted as count:
            return compare_pairs(values[first], values[second], **options, advance=count)
    try:
        with counted as count:
            return compare_groups(
                values,
                design.member[rows] == first_of,
                covariates=design.values.covariates[rows] if design.covariate_names else None,
                covariate_names=design.covariate_names,
                group_names=_group_names(pair),
                **options,
                advance=count,
            )
    except InputError as error:
        raise InputError(f"{pair[0]} against {pair[1]}: {error}") from error


def _omnibus(
    design: Design, spec: ComparisonSpec, tested: Sequence[str], seed: int, advance: Advance
) -> tuple[pd.DataFrame | None, list[str]]:
    """Compare more than two groups at once; return the table and notes."""
    import pandas as pd

    if len(design.groups) == 2 or not tested:
        return None, []
    values, families = _columns(design.values, tested)
    with _up_to(spec.n_permutations, advance) as count:
        found = compare_many(
            values,
            design.member,
            families=families,
            covariates=design.values.covariates if design.covariate_names else None,
            covariate_names=design.covariate_names,
            group_names=_group_names(design.groups),
            n_permutations=spec.n_permutations,
            rng=_rng(seed, design.groups),
            advance=count,
        )
    n_pairs = len(design.groups) * (len(design.groups) - 1) // 2
    note = (
        f"p_family of a pair is corrected over regions within a measure, not over the {n_pairs} pairs; "
        "interpret pairs only if the omnibus test of all groups is significant."
    )
    table = pd.DataFrame({**_row_names(design, tested), **{name: getattr(found, name) for name in OMNIBUS}})
    return table, [note, *found.notes]


def _group_names(groups: Sequence[str]) -> list[str]:
    """Return what notes call the groups."""
    return [f"Group {name!r}" for name in groups]


def _gathered_notes(noted: Mapping[Pair, Sequence[str]]) -> list[str]:
    """Return the notes on pairs, each once, with the pairs that it is about unless it is about all or about a group."""
    about: dict[str, list[Pair]] = {}
    for pair, notes in noted.items():
        for note in dict.fromkeys(notes):
            about.setdefault(note, []).append(pair)
    return [
        note if len(pairs) == len(noted) or note.startswith("Group ") else f"{_pair_names(pairs)}: {note}"
        for note, pairs in about.items()
    ]


def _pair_names(pairs: Sequence[Pair]) -> str:
    shown = ", ".join(f"{a} against {b}" for a, b in pairs[:MOST_PAIRS])
    return shown + (f" and {len(pairs) - MOST_PAIRS} more pairs" if len(pairs) > MOST_PAIRS else "")


def _power_notes(power: Mapping[Pair, Mapping[str, float]], of: str) -> list[str]:
    """Return notes on the difference that these units would find in four of five studies; the range over many pairs."""
    found_in = "in one region would be detected in 80 % of studies (family-wise p < 0.05)."
    notes = []
    for measure in dict.fromkeys(name for found in power.values() for name in found):
        sizes = {pair: found[measure] for pair, found in power.items() if np.isfinite(found[measure])}
        if not sizes:
            notes.append(f"Power, {measure}: too few {of} to detect a difference of any size family-wise.")
        elif len(power) <= MOST_PAIRS:
            for (a, b), size in sizes.items():
                who = "" if len(power) == 1 else f" ({a} against {b})"
                notes.append(f"Power, {measure}{who}: with these {of} a difference of g = {size:.2f} {found_in}")
        else:
            sized = f"g = {min(sizes.values()):.2f} to {max(sizes.values()):.2f}, depending on the pair,"
            notes.append(f"Power, {measure}: with these {of} a difference of {sized} {found_in}")
    return notes


def _uneven_notes(design: Design, pair: Pair, measures: Sequence[str]) -> list[str]:
    """Return a note where units of few texts stand against units of many, and intensity is tested."""
    if "intensity" not in measures:
        return []
    medians = [float(np.median(design.values.n_texts[design.member == design.groups.index(name)])) for name in pair]
    if max(medians) < UNEVEN * min(medians):
        return []
    (few, one), (many, other) = sorted(zip(medians, pair, strict=True))
    note = (
        f"Units of {one!r} have {few:g} texts, units of {other!r} {many:g} (medians). The intensity of "
        "few texts is skewed, so p_family of intensity can be half of its correct value "
        "(docs/evidence-text.md)."
    )
    return [note]


def _lacking_notes(design: Design, pair: Pair, measures: Sequence[str]) -> list[str]:
    """Return a note for each group in which units have no intensity in any region."""
    if "intensity" not in measures:
        return []
    lacks, notes = np.isnan(design.values.intensity).all(axis=1), []
    for name in pair:
        own = design.member == design.groups.index(name)
        if (lacks & own).any():
            notes.append(
                f"Group {name!r}: {int((lacks & own).sum())} of {int(own.sum())} units have no "
                "intensity, because the scorer doesn't support the language of their texts; intensity "
                "is compared without them, or not at all."
            )
    return notes


def _fit_notes(mapped: Mapped) -> list[str]:
    config = mapped.provenance.get("config")
    if not isinstance(config, Mapping) or config.get("fit") != "per-group":
        return []
    note = (
        "The groups were fitted separately (fit = per-group, as published), so a difference between "
        'them may come from the fits; map them with fit = "joint" for a valid comparison.'
    )
    return [note]


def _recorded(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the comparison's provenance says of the run that mapped the texts."""
    known = ("config_sha256", "input", "overlapping_nodes", "reference", "regrouped", "stages")
    return {
        "provenance_sha256": key_of(dict(provenance)),
        **{name: provenance[name] for name in known if name in provenance},
        **(
            {"unit_weights": config["unit_weights"]}
            if "unit_weights" in (config := provenance.get("config", {}))
            else {}
        ),
    }


def _pair_table(design: Design, pair: Pair, parts: Sequence[tuple[Sequence[str], GroupComparison]]) -> pd.DataFrame:
    """Return a row per measure and region for one pair of groups.

    `tested` and `shown` hold the columns of the measures side by side: first those that are tested, then `share`.
    """
    import pandas as pd

    tables = []
    for measures, found in parts:
        statistics = {name: getattr(found, name) for name in STATISTICS}
        if "share" in measures:
            statistics |= dict.fromkeys(UNTESTED, np.nan)
        names = {"group_a": pair[0], "group_b": pair[1], **_row_names(design, measures)}
        tables.append(pd.DataFrame({**names, **statistics}))
    return pd.concat(tables, ignore_index=True).astype({"n_a": "int64", "n_b": "int64"})


def _row_names(design: Design, measures: Sequence[str]) -> dict[str, Any]:
    """Return the columns that say what a row is about: measure, region, and the node where rows are nodes."""
    n_regions = len(design.regions)
    return {
        "measure": np.repeat(list(measures), n_regions),
        "region": list(design.regions) * len(measures),
        **({} if design.nodes is None else {"node": list(design.nodes) * len(measures)}),
    }
