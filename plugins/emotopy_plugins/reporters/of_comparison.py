"""What the top of the page says of a comparison: the answer, what limits it, the facts, the methods."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.records import Result
from emotopy_plugins.reporters.compared import ALPHA, WORDS, Compared, Pair, effect, sentence_label
from emotopy_plugins.reporters.formatting import count, listing, plain, probability
from emotopy_plugins.reporters.reading import NO_UNIT, about_sample, about_words, lookup, stage_name
from emotopy_plugins.reporters.region_values import overlaps
from emotopy_plugins.reporters.sources import SOURCES, how_mapped, how_scored, sources_of

if TYPE_CHECKING:
    import pandas as pd

N_NAMED = 2
"""Regions that the answer names, per measure."""
MOST_NAMED = 6
"""Groups that the page names in a sentence."""
FEW_UNITS, FEWEST_UNITS = 10, 5
"""With fewer units effects are uncertain; with fewer than the second there is none."""
REFERENCES: Mapping[str, str] = {
    "welch1947": """@article{welch1947,
  title   = {The generalization of `Student's' problem when several different population variances are involved},
  author  = {Welch, B. L.},
  journal = {Biometrika},
  volume  = {34},
  number  = {1--2},
  pages   = {28--35},
  year    = {1947},
  doi     = {10.1093/biomet/34.1-2.28}
}""",
    "welch1951": """@article{welch1951,
  title   = {On the comparison of several mean values: an alternative approach},
  author  = {Welch, B. L.},
  journal = {Biometrika},
  volume  = {38},
  number  = {3--4},
  pages   = {330--336},
  year    = {1951},
  doi     = {10.1093/biomet/38.3-4.330}
}""",
    "hedges1981": """@article{hedges1981,
  title   = {Distribution theory for Glass's estimator of effect size and related estimators},
  author  = {Hedges, Larry V.},
  journal = {Journal of Educational Statistics},
  volume  = {6},
  number  = {2},
  pages   = {107--128},
  year    = {1981},
  doi     = {10.3102/10769986006002107}
}""",
    "benjamini1995": """@article{benjamini1995,
  title   = {Controlling the false discovery rate: a practical and powerful approach to multiple testing},
  author  = {Benjamini, Yoav and Hochberg, Yosef},
  journal = {Journal of the Royal Statistical Society: Series B},
  volume  = {57},
  number  = {1},
  pages   = {289--300},
  year    = {1995},
  doi     = {10.1111/j.2517-6161.1995.tb02031.x}
}""",
    "freedman1983": """@article{freedman1983,
  title   = {A nonstochastic interpretation of reported significance levels},
  author  = {Freedman, David and Lane, David},
  journal = {Journal of Business \\& Economic Statistics},
  volume  = {1},
  number  = {4},
  pages   = {292--298},
  year    = {1983},
  doi     = {10.1080/07350015.1983.10509354}
}""",
}


def cited(result: Result) -> tuple[str, ...]:
    """Return the references of the methods, by key."""
    compared = Compared.of(result)
    how = ("freedman1983",) if covariates_of(compared) else () if compared.is_paired else ("welch1947",)
    omnibus = ("welch1951",) if compared.omnibus is not None and not covariates_of(compared) else ()
    return (*how, *omnibus, "hedges1981", "nichols2002", "benjamini1995", *_sources(compared), "poldrack2006")


def _sources(compared: Compared) -> tuple[str, ...]:
    """Return the references of what mapped the texts, as far as the measures that are shown rest on it."""
    mapped = lookup(compared.provenance, "mapped")
    unused = {"mcinnes2017", "mcinnes2018"}
    if "relative" not in compared.measures:
        unused.add("demszky2020")
    if "intensity" not in compared.measures:
        unused.add("mohammad2013")
    found = sources_of(lookup(mapped, "stages"), lookup(mapped, "reference"))
    return tuple(key for key in found if key not in unused)


# The answer ---------------------------------------------------------------------------------------------------------


def answer(result: Result) -> list[str]:
    """Return which regions differ, with effects and corrected p; that none does is an answer, too."""
    compared = Compared.of(result)
    if not len(compared.table):
        return ["No groups were compared, so there are no results."]
    if not compared.tested:
        return ["Shares are only described, not tested, so this page doesn’t show whether the groups differ."]
    if not compared.table["p_family"].notna().any():
        return [f"No {compared.level} could be tested: there are too few {compared.unit_word}s, or they don’t vary."]
    said = _of_one_pair(compared, compared.pairs[0]) if len(compared.pairs) == 1 else _of_many(compared)
    least = compared.table["p_min"].astype(float).min()
    if least >= ALPHA:
        about = f"With these {compared.unit_word}s and permutations, no p can be below {probability(float(least))}"
        said.append(f"{about}, so no difference could be detected.")
    return said


def _of_one_pair(compared: Compared, pair: Pair) -> list[str]:
    """Say what differs in each measure, or what came nearest."""
    a, b = pair
    sizes = f"({count(compared.n_units[a], compared.unit_word)})"
    if compared.is_paired:
        between = f"{a} and {b} {sizes}"
    else:
        between = f"{a} {sizes} and {b} ({count(compared.n_units[b], compared.unit_word)})"
    found = {measure: compared.differing(compared.rows_of(pair, measure)) for measure in compared.tested}
    if any(found.values()):
        return [
            _differ(compared, measure, rows, "" if i else f" between {between}", pair)
            for i, (measure, rows) in enumerate(found.items())
        ]
    nearest = [_nearest(compared, pair, measure) for measure in compared.tested]
    said = f"No {compared.level} of {len(compared.targets)} differs between {between} in {either(compared.tested)}"
    return [f"{said} after correction.", " ".join([*filter(None, nearest), *_reach(compared, pair)])]


def either(measures: Iterable[str]) -> str:
    """Join measures in a sentence that denies."""
    return " or ".join(WORDS[name] for name in measures)


def _differ(
    compared: Compared, measure: str, rows: list[Mapping[Any, Any]], between: str, pair: Pair | None = None
) -> str:
    """Return a sentence on one measure: how many regions differ, and the clearest of them."""
    n, verb = len(rows), "differs" if len(rows) == 1 else "differ"
    said = f"In {WORDS[measure]}, {n or 'none'} of {count(len(compared.targets), compared.level)} {verb}{between}"
    if not rows:
        open_ends = _reach(compared, pair, measure) if pair else []
        return " ".join([f"{said} after correction.", *open_ends])
    named = [
        sentence_label(row, compared.level)
        + (f", higher in {_higher(row, pair)}" if pair else "")
        + f" ({effect(row)})"
        for row in rows[:N_NAMED]
    ]
    clearest = "" if n <= N_NAMED else ", most clearly"
    return f"{said} after correction{clearest or ':'} {', and '.join(named)}."


def _higher(row: Mapping[Any, Any], pair: Pair) -> str:
    return pair[0] if float(row["difference"]) > 0 else pair[1]


def _nearest(compared: Compared, pair: Pair, measure: str) -> str:
    rows = compared.rows_of(pair, measure)
    known = rows[rows["p_family"].notna()].sort_values("p_family", kind="stable")
    if not len(known):
        return ""
    row = known.iloc[0].to_dict()
    return f"The smallest p in {WORDS[measure]} is that of {sentence_label(row, compared.level)} ({effect(row)})."


def _reach(compared: Compared, pair: Pair, measure: str | None = None) -> list[str]:
    """Say which differences the intervals don't rule out, in one measure or in all that are tested."""
    rows = compared.rows_of(pair, measure)
    ends = rows.loc[rows["measure"] != "share", ["g_low", "g_high"]].to_numpy(dtype=np.float64)
    widest = float(np.nanmax(np.abs(ends), initial=0.0))
    if not 0 < widest < math.inf:
        return []
    return [f"This doesn’t prove that the groups are alike: intervals of g extend to {plain(widest)}."]


def _of_many(compared: Compared) -> list[str]:
    """Say what the omnibus test finds and, in measures where it finds something, which pairs differ."""
    n_groups, omnibus = len(compared.n_units), compared.omnibus
    if omnibus is not None and not omnibus["p_family"].notna().any():
        omnibus = None  # it couldn't be tested
    found = {} if omnibus is None else {
        measure: compared.differing(omnibus[omnibus["measure"] == measure]) for measure in compared.tested
    }  # fmt: skip
    if omnibus is not None and not any(found.values()):
        best = omnibus[omnibus["p_family"].notna()].sort_values("p_family", kind="stable").iloc[0].to_dict()
        place = f"{sentence_label(best, compared.level)} in {WORDS[str(best['measure'])]}"
        said = (
            f"No {compared.level} of {len(compared.targets)} differs among {count(n_groups, 'group')} in "
            f"{either(compared.tested)} after correction (all groups at once). The smallest p is that of {place} "
            f"({effect(best)})."
        )
        unread = (
            f"Therefore differences in single pairs ({len(compared.pairs):,}) shouldn’t be interpreted as findings."
        )
        return [said, unread]
    clauses = [
        _differ(compared, measure, rows, "" if i else f" among {count(n_groups, 'group')}")
        for i, (measure, rows) in enumerate(found.items())
    ]
    return [*clauses, _pairs(compared, [measure for measure in compared.tested if omnibus is None or found[measure]])]


def _pairs(compared: Compared, measures: list[str]) -> str:
    """Say how many pairs differ in measures where all groups do, and the clearest of them."""
    table: pd.DataFrame = compared.table
    hits = table[table["measure"].isin(measures) & (table["p_family"].astype(float) < ALPHA)]
    n_pairs = len(hits[["group_a", "group_b"]].drop_duplicates())
    total = f"Of {count(len(compared.pairs), 'pair')} of groups"
    if not n_pairs:
        return f"{total}, none differs in any {compared.level} after correction over {compared.level}s."
    best = compared.differing(hits)[0]
    return (
        f"{total}, {n_pairs:,} {'differs' if n_pairs == 1 else 'differ'} in some {compared.level} after correction "
        f"over {compared.level}s, not over pairs; the clearest is {best['group_a']} minus {best['group_b']}, "
        f"{WORDS[str(best['measure'])]} of {sentence_label(best, compared.level)} ({effect(best)})."
    )


# What limits it -----------------------------------------------------------------------------------------------------


def limits(result: Result) -> list[str]:
    """Return what limits a comparison."""
    compared = Compared.of(result)
    mapped = lookup(compared.provenance, "mapped")
    said = [*about_sample(lookup(mapped, "input")), *about_words(lookup(mapped, "stages")), *_few(compared)]
    if not compared.has_units and not compared.is_paired:
        said.append(NO_UNIT)
    said += _near(compared)
    said.append(_held(compared))
    if len(compared.tested) > 1:
        over = f"over the {compared.level}s of a measure, not over the {len(compared.tested)} measures"
        said.append(f"Corrected p-values are corrected {over}{' nor over pairs' if len(compared.pairs) > 1 else ''}.")
    n = 0 if compared.excluded is None else len(compared.excluded)
    if n:
        said.append(f"Left out: {count(n, 'entry') if n == 1 else f'{n:,} entries'}; the page lists them, and why.")
    return said


def _few(compared: Compared) -> list[str]:
    few = [f"{name} ({n})" for name, n in compared.n_units.items() if n < FEW_UNITS]
    if not few:
        return []
    named = few if len(few) <= MOST_NAMED else [*few[:MOST_NAMED], f"{len(few) - MOST_NAMED} more groups"]
    least = min(compared.n_units.values())
    without = f"; with fewer than {FEWEST_UNITS}, there is no effect size" if least < FEWEST_UNITS else ""
    return [f"Effects are uncertain because there are few {compared.unit_word}s: {listing(named)}{without}."]


def _near(compared: Compared) -> list[str]:
    """Name the places that studies can't tell apart: a difference in one is no other than that in its neighbour."""
    regions = {str(name) for name in compared.table["region"]}
    region_of = {f"{name}{side}": name for name in regions for side in ("_left", "_right")}
    pairs = overlaps(lookup(compared.provenance, "mapped", "overlapping_nodes") or (), region_of, compared.level)
    if not pairs:
        return []
    rest = [f"{len(pairs) - MOST_NAMED} more pairs"] * (len(pairs) > MOST_NAMED)
    said = "; ".join([*pairs[:MOST_NAMED], *rest])
    return [
        (
            "These regions are too close together to be distinguished, because studies report peaks in both; "
            f"count each pair once: {said}."
        )
    ]


def covariates_of(compared: Compared) -> list[str]:
    """Return what was held constant."""
    return [str(name) for name in lookup(compared.provenance, "config", "covariates") or ()]


def _held(compared: Compared) -> str:
    held = covariates_of(compared)
    if compared.is_paired:
        return (
            "Anything that is equal within pairs can’t cause a difference; anything else that differs within pairs can."
        )
    if held:
        return f"Held constant: {listing(held)}. Anything else in which the groups differ may cause a difference."
    return (
        "Nothing was held constant: anything else in which the groups differ, such as the length or "
        "topic of their texts, may cause a difference."
    )


# Facts and methods --------------------------------------------------------------------------------------------------


def facts(result: Result) -> list[tuple[str, str]]:
    """Return what was compared, by what, with what held constant: name and value."""
    compared = Compared.of(result)
    provenance, n_units = compared.provenance, compared.n_units
    names = list(n_units)
    rest = [f"{len(names) - MOST_NAMED} more"] * (len(names) > MOST_NAMED)
    found = [("Groups", f"{len(names)}: {', '.join([*names[:MOST_NAMED], *rest])}")]
    if compared.is_paired:
        by = lookup(provenance, "config", "paired_by")
        matched = "the unit" if by == "unit" else f"column {by}"
        found.append(("Pairs", f"{next(iter(n_units.values())):,}, matched by {matched}"))
    else:
        sizes = [f"{n:,}" for n in n_units.values()]
        sizes = (
            sizes if len(sizes) <= MOST_NAMED else [f"{min(n_units.values()):,} to {max(n_units.values()):,} per group"]
        )
        none = "" if compared.has_units else "; none given, so every text counts as a unit"
        found.append(("Units", ", ".join(sizes) + none))
    n_texts = list((lookup(provenance, "n_texts") or {}).values())
    if compared.has_units and n_texts:
        each = [f"{n:,}" for n in n_texts]
        found.append(("Texts", ", ".join(each) if len(each) <= MOST_NAMED else f"{sum(n_texts):,} in all"))
    found.append(("Held constant", ", ".join(covariates_of(compared)) or "nothing"))
    found.append(("Values per", f"{compared.level}, {len(compared.targets):,} of them"))
    found.append(("Permutations", permutations_of(compared.provenance)))
    seed, reference = lookup(provenance, "seed"), lookup(provenance, "mapped", "reference")
    more = {"Seed": seed, "Reference": reference}
    return [*found, *((name, str(value)) for name, value in more.items() if value is not None)]


def permutations_of(provenance: Mapping[str, Any]) -> str:
    """Return how many permutations the tests took."""
    tests = provenance.get("tests", [])
    numbers = sorted({int(test["n_permutations"]) for test in tests})
    if not numbers:
        return "none"
    drawn = f"{numbers[0]:,}" if len(numbers) == 1 else f"{numbers[0]:,} to {numbers[-1]:,}"
    return f"{drawn}, all there are" if all(test["exact"] for test in tests) else drawn


def methods(result: Result) -> str:
    """Return the methods as a paragraph."""
    compared = Compared.of(result)
    provenance, level, unit = compared.provenance, compared.level, compared.unit_word
    sizes = [f"{name} ({count(n, unit)})" for name, n in compared.n_units.items()]
    rest = [f"{len(sizes) - MOST_NAMED} more groups"] * (len(sizes) > MOST_NAMED)
    atlas, version = lookup(provenance, "mapped", "stages", "atlas"), lookup(provenance, "versions", "emotopy") or ""
    stages, sources = lookup(provenance, "mapped", "stages"), _sources(compared)
    published = f" ({SOURCES['vos2025']})" if "vos2025" in sources else ""
    of_atlas = f" of the atlas {stage_name(atlas)}{published}" if atlas else ""
    reference = lookup(provenance, "mapped", "reference")
    who = listing([*sizes[:MOST_NAMED], *rest])
    value = compared.value_of_unit
    said = [f"Texts of {who} were mapped onto {count(len(compared.targets), level)}{of_atlas} with emotopy {version}."]
    said += how_mapped(stages, reference if "relative" in compared.measures else None, sources)
    said += how_scored(stages, sources) if "intensity" in compared.measures else []
    said.append(f"The value of a {'unit' if compared.is_paired else unit} is {value}.")
    if compared.tested:
        said.append(_tests(compared))
        said.append(
            f"p-values were corrected over {level}s within a measure, family-wise by the maximum statistic (Nichols "
            "and Holmes 2002) and for the false discovery rate (Benjamini and Hochberg 1995)."
        )
    effects = "Effects are standardised mean differences (Hedges’ g; Hedges 1981) with 95 % intervals."
    seed = lookup(provenance, "seed")
    return " ".join([*said, effects, *([] if seed is None else [f"The random seed was {seed}."])])


def _tests(compared: Compared) -> str:
    n, held = permutations_of(compared.provenance), covariates_of(compared)
    if compared.is_paired:
        return f"Differences within pairs were tested with a paired t statistic by flipping signs (permutations: {n})."
    if held:
        statistic = f"t with HC3 errors, {listing(held)} held constant"
        shuffled = "the residuals of the model without groups over units (Freedman and Lane 1983; "
    else:
        statistic, shuffled = "Welch’s t (Welch 1947)", "the group of units ("
    omnibus = " All groups at once were tested with " + ("a Wald F." if held else "Welch’s F (Welch 1951).")
    return (
        f"Differences of means were tested two-sided with {statistic}, by permuting {shuffled}permutations: {n})."
        f"{omnibus if compared.omnibus is not None else ''}"
    )
