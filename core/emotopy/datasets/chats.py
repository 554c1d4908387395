"""Chats of your own, as WhatsApp, Telegram and Slack export them: a row a message.

They are private, mostly also to others than whoever exported them: the table is marked as confidential.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emotopy.datasets.dataset_info import Card, LeftOut, with_remarks
from emotopy.readers.chats import read_chat
from emotopy.readers.confidential import mark

if TYPE_CHECKING:
    import pandas as pd

CARD = Card(
    name="chat",
    title="A chat",
    cite="your own export",
    licence="private, as its writers agreed",
    home="an export of yours",
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
