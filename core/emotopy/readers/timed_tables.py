"""Tables with times: BIDS `events.tsv`, and CSV or TSV of words or segments, as people and programs write them.

A column of onsets, a column of durations or of offsets, a column of text. Rows without a word, such as key presses, are
left out, whatever their times; rows with a word but without times, as aligners write what they did not find, are left
out and counted. Times are seconds, unless a column's name, `time_unit`, or the file itself says milliseconds; a file
whose times can't be seconds is an error that says how to tell. A table without a header is read where its columns leave
no doubt (`headerless`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from emotopy.errors import InputError, nearest
from emotopy.readers.column_names import (
    DURATION,
    OFFSET,
    ONSET,
    SPEAKER,
    TIME,
    WORD,
    TimeUnit,
    find_column,
    folded,
    is_called,
    is_missing_number,
    is_missing_word,
    without_unit,
)
from emotopy.readers.delimited import SEPARATORS, described_name, named, read_detected
from emotopy.readers.headerless import clock_s, read_headerless
from emotopy.readers.nonspeech import LeftOut, is_silence, shows_an_aligner, without_nonspeech, words_of_a_label
from emotopy.readers.numeric_columns import as_number, decimal_commas, place, times
from emotopy.readers.textgrids import WORD_TIERS
from emotopy.readers.timed_pieces import Piece, could_be_ms, doubt_of_seconds, in_order, overlap, slowness
from emotopy.records.brain import Narrative
from emotopy.wording import flag

if TYPE_CHECKING:
    import pandas as pd

MOST_COLUMNS = 1_000
"""A table of more holds no story."""
SINGLE_WORDS = 0.9
"""From which part of its rows on that hold one word a table holds a word a row."""
KIND = ("type", "tier", "tier_name", "layer", "level")
"""Columns that say of what kind a row is."""


def read_timed_table(
    content: str, name: str, text: str | None = None, *, time_unit: TimeUnit | None = None
) -> Narrative:
    """Make a narrative of a table; a row is a word or, where cells hold several, a segment.

    Segments may overlap, as sliding windows do; they are then taken as given. `time_unit` is that of columns whose
    names have none. Raises InputError that names column and row.
    """
    frame, notes_of_table = _read(content, "," if name.lower().endswith(".csv") else "\t", name)
    column = _text_column(frame, name, text)
    words = _only(frame, [not is_missing_word(cell) for cell in frame[column]])
    words, n_untimed = _with_times(words, column)
    words, commas = _in_numbers(words, name)
    unit, told = _unit(words, column, name, time_unit)
    onset, duration = times(words, name, unit=unit)
    left_out = LeftOut()
    pieces = _pieces(words, column, onset, duration, left_out)
    ordered = in_order(pieces, name)
    spans = [start + length for start, length in zip(onset, duration, strict=True)]
    end_s = max([*spans, *_ends_of_events(frame, name, unit)], default=0.0)
    given = any(overlap(before, after) for before, after in pairwise(pieces))
    n_words = sum(len(piece.text.split()) for piece in pieces)
    spoken_s = sum(piece.offset_s - piece.onset_s for piece in pieces)
    slow = slowness(name, n_words, spoken_s) if time_unit is None else ()
    notes = [*notes_of_table, *commas, *told, *slow]
    if n_untimed:
        rows = "1 row has a word but no time" if n_untimed == 1 else f"{n_untimed:,} rows have words but no times"
        notes.append(f"{name}: {rows}; left out.")
    if given:
        notes.append(f"{name}: segments overlap, so they were used unchanged.")
    return Narrative(ordered, end_s, end_s, name=name, given=given, notes=(*notes, *left_out.notes(name)))


def read_ctm(content: str, name: str, text: str | None = None) -> Narrative:
    """Make a narrative of a CTM file (NIST, Kaldi): recording, channel, onset, duration, word, perhaps a confidence.

    Raises InputError that names the line, and for words of several recordings, whose clocks differ.
    """
    if text is not None:
        raise InputError(f"{name}: CTM has no named columns; leave out {flag('--text', text)}", file=name)
    pieces, left_out, recordings = [], LeftOut(), set()
    for line, row in enumerate(content.split("\n"), start=1):
        cells = row.split()
        if not cells or row.startswith(";;"):
            continue
        onset, duration = (as_number(cell) for cell in cells[2:4]) if len(cells) in (5, 6) else (None, None)
        if onset is None or duration is None:
            raise InputError.at(
                name, line=line, wanted="recording, channel, onset, duration, word", got=f"{len(cells)} cells"
            )
        recordings.add((cells[0], cells[1]))
        said, labels = words_of_a_label(cells[4], is_word=True, by_aligner=True)
        left_out.add(labels)
        if said:
            pieces.append(Piece(said, onset, onset + duration, f"line {line}"))
    if len(recordings) > 1:
        raise InputError.at(
            name,
            wanted="the words of one recording",
            got=f"{len(recordings):,} recordings or channels",
            advice="write one file for each",
        )
    end_s = max((piece.offset_s for piece in pieces), default=0.0)
    return Narrative(in_order(pieces, name), end_s, end_s, name=name, notes=left_out.notes(name))


def is_timed_table(content: str) -> bool:
    r"""Whether a text is a table of tabs with times: by the names in its first line, or by its columns.

    >>> is_timed_table("0.5\t0.9\twe\n0.9\t1.4\tcried"), is_timed_table("we cried")
    (True, False)
    """
    first = next((line for line in content.split("\n") if line.strip()), "").split("\t")
    names = {folded(cell) for cell in first if is_called(cell, ONSET, OFFSET, DURATION, TIME)}
    return len(first) > 2 and (len(names) > 1 or sum(as_number(cell) is not None for cell in first) > 1)


def _pieces(
    frame: pd.DataFrame, column: str, onset: Sequence[float], duration: Sequence[float], left_out: LeftOut
) -> list[Piece]:
    """Return the rows in which something is said, without what isn't speech."""
    labels = [str(cell) for cell in frame[column]]
    is_word = sum(len(label.split()) == 1 for label in labels) >= SINGLE_WORDS * len(labels)
    by_aligner = is_word and shows_an_aligner(labels)
    speakers = _speakers(frame, column)
    pieces = []
    for row, label in enumerate(labels):
        said, more = words_of_a_label(label, is_word=is_word, by_aligner=by_aligner)
        left_out.add(more)
        if said:
            pieces.append(Piece(said, onset[row], onset[row] + duration[row], place(frame, row), speakers[row]))
    return pieces


