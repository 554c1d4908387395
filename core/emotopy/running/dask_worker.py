"""What runs on a worker of a cluster: a piece of work under guard, and what the worker says of itself.

Dask finds these functions by their names, so that emotopy has to be installed on every worker. Nothing here is imported
by a run in one process.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from importlib import metadata
from typing import Any

import attrs

from emotopy.errors import EmotopyError, EngineError
from emotopy.running.secrecy import WITHHELD, no_output, silent_logging
from emotopy.running.transport import Messages, collected, loads
from emotopy.storage.provenance import versions
from emotopy.wording import flag

_lock = threading.Lock()
"""Stages and the process's output aren't made for several threads: a process works on one piece at a time."""
_opened: dict[str, Any] = {}
"""What pieces share, opened, by its token; that of the last work alone."""


@attrs.frozen(repr=False)
class Piece:
    """A piece of work as it travels: bytes, so that Dask's messages and logs can't quote what is in it."""

    data: bytes

    def __repr__(self) -> str:
        return f"<piece of {len(self.data):,} bytes>"


@attrs.frozen(repr=False)
class Shared:
    """What pieces share as it travels: the function and its first argument, as bytes; `token` names them."""

    token: str
    data: bytes
    is_secret: bool

    def __repr__(self) -> str:
        return f"<shared state of {len(self.data):,} bytes>"


@attrs.frozen(repr=False)
class Answer:
    """What came of a piece: a value, or the exception; and what stages said meanwhile."""

    value: Any
    error: BaseException | None
    messages: Messages


def keep(shared: Shared) -> Shared:
    """Return what is given: as the result of a task it is where workers find it, and is made again when one dies."""
    return shared


def work(shared: Shared, piece: Piece) -> Answer:
    """Work on a piece; an exception is an answer like any other, which Dask neither repeats nor logs."""
    with _lock, _output(is_secret=shared.is_secret), collected() as messages:
        try:
            function, state = _open(shared)
            return Answer(function(state, loads(piece.data)), None, messages)
        except Exception as error:  # noqa: BLE001 (the client raises it)
            return Answer(None, portable_error(error, is_secret=shared.is_secret), messages)


def _open(shared: Shared) -> Any:
    opened = _opened.get(shared.token)
    if opened is None:
        _opened.clear()
        try:
            opened = _opened[shared.token] = loads(shared.data)
        except Exception as error:  # noqa: BLE001 (what lacks or differs here fails in a dozen ways)
            lacking = getattr(error, "name", None) if isinstance(error, ImportError) else None
            got = f"no {lacking}" if lacking else f"{type(error).__name__} when the stages were read"
            raise EngineError(
                f"{flag('--engine', 'dask')}: wanted workers with the same packages as this machine, "
                f"got {got} on a worker; install the same packages there",
                wanted="the same packages on every worker",
                got=got,
            ) from None
    return opened


def forget() -> None:
    """Drop what pieces shared; a piece under way keeps its own."""
    _opened.clear()


def describe(owners: Sequence[str]) -> dict[str, str]:
    """Return the versions of what is installed here: what can change a number, and the `owners` of stages."""
    found = versions()
    for owner in ("dask", "distributed", *owners):
        try:
            found[owner] = metadata.version(owner)
        except metadata.PackageNotFoundError:
            found[owner] = "absent"
    return found


def portable_error(error: BaseException, *, is_secret: bool) -> BaseException:
    """Return an exception that can travel: itself where it pickles, without its cause and the place it was raised.

    Where texts stay out of messages an exception that isn't one of emotopy's own loses its message.
    """
    error.__cause__ = error.__context__ = error.__traceback__ = None
    if is_secret and not isinstance(error, (EmotopyError, MemoryError)):
        return RuntimeError(f"{type(error).__name__} on a worker; its message is {WITHHELD}")
    try:
        import cloudpickle

        loads(cloudpickle.dumps(error))
    except Exception:  # noqa: BLE001 (whatever it is, it can't travel)
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


@contextmanager
def _output(*, is_secret: bool) -> Iterator[None]:
    """Keep the standard output for answers: what code prints goes to stderr, and nowhere where texts stay secret."""
    if not is_secret:
        with redirect_stdout(sys.stderr):
            yield
        return
    with silent_logging(), no_output():
        yield
