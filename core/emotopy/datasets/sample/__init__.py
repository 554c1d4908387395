"""The samples that ship: diaries, all made up for the demonstration."""

from __future__ import annotations

from pathlib import Path


def diaries_path() -> Path:
    """Return the path of the sample diaries, which are made up.

    Their two groups hardly differ in the emotions they describe, so that they can serve as a reference.

    Returns
    -------
    Path
        A CSV table of 240 entries: ``id, writer, group, day, text``.

    Examples
    --------
    >>> from emotopy.readers import read_table
    >>> len(read_table(diaries_path()))
    240
    """
    return Path(__file__).parent / "diaries.csv"


def made_up_diaries_path() -> Path:
    """Return the path of the diaries of `emotopy demo`, which are made up.

    Their two groups, ``worry`` and ``gratitude``, were written to differ.

    Returns
    -------
    Path
        A CSV table of 120 entries: ``id, writer, group, day, text``.

    Examples
    --------
    >>> from emotopy.readers import read_table
    >>> sorted(read_table(made_up_diaries_path())["group"].unique())
    ['gratitude', 'worry']
    """
    return Path(__file__).parent / "made_up_diaries.csv"
