"""What a server says when it refuses: its words, its code and the wait it asks for, out of any form of body.

OpenAI sends `{"error": {"message": ..., "code": ...}}`. Others send a string there, a list of such objects (Gemini), a
`detail` that may be a list (FastAPI), a bare `message`, plain text, or a page of HTML; a gateway may put the body that
it got into a string of its own; and some send any of these with HTTP 200.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

import attrs

_LONGEST_BODY = 100_000
"""Bytes of a body that are looked at: what a server has to say is shorter, an answer with vectors isn't."""

_DEEPEST = 6
"""How many objects, lists and strings with JSON in them may lie around a server's words."""


@attrs.frozen
class ServerWords:
    """What a server said; empty strings and None for what it didn't. `status` is one that the body names."""

    message: str = ""
    code: str = ""
    status: int | None = None
    wait_s: float | None = None


def read_words(content: bytes) -> ServerWords:
    """Return what the body of a refusal says; never raises.

    >>> read_words(b'[{"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED"}}]')
    ServerWords(message='Quota exceeded', code='RESOURCE_EXHAUSTED', status=429, wait_s=None)
    """
    text = content[:_LONGEST_BODY].decode("utf-8", errors="replace").strip()
    body = _json(text)
    if body is None and text.startswith(("{", "[")):
        return _waiting(_words_of_cut(text))
    if body is None or isinstance(body, str):
        return _waiting(ServerWords(_plain(body or text)))
    return _waiting(_words(body, _DEEPEST))


def refusal_in(content: bytes, keys: tuple[str, ...] = ("data", "choices")) -> ServerWords | None:
    """Return what a body sent with HTTP 200 refuses; None for one that answers, and for one that isn't understood.

    An answer has something under one of `keys`. A choice may hold an error, too (OpenRouter).
    """
    if len(content) > _LONGEST_BODY:
        return None
    body = _json(content.decode("utf-8", errors="replace").strip())
    if isinstance(body, list) and body and isinstance(body[0], dict) and body[0].get("error"):
        body = body[0]
    if not isinstance(body, dict):
        return None
    for choice in body["choices"] if isinstance(body.get("choices"), list) else []:
        if isinstance(choice, dict) and choice.get("error"):
            return _waiting(_words({"error": choice["error"]}, _DEEPEST))
    if any(body.get(key) for key in keys):
        return None
    is_refusal = body.get("error") or body.get("object") == "error" or any(body.get(key) for key in _MESSAGES)
    words = _words(body, _DEEPEST) if is_refusal or "base_resp" in body else None
    return _waiting(words) if words and words.message else None


def wait_in_words(message: str) -> float | None:
    """Return the seconds that a message asks to wait: "try again in 1m9.696s", "retry after 3 seconds", "in 644ms".

    >>> wait_in_words("Please try again in 1m9.5s. Visit ...")
    69.5
    """
    match = _WAIT.search(message)
    return None if match is None else _seconds(match[1])


_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = r"[0-9]{1,9}(?:\.[0-9]{1,12})?\s?(?:ms|milliseconds?|h(?:ours?)?|m(?:in(?:ute)?s?)?|s(?:ec(?:ond)?s?)?)\b"
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s?([a-z]+)", re.IGNORECASE)
_WAIT = re.compile(
    r"\b(?:try again|retry|wait)(?:\s(?:in|after|for|at least)){0,2}\s"
    rf"((?:[0-9]{{1,4}}(?:h|m)\s?){{0,2}}{_DURATION})",
    re.IGNORECASE,
)


def _seconds(duration: str) -> float:
    total = 0.0
    for number, unit in _PART.findall(duration):
        total += float(number) * _UNITS["ms" if unit.lower().startswith(("ms", "milli")) else unit[0].lower()]
    return total


def _waiting(words: ServerWords) -> ServerWords:
    return words if words.wait_s is not None else attrs.evolve(words, wait_s=wait_in_words(words.message))


_MESSAGES = ("message", "msg", "detail", "details", "error_message", "status_msg", "error_description")
_CODES = ("code", "type", "error_type", "status", "error_code")


