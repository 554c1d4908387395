"""Names masked: a model that knows the story by heart shall rate the words, not its memory of the book.

A name is a word that starts with a capital and goes on in lower case, stands at least once inside a sentence (not at
the beginning of a segment or after . ! ? … : or a quote), and never stands in lower case anywhere in the story. "I" and
its forms are none. So proper nouns of every kind go (Alice, London, Monday), and a name that is also a common word
("White", where something white occurs) stays; `names` adds those.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_WORD = re.compile(r"[^\W\d_]+")
_SENTENCE_BEGINS = re.compile(r"(?:^\s*|[.!?…:][\"'”’»)\]]*\s+|[\"“«‘(\[]\s*|(?<!\w)'\s*)$")

_REACH = 12
"""How many characters before a word are looked at: a full stop, quotes, blanks."""


def find_names(segments: Sequence[str]) -> list[str]:
    """Return the names in the segments, in order of appearance.

    >>> find_names(["Then Alice saw a White Rabbit", "the white thing was London. Soon Dinah came"])
    ['Alice', 'Rabbit', 'London', 'Dinah']
    """
    lower: set[str] = set()
    inside: dict[str, None] = {}
    for segment in segments:
        for match in _WORD.finditer(segment):
            word = match.group()
            if word.islower():
                lower.add(word)
            elif len(word) > 1 and word.istitle() and not _begins_sentence(segment, match.start()):
                inside[word] = None
    return [name for name in inside if name.lower() not in lower]


def mask(segments: Sequence[str], names: Sequence[str] = ()) -> list[str]:
    """Return the segments with every name replaced by Name1, Name2, ..., the same name always by the same.

    `names` are masked beside those found, the longest first.

    >>> mask(["so Alice's cat", "Alice and the White Rabbit"], ["White Rabbit"])
    ["so Name1's cat", 'Name1 and the Name2']
    """
    wanted = dict.fromkeys([*names, *find_names(segments)])
    if not wanted:
        return list(segments)
    longest_first = sorted(wanted, key=lambda name: (-len(name), name))
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")
    number: dict[str, int] = {}

    def placeholder(match: re.Match[str]) -> str:
        return f"Name{number.setdefault(match.group(), len(number) + 1)}"

    return [pattern.sub(placeholder, segment) for segment in segments]


def _begins_sentence(segment: str, at: int) -> bool:
    return bool(_SENTENCE_BEGINS.search(segment, max(0, at - _REACH), at))
