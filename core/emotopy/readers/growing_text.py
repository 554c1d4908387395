"""Lines of a text that is still being written: each once its line break is there, none before."""

from __future__ import annotations

import codecs
import os
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

from emotopy.errors import InputError

MOST_BYTES_OF_LINE = 16 << 20
"""A volume of 100,000 regions has about 2 MB."""
AT_ONCE = 1 << 16
POLL_S = 0.05
"""How often a file is looked at for more."""


def check_can_grow(path: Path) -> None:
    """Raise InputError for what isn't there or is a folder, before anything waits for it."""
    if not path.exists() or path.is_dir():
        got = "a folder" if path.is_dir() else "none"
        raise InputError.at(path.name, wanted="a file to follow", got=got, advice="check the path")


def file_chunks(path: Path, idle_s: float | None = None) -> Iterator[bytes]:
    """Yield what is in a file, then what is added to it.

    Ends when the file hasn't grown for `idle_s` seconds (0: at its end); None: never. What isn't a file on a disk, as a
    named pipe, ends when its writer closes it. Raises InputError for a file that can't be read, and for one that was
    cut or replaced meanwhile.
    """
    try:
        with path.open("rb", buffering=0) as file:
            opened = os.fstat(file.fileno())
            is_regular = stat.S_ISREG(opened.st_mode)
            last = time.monotonic()
            while True:
                if chunk := file.read(AT_ONCE):
                    yield chunk
                    last = time.monotonic()
                    continue
                if not is_regular:
                    return
                _check_same(path, opened, file.tell())
                if idle_s is not None and time.monotonic() - last >= idle_s:
                    return
                time.sleep(POLL_S if idle_s is None else min(POLL_S, max(idle_s, 0)))
    except OSError as error:
        raise InputError.at(path.name, wanted="a file that can be read", got=str(error.strerror)) from error


def _check_same(path: Path, opened: os.stat_result, n_read: int) -> None:
    try:
        now = path.stat()
    except FileNotFoundError:
        return  # it was removed, as its writer may do; who holds it open can read it
    if (now.st_dev, now.st_ino) != (opened.st_dev, opened.st_ino) or now.st_size < n_read:
        raise InputError.at(
            path.name,
            wanted="a file that only grows",
            got="one that was truncated or replaced while it was read",
            advice="follow the new file from its beginning",
        )


def stream_chunks(descriptor: int) -> Iterator[bytes]:
    """Yield what comes from an open file descriptor as it comes, until its end."""
    while chunk := os.read(descriptor, AT_ONCE):
        yield chunk


@attrs.define(eq=False)
class CompleteLines:
    """The complete lines of chunks of a UTF-8 text, with their numbers, counted from 1, and without line breaks.

    `rest` is what stands behind the last line break so far: a line that isn't finished yet. Raises InputError that
    names the line for bytes that aren't UTF-8, and for a line above 16 MB.
    """

    name: str
    chunks: Iterable[bytes] = attrs.field(repr=False)
    rest: bytes = attrs.field(default=b"", repr=False)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        number = 0
        for chunk in self.chunks:
            *complete, rest = chunk.split(b"\n")
            if complete:
                complete[0] = self.rest + complete[0]
                self.rest = rest
            else:
                self.rest += rest
            for line in complete:
                number += 1
                yield number, self._decoded(line, number)
            if len(self.rest) > MOST_BYTES_OF_LINE:
                raise InputError.at(
                    self.name,
                    line=number + 1,
                    wanted=f"lines of up to {MOST_BYTES_OF_LINE >> 20} MB",
                    got="a longer one",
                    advice="write one volume per line",
                )

    def _decoded(self, line: bytes, number: int) -> str:
        line = line.removesuffix(b"\r")
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            got = f"byte 0x{line[error.start]:02x}"
            raise InputError.at(self.name, line=number, wanted="UTF-8", got=got, advice="save it as UTF-8") from error
