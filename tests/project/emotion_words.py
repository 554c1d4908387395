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

This page lists {n} emotion words that emotopy adds to the NRC word list, and how they were chosen. It is for readers
who check or replace the word list behind the intensity scores.

The word list in the package nrclex (6,468 words) lacks "sad", "scared", "hates", "loved" and many other common
emotion words. The added words have the same form as the list: each word is assigned some of Plutchik's eight emotions
and of two polarities. The scorer `nrc` and the annotator `lexicon` add them to the list in nrclex, and the entries of
that list don't change. To leave them out, use `--set intensity_scorer.extra_words=false`
(`annotator.extra_words=false`). With your own list they are left out unless you set `true`.

**How they were chosen.** The candidates were the words of GoEmotions' training part (in at least two comments) that
the list lacks. We chose those that plainly name or show an emotion, by our own judgement and not by their effect on
any figure. We added common forms of such words, and of words in the list ("hate": "hates"). Deliberately left out are
words that mostly mean something else ("like", "miss", "well"), swearwords that go with every emotion ("fuck"), and
judgements without emotion ("best", "worst"). The emotions of each word are our judgement, too. They weren't taken
from the list's entries for related words (there, "hate" also carries fear and sadness).

The words are ours and have the licence of this project: `plugins/emotopy_plugins/shared/data/emotion_words.csv`.
[The evidence](evidence-text.md#intensity-of-emotion-words) has the effect on the scores.

| emotions and polarities | words |
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
