"""The stage cache: work that need not be done twice, and that a fault or Ctrl-C must not lose.

A file per piece of work, named by the hash of what it depends on: stage, owner's version, options, input. It holds
arrays only, never a text, and is readable by its user alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import attrs
import numpy as np

MOST_BYTES = 8 * 1024**3
"""The cache drops what was used longest ago when it outgrows this."""
PARTIAL, STALE_S = ".partial", 24 * 3600
"""A file half-written ends so; after a day nobody writes it any more."""


@attrs.frozen
class StageCache:
    """Arrays by key in a directory; `directory = None` keeps nothing."""

    directory: Path | None = None
    most_bytes: int = MOST_BYTES

    def load(self, key: str) -> dict[str, Any] | None:
        """Return the arrays stored under `key`, or None; what can't be read counts as absent."""
        if self.directory is None:
            return None
        path = self._path(key)
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = dict(stored)
        except Exception:  # noqa: BLE001 (a damaged archive fails in a dozen ways; it is worth no more than none)
            return None
        with suppress(OSError):  # a read-only cache is still a cache
            os.utime(path)
        return arrays

    def store(self, key: str, arrays: Mapping[str, Any]) -> None:
        """Keep the arrays under `key`, whole or not at all; a full or read-only disk costs only the reuse."""
        if self.directory is None:
            return
        path = self._path(key)
        plain: dict[str, Any] = {name: np.asarray(array) for name, array in arrays.items()}
        for name, array in plain.items():
            if array.dtype.hasobject:
                raise TypeError(f"{name}: the cache stores plain arrays, got Python objects, which would need a pickle")
        partial: Path | None = None
        try:
            make_private(path.parent)
            with NamedTemporaryFile(dir=path.parent, suffix=PARTIAL, delete=False) as file:  # created 0600
                partial = Path(file.name)
                np.savez(file, **plain)
            partial.replace(path)
            self._prune()
        except OSError:
            return
        finally:
            if partial is not None:
                with suppress(OSError):
                    partial.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        assert self.directory is not None
        return self.directory / "stages" / f"{key}.npz"

    def _prune(self) -> None:
        assert self.directory is not None
        for path in (self.directory / "stages").glob(f"*{PARTIAL}"):  # of a process that was killed
            if time.time() - path.stat().st_mtime > STALE_S:
                path.unlink(missing_ok=True)
        files = sorted((path.stat().st_mtime_ns, path) for path in (self.directory / "stages").glob("*.npz"))
        total = sum(path.stat().st_size for _, path in files)
        for _, path in files[:-1]:
            if total <= self.most_bytes:
                return
            total -= path.stat().st_size
            path.unlink(missing_ok=True)


def make_private(directory: Path) -> None:
    """Make a directory that only its user can enter, and its missing parents likewise; one that exists stays."""
    if not directory.parent.exists():
        make_private(directory.parent)
    directory.mkdir(exist_ok=True, mode=0o700)


def default_directory() -> Path:
    """Return where the command line keeps its cache: the platform's cache folder for emotopy."""
    from platformdirs import user_cache_path

    return user_cache_path("emotopy", appauthor=False)


def key_of(*parts: Any) -> str:
    """Hash what a piece of work depends on, given as JSON-ready parts.

    >>> key_of("embed", {"n_dims": 256})[:12] == key_of("embed", {"n_dims": 256})[:12]
    True
    """
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def hash_texts(texts: Iterable[str]) -> str:
    """Return the SHA-256 of a sequence of texts; lengths keep neighbours from running into each other."""
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def hash_array(array: Any) -> str:
    """Return the SHA-256 of an array: its type, shape and bytes."""
    array = np.ascontiguousarray(array)
    digest = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    digest.update(array.data)
    return digest.hexdigest()


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
