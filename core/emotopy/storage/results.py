"""Results directories, and a few files that belong together: written whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from emotopy.errors import OutputError

PROVENANCE = "provenance.json"
"""The file that makes a directory a results directory."""


def check_free(directory: Path, *, force: bool = False) -> None:
    """Check before any work that results can go to `directory`; leaves nothing behind.

    Raises OutputError where it exists and `force` isn't given, where `force` would delete something that is no result
    of ours, and where its nearest parent that exists can't be written.
    """
    with as_output_error(directory):
        if os.path.lexists(directory):
            if not force:
                raise OutputError(f"{directory} exists; give another --out, or --force to replace it")
            if directory.is_symlink() or not directory.is_dir():
                raise OutputError(f"{directory} is no folder, so --force doesn't delete it; give another --out")
            if not (directory / PROVENANCE).is_file() and any(directory.iterdir()):
                raise OutputError(
                    f"{directory} is no results directory (it has no {PROVENANCE}), so --force doesn't delete it; "
                    "give another --out"
                )
        made: list[Path] = []
        try:
            for folder in _missing(directory):
                folder.mkdir()
                made.append(folder)
            with tempfile.TemporaryFile(dir=directory.parent) as probe:
                probe.write(b"\0" * 4096)
        finally:
            _remove_created(made)


@contextmanager
def atomic_directory(directory: Path, *, force: bool = False) -> Iterator[Path]:
    """Yield an empty directory beside the wanted one; it takes the wanted name when the block ends without error.

    An error or Ctrl-C in the block leaves nothing behind, and what stood there before untouched.
    """
    check_free(directory, force=force)
    with as_output_error(directory), _parents(directory):
        partial, old = temporary_sibling(directory, "partial"), temporary_sibling(directory, "old")
        try:
            partial.mkdir()  # as the user's umask has it: the tables hold texts
            yield partial
            if not directory.exists():
                partial.replace(directory)
                return
            directory.replace(old)
            try:
                partial.replace(directory)
            except BaseException:
                old.replace(directory)
                raise
            shutil.rmtree(old, ignore_errors=True)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """Yield a file beside `path` that takes its name when the block ends without error; parents are made.

    An error in the block leaves nothing behind, and an older file untouched. Raises OutputError where the system
    refuses.
    """
    with as_output_error(path), _parents(path):
        partial = temporary_sibling(path, "partial")
        try:
            yield partial
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def _missing(directory: Path) -> list[Path]:
    """Return the folders that have to be made for `directory` to be there, outermost first."""
    missing: list[Path] = []
    while not directory.exists() and directory != directory.parent:
        missing.insert(0, directory)
        directory = directory.parent
    return missing


def _remove_created(made: list[Path]) -> None:
    for folder in reversed(made):
        with suppress(OSError):  # somebody else put something there meanwhile
            folder.rmdir()


@contextmanager
def _parents(path: Path) -> Iterator[None]:
    """Make the folders that `path` needs; where the block fails, take away those that were made."""
    made = _missing(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        _remove_created(made)
        raise


def temporary_sibling(path: Path, ending: str) -> Path:
    """Return a name that nobody else has, hidden, no longer than file systems allow."""
    return path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}.{ending}")


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


def check_files_free(paths: Iterable[Path], *, force: bool = False) -> None:
    """Check before any work that files can go where they shall.

    Raises OutputError where one exists and `force` isn't given, is no file, or lies in a folder that isn't there.
    """
    with as_output_error():
        for path in paths:
            if not path.parent.is_dir():
                raise OutputError(f"{path.parent} is no folder; make it first, or give another --out")
            if path.is_dir():
                raise OutputError(f"{path} is a folder; give the name of a file as --out")
            if path.exists() and not force:
                raise OutputError(f"{path} exists; give another --out, or --force to replace it")


def write_files(contents: Mapping[Path, bytes], *, force: bool = False) -> None:
    """Write files beside their places, then move all of them there; an error before that leaves nothing behind.

    Raises OutputError as `check_files_free` does, and where the system refuses.
    """
    check_files_free(contents, force=force)
    partial = {path: temporary_sibling(path, "partial") for path in contents}
    try:
        with as_output_error():
            for path, content in contents.items():
                partial[path].write_bytes(content)
            for path in contents:
                partial[path].replace(path)
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)
