"""DAIC-WOZ: 189 interviews with a virtual interviewer, and a depression questionnaire (PHQ-8).

Gratch et al. (2014), LREC; labels of AVEC 2017. By agreement with USC (dcapswoz.ict.usc.edu): never fetched, and the
table is marked as confidential. Official layout: `300_P/300_TRANSCRIPT.csv` (tabs: start_time, stop_time, speaker,
value), `train_split_Depression_AVEC2017.csv`, `dev_split_Depression_AVEC2017.csv`, `full_test_split.csv`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from emotopy.datasets.daic import (
    Session,
    Speaker,
    Turn,
    UnitText,
    assemble,
    find_transcripts,
    read_labels,
    without_comments,
)
from emotopy.datasets.dataset_info import Card, LeftOut
from emotopy.errors import ConfigError, InputError
from emotopy.readers.cell_values import described
from emotopy.readers.delimited import named, read_delimited
from emotopy.readers.numeric_columns import numbers, place, row_number
from emotopy.readers.text_io import read_text

if TYPE_CHECKING:
    import pandas as pd

CARD = Card(
    name="daic-woz",
    title="DAIC-WOZ",
    cite="Gratch et al. (2014), The Distress Analysis Interview Corpus of human and computer interviews, LREC",
    licence="by agreement with the University of Southern California; not to be passed on",
    home="https://dcapswoz.ict.usc.edu",
)
LABEL_FILES = (
    ("train", "train_split_Depression_AVEC2017.csv"),
    ("dev", "dev_split_Depression_AVEC2017.csv"),
    ("test", "full_test_split.csv"),
    ("test", "test_split_Depression_AVEC2017.csv"),
)
"""The last names the participants of the test split without scores; who has one in `full_test_split.csv` is scored."""
Speakers = Literal["participant", "interviewer", "both"]
SPEAKERS: tuple[Speakers, ...] = ("participant", "interviewer", "both")
NAMES: dict[str, Speaker] = {"participant": "participant", "ellie": "interviewer"}
HEADER = ["start_time", "stop_time", "speaker", "value"]

INTERRUPTED = {"373": (352.0, 420.0), "444": (286.0, 387.0)}
"""Seconds in which staff was in the room (the data set's documentation: 5:52-7:00 and 4:46-6:27)."""
NO_INTERVIEWER = ("451", "458", "480")
"""Sessions without the interviewer's turns (documentation)."""
MISTIMED = ("318", "321", "341", "362")
"""Sessions whose transcripts are shifted against the audio (Bailey & Plumbley 2021, arXiv 2010.15120, their code)."""


def load_daic_woz(folder: Path, *, speakers: Speakers = "participant", unit_text: UnitText = "turn") -> pd.DataFrame:
    """Load the transcripts of the participants who have a PHQ-8 score.

    Parameters
    ----------
    folder
        Holds session folders `300_P`, ... and the label files, also in folders below it.
    speakers
        Whose words: `participant` by default. Models that see the interviewer's prompts cheat: which question is asked
        depends on the diagnosis (Burdisso et al. 2024, arXiv 2404.14463).
    unit_text
        What a row is: a `turn`, a `chunk` of up to 300 characters cut between words (arXiv 2508.09337), or the
        `interview`. Speakers are never joined.

    Columns: ``id, participant, text, group`` (depressed from PHQ-8 ≥ 10, else healthy), ``phq8, gender`` (as the file
    has it), ``split, speaker, start_s, stop_s, n_words``. Left out are transcribers' comments, markers, turns without
    words, and turns within the two documented interruptions. Participants without a transcript or a score are listed in
    `dataset_info.left_out_of(frame)`; `dataset_info.notes_of(frame)` says what else to know.

    Raises InputError for an absent folder, damaged files, or nobody left; ConfigError for an unknown choice.
    """
    if speakers not in SPEAKERS:
        raise ConfigError(f"speakers: wanted {', '.join(SPEAKERS)}, got {speakers!r}")
    transcripts = find_transcripts(folder)
    labels = read_labels(folder, LABEL_FILES)
    notes = _notes(transcripts.keys() & labels.by_participant.keys(), speakers)
    return assemble(CARD, labels, transcripts, lambda who, path: _session(who, path, speakers), unit_text, notes)


def _notes(loaded: set[str], speakers: Speakers) -> list[str]:
    notes = []
    if speakers != "participant":
        notes.append(
            "The interviewer's turns are in the table. Which question is asked depends on the diagnosis: groups that "
            "differ in them need not differ in what participants say (Burdisso et al. 2024, arXiv 2404.14463)."
        )
        if without := sorted(loaded & set(NO_INTERVIEWER)):
            notes.append(f"The transcripts of {', '.join(without)} lack the interviewer's turns (documentation).")
    if shifted := sorted(loaded & set(MISTIMED)):
        notes.append(
            f"start_s and stop_s of {', '.join(shifted)} are known not to fit the audio; the words are not affected."
        )
    return notes


def _session(who: str, path: Path, speakers: Speakers) -> Session:
    frame = _read(path)
    filled = frame[frame["value"].str.strip() != ""]
    starts, stops = numbers(filled, "start_time", path.name), numbers(filled, "stop_time", path.name)
    turns, n_empty, n_interrupted = [], len(frame) - len(filled), 0
    for row, (said_by, value) in enumerate(zip(filled["speaker"], filled["value"], strict=True)):
        speaker = NAMES.get(said_by.strip().lower())
        if speaker is None:
            raise InputError(
                f"{path.name}, {place(filled, row)}: wanted the speaker Ellie or Participant, got {described(said_by)}",
                file=path.name,
                row=row_number(filled, row),
                column="speaker",
                wanted="Ellie or Participant",
                got=described(said_by),
            )
        if speakers not in (speaker, "both"):
            continue
        text = without_comments(_spoken(value, speaker))
        if not text:
            n_empty += 1
        elif _interrupted(who, starts[row], stops[row]):
            n_interrupted += 1
        else:
            turns.append(Turn(speaker, text, starts[row], stops[row]))
    left_out: tuple[LeftOut, ...] = ()
    if n_interrupted:
        first, last = INTERRUPTED[who]
        reason = f"within the documented interruption from {first:g} to {last:g} s"
        left_out = (LeftOut(f"{who}, {n_interrupted} turns", reason),)
    return Session(turns, n_empty, left_out)


def _read(path: Path) -> pd.DataFrame:
    content = read_text(path)
    if not content.strip():
        content = "\t".join(HEADER)  # no words, which is said of the participant
    # A row whose last cell is empty may lack the tab before it.
    lines = [line + "\t" if line.count("\t") == len(HEADER) - 2 else line for line in content.split("\n")]
    header = [cell.strip().lower() for cell in lines[0].split("\t")]
    if header != HEADER:
        hint = "; is this E-DAIC? Then load it as e-daic" if "," in lines[0] else ""
        raise InputError(
            f"{path.name}: wanted the columns {', '.join(HEADER)}, separated by tabs, got {named(header)}{hint}",
            file=path.name,
            row=1,
            wanted=f"the columns {', '.join(HEADER)}",
            got=f"the columns {named(header)}",
        )
    frame = read_delimited("\n".join(["\t".join(header), *lines[1:]]), "\t", path.name)
    return frame.set_axis(HEADER, axis=1)


def _spoken(value: str, speaker: Speaker) -> str:
    """Return what was said: from session 363 on the interviewer's words stand in brackets behind the prompt's name."""
    prompt = re.fullmatch(r"\S+ \((.*)\)", value.strip())
    return prompt[1] if prompt and speaker == "interviewer" else value


def _interrupted(who: str, start_s: float, stop_s: float) -> bool:
    first, last = INTERRUPTED.get(who, (0.0, 0.0))
    return start_s < last and stop_s > first
