"""What limits a result, in sentences for the top of the page, and the facts beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from emotopy.records import RegionResult, Result
from emotopy_plugins.reporters import of_bridge, of_comparison, of_decoding, of_experiment
from emotopy_plugins.reporters.formatting import count, listing, percent
from emotopy_plugins.reporters.reading import about_sample, about_words, lookup, simulation_name

FEW_UNITS = 10
"""With fewer units in a group, intervals and tests say little."""
FEW_WORDS = 5
"""Texts with fewer words say little of any region."""
THIN_COVERAGE = 0.1
"""Below this mean share of known words, scores of emotion words are weak."""
MOST_NAMED = 4
UNKNOWN = "unknown"
"""What stands in the table for a language that wasn't recognised."""
RARE = 0.005
"""Languages of a smaller share of texts aren't named: guesses on single texts err."""


def limits_of(result: Result) -> list[str]:
    """Return what limits a result."""
    return LIMITS.get(result.kind, lambda _: [])(result)


def facts_of(result: Result) -> list[tuple[str, str]]:
    """Return what was analysed, and by what, as (name, value)."""
    return FACTS.get(result.kind, lambda one: [("Kind", one.kind)])(result)


def simulation_of(result: Result) -> str:
    """Return the name of the simulation that brain data came from, or `yes`; empty where they were measured."""
    path = {"bridge": ("input", "brain", "input", "simulated")}.get(result.kind, ("input", "simulated"))
    return simulation_name(lookup(result.provenance, *path))


def _of_texts(result: RegionResult) -> list[str]:
    from emotopy_plugins.reporters.sections.texts import shown_columns

    texts = shown_columns(result)
    scored = texts[texts["status"] == "scored"]
    said = [
        *about_sample(lookup(result.provenance, "input")),
        *about_words(lookup(result.provenance, "stages")),
    ]
    set_aside = len(texts) - len(scored)
    if set_aside:
        said.append(f"{count(set_aside, 'row')} of {len(texts):,} weren’t mapped (see the table of facts).")
    if not len(scored):
        return said
    if "n_words" in scored:
        words = scored["n_words"].to_numpy(dtype=np.float64)
        short = float((words < FEW_WORDS).mean())
        median = f"The median text has {count(int(np.median(words)), 'word')}"
        said.append(f"{median}; {percent(short)} have fewer than {FEW_WORDS}." if short else f"{median}.")
    coverage = float(scored["coverage"].mean()) if "coverage" in scored else np.nan
    if coverage < THIN_COVERAGE:
        said.append(
            f"Coverage is low: the scorer of emotion words knows {percent(coverage)} of the words of a text on average."
        )
    if "language" in scored:
        said += _languages(scored["language"])
    said += _few_units(scored)
    return said


def _languages(of_texts: Any) -> list[str]:
    """Say which languages texts are in, where there are several, and of how many none is known."""
    counts = of_texts.value_counts()
    n = len(of_texts)
    unknown = int(counts.get(UNKNOWN, 0)) + int(of_texts.isna().sum())
    known = {name: k for name, k in counts.items() if name != UNKNOWN and k >= RARE * n}
    said = []
    if len(known) > 1:
        shares = listing(f"{name} {percent(k / n)}" for name, k in list(known.items())[:MOST_NAMED])
        said.append(f"Texts are in {count(len(known), 'language')}: {shares}.")
    if unknown > RARE * n:
        said.append(f"No language was detected in {percent(unknown / n)} of texts, most of them short.")
    return said


def _few_units(scored: Any) -> list[str]:
    """Say which groups have few units, or that none were given."""
    if not scored["unit"].notna().any():
        said = (
            "No unit, such as a writer, was given, so every text counts as a unit, and intervals are too narrow where"
        )
        return [f"{said} writers gave several."]
    n_units = scored.groupby("group", dropna=True)["unit"].nunique()
    few = [f"{name} ({n})" for name, n in n_units.items() if n < FEW_UNITS]
    if not few:
        return []
    named = few if len(few) <= MOST_NAMED else [*few[:MOST_NAMED], f"{len(few) - MOST_NAMED} more"]
    return [f"Intervals are wide because there are few units: {listing(named)}."]


def _facts_of_texts(result: RegionResult) -> list[tuple[str, str]]:
    from emotopy_plugins.reporters.sections.texts import facts_of_texts

    return facts_of_texts(result)


LIMITS: Mapping[str, Callable[[Any], list[str]]] = {
    "texts": _of_texts,
    "decoding": of_decoding.limits,
    "bridge": of_bridge.limits,
    "comparison": of_comparison.limits,
    "experiment": of_experiment.limits,
}
FACTS: Mapping[str, Callable[[Any], list[tuple[str, str]]]] = {
    "texts": _facts_of_texts,
    "decoding": of_decoding.facts,
    "bridge": of_bridge.facts,
    "comparison": of_comparison.facts,
    "experiment": of_experiment.facts,
}
