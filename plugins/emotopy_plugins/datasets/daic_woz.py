"""Data set `daic-woz`: 189 interviews with a virtual interviewer, and a depression questionnaire (PHQ-8).

Gratch et al. (2014), LREC; labels of AVEC 2017. By agreement with USC (dcapswoz.ict.usc.edu): never fetched, and the
table is marked as confidential. Official layout: `300_P/300_TRANSCRIPT.csv` (tabs: start_time, stop_time, speaker,
value), `train_split_Depression_AVEC2017.csv`, `dev_split_Depression_AVEC2017.csv`, `full_test_split.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import attrs

from emotopy.errors import InputError
from emotopy.hookspecs import hookimpl
from emotopy.readers.cell_values import described
from emotopy.readers.delimited import named, read_delimited
from emotopy.readers.numeric_columns import numbers, place, row_number
from emotopy.readers.text_io import read_text
from emotopy.records.dataset_info import DatasetCard, LeftOut
from emotopy.roles import Dataset, Factory
from emotopy_plugins.datasets.common import check_choice, write_example
from emotopy_plugins.datasets.daic import (
    COLUMNS,
    MAP_COLUMNS,
    UNIT_TEXTS,
    Session,
    Speaker,
    Turn,
    UnitText,
    assemble,
    find_transcripts,
    holds_labels,
    read_labels,
    without_comments,
)

if TYPE_CHECKING:
    import pandas as pd

CARD = DatasetCard(
    name="daic-woz",
    title="DAIC-WOZ",
    cite="Gratch et al. (2014), The Distress Analysis Interview Corpus of human and computer interviews, LREC",
    licence="by agreement with the University of Southern California; not to be passed on",
    home="https://dcapswoz.ict.usc.edu",
    language="en",
    rows="turns",
    columns=COLUMNS,
    map_columns=MAP_COLUMNS,
    confidential=True,
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


_TURNS = "start_time\tstop_time\tspeaker\tvalue\n1.0\t2.5\tEllie\thow are you doing today\n"
EXAMPLE = {
    "300_P/300_TRANSCRIPT.csv": f"{_TURNS}3.0\t4.0\tParticipant\tnot so well <sigh>\n5.0\t6.0\tParticipant\ti am sad\n",
    "301_P/301_TRANSCRIPT.csv": f"{_TURNS}3.0\t4.0\tParticipant\tgood i was at the lake\n",
    LABEL_FILES[0][1]: "Participant_ID,PHQ8_Binary,PHQ8_Score,Gender\n300,1,15,0\n301,0,3,1\n",
}
"""Made up: nobody said this."""


@attrs.define(eq=False, slots=False)
class DaicWozDataset:
    """DAIC-WOZ (Gratch et al. 2014): what participants say, the groups depressed and healthy by PHQ-8. Confidential.

    Parameters
    ----------
    speakers : {"participant", "interviewer", "both"}, default "participant"
        Whose words. Models that see the interviewer's prompts cheat: which question is asked depends on the diagnosis
        (Burdisso et al. 2024, arXiv 2404.14463).
    unit_text : {"turn", "chunk", "interview"}, default "turn"
        What a row is: a turn, a chunk of up to 300 characters cut between words (arXiv 2508.09337), or the interview.
        Speakers are never joined.
    """

    card = CARD

    speakers: Speakers = "participant"
    unit_text: UnitText = "turn"

    def __attrs_post_init__(self) -> None:
        check_choice(self.speakers, SPEAKERS, "speakers")
        check_choice(self.unit_text, UNIT_TEXTS, "unit_text")
        self.card = attrs.evolve(CARD, rows=f"{self.unit_text}s")

    def recognises(self, source: Path) -> bool:
        """Whether the folder `source`, or one in it, holds the label files."""
        return holds_labels(source, LABEL_FILES)

    def example(self, folder: Path) -> Path:
        """Write two made-up sessions into `folder`; return it."""
        return write_example(folder, EXAMPLE)

    def load(self, source: Path) -> pd.DataFrame:
        """Load the transcripts of the participants who have a PHQ-8 score.

        The folder `source` holds session folders `300_P`, ... and the label files, also in folders below it.

        Columns: ``id, participant, text, group`` (depressed from PHQ-8 ≥ 10, else healthy), ``phq8, gender`` (as the
        file has it), ``split, speaker, start_s, stop_s, n_words``. Left out are transcribers' comments, markers, turns
        without words, and turns within the two documented interruptions. Participants without a transcript or a score
        are listed in `emotopy.records.dataset_info.left_out_of(frame)`; `notes_of(frame)` says what else to know.

        Raises InputError for an absent folder, damaged files, or nobody left.
        """
        transcripts = find_transcripts(source)
        labels = read_labels(source, LABEL_FILES)
        notes = _notes(transcripts.keys() & labels.by_participant.keys(), self.speakers)

        def read(who: str, path: Path) -> Session:
            return _session(who, path, self.speakers)

        return assemble(CARD, labels, transcripts, read, self.unit_text, notes)


@hookimpl
def register_datasets() -> Mapping[str, Factory[Dataset]]:
    """Offer `daic-woz`."""
    return {"daic-woz": DaicWozDataset}


def _notes(loaded: set[str], speakers: Speakers) -> list[str]:
    notes = []
    if speakers != "participant":
        notes.append(
            "The table includes the turns of the interviewer, whose questions depend on the diagnosis. "
            "Groups that differ in these turns need not differ in what participants say (Burdisso et "
            "al. 2024, arXiv 2404.14463)."
        )
        if without := sorted(loaded & set(NO_INTERVIEWER)):
            notes.append(f"The transcripts of {', '.join(without)} lack the interviewer's turns (documentation).")
    if shifted := sorted(loaded & set(MISTIMED)):
        notes.append(
            f"start_s and stop_s of {', '.join(shifted)} are known not to match the audio; the words aren't affected."
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
        hint = "; if this is E-DAIC, load it as e-daic" if "," in lines[0] else ""
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
