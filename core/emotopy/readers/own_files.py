"""Chats and transcripts of your own as tables: a row a message, a row a turn.

They are private, mostly also to others than whoever exported or recorded them: the tables are marked as confidential.
These are forms of files, read by `emotopy data chat` and `transcript`; named data sets come from plugins.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emotopy.readers.chats import read_chat
from emotopy.readers.confidential import mark
from emotopy.readers.transcripts import read_transcript
from emotopy.records.dataset_info import DatasetCard, LeftOut, with_remarks

if TYPE_CHECKING:
    import pandas as pd

CHAT = DatasetCard(
    name="chat",
    title="A chat",
    cite="your own export",
    licence="private; the consent of its writers applies",
    home="an export of yours",
    language="any",
    rows="messages",
    confidential=True,
)
TRANSCRIPT = DatasetCard(
    name="transcript",
    title="A transcript",
    cite="your own recording",
    licence="private; the consent of its speakers applies",
    home="a file of yours",
    language="any",
    rows="turns",
    confidential=True,
)


def load_chat(path: Path, *, date_format: str | None = None) -> pd.DataFrame:
    """Load a chat: WhatsApp's text, Telegram's `result.json`, Slack's folder of JSON days or one of its files.

    `date_format` is ``day-first`` or ``month-first``, for dates of WhatsApp that leave a doubt.

    Columns: ``id, time, speaker, text``, confidential. Times are UTC where the export says so (Telegram, Slack), else
    the clock of whoever exported it. What the program wrote, media without text, deleted and forwarded messages are
    left out and counted.

    Raises InputError as `chats.read_chat` does.
    """
    import pandas as pd

    chat = read_chat(path, date_format=date_format)
    frame = pd.DataFrame(
        {
            "id": [message.id for message in chat.messages],
            "time": pd.to_datetime([message.time for message in chat.messages]),
            "speaker": [message.speaker for message in chat.messages],
            "text": [message.text for message in chat.messages],
        }
    )
    left_out = [LeftOut(f"{n:,} {what}", "no text of a speaker") for what, n in sorted(chat.left_out.items())]
    return mark(with_remarks(frame, left_out, chat.notes))


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
