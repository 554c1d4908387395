"""Results directories, and files that belong together: written whole or not at all, and nothing else touched.

Output is made beside its place under a hidden name and moved there when it is finished. A claim (`storage.claims`)
keeps other runs away meanwhile. It also tells whose hidden leftovers these are: who holds the claim finds only those of
runs that are gone. What such a run had finished is moved to its place, the rest is removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

import attrs

from emotopy.errors import OutputError
from emotopy.storage.claims import Claim, claimed, held, hidden_name, places_claimed_beside, resolved
from emotopy.storage.os_errors import as_output_error
from emotopy.wording import flag

PROVENANCE = "provenance.json"
"""The file that makes a directory a results directory: it lists the others."""
MANIFEST, FORMAT, FILES = "manifest", "format", "files"
"""Its key for that list: the format's name, and name → SHA-256 of the files."""
FORMAT_NAME = "emotopy results 1"
MOST_BYTES = 256 << 20
"""No provenance is larger."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
Say = Callable[[str], None]


def warn(message: str) -> None:
    """Tell of something as a Python warning."""
    warnings.warn(message, stacklevel=3)


@contextmanager
def reserved(
    directory: Path, *, force: bool = False, inputs: Iterable[Path] = (), notify: Say = warn
) -> Iterator[Path]:
    """Hold a place for a results directory while the block runs; yields its path without links and `..`.

    Parents are made, and taken away again where nothing was put there. Leftovers of runs that are gone are cleared up
    and told of. Raises OutputError as `check_free` does, and where another run is writing there.
    """
    place = resolved(Path(directory))
    with ExitStack() as stack:
        with as_output_error(Path(directory)):  # of what the system refuses here, not in the block
            stack.enter_context(_parents(place))
            claims = stack.enter_context(claimed(place))
            _clear_up(claims[place], notify)
            check_free(directory, force=force, inputs=inputs)
        yield place


def check_free(directory: Path, *, force: bool = False, inputs: Iterable[Path] = ()) -> None:
    """Check before any work that results can go to `directory`; leaves nothing behind.

    Raises OutputError where it exists and `force` isn't given, where `force` would replace something that is no result
    of ours, where an input lies in it, and where its nearest parent that exists can't be written.
    """
    directory, place = Path(directory), resolved(Path(directory))
    with as_output_error(directory):
        if os.path.lexists(directory):
            if not force:
                raise OutputError(
                    f"{directory} exists; give another {flag('--out')}, or {flag('--force')} to replace it"
                )
            if directory.is_symlink() or not directory.is_dir():
                raise OutputError(
                    f"{directory} isn't a folder, so {flag('--force')} doesn't replace it; give another {flag('--out')}"
                )
            if read_manifest(directory) is None and any(directory.iterdir()):
                raise OutputError(
                    f"{directory} isn't a results directory of emotopy (it has no {PROVENANCE} that "
                    f"lists its files), so {flag('--force')} doesn't replace it; give another "
                    f"{flag('--out')}"
                )
        inside = [path for path in inputs if place in (resolved(path), *resolved(path).parents)]
        if inside:
            raise OutputError(
                f"{directory} contains the input {inside[0].name}, which would be replaced by results; "
                f"give another {flag('--out')}"
            )
        made: list[Path] = []
        try:
            for folder in _missing(place.parent):
                folder.mkdir()
                made.append(folder)
            with suppress(FileNotFoundError):
                place.lstat()  # refuses a name that is too long; a folder made for a test would outlive a kill
            with tempfile.TemporaryFile(dir=place.parent) as probe:
                probe.write(b"\0" * 4096)
        finally:
            _remove_created(made)


@contextmanager
def atomic_directory(
    directory: Path,
    *,
    force: bool = False,
    files: Mapping[Path, bytes] | None = None,
    private: bool = False,
    notify: Say = warn,
) -> Iterator[Path]:
    """Yield an empty directory beside the wanted one; it takes the wanted name when the block ends without error.

    `files` are written with it: either all appear or none. With `private` nobody but the user can read any of it. An
    error or Ctrl-C in the block leaves nothing behind, and what stood there before untouched. With `force` a results
    directory that is there is replaced: the files that its provenance lists go, all others stay and are told of. What
    appears at the place meanwhile isn't touched either: the new results then go beside it, and OutputError says where.
    """
    with as_output_error(Path(directory)), reserved(directory, force=force, notify=notify) as place:
        output = _Output(force=force, notify=notify)
        try:
            partial = output.add(place)
            partial.mkdir()  # as the user's umask has it: the tables hold texts
            if private:
                _make_private(partial)
            yield partial
            with claimed(*(files or {})):
                check_files_free(files or {}, force=force)
                for path, content in (files or {}).items():
                    _write(output.add(resolved(path)), content, private=private)
                if private:
                    _make_private(partial)
                output.move()
        finally:
            output.remove_rest()


@contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """Yield a file beside `path` that takes its name when the block ends without error; parents are made.

    An error in the block leaves nothing behind, and an older file untouched. Raises OutputError where the system
    refuses, or another run writes there.
    """
    path = resolved(Path(path))
    with as_output_error(path), _parents(path), claimed(path) as claims:
        _clear_up(claims[path], warn)
        output = _Output(force=True)
        try:
            yield output.add(path)
            output.move()
        finally:
            output.remove_rest()


def check_files_free(paths: Iterable[Path], *, force: bool = False) -> None:
    """Check before any work that files can go where they shall.

    Raises OutputError where one exists and `force` isn't given, is no file, or lies in a folder that isn't there.
    """
    with as_output_error():
        for path in paths:
            if not path.parent.is_dir():
                raise OutputError(f"{path.parent} isn't a folder; create it first, or give another {flag('--out')}")
            if path.is_dir():
                raise OutputError(f"{path} is a folder; give the name of a file")
            if path.exists() and not force:
                raise OutputError(f"{path} exists; give another {flag('--out')}, or {flag('--force')} to replace it")


def write_files(
    contents: Mapping[Path, bytes], *, force: bool = False, private: bool = False, notify: Say = warn
) -> None:
    """Write files that belong together: all of them appear, or none; `private` ones nobody but the user can read.

    Raises OutputError as `check_files_free` does, where the system refuses, and where another run writes there.
    """
    check_files_free(contents, force=True)  # whether they may be replaced is seen once leftovers are cleared up
    contents = {resolved(path): content for path, content in contents.items()}
    with as_output_error(), claimed(*contents) as claims:
        for claim in claims.values():
            _clear_up(claim, notify)
        check_files_free(contents, force=force)
        output = _Output(force=force, notify=notify)
        try:
            for path, content in contents.items():
                _write(output.add(path), content, private=private)
            output.move()
        finally:
            output.remove_rest()


@contextmanager
def reserved_files(paths: Iterable[Path], *, force: bool = False, notify: Say = warn) -> Iterator[None]:
    """Hold places for files while the block runs. Raises OutputError as `write_files` does."""
    paths = list(paths)
    with ExitStack() as stack:
        check_files_free(paths, force=True)  # whether they may be replaced is seen once leftovers are cleared up
        with as_output_error():
            for claim in stack.enter_context(claimed(*paths)).values():
                _clear_up(claim, notify)
        check_files_free(paths, force=force)
        yield


# The manifest -------------------------------------------------------------------------------------------------------


def manifest_of(directory: Path) -> dict[str, Any]:
    """Return the list of a directory's files, its provenance aside: name (with `/`, sorted) → SHA-256."""
    paths = (path for path in sorted(directory.rglob("*")) if path.is_file() and not path.is_symlink())
    named = ((path.relative_to(directory).as_posix(), path) for path in paths)
    return {FORMAT: FORMAT_NAME, FILES: {name: _sha256(path) for name, path in named if name != PROVENANCE}}


