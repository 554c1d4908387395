"""What DAIC-WOZ and E-DAIC have in common: labels, files of transcripts, units of text, the table.

Both are had from USC by agreement, are never fetched, and make a table that is marked as confidential.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import attrs

from emotopy.errors import InputError
from emotopy.readers.cell_values import described, is_missing
from emotopy.readers.column_names import GENDER, PHQ8_BINARY, PHQ8_SCORE, SUBJECT, find_column, is_missing_number
from emotopy.readers.confidential import mark
from emotopy.readers.delimited import named
from emotopy.readers.numeric_columns import as_number
from emotopy.readers.table_notes import read_notes
from emotopy.readers.tables import read_table
from emotopy.records.dataset_info import DatasetCard, LeftOut, n_words, with_remarks
from emotopy.records.reprs import counted, measured

if TYPE_CHECKING:
    import pandas as pd

UnitText = Literal["turn", "chunk", "interview"]
UNIT_TEXTS: tuple[UnitText, ...] = ("turn", "chunk", "interview")
Speaker = Literal["participant", "interviewer"]
DEPRESSED_FROM = 10
"""PHQ-8 score from which a person counts as depressed (Kroenke et al. 2009)."""
MOST_PHQ8 = 24
MOST_CHARACTERS = 300
"""Longest chunk of a transcript in arXiv 2508.09337."""
COLUMNS = ("id", "participant", "text", "group", "phq8", "gender", "split", "speaker", "start_s", "stop_s", "n_words")
MAP_COLUMNS = {"group": "group", "unit": "participant", "id": "id"}

_COMMENT = re.compile(r"<[^<>]*>|\[[^\[\]]*\]|[<\[]\S*|\b(?:scrubbed_entry|x{3,})\b")
"""Also a bracket that is never closed, up to white space."""


@attrs.frozen
class Turn:
    """What one speaker said between two moments of the recording, in seconds."""

    speaker: Speaker
    text: str = attrs.field(repr=measured)
    start_s: float
    stop_s: float


@attrs.frozen
class Session:
    """A transcript: turns with words, how many were without, and what else was left out or is to know."""

    turns: Sequence[Turn] = attrs.field(repr=counted)
    n_empty: int = 0
    left_out: tuple[LeftOut, ...] = ()


@attrs.frozen
class Label:
    """What the label files say of a participant."""

    phq8: int
    gender: str | None
    split: str

    @property
    def group(self) -> str:
        """`depressed` from a PHQ-8 score of 10, else `healthy`."""
        return "depressed" if self.phq8 >= DEPRESSED_FROM else "healthy"


@attrs.define
class Labels:
    """Labels by participant, which files they come from, who has no score, and what the files contradict."""

    by_participant: dict[str, Label] = attrs.field(factory=dict)
    files: list[str] = attrs.field(factory=list)
    unscored: dict[str, str] = attrs.field(factory=dict)
    notes: list[str] = attrs.field(factory=list)


def read_labels(folder: Path, files: Iterable[tuple[str, str]]) -> Labels:
    """Read label files, given as (split, name), from `folder` or a folder in it.

    A participant is depressed or healthy by the score; where a file's own binary label says otherwise, a note tells.

    Raises InputError where no such file is there, for one without ids, and for a score that can't be one.
    """
    labels = Labels()
    wanted = list(files)
    for split, name in wanted:
        for path in [folder / name, *sorted(folder.glob(f"*/{name}"))]:
            if path.is_file():
                _read_labels(path, split, labels)
                break
    if not labels.files:
        raise InputError.at(
            folder.name,
            wanted=f"the label files {', '.join(dict.fromkeys(name for _, name in wanted))}, or in a folder in it",
            got="none",
            advice="they come with the data set",
        )
    labels.unscored = {who: file for who, file in labels.unscored.items() if who not in labels.by_participant}
    return labels


def holds_labels(folder: Path, files: Iterable[tuple[str, str]]) -> bool:
    """Whether a folder, or one in it, holds one of these label files, given as (split, name)."""
    there = {path.name for pattern in ("*.csv", "*/*.csv") for path in folder.glob(pattern)}
    return any(name in there for _, name in files)


def find_transcripts(folder: Path) -> dict[str, Path]:
    """Return `NNN_TRANSCRIPT.csv` by participant, from session folders `NNN_P` up to three folders down.

    Raises InputError for a folder that is absent, holds none, or holds two of one participant.
    """
    if not folder.is_dir():
        wanted = "the folder that holds the session folders 300_P, 301_P, ..."
        raise InputError(
            f"{folder.name} isn't a folder; wanted {wanted}", file=folder.name, wanted=wanted, got="no folder"
        )
    found: dict[str, Path] = {}
    for pattern in ("*.csv", "*/*.csv", "*/*/*.csv", "*/*/*/*.csv"):
        for path in sorted(folder.glob(pattern)):
            match = re.fullmatch(r"0*(\d+)_transcript\.csv", path.name, re.IGNORECASE)
            if match is None:
                continue
            if match[1] in found:
                raise InputError.at(
                    str(path.relative_to(folder)),
                    wanted=f"one transcript of participant {match[1]}",
                    got=f"another beside {found[match[1]].relative_to(folder)}",
                )
            found[match[1]] = path
    if not found:
        raise InputError.at(folder.name, wanted="session folders such as 300_P with 300_TRANSCRIPT.csv", got="none")
    return found


def assemble(
    card: DatasetCard,
    labels: Labels,
    transcripts: Mapping[str, Path],
    read: Callable[[str, Path], Session],
    unit_text: UnitText,
    notes: Iterable[str] = (),
) -> pd.DataFrame:
    """Return the table of all participants who have words and a score, marked as confidential; others are listed.

    `read` gets a participant and the path of the transcript.

    Raises InputError where nobody is left.
    """
    import pandas as pd

    left_out: list[LeftOut] = []
    rows: list[tuple[object, ...]] = []
    n_empty = 0
    for who in sorted({*labels.by_participant, *labels.unscored, *transcripts}, key=int):
        label = labels.by_participant.get(who)
        if label is None or who not in transcripts:
            left_out.append(LeftOut(who, _lacking(who, labels, transcripts)))
            continue
        session = read(who, transcripts[who])
        n_empty += session.n_empty
        left_out += session.left_out
        if not session.turns:
            left_out.append(LeftOut(who, f"{transcripts[who].name} contains no words of the requested speakers"))
            continue
        for number, turn in enumerate(in_units(session.turns, unit_text), start=1):
            about = label.group, label.phq8, label.gender, label.split, turn.speaker
            rows.append((f"{who}-{number:04d}", who, turn.text, *about, turn.start_s, turn.stop_s))
    if not rows:
        first = left_out[0] if left_out else "none is there"
        raise InputError(
            f"{card.title}: no participant has both words and a PHQ-8 score; the first: {first}",
            wanted="participants with both words and a PHQ-8 score",
            got="none",
        )
    remarks = [*notes, *labels.notes]
    if n_empty:
        remarks.append(f"{n_empty:,} turns contain only transcribers' comments and are left out.")
    frame = pd.DataFrame(rows, columns=list(COLUMNS[:-1]))
    frame["gender"] = frame["gender"].astype("string")
    frame["n_words"] = n_words(frame["text"])
    return mark(with_remarks(frame, left_out, remarks))


def in_units(turns: Sequence[Turn], unit_text: UnitText) -> list[Turn]:
    """Return the turns as they are, or joined to chunks or interviews, each speaker's apart; sorted by their start."""
    if unit_text == "turn":
        return list(turns)
    joined = []
    for speaker in dict.fromkeys(turn.speaker for turn in turns):
        own = [turn for turn in turns if turn.speaker == speaker]
        joined += chunks(own) if unit_text == "chunk" else [_joined(own)]
    return sorted(joined, key=lambda turn: turn.start_s)


