"""What keeps input texts out of messages while texts are at work that appear in nothing that is written (`no_texts`).

Whoever writes a stage may put a text into an exception, a message to the user, a log line or a print. Messages of other
people's stages are therefore left out while they work on texts, and of their exceptions only the type and the place
are told. Messages of emotopy's own stages are shown unless they repeat a text (a server's answer may). What is logged
meanwhile is dropped, since libraries log what they send, and so is what stages of others print.

How that is done depends on whose process it is. Where it is ours (a registry with a fence: the command line) logging is
off, and Python's standard streams are closed, for the whole process. In a host's process only what the working thread
logs and prints is dropped, so that other threads lose nothing. Not covered there: threads that a stage starts by itself
(unless it runs them in its context), handlers of logging that are made while it works, and, everywhere, output of C
code and of child processes.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from typing import Any

import attrs

from emotopy.errors import EmotopyError, PluginError
from emotopy.host import HIDDEN, Host, is_hosts
from emotopy.roles import MappingInputs

FEWEST_SHARED = 12
"""Characters in a row that a message and a text have in common from which the message repeats the text."""
WITHHELD = (
    "left out, because input texts must not appear in messages here; run it on texts that may be shown to read it"
)


@attrs.define(eq=False)
class Secrecy:
    """What is known during a run about the texts that stages are working on.

    `texts` are those of the calls under way, the innermost last. `withheld` counts messages that were left out, by the
    stage's name. `has_foreign_embedder` says that the embedder, which mappers call by themselves, isn't our own.
    `fence` says that the process is ours.
    """

    texts: list[Sequence[str]] = attrs.field(factory=list, repr=False)
    withheld: dict[str, int] = attrs.field(factory=dict)
    has_foreign_embedder: bool = False
    fence: bool = False

    @contextmanager
    def working(self, texts: Sequence[str], *, is_own: bool) -> Iterator[None]:
        """Run the block as a stage's work on texts: no logging, and nothing printed where the stage isn't our own."""
        self.texts.append(texts)
        try:
            # Behind a fence, which stands in the main thread alone, the whole process is silent.
            is_ours = self.fence and threading.current_thread() is threading.main_thread()
            with (_silence if is_ours else _hidden)(prints=not is_own):
                yield
        finally:
            with _LOCK:  # by identity: other threads may use the same stages
                del self.texts[next(i for i, one in enumerate(self.texts) if one is texts)]

    def allows(self, message: str, *, is_own: bool) -> bool:
        """Whether a message of a stage may be shown now."""
        if not self.texts:
            return True
        return is_own and not any(repeats(message, texts) for texts in self.texts)

    def host(self, host: Host, stage: str, *, is_own: bool) -> Host:
        """Return a host that shows only what may be shown of a stage's messages.

        A note says once that messages to the user were left out; lines of the log are left out without a word.
        """

        def log(message: str) -> None:
            if self.allows(message, is_own=is_own):
                host.log(message)

        def progress(what: str, total: int | None) -> AbstractContextManager[Callable[[int], None]]:
            return host.progress(what if self.allows(what, is_own=is_own) else stage, total)

        notify = FilteredNotify(self, host, stage, is_own)
        return attrs.evolve(host, notify=notify, log=log, progress=progress, is_secret=True)

    def without_texts(
        self, error: BaseException, stage: str, what: str, texts: Sequence[str], *, owner: str, is_own: bool
    ) -> BaseException:
        """Return an error to raise in place of a stage's: without a cause, and without a message that may hold a text.

        `error` is what came out of the guard: an error of emotopy's own, or a PluginError caused by another exception.
        """
        cause = error.__cause__ if isinstance(error, PluginError) and error.__cause__ is not None else error
        if isinstance(error, MemoryError):
            return MemoryError()
        if is_own and isinstance(cause, EmotopyError) and not repeats(str(error), texts):
            error.__cause__ = error.__context__ = None  # which --debug would print
            return error
        message = f"{stage} failed in {what}: {type(cause).__name__}{_place(cause)}; its message is {WITHHELD}"
        if is_own and isinstance(cause, EmotopyError) and not isinstance(cause, PluginError):
            kind = next(one for one in type(cause).__mro__ if one.__module__ == EmotopyError.__module__)
            shown: EmotopyError = kind(message)
            return shown
        return PluginError(message, owner=owner, stage=stage)


@attrs.frozen(eq=False)
class FilteredNotify:
    """The `notify` of a host that shows only what may be shown of a stage's messages; see `Secrecy.host`."""

    secrecy: Secrecy
    host: Host
    stage: str
    is_own: bool

    def __call__(self, message: str) -> None:
        """Show the message, or say once that messages were left out."""
        secrecy = self.secrecy
        if secrecy.allows(message, is_own=self.is_own):
            self.host.notify(message)
            return
        secrecy.withheld[self.stage] = secrecy.withheld.get(self.stage, 0) + 1
        self.host.notify(f"{self.stage}: messages of this stage were {WITHHELD}.")  # which shows a message once a call


@contextmanager
def without_messages(*, no_texts: bool) -> Iterator[None]:
    """Run the block; with `no_texts`, an exception that isn't meant for the user becomes one without its message.

    Errors of emotopy's own, of the system, of memory and of the host's functions pass. What is left are bugs.
    """
    try:
        yield
    except (EmotopyError, OSError, MemoryError):
        raise
    except Exception as error:
        if not no_texts or is_hosts(error):
            raise
        raise RuntimeError(f"{type(error).__name__}{_place(error)}; its message is {WITHHELD}") from None


