"""Text files of public data sets: of bounded size, in UTF-8, errors with file and line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from emotopy.errors import InputError

MOST_BYTES = 512 << 20
"""The largest file of the data sets read here has about 4 MB; a file of another order is something else."""
_AT_ONCE = 1 << 20
MAX_LINE_MB = 16.0
"""The longest line of a text file that is given to a parser: a book has 1 MB."""


def read_text(path: str | Path, *, most_bytes: int = MOST_BYTES, max_line_mb: float = MAX_LINE_MB) -> str:
    r"""Return the text of a UTF-8 file, without a byte-order mark; lines end with ``\n``.

    Parameters
    ----------
    path : str or Path
        The file.
    most_bytes : int, default 512 MiB
        Largest file that is read.
    max_line_mb : float, default 16
        Longest line, in MiB.

    Returns
    -------
    str
        Its text.

    Raises
    ------
    InputError
        The file can't be read, is too large, has a line that is too long, or isn't UTF-8; the error names the line.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "notes.txt"
    ...     _ = path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\r\n")
    ...     read_text(path)
    'one\ntwo\n'
    """
    path = Path(path)
    return decode(read_bounded(path, most_bytes), path.name, max_line_mb=max_line_mb).replace("\r\n", "\n")


def check_lines(data: bytes, name: str, max_line_mb: float = MAX_LINE_MB) -> None:
    """Raise InputError that names the first line above `max_line_mb` (2^20 bytes each), before anything parses it."""
    most, at = int(max_line_mb * 2**20), 0
    while len(data) - at > most:
        window = at, at + most + 1
        end = data.rfind(b"\n", *window)
        if end < 0 and (end := data.rfind(b"\r", *window)) < 0:
            raise InputError.at(
                name,
                line=data.count(b"\n", 0, at) + 1,
                wanted=f"lines of up to {max_line_mb:g} MB",
                got="a longer one",
                advice="write one record, or one text, per line",
            )
        at = end + 1


def read_bounded(path: Path, most_bytes: int) -> bytes:
    """Return the bytes of a file; raises InputError where it can't be read or holds more than `most_bytes`."""
    try:
        with path.open("rb") as file:
            data = _read(file, most_bytes + 1)
    except OSError as error:
        raise InputError(
            f"{path.name} can't be read: {error.strerror}",
            file=path.name,
            wanted="a file that can be read",
            got=str(error.strerror),
        ) from error
    if len(data) > most_bytes:
        raise InputError(
            f"{path.name}: wanted a file of up to {most_bytes:,} bytes, got a larger one",
            file=path.name,
            wanted=f"up to {most_bytes:,} bytes",
            got="a larger one",
        )
    return data


def _read(file: BinaryIO, most_bytes: int) -> bytes:
    """Return up to `most_bytes` of a file; `read(n)` claims n bytes of memory beforehand, however small the file is."""
    size = os.fstat(file.fileno()).st_size
    data = file.read(min(size + 1, most_bytes))
    if len(data) <= size or len(data) == most_bytes:
        return data
    found = bytearray(data)  # it grows, or is no file but a pipe
    while len(found) < most_bytes and (more := file.read(min(most_bytes - len(found), _AT_ONCE))):
        found += more
    return bytes(found)


def decode(data: bytes, name: str, encoding: str = "utf-8-sig", *, max_line_mb: float = MAX_LINE_MB) -> str:
    """Return the text of bytes.

    Raises InputError that names the file `name` and the line where they don't decode, or which is above `max_line_mb`.
    """
    check_lines(data, name, max_line_mb)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1  # `object` is `data` without a byte-order mark
        wanted = encoding.removesuffix("-sig").upper()
        got, advice = f"byte 0x{error.object[error.start]:02x}", "save the file as UTF-8"
        raise InputError(
            f"{name}, line {line}: {got} is not {wanted}; {advice}",
            file=name,
            row=line,
            wanted=wanted,
            got=got,
            advice=advice,
        ) from error