def chunks(turns: Sequence[Turn], most: int = MOST_CHARACTERS) -> list[Turn]:
    """Join one speaker's turns to chunks of up to `most` characters, cut between words (arXiv 2508.09337).

    A chunk begins with the start of its first word's turn, and ends with the end of its last word's. Only a word that
    is longer than `most` is cut itself.
    """
    found: list[Turn] = []
    for turn in turns:
        for word in _cut(turn.text, most):
            last = found[-1] if found else None
            if last is not None and len(last.text) + 1 + len(word) <= most:
                found[-1] = attrs.evolve(last, text=f"{last.text} {word}", stop_s=turn.stop_s)
            else:
                found.append(attrs.evolve(turn, text=word))
    return found


def without_comments(text: str) -> str:
    """Return a transcribed text without what transcribers put in: `people <peop>`, `[laughter]`, `xxx`.

    Angle brackets hold the part of a word that was heard or a sound, square ones a sound or a marker; `xxx` stands for
    a word that wasn't understood, `scrubbed_entry` for what was taken out. An embedder would read them as speech.

    >>> without_comments("i like people <peop> <laughter> xxx a lot")
    'i like people a lot'
    """
    return " ".join(re.sub(r"[<>\[\]]", " ", _COMMENT.sub(" ", text)).split())


