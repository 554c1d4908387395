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
    return decode(read_bounded(path, most_bytes), path.name).replace("\r\n", "\n")


def read_bounded(path: Path, most_bytes: int) -> bytes:
    """Return the bytes of a file; raises InputError where it can't be read or holds more than `most_bytes`."""
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
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


def decode(data: bytes, name: str, encoding: str = "utf-8-sig") -> str:
    """Return the text of bytes; raises InputError that names the file `name` and the line where they don't decode."""
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
