"""A few files that belong together, written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from emotopy.errors import OutputError
from emotopy.storage.results import as_output_error, temporary_sibling


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
