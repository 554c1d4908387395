"""Reading text files that a user names: bounded, UTF-8, with errors that say which line."""

from __future__ import annotations

import hashlib
from pathlib import Path

from emotopy.readers.text_io import MAX_LINE_MB, decode, read_bounded

MAX_BYTES = 64 << 20
"""Largest word list that is read; the largest that we know has about 4 MB."""


def read_text(path: Path, max_bytes: int = MAX_BYTES, *, max_line_mb: float = MAX_LINE_MB) -> tuple[str, str]:
    """Return a file's text, without byte-order mark, and the SHA-256 of its bytes.

    Raises InputError for a file that can't be read, is larger than `max_bytes`, holds a line above `max_line_mb`,
    or isn't UTF-8.
    """
    content = read_bounded(path, max_bytes)
    return decode(content, path.name, max_line_mb=max_line_mb), hashlib.sha256(content).hexdigest()
