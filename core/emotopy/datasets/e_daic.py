"""E-DAIC, the extended DAIC: 275 interviews, of which the new ones were led by a program without a human behind it.

DeVault et al. (2014), Ringeval et al. (2019, AVEC). By agreement with USC: never fetched, and the table is marked as
confidential. Official layout: `300_P/300_Transcript.csv` (commas: Start_Time, End_Time, Text, Confidence), labels
`train_split.csv`, `dev_split.csv`, `test_split.csv`, there or in `labels/`. Holds all sessions of DAIC-WOZ again, with
other transcripts: take one of the two.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emotopy.datasets.daic import Session, Turn, UnitText, assemble, find_transcripts, read_labels, without_comments
from emotopy.datasets.dataset_info import Card
from emotopy.errors import InputError
from emotopy.readers.delimited import named, read_delimited
from emotopy.readers.numeric_columns import numbers
from emotopy.readers.text_io import read_text

if TYPE_CHECKING:
    import pandas as pd

CARD = Card(
    name="e-daic",
    title="E-DAIC",
    cite="Ringeval et al. (2019), AVEC 2019 workshop and challenge, arXiv 1907.11510",
    licence="by agreement with the University of Southern California; not to be passed on",
    home="https://dcapswoz.ict.usc.edu",
)
LABEL_FILES = (("train", "train_split.csv"), ("dev", "dev_split.csv"), ("test", "test_split.csv"))
HEADER = ["start_time", "end_time", "text"]
UNNAMED = (
    "The transcripts were made by a machine and name no speaker. They are meant to be the participant's words; where "
    "the microphone caught the interviewer, prompts may be among them."
)


def load_e_daic(folder: Path, *, unit_text: UnitText = "turn") -> pd.DataFrame:
    """Load the transcripts of the participants who have a PHQ-8 score; columns and errors as `load_daic_woz`.

    The transcripts name no speaker; the column `speaker` says `participant` throughout.
    """
    transcripts = find_transcripts(folder)
    labels = read_labels(folder, LABEL_FILES)
    return assemble(CARD, labels, transcripts, lambda _, path: _session(path), unit_text, [UNNAMED])


def _session(path: Path) -> Session:
    content = read_text(path)
    if not content.strip():
        return Session(())
    frame = read_delimited(content, ",", path.name)
    frame = frame.set_axis([str(column).lower() for column in frame.columns], axis=1)
    if missing := [name for name in HEADER if name not in frame.columns]:
        hint = "; is this DAIC-WOZ? Then load it as daic-woz" if "speaker" in frame.columns else ""
        raise InputError(
            f"{path.name}: wanted the columns Start_Time, End_Time, Text, Confidence, {', '.join(missing)} isn't "
            f"there{hint}; columns: {named(list(frame.columns))}",
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
