"""The host is the program that calls the library; this module defines what it provides to stages, and its calls.

A call begins when a public function or method (`fit`, `map_texts`, `decode`, …) is entered, and ends when it returns.
During a call, `checkpoint` raises `Cancelled` or `DeadlineExceeded` if the host has cancelled the call or its deadline
has passed. `checkpoint` is called before every call of a stage, at every step of work that `Host.progress` shows, and
in loops over batches, folds or blocks without progress. Exceptions of the host's own functions are remembered, so that
they pass through code that catches the exceptions of plugins.

Calls are kept in a context variable: threads and asyncio tasks don't see each other's.
"""

from __future__ import annotations

import logging
import math
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Protocol

import attrs

from emotopy.errors import Cancelled, ConfigError, DeadlineExceeded

__all__ = ["Host", "checkpoint", "silent_progress"]

logging.getLogger("emotopy").addHandler(logging.NullHandler())  # silent unless whoever uses the library says otherwise

NOTES, LINES, WORK = (logging.getLogger(f"emotopy.{name}") for name in ("notes", "log", "progress"))
"""Where messages go that no function of the host takes: at INFO, at INFO, at DEBUG."""

HIDDEN: ContextVar[bool] = ContextVar("HIDDEN", default=False)
"""Whether what is logged and printed here may hold texts that stay out of all output (`emotopy.running.secrecy`)."""


class SupportsIsSet(Protocol):
    """A flag that somebody else sets, as `threading.Event` is."""

    def is_set(self) -> bool:
        """Whether it is set."""
        ...


# Calls --------------------------------------------------------------------------------------------------------------


@attrs.define(eq=False)
class Call:
    """A call of the host that is under way; `outer` is the one that it was begun in, by another host.

    `doing` names the work that is shown, the innermost last. `ended_by` is what ends the call: a cancellation, a
    deadline, or what a function of the host raised. It is raised again wherever somebody caught it. `is_over` once it
    was left: a thread that was begun in it, and took its context along, isn't a part of it any more.
    """

    cancel: Callable[[], bool] | None = None
    deadline_s: float | None = None
    outer: Call | None = None
    begun_s: float = attrs.field(factory=time.monotonic)
    doing: list[Work] = attrs.field(factory=list)
    ended_by: BaseException | None = None
    is_over: bool = False

    def check(self) -> None:
        """Raise what ends the call, if anything does."""
        if not self.is_over:
            if self.ended_by is not None:
                raise self.ended_by
            if self.cancel is not None and _from_host(self.cancel):
                self._end(Cancelled)
            if self.deadline_s is not None and time.monotonic() - self.begun_s >= self.deadline_s:
                self._end(DeadlineExceeded)
        if self.outer is not None:
            self.outer.check()

    def _end(self, kind: type[Cancelled | DeadlineExceeded]) -> None:
        doing = self.doing[-1].what if self.doing else ""
        self.ended_by = kind.after(time.monotonic() - self.begun_s, doing, deadline_s=self.deadline_s)
        raise self.ended_by


_CALL: ContextVar[Call | None] = ContextVar("_CALL", default=None)


def checkpoint() -> None:
    """Raise Cancelled or DeadlineExceeded if the current call was cancelled or is late; do nothing outside a call.

    Raises
    ------
    Cancelled, DeadlineExceeded
        The current call must end.

    Examples
    --------
    >>> for _ in range(3):  # a loop of a stage's own
    ...     checkpoint()
    """
    call = _CALL.get()
    if call is not None:
        call.check()


@contextmanager
def calling(host: Host) -> Iterator[None]:
    """Run the block as a call of this host, or as a part of the call of the same host that is under way.

    Raises
    ------
    Cancelled, DeadlineExceeded
        The host wants no more; before any work where it wants none.
    """
    outer = _CALL.get()
    if outer is not None and not outer.is_over and (outer.cancel, outer.deadline_s) == (host.cancel, host.deadline_s):
        outer.check()
        yield
        return
    call = Call(host.cancel, host.deadline_s, outer)
    token = _CALL.set(call)
    try:
        call.check()
        yield
    except BaseException as error:
        if call.ended_by is None or call.ended_by is error:
            raise
    finally:
        _CALL.reset(token)
        call.is_over = True
    if call.ended_by is not None:
        call.ended_by.__suppress_context__ = True  # which is what somebody made of it
        raise call.ended_by


