"""What the readers of chats share: messages, why they are left out, and the form of a message in JSON."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from emotopy.errors import InputError
from emotopy.readers.cell_values import described
from emotopy.records.reprs import counted, measured

FORMS = "a WhatsApp export (_chat.txt), Telegram's result.json, or Slack's folder of JSON days or one of its files"
MOST_BYTES = 512 << 20
"""The largest file that is read: some millions of messages."""
MOST_FILES = 100_000
SYSTEM, MEDIA, DELETED, FORWARDED, BLANK = (
    "messages of the program",
    "media without text",
    "deleted messages",
    "messages forwarded from others",
    "messages without text",
)
"""Why messages are left out."""


@attrs.frozen
class Message:
    """A message: who wrote what, and when (in UTC where the time has a zone)."""

    id: str
    time: dt.datetime
    speaker: str
    text: str = attrs.field(repr=measured)


@attrs.frozen
class Chat:
    """The messages of an export, in its order, how many were left out and why, and what was assumed."""

    messages: tuple[Message, ...] = attrs.field(repr=counted)
    left_out: Mapping[str, int]
    notes: tuple[str, ...] = ()


def load_json(content: str, name: str) -> Any:
    """Return what a JSON file holds; raises InputError that names the file."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} can't be read as JSON: {error}", file=name, wanted=FORMS, got="no JSON") from error


def check_message(one: Any, name: str, place: int) -> None:
    """Raise InputError unless a message is an object."""
    if not isinstance(one, dict):
        raise InputError(
            f"{name}, message {place}: wanted an object, got {described(one)}",
            file=name,
            row=place,
            wanted="an object",
            got=described(one, quotes=False),
        )


def with_distinct_ids(messages: Iterable[Message]) -> Iterator[Message]:
    """Give ids that stand several times a number."""
    seen: Counter[str] = Counter()
    for message in messages:
        seen[message.id] += 1
        n = seen[message.id]
        yield message if n == 1 else attrs.evolve(message, id=f"{message.id}/{n}")
