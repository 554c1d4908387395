"""Chats that Slack exports: a folder a channel, a JSON file a day, and the names in `users.json`."""

from __future__ import annotations

import datetime as dt
import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from emotopy.errors import InputError
from emotopy.readers.cell_values import described
from emotopy.readers.chat_messages import (
    BLANK,
    DELETED,
    FORMS,
    MEDIA,
    MOST_BYTES,
    SYSTEM,
    Chat,
    Message,
    check_message,
    load_json,
    with_distinct_ids,
)
from emotopy.readers.encodings import decode_detected
from emotopy.readers.text_io import MAX_LINE_MB, read_bounded

MOST_FILES = 100_000
_WRITTEN = frozenset({None, "me_message", "thread_broadcast", "file_share", "file_comment"})
"""Subtypes of messages that a person wrote."""
_LINK = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")


def read_slack_folder(folder: Path, *, max_line_mb: float = MAX_LINE_MB) -> Chat:
    """Read a folder of JSON days: one channel, or the export with a folder a channel."""
    files = sorted(path for path in folder.rglob("*.json") if re.fullmatch(r"\d{4}-\d{2}-\d{2}", path.stem))
    if not files:
        raise InputError(
            f"{folder.name} contains no file such as 2024-12-31.json; wanted {FORMS}",
            file=folder.name,
            wanted=FORMS,
            got="no such file",
        )
    if len(files) > MOST_FILES:
        raise InputError(
            f"{folder.name}: wanted up to {MOST_FILES:,} files, got {len(files):,}",
            file=folder.name,
            wanted=f"up to {MOST_FILES:,} files",
            got=f"{len(files):,}",
        )
    days = []
    for path in files:
        content, _ = decode_detected(read_bounded(path, MOST_BYTES), path.name, max_line_mb=max_line_mb)
        days.append((path.parent.name, load_json(content, path.name), path.name))
    return _chat(days, _users(folder) or _users(folder.parent))


def read_slack_file(value: Any, path: Path) -> Chat:
    """Read one day of a channel, `value` of the file `path`, with the names that stand beside it or a folder above."""
    return _chat([(path.parent.name, value, path.name)], _users(path.parent))


def _users(folder: Path) -> dict[str, str]:
    """Return names by id, of the export's users.json where there is one, here or a folder above."""
    for path in (folder / "users.json", folder.parent / "users.json"):
        if path.is_file():
            content, _ = decode_detected(read_bounded(path, MOST_BYTES), path.name)
            people = load_json(content, path.name)
            if isinstance(people, list):
                return {
                    str(one["id"]): name
                    for one in people
                    if isinstance(one, dict) and "id" in one and (name := _named(one))
                }
    return {}


def _named(user: Mapping[str, Any]) -> str:
    profile = user.get("profile") if isinstance(user.get("profile"), dict) else user.get("user_profile")
    profile = profile if isinstance(profile, dict) else {}
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    return next((str(name).strip() for name in names if name and str(name).strip()), "")


def _chat(days: Iterable[tuple[str, Any, str]], users: Mapping[str, str]) -> Chat:
    days = list(days)
    channels = {channel for channel, _, _ in days} if len(days) > 1 else set()
    left_out: Counter[str] = Counter()
    messages = []
    nameless: set[str] = set()
    for channel, value, name in days:
        if not isinstance(value, list):
            raise InputError(
                f"{name}: wanted a list of messages; wanted {FORMS}", file=name, wanted=FORMS, got=type(value).__name__
            )
        for place, one in enumerate(value, start=1):
            check_message(one, name, place)
            if one.get("type", "message") != "message" or one.get("subtype") not in _WRITTEN or one.get("bot_id"):
                left_out[DELETED if one.get("subtype") == "tombstone" else SYSTEM] += 1
                continue
            text = _text(str(one.get("text") or ""), users)
            if not text.strip():
                left_out[MEDIA if one.get("files") or one.get("attachments") else BLANK] += 1
                continue
            who = str(one.get("user") or "unknown")
            speaker = users.get(who) or _named(one)
            if not speaker:
                nameless.add(who)
            stamp = str(one.get("ts", ""))
            prefix = f"{channel}/" if len(channels) > 1 else ""
            messages.append(Message(f"{prefix}{stamp}", _time(stamp, name, place), speaker or who, text))
    messages.sort(key=lambda message: message.time)  # stable
    notes = []
    if nameless:
        notes.append(
            f"Slack: {len(nameless)} speakers have no name, because users.json lacks them; their ids are used."
        )
    if len(channels) > 1:
        notes.append(f"Slack: {len(channels)} channels are in one table, with their name before the id.")
    return Chat(tuple(with_distinct_ids(messages)), dict(left_out), tuple(notes))


def _time(stamp: str, name: str, place: int) -> dt.datetime:
    try:
        return dt.datetime.fromtimestamp(float(stamp), tz=dt.UTC)
    except (ValueError, OverflowError, OSError):
        raise InputError(
            f"{name}, message {place}: wanted a stamp `ts` such as 1735689598.000100, got "
            f"{described(stamp)}; wanted {FORMS}",
            file=name,
            row=place,
            column="ts",
            wanted="a time stamp",
            got=described(stamp, quotes=False),
        ) from None  # the library's message quotes the file


def _text(text: str, users: Mapping[str, str]) -> str:
    """Return a text with names in place of ids, words in place of links, and its signs as they were typed."""

    def shown(match: re.Match[str]) -> str:
        kind, target, label = match.groups()
        sign = "@" if kind == "!" else kind
        if label:
            return sign + label.removeprefix(sign)
        return sign + (users.get(target, target) if kind == "@" else target)

    return html.unescape(_LINK.sub(shown, text))
