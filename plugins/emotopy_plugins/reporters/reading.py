"""What every section reads of a result's provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ABOUT_WORDS = (
    "These values describe texts. No brain was measured. Concluding from a region that a feeling was "
    "present would be a reverse inference (Poldrack 2006, Trends in Cognitive Sciences 10:59–63), and "
    "few regions are specific to one emotion. Words, and ratings of words, are proxies of felt emotion."
)
"""What holds for every page on texts."""

ABOUT_EVIDENCE = (
    "The profile of a region is high if the words are closer in meaning than those of the reference "
    "texts to terms, such as fear or reward, from imaging studies that report peaks in this region."
)
"""What a profile is, where it comes from the evidence of studies."""

NO_UNIT = (
    "No unit, such as a writer, was given, so every text counts as a unit. If writers contributed "
    "several texts, p-values are too small."
)
"""What limits tests of texts whose writers aren't known."""


def about_words(stages: Any) -> list[str]:
    """Return what holds for every page on texts, given the stages that mapped them."""
    return [f"{ABOUT_EVIDENCE} {ABOUT_WORDS}" if is_evidence(stages) else ABOUT_WORDS]


def is_evidence(stages: Any) -> bool:
    """Whether regions come from the table of evidence that ships, not from a user's own or another mapper."""
    mapper = lookup(stages, "region_mapper")
    return (
        lookup(mapper, "owner") == "emotopy"
        and lookup(mapper, "use") == "evidence"
        and lookup(mapper, "options", "table") is None
    )


ABOUT_SAMPLE = (
    "The texts are the made-up sample of emotopy. Any effect in them was written into them on purpose "
    "and says nothing about people."
)
"""What holds for pages on texts that ship."""
SAMPLES = frozenset(
    {
        "3a8a432867c57ff69861fc468723bc1c959ab1242a6bc4e56c73e7f861e7018c",  # diaries.csv
        "e4022c27c4435b3ad98bf5f2bc18d92193051f820276feec5f5d7a2c3a320fcb",  # made_up_diaries.csv
    }
)
"""SHA-256 of the sample's files."""


def about_sample(source: Any) -> list[str]:
    """Return what holds for the sample's texts, given what the provenance says of the input; nothing for others."""
    return [ABOUT_SAMPLE] if lookup(source, "sha256") in SAMPLES else []


def lookup(provenance: Any, *path: str) -> Any:
    """Return what the provenance holds under a path of keys; None where it holds nothing."""
    for key in path:
        provenance = provenance.get(key) if isinstance(provenance, Mapping) else None
    return provenance


def simulation_name(value: Any) -> str:
    """Return the name of a simulation that the provenance gives, or `yes`; empty where data were measured."""
    return "" if not value else value if isinstance(value, str) else "yes"


def stage_name(stage: Any) -> str:
    """Return what a stage is called in a sentence."""
    if isinstance(stage, Mapping):
        found = next((stage[key] for key in ("use", "name", "class", "object") if key in stage), None)
        return stage_name(found) if found is not None else "an object"
    return str(stage)


def provenance_rows(value: Any, path: str = "") -> list[tuple[str, str]]:
    """Return the leaves of nested mappings as (path, value); lists of plain values stay together."""
    if isinstance(value, Mapping) and value:
        return [
            leaf
            for key, inner in value.items()
            for leaf in provenance_rows(inner, f"{path}.{key}" if path else str(key))
        ]
    if isinstance(value, (list, tuple)) and any(isinstance(item, (Mapping, list, tuple)) for item in value):
        return [leaf for i, item in enumerate(value) for leaf in provenance_rows(item, f"{path}[{i}]")]
    if isinstance(value, (list, tuple)):
        value = ", ".join(str(item) for item in value)
    return [(path, "" if value is None or value == {} else str(value))]
