"""Progress on stderr: a bar for each piece of work where a person looks on, lines where a log is written.

Work that is over within two seconds is never shown. A thread looks at the clock, since much work (a clustering, a
factorisation) says nothing while it goes on.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

import attrs

from emotopy.cli.escapes import escape_controls
from emotopy.running.progress import Pace

if TYPE_CHECKING:
    from rich.progress import Progress

FIRST_S = 2.0
"""Work is shown from then on."""
BETWEEN_S = 5.0
"""Between two lines of a log; a twentieth of the time so far, where that is more."""
LOOKS_S = 0.25
"""Between two looks at the clock."""
REDRAWN_S = 0.1
"""Between two drawings of the bars."""

Clock = Callable[[], float]


def progress_on(stream: TextIO) -> ProgressDisplay:
    """Return the display for this stream: bars on a terminal that can redraw a line, else lines."""
    is_terminal = stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
    return ProgressBars(stream) if is_terminal else ProgressLines(stream)


@attrs.define(eq=False)
class Task:
    """A piece of work that is under way: what it is called, and its pace."""

    what: str
    pace: Pace

    def describe(self, now_s: float) -> str:
        """Return the line for a log."""
        return f"{self.what}: {self.pace.describe(now_s)}"


class ProgressDisplay:
    """What is under way, the innermost last, and a thread that shows it every now and then.

    `open` is what `Host.progress` wants; `say` prints a message without disturbing what is shown. `clock` gives
    seconds; without `looks` no thread is started, and `show` is called by whoever moves the clock.
    """

    def __init__(self, stream: TextIO, *, clock: Clock = time.monotonic, looks: bool = True) -> None:
        self._stream, self._clock, self._looks = stream, clock, looks
        self._tasks: list[Task] = []
        self._lock = threading.RLock()
        self._over: threading.Event | None = None

    @contextmanager
    def open(self, what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Show a piece of work until the block ends; yields a function that counts steps of it as done."""
        task = Task(escape_controls(what), Pace(self._clock(), total))

        def advance(n: int) -> None:
            with self._lock:
                task.pace.advance(n, self._clock())
                self.show()

        with self._lock:
            self._tasks.append(task)
            if self._looks and self._over is None:
                self._over = threading.Event()
                threading.Thread(target=self._look, args=(self._over,), name="emotopy-progress", daemon=True).start()
        try:
            yield advance
        finally:
            with self._lock:
                self._tasks.remove(task)
                self.show()
                if not self._tasks:
                    self.end()

    def say(self, message: str) -> None:
        """Print a line; what steers a terminal is shown as its escape."""
        with self._lock:
            self._write(escape_controls(message, keep="\n"))

    def show(self) -> None:
        """Show what is due by now."""

    def end(self) -> None:
        """Take down what is shown; nothing is under way any more."""
        if self._over is not None:
            self._over.set()
            self._over = None

    def _look(self, over: threading.Event) -> None:
        while not over.wait(LOOKS_S):
            with self._lock:
                if not over.is_set():
                    self.show()

    def _shown(self) -> list[Task]:
        """Return the work that has gone on long enough, the innermost last."""
        now_s = self._clock()
        return [task for task in self._tasks if task.pace.elapsed_s(now_s) >= FIRST_S]

    def _write(self, message: str) -> None:
        with suppress(OSError, ValueError):  # nobody listens any more, or the stream is closed; the work goes on
            print(message, file=self._stream, flush=True)


class ProgressLines(ProgressDisplay):
    """A line at most every few seconds: all that is under way, the outermost first."""

    def __init__(self, stream: TextIO, *, clock: Clock = time.monotonic, looks: bool = True) -> None:
        super().__init__(stream, clock=clock, looks=looks)
        self._last_s = -float("inf")

    def show(self) -> None:
        """Print a line where one is due."""
        shown, now_s = self._shown(), self._clock()
        if not shown:
            return
        between_s = max(BETWEEN_S, shown[0].pace.elapsed_s(now_s) / 20)
        if now_s - self._last_s >= between_s:
            self._last_s = now_s
            self._write("; ".join(task.describe(now_s) for task in shown))


class ProgressBars(ProgressDisplay):
    """A bar for each piece of work under way; they vanish with it."""

    def __init__(self, stream: TextIO, *, clock: Clock = time.monotonic, looks: bool = True) -> None:
        super().__init__(stream, clock=clock, looks=looks)
        self._bars: Progress | None = None
        self._numbers: dict[int, Any] = {}
        self._drawn_s = -float("inf")

    def show(self) -> None:
        """Draw the bars, where they aren't as good as new."""
        shown, now_s = self._shown(), self._clock()
        if not shown or now_s - self._drawn_s < REDRAWN_S:
            return
        self._drawn_s = now_s
        if self._bars is None:
            self._bars = _rich_bars(self._stream)
            self._bars.start()
        kept = {id(task) for task in shown}
        for key in [key for key in self._numbers if key not in kept]:
            self._bars.remove_task(self._numbers.pop(key))
        for task in shown:
            if id(task) not in self._numbers:
                self._numbers[id(task)] = self._bars.add_task(task.what, total=task.pace.total, pace="")
            described = task.pace.describe(now_s)
            self._bars.update(self._numbers[id(task)], completed=task.pace.done, pace=described)
        self._bars.refresh()

    def end(self) -> None:
        """Take the bars down."""
        super().end()
        if self._bars is not None:
            with suppress(OSError, ValueError):
                self._bars.stop()
            self._bars = None
            self._numbers.clear()

    def _write(self, message: str) -> None:
        if self._bars is None:
            super()._write(message)
            return
        with suppress(OSError, ValueError):
            self._bars.console.print(message, markup=False, highlight=False, soft_wrap=True)


def _rich_bars(stream: TextIO) -> Progress:
    """Return bars that are drawn when they are told to, and leave stdout and stderr as they are."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[pace]}", markup=False),
    )
    return Progress(
        *columns,
        console=Console(file=stream),
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    )
