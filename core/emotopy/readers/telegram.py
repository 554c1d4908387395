"""Chats that Telegram exports as JSON: `result.json` of one chat, or of an account."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Any

import attrs

from emotopy.errors import InputError
from emotopy.readers.cell_values import described
from emotopy.readers.chat_messages import (
    BLANK,
    FORMS,
    FORWARDED,
    MEDIA,
    SYSTEM,
    Chat,
    Message,
    check_message,
    with_distinct_ids,
)


def read_telegram(value: Mapping[str, Any], name: str) -> Chat:
    """Read a chat that Telegram exported, or all chats of an account."""
    listed = value.get("chats")
    chats = listed.get("list") if isinstance(listed, dict) else [value]
    if not isinstance(chats, list) or not all(
        isinstance(chat, dict) and isinstance(chat.get("messages"), list) for chat in chats
    ):
        raise InputError(
            f'{name}: has no list "messages"; wanted {FORMS}', file=name, wanted=FORMS, got="no list of messages"
        )
    left_out: Counter[str] = Counter()
    messages: list[Message] = []
    people: dict[str, set[str]] = {}
    for number, chat in enumerate(chats, start=1):
        prefix = f"{number}/" if len(chats) > 1 else ""
        for place, one in enumerate(chat["messages"], start=1):
            check_message(one, name, place)
            if one.get("type", "message") != "message":
                left_out[SYSTEM] += 1
                continue
            if one.get("forwarded_from") or one.get("forwarded_from_id"):
                left_out[FORWARDED] += 1
                continue
            text = _text(one.get("text", ""), name, place)
            if not text.strip():
                left_out[MEDIA if {"photo", "file", "media_type"} & one.keys() else BLANK] += 1
                continue
            speaker = str(one.get("from") or one.get("from_id") or "unknown").strip()
            people.setdefault(speaker, set()).add(str(one.get("from_id", "")))
            messages.append(Message(f"{prefix}{one.get('id', place)}", _time(one, name, place), speaker, text))
    notes = [
        f"{name}: {len(ids)} people have the name {speaker!r}; they count as one speaker."
        for speaker, ids in people.items()
        if len(ids) > 1
    ]
    if len(chats) > 1:
        notes.append(f"{name} contains {len(chats)} chats; they are in one table, with their number before the id.")
    zones = {message.time.tzinfo is not None for message in messages}
    if len(zones) > 1:
        messages = [attrs.evolve(message, time=message.time.replace(tzinfo=None)) for message in messages]
        notes.append(f"{name}: some messages have Unix time, others only local time; they were put on one time axis.")
    return Chat(tuple(with_distinct_ids(messages)), dict(left_out), tuple(notes))


def _text(value: Any, name: str, place: int) -> str:
    """Return a text that is a string, or a list of strings and of objects with a key `text`."""
    parts = value if isinstance(value, list) else [value]
    words = [word for part in parts if isinstance(word := part.get("text") if isinstance(part, dict) else part, str)]
    if len(words) < len(parts):
        raise InputError(
            f"{name}, message {place}: wanted a text, or a list of texts, got {described(value)}",
            file=name,
            row=place,
            column="text",
            wanted="a text",
            got=described(value, quotes=False),
        )
    return "".join(words)


def _time(one: Mapping[str, Any], name: str, place: int) -> dt.datetime:
    try:
        if "date_unixtime" in one:
            return dt.datetime.fromtimestamp(int(one["date_unixtime"]), tz=dt.UTC)
        return dt.datetime.fromisoformat(str(one["date"]))
    except (KeyError, ValueError, OverflowError, TypeError, OSError):
        raise InputError(
            f"{name}, message {place}: wanted a date such as 2024-12-31T23:59:58, got {described(one.get('date'))}",
            file=name,
            row=place,
            column="date",
            wanted="a date",
            got=described(one.get("date"), quotes=False),
        ) from None  # the library's message quotes the file
