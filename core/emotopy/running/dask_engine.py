"""The engine `dask`: run pieces of work on the workers of a cluster or of this machine.

Dask sends functions and data between machines as pickles, and doesn't authenticate the sender unless TLS is set up. Use
only schedulers, workers and networks that you trust (docs/beyond-one-machine.md).
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import queue
import secrets
import signal
import socket
import tempfile
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from importlib import import_module, metadata
from ipaddress import ip_address
from multiprocessing import active_children, resource_tracker
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from emotopy.errors import ConfigError, EngineError, MissingExtra, PluginError
from emotopy.host import Host, checkpoint, is_hosts
from emotopy.running import dask_worker, transport
from emotopy.running.checks import with_dependencies
from emotopy.running.stages import Stage
from emotopy.running.uploads import destinations
from emotopy.wording import flag

S = TypeVar("S")
P = TypeVar("P")
R = TypeVar("R")

WORKER = "Dask Worker process"
"""How Dask's nannies name the processes that they start."""
AHEAD = 2
"""Pieces that wait for each worker: it has the next one when it is done, and memory stays bounded."""
TICK_S = 0.5
"""How often the cluster is looked at while a piece is waited for."""
START_S = 120.0
"""How long workers of this machine may take to start."""
CLOSE_S = 10.0
"""How long closing may take, before what is left is left to the operating system."""
SAME = ("python", "emotopy", "dask", "distributed")
"""What has to be the same on client and workers (of Python: the first two parts); other differences are told."""
CONFIGURATION = {
    "distributed.admin.large-graph-warning-threshold": "1TiB",  # a piece holds its texts, on purpose
    "distributed.worker.daemon": True,  # workers of ours end with us
    "distributed.deploy.lost-worker-timeout": "10s",  # one that died while it started isn't started again by itself
}
NO_SPILL = {
    # Dask would put what doesn't fit into memory into pickles on the disk.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
}