def _words(value: Any, depth: int) -> ServerWords:
    """Return what a value says, found in whatever lies around it."""
    if isinstance(value, str):
        nested = _json(value) if depth > 0 and value.lstrip().startswith(("{", "[")) else None
        return _words(nested, depth - 1) if isinstance(nested, (dict, list)) else ServerWords(_plain(value))
    if depth <= 0 or not value:
        return ServerWords()
    if isinstance(value, list):
        return _first_of_list(value, depth)
    return _words_of_object(value, depth) if isinstance(value, dict) else ServerWords()


def _words_of_object(value: Mapping[str, Any], depth: int) -> ServerWords:
    inner = [_words(value[key], depth - 1) for key in ("error", "errors", "base_resp") if value.get(key)]
    inner += [_words(value[key], depth - 1) for key in _MESSAGES if isinstance(value.get(key), (str, list, dict))]
    said = list(dict.fromkeys(one.message for one in inner if one.message))
    said = [one for one in said if not any(one != other and one in other for other in said)]
    metadata = value.get("metadata")
    if isinstance(metadata, dict) and metadata.get("raw"):  # OpenRouter: the words of the server behind it
        said.append(_words(metadata["raw"], depth - 1).message)
    numbers = [value.get(key) for key in ("code", "status", "status_code")]
    own = [number for number in numbers if type(number) is int and 400 <= number < 600]
    own += [int(number) for number in numbers if isinstance(number, str) and re.fullmatch("[45][0-9]{2}", number)]
    codes = [value[key] for key in _CODES if isinstance(value.get(key), str) and not value[key].isdigit()]
    waits = [*_retry_delays(value), *(one.wait_s for one in inner if one.wait_s is not None)]
    return ServerWords(
        ": ".join(said[:3]),
        next((code for code in [*(one.code for one in inner), *codes] if code), ""),
        next((number for number in [*own, *(one.status for one in inner)] if number), None),
        max(waits, default=None),
    )


def _first_of_list(values: list[Any], depth: int) -> ServerWords:
    """Return what the first three members of a list say, as one; FastAPI tells of every wrong field in one of them.

    Such a member holds the input that was wrong, too, which is the user's and isn't shown.
    """
    all_words = []
    for value in values[:3]:
        words = _words(value, depth - 1)
        where = value.get("loc") if isinstance(value, dict) else None
        if isinstance(where, list) and words.message:
            place = ".".join(str(part) for part in where if isinstance(part, (str, int)))
            words = attrs.evolve(words, message=f"{place[:60]}: {words.message}")
        all_words.append(words)
    waits = [words.wait_s for words in all_words if words.wait_s is not None]
    return ServerWords(
        "; ".join(dict.fromkeys(words.message for words in all_words if words.message)),
        next((words.code for words in all_words if words.code), ""),
        next((words.status for words in all_words if words.status), None),
        max(waits, default=None),
    )


_CUT_MEMBER = re.compile(r'(?<!\\)"([a-z_]{2,20})"\s*:\s*"((?:[^"\\]|\\.){0,2000})"')


def _words_of_cut(text: str) -> ServerWords:
    """Return what JSON that breaks off says: the members that hold a server's words and codes, wherever they stand.

    The rest may be what was sent, and isn't shown.
    """
    members = [(name, _json(f'"{value}"')) for name, value in _CUT_MEMBER.findall(text)]
    said = [" ".join(value.split()) for name, value in members if name in _MESSAGES and value]
    codes = [value for name, value in members if name in _CODES and value and not value.isdigit()]
    return ServerWords("; ".join(list(dict.fromkeys(said))[:3]), codes[0] if codes else "")


def _retry_delays(value: Mapping[str, Any]) -> Iterator[float]:
    """Yield the waits of Google's `RetryInfo`, which stands among the details of an error."""
    details = value.get("details")
    for detail in [value, *(details[:20] if isinstance(details, list) else [])]:
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str) and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?s", delay):
            yield float(delay[:-1])


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


_TITLE = re.compile(r"<title[^<>]*>([^<>]*)", re.IGNORECASE)
_UNSEEN = re.compile(r"<(?:script|style)\b.*?(?:</(?:script|style)>|$)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>")


def _plain(text: str) -> str:
    """Return text in one line; of a page of HTML its title, or else its words."""
    if re.match(r"\s*<(?:!doctype|html|head|body|title|h1|center)\b", text, re.IGNORECASE):
        title = _TITLE.search(text)
        text = unescape(title[1] if title and title[1].strip() else _TAG.sub(" ", _UNSEEN.sub(" ", text)))
    return " ".join(text.split())