def _speakers(frame: pd.DataFrame, column: str) -> list[str]:
    """Return who speaks in each row, empty where no column says; numbers alone may count characters."""
    found = find_column([str(name) for name in frame.columns if name != column], SPEAKER)
    if found is None:
        return [""] * len(frame)
    names = ["" if is_missing_word(cell) else cell.strip() for cell in frame[found]]
    return names if any(as_number(cell) is None for cell in names if cell) else [""] * len(frame)


def _text_column(frame: pd.DataFrame, name: str, text: str | None) -> str:
    columns = [str(column) for column in frame.columns]
    if text is not None:
        if text not in columns:
            raise InputError(
                f"{name}: has no column {text!r}.{nearest(text, columns)} Columns: {named(columns)}",
                file=name,
                wanted=f"a column {text!r}",
                got=f"the columns {named(columns)}",
            )
        return text
    found = find_column(columns, WORD)
    if found is None:
        raise InputError(
            f"{name}: the column of words is ambiguous; name it with {flag('--text')}; columns: {named(columns)}",
            file=name,
            wanted="a column of words",
            got=f"the columns {named(columns)}",
            advice=f"say which with {flag('--text')}",
        )
    return found


# Times ----------------------------------------------------------------------------------------------------------------


def _time_columns(frame: pd.DataFrame) -> tuple[str | None, str | None]:
    """Return the column of onsets, and that of durations or else of offsets."""
    columns = [str(column) for column in frame.columns]
    onset = find_column(columns, ONSET) or find_column(columns, TIME)
    return onset, find_column(columns, DURATION) or find_column(columns, OFFSET)


def _with_times(frame: pd.DataFrame, column: str) -> tuple[pd.DataFrame, int]:
    """Return the rows whose onset isn't missing, and how many of the others have a word."""
    onset, _ = _time_columns(frame)
    if onset is None:
        return frame, 0
    there = [not is_missing_number(cell) for cell in frame[onset]]
    others = [label for label, so in zip(frame[column], there, strict=True) if not so]
    return _only(frame, there), sum(not is_silence(label) and bool(without_nonspeech(label)) for label in others)


