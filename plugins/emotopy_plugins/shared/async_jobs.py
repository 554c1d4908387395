"""Many awaitable jobs from plain code: on an event loop of their own, stopped by Ctrl-C, usable inside a notebook."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import queue
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from emotopy.host import checkpoint

Job = TypeVar("Job")
Answer = TypeVar("Answer")
Session = TypeVar("Session")

TICK_S = 0.1
"""How often the host is asked whether it wants no more, while answers are waited for."""


def concurrently(
    jobs: Sequence[Job],
    work: Callable[[Session, Job], Awaitable[Answer]],
    open_session: Callable[[asyncio.Event], AbstractAsyncContextManager[Session]],
    *,
    limit: int,
    grace_s: float = 0.0,
    log: Callable[[str], None] = lambda message: None,
) -> Generator[tuple[Job, Answer]]:
    """Run `work(session, job)` for every job, at most `limit` at once; yield (job, answer) as answers come.

    The jobs run on a thread of their own, in an event loop of their own: the caller may be inside a running loop, as a
    notebook is. `open_session` is entered there; it is handed an event that is set once a job has failed.

    The first failure starts no further job, lets those under way finish (what a server has begun to answer is paid
    for), and is raised in the end. Leaving the iteration early, Ctrl-C above all, starts no further job either. It lets
    those under way finish for up to `grace_s` seconds, which `log` is told; then they are cancelled. Use
    `contextlib.closing` to leave without delay. Their answers aren't yielded any more: what is to be kept of them,
    `work` keeps.
    """
    arrived: queue.SimpleQueue[tuple[Job, Answer] | None] = queue.SimpleQueue()
    waiting = iter(jobs)
    failures: list[BaseException] = []
    leave: list[Callable[[], None]] = []

    async def worker(session: Session, stopping: asyncio.Event) -> None:
        for job in waiting:  # shared: each job is taken by one worker
            try:
                arrived.put((job, await work(session, job)))
            except Exception as error:  # noqa: BLE001 (raised again in the caller's thread)
                failures.append(error)
                stopping.set()
            if stopping.is_set():
                return

    async def main() -> None:
        try:
            stopping = asyncio.Event()
            leave.append(stopping.set)
            async with open_session(stopping) as session:
                await asyncio.gather(*(worker(session, stopping) for _ in range(min(limit, len(jobs)))))
        except BaseException as error:  # noqa: BLE001 (a cancellation, too)
            failures.append(error)
        finally:
            arrived.put(None)  # no more answers

    with _running(main, leave, grace_s, log):
        while True:
            try:
                item = arrived.get(timeout=TICK_S)
            except queue.Empty:
                checkpoint()  # a server may take long
                continue
            if item is None:
                break
            yield item
    if failures:
        raise failures[0]


@contextlib.contextmanager
def _running(
    main: Callable[[], Coroutine[Any, Any, None]],
    leave: Sequence[Callable[[], None]],
    grace_s: float,
    log: Callable[[str], None],
) -> Iterator[None]:
    """Run `main()` on a new thread meanwhile.

    On leaving where it isn't done: call what is in `leave` on its loop, wait up to `grace_s`, cancel it, wait for it.
    """
    loop = asyncio.new_event_loop()
    task = loop.create_task(main())

    def run() -> None:
        try:
            with contextlib.suppress(asyncio.CancelledError):
                loop.run_until_complete(task)
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()

    # a daemon, so that a second Ctrl-C while the first one is tidying up really ends the program
    context = contextvars.copy_context()  # of the host's call, so that what may not be said here isn't said there
    thread = threading.Thread(target=context.run, args=(run,), name="emotopy requests", daemon=True)
    thread.start()
    try:
        yield
    except BaseException:
        if grace_s > 0 and thread.is_alive():
            log(f"waiting up to {grace_s:g} s for requests in progress; press Ctrl-C again to stop at once")
            with contextlib.suppress(RuntimeError):  # the loop is closed: nothing is under way
                for call in leave:
                    loop.call_soon_threadsafe(call)
            thread.join(grace_s)
        raise
    finally:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nothing is left to cancel
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