def provenance_bytes(provenance: Mapping[str, Any]) -> bytes:
    """Return the content of a provenance file, its list of files among the rest: the same keys, the same bytes."""
    text = json.dumps(provenance, indent=2, sort_keys=True, ensure_ascii=False)
    # UTF-8 can't encode half a surrogate pair; it becomes JSON's escape.
    return f"{text}\n".encode("utf-8", errors="backslashreplace")


def read_manifest(directory: Path) -> dict[str, str] | None:
    """Return the files that the provenance of a results directory lists; None for a directory that isn't ours."""
    try:
        with (directory / PROVENANCE).open("rb") as file:
            provenance = json.loads(file.read(MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        return None
    manifest = provenance.get(MANIFEST) if isinstance(provenance, dict) else None
    files = manifest.get(FILES) if isinstance(manifest, dict) and manifest.get(FORMAT) == FORMAT_NAME else None
    if not isinstance(files, dict):
        return None
    if not all(isinstance(one, str) and _SHA256.fullmatch(one) and _is_inside(name) for name, one in files.items()):
        return None
    return files


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and "\0" not in name


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# Moving finished output to its place --------------------------------------------------------------------------------


@attrs.define(eq=False)
class _Output:
    """What one run makes: hidden paths and the places they go to."""

    force: bool
    notify: Say = warn
    _moves: dict[Path, Path] = attrs.field(factory=dict)

    def add(self, place: Path) -> Path:
        """Return a hidden path beside `place` to make the output at."""
        partial = temporary_sibling(place, "partial")
        self._moves[partial] = place
        return partial

    def move(self) -> None:
        """Move all to their places. Once it has begun it is finished, by this run or, if that is killed, by the next.

        Raises OutputError where a place was taken meanwhile; what is there stays, and the new output goes beside it.
        """
        for partial in self._moves:
            _sync(partial)
        with claimed(*self._moves.values()) as claims:
            for claim in claims.values():
                claim.write_journal(self._moves, force=self.force)
            taken: list[str] = []
            try:
                self._move_all(taken)
            except BaseException:
                self._move_all(taken)  # Ctrl-C between two moves: the others follow
                raise
            finally:
                for claim in claims.values():
                    claim.drop_journal()
        if taken:
            raise OutputError("; ".join(taken))

    def _move_all(self, taken: list[str]) -> None:
        for partial, place in list(self._moves.items()):
            if partial.exists():
                taken += _move(partial, place, force=self.force, notify=self.notify)
            self._moves.pop(partial)

    def remove_rest(self) -> None:
        """Remove what wasn't moved."""
        for partial in self._moves:
            _remove(partial)


def _move(partial: Path, place: Path, *, force: bool, notify: Say) -> list[str]:
    """Move finished output to its place, or beside it where the place is taken; return what to complain of."""
    if partial.is_dir():
        return _move_directory(partial, place, force=force, notify=notify)
    if force:
        partial.replace(place)
        return []
    try:
        os.link(partial, place)  # unlike a rename it doesn't replace what is there
    except FileExistsError:
        if not partial.samefile(place):
            return [_set_aside(partial, place)]
        # linked before, by a run that was ended before it dropped the hidden name
    except OSError:  # a file system without links
        if place.exists():
            return [_set_aside(partial, place)]
        partial.replace(place)
        return []
    partial.unlink()
    return []


def _move_directory(partial: Path, place: Path, *, force: bool, notify: Say) -> list[str]:
    if not os.path.lexists(place):
        try:
            partial.rename(place)
        except OSError:
            if not os.path.lexists(place):
                raise
            return [_set_aside(partial, place)]
        return []
    is_empty = place.is_dir() and not place.is_symlink() and not any(place.iterdir())
    manifest = None if place.is_symlink() or not place.is_dir() else read_manifest(place)
    if not force or (manifest is None and not is_empty):
        return [_set_aside(partial, place)]
    old = temporary_sibling(place, "old")
    try:
        place.rename(old)
        partial.rename(place)
    except BaseException as error:
        if os.path.lexists(old) and not os.path.lexists(place):
            try:
                old.rename(place)
            except OSError:
                raise OutputError(
                    f"{place}: the earlier results are now in {old.name} next to it and couldn't be restored: {error}"
                ) from error
        raise
    _retire(old, place, manifest or {}, notify)
    return []


def _set_aside(partial: Path, place: Path) -> str:
    """Move output beside a place that is taken; return what happened."""
    for number in range(2, 1000):
        stem, ending = (place.stem, place.suffix) if partial.is_file() else (place.name, "")
        free = place.with_name(f"{stem}-{number}{ending}")
        if not os.path.lexists(free):
            partial.rename(free)
            return (
                f"{place} was created by something else during this run and isn't replaced; the new output "
                f"is in {free.name}"
            )
    raise OutputError(f"{place} was created by something else during this run; the new output is in {partial.name}")


def _retire(old: Path, place: Path, manifest: Mapping[str, str], notify: Say) -> None:
    """Delete results that were replaced; files that they don't list, or that were changed, go to the new directory."""
    kept = []
    try:
        for path in sorted(old.rglob("*")):
            name = path.relative_to(old).as_posix()
            if name == PROVENANCE or (path.is_dir() and not path.is_symlink()):
                continue
            if name in manifest and not path.is_symlink() and _sha256(path) == manifest[name]:
                path.unlink()
                continue
            target = place / name
            while os.path.lexists(target):
                target = target.with_name(f"{target.name}.kept")
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
            kept.append(target.relative_to(place).as_posix())
        (old / PROVENANCE).unlink(missing_ok=True)  # last: a run that goes on from here needs its list
        for folder in sorted((path for path in old.rglob("*") if path.is_dir()), reverse=True):
            folder.rmdir()
        old.rmdir()
    except OSError as error:
        notify(f"{place}: not all of the old results could be removed ({error.strerror}); the rest is in {old.name}.")
    if kept:
        some = ", ".join(kept[:8]) + (f" and {len(kept) - 8} more" if len(kept) > 8 else "")
        notify(f"{place}: was replaced, except for files that aren't from emotopy or were changed: {some}.")


def _clear_up(claim: Claim, notify: Say) -> None:
    """Move what runs that are gone had finished, restore what they were replacing, remove what they hadn't finished.

    What such runs left at other places in the same folder, too.
    """
    _clear_up_place(claim, notify)
    for place in places_claimed_beside(claim.place):
        if held(place) is None:
            with suppress(OutputError), claimed(place) as claims:  # a run that is at work keeps its own
                _clear_up_place(claims[place], notify)


def _clear_up_place(claim: Claim, notify: Say) -> None:
    moves, force = claim.read_journal()
    for partial, place in moves.items():
        if partial.parent == place.parent and _hidden(place, "partial").fullmatch(partial.name) and partial.exists():
            complaints = _move(partial, place, force=force, notify=notify)
            notify(f"An earlier run was killed after {place.name} was finished; its output has now been moved there.")
            for complaint in complaints:
                notify(complaint)
    claim.drop_journal()
    place = claim.place
    for old in sorted(_siblings(place, "old")):
        if not os.path.lexists(place):
            old.rename(place)
            notify(f"An earlier run was killed while it replaced {place.name}; the old results were restored.")
        else:
            _retire(old, place, read_manifest(old) or {}, notify)
    rest = list(_siblings(place, "partial"))
    for partial in rest:
        _remove(partial)
    if rest:
        notify(f"An earlier run was killed before {place.name} was finished; its incomplete output was removed.")


def _siblings(place: Path, ending: str) -> list[Path]:
    pattern = _hidden(place, ending)
    try:
        return [path for path in place.parent.iterdir() if pattern.fullmatch(path.name)]
    except OSError:
        return []


def _hidden(place: Path, ending: str) -> re.Pattern[str]:
    stem = hidden_name(place, "")
    return re.compile(re.escape(stem) + r"[0-9a-f]{8}\." + ending)


def temporary_sibling(path: Path, ending: str) -> Path:
    """Return a name that nobody else has, hidden, no longer than file systems allow."""
    return path.with_name(hidden_name(path, f"{secrets.token_hex(4)}.{ending}"))


def is_private(directory: Path) -> bool:
    """Whether nobody but its owner can look into a directory: what is made of it should be as private."""
    return not directory.stat().st_mode & 0o077


def _make_private(path: Path) -> None:
    """Let nobody but the user read a file, or a directory and what is in it: modes 0600 and 0700."""
    for one in [path, *path.rglob("*")]:
        if not one.is_symlink():
            one.chmod(0o700 if one.is_dir() else 0o600)


def _write(path: Path, content: bytes, *, private: bool = False) -> None:
    with path.open("xb") as file:
        if private:
            path.chmod(0o600)
        file.write(content)


def _sync(path: Path) -> None:
    """Bring files to the disk before they get their names, so that a power cut leaves none empty."""
    for file in path.rglob("*") if path.is_dir() else [path]:
        if file.is_file() and not file.is_symlink():
            with suppress(OSError), file.open("rb+") as opened:
                os.fsync(opened.fileno())


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


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
    """Make the folders that `path` needs; take away those that hold nothing when the block ends."""
    made = _missing(path.parent)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        _remove_created(made)
