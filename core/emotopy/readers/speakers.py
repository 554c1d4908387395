"""Who speaks in captions: voices of WebVTT, names before a colon, and signs that somebody else speaks.

A name is no word of what was said. A colon within a sentence makes no speaker.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from emotopy.readers.caption_files import Caption, plain
from emotopy.records.reprs import measured

MOST_WORDS = 4
"""A name has no more."""
NAME = r"(?P<name>[^\W_][^\n:：;,!?\"“”()\[\]<>]{0,39}?)"
COLON = r"(?::(?:\s+|$)|：\s*)"
"""A colon behind a name; the wide one of Chinese and Japanese has no blank behind it."""
_LABEL = re.compile(rf"\s*{NAME}(?:\s*[\[(][^\[\]()\n]{{0,40}}[\])])?\s*{COLON}")
"""A name before a colon, perhaps with how it is said: `ANNA (on the phone): hello`."""
_CHANGE = re.compile(r"\s*(?:>>+|[-–—](?!\d))\s*")
"""Signs in captions that somebody else speaks."""
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s+([^<>]*)>")


@attrs.frozen
class Spoken:
    """What one voice says in a caption: who, None where the caption doesn't say; whether a sign says: somebody else."""

    text: str = attrs.field(repr=measured)
    speaker: str | None = None
    is_change: bool = False


def spoken(caption: Caption) -> Iterator[Spoken]:
    """Cut a caption where a voice begins, or where a line starts with a sign that somebody else speaks."""
    voices = _VOICE.split(caption.text)
    if len(voices) > 1:
        for place in range(0, len(voices), 2):
            speaker = plain(voices[place - 1]) if place else None
            if plain(voices[place]):
                yield Spoken(plain(voices[place]), speaker or None)
        return
    lines = [line for line in map(plain, caption.text.split("\n")) if line]
    n_changes = sum(_CHANGE.match(line) is not None for line in lines)
    is_cut = n_changes > 1 or any(line.startswith(">>") for line in lines)
    if not is_cut:
        text = plain(caption.text)
        change = _CHANGE.match(text) if n_changes else None
        yield Spoken(text[change.end() :] if change else text, is_change=change is not None)
        return
    parts: list[tuple[bool, list[str]]] = []
    for line in lines:
        change = _CHANGE.match(line)
        if change or not parts:
            parts.append((change is not None, [line[change.end() :] if change else line]))
        else:
            parts[-1][1].append(line)
    for is_change, words in parts:
        yield Spoken(" ".join(words), is_change=is_change)


def label_and_words(text: str) -> tuple[str, str] | None:
    """Return what stands before a colon, if it has the form of a name, and the rest; None where nothing does.

    >>> label_and_words("Anna Smith: Hi: all."), label_and_words("So, well: no")
    (('Anna Smith', 'Hi: all.'), None)
    """
    match = _LABEL.match(text)
    if match is None or len(match["name"].split()) > MOST_WORDS:
        return None
    return match["name"].strip(), text[match.end() :]


def may_name_a_speaker(text: str) -> bool:
    """Whether a text begins with what may be a name before a colon, in any script.

    >>> may_name_a_speaker("O'Brien: hi."), may_name_a_speaker("旁白：我们"), may_name_a_speaker("I said: no")
    (True, True, False)
    """
    found = label_and_words(text)
    return found is not None and is_like_a_name(found[0])


def is_like_a_name(label: str) -> bool:
    """Whether every word begins with a capital, a figure, or a letter of a script without capitals.

    >>> is_like_a_name("Dr. Anna Smith"), is_like_a_name("旁白"), is_like_a_name("I said")
    (True, True, False)
    """
    return all(not word[0].islower() and (word[0].isalnum() or word[0] in "+#") for word in label.split())
