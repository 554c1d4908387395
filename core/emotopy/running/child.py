"""Calls that work in a child process: it can be ended whatever it is doing, a long call of a compiled library included.

`Host(isolate=True)` asks for it. The child is a new Python (no fork), which imports emotopy and loads the plugins anew;
arguments go there and the result comes back as pickles through pipes, between this process and its own child alone. The
host's functions are called here. On a cancellation, the deadline, Ctrl-C or an exception of the host's the child is
told to end (SIGTERM), and half a second later it is killed. Where this process ends, the child does, too.

It isn't started by `multiprocessing`, which imports the main script anew, to which this is often fatal (a page of
Streamlit, a script without `if __name__ == "__main__"`), and refuses to work in a pool's daemons.

The process there is the child's own, so plugins work behind the fence, and what they print goes to standard error. It
is no sandbox: a pickle that is opened runs code, so a plugin in the child can do here what one in this process can.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from multiprocessing import spawn
from types import ModuleType
from typing import IO, Any, Self

from emotopy.errors import ChildDied, ConfigError, EngineError
from emotopy.host import Host, checkpoint
from emotopy.registry import Registry
from emotopy.running.base import Pathway

TICK_S = 0.05
"""How often the host is asked whether it wants no more."""
ENDING_S = 0.5
"""How long the child may take to tidy up before it is killed."""
_SIZE = struct.Struct(">Q")
BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from emotopy.running.child import main; main()"


# What travels --------------------------------------------------------------------------------------------------------


class _Pickler(pickle.Pickler):
    """Pickles a call: a host becomes one that speaks to its parent, a registry is loaded again, the rest is data."""

    def reducer_override(self, one: Any) -> Any:
        if isinstance(one, Host):
            return _host_there, (one.cache_dir, min(one.grace_s, ENDING_S / 2), one.force, one.results_dir)
        if isinstance(one, Registry):
            return _registry_there, _origin(one)
        if isinstance(one, Pathway):  # which nobody else is given as a pickle; its parts travel as they do alone
            return object.__reduce_ex__(one, pickle.HIGHEST_PROTOCOL)
        if getattr(type(one), "is_remote", False):
            raise _refusal("no engine, since a child process is one", type(one).__name__)
        if getattr(one, "__module__", None) == "__main__" and isinstance(one, (type, type(_origin))):
            raise _refusal("stages and data of importable modules", f"{one.__qualname__}, defined in the main script")
        if isinstance(one, ModuleType):
            raise _refusal("data and stages that pickle", f"the module {one.__name__}")
        return NotImplemented


def _refusal(wanted: str, got: str) -> ConfigError:
    message = f"isolate: wanted {wanted}, which can be passed to a child process, got {got}; or leave out isolate"
    return ConfigError(message, path="isolate", wanted=wanted, got=got)


def _origin(registry: Registry) -> tuple[Mapping[str, Any] | None, tuple[str, ...], str]:
    """Return how a registry is made again elsewhere: the arguments of `load`, or its plugins' modules and owner."""
    if registry.loaded_with is not None:
        return registry.loaded_with, (), ""
    names = []
    for plugin in registry.plugins:
        name = getattr(plugin, "__name__", "")
        if not isinstance(plugin, ModuleType) or sys.modules.get(name) is not plugin or name == "__main__":
            raise _refusal("a registry of installed plugins, or of modules", f"one that holds {plugin!r:.60}")
        names.append(name)
    return None, tuple(names), registry.owner


def _registry_there(loaded_with: Mapping[str, Any] | None, modules: tuple[str, ...], owner: str) -> Registry:
    from importlib import import_module

    if loaded_with is not None:
        return Registry.load(**{**loaded_with, "fence": True})
    return Registry([import_module(name) for name in modules], owner=owner, fence=True)


