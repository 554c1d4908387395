"""Data set `e-daic`, the extended DAIC: 275 interviews, the new ones led by a program without a human behind it.

DeVault et al. (2014), Ringeval et al. (2019, AVEC). By agreement with USC: never fetched, and the table is marked as
confidential. Official layout: `300_P/300_Transcript.csv` (commas: Start_Time, End_Time, Text, Confidence), labels
`train_split.csv`, `dev_split.csv`, `test_split.csv`, there or in `labels/`. Holds all sessions of DAIC-WOZ again, with
other transcripts: take one of the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from emotopy.errors import InputError
from emotopy.hookspecs import hookimpl
from emotopy.readers.delimited import named, read_delimited
from emotopy.readers.numeric_columns import numbers
from emotopy.readers.text_io import read_text
from emotopy.records.dataset_info import DatasetCard
from emotopy.roles import Dataset, Factory
from emotopy_plugins.datasets.common import check_choice, write_example
from emotopy_plugins.datasets.daic import (
    COLUMNS,
    MAP_COLUMNS,
    UNIT_TEXTS,
    Session,
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
    name="e-daic",
    title="E-DAIC",
    cite="Ringeval et al. (2019), AVEC 2019 workshop and challenge, arXiv 1907.11510",
    licence="by agreement with the University of Southern California; not to be passed on",
    home="https://dcapswoz.ict.usc.edu",
    language="en",
    rows="turns",
    columns=COLUMNS,
    map_columns=MAP_COLUMNS,
    confidential=True,
)
LABEL_FILES = (("train", "train_split.csv"), ("dev", "dev_split.csv"), ("test", "test_split.csv"))
HEADER = ["start_time", "end_time", "text"]
UNNAMED = (
    "The transcripts were made by speech recognition and name no speaker. They should contain the "
    "words of the participant, but may include prompts of the interviewer that the microphone recorded."
)


_HEADER = "Start_Time,End_Time,Text,Confidence\n"
EXAMPLE = {
    "600_P/600_Transcript.csv": f"{_HEADER}1.0,2.0,i can't sleep,0.9\n3.0,4.5,and i am tired all day,0.8\n",
    "601_P/601_Transcript.csv": f"{_HEADER}1.0,2.0,my week was fine,0.9\n",
    "labels/train_split.csv": "Participant_ID,Gender,PHQ_Binary,PHQ_Score\n600,female,1,12\n601,male,0,2\n",
}
"""Made up: nobody said this."""


@attrs.define(eq=False, slots=False)
class EDaicDataset:
    """E-DAIC, the extended DAIC (AVEC 2019): like daic-woz, but from automatic transcripts. Confidential.

    Parameters
    ----------
    unit_text : {"turn", "chunk", "interview"}, default "turn"
        Unit of a row: a turn, a chunk of up to 300 characters divided between words (arXiv 2508.09337), or the
        interview.
    """

    card = CARD

    unit_text: UnitText = "turn"

    def __attrs_post_init__(self) -> None:
        check_choice(self.unit_text, UNIT_TEXTS, "unit_text")
        self.card = attrs.evolve(CARD, rows=f"{self.unit_text}s")

    def recognises(self, source: Path) -> bool:
        """Whether the folder `source`, or one in it, holds the label files."""
        return holds_labels(source, LABEL_FILES)

    def example(self, folder: Path) -> Path:
        """Write two made-up sessions into `folder`; return it."""
        return write_example(folder, EXAMPLE)

    def load(self, source: Path) -> pd.DataFrame:
        """Load the transcripts of the participants who have a PHQ-8 score; columns and errors as of `daic-woz`.

        The transcripts name no speaker; the column `speaker` says `participant` throughout.
        """
        transcripts = find_transcripts(source)
        labels = read_labels(source, LABEL_FILES)
        return assemble(CARD, labels, transcripts, lambda _, path: _session(path), self.unit_text, [UNNAMED])


@hookimpl
def register_datasets() -> Mapping[str, Factory[Dataset]]:
    """Offer `e-daic`."""
    return {"e-daic": EDaicDataset}


def _session(path: Path) -> Session:
    content = read_text(path)
    if not content.strip():
        return Session(())
    frame = read_delimited(content, ",", path.name)
    frame = frame.set_axis([str(column).lower() for column in frame.columns], axis=1)
    if missing := [name for name in HEADER if name not in frame.columns]:
        hint = "; if this is DAIC-WOZ, load it as daic-woz" if "speaker" in frame.columns else ""
        raise InputError(
            f"{path.name}: wanted the columns Start_Time, End_Time, Text, Confidence, missing: "
            f"{', '.join(missing)}{hint}; columns: {named(list(frame.columns))}",
            file=path.name,
            column=missing[0],
            wanted="the columns Start_Time, End_Time, Text, Confidence",
            got=f"the columns {named(list(frame.columns))}",
        )
    filled = frame[frame["text"].str.strip() != ""]
    starts, stops = numbers(filled, "start_time", path.name), numbers(filled, "end_time", path.name)
    texts = [without_comments(text) for text in filled["text"]]
    turns = [
        Turn("participant", text, start, stop) for text, start, stop in zip(texts, starts, stops, strict=True) if text
    ]
    return Session(turns, len(frame) - len(turns))