class Dask:
    """Runs pieces of work on a Dask cluster; as a context manager, it connects on entry and closes on exit.

    Parameters
    ----------
    scheduler : str, optional
        Address of a running scheduler (``tcp://host:8786``, ``tls://host:8786``). Default: start workers on this
        machine, which communicate only over the loopback interface and store nothing on disk.
    n_workers : int, optional
        Number of workers to start without `scheduler`. Default: the number of cores.
    timeout_s : float, default 30.0
        Seconds to wait for an answer of the scheduler and for the first worker.
    security : distributed.Security, optional
        Certificates for a ``tls://`` scheduler. Default: Dask's configuration.

    Examples
    --------
    >>> import emotopy
    >>> with Dask(n_workers=4) as engine:  # doctest: +SKIP
    ...     result = emotopy.map_texts(table, text="text", engine=engine)
    """

    def __init__(
        self,
        scheduler: str | None = None,
        *,
        n_workers: int | None = None,
        timeout_s: float = 30.0,
        security: Any = None,
    ) -> None:
        self.address = scheduler
        self._wanted_workers = n_workers
        self._timeout_s = timeout_s
        self._security = security
        self._client: Any = None
        self._cluster: Any = None
        self._n_started = self._n_entered = 0
        self._stack = ExitStack()
        self._died: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()

    is_remote = True

    @property
    def is_open(self) -> bool:
        """Whether the engine is connected."""
        return self._client is not None

    @property
    def n_workers(self) -> int:
        """Current number of workers, at least 1."""
        if self._client is None:
            return self._wanted_workers or 1
        return max(1, len(self._workers()))

    # Opening and closing ----------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Connect, or start workers; the engine stays open until it was exited as often as entered.

        Raises MissingExtra if Dask isn't installed, and EngineError if the scheduler doesn't answer, no worker joins,
        or workers have another version of emotopy or Python than this process.
        """
        self._n_entered += 1
        if self._n_entered > 1:
            return self
        with ExitStack() as stack:
            stack.callback(self._reset)
            try:
                import distributed  # noqa: F401
            except ImportError as error:
                raise MissingExtra(f"{flag('--engine', 'dask')} needs Dask: pip install 'emotopy[dask]'") from error
            self._client = self._connect(stack)
            self._await_worker()
            self._check_scheduler()
            self._check_versions()
            self._client.subscribe_topic("all", self._hear)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._n_entered > 1:
            self._n_entered -= 1
            return
        self._stack.close()

    def _reset(self) -> None:
        self._client = self._cluster = None
        self._n_entered = 0

    def _connect(self, stack: ExitStack) -> Any:
        import dask.config

        distributed: Any = import_module("distributed")
        stack.enter_context(_hushed())
        stack.enter_context(dask.config.set(CONFIGURATION))
        if self.address is not None:
            self._probe(self.address)
            security = {} if self._security is None else {"security": self._security}
            connect = partial(
                distributed.Client, self.address, timeout=self._timeout_s, set_as_default=False, **security
            )
            try:
                with warnings.catch_warnings():  # of versions, which are looked at below
                    warnings.simplefilter("ignore")
                    client = _made(connect, self._timeout_s + TICK_S)
            except queue.Empty:
                raise self._unreachable(self.address, "a server that doesn't answer") from None
            except Exception as error:
                raise self._unreachable(self.address, f"{type(error).__name__}: {error}") from error
            stack.callback(self._close, client)
            return client
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="emotopy-", ignore_cleanup_errors=True))
        stack.enter_context(dask.config.set({**NO_SPILL, "temporary-directory": folder}))
        start = partial(
            distributed.LocalCluster,
            n_workers=self._wanted_workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            worker_dashboard_address=None,
            # None as LocalCluster's own `dashboard_address` leaves a server for HTTP at a fixed port.
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            local_directory=folder,
            silence_logs=logging.CRITICAL,
        )
        others = set(active_children())
        try:
            cluster = _made(start, START_S)
        except Exception as error:
            raise EngineError(
                f"{flag('--engine', 'dask')}: wanted workers of this machine, got "
                f"{type(error).__name__}: {error}; a script that calls emotopy must do so under `if "
                '__name__ == "__main__":`, because workers import it',
                wanted="workers of this machine",
                got=type(error).__name__,
            ) from error
        stack.callback(_kill_workers, others)
        stack.callback(_quietly, cluster.close, timeout=CLOSE_S)
        self._cluster, self._n_started = cluster, len(cluster.worker_spec)
        client = distributed.Client(cluster, set_as_default=False, timeout=self._timeout_s)
        stack.callback(self._close, client)
        return client

    @staticmethod
    def _close(client: Any) -> None:
        if client.status == "running":
            with suppress(Exception):  # it is no matter any more who answers
                client.unsubscribe_topic("all")
                client.run(dask_worker.forget, on_error="ignore")
        _quietly(client.close, timeout=CLOSE_S)

    def _probe(self, address: str) -> None:
        """Raise EngineError at once where nothing listens: Dask would ask again until its time is over."""
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        try:
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if parts.scheme not in ("tcp", "tls"):
            return
        if not host or not port:
            raise EngineError(
                f"{flag('--scheduler', address)}: wanted an address such as tcp://host:8786, got one without "
                f"host or port",
                scheduler=address,
                wanted="tcp://host:port",
                got=address,
            )
        try:
            socket.create_connection((host, port), timeout=self._timeout_s).close()
        except OSError as error:
            raise self._unreachable(address, error.strerror or type(error).__name__) from error

    def _unreachable(self, address: str, why: str) -> EngineError:
        return EngineError(
            f"{flag('--scheduler', address)}: wanted a Dask scheduler that answers within "
            f"{self._timeout_s:g} s, got {why}; start one (`dask scheduler`) and workers (`dask worker "
            f"ADDRESS --nthreads 1`), or leave out {flag('--scheduler')}",
            scheduler=address,
            wanted="a Dask scheduler",
            got=why,
        )

    def _workers(self, doing: str = "") -> dict[str, int]:
        try:
            found: dict[str, int] = self._client.nthreads()  # `scheduler_info` names five of them alone
        except Exception as error:
            raise self._lost(doing, type(error).__name__) from error
        return found

    def _await_worker(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=self._timeout_s)
        except Exception as error:  # TimeoutError of several modules, over the versions
            raise EngineError(
                f"{flag('--engine', 'dask')}: wanted a worker within {self._timeout_s:g} s, got none; start some: "
                "`dask worker ADDRESS --nthreads 1`",
                scheduler=self.address,
                wanted="a worker",
                got="none",
            ) from error

    def _check_scheduler(self) -> None:
        """Raise EngineError for a scheduler of another Dask: work that is sent to it may end the connection."""
        packages = self._client.get_versions(check=False)["scheduler"]["packages"]
        ours, theirs = metadata.version("distributed"), packages.get("distributed")
        if theirs != ours:
            raise EngineError(
                f"{flag('--scheduler', self.address)}: wanted distributed {ours}, as on this machine, "
                f"got {theirs}; install the same version on all machines",
                scheduler=self.address,
                wanted=f"distributed {ours}",
                got=f"distributed {theirs}",
            )

    def _check_versions(self, owners: Sequence[str] = ()) -> list[str]:
        """Return what differs between this process and the workers, a sentence each.

        Raises EngineError where emotopy, Python, Dask, or the owner of a stage isn't the same there.
        """
        here = dask_worker.describe(owners)
        try:
            found = self._client.run(dask_worker.describe, owners)
        except Exception as error:
            raise EngineError(
                f"{flag('--engine', 'dask')}: wanted workers with emotopy {here['emotopy']}, got "
                f"{type(error).__name__}: {error}; "
                "install it there",
                scheduler=self.address,
                wanted=f"emotopy {here['emotopy']}",
                got=type(error).__name__,
            ) from error
        differing = []
        for name, ours in here.items():
            others = sorted({there.get(name, "absent") for there in found.values()} - {ours})
            if not others:
                continue
            theirs = ", ".join(others)
            major = {".".join(one.split(".")[:2]) for one in (ours, *others)}
            if (name in SAME or name in owners) and not (name == "python" and len(major) == 1):
                raise EngineError(
                    f"{flag('--engine', 'dask')}: wanted {name} {ours} on every worker, as on this "
                    f"machine, got {theirs}; install the same version there",
                    scheduler=self.address,
                    wanted=f"{name} {ours}",
                    got=f"{name} {theirs}",
                )
            differing.append(f"{name} is {ours} on this machine and {theirs} on workers")
        return differing

    # Work -------------------------------------------------------------------------------------------------------------

    def check(self, stages: Iterable[Any], host: Host) -> None:
        """Check, before any work, that stages can be sent to the workers and have the same versions there.

        Differing library versions are reported as messages, because results may differ.

        Parameters
        ----------
        stages : iterable of Stage
            The stages.
        host : Host
            Who is told.

        Raises
        ------
        ConfigError
            A stage sends requests to a server.
        PluginError
            A stage can't be pickled.
        EngineError
            Workers lack a stage's distribution, or have another version of it.
        """
        stages = [inner for one in stages for inner in with_dependencies(one)]
        for name, address in destinations({str(stage): stage.object for stage in stages}).items():
            raise ConfigError(
                f"{name} sends texts to {address}: wanted stages that don't use a server, because each "
                "worker would send its own requests, with your API key; run it without "
                f"{flag('--engine')}, or use another stage",
                path=name.partition(" ")[0],
                wanted="a stage that sends nothing",
                got=name,
            )
        transport.check_portable(stages)
        if self.address is not None and is_open(self.address):
            host.log(
                f"{flag('--scheduler', self.address)}: texts and fitted stages are sent unencrypted, "
                "and anyone who can reach the scheduler can run code on its workers; use it only in a "
                "trusted network, or use tls://"
            )
        owners = sorted({stage.owner for stage in stages if stage.owner and stage.owner != "emotopy"})
        differing = self._check_versions(owners) if self._client is not None else []
        if differing:
            host.notify(
                "Some parts were computed with library versions other than those in the provenance: "
                f"{'; '.join(differing)}."
            )

    def map(
        self,
        function: Callable[[S, P], R],
        shared: S,
        pieces: Iterable[P],
        *,
        doing: str = "",
        host: Host | None = None,
    ) -> Iterator[R]:
        """Yield `function(shared, piece)` of each piece, in their order; see `emotopy.running.engine.Engine.map`.

        If a worker dies, its piece is given to another worker, and a message is logged. After the number of deaths that
        the scheduler allows (`distributed.scheduler.allowed-failures`, 4 by default), EngineError is raised.

        Parameters
        ----------
        function : callable
            Function of the shared data and a piece; it must be picklable.
        shared : object
            Data that all pieces need; sent once.
        pieces : iterable
            The pieces.
        doing : str, default ""
            Description of the work, for messages.
        host : Host, optional
            Who is told.

        Yields
        ------
        object
            Return value of the function for each piece.
        """
        host = host or Host()
        if self._client is None:
            with self:
                yield from self.map(function, shared, pieces, doing=doing, host=host)
            return
        token = secrets.token_hex(8)
        state = dask_worker.Shared(token, _dumped(function, shared), host.is_secret)
        client = self._client
        kept = client.submit(dask_worker.keep, state, key=f"emotopy-shared-{token}", pure=False)
        waiting: deque[Any] = deque()
        numbers = itertools.count()
        left = iter(pieces)
        try:
            while True:
                room = AHEAD * self.n_workers - len(waiting)
                for piece in itertools.islice(left, max(room, 0)):
                    data = dask_worker.Piece(transport.dumps(piece))
                    key = f"emotopy-piece-{token}-{next(numbers)}"
                    waiting.append(client.submit(dask_worker.work, kept, data, key=key, pure=False))
                if not waiting:
                    break
                answer = self._result(waiting[0], doing, host)
                waiting.popleft()
                answer.messages.tell(host)
                if answer.error is not None:
                    raise answer.error
                yield answer.value
        finally:
            if client.status == "running":
                with suppress(Exception):
                    client.cancel([kept, *waiting], force=True)
            del waiting, kept

    def _result(self, future: Any, doing: str, host: Host) -> dask_worker.Answer:
        """Wait for a piece; look meanwhile after the cluster, and tell of workers that died."""
        from distributed.scheduler import KilledWorker

        alone_since: float | None = None
        while True:
            self._tell_deaths(doing, host)
            checkpoint()
            try:
                answer: dask_worker.Answer = future.result(timeout=TICK_S)
            except KilledWorker as error:
                n_deaths = error.allowed_failures + 1
                raise EngineError(
                    f"{flag('--engine', 'dask')}: {_with(doing)}a piece of the work was given to "
                    f"{n_deaths} workers, and each of them died; their logs give the reason, usually "
                    "that memory ran out (start workers with more memory, or process fewer texts, "
                    "regions or surrogates at a time)",
                    scheduler=self.address,
                    wanted="workers that live",
                    got=f"{n_deaths} that died",
                    n_deaths=n_deaths,
                ) from None
            except TimeoutError as error:
                if is_hosts(error):  # of a signal handler
                    raise
            except Exception as error:
                if is_hosts(error):
                    raise
                raise self._lost(doing, type(error).__name__) from error
            else:
                self._tell_deaths(doing, host)
                return answer
            if self._client.status != "running":
                raise self._lost(doing, "the connection ended")
            n_workers = len(self._workers(doing))
            if self._cluster is not None and n_workers < self._n_started:
                self._cluster.scale(self._n_started)
            if n_workers:
                alone_since = None
            elif alone_since is None:
                alone_since = time.monotonic()
            elif time.monotonic() - alone_since > self._timeout_s:
                raise EngineError(
                    f"{flag('--engine', 'dask')}: {_with(doing)}all workers are gone, and none returned "
                    f"within {self._timeout_s:g} s; start workers and run this again: finished work is "
                    "in the cache",
                    scheduler=self.address,
                    wanted="a worker",
                    got="none",
                )

    def _lost(self, doing: str, why: str) -> EngineError:
        return EngineError(
            f"{flag('--engine', 'dask')}: {_with(doing)}the connection to the scheduler was lost "
            f"({why}); start it and run this again: finished work is in the cache",
            scheduler=self.address,
            wanted="a scheduler that stays",
            got=why,
        )

    def _hear(self, event: tuple[float, Any]) -> None:
        """Keep a worker's death for the thread that works; called by Dask's."""
        message = event[1]
        if isinstance(message, dict) and message.get("action") == "remove-worker" and not message.get("expected"):
            self._died.put(message)

    def _tell_deaths(self, doing: str, host: Host) -> None:
        while True:
            try:
                message = self._died.get_nowait()
            except queue.Empty:
                return
            n = len(message.get("processing-tasks") or ())
            again = f"; {n} piece{'s' * (n != 1)} of its work {'are' if n != 1 else 'is'} repeated" if n else ""
            host.log(f"{_with(doing)}a worker died{again}")


def _dumped(function: Callable[[S, P], R], shared: S) -> bytes:
    """Return function and state as bytes; a stage in it that can't be sent is named."""
    try:
        return transport.dumps((function, shared))
    except MissingExtra:
        raise
    except Exception as error:
        transport.check_portable(_stages_in(shared))
        raise PluginError(
            f"{flag('--engine', 'dask')}: the fitted stages can't be sent to workers ({type(error).__name__})"
        ) from error