def refuse_isolation(host: Host, what: str) -> None:
    """Raise ConfigError where a host asks for a child process that can't do `what`."""
    if host.isolate:
        wanted = "map_texts, decode, annotate, bridge or compare, whose results can come back from a child process"
        message = f"Host: isolate: wanted {wanted}, got {what}; leave isolate out"
        raise ConfigError(message, path="isolate", wanted=wanted, got=what)


def ended() -> BaseException | None:
    """Return what ends the call under way: a cancellation, a deadline, what a function of the host raised."""
    call = _CALL.get()
    while call is not None and (call.is_over or call.ended_by is None):
        call = call.outer
    return None if call is None else call.ended_by


def is_hosts(error: BaseException) -> bool:
    """Whether an exception is the host's own: raised by a function that it gave, or by one of its signal handlers."""
    if hasattr(error, _MARK) or isinstance(error, Cancelled | DeadlineExceeded):
        return True
    if not _is_from_signal(error):
        return False
    _remember(error)
    return True


_MARK = "_emotopy_raised_by_host"


def _remember(error: BaseException) -> None:
    object.__setattr__(error, _MARK, True)  # on the exception, since other threads see no call
    call = _CALL.get()
    if call is not None and not call.is_over and call.ended_by is None:
        call.ended_by = error


def _is_from_signal(error: BaseException) -> bool:
    """Whether a signal handler raised it: a time limit of a job queue, say, which strikes in the midst of a stage."""
    handlers = (signal.getsignal(number) for number in signal.valid_signals())
    functions = {getattr(handler, "__func__", handler) for handler in handlers if callable(handler)}
    codes = {function.__code__ for function in functions if hasattr(function, "__code__")}
    frame = error.__traceback__
    while codes and frame is not None:
        if frame.tb_frame.f_code in codes:
            return True
        frame = frame.tb_next
    return False


def _from_host(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of the host's; what it raises is remembered as the host's own, without what it was raised in."""
    caught_already = sys.exception()
    token = HIDDEN.set(False)
    try:
        return function(*arguments)
    except BaseException as error:
        _remember(error)
        one: BaseException | None = error
        while one is not None and caught_already is not None:  # a stage's exception may hold a text
            if one.__context__ is caught_already:
                one.__context__ = None
            one = one.__context__
        raise
    finally:
        HIDDEN.reset(token)


# Its functions ------------------------------------------------------------------------------------------------------


@attrs.frozen
class FromHost:
    """A function of the host's that takes a message."""

    function: Callable[[str], None]

    def __call__(self, message: str) -> None:
        _from_host(self.function, message)


@attrs.frozen
class ProgressFromHost:
    """The host's `progress`, with a checkpoint at its beginning and at every step."""

    function: Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]

    def __call__(self, what: str, total: int | None = None) -> AbstractContextManager[Callable[[int], None]]:
        return Work(self.function, what, total)


@attrs.define(eq=False)
class Work(AbstractContextManager[Callable[[int], None]]):
    """A piece of work that is shown to the host until the block ends; what it yields counts steps."""

    progress: Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]
    what: str
    total: int | None
    shown: AbstractContextManager[Callable[[int], None]] = attrs.field(init=False)
    call: Call | None = attrs.field(init=False)

    def __enter__(self) -> Callable[[int], None]:
        checkpoint()
        self.shown = _from_host(self.progress, self.what, self.total)
        advance: Callable[[int], None] = _from_host(self.shown.__enter__)
        self.call = _CALL.get()
        if self.call is not None:
            self.call.doing.append(self)

        def step(n: int) -> None:
            _from_host(advance, n)
            checkpoint()

        return step

    def __exit__(self, *exc: object) -> None:
        if self.call is not None:
            self.call.doing.remove(self)
        _from_host(self.shown.__exit__, *exc)


class silent_progress(AbstractContextManager[Callable[[int], None]]):  # noqa: N801 (used as a function)
    """Progress without a display: log the start of each piece of work to `emotopy.progress`.

    Parameters
    ----------
    what : str
        Description of the work.
    total : int or None
        Number of steps; None if it isn't known.

    Examples
    --------
    >>> with silent_progress("embedding", 2) as advance:
    ...     advance(1)
    """

    def __init__(self, what: str, total: int | None = None) -> None:
        WORK.debug("%s%s", what, "" if total is None else f", {total:,} steps")

    def __enter__(self) -> Callable[[int], None]:
        return lambda n: None

    def __exit__(self, *exc: object) -> None:
        return None


def _message_function(given: Callable[[str], None]) -> FromHost:
    return given if isinstance(given, FromHost) else FromHost(given)


