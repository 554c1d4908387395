"""Cutting a story into the pieces that are rated: sliding windows, stretches between pauses, sentences, or as given.

Windows lie on multiples of the step from the narrative's zero, so that two annotations of one story share their
grid. Captions and segments of several words are spread over their span, each word in proportion to its letters, before
windows, pauses or sentences are cut; `given` takes them whole. Silent stretches become no segment:
their rating is missing, and the course of ratings holds the last value there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Literal, get_args

import attrs
import numpy as np

from emotopy.errors import ConfigError, InputError, nearest
from emotopy.records.brain import Narrative, Segments, Word
from emotopy.wording import flag

Segmentation = Literal["seconds", "pause", "sentence", "given"]

_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’»)\]]*$")
_ABBREVIATIONS = frozenset({"mr.", "mrs.", "ms.", "dr.", "st.", "prof.", "vs.", "e.g.", "i.e.", "mme.", "mlle."})
MOST_WINDOWS = 100_000
"""A film of three hours has that many windows every tenth of a second."""
_CLITIC = re.compile(r"n['’]t$|['’]\w{1,2}$")


def cut(
    narrative: Narrative,
    segmentation: Segmentation = "seconds",
    *,
    width_s: float = 8.0,
    step_s: float = 4.0,
    pause_s: float = 0.6,
) -> Segments:
    """Cut a story into segments, in order of onset.

    Parameters
    ----------
    narrative
        The story.
    segmentation
        `seconds`: windows of `width_s` every `step_s`, the last one ending where the story does; a word belongs to the
        windows that its middle lies in. `pause`: a segment ends where nobody speaks for `pause_s` or longer.
        `sentence`: the sentence tier where there is one, else a word that ends with . ! ? or … ends a segment
        (abbreviations and initials don't). `given`: every piece of the source is a segment.
    width_s, step_s, pause_s
        In seconds; more than 0.

    Raises ConfigError for a value out of range and for `sentence` where there is neither a tier nor punctuation,
    InputError for overlapping segments cut anew, and for a given segment that lasts no time and touches no other.
    """
    if segmentation not in get_args(Segmentation):
        choices = get_args(Segmentation)
        hint = nearest(str(segmentation), choices)
        raise ConfigError(f"segmentation: wanted one of {', '.join(choices)}, got {segmentation!r}.{hint}")
    for name, value in (("width", width_s), ("step", step_s), ("pause", pause_s)):
        if not 0 < value < math.inf:
            raise ConfigError(f"{name}: wanted more than 0 s, got {value!r}")
    if step_s > width_s:
        raise ConfigError(
            f"step: wanted at most the width ({width_s:g} s), got {step_s:g} s: otherwise words between "
            "windows would be lost"
        )
    if segmentation == "given":
        return _given(narrative)
    if narrative.given:
        raise InputError(
            f"{narrative.name}: its segments overlap, so dividing them again would count words twice; "
            f"use them unchanged with {flag('--segmentation', 'given')}"
        )
    words = [word for piece in narrative.words for word in spread(piece)]
    words.sort(key=lambda word: word.onset_s)  # captions of two speakers overlap
    if segmentation == "seconds":
        return _windows(words, narrative.end_s, width_s, step_s)
    if segmentation == "pause":
        return _from_runs(_between_pauses(words, pause_s))
    return _from_runs(_sentences(words, narrative))


def spread(piece: Word) -> list[Word]:
    """Cut a piece into its words, each lasting in proportion to its letters.

    >>> [(word.text, word.onset_s) for word in spread(Word("so happy", 1.0, 8.0))]
    [('so', 1.0), ('happy', 3.0)]
    """
    parts = piece.text.split()
    ends = np.cumsum([len(part) for part in parts]) / sum(map(len, parts))
    times = [piece.onset_s, *(piece.onset_s + piece.duration_s * ends[:-1]).tolist(), piece.offset_s]
    return [Word(part, times[i], times[i + 1], piece.speaker) for i, part in enumerate(parts)]


def join_words(words: Iterable[Word]) -> str:
    """Return words as text; what an aligner has cut off ("'s", "n't") goes back to its word.

    >>> join_words([Word("Alice", 0, 1), Word("'s", 1, 2), Word("sister", 2, 3)])
    "Alice's sister"
    """
    text = ""
    for word in words:
        text += word.text if not text or _CLITIC.fullmatch(word.text) else f" {word.text}"
    return text


def _windows(words: Sequence[Word], end_s: float, width_s: float, step_s: float) -> Segments:
    if not words:
        return Segments((), np.zeros(0), np.zeros(0))
    middles = np.array([(word.onset_s + word.offset_s) / 2 for word in words])
    order = np.argsort(middles, kind="stable")
    middles = middles[order]
    first = math.floor(words[0].onset_s / step_s)
    # the last window is the first to reach the end: a later one would hold nothing new
    last = max(first, math.ceil((end_s - width_s) / step_s - 1e-9))
    if last - first > MOST_WINDOWS:
        raise ConfigError(
            f"step: wanted up to {MOST_WINDOWS:,} windows, got {last - first:,}, every {step_s:g} s "
            f"over {end_s:g} s; use a larger {flag('--step')}, or check the times of the story",
            path="step",
            wanted=f"up to {MOST_WINDOWS:,} windows",
            got=step_s,
        )
    onset = np.arange(first, last + 1) * step_s
    begin = np.searchsorted(middles, onset)
    until = np.searchsorted(middles, onset + width_s)
    spoken = np.flatnonzero(until > begin)
    # words are joined in the order of the story, not of their middles
    runs = [[words[i] for i in sorted(order[begin[k] : until[k]])] for k in spoken]
    duration = np.minimum(onset + width_s, max(end_s, words[-1].offset_s)) - onset
    n_silent = len(onset) - len(spoken)
    return Segments(tuple(map(join_words, runs)), onset[spoken], duration[spoken], n_silent, speakers=_speakers(runs))


def _between_pauses(words: Sequence[Word], pause_s: float) -> list[list[Word]]:
    runs: list[list[Word]] = []
    spoken_until = -math.inf
    for word in words:
        if word.onset_s - spoken_until >= pause_s - 1e-9:
            runs.append([])
        runs[-1].append(word)
        spoken_until = max(spoken_until, word.offset_s)
    return runs


def _sentences(words: Sequence[Word], narrative: Narrative) -> list[list[Word]]:
    if narrative.sentences:
        begins = np.array([sentence.onset_s for sentence in narrative.sentences])
        ends = [sentence.offset_s for sentence in narrative.sentences]
        runs: list[list[Word]] = [[] for _ in begins]
        for word in words:
            middle = (word.onset_s + word.offset_s) / 2
            number = int(np.searchsorted(begins, middle, side="right")) - 1
            if number >= 0 and middle < ends[number]:
                runs[number].append(word)
        return [run for run in runs if run]
    if not any(_ends_sentence(word.text) for word in words):
        raise ConfigError(
            f"segmentation: {narrative.name or 'the story'} has neither a sentence tier nor "
            f"punctuation, so sentences can't be found; use {flag('--segmentation', 'pause')} or seconds"
        )
    runs = [[]]
    for word in words:
        runs[-1].append(word)
        if _ends_sentence(word.text):
            runs.append([])
    return [run for run in runs if run]


def _ends_sentence(word: str) -> bool:
    if not _SENTENCE_END.search(word):
        return False
    bare = word.strip("\"'”’»)]([“‘«").lower()
    return bare not in _ABBREVIATIONS and not re.fullmatch(r"[a-hj-z]\.", bare)


def _given(narrative: Narrative) -> Segments:
    """Make a segment of each piece. One that lasts no time belongs to the piece that it touches, the one before first.

    Raises InputError for one that touches none: a rating needs a span.
    """
    runs: list[list[Word]] = []
    waiting: list[Word] = []
    for number, piece in enumerate(narrative.words, start=1):
        touched = runs[-1][-1].offset_s if runs else -math.inf
        after = narrative.words[number] if number < len(narrative.words) else None
        if piece.duration_s > 0:
            runs.append([*waiting, piece])
            waiting = []
        elif runs and not waiting and touched >= piece.onset_s - 1e-9:
            runs[-1].append(attrs.evolve(piece, onset_s=touched, offset_s=touched))
        elif after is not None and after.onset_s <= piece.onset_s + 1e-9:
            waiting.append(piece)
        else:
            raise InputError(
                f"{narrative.name}: segment {number}, at {piece.onset_s:g} s, has no duration; give it one",
                file=narrative.name,
                wanted="a segment that lasts",
                got=f"segment {number}, which has no duration",
                advice="give it a duration",
            )
    return Segments(
        tuple(" ".join(piece.text for piece in run) for run in runs),
        np.array([run[0].onset_s for run in runs]),
        np.array([max(piece.offset_s for piece in run) - run[0].onset_s for run in runs]),
        speakers=_speakers(runs),
    )


def _from_runs(runs: Sequence[Sequence[Word]]) -> Segments:
    """Make a segment of each run of words; one whose words take no time is joined to the run before it."""
    kept: list[list[Word]] = []
    for run in runs:
        if kept and max(word.offset_s for word in run) <= run[0].onset_s:
            kept[-1].extend(run)
        else:
            kept.append(list(run))
    onset = np.array([run[0].onset_s for run in kept])
    until = np.array([max(word.offset_s for word in run) for run in kept])
    return Segments(tuple(join_words(run) for run in kept), onset, until - onset, speakers=_speakers(kept))


def _speakers(runs: Sequence[Sequence[Word]]) -> tuple[tuple[str, ...], ...]:
    """Return who speaks in each run of words; nothing where the story names nobody."""
    found = tuple(tuple(dict.fromkeys(word.speaker for word in run if word.speaker)) for run in runs)
    return found if any(found) else ()
