"""Captions that repeat what the ones before them showed: each word of the story is read once.

Programs write such captions for the screen. A program that marks each word as it is said shows the sentence once a
word, the word underlined (whisper, stable-ts): the words get their own times. Rolling captions show the line before
again, above the new one, or grow word by word (automatic captions of YouTube). Whether captions roll is decided for a
file, not for a caption: people repeat themselves, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import attrs

from emotopy.readers.caption_files import Caption, Captions, plain

LONGEST_GAP_S = 2.0
"""Captions further apart don't continue each other."""
MOST_LINES = 8
"""How many lines of a caption are looked for in the next: none shows more."""
ROLLING = 0.5
"""From which part of neighbours that repeat on, captions roll."""
DOUBTFUL = 0.2
"""From which part on it is told that captions repeat, though they don't roll."""

_MARKED = re.compile(r"<(u|b|font|c)(?:[ .][^<>]*)?>([^<>]*)</\1>")
_INLINE_TIME = re.compile(r"<\d\d:\d\d[^<>]*>")


def without_repeats(found: Captions, name: str) -> Captions:
    """Return captions with each word once; notes say what was taken out, or that it could not be decided."""
    captions, n_words = _marked_words_once(found.captions)
    notes = list(found.notes)
    if n_words:
        notes.append(
            f"{name}: captions repeat each sentence with one word marked at a time; {n_words:,} words "
            "were read once, with their own times."
        )
    captions, told = _without_rolling(captions, name)
    return Captions(captions, (*notes, *told))


def _marked_words_once(captions: Sequence[Caption]) -> tuple[tuple[Caption, ...], int]:
    """Join runs of captions that show one text and mark one word after the other; count the words."""
    made: list[Caption] = []
    n_words = 0
    run: list[tuple[Caption, int, int]] = []  # with the places where the marked word begins and ends in the plain text
    text = ""

    def close() -> None:
        nonlocal n_words
        marked = [one for one in run if one[2]]
        if len(marked) > 1:
            parts = _parts(text, marked)
            n_words += len(parts)
            first, last = run[0][0], run[-1][0]
            made.append(Caption(text, first.onset_s, max(first.onset_s, last.offset_s), first.line, parts))
        else:
            made.extend(one for one, _, _ in run)
        run.clear()

    for caption in captions:
        shown = plain(caption.text)
        start, end = _marked(caption.text)
        is_next = (
            bool(run)
            and shown == text
            and caption.onset_s - run[-1][0].offset_s <= LONGEST_GAP_S
            and (not end or start >= max(one[2] for one in run))
            and (end or any(one[2] for one in run))
        )
        if not is_next:
            close()
            text = shown
        run.append((caption, start, end))
    close()
    return tuple(made), n_words


def _marked(caption: str) -> tuple[int, int]:
    """Return from where to where in a caption's plain text the one marked word stands; zeros where none or several."""
    found = list(_MARKED.finditer(caption))
    if len(found) != 1 or not plain(found[0][2]) or _INLINE_TIME.search(caption):
        return 0, 0
    before, shown = plain(caption[: found[0].start()]), plain(caption)
    end = len(plain(caption[: found[0].end()]))
    start = len(before) + (shown[len(before) : len(before) + 1] == " ")
    while end < len(shown) and not shown[end].isalnum() and shown[end] != " ":
        end += 1  # punctuation stands with its word
    return start, end


def _parts(text: str, marked: Sequence[tuple[Caption, int, int]]) -> tuple[Caption, ...]:
    """Return the words with their times; what is never marked goes with the word after it, at the end before it."""
    ends = [end for _, _, end in marked[:-1]] + [len(text)]
    starts = [0, *ends[:-1]]
    return tuple(
        Caption(text[start:end].strip(), caption.onset_s, caption.offset_s, caption.line)
        for (caption, _, _), start, end in zip(marked, starts, ends, strict=True)
    )


def _without_rolling(captions: Sequence[Caption], name: str) -> tuple[tuple[Caption, ...], tuple[str, ...]]:
    """Take out of each caption what the one before it shows, if the file's captions roll."""
    shown = [_Shown.of(caption) for caption in captions]
    repeated = [*[0] * bool(shown), *(_n_repeated(before, after) for before, after in pairwise(shown))]
    n_whole = sum(0 < n == len(one.words) for n, one in zip(repeated, shown, strict=True))
    n_partly = sum(0 < n < len(one.words) for n, one in zip(repeated, shown, strict=True))
    n_pairs = max(1, len(captions) - 1)
    has_inline_times = any(_INLINE_TIME.search(caption.text) for caption in captions)
    if n_partly >= (1 if has_inline_times else 2) and n_whole + n_partly >= ROLLING * n_pairs:
        kept = []
        for caption, one, n in zip(captions, shown, repeated, strict=True):
            if n == 0:
                kept.append(caption)
            elif n < len(one.words):
                kept.append(attrs.evolve(caption, text=one.without(n), parts=()))
        note = (
            f"{name}: {n_whole + n_partly:,} of {len(captions):,} captions repeat lines of the previous "
            "caption (rolling captions); every line was read once."
        )
        return tuple(kept), (note,)
    if n_whole + n_partly >= max(3, DOUBTFUL * n_pairs):
        note = (
            f"{name}: {n_whole + n_partly:,} of {len(captions):,} captions repeat the previous one and "
            "were read as repeated speech. If they aren't repeated speech, remove the repetitions."
        )
        return tuple(captions), (note,)
    return tuple(captions), ()


@attrs.frozen
class _Shown:
    """The words that a caption shows, how many of them stand in its first lines, and when."""

    words: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    onset_s: float
    offset_s: float

    @classmethod
    def of(cls, caption: Caption) -> _Shown:
        lines = tuple(tuple(words) for line in caption.text.split("\n") if (words := plain(line).split()))
        return cls(tuple(word for line in lines for word in line), lines, caption.onset_s, caption.offset_s)

    def without(self, n_words: int) -> str:
        """Return the lines without the first words."""
        kept = []
        for line in self.lines:
            if n_words < len(line):
                kept.append(" ".join(line[n_words:]))
            n_words = max(0, n_words - len(line))
        return "\n".join(kept)


def _n_repeated(before: _Shown, after: _Shown) -> int:
    """Return how many words at the beginning of a caption the one before it ended with, in whole lines."""
    if not before.words or not after.words or after.onset_s - before.offset_s > LONGEST_GAP_S:
        return 0
    lines = before.lines[-MOST_LINES:]
    for first in range(len(lines)):
        tail = tuple(word for line in lines[first:] for word in line)
        if after.words[: len(tail)] == tail:
            return len(tail)
        if after.lines and len(after.words) < len(tail) and lines[first : first + len(after.lines)] == after.lines:
            return len(after.words)
    return 0
