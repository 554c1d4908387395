"""Reading text files that a user names: bounded, UTF-8, with errors that say which line."""

from __future__ import annotations

import hashlib
from pathlib import Path

from emotopy.errors import InputError

MAX_BYTES = 64 << 20
"""Largest word list that is read; the largest that we know has about 4 MB."""


def read_text(path: Path, max_bytes: int = MAX_BYTES) -> tuple[str, str]:
    """Return a file's text, without byte-order mark, and the SHA-256 of its bytes.

    Raises InputError for a file that can't be read, is larger than `max_bytes`, or isn't UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except OSError as error:
        raise InputError(f"{path}: wanted a file to read, got: {error.strerror}; check the path") from None
    if len(content) > max_bytes:
        raise InputError(f"{path.name}: wanted a file of up to {max_bytes:,} bytes, got a larger one")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path.name}: line {line}: wanted UTF-8, got other bytes; save the file as UTF-8") from None
    return text, hashlib.sha256(content).hexdigest()
