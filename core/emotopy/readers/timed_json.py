"""JSON of programs that transcribe or align: whisper, WhisperX, whisper.cpp, Gentle, aeneas, the Montreal aligner.

Where segments hold words with times, the words are the story; else the segments are. Words that a program could not
place in time are left out and counted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from emotopy.errors import InputError
from emotopy.readers.cell_values import described
from emotopy.readers.column_names import TimeUnit
from emotopy.readers.nonspeech import LeftOut, words_of_a_label
from emotopy.readers.numeric_columns import PER_SECOND, as_number
from emotopy.readers.textgrids import WORD_TIERS
from emotopy.readers.timed_pieces import Piece, doubt_of_seconds, in_order, slowness
from emotopy.records.brain import Narrative
from emotopy.wording import flag

FORMS = (
    "JSON of whisper, WhisperX, whisper.cpp, Transformers, Gentle, aeneas or MFA: segments, words, chunks, fragments, "
    "tiers"
)
TEXTS = ("word", "text", "lines")
STARTS, ENDS, DURATIONS = ("start", "begin"), ("end", "stop"), ("duration", "dur")


def read_timed_json(
    content: str, name: str, text: str | None = None, *, time_unit: TimeUnit | None = None
) -> Narrative:
    """Make a narrative of a program's JSON; raises InputError that says which entry can't be read.

    Times are seconds, or what `time_unit` says; those of whisper.cpp are milliseconds. Times that can't be seconds, as
    other services write milliseconds, are an error.
    """
    if text is not None:
        raise InputError(f"{name}: JSON has no columns or tiers; leave out {flag('--text', text)}", file=name)
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise _error(name, "JSON", "something else") from None
    entries, own_per_second = _entries(found, name)
    if own_per_second is not None and time_unit is not None:
        raise InputError.at(
            name, wanted="no unit of time, because the format defines it", got=f"{flag('--time-unit', time_unit)}"
        )
    per_second = own_per_second or PER_SECOND[time_unit or "s"]
    pieces, left_out, n_untimed = [], LeftOut(), 0
    for number, entry in enumerate(entries, start=1):
        label = _text(entry, name, number)
        onset_s, offset_s = (_seconds(entry, keys, per_second, name, number) for keys in (STARTS, ENDS))
        if onset_s is not None and offset_s is None:
            lasts_s = _seconds(entry, DURATIONS, per_second, name, number)
            offset_s = None if lasts_s is None else onset_s + lasts_s
        if onset_s is None or offset_s is None:
            n_untimed += bool(label)
            continue
        said, more = words_of_a_label(label, is_word=len(label.split()) <= 1, by_aligner=False)
        left_out.add(more)
        if said:
            speaker = entry.get("speaker")
            pieces.append(Piece(said, onset_s, offset_s, f"entry {number}", str(speaker) if speaker else ""))
    notes = []
    if n_untimed:
        entries_have = "1 entry has" if n_untimed == 1 else f"{n_untimed:,} entries have"
        notes.append(f"{name}: {entries_have} words but no times; left out.")
    words = in_order(pieces, name, may_overlap=True)
    end_s = max((piece.offset_s for piece in pieces), default=0.0)
    if words and own_per_second is None and time_unit is None:
        n_words = sum(len(piece.text.split()) for piece in pieces)
        spoken_s = sum(piece.offset_s - piece.onset_s for piece in pieces)
        doubt = doubt_of_seconds(name, n_words, spoken_s, end_s - pieces[0].onset_s)
        if doubt is not None:
            raise doubt
        notes += slowness(name, n_words, spoken_s)
    return Narrative(words, end_s, end_s, name=name, notes=(*notes, *left_out.notes(name)))


def _entries(found: Any, name: str) -> tuple[list[Mapping[str, Any]], int | None]:
    """Return the words, or else the segments, and how many of their units of time a second has, if the form says it."""
    per_second = None
    if isinstance(found, list):
        entries = found
    elif isinstance(found, dict) and isinstance(found.get("transcription"), list):  # whisper.cpp: milliseconds
        entries, per_second = [_flat(one) for one in found["transcription"]], 1000
    elif isinstance(found, dict) and isinstance(found.get("tiers"), dict):
        entries = _tier(found["tiers"], name)
    elif isinstance(found, dict):
        entries = next(
            (found[key] for key in ("segments", "words", "fragments", "chunks") if isinstance(found.get(key), list)), []
        )
        entries = [_spanned(one) for one in entries]
    else:
        entries = []
    if not entries or not all(isinstance(entry, dict) for entry in entries):
        raise _error(name, FORMS, "JSON of another form")
    words = [_with_speaker(word, entry) for entry in entries for word in _words(entry)]
    is_complete = all(_words(entry) for entry in entries if str(entry.get("text", "")).strip())
    timed = any(_first(word, STARTS) is not None for word in words)
    return (words if words and is_complete and timed else entries), per_second


def _tier(tiers: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the entries of the one tier of words, each of a start, an end and a label."""
    found = [tier for title, tier in tiers.items() if title.rpartition(" - ")[2].strip().lower() in WORD_TIERS]
    if len(found) != 1 or not isinstance(found[0], dict) or not isinstance(found[0].get("entries"), list):
        raise _error(name, "one tier of words", f"{len(found)} such tiers")
    entries = found[0]["entries"]
    if not all(isinstance(entry, list) and len(entry) == 3 for entry in entries):
        raise _error(name, "a start, an end and a label in each entry", "another form")
    return [dict(zip(("start", "end", "text"), entry, strict=True)) for entry in entries]


def _words(entry: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    words = entry.get("words")
    return words if isinstance(words, list) and all(isinstance(word, dict) for word in words) else ()


def _with_speaker(word: Mapping[str, Any], segment: Mapping[str, Any]) -> Mapping[str, Any]:
    return word if word.get("speaker") or not segment.get("speaker") else {**word, "speaker": segment["speaker"]}


def _flat(entry: Any) -> Any:
    offsets = entry.get("offsets") if isinstance(entry, dict) else None
    if not isinstance(offsets, dict):
        return entry
    return {**entry, "start": offsets.get("from"), "end": offsets.get("to"), "words": None}


def _spanned(entry: Any) -> Any:
    """Return an entry with start and end, which Transformers writes as a pair, `timestamp`."""
    span = entry.get("timestamp") if isinstance(entry, dict) else None
    return {**entry, "start": span[0], "end": span[1]} if isinstance(span, list) and len(span) == 2 else entry


def _first(entry: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((entry[key] for key in keys if entry.get(key) is not None), None)


def _text(entry: Mapping[str, Any], name: str, number: int) -> str:
    found = _first(entry, TEXTS)
    if isinstance(found, list) and all(isinstance(line, str) for line in found):
        found = " ".join(found)
    if not isinstance(found, str):
        raise _error(name, f"a text in entry {number}", described(found))
    return " ".join(found.split())


def _seconds(entry: Mapping[str, Any], keys: Sequence[str], per_second: int, name: str, number: int) -> float | None:
    found = _first(entry, keys)
    value = as_number(str(found)) if isinstance(found, (int, float, str)) and not isinstance(found, bool) else None
    if found is not None and value is None:
        raise _error(name, f"a time in entry {number}", described(found))
    return None if value is None else value / per_second


def _error(name: str, wanted: str, got: str) -> InputError:
    return InputError.at(
        name, wanted=wanted, got=got, advice="write the file again, or convert it to a table with times"
    )