def _call_bytes(function: Callable[..., Any], arguments: tuple[Any, ...], named: Mapping[str, Any]) -> bytes:
    """Return a call as bytes; raise ConfigError where a part of it can't travel."""
    if named.get("engine") is not None:
        raise _refusal("no engine, since a child process is one", f"engine={named['engine']!r:.40}")
    data = io.BytesIO()
    try:
        _Pickler(data, protocol=pickle.HIGHEST_PROTOCOL).dump(
            (function.__module__, function.__qualname__, arguments, dict(named))
        )
    except ConfigError:
        raise
    except Exception as error:
        raise _refusal("data and stages that pickle", f"{type(error).__name__}: {error}") from error
    return data.getvalue()


# Here ----------------------------------------------------------------------------------------------------------------


def run_in_child(function: Callable[..., Any], arguments: tuple[Any, ...], named: Mapping[str, Any], host: Host) -> Any:
    """Return what a function gives, called in a child process; within a call of the host (`emotopy.host.calling`).

    Raises
    ------
    Cancelled, DeadlineExceeded
        The host wants no more; the child was ended.
    ChildDied
        The child was killed, or ended by itself.
    ConfigError
        An argument can't be sent to another process.
    EngineError
        No process could be started.
    """
    checkpoint()
    data = _call_bytes(function, arguments, named)
    with _Child(data) as child, ExitStack() as shown:
        works: dict[int, tuple[ExitStack, Callable[[int], None]]] = {}
        doing: list[str] = []
        while True:
            checkpoint()
            try:
                kind, *content = child.messages.get(timeout=TICK_S)
            except queue.Empty:
                continue
            if kind == "notify":
                host.notify(*content)
            elif kind == "log":
                host.log(*content)
            elif kind == "begin":
                number, what, total = content
                work = shown.enter_context(ExitStack())
                works[number] = work, work.enter_context(host.progress(what, total))
                doing.append(what)
            elif kind == "step":
                works[content[0]][1](content[1])
            elif kind == "end":
                works.pop(content[0])[0].close()
                doing.pop()
            elif kind == "answer":
                return content[0]
            elif kind == "error":
                raise content[0]
            else:
                raise ChildDied.of(child.exit_code(), doing[-1] if doing else "")


