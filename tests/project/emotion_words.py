"""Write docs/emotion-words.md from the list of words that it prints: `python tests/project/emotion_words.py`."""

from __future__ import annotations

import csv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "plugins" / "emotopy_plugins" / "shared" / "data" / "emotion_words.csv"
PAGE = ROOT / "docs" / "emotion-words.md"

INTRODUCTION = """\
<!-- Written by tests/project/emotion_words.py from the list; change that, or the list, not this page. -->

# Emotion words of our own

The word list in the package nrclex (6,468 words) lacks "sad", "scared", "hates", "loved" and many other common emotion
words. These {n} words fill the gap, in the list's own form: each carries some of Plutchik's eight emotions and of two
polarities. The scorer `nrc` and the annotator `lexicon` add them to the list in nrclex; what that list says of its own
words stays. `--set intensity_scorer.extra_words=false` (`annotator.extra_words=false`) leaves them out; with a list of
your own they are left out unless you say `true`.

**How they were chosen.** From the words of GoEmotions' training part (two comments or more) that the list lacks, those
that plainly name or show an emotion: by our own judgement, not by how they fare in any figure. Common forms of such
words, and of words that the list has ("hate": "hates"), came along. Left out on purpose: words that mostly mean
something else ("like", "miss", "well"), swearwords that serve every emotion ("fuck"), judgements without emotion
("best", "worst"). What each word carries is our judgement, too, not taken from the list's entries for its relatives
("hate" also carries fear and sadness there). The list is ours, under this project's licence:
`plugins/emotopy_plugins/shared/data/emotion_words.csv`. What it changes: [science](science.md#intensity-nrc).

| carries | words |
|---|---|
"""


def page() -> str:
    """Return the page: words by what they carry."""
    with LIST.open(newline="", encoding="utf-8") as file:
        entries = list(csv.DictReader(file))
    groups: dict[str, list[str]] = {}
    for entry in sorted(entries, key=lambda entry: (entry["affects"], entry["word"])):
        groups.setdefault(entry["affects"], []).append(entry["word"])
    rows = [f"| {', '.join(affects.split())} | {', '.join(words)} |\n" for affects, words in groups.items()]
    return INTRODUCTION.format(n=len(entries)) + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