def texts_of(arguments: Sequence[Any]) -> Sequence[str]:
    """Return the texts among the arguments of a call."""
    for one in arguments:
        if isinstance(one, MappingInputs):
            return one.texts
        if isinstance(one, (list, tuple)) and one and isinstance(one[0], str):
            return one
    return ()


def repeats(message: str, texts: Sequence[str]) -> bool:
    """Whether a message holds twelve characters in a row of a text, or a shorter text whole, blanks and case aside.

    >>> repeats("HTTP 400: can't read 'I WAS  AFRAID of him'", ["Yes", "I was afraid of him, always"])
    True
    >>> repeats("HTTP 401: wrong key", ["I was afraid of him, always", "a"])
    False
    """
    message = _plain(message)
    words = f" {''.join(c if c.isalnum() else ' ' for c in message)} "
    runs = {message[i : i + FEWEST_SHARED] for i in range(len(message) - FEWEST_SHARED + 1)}
    for text in dict.fromkeys(map(_plain, texts)):
        if len(text) < FEWEST_SHARED:
            if len(text) > 2 and f" {text} " in words:
                return True
        elif any(text[i : i + FEWEST_SHARED] in runs for i in range(len(text) - FEWEST_SHARED + 1)):
            return True
    return False


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _place(error: BaseException) -> str:
    """Return where an exception was raised, without the folder; the line alone may quote what it works on."""
    frames = traceback.extract_tb(error.__traceback__)
    return f" in {os.path.basename(frames[-1].filename)}, line {frames[-1].lineno}" if frames else ""  # noqa: PTH119


@contextmanager
def _silence(*, prints: bool) -> Iterator[None]:
    """Switch logging off, and with `prints` warnings and what Python code prints, for the process."""
    with silent_logging(), no_output() if prints else nullcontext():
        yield


_LOCK = threading.Lock()


@contextmanager
def _hidden(*, prints: bool) -> Iterator[None]:
    """Drop what this thread logs and, with `prints`, what its Python code prints; a host's functions are exempt."""
    _watch_handlers()
    token = HIDDEN.set(True)
    try:
        with _STREAMS if prints else nullcontext():
            yield
    finally:
        HIDDEN.reset(token)


def _is_shown(record: logging.LogRecord) -> bool:  # noqa: ARG001 (as logging calls it)
    return not HIDDEN.get()


def _watch_handlers() -> None:
    """Give every handler that there is a filter that drops what is hidden.

    It stays, and lets all else pass: taking it out could make another thread that is just asking the handler's filters
    skip one of them.
    """
    loggers = [logging.root, *list(logging.root.manager.loggerDict.values())]
    handlers = [handler for one in loggers for handler in getattr(one, "handlers", ())]
    for handler in (*handlers, logging.lastResort):
        if handler is not None and _is_shown not in handler.filters:
            handler.addFilter(_is_shown)


class _Stream:
    """A standard stream that drops what is hidden and passes on all else."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        return len(text) if HIDDEN.get() else self.stream.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    @property
    def buffer(self) -> Any:
        return io.BytesIO() if HIDDEN.get() else self.stream.buffer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


class _ShowWarning:
    """`warnings.showwarning` that drops what is hidden and passes on all else."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, *arguments: Any, **named: Any) -> None:
        if not HIDDEN.get():
            self.function(*arguments, **named)


class _Streams(AbstractContextManager[None]):
    """Stands in front of Python's standard streams, and of warnings, while any thread is in it.

    Each is looked at and set without a call in between, where another thread could set its own.
    """

    def __init__(self) -> None:
        self._n_inside = 0
        self._out: _Stream | None = None
        self._err: _Stream | None = None
        self._warning: _ShowWarning | None = None

    def __enter__(self) -> None:
        with _LOCK:
            self._n_inside += 1
            out, err, warning = _Stream(sys.stdout), _Stream(sys.stderr), _ShowWarning(warnings.showwarning)
            if not isinstance(out.stream, _Stream | None) and sys.stdout is out.stream:
                self._out = sys.stdout = out
            if not isinstance(err.stream, _Stream | None) and sys.stderr is err.stream:
                self._err = sys.stderr = err
            if not isinstance(warning.function, _ShowWarning) and warnings.showwarning is warning.function:
                self._warning = warnings.showwarning = warning

    def __exit__(self, *exc: object) -> None:
        with _LOCK:
            self._n_inside -= 1
            if self._n_inside:
                return
            out, err, warning = self._out, self._err, self._warning
            self._out = self._err = self._warning = None
            if out is not None and sys.stdout is out:  # else another thread put its own there, which stays
                sys.stdout = out.stream
            if err is not None and sys.stderr is err:
                sys.stderr = err.stream
            if warning is not None and warnings.showwarning is warning:
                warnings.showwarning = warning.function


_STREAMS = _Streams()


@contextmanager
def silent_logging() -> Iterator[None]:
    """Switch logging off for the process."""
    disabled = logging.root.manager.disable
    logging.disable(sys.maxsize)
    try:
        yield
    finally:
        logging.disable(disabled)


@contextmanager
def no_output() -> Iterator[None]:
    """Drop warnings and what Python code prints, for the process."""
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,  # noqa: PTH123 (no path of a file)
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield
