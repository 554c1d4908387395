"""Vectors that were paid for, kept on disk: one SQLite file, no texts in it, readable by its owner alone."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import secrets
import sqlite3
import stat
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from emotopy.errors import OutputError
from emotopy.host import checkpoint
from emotopy.records.axes import FloatArray
from emotopy.wording import flag

_VERSION = 2
_APPLICATION = 0x656D6F74
"""SQLite's mark of whose file it is: "emot"."""
_TABLES = {"spaces", "vectors"}
"""Tables of version 1, which had no such mark."""
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS spaces (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    """CREATE TABLE IF NOT EXISTS vectors (
        space INTEGER NOT NULL REFERENCES spaces (id),
        text_sha256 BLOB NOT NULL,
        vector BLOB NOT NULL, -- float32, little-endian
        checksum BLOB,
        PRIMARY KEY (space, text_sha256)
    )""",
    """CREATE TABLE IF NOT EXISTS claims (
        space INTEGER NOT NULL REFERENCES spaces (id),
        text_sha256 BLOB NOT NULL,
        owner TEXT NOT NULL,
        until REAL NOT NULL, -- seconds since the epoch
        PRIMARY KEY (space, text_sha256)
    )""",
    f"PRAGMA application_id = {_APPLICATION}",
    f"PRAGMA user_version = {_VERSION}",
)
_FROM_1 = (
    "ALTER TABLE vectors ADD COLUMN checksum BLOB",
    "UPDATE vectors SET checksum = checksum_of(text_sha256, vector)",
)
_PATIENCE_S = 60.0
"""How long to wait while another process writes."""
CLAIM_S = 60.0
"""How long a claim holds that isn't renewed: its run on another machine has ended, or hangs."""
LONGEST_CLAIM_S = 24 * 3600.0
"""A claim beyond it is damaged; clocks of machines differ by less."""
_LOOK_S = 0.2
"""How often to look whether another run's answers have come."""
Key = tuple[str, str]
"""Space and text."""


