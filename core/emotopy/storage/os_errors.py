"""What the operating system refuses, as errors that say what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emotopy.errors import OutputError

OS_ADVICE = {
    errno.ENOSPC: "no space is left there; free some, or give another --out",
    errno.EDQUOT: "your quota there is used up; free some space, or give another --out",
    errno.EFBIG: "a file there may not grow so large (ulimit -f); give another --out",
    errno.EACCES: "you have no permission to write there; give another --out",
    errno.EPERM: "you have no permission to write there; give another --out",
    errno.EROFS: "the file system is read-only; give another --out",
    errno.ENOTDIR: "a part of the path is a file, not a folder; give another --out",
    errno.EEXIST: "a part of the path is a file, not a folder; give another --out",
    errno.ENAMETOOLONG: "the name is too long; give another --out",
}
"""What the operating system refuses, and what to do about it."""


@contextmanager
def as_output_error(path: Path | None = None) -> Iterator[None]:
    """Turn the operating system's refusals into errors that say what to do; of `path`, else of the file at fault."""
    try:
        yield
    except OSError as error:
        advice = OS_ADVICE.get(error.errno or 0, error.strerror or error)
        raise OutputError(f"{path or error.filename or 'the output'} can't be written: {advice}") from error