def _in_numbers(frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the table with its times as numbers of seconds: times of the clock (`00:01:02.500`), decimal commas.

    A column in which not every cell is one stays as it is, and its cells are errors later.
    """
    notes: tuple[str, ...] = ()
    for column in filter(None, _time_columns(frame)):
        cells = [cell.strip() for cell in frame[column]]
        if any(":" in cell for cell in cells):
            seconds = [clock_s(cell) for cell in cells]
            if all(one is not None for one in seconds):
                bare = without_unit(column)[0]
                renamed = bare if bare not in frame.columns else f"{bare}_s"
                frame = frame.assign(**{column: [repr(one) for one in seconds]})
                frame = frame.rename(columns={column: renamed})  # the name's unit is that of the clock's last part
    pointed = decimal_commas(frame, [column for column in _time_columns(frame) if column is not None])
    if pointed:
        frame = frame.assign(**pointed)
        notes = (f"{name}: commas in times were read as decimal commas.",)
    return frame, notes


def _ends_of_events(frame: pd.DataFrame, name: str, unit: TimeUnit | None) -> list[float]:
    """Return where rows end that have times, with words or not."""
    onset, other = _time_columns(frame)
    if onset is None or other is None:
        return []
    cells = zip(frame[onset], frame[other], strict=True)
    timed = _only(frame, [as_number(start) is not None and as_number(end) is not None for start, end in cells])
    starts, lengths = times(timed, name, unit=unit)
    return [start + length for start, length in zip(starts, lengths, strict=True)]


def _unit(
    frame: pd.DataFrame, column: str, name: str, time_unit: TimeUnit | None
) -> tuple[TimeUnit | None, tuple[str, ...]]:
    """Return the unit of times whose columns don't name one, and a note where the file itself says it.

    Raises InputError where times can't be seconds: a word would last half a minute.
    """
    onset, other = _time_columns(frame)
    if time_unit is not None or onset is None or other is None or not len(frame):
        return time_unit, ()
    if without_unit(onset)[1] is not None or without_unit(other)[1] is not None:
        return None, ()
    starts, ends = ([as_number(cell) for cell in frame[one]] for one in (onset, other))
    pairs = [(a, b) for a, b in zip(starts, ends, strict=True) if a is not None and b is not None]
    if len(pairs) < len(frame):
        return None, ()  # the error about the cell comes first
    is_offset = is_called(other, OFFSET) and not is_called(other, DURATION)
    spoken_s = sum(b - a if is_offset else b for a, b in pairs)
    span_s = max(b if is_offset else a + b for a, b in pairs) - min(a for a, _ in pairs)
    n_words = sum(len(str(cell).split()) for cell in frame[column])
    pace_s = (spoken_s or span_s) / n_words
    doubt = doubt_of_seconds(name, n_words, spoken_s, span_s, column=onset)
    if doubt is None:
        return None, ()
    is_whole = all(cell.strip().lstrip("-").isdecimal() for one in (onset, other) for cell in frame[one])
    if could_be_ms(pace_s) and is_whole and [folded(str(one)) for one in frame.columns][:2] == ["start", "end"]:
        note = (
            f"{name}: times are whole numbers, {pace_s:,.0f} per word; they were read as milliseconds, "
            "as whisper writes them."
        )
        return "ms", (note,)
    raise doubt


# Rows and headers -----------------------------------------------------------------------------------------------------


def _read(content: str, separator: str, name: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Read the table, without rows that are blank all through; where it has no header, give it one."""
    first = next((line for line in content.split("\n") if line.strip()), "")
    if max(map(first.count, SEPARATORS)) >= MOST_COLUMNS:
        raise InputError.at(name, wanted=f"at most {MOST_COLUMNS:,} columns", got="more", advice="leave others out")
    headerless = read_headerless(content, separator, name)
    frame, notes = headerless if headerless is not None else read_detected(content, separator, name)
    frame = _only(frame, [any(cell.strip() for cell in row) for row in frame.itertuples(index=False)])
    kind, n_other = _kind_column(frame), 0
    if kind is not None:
        is_word = [cell.strip().lower() in WORD_TIERS for cell in frame[kind]]
        n_other = len(frame) - sum(is_word)
        frame = _only(frame, is_word).drop(columns=kind)
    if n_other:
        rows = "1 row is" if n_other == 1 else f"{n_other:,} rows are"
        column = described_name(str(kind))
        notes = (
            *notes,
            f"{name}: {rows} left out, because column {column!r} marks them as something other than words.",
        )
    return frame, notes


def _kind_column(frame: pd.DataFrame) -> str | None:
    """Return the column that says which rows are words, beside rows of phones or sentences; None where there is none.

    The Montreal Forced Aligner has `Type`, Praat's tables have `tier`.
    """
    for column in frame.columns:
        kinds = {cell.strip().lower() for cell in frame[column]}
        if folded(str(column)) in KIND and kinds & set(WORD_TIERS):
            return str(column)
    return None


def _only(frame: pd.DataFrame, mask: Sequence[bool]) -> pd.DataFrame:
    """Return the rows for which `mask` is true; they keep their numbers."""
    return frame.loc[[label for label, so in zip(frame.index, mask, strict=True) if so]]
