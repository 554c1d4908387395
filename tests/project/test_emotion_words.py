"""The page that prints our list of emotion words says what the list says."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from emotion_words import PAGE, page


def test_the_page_prints_the_list():
    """docs/emotion-words.md is what tests/project/emotion_words.py makes of the CSV."""
    assert PAGE.read_text("utf-8") == page()
