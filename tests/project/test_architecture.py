"""The page on architecture names what exists."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "architecture.md").read_text("utf-8")
NAMES = sorted(set(re.findall(r"`(emotopy(?:_plugins)?(?:\.\w+)+)`", PAGE)))


def found(name: str) -> object:
    """Import the longest module of a dotted name, then follow its attributes."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            thing = getattr(thing, part)
        return thing
    raise ModuleNotFoundError(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_on_the_page_exists(name):
    """Modules, classes, functions and methods in backquotes can be imported."""
    assert found(name) is not None


def test_the_page_names_the_walks_and_a_name_can_be_missing():
    """Both walks are there, and the check above fails for a name that doesn't exist."""
    assert {"emotopy.map_texts", "emotopy.decode", "emotopy.records.mapped.Mapped"} <= set(NAMES)
    with pytest.raises(AttributeError):
        found("emotopy.pathways.text.pathway.TextPathway.walk")
    with pytest.raises(ModuleNotFoundError):
        found("emotopy_missing.pathways")
