"""Engines by name, as `--engine` and `engine=` give them."""

from __future__ import annotations

from emotopy.errors import ConfigError, nearest
from emotopy.running.dask_engine import Dask
from emotopy.running.engine import Engine, InProcess
from emotopy.wording import flag

NAMES = ("dask",)
"""What `engine` may be called; without one all work is done in this process."""


def as_engine(engine: Engine | str | None, scheduler: str | None = None) -> Engine:
    """Return the engine of this name; None is this process, an engine is returned as it is.

    Raises ConfigError for another name, and for a `scheduler` without an engine that asks one.
    """
    if engine is None and scheduler is not None:
        raise ConfigError(
            f"scheduler: only used with {flag('--engine', 'dask')}; give that flag, too",
            path="scheduler",
            got=scheduler,
        )
    if engine is None:
        return InProcess()
    if not isinstance(engine, str):
        return engine
    if engine not in NAMES:
        raise ConfigError(
            f"engine: wanted dask, or none, got {engine!r}.{nearest(engine, NAMES)}",
            path="engine",
            wanted="dask",
            got=engine,
        )
    return Dask(scheduler)
