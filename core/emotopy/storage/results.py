"""Results directories: written whole or not at all."""

from __future__ import annotations

import errno
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from emotopy.errors import ConfigError, EmotopyError, OutputError, PluginError

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.pathways.result import TextResult

PROVENANCE = "provenance.json"
"""The file that makes a directory a results directory."""


def write_results(result: TextResult, directory: Path, *, force: bool = False) -> Path:
    """Write a result through its reporters, with its provenance; return the directory.

    Raises OutputError where the directory exists (unless `force`) or can't be written, PluginError where a reporter
    fails.
    """
    with atomic_directory(directory, force=force) as partial:
        for name, reporter in result.reporters:
            try:
                reporter.write(result, partial)
            except (EmotopyError, OSError, KeyboardInterrupt):
                raise
            except Exception as error:
                raise PluginError(f"reporter {name} failed: {type(error).__name__}: {error}") from error
        provenance = json.dumps(result.provenance, indent=2, sort_keys=True, ensure_ascii=False)
        (partial / PROVENANCE).write_text(provenance + "\n", "utf-8")
    return directory


def write_report(result: TextResult, path: Path) -> Path:
    """Write the report of the `html` reporter to one file."""
    for name, reporter in result.reporters:
        if name.rpartition(":")[2] == "html":
            with tempfile.TemporaryDirectory() as folder, _speaking(path):
                reporter.write(result, Path(folder))
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(Path(folder) / "report.html", path)
            return path
    raise ConfigError("reporter: this result has no `html` reporter; add it to the configuration's `reporter` list")


def check_free(directory: Path, *, force: bool = False) -> None:
    """Check before any work that results can go to `directory`.

    Raises OutputError where it exists and `force` isn't given, where `force` would delete something that is no result
    of ours, and where its parent can't be written.
    """
    if directory.exists() or directory.is_symlink():
        if not force:
            raise OutputError(f"{directory} exists; give another --out, or --force to replace it")
        ours = directory.is_dir() and ((directory / PROVENANCE).is_file() or not any(directory.iterdir()))
        if not ours or directory.is_symlink():
            raise OutputError(
                f"{directory} is no results directory (it has no {PROVENANCE}), so --force doesn't delete it; "
                "give another --out"
            )
    with _speaking(directory):
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory.parent) as probe:
            probe.write(b"\0" * 4096)


@contextmanager
def atomic_directory(directory: Path, *, force: bool = False) -> Iterator[Path]:
    """Yield an empty directory beside the wanted one; it takes the wanted name when the block ends without error.

    An error or Ctrl-C in the block leaves nothing behind, and what stood there before untouched.
    """
    check_free(directory, force=force)
    with _speaking(directory):
        partial = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}.", suffix=".partial"))
        try:
            yield partial
            partial.chmod(0o755)
            if directory.exists():
                old = Path(tempfile.mkdtemp(dir=directory.parent, prefix=f".{directory.name}.", suffix=".old"))
                directory.replace(old / directory.name)
                partial.replace(directory)
                shutil.rmtree(old, ignore_errors=True)
            else:
                partial.replace(directory)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def write_parquet(frame: pd.DataFrame, path: Path, *, force: bool = False) -> None:
    """Write a table to one Parquet file, whole or not at all; the same table gives the same bytes.

    Raises OutputError where the file exists (unless `force`) or can't be written.
    """
    if path.exists() and not (force and path.is_file()):
        raise OutputError(f"{path} exists; give another --out, or --force to replace it")
    with _speaking(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        try:
            frame.to_parquet(partial, engine="pyarrow", compression="zstd", index=False)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


@contextmanager
def _speaking(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals into errors that say what to do."""
    remedies = {
        errno.ENOSPC: "no space is left there; free some, or give another --out",
        errno.EDQUOT: "your quota there is used up; free some space, or give another --out",
        errno.EACCES: "you have no permission to write there; give another --out",
        errno.EPERM: "you have no permission to write there; give another --out",
        errno.EROFS: "the file system is read-only; give another --out",
        errno.ENOTDIR: "a part of the path is a file, not a folder; give another --out",
        errno.EEXIST: "a part of the path is a file, not a folder; give another --out",
    }
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{path} can't be written: {remedies.get(error.errno or 0, error.strerror or error)}"
        ) from error
