"""Text files of public data sets: of bounded size, in UTF-8, errors with file and line."""

from __future__ import annotations

from pathlib import Path

from emotopy.errors import InputError

MOST_BYTES = 512 << 20
"""The largest file of the data sets read here has about 4 MB; a file of another order is something else."""


def read_text(path: Path, *, most_bytes: int = MOST_BYTES) -> str:
    r"""Return the text of a UTF-8 file, without a byte-order mark; lines end with ``\n``.

    Raises InputError for a file that can't be read, holds more than `most_bytes`, or isn't UTF-8 (names the line).
    """
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}") from error
    if len(data) > most_bytes:
        raise InputError(f"{path.name}: wanted a file of up to {most_bytes:,} bytes, got a larger one")
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path.name}, line {line}: byte 0x{error.object[error.start]:02x} is not UTF-8") from error
    return content.replace("\r\n", "\n")
