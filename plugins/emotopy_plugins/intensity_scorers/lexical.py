"""Offers `lexical`: the additive keyword score of arXiv 2508.09337, as published."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from emotopy.hookspecs import hookimpl
from emotopy.roles import Factory, IntensityScorer


def lexical(tiers: Path | None = None) -> IntensityScorer:
    """Score texts by emotion keywords, intensifiers and punctuation, from 0.1 to 2.0.

    Parameters
    ----------
    tiers : Path or None
        Your own keywords: CSV with the columns ``keyword,emotion,tier``, tier extreme, very, plain or mild; None
        takes ours.

    Raises
    ------
    InputError
        For a file that can't be read; it names the line.
    """
    from emotopy_plugins.intensity_scorers.lexical_scorer import BUNDLED_TIERS, LexicalScorer, read_tiers

    return LexicalScorer(read_tiers(BUNDLED_TIERS if tiers is None else Path(tiers)))


@hookimpl
def register_intensity_scorers() -> Mapping[str, Factory[IntensityScorer]]:
    """Offer `lexical`."""
    return {"lexical": lexical}
