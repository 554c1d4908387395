"""What travels to a worker: stages and fitted state as bytes, and messages back.

The bytes are a pickle by cloudpickle, made here and opened by a worker of the same user: Dask's own way. They are never
written to a file. Two things don't travel as they are. A `Host` holds functions that print here; on a worker it is
one that collects messages, which come back with the piece's result. A `Stage` holds the run that made it; on a worker
it is guarded alone.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs

from emotopy.errors import MissingExtra, PluginError
from emotopy.roles import Host
from emotopy.running.secrecy import FilteredNotify, Secrecy
from emotopy.running.stages import Stage
from emotopy.wording import flag

STAGE_FIELDS = ("role", "name", "owner", "version", "options", "object", "dependencies", "secrecy", "fitted_on")
"""What of a stage travels; `log_once` is the worker's own."""


@attrs.define
class Messages:
    """What stages said during a piece of work: notes for the result, and lines for the log."""

    notes: list[str] = attrs.field(factory=list)
    lines: list[str] = attrs.field(factory=list)

    def tell(self, host: Host) -> None:
        """Pass them on."""
        for note in self.notes:
            host.notify(note)
        for line in self.lines:
            host.log(line)


_current = Messages()
"""Of the piece that this process works on; a worker works on one at a time (`emotopy.running.dask_worker`)."""


@contextmanager
def collected() -> Iterator[Messages]:
    """Collect what hosts that travelled here are told during the block."""
    global _current  # noqa: PLW0603 (hosts that travelled have nothing else in common)
    before, _current = _current, Messages()
    try:
        yield _current
    finally:
        _current = before


def _notify(message: str) -> None:
    if message not in _current.notes:
        _current.notes.append(message)


def _log(message: str) -> None:
    if message not in _current.lines:
        _current.lines.append(message)


def _host(grace_s: float) -> Host:
    return Host(notify=_notify, log=_log, grace_s=grace_s)


def _secret_host(grace_s: float, secrecy: Secrecy, stage: str, is_own: bool) -> Host:
    return secrecy.host(_host(grace_s), stage, is_own=is_own)


def _secrecy(has_foreign_embedder: bool) -> Secrecy:
    return Secrecy(has_foreign_embedder=has_foreign_embedder)


def _stage(fields: dict[str, Any]) -> Stage:
    return Stage(**fields, log_once=_log)


def dumps(value: Any) -> bytes:
    """Return a value as bytes for a worker.

    Raises MissingExtra without cloudpickle, and what pickling raises.
    """
    try:
        import cloudpickle
    except ImportError as error:
        raise MissingExtra(f"{flag('--engine', 'dask')} needs Dask: pip install 'emotopy[dask]'") from error

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc, name-defined, unused-ignore]
        def reducer_override(self, one: Any) -> Any:
            if isinstance(one, Host):
                notify = getattr(one.notify, "function", one.notify)
                if isinstance(notify, FilteredNotify):
                    return _secret_host, (one.grace_s, notify.secrecy, notify.stage, notify.is_own)
                return _host, (one.grace_s,)
            if isinstance(one, Secrecy):  # the texts that it knows of stay here
                return _secrecy, (one.has_foreign_embedder,)
            if isinstance(one, Stage):
                return _stage, ({name: getattr(one, name) for name in STAGE_FIELDS},)
            return super().reducer_override(one)

    file = io.BytesIO()
    Pickler(file, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    return file.getvalue()


def loads(data: bytes) -> Any:
    """Return what `dumps` made of a value.

    Opening it runs code, as does everything that Dask itself unpickles on the way here: these bytes come through that
    connection alone, never from a file, and there is nothing to gain from refusing them to somebody who already has it.
    docs/beyond-one-machine.md says who can reach it; workers of ours listen on loopback.
    """
    return pickle.loads(data)  # noqa: S301 (bytes that `dumps` made, from the client of this worker)


def check_portable(stages: Iterable[Stage]) -> None:
    """Check that stages can be sent to workers, before any work.

    Raises PluginError that names the first that can't.
    """
    for stage in stages:
        try:
            dumps(stage)
        except MissingExtra:
            raise
        except Exception as error:  # noqa: BLE001 (a plugin's objects may raise anything here)
            raise not_portable(stage, error) from None


def not_portable(stage: Stage, error: BaseException) -> PluginError:
    """Return the error for a stage that can't be sent; the cause's message may quote what it holds, and is left out."""
    return PluginError(
        f"{stage}: wanted a stage that can be sent to other processes, as {flag('--engine', 'dask')} "
        f"does, got one that can't be pickled ({type(error).__name__}); run it without "
        f"{flag('--engine')}, or ask its author to remove open files, locks or connections from it",
        owner=stage.owner,
        stage=str(stage),
    )