def _joined(turns: Sequence[Turn]) -> Turn:
    stop_s = max(turn.stop_s for turn in turns)
    return attrs.evolve(turns[0], text=" ".join(turn.text for turn in turns), stop_s=stop_s)


def _cut(text: str, most: int) -> list[str]:
    return [word[start : start + most] for word in text.split() for start in range(0, len(word), most)]


def _lacking(who: str, labels: Labels, transcripts: Mapping[str, Path]) -> str:
    if who in labels.unscored:
        score = f"no PHQ-8 score in {labels.unscored[who]}"
    else:
        score = "" if who in labels.by_participant else f"not in the label files ({', '.join(labels.files)})"
    return " and ".join(part for part in (score, "" if who in transcripts else "no transcript") if part)


def _read_labels(path: Path, split: str, labels: Labels) -> None:
    frame = read_table(path)
    names = [str(column) for column in frame.columns]
    who_column = find_column(names, SUBJECT)
    if who_column is None:
        raise InputError.at(path.name, wanted="a column Participant_ID", got=f"the columns {named(names)}")
    labels.files.append(path.name)
    columns = [find_column(names, kind) for kind in (PHQ8_SCORE, PHQ8_BINARY, GENDER)]
    for row, record in enumerate(frame.to_dict("records"), start=1):
        who = str(_whole(record[who_column], path.name, row, who_column))
        score, binary, gender = ("" if column is None else _given(record[column]) for column in columns)
        if not score:
            labels.unscored.setdefault(who, path.name)
            continue
        phq8 = _whole(score, path.name, row, str(columns[0]), most=MOST_PHQ8)
        label = Label(phq8, gender or None, split)
        known = labels.by_participant.setdefault(who, label)
        if known.phq8 != phq8:
            raise InputError.at(
                path.name,
                row=row,
                column=columns[0],
                wanted=f"the PHQ-8 of participant {who} in an earlier row, {known.phq8}",
                got=str(phq8),
            )
        if binary and (_whole(binary, path.name, row, str(columns[1])) == 1) != (phq8 >= DEPRESSED_FROM):
            known_error = " (a known error of the published file)" if (who, phq8) == ("409", 10) else ""
            labels.notes.append(
                f"{path.name}, row {row}: participant {who} has {columns[1]} {binary} but a PHQ-8 of "
                f"{phq8}{known_error}; the score is used, so the group is {label.group}."
            )
    labels.notes += [note for note in read_notes(frame) if note not in labels.notes]


def _given(cell: object) -> str:
    """Return a cell's string, empty where it says that there is no value."""
    text = "" if is_missing(cell) else str(cell).strip()
    return "" if is_missing_number(text) else text


def _whole(cell: object, file: str, row: int, column: str, *, most: int | None = None) -> int:
    value = as_number(str(cell))
    if value is None or not value.is_integer() or value < 0 or (most is not None and value > most):
        wanted = f"a whole number{'' if most is None else f' from 0 to {most}'}"
        raise InputError.at(file, row=row, column=column, wanted=wanted, got=described(cell))
    return int(value)
