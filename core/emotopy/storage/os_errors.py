"""What the operating system refuses, as errors that say what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emotopy.errors import InputError, OutputError
from emotopy.wording import flag

REFUSALS = {
    errno.ENOSPC: "no space is left there; free some space",
    errno.EDQUOT: "your disk quota there is exceeded; free some space",
    errno.EFBIG: "a file there may not grow so large (ulimit -f)",
    errno.EACCES: "you have no permission to write there",
    errno.EPERM: "you have no permission to write there",
    errno.EROFS: "the file system is read-only",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.EEXIST: "a part of the path is a file, not a folder",
    errno.ENAMETOOLONG: "the name is too long",
}
"""What the operating system refuses, and what can be done there."""


def as_path(given: Any, name: str) -> Path:
    """Return a path that was given as text or as a path.

    Parameters
    ----------
    given : str or os.PathLike
        What a caller gave.
    name : str
        What the argument is called.

    Raises
    ------
    InputError
        It is something else, None for example.
    """
    if isinstance(given, (str, os.PathLike)):
        return Path(given)
    got = "None" if given is None else f"{given.__class__.__name__}"
    raise InputError(f"{name}: wanted a path, got {got}", wanted="a path", got=got)


@contextmanager
def as_output_error(path: Path | None = None) -> Iterator[None]:
    """Turn the operating system's refusals into errors that say what to do; of `path`, else of the file at fault."""
    try:
        yield
    except OSError as error:
        known = REFUSALS.get(error.errno or 0)
        more = ", or" if known and ";" in known else ";"
        reason = f"{known}{more} give another {flag('--out')}" if known else error.strerror or error
        raise OutputError(f"{path or error.filename or 'the output'} can't be written: {reason}") from error
