"""The sample that ships: diaries of 24 writers, all made up for the demonstration."""

from __future__ import annotations

from pathlib import Path


def diaries_path() -> Path:
    """Return the path of the sample diaries: CSV with ``id, writer, group, day, text``, 240 entries."""
    return Path(__file__).parent / "diaries.csv"
