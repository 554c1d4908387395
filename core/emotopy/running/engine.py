"""Where the independent pieces of a run are worked on: in this process, or by the workers of a cluster.

A pathway cuts its work into pieces, gives each of them with the same `shared` state to a pure function, and puts what
comes back together in the order of the pieces. Cuts and order don't depend on the engine, so neither do the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, Self, TypeVar

from emotopy.host import checkpoint
from emotopy.roles import Host

S = TypeVar("S")
P = TypeVar("P")
R = TypeVar("R")


class Engine(Protocol):
    """What works on pieces. A context: entered before the work, it holds what the engine needs until it is left."""

    @property
    def is_remote(self) -> bool:
        """Whether pieces, and what they share, leave this process."""
        ...

    @property
    def address(self) -> str | None:
        """The address of a scheduler that others run; None where all work stays on this machine."""
        ...

    @property
    def n_workers(self) -> int:
        """How many pieces are worked on at a time."""
        ...

    def check(self, stages: Iterable[Any], host: Host) -> None:
        """Check, before any work, that these stages can work where pieces go.

        Raises ConfigError, PluginError or EngineError that names the first that can't.
        """
        ...

    def map(
        self,
        function: Callable[[S, P], R],
        shared: S,
        pieces: Iterable[P],
        *,
        doing: str = "",
        host: Host | None = None,
    ) -> Iterator[R]:
        """Yield `function(shared, piece)` of each piece, in their order.

        Parameters
        ----------
        function
            Defined at the top of a module, so that it is found by its name elsewhere; it changes neither argument.
        shared
            What all pieces need: sent to each worker once.
        pieces
            Read as the work goes on; only a few are held at a time.
        doing
            What the work is called in messages.
        host
            Gets the messages of the work and of the engine.

        Raises
        ------
        EngineError
            The engine can't do the work.
        PluginError
            A stage in `shared` can't be sent to another process.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...


class InProcess:
    """The engine that is there without being asked for: one piece after the other, here.

    >>> from operator import add
    >>> list(InProcess().map(add, 10, [1, 2, 3]))
    [11, 12, 13]
    """

    is_remote = False
    address: str | None = None
    n_workers = 1

    def check(self, stages: Iterable[Any], host: Host) -> None:
        """Find nothing: stages work where they are."""

    def map(
        self,
        function: Callable[[S, P], R],
        shared: S,
        pieces: Iterable[P],
        *,
        doing: str = "",
        host: Host | None = None,
    ) -> Iterator[R]:
        """Yield `function(shared, piece)` of each piece."""
        del doing, host
        for piece in pieces:
            checkpoint()
            yield function(shared, piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        return None
