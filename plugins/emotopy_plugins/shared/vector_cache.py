"""Vectors that were paid for, kept on disk: one SQLite file, no texts in it, readable by its owner alone."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import stat
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from emotopy.errors import OutputError
from emotopy.records.axes import FloatArray

_VERSION = 1
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS spaces (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS vectors (
    space INTEGER NOT NULL REFERENCES spaces (id),
    text_sha256 BLOB NOT NULL,
    vector BLOB NOT NULL, -- float32, little-endian
    PRIMARY KEY (space, text_sha256)
);
PRAGMA user_version = {_VERSION};
COMMIT;
"""
_PATIENCE_S = 60.0
"""How long to wait while another process writes."""


class VectorCache:
    """Vectors by space and text; a space names whatever else the vector depends on (server, model, options).

    `path` is the file, made with mode 0600 on first use; None keeps the vectors in memory as long as the object lives.
    Several threads and processes may read and write the same file at once. What `put` has returned from survives a
    kill: each call is one transaction. SQLite's rollback journal does that, rather than its write-ahead log, because
    the latter doesn't work on network file systems, where many a laboratory's home directories are.

    Raises OutputError from every method where the file can't be read or written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def __repr__(self) -> str:
        return f"VectorCache({self._path.name if self._path else 'in memory'})"

    def get(self, space: str, texts: Iterable[str]) -> dict[str, FloatArray]:
        """Return the vectors (n_dims,) float32 of those texts that are held."""
        return {text: np.frombuffer(found, dtype="<f4") for text, found in self._select("vector", space, texts)}

    def holds(self, space: str, texts: Iterable[str]) -> set[str]:
        """Return those texts whose vectors are held, without reading the vectors; asking makes no file."""
        if self._connection is None and self._path and not os.path.lexists(self._path):
            return set()
        return {text for text, _ in self._select("1", space, texts)}

    def put(self, space: str, texts: Sequence[str], vectors: FloatArray) -> None:
        """Keep `vectors` (n_texts, n_dims); a text that is already held keeps the vector it has.

        The first vector stays because some models aren't deterministic: two processes that ask for the same text
        shall read the same vector from then on.
        """
        rows = np.ascontiguousarray(vectors, dtype="<f4")
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                db.execute("INSERT OR IGNORE INTO spaces (name) VALUES (?)", (space,))
                (number,) = db.execute("SELECT id FROM spaces WHERE name = ?", (space,)).fetchone()
                db.executemany(
                    "INSERT OR IGNORE INTO vectors (space, text_sha256, vector) VALUES (?, ?, ?)",
                    ((number, _digest(text), row.tobytes()) for text, row in zip(texts, rows, strict=True)),
                )
                db.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise

    def _select(self, what: Literal["vector", "1"], space: str, texts: Iterable[str]) -> Iterator[tuple[str, Any]]:
        query = f"SELECT {what} FROM vectors WHERE space = ? AND text_sha256 = ?"  # noqa: S608 (a literal)
        with self._open() as db:
            number = db.execute("SELECT id FROM spaces WHERE name = ?", (space,)).fetchone()
            for text in texts if number else ():
                row = db.execute(query, (*number, _digest(text))).fetchone()
                if row is not None:
                    yield text, row[0]

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                yield self._connection
            except (sqlite3.Error, OSError) as error:
                raise OutputError(
                    f"cache of vectors {self._path or '(in memory)'}: {error}. Free space or rights, delete the file "
                    "if it is damaged, or choose another directory with --cache DIR"
                ) from error

    def _connect(self) -> sqlite3.Connection:
        if self._path is not None:
            _make_private(self._path)
        connection = sqlite3.connect(
            self._path or ":memory:", timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
        )
        try:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version > _VERSION:
                raise sqlite3.DatabaseError(f"written by a newer emotopy (format {version}, this one reads {_VERSION})")
            if version < _VERSION:
                connection.executescript(_SCHEMA)
        except sqlite3.Error:
            connection.close()
            raise
        weakref.finalize(self, connection.close)
        return connection


def _make_private(path: Path) -> None:
    """Create the file with mode 0600 before SQLite would with the umask's; its journals take over the mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        # not opened, only looked at: closing a second descriptor would drop the locks of this process's connections
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o600)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()
