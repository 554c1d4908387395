"""Texts, keys, names, paths and times that may stand in no file: planted before a stage writes, looked for afterwards.

No message repeats what was found: it says of what kind it is, and in which file.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs

from emotopy.testing.file_layers import Layer, readable, unpacked

PIECE = 12
"""A leaked stretch of a text is noticed from 2 · `PIECE` − 1 characters on, and any word that only texts hold."""
EPOCH = 981_173_106
"""What `SOURCE_DATE_EPOCH` says while a stage writes: 3 February 2001, 04:05:06 UTC."""
CANARIES = {
    "EMOTOPY_TEST_API_KEY": "sk-zyxxkey7f3a9c51d2e84b60",
    "USER": "zyxxusername",
    "LOGNAME": "zyxxusername",
    "USERNAME": "zyxxusername",
    "SOURCE_DATE_EPOCH": str(EPOCH),
}
"""The environment while a stage writes: a key and a user's name that nobody has, and the time that files may have."""
_KEY = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL")
_COMMON = {"localhost", "debian", "ubuntu", "fedora", "docker", "linux", "macbook", "windows", "server", "runner"}


@attrs.frozen
class Leak:
    """Something that a file holds and may not: what kind of thing, and where in which file."""

    what: str
    place: str


@attrs.frozen
class Found:
    """The leaks in some files, and what of the files couldn't be looked into."""

    leaks: list[Leak]
    unread: list[str]


@contextlib.contextmanager
def planted() -> Iterator[None]:
    """Run the block with the canaries in the environment."""
    before = {name: os.environ.get(name) for name in CANARIES}
    os.environ.update(CANARIES)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def texts_in(files: Mapping[str, bytes], texts: Sequence[str], words: Sequence[str] = ()) -> Found:
    """Look for texts, whole or a stretch of them, and for words that only they hold, in files and all within them."""
    pieces = {piece for text in texts for piece in pieces_of(text)}
    hidden = [word.casefold() for word in words]

    def leaks(_: Layer, text: str) -> Iterator[str]:
        if any(word in text for word in hidden) or any(piece in text for piece in pieces):
            yield "an input text, or a part of one"

    return _searched(files, leaks)


def pieces_of(text: str) -> list[str]:
    """Return pieces of a text of which every long stretch of it holds one whole; a short text is its own piece.

    >>> pieces_of("What a disgusting smell in the kitchen")
    ['what a disgu', 'sting smell ', 'in the kitch']
    """
    whole = " ".join(text.split()).casefold()
    if len(whole) < 2 * PIECE:
        return [whole] if len(whole) >= PIECE else []
    return [whole[i : i + PIECE] for i in range(0, len(whole) - PIECE + 1, PIECE)]


def traces_of_this_machine(files: Mapping[str, bytes], folder: Path) -> Found:
    """Look for the path of the folder, of the home and of this interpreter, for keys, the user's and host's name."""
    places = {folder, folder.resolve(), Path.home(), Path.cwd(), Path(sys.prefix), Path(tempfile.gettempdir())}
    paths = {f"{place}{os.sep}".casefold() for place in places if len(str(place)) > 1}
    keys = {value for name, value in os.environ.items() if _KEY.search(name.upper()) and len(value) >= PIECE}
    secrets = {
        "a key from the environment": {CANARIES["EMOTOPY_TEST_API_KEY"], *keys},
        "the user's name": {CANARIES["USER"]},
    }
    host = socket.gethostname().casefold()
    host_name = re.compile(rf"(?<![\w-]){re.escape(host)}(?![\w-])") if len(host) > 4 and host not in _COMMON else None

    def leaks(_: Layer, text: str) -> Iterator[str]:
        if any(path in text for path in paths):
            yield "an absolute path"
        for what, values in secrets.items():
            if any(value.casefold() in text for value in values):
                yield what
        if host_name is not None and host_name.search(text):
            yield "the name of this machine"

    return _searched(files, leaks)


def times_in(files: Mapping[str, bytes], started: float, ended: float) -> Found:
    """Look for times from `started` to `ended` (seconds since 1970), and for dates of these days, as text or within."""
    moments = [datetime.fromtimestamp(second, zone) for second in (started, ended) for zone in (UTC, None)]
    dates = {form for moment in moments for form in _dates(moment)}
    nearly = timedelta(seconds=3).total_seconds()
    wall = [moment.replace(tzinfo=UTC).timestamp() for moment in moments]
    stamps = re.compile(r"(?<!\d)\d{10}(?!\d)")

    def leaks(layer: Layer, text: str) -> Iterator[str]:
        if layer.time is not None and any(abs(layer.time - moment) <= nearly for moment in wall):
            yield "the time of writing as that of an archive's member"
        if any(date in text for date in dates):
            yield "the date of writing"
        if any(started - nearly <= int(stamp) <= ended + nearly for stamp in stamps.findall(text)):
            yield "the time of writing in seconds"

    return _searched(files, leaks)


def _dates(moment: datetime) -> list[str]:
    day, month, year = moment.day, moment.month, moment.year
    forms = [f"{year}-{month:02d}-{day:02d}", f"{year}{month:02d}{day:02d}", f"{day:02d}/{month:02d}/{year}"]
    forms += [f"{month:02d}/{day:02d}/{year}", f"{day:02d}.{month:02d}.{year}", f"{year}/{month:02d}/{day:02d}"]
    for name in ("%b", "%B"):
        word = moment.strftime(name)
        for number in (str(day), f"{day:02d}"):
            forms += [f"{number} {word} {year}", f"{number}. {word} {year}", f"{word} {number}, {year}"]
        forms.append(f"{word} {day} {moment:%H:%M}")
    return [form.casefold() for form in forms]


def _searched(files: Mapping[str, bytes], leaks: Callable[[Layer, str], Iterator[str]]) -> Found:
    found = Found([], [])
    for name, data in files.items():
        content = unpacked(name, data)
        found.unread.extend(content.unread)
        for layer in content.layers:
            found.leaks.extend(Leak(what, layer.place) for what in leaks(layer, readable(layer.data)))
        found.leaks.extend(Leak(f"{what} in its name", name) for what in leaks(Layer(name, b""), name.casefold()))
    return found
