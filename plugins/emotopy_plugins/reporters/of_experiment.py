"""What the top of the page says of an experiment: the answer, what limits it, the facts, the methods."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from emotopy.records import Result
from emotopy_plugins.reporters.compared import WORDS
from emotopy_plugins.reporters.formatting import count, listing, percent
from emotopy_plugins.reporters.reading import NO_UNIT, about_words, lookup, stage_name
from emotopy_plugins.reporters.sources import SOURCES, sources_of

N_NAMED = 2
"""Pairs of groups that the answer takes one by one."""
MOST_NAMED = 4
FEW_SPLITS = 20
"""With fewer random splits rates of error scatter widely."""
IMBALANCED = 0.1
"""Beyond this standardised mean difference groups are commonly called imbalanced."""
PUBLISHED = "published"
THEIRS = (
    "The published procedure (Vos et al. 2025; preset vos2025) fits every group separately, takes "
    "cluster numbers as nodes, oversamples the smaller group and tests intensities per node with the "
    "Mann–Whitney test, uncorrected."
)
OURS = (
    "The recommended procedure fits all groups jointly, maps texts to regions by the evidence of "
    "studies, uses units as the unit of analysis, and tests means by permutation; p-values are "
    "corrected family-wise over regions (Nichols and Holmes 2002); effects are Hedges’ g (Hedges 1981) "
    "with 95 % intervals"
)
Record = Mapping[str, Any]
"""A pair of groups, or what a procedure finds for it, as `summary` of the provenance holds them."""


def summaries_of(result: Result) -> Sequence[Record]:
    """Return what the provenance says of each pair of groups."""
    found: Sequence[Record] = result.provenance.get("summary", ())
    return found


def false_rate(verdict: Record) -> float:
    """Return how often a procedure finds something where there is nothing; NaN where that wasn't measured."""
    return math.nan if verdict["false_rate"] is None else float(verdict["false_rate"])


def cited(result: Result) -> tuple[str, ...]:
    """Return the references of the methods, by key."""
    held = ("freedman1983",) if covariates_of(result) else ()
    return ("vos2025", *_sources(result), *held, "hedges1981", "nichols2002", "poldrack2006")


def _sources(result: Result) -> tuple[str, ...]:
    """Return the references of what our procedure rests on, in the profiles and intensities that are compared."""
    ours = lookup(result.provenance, "presets", "recommended")
    found = sources_of(lookup(ours, "stages"), lookup(ours, "reference"))
    return tuple(key for key in found if key in ("dockes2020", "demszky2020", "mohammad2013"))


# The answer ---------------------------------------------------------------------------------------------------------


def answer(result: Result) -> list[str]:
    """Return what the published procedure finds, how often it is wrong, and what holds."""
    summaries = summaries_of(result)
    if not summaries:
        return ["No groups were compared, so there are no results."]
    if len(summaries) <= N_NAMED:
        return [sentence for one in summaries for sentence in _of_pair(one)]
    return _of_pairs(summaries)


def _of_pair(one: Record) -> list[str]:
    published, *ours = one["verdicts"]
    said = f"{one['a']} against {one['b']}: {_found(published)}{_wrongly([published])}"
    return [said, _holds(ours)]


def _found(published: Record) -> str:
    n = count(published["n_tests"], "node")
    return f"the published procedure finds {published['found']} of {n} significant"


def _wrongly(published: Sequence[Record]) -> str:
    """Say how often the published procedure is wrong; where that wasn't measured, that it wasn't."""
    rates = [rate for one in published if math.isfinite(rate := false_rate(one))]
    if not rates:
        return "; its error rate wasn’t measured."
    rate = percent(sum(rates) / len(rates), 0)
    return f", and {rate} of nodes when the same units are divided at random, so that there is no true difference."


def _holds(ours: Sequence[Record]) -> str:
    """Say what holds under the joint fit, with units and corrected p."""
    if not ours:
        return "Nothing was tested with units and correction."
    found = [
        f"{verdict['found'] or 'none'} of {count(verdict['n_tests'], 'region')} in {WORDS[verdict['procedure']]}"
        for verdict in ours
    ]
    differ = "differs" if sum(verdict["found"] for verdict in ours) == 1 else "differ"
    if not any(verdict["found"] for verdict in ours):
        where = " or ".join(WORDS[verdict["procedure"]] for verdict in ours)
        return f"With a joint fit, units and correction, no region differs in {where}."
    return f"With a joint fit, units and correction, {listing(found)} {differ}."


def _of_pairs(summaries: Sequence[Record]) -> list[str]:
    """Return the answer for many pairs of groups, added up."""
    published = [one["verdicts"][0] for one in summaries]
    n_tests, n_found = (sum(verdict[name] for verdict in published) for name in ("n_tests", "found"))
    first = (
        f"Over {count(len(summaries), 'pair')} of groups, the published procedure finds {n_found:,} of "
        f"{n_tests:,} nodes significant{_wrongly(published)}"
    )
    added: dict[str, dict[str, Any]] = {}
    for one in summaries:
        for verdict in one["verdicts"][1:]:
            sums = added.setdefault(verdict["procedure"], {"procedure": verdict["procedure"], "found": 0, "n_tests": 0})
            sums["found"] += verdict["found"]
            sums["n_tests"] += verdict["n_tests"]
    return [first, _holds(list(added.values()))]