def _progress_function(
    given: Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]],
) -> ProgressFromHost:
    return given if isinstance(given, ProgressFromHost) else ProgressFromHost(given)


def _cancel_function(given: Any) -> Callable[[], bool] | None:
    if given is None or (callable(given) and not isinstance(given, type)):
        return given
    is_set = getattr(given, "is_set", None)
    if callable(is_set) and not isinstance(given, type):
        return is_set  # type: ignore[no-any-return]
    wanted = "a function without arguments, or an object with is_set(), such as threading.Event()"
    raise ConfigError(
        f"Host: cancel: wanted {wanted}, got {type(given).__name__}", path="cancel", wanted=wanted, got=given
    )


def _check_deadline(host: Host, attribute: Any, value: Any) -> None:  # noqa: ARG001 (as attrs calls it)
    if value is None:
        return
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or math.isnan(value) or value <= 0:
        wanted = "a number of seconds above 0, or None for as long as it takes"
        message = f"Host: deadline_s: wanted {wanted}, got {value!r}"
        raise ConfigError(message, path="deadline_s", wanted=wanted, got=value)


# The host -----------------------------------------------------------------------------------------------------------


@attrs.frozen
class Host:
    """Messages, progress, cancellation and cache folder that a program passes to emotopy.

    A factory with a parameter annotated `Host` receives it. Exceptions raised by its functions are passed on unchanged,
    even if a stage called the function.

    Parameters
    ----------
    cache_dir : Path, optional
        Folder in which a stage may keep work between runs; None for no folder. Files there contain no texts and are
        readable only by the user.
    notify : callable, optional
        Function that shows the user a message once per run, such as a licence or a fallback. The message also becomes a
        note of the result, so it contains no time and no path. Default: logging to `emotopy.notes` at INFO.
    log : callable, optional
        Function for messages that aren't part of a result, such as durations and reused work. Default: logging to
        `emotopy.log` at INFO.
    progress : callable, optional
        Context manager `progress(what, total)` that shows a piece of work and yields a function that counts its steps;
        `total` is None if the number of steps isn't known. It decides when to show the work, and computes rate and
        remaining time. Default: the start is logged to `emotopy.progress` at DEBUG.
    grace_s : float, default 8.0
        Seconds that requests in progress may still take when the run is interrupted, cancelled or late.
    is_secret : bool, default False
        Whether the texts of this run must be kept out of all files and messages, including messages of a server that
        may repeat them.
    force : bool, default False
        Whether work is started even if it is expected to need more memory or disk space than available.
    results_dir : Path, optional
        Folder of the results, whose free space is checked.
    one_thread : callable, optional
        Context manager that is entered for work with many small matrix products. It may limit the threads of numerical
        libraries; since this affects the whole process, the default does nothing.
    cancel : callable or object with is_set(), optional
        Tells whether to cancel: a function without arguments, or an object with `is_set()` such as `threading.Event`.
        It is called often from the working thread, before every call of a stage and at every step of progress, so it
        should return quickly. If it returns true, the call raises `Cancelled`.
    deadline_s : float, optional
        Seconds that a call (`fit`, `map_texts`, `decode`, …) may take from its start, checked whenever `cancel` is. A
        call that takes longer raises `DeadlineExceeded`. Default: no limit.
    isolate : bool, default False
        Whether calls run in a child process, which is terminated within two seconds of a cancellation, the deadline or
        Ctrl-C, whatever it is doing; see `emotopy.running.child`.

    Raises
    ------
    ConfigError
        `cancel` or `deadline_s` has an invalid type or value.

    Examples
    --------
    >>> told = []
    >>> host = Host(notify=told.append, deadline_s=30.0)
    >>> host.notify("a licence")
    >>> told
    ['a licence']
    """

    cache_dir: Path | None = None
    notify: Callable[[str], None] = attrs.field(default=NOTES.info, converter=_message_function)
    log: Callable[[str], None] = attrs.field(default=LINES.info, converter=_message_function)
    progress: Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]] = attrs.field(
        default=silent_progress, converter=_progress_function
    )
    grace_s: float = 8.0
    is_secret: bool = False
    force: bool = False
    results_dir: Path | None = None
    one_thread: Callable[[], AbstractContextManager[None]] = nullcontext
    cancel: Callable[[], bool] | None = attrs.field(default=None, converter=_cancel_function)
    deadline_s: float | None = attrs.field(default=None, validator=_check_deadline)
    isolate: bool = False

    def check(self) -> None:
        """Raise Cancelled or DeadlineExceeded if the current call must end; for loops inside a stage."""
        checkpoint()
