"""Claims: while a run means to write to a place, no other run may, on this machine or another.

A claim on ``results`` is the folder ``.results.lock`` beside it, which one process alone can make. It holds a file that
says who made it. On the machine that made it the file is locked as well, and the system drops that lock when the
process ends, however it ends. So a claim is stale if its file can be locked on the machine that made it; of a claim
that another machine made, nobody can tell here, and it is left alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

import attrs

from emotopy.errors import OutputError
from emotopy.wording import flag

OWNER, JOURNAL = "owner.json", "journal.json"
MOST_BYTES = 1 << 20
"""Files of a claim are small; a larger one isn't ours."""
TRIES = 20
"""How often a claim is tried that others make and drop at the same moment."""
LONGEST_NAME = 40
"""Characters of a place's name in hidden names beside it."""

if sys.platform == "win32":

    def _lock(file: int) -> bool:  # noqa: ARG001
        """Whether the file could be locked; here it never can, so that every claim that is there counts as held."""
        return False
else:
    import fcntl

    def _lock(file: int) -> bool:
        """Whether the file could be locked: nobody else has, or whoever had is gone."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


@attrs.frozen(eq=False)
class Claim:
    """A claim that this run holds on `place`; `folder` is its mark beside it."""

    place: Path
    folder: Path

    def write_journal(self, moves: Mapping[Path, Path], *, force: bool) -> None:
        """Record finished outputs and where they go, so that the next run can move what a killed one couldn't."""
        content = {"force": force, "moves": [[str(source), str(target)] for source, target in moves.items()]}
        partial = self.folder / f"{JOURNAL}.partial"
        partial.write_text(json.dumps(content), "utf-8")
        partial.replace(self.folder / JOURNAL)

    def read_journal(self) -> tuple[dict[Path, Path], bool]:
        """Return what a run before this one had finished and not moved, and whether it was to replace what is there."""
        content = _read_json(self.folder / JOURNAL)
        moves = content.get("moves")
        if not isinstance(moves, list) or not all(
            isinstance(pair, list) and len(pair) == 2 and all(isinstance(one, str) for one in pair) for pair in moves
        ):
            return {}, False
        return {Path(source): Path(target) for source, target in moves}, content.get("force") is True

    def drop_journal(self) -> None:
        """Forget the journal: its outputs are where they belong."""
        (self.folder / JOURNAL).unlink(missing_ok=True)


_HELD: ContextVar[Mapping[Path, Claim] | None] = ContextVar("emotopy_claims", default=None)


def resolved(path: Path) -> Path:
    """Return the path that names a place without links and `..`; a link in its last part stays one."""
    path = Path(path)
    if path.name in ("", "..", "."):
        return path.resolve()
    return path.parent.resolve() / path.name


def held(place: Path) -> Claim | None:
    """Return this run's claim on a place, or None."""
    return (_HELD.get() or {}).get(resolved(place))


@contextmanager
def claimed(*places: Path) -> Iterator[Mapping[Path, Claim]]:
    """Hold a claim on each place while the block runs; those that this run holds already stay as they are.

    The folders that the places lie in must be there. Returns place → claim, for all of them.

    Raises OutputError where another run holds one, OSError where the folder can't be written.
    """
    before = _HELD.get() or {}
    wanted = [resolved(place) for place in places]
    with ExitStack() as stack:
        new = {place: stack.enter_context(_claim(place)) for place in sorted(set(wanted) - before.keys())}
        now = {**before, **new}
        token = _HELD.set(now)
        try:
            yield {place: now[place] for place in wanted}
        finally:
            _HELD.reset(token)


def hidden_name(place: Path, ending: str) -> str:
    """Return the name of something hidden beside a place, no longer than file systems allow, the same each time.

    >>> hidden_name(Path("results"), "lock")
    '.results.lock'
    """
    name = place.name
    if len(name) > LONGEST_NAME:
        name = f"{name[:LONGEST_NAME]}-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"
    return f".{name}.{ending}"


