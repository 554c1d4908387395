"""Stories with times: Praat TextGrid, BIDS events, SubRip, WebVTT, tables of words or segments, aligners' JSON.

Every reader returns a `Narrative` on the file's own clock, in seconds. What a source leaves open (where it breaks off,
captions that overlap) and what was assumed of it (its unit of time, that it has no header) stands in the narrative's
notes.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from functools import partial
from pathlib import Path

import attrs

from emotopy.errors import InputError
from emotopy.readers.caption_files import bracketed_captions, is_captions
from emotopy.readers.column_names import TimeUnit
from emotopy.readers.nonspeech import has_parentheses
from emotopy.readers.speakers import may_name_a_speaker
from emotopy.readers.text_io import MAX_LINE_MB, decode, read_bounded
from emotopy.records.brain import Narrative
from emotopy.wording import flag

FORMS = (
    "a Praat TextGrid, SubRip (.srt), WebVTT (.vtt), a table with times (BIDS events.tsv, .tsv, .csv, .ctm), or the "
    "JSON of an aligner"
)
MAX_BYTES = 64 << 20
"""Largest file that is read: a word-aligned story of an hour has about 1 MB."""


def read_narrative(
    path: str | Path, *, text: str | None = None, time_unit: TimeUnit | None = None, max_line_mb: float = MAX_LINE_MB
) -> Narrative:
    r"""Read a story whose words or captions have times.

    The ending of the file tells its form, or its first bytes do: TextGrid, SubRip (.srt), WebVTT (.vtt), a table with
    times, or the JSON of an aligner.

    Parameters
    ----------
    path : str or Path
        The file, in UTF-8 or in UTF-16 with a byte-order mark.
    text : str, optional
        Tier (TextGrid) or column (table) that holds the words; by default the one whose name says so.
    time_unit : {"s", "ms"}, optional
        Unit of the times of a table or of JSON that doesn't name it; seconds by default.
    max_line_mb : float, default 16
        Longest line, in MB.

    Returns
    -------
    Narrative
        Words or captions with onset and duration in seconds, and notes on what had to be assumed.

    Raises
    ------
    InputError
        The file can't be read, is empty or too large, isn't of its form, holds no words, or words out of order. The
        error names the file and the line.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "story.srt"
    ...     _ = path.write_text("1\n00:00:01,000 --> 00:00:03,500\nI was afraid.\n", "utf-8")
    ...     story = read_narrative(path)
    >>> [(word.text, word.onset_s, word.offset_s) for word in story.words]
    [('I was afraid.', 1.0, 3.5)]
    """
    path = Path(path)
    content = read_content(path, max_line_mb=max_line_mb)
    narrative = _reader(path, content, time_unit)(content, path.name, text)
    if not narrative.words:
        told = "".join(f" {note}" for note in narrative.notes)
        raise InputError(
            f"{path.name}: contains no words with times, only silence; wanted {FORMS}.{told}",
            file=path.name,
            wanted=FORMS,
        )
    return attrs.evolve(narrative, notes=(*narrative.notes, *_doubts(narrative)))


def _doubts(narrative: Narrative) -> tuple[str, ...]:
    """Return notes on what was read as said, though it may be a sound or the name of who speaks."""
    notes = []
    n_aside = sum(has_parentheses(piece.text) for piece in narrative.words)
    n_names = sum(not piece.speaker and may_name_a_speaker(piece.text) for piece in narrative.words)
    if n_aside:
        has = "1 piece has" if n_aside == 1 else f"{n_aside:,} pieces have"
        notes.append(
            f"{narrative.name}: {has} words in parentheses, which were read as speech. If they are "
            "sounds, write them in square brackets."
        )
    if n_names:
        begins = "1 piece begins" if n_names == 1 else f"{n_names:,} pieces begin"
        notes.append(
            f"{narrative.name}: {begins} with what may be a speaker's name before a colon; it was read as speech."
        )
    return tuple(notes)


def read_content(path: Path, *, max_line_mb: float = MAX_LINE_MB) -> str:
    """Return the text of a file, of bounded size, with plain line ends; raises InputError."""
    if path.is_dir():
        raise InputError(f"{path.name} is a folder; wanted a file: {FORMS}", file=path.name, wanted=FORMS)
    data = read_bounded(path, MAX_BYTES)
    is_utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    content = decode(data, path.name, "utf-16" if is_utf16 else "utf-8-sig", max_line_mb=max_line_mb)
    if not content.strip():
        raise InputError(f"{path.name} is empty; wanted {FORMS}", file=path.name, wanted=FORMS)
    return content.replace("\r\n", "\n").replace("\r", "\n")


def _reader(path: Path, content: str, time_unit: TimeUnit | None) -> Callable[[str, str, str | None], Narrative]:
    from emotopy.readers.subtitles import read_bracketed, read_subrip, read_webvtt
    from emotopy.readers.textgrids import read_textgrid
    from emotopy.readers.timed_json import read_timed_json
    from emotopy.readers.timed_tables import is_timed_table, read_ctm, read_timed_table

    read_table = partial(read_timed_table, time_unit=time_unit)
    read_json = partial(read_timed_json, time_unit=time_unit)
    readers: dict[str, Callable[[str, str, str | None], Narrative]] = {
        ".textgrid": read_textgrid,
        ".srt": read_subrip,
        ".vtt": read_webvtt,
        ".webvtt": read_webvtt,
        ".tsv": read_table,
        ".tab": read_table,
        ".csv": read_table,
        ".ctm": read_ctm,
        ".json": read_json,
    }
    start = content.lstrip()[:200]
    read = readers.get(path.suffix.lower())
    if read is None and "ooTextFile" in start:
        read = read_textgrid
    elif read is None and is_captions(content):
        read = read_webvtt if start.startswith("WEBVTT") else read_subrip
    elif read is None and is_timed_table(content):
        read = read_table
    elif read is None and bracketed_captions(content) is not None:
        read = read_bracketed
    if read is None:
        raise InputError(
            f"{path.name}: unknown format; wanted {FORMS}, because words need times", file=path.name, wanted=FORMS
        )
    if time_unit is not None and read not in (read_table, read_json):
        raise InputError(
            f"{path.name}: its format defines the unit of times; leave out {flag('--time-unit', time_unit)}",
            file=path.name,
            got=flag("--time-unit", time_unit),
            advice="leave it out",
        )
    return read
