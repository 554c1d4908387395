"""What a page is called, by kind of result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from emotopy.records import ALL_TEXTS, Result

KICKERS = {
    "texts": "text pathway",
    "comparison": "text pathway, comparison",
    "decoding": "brain pathway",
    "bridge": "text and brain",
    "experiment": "experiment",
}


def kicker_of(result: Result) -> str:
    """Return the line above the title: which pathway the result came from."""
    return KICKERS.get(result.kind, result.kind)


def title_of(result: Result) -> str:
    """Return the page's title where the user gave none."""
    return TITLES.get(result.kind, lambda one: f"Results: {one.kind}")(result)


def _of_texts(result: Result) -> str:
    is_compared = any(name != ALL_TEXTS for name in result.tables["regions"]["group"].unique())
    return "Emotion profiles of brain regions, by group" if is_compared else "Emotion profile of texts"


TITLES: Mapping[str, Callable[[Any], str]] = {
    "texts": _of_texts,
    "comparison": lambda _: "Groups of texts, compared by brain region",
    "bridge": lambda _: "Regions from the text of a story and from the brains of its listeners",
    "decoding": lambda one: (
        f"Emotions of {one.tables['stories']['story'].nunique()} stories, decoded from the brain"
        if "stories" in one.tables
        else "Emotions of a story, decoded from the brain"
    ),
    "experiment": lambda one: str(one.provenance.get("config", {}).get("title", "An experiment")),
}