class VectorCache:
    """Vectors by space and text; a space names whatever else the vector depends on (server, model, options).

    `path` is the file, made with mode 0600 on first use; None keeps the vectors in memory as long as the object lives.
    Several threads and processes may read and write the same file at once. What `put` has returned from survives a
    kill: each call is one transaction. SQLite's rollback journal does that, rather than its write-ahead log, because
    the latter doesn't work on network file systems, where many a laboratory's home directories are. What a kill by the
    system (SIGKILL) can cost is what is on its way at that moment: requests that the server has begun to answer, at
    most as many as are sent at once.

    Each vector has a checksum. Damaged ones are dropped when they are read, and `notify` is told; they then count as
    missing. `log` is told of waiting for another run. A file that another program made is never written into.

    Raises OutputError from every method where the file can't be read or written, or isn't a cache of ours.
    """

    def __init__(
        self,
        path: Path | None = None,
        notify: Callable[[str], None] = lambda message: None,
        log: Callable[[str], None] = lambda message: None,
    ) -> None:
        self._path = path
        self._notify, self._log = notify, log
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def __repr__(self) -> str:
        return f"VectorCache({self._path.name if self._path else 'in memory'})"

    def get(self, space: str, texts: Iterable[str]) -> dict[str, FloatArray]:
        """Return the vectors (n_dims,) float32 of those texts that are held undamaged."""
        query = "SELECT vector, checksum FROM vectors WHERE space = ? AND text_sha256 = ?"
        found: dict[str, FloatArray] = {}
        damaged: list[bytes] = []
        with self._open() as db:
            number = db.execute("SELECT id FROM spaces WHERE name = ?", (space,)).fetchone()
            for text in texts if number else ():
                digest = _digest(text)
                row = db.execute(query, (*number, digest)).fetchone()
                if row is None:
                    continue
                vector, checksum = row
                if checksum is not None and checksum == _checksum(digest, vector) and len(vector) % 4 == 0:
                    found[text] = np.frombuffer(vector, dtype="<f4")
                else:
                    damaged.append(digest)
            if damaged:
                self._write(
                    db, "DELETE FROM vectors WHERE space = ? AND text_sha256 = ?", [(*number, one) for one in damaged]
                )
        if damaged:
            self._notify(
                f"Removed {len(damaged):,} damaged {'entry' if len(damaged) == 1 else 'entries'} from "
                f"the cache {self._path.name if self._path else ''}; they will be requested again."
            )
        return found

    def holds(self, space: str, texts: Iterable[str]) -> set[str]:
        """Return those texts whose vectors are held undamaged; asking makes no file."""
        if self._connection is None and self._path and not os.path.lexists(self._path):
            return set()
        return set(self.get(space, texts))

    def put(self, space: str, texts: Sequence[str], vectors: FloatArray) -> None:
        """Keep `vectors` (n_texts, n_dims), and end the claims on these texts; a text that is held keeps its vector.

        The first vector stays because some models aren't deterministic: two processes that ask for the same text
        shall read the same vector from then on.
        """
        rows = np.ascontiguousarray(vectors, dtype="<f4")
        with self._transaction() as db:
            number = _number(db, space)
            for text, row in zip(texts, rows, strict=True):
                digest, vector = _digest(text), row.tobytes()
                db.execute(
                    "INSERT OR IGNORE INTO vectors (space, text_sha256, vector, checksum) VALUES (?, ?, ?, ?)",
                    (number, digest, vector, _checksum(digest, vector)),
                )
                db.execute("DELETE FROM claims WHERE space = ? AND text_sha256 = ?", (number, digest))

    def ask_once(self, wanted: Sequence[Key], ask: Callable[[list[Key]], None]) -> dict[Key, FloatArray]:
        """Have everything that is `wanted` (space, text) asked for by one run alone, whichever runs share the cache.

        `ask` is called with what no other run has claimed, and puts what comes into the cache; then this waits for what
        others have claimed. Where another run ends without it, `ask` is called for that as well. What was asked for
        here isn't asked for again, whether it came or not. Returns the vectors (n_dims,) that others have asked for.

        Raises what `ask` raises.
        """
        theirs: dict[Key, FloatArray] = {}
        missing, is_told = list(dict.fromkeys(wanted)), False
        while missing:
            with self._claimed(missing) as mine:
                if mine:
                    ask(mine)
            asked = set(mine)
            missing = [key for key in missing if key not in asked]
            for space in {space for space, _ in missing}:
                held = self.get(space, [text for one, text in missing if one == space])
                theirs.update({(space, text): vector for text, vector in held.items()})
            missing = [key for key in missing if key not in theirs]
            if missing and not mine:
                if not is_told:
                    # logged alone: two runs at once have the same results as two that follow each other
                    self._log(f"waiting for {len(missing):,} answers that another run with this cache is requesting")
                    is_told = True
                checkpoint()
                time.sleep(_LOOK_S)
        return theirs

    @contextlib.contextmanager
    def _claimed(self, keys: Sequence[Key]) -> Iterator[list[Key]]:
        """Claim what nobody has claimed or answered; renew the claims until the block ends, then give them up."""
        owner = json.dumps({**_me(), "token": secrets.token_hex(8)}, sort_keys=True)
        mine = self._claim(keys, owner)
        ended = threading.Event()

        def renew() -> None:
            while not ended.wait(CLAIM_S / 4):
                with contextlib.suppress(OutputError), self._transaction() as db:
                    db.execute("UPDATE claims SET until = ? WHERE owner = ?", (time.time() + CLAIM_S, owner))

        thread = threading.Thread(target=renew, name="emotopy claims", daemon=True)
        if mine:
            thread.start()
        try:
            yield mine
        finally:
            ended.set()
            if mine:
                with contextlib.suppress(OutputError), self._transaction() as db:
                    db.execute("DELETE FROM claims WHERE owner = ?", (owner,))

    def _claim(self, keys: Sequence[Key], owner: str) -> list[Key]:
        now, mine = time.time(), []
        with self._transaction() as db:
            for space, text in keys:
                number, digest = _number(db, space), _digest(text)
                where = (number, digest)
                if db.execute("SELECT 1 FROM vectors WHERE space = ? AND text_sha256 = ?", where).fetchone():
                    continue
                claim = db.execute(
                    "SELECT owner, until FROM claims WHERE space = ? AND text_sha256 = ?", where
                ).fetchone()
                if claim is not None and not (_has_passed(claim[1], now) or _is_gone(claim[0])):
                    continue
                db.execute(
                    "INSERT OR REPLACE INTO claims (space, text_sha256, owner, until) VALUES (?, ?, ?, ?)",
                    (*where, owner, now + CLAIM_S),
                )
                mine.append((space, text))
        return mine

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._open() as db, _all_or_nothing(db, "IMMEDIATE"):
            yield db

    def _write(self, db: sqlite3.Connection, query: str, rows: list[tuple[Any, ...]]) -> None:
        with _all_or_nothing(db, "IMMEDIATE"):
            db.executemany(query, rows)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._connect()
                yield self._connection
            except (sqlite3.Error, OSError) as error:
                raise OutputError(
                    f"cache of vectors {self._path or '(in memory)'}: {error}. Check free space and "
                    "permissions, delete the file if it is damaged, or choose another directory with "
                    f"{flag('--cache', 'DIR')}"
                ) from error

    def _connect(self) -> sqlite3.Connection:
        if self._path is not None:
            _make_private(self._path)
        connection = sqlite3.connect(
            self._path or ":memory:", timeout=_PATIENCE_S, isolation_level=None, check_same_thread=False
        )
        try:
            with _all_or_nothing(connection, "DEFERRED"):
                version = _version_of_ours(connection)
            if version < _VERSION:
                connection.create_function("checksum_of", 2, _checksum, deterministic=True)
                with _all_or_nothing(connection, "IMMEDIATE"):
                    version = _version_of_ours(connection)  # another run may have been quicker
                    for statement in (*(_FROM_1 if version == 1 else ()), *(_SCHEMA if version < _VERSION else ())):
                        connection.execute(statement)
        except sqlite3.Error:
            connection.close()
            raise
        weakref.finalize(self, connection.close)
        return connection