@contextmanager
def _claim(place: Path) -> Iterator[Claim]:
    folder = place.with_name(hidden_name(place, "lock"))
    file = _take(folder, place)
    try:
        yield Claim(place, folder)
    finally:
        for name in (JOURNAL, f"{JOURNAL}.partial", OWNER):
            with suppress(OSError):
                (folder / name).unlink(missing_ok=True)
        with suppress(OSError):
            folder.rmdir()
        os.close(file)  # last: whoever gets the lock now finds that the folder is another


def _take(folder: Path, place: Path) -> int:
    """Make the claim's folder, or take over one that a run left which is gone; return the locked file."""
    for _ in range(TRIES):
        try:
            folder.mkdir(mode=0o700)
            is_new = True
        except FileExistsError:
            is_new = False
        try:
            file = os.open(folder / OWNER, os.O_RDWR | os.O_CREAT, 0o600)
        except (FileNotFoundError, NotADirectoryError):
            continue  # dropped by its run just now
        try:
            if _is_free(file, folder, is_new=is_new, place=place):
                os.ftruncate(file, 0)
                os.pwrite(file, json.dumps({**_me(), "place": place.name}).encode(), 0)
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)
    raise _busy(place, folder, {})


def _is_free(file: int, folder: Path, *, is_new: bool, place: Path) -> bool:
    """Lock the claim's file; False where it has to be tried again. Raises OutputError where another run holds it."""
    if not _lock(file) and not (is_new and sys.platform == "win32"):
        raise _busy(place, folder, _read_json(folder / OWNER))
    try:
        is_same = os.path.samestat(os.fstat(file), (folder / OWNER).stat())
    except OSError:
        is_same = False
    if not is_same:
        return False
    owner = _read_json(folder / OWNER)
    if owner and owner.get("host") != _me()["host"]:
        raise _busy(place, folder, owner)
    return True


def places_claimed_beside(place: Path) -> list[Path]:
    """Return the other places in the same folder on which a claim stands, of runs at work or gone."""
    found = []
    try:
        folders = [path for path in place.parent.iterdir() if path.name.startswith(".") and path.suffix == ".lock"]
    except OSError:
        return []
    for folder in folders:
        name = _read_json(folder / OWNER).get("place")
        if name is None:
            _drop_nameless(folder)
        if isinstance(name, str) and Path(name).name == name and name not in ("", ".", "..", place.name):
            other = place.with_name(name)
            found += [other] if hidden_name(other, "lock") == folder.name else []
    return sorted(found)


def _drop_nameless(folder: Path) -> None:
    """Remove a claim whose run was killed before it wrote what it claims; one that is being made stays."""
    with suppress(OSError):
        file = os.open(folder / OWNER, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if _lock(file) and not os.fstat(file).st_size:
                (folder / OWNER).unlink()
                folder.rmdir()
        finally:
            os.close(file)


def _me() -> dict[str, object]:
    return {"host": platform.node(), "pid": os.getpid()}


def _busy(place: Path, folder: Path, owner: Mapping[str, object]) -> OutputError:
    if owner and owner.get("host") != _me()["host"]:
        who = "a run on another machine"
        advice = f"; once that run has ended, `emotopy cache clean --claim {place}` releases its claim"
    else:
        who, advice = "another run", ""
    return OutputError(
        f"{place}: {who} is writing its output there ({folder.name}); wait until it has finished, or "
        f"give another {flag('--out')}{advice}"
    )


def _read_json(path: Path) -> dict[str, object]:
    """Return a small JSON object, empty where there is none."""
    try:
        with path.open("rb") as file:
            content = json.loads(file.read(MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def break_claim(place: Path) -> bool:
    """Drop the claim of a run on another machine; False where there is none. Raises OutputError for one in use here."""
    place = resolved(place)
    folder = place.with_name(hidden_name(place, "lock"))
    owner = _read_json(folder / OWNER)
    if not folder.is_dir():
        return False
    if owner and owner.get("host") == _me()["host"]:
        with claimed(place):  # raises where its run is still there
            return True
    for name in (f"{JOURNAL}.partial", OWNER):
        (folder / name).unlink(missing_ok=True)
    # The journal stays for the next run; the folder without an owner is nobody's.
    return True
