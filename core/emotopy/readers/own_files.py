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


def load_chat(path: str | Path, *, date_format: str | None = None) -> pd.DataFrame:
    r"""Load a chat as WhatsApp, Telegram or Slack export it.

    Messages of the program, media without text, deleted and forwarded messages are left out and counted
    (`emotopy.records.left_out_of`).

    Parameters
    ----------
    path : str or Path
        WhatsApp's text file, Telegram's ``result.json``, Slack's folder of days or one of its files.
    date_format : {"day-first", "month-first"}, optional
        How WhatsApp's dates are written, where they leave a doubt.

    Returns
    -------
    pandas.DataFrame
        A row per message: ``id, time, speaker, text``; marked as confidential. Times are UTC where the export says so
        (Telegram, Slack), else those of the device that exported it.

    Raises
    ------
    InputError
        The file isn't a chat of one of these programs, or its dates leave a doubt.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "chat.txt"
    ...     _ = path.write_text("31/12/2024, 23:59 - Ada: Happy new year!\n", "utf-8")
    ...     chat = load_chat(path)
    >>> chat[["speaker", "text"]].to_dict("records")
    [{'speaker': 'Ada', 'text': 'Happy new year!'}]
    """
    path = Path(path)
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


def load_transcript(path: str | Path) -> pd.DataFrame:
    r"""Load a transcript: SubRip, WebVTT, or lines such as ``Anna: hello``, with times or without.

    Sounds such as [music] are left out and counted (`emotopy.records.left_out_of`).

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    pandas.DataFrame
        A row per caption or turn: ``id``, ``time`` (seconds from the beginning, missing where the file has none),
        ``speaker`` (missing where the file names none), ``text``; marked as confidential.

    Raises
    ------
    InputError
        The file isn't a transcript in one of these forms.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "talk.txt"
    ...     _ = path.write_text("Anna: Hello.\nBen: I was afraid.\n", "utf-8")
    ...     talk = load_transcript(path)
    >>> talk[["speaker", "text"]].to_dict("records")
    [{'speaker': 'Anna', 'text': 'Hello.'}, {'speaker': 'Ben', 'text': 'I was afraid.'}]
    """
    path = Path(path)
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
