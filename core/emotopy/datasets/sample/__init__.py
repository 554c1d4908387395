"""The samples that ship: diaries, all made up for the demonstration."""

from __future__ import annotations

from pathlib import Path


def diaries_path() -> Path:
    """Return the path of the sample diaries: CSV with ``id, writer, group, day, text``, 240 entries.

    Its two groups hardly differ in what they feel, so that it can serve as a reference.
    """
    return Path(__file__).parent / "diaries.csv"


def made_up_diaries_path() -> Path:
    """Return the path of the demo's diaries: CSV with ``id, writer, group, day, text``, 120 entries.

    Its two groups, ``worry`` and ``gratitude``, were written to differ.
    """
    return Path(__file__).parent / "made_up_diaries.csv"