# What limits it -----------------------------------------------------------------------------------------------------


def limits(result: Result) -> list[str]:
    """Return what limits an experiment."""
    said = about_words(lookup(result.provenance, "presets", "recommended", "stages"))
    columns = lookup(result.provenance, "config", "columns")
    if isinstance(columns, Mapping) and columns.get("unit", "") is None:
        said.append(NO_UNIT)
    splits = [int(one["n_splits"]) for one in summaries_of(result)]
    if splits and not min(splits):
        said.append(
            "Units weren’t divided at random, so the error rates of the two procedures on these data are unknown."
        )
    elif splits and min(splits) < FEW_SPLITS:
        said.append(f"With only {min(splits)} random splits, error rates are imprecise.")
    said += _imbalance(result)
    if held_constant(result) == "nothing":
        said.append("Nothing was held constant: anything else in which the groups differ may cause a difference.")
    left_out = result.tables.get("left_out")
    if left_out is not None and len(left_out):
        n = len(left_out)
        said.append(f"Left out: {count(n, 'entry') if n == 1 else f'{n:,} entries'}; the page lists them, and why.")
    return said


def _imbalance(result: Result) -> list[str]:
    """Name the quantities in which groups are not alike."""
    table = result.tables.get("balance")
    if table is None:
        return []
    uneven = table[table["smd"].abs() > IMBALANCED]
    names = [str(name) for name in dict.fromkeys(uneven["quantity"])]
    if not names:
        return []
    named = names if len(names) <= MOST_NAMED else [*names[:MOST_NAMED], f"{len(names) - MOST_NAMED} more"]
    return [f"Groups differ in {listing(named)}, which may explain a difference between them."]


# Facts and methods --------------------------------------------------------------------------------------------------


def facts(result: Result) -> list[tuple[str, str]]:
    """Return the data, and how they were analysed: name and value."""
    provenance = result.provenance
    config: Mapping[str, Any] = lookup(provenance, "presets", "recommended") or {}
    dataset: Mapping[str, Any] = provenance.get("dataset", {})
    embedder, n_texts = embedder_of(result), lookup(config, "input", "n_scored")
    found = [
        ("Data", str(dataset.get("title") or lookup(config, "input", "file") or "a table")),
        ("Texts", f"{n_texts:,}" if n_texts else ""),
        ("Embedder", f"{embedder}, in both presets" if embedder else ""),
        ("Reference", str(config.get("reference", ""))),
        ("Held constant", held_constant(result)),
        ("Seed", str(provenance.get("seed", ""))),
        ("Cite", str(dataset.get("cite", ""))),
    ]
    return [(name, value) for name, value in found if value]


def covariates_of(result: Result) -> list[str]:
    """Return what was held constant in the model."""
    return [str(name) for name in lookup(result.provenance, "config", "comparison", "covariates") or ()]


def held_constant(result: Result) -> str:
    """Return what was held constant, as a phrase."""
    config = result.provenance.get("config", {})
    if config.get("experiment") == "human-vs-llm":
        held = {"question": "the question: answers to it are pairs", "length": "log_words"}
        return held.get(lookup(config, "comparison", "hold") or "", "nothing")
    return ", ".join(covariates_of(result)) or "nothing"


def embedder_of(result: Result) -> str:
    """Return the name of the embedder; empty where none is known."""
    stage = lookup(result.provenance, "presets", "recommended", "stages", "embedder")
    return stage_name(stage) if stage else ""


def methods(result: Result) -> str:
    """Return the methods as a paragraph."""
    dataset: Mapping[str, Any] = result.provenance.get("dataset", {})
    version = lookup(result.provenance, "versions", "emotopy") or ""
    n_texts = lookup(result.provenance, "presets", "recommended", "input", "n_scored")
    texts = count(int(n_texts), "text") if n_texts else "Texts"
    of_data = f" of {dataset['title']}" if dataset.get("title") else ""
    summaries = summaries_of(result)
    groups = [f"{one['a']} against {one['b']}" for one in summaries]
    if len(groups) > MOST_NAMED:
        groups = [*groups[:MOST_NAMED], f"{len(groups) - MOST_NAMED} more pairs"]
    embedder = embedder_of(result)
    held = held_constant(result)
    splits = sorted({int(one["n_splits"]) for one in summaries})
    compared = f" ({listing(groups)})" if groups else ""
    embeddings = f" on the same embeddings ({embedder})" if embedder else ""
    freedman = " (Freedman and Lane 1983)" if covariates_of(result) else ""
    said = [
        f"{texts}{of_data} were compared by group{compared} with emotopy {version}, by two procedures{embeddings}.",
        THEIRS,
        f"{OURS}; held constant: {held}{freedman}.",
        *(
            [f"The data are described in {listing([SOURCES[key] for key in sources])}."]
            if (sources := _sources(result))
            else []
        ),
    ]
    if splits and splits[-1]:
        n = f"{splits[0]:,}" if len(splits) == 1 else f"{splits[0]:,} to {splits[-1]:,}"
        said.append(f"Error rates were estimated by dividing the same units at random {n} times per pair.")
    seed = result.provenance.get("seed")
    return " ".join([*said, *([] if seed is None else [f"The random seed was {seed}."])])