@contextlib.contextmanager
def _all_or_nothing(db: sqlite3.Connection, kind: str) -> Iterator[None]:
    """Do the block in one transaction, which sees one state of the file; undo it where it fails."""
    db.execute(f"BEGIN {kind}")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def _version_of_ours(connection: sqlite3.Connection) -> int:
    """Return the version of the file's format, 0 of an empty file; within a transaction, as it reads three times.

    Raises sqlite3.DatabaseError for a database that another program, or a newer version, made.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if application == _APPLICATION:
        if version > _VERSION:
            raise sqlite3.DatabaseError(f"written by a newer emotopy (format {version}, this one reads {_VERSION})")
        return int(version)
    is_first = application == 0 and version == 1 and tables == _TABLES
    is_empty = application == 0 and version == 0 and not tables
    if not is_first and not is_empty:
        raise sqlite3.DatabaseError("a database of another program, to which emotopy doesn't write")
    return int(version)


def _number(db: sqlite3.Connection, space: str) -> int:
    db.execute("INSERT OR IGNORE INTO spaces (name) VALUES (?)", (space,))
    (number,) = db.execute("SELECT id FROM spaces WHERE name = ?", (space,)).fetchone()
    return int(number)


def _make_private(path: Path) -> None:
    """Create the file with mode 0600 before SQLite would with the umask's; its journals take over the mode."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        # not opened, only looked at: closing a second descriptor would drop the locks of this process's connections
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o600)


def _me() -> dict[str, Any]:
    """Say which process this is; process numbers mean something on one machine, one start, one container only."""
    where = [platform.node()]
    for place in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        with contextlib.suppress(OSError):
            is_link = place.endswith("pid")
            where.append(os.readlink(place) if is_link else Path(place).read_text("ascii").strip())  # noqa: PTH115
    return {"where": where, "pid": os.getpid()}


def _is_gone(owner: Any) -> bool:
    """Whether the process that owns a claim ran here and has ended; of other machines nobody can tell."""
    try:
        found = json.loads(owner)
        where, pid = found["where"], int(found["pid"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return True  # damaged
    if sys.platform == "win32" or where != _me()["where"] or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _has_passed(until: Any, now: float) -> bool:
    return not isinstance(until, (int, float)) or not now < until <= now + LONGEST_CLAIM_S


def _checksum(digest: Any, vector: Any) -> bytes | None:
    if not isinstance(digest, bytes) or not isinstance(vector, bytes):
        return None
    return hashlib.blake2b(digest + vector, digest_size=8).digest()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8")).digest()
