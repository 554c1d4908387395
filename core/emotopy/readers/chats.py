"""Messages of chats, from the files that WhatsApp, Telegram and Slack export.

What people wrote is kept as they wrote it. What the programs put there (who joined, "<Media omitted>", deleted
messages) is no text of anybody's: it is left out and counted.
"""

from __future__ import annotations

from pathlib import Path

import attrs

from emotopy.errors import InputError
from emotopy.readers.chat_messages import FORMS, MOST_BYTES, Chat, load_json
from emotopy.readers.date_formats import ORDERS
from emotopy.readers.encodings import decode_detected
from emotopy.readers.slack import read_slack_file, read_slack_folder
from emotopy.readers.telegram import read_telegram
from emotopy.readers.text_io import MAX_LINE_MB, read_bounded
from emotopy.readers.whatsapp import read_whatsapp


def read_chat(path: Path, *, date_format: str | None = None, max_line_mb: float = MAX_LINE_MB) -> Chat:
    """Read an export; its form is told by its content.

    `date_format` is ``day-first``, ``month-first`` or ``year-first``, for dates of WhatsApp that leave a doubt.

    Raises InputError for files that can't be read, are of no known form (names them), hold no message, or a line above
    `max_line_mb`, or whose dates leave a doubt.
    """
    if date_format is not None and date_format not in ORDERS:
        raise InputError(
            f"date_format: wanted {', '.join(ORDERS)}, got {date_format!r}", wanted=", ".join(ORDERS), got=date_format
        )
    if path.is_dir():
        chat = read_slack_folder(path, max_line_mb=max_line_mb)
    else:
        content, notes = decode_detected(read_bounded(path, MOST_BYTES), path.name, max_line_mb=max_line_mb)
        if content.lstrip()[:1] in ("{", "["):
            value = load_json(content, path.name)
            chat = read_telegram(value, path.name) if isinstance(value, dict) else read_slack_file(value, path)
        else:
            chat = read_whatsapp(content, path.name, date_format)
        chat = attrs.evolve(chat, notes=(*notes, *chat.notes))
    if not chat.messages:
        counted = ", ".join(f"{n:,} {what}" for what, n in chat.left_out.items())
        raise InputError(
            f"{path.name} contains no message with text{f' ({counted} left out)' if counted else ''}; wanted {FORMS}",
            file=path.name,
            wanted=FORMS,
            got="no message with text",
        )
    return chat
