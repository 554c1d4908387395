"""Stories from captions, SubRip (.srt) and WebVTT (.vtt). A caption is a piece of the story; markup is dropped.

Names of speakers are no words; sounds in brackets, notes of music and what captions only show again are left out and
counted. Captions of two speakers may overlap, and files are sometimes out of order: captions are sorted by onset, and a
note says how many overlap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from unicodedata import category

import attrs

from emotopy.errors import InputError
from emotopy.readers.caption_files import Caption, Captions, bracketed_captions, read_captions
from emotopy.readers.caption_repeats import without_repeats
from emotopy.readers.nonspeech import LONGEST_SOUND, LeftOut, is_sound, numbered_speaker, words_and_labels
from emotopy.readers.speakers import Spoken, is_like_a_name, label_and_words, spoken
from emotopy.readers.timed_pieces import Piece, in_order, overlap
from emotopy.records.brain import Narrative
from emotopy.wording import flag

MOST_CAPITALS = 0.5
"""From which part of its captions on a file is written in capitals, so that capitals make no name."""


def read_subrip(content: str, name: str, text: str | None = None) -> Narrative:
    """Make a narrative of a SubRip file; raises InputError that names the line where it can't be read."""
    _no_column(text, name)
    return _narrative(read_captions(content, name, is_webvtt=False), name)


def read_webvtt(content: str, name: str, text: str | None = None) -> Narrative:
    """Make a narrative of a WebVTT file; raises InputError that names the line where it can't be read."""
    _no_column(text, name)
    return _narrative(read_captions(content, name, is_webvtt=True), name)


def read_bracketed(content: str, name: str, text: str | None = None) -> Narrative:
    """Make a narrative of lines with times in brackets, `[00:00.000 --> 00:06.140] …`, as whisper prints them.

    Raises InputError where the first line has none.
    """
    _no_column(text, name)
    found = bracketed_captions(content)
    if found is None:
        raise InputError.at(name, line=1, wanted="[00:00.000 --> 00:06.140], then a text", got="another line")
    return _narrative(found, name)


def _narrative(found: Captions, name: str) -> Narrative:
    read = without_repeats(found, name)
    notes = list(read.notes)
    voices = [[list(spoken(part)) for part in caption.parts or (caption,)] for caption in read.captions]
    names = _names([one.text for parts in voices for said in parts for one in said if one.speaker is None])
    left_out = LeftOut()
    pieces: list[Piece] = []
    for caption, parts in zip(read.captions, voices, strict=True):
        speaker = ""  # who says the first of a caption's marked words says the others
        for part, said in zip(caption.parts or (caption,), parts, strict=True):
            for piece in _pieces(part, said, names, left_out):
                speaker = piece.speaker or (speaker if caption.parts else "")
                pieces.append(attrs.evolve(piece, speaker=speaker))
    n_named = sum(bool(piece.speaker) for piece in pieces)
    if n_named:
        n_speakers = len({piece.speaker for piece in pieces if piece.speaker})
        who = "1 speaker" if n_speakers == 1 else f"{n_speakers:,} speakers"
        named = "1 caption names" if n_named == 1 else f"{n_named:,} captions name"
        notes.append(f"{name}: {named} who speaks ({who}); names were left out of the words of the story.")
    ordered = sorted(pieces, key=lambda piece: piece.onset_s)  # stable
    if ordered != pieces:
        notes.append(f"{name}: captions are out of order; they were sorted by onset.")
    n_overlaps = sum(overlap(before, after) for before, after in pairwise(ordered))
    if n_overlaps:
        notes.append(f"{name}: {n_overlaps} of {len(ordered)} captions start before the previous one has ended.")
    n_momentary = sum(piece.offset_s == piece.onset_s for piece in ordered)
    if n_momentary:
        lasts = (
            "1 caption has no duration; its text was"
            if n_momentary == 1
            else (f"{n_momentary:,} captions have no duration; their texts were")
        )
        notes.append(f"{name}: {lasts} kept.")
    words = in_order(ordered, name, may_overlap=True)
    end_s = max((caption.offset_s for caption in found.captions), default=0.0)
    return Narrative(words, end_s, end_s, name=name, notes=(*notes, *left_out.notes(name)))


def _pieces(caption: Caption, said: Sequence[Spoken], names: frozenset[str], left_out: LeftOut) -> Iterator[Piece]:
    """Yield what each voice says in a caption; voices share its time in proportion to their letters."""
    parts = []
    for one in said:
        speaker, text = _who(one, names)
        if is_sound(text) and len(text.split()) <= LONGEST_SOUND and "♪" not in text and "♫" not in text:
            left_out.add([text])
            continue
        text, labels = words_and_labels(text)
        left_out.add(labels)
        if text and all(category(sign)[0] in "PZ" for sign in text):
            left_out.add([text])  # dots, dashes: nothing is said
        elif text:
            parts.append((speaker, text))
    n_letters = sum(len(text) for _, text in parts)
    before, span_s = 0, caption.offset_s - caption.onset_s
    for speaker, text in parts:
        onset_s = caption.onset_s + span_s * before / n_letters
        before += len(text)
        offset_s = caption.offset_s if before == n_letters else caption.onset_s + span_s * before / n_letters
        yield Piece(text, onset_s, offset_s, f"line {caption.line}", speaker)


def _names(texts: Sequence[str]) -> frozenset[str]:
    """Return the names before colons that are speakers.

    In a story a colon mostly stands in a sentence. A name is one in capitals, unless all is; one that comes again and
    looks like a name; or any such, where every caption has one.
    """
    labels = Counter(found[0] for text in texts if (found := label_and_words(text)) is not None)
    if sum(labels.values()) == len(texts) > 1 and all(map(is_like_a_name, labels)):
        return frozenset(labels)
    in_capitals = sum(text.isupper() for text in texts) > MOST_CAPITALS * len(texts)
    return frozenset(
        label
        for label, n in labels.items()
        if (label.isupper() and not in_capitals) or (n > 1 and is_like_a_name(label))
    )


def _who(one: Spoken, names: frozenset[str]) -> tuple[str, str]:
    if one.speaker is not None:
        return one.speaker, one.text
    label = label_and_words(one.text)
    if label is not None and label[0] in names:
        return label
    return numbered_speaker(one.text)


def _no_column(text: str | None, name: str) -> None:
    if text is not None:
        raise InputError(f"{name}: captions have no columns or tiers; leave out {flag('--text', text)}", file=name)