class _Child(AbstractContextManager["_Child"]):
    """The child process; leaving it ends the child, within `ENDING_S` and a little more."""

    def __init__(self, data: bytes) -> None:
        self.messages: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        command = [os.fsdecode(spawn.get_executable() or sys.executable), "-c", BOOT, json.dumps(sys.path)]
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603
        except OSError as error:
            raise EngineError(
                f"isolate: wanted a child process, got {type(error).__name__}: {error.strerror}; leave isolate out",
                engine="child process",
                wanted="a child process",
                got=type(error).__name__,
            ) from error
        self._threads = [
            threading.Thread(target=work, args=given, name="emotopy child", daemon=True)
            for work, given in ((self._send, (data,)), (self._receive, ()))
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        process = self._process
        try:
            if exc == (None, None, None):  # it has answered, and ends by itself
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(ENDING_S)
            if process.poll() is None:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(ENDING_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            for thread, pipe in zip(self._threads, (process.stdin, process.stdout), strict=True):
                thread.join(ENDING_S)
                if pipe is not None and not thread.is_alive():  # else a process of a plugin's holds the other end
                    with contextlib.suppress(OSError):
                        pipe.close()

    def exit_code(self) -> int:
        """Return the exit code of a child whose pipe has ended; negative: the number of a signal."""
        try:
            return self._process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            return 0

    def _send(self, data: bytes) -> None:
        """Write the call; the pipe stays open, since its end would tell the child that this process is gone."""
        with contextlib.suppress(OSError, ValueError):
            assert self._process.stdin is not None
            _write(self._process.stdin, data)

    def _receive(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError, EOFError):
            while True:
                message: tuple[Any, ...] = pickle.loads(_read(self._process.stdout))  # noqa: S301 (of our own child)
                self.messages.put(message)
        self.messages.put(("gone",))


def _write(stream: IO[bytes], data: bytes) -> None:
    stream.write(_SIZE.pack(len(data)))
    stream.write(data)
    stream.flush()


def _read(stream: IO[bytes]) -> bytes:
    (n_bytes,) = _SIZE.unpack(_exactly(stream, _SIZE.size))
    return _exactly(stream, n_bytes)


def _exactly(stream: IO[bytes], n_bytes: int) -> bytes:
    parts = []
    while n_bytes:
        parts.append(stream.read(min(n_bytes, 1 << 20)))
        if not parts[-1]:
            raise EOFError
        n_bytes -= len(parts[-1])
    return b"".join(parts)


# There ---------------------------------------------------------------------------------------------------------------


class _Ended(BaseException):
    """The parent wants the child to end; files that were begun are taken away on the way out."""


class _Parent:
    """What speaks to the parent; any thread may."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._lock, self._n_works = stream, threading.Lock(), 0

    def tell(self, *message: Any) -> None:
        data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        with self._lock:
            _write(self._stream, data)

    @contextlib.contextmanager
    def progress(self, what: str, total: int | None) -> Iterator[Callable[[int], None]]:
        with self._lock:
            self._n_works += 1
            number = self._n_works
        self.tell("begin", number, what, total)
        try:
            yield lambda n: self.tell("step", number, n)
        finally:
            self.tell("end", number)


_parent: _Parent | None = None
"""In a child process: who speaks to its parent."""


def _host_there(cache_dir: Any, grace_s: float, force: bool, results_dir: Any) -> Host:
    assert _parent is not None
    return Host(
        cache_dir=cache_dir,
        notify=lambda message: _tell("notify", message),
        log=lambda message: _tell("log", message),
        progress=_parent.progress,
        grace_s=grace_s,
        force=force,
        results_dir=results_dir,
    )


def _tell(kind: str, message: str) -> None:
    assert _parent is not None
    _parent.tell(kind, message)


def main() -> None:
    """Work as a child: read a call from standard input, write messages and its answer to standard output, end."""
    global _parent  # noqa: PLW0603 (hosts that are unpickled here have nothing else in common)
    calls, answers = os.fdopen(os.dup(0), "rb", buffering=0), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what anybody prints isn't an answer
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123 (no path of a file)
        os.dup2(nothing.fileno(), 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches both; the parent ends this one
    signal.signal(signal.SIGTERM, _end)
    _parent = _Parent(answers)
    try:
        data = _read(calls)
        threading.Thread(target=_end_with_parent, args=(calls,), name="emotopy parent", daemon=True).start()
        try:
            _parent.tell("answer", _work(data))
        except Exception as error:  # noqa: BLE001 (raised again by the parent)
            _parent.tell("error", _portable(error))
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    except (_Ended, EOFError, BrokenPipeError):  # the parent wants no more, or is gone
        os._exit(128 + signal.SIGTERM)


def _work(data: bytes) -> Any:
    from importlib import import_module

    module, name, arguments, named = pickle.loads(data)  # noqa: S301 (of our own parent)
    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    parameters = inspect.signature(found).parameters.values()
    takes_registry = any(one.name == "registry" or one.kind is one.VAR_KEYWORD for one in parameters)
    if takes_registry and named.get("registry") is None:
        named["registry"] = Registry.load(fence=True)
    return found(*arguments, **named)


def _portable(error: BaseException) -> BaseException:
    """Return an exception that can travel: itself where it pickles, without its cause and the place it was raised."""
    error.__cause__ = error.__context__ = error.__traceback__ = None
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 (our own)
    except Exception:  # noqa: BLE001 (whatever it is, it can't travel)
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _end(number: int, frame: Any) -> None:  # noqa: ARG001 (as signal calls it)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Ended


def _end_with_parent(calls: IO[bytes]) -> None:
    """End at once where the parent's end of the pipe is closed."""
    with contextlib.suppress(OSError):
        calls.read(1)
    os._exit(1)
