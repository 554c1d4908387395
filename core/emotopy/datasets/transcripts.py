"""Transcripts of your own, of interviews, sessions, meetings: a row a turn.

They are private: the table is marked as confidential.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emotopy.datasets.dataset_info import Card, LeftOut, with_remarks
from emotopy.readers.confidential import mark
from emotopy.readers.transcripts import read_transcript

if TYPE_CHECKING:
    import pandas as pd

CARD = Card(
    name="transcript",
    title="A transcript",
    cite="your own recording",
    licence="private, as its speakers agreed",
    home="a file of yours",
)


def load_transcript(path: Path) -> pd.DataFrame:
    """Load a transcript: SubRip, WebVTT, or lines such as `Anna: hello`, with times or without.

    Columns: ``id, time`` (seconds from the beginning, missing where the file has none), ``speaker`` (missing where the
    file names none), ``text``, confidential. A caption, or a speaker's turn, is a row; sounds such as [music] are left
    out and counted.

    Raises InputError as `transcripts.read_transcript` does.
    """
    import pandas as pd

    transcript = read_transcript(path)
    frame = pd.DataFrame(
        {
            "id": [f"{number:06d}" for number in range(1, len(transcript.turns) + 1)],
            "time": pd.array([turn.onset_s for turn in transcript.turns], dtype="Float64").astype("float64"),
            "speaker": pd.array([turn.speaker for turn in transcript.turns], dtype="string"),
            "text": [turn.text for turn in transcript.turns],
        }
    )
    left_out = [LeftOut(f"{n:,} {what}", "nothing that was said") for what, n in transcript.left_out.items()]
    return mark(with_remarks(frame, left_out, transcript.notes))
