"""What limits every page on texts."""

from __future__ import annotations

FEW_UNITS = 10
"""With fewer units in a group, intervals and tests say little."""
WORDS = (
    "These are figures of texts. No brain was measured; going back from a region to a feeling would be a reverse "
    "inference (Poldrack 2006, Trends in Cognitive Sciences 10:59–63), and few regions serve one emotion alone. Words, "
    "and ratings of words, are proxies of felt emotion."
)
"""What holds for every page on texts."""