def _stages_in(value: Any, depth: int = 4) -> Iterator[Stage]:
    """Yield the stages in a record or a sequence of records."""
    if isinstance(value, Stage):
        yield value
    elif depth and isinstance(value, (tuple, list)):
        for one in value:
            yield from _stages_in(one, depth - 1)
    elif depth and isinstance(value, Mapping):
        yield from _stages_in(list(value.values()), depth - 1)
    elif depth:
        names = (slot for kind in type(value).__mro__ for slot in getattr(kind, "__slots__", ()))
        parts = [getattr(value, name, None) for name in {*names, *getattr(value, "__dict__", ())}]
        yield from _stages_in(parts, depth - 1)


def is_open(address: str) -> bool:
    """Whether a scheduler's address is on another machine and the connection unencrypted.

    >>> is_open("tcp://host:8786"), is_open("tls://host:8786"), is_open("tcp://127.0.0.1:8786")
    (True, False, False)
    """
    parts = urlsplit(address if "://" in address else f"tcp://{address}")
    if parts.scheme != "tcp" or parts.hostname == "localhost":
        return False
    try:
        return not ip_address(parts.hostname or "").is_loopback
    except ValueError:  # a name
        return True


def _made(make: Callable[[], Any], within_s: float) -> Any:
    """Return the client or cluster that `make` gives; queue.Empty where it takes longer, and what `make` raises.

    It is made in a thread. Dask's own limit doesn't hold for a server that accepts the connection and says nothing. And
    the thread blocks Ctrl-C, as then do Dask's threads and the workers that they start, now and later: the signal
    reaches this process alone, which closes what was made.
    """
    answers: queue.SimpleQueue[tuple[Any, Exception | None]] = queue.SimpleQueue()

    def work() -> None:
        if hasattr(signal, "pthread_sigmask"):
            resource_tracker.ensure_running()  # which would unblock the signal where it starts
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            answers.put((make(), None))
        except Exception as error:  # noqa: BLE001 (raised by who waits)
            answers.put((None, error))

    others = set(active_children())
    threading.Thread(target=work, daemon=True, name="emotopy-engine").start()
    try:
        made, error = answers.get(timeout=within_s)
    except KeyboardInterrupt:
        end = time.monotonic() + CLOSE_S
        while time.monotonic() < end:
            _kill_workers(others)  # whose start would be waited for
            with suppress(queue.Empty):
                half_made, _ = answers.get(timeout=TICK_S)
                if half_made is not None:
                    _quietly(half_made.close, timeout=CLOSE_S)
                break
        _kill_workers(others)
        raise
    if error is not None:
        raise error
    return made


def _kill_workers(others: Collection[Any]) -> None:
    """Kill workers that this process started and didn't close, but for those that were there before."""
    for child in active_children():
        if child not in others and child.name.startswith(WORKER):
            child.kill()


@contextlib.contextmanager
def _hushed() -> Iterator[None]:
    """Keep Dask's own log off the terminal: what goes wrong is told by errors and by the host."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]
    handlers = {handler for name in names for handler in logging.getLogger(name).handlers}
    levels = {handler: handler.level for handler in handlers}
    for handler in handlers:
        handler.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for handler, level in levels.items():
            handler.setLevel(level)


def _with(doing: str) -> str:
    return f"{doing}: " if doing else ""


def _quietly(close: Callable[..., Any], **options: Any) -> None:
    """Call a method that closes; what it raises at the end of a run is no matter of the run's."""
    with contextlib.suppress(Exception):
        close(**options)
