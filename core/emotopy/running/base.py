"""The base of every pathway: a checked configuration, a registry, a cache, a host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import attrs

from emotopy.config import Config, assemble
from emotopy.errors import ConfigError, NotPicklable
from emotopy.registry import Registry
from emotopy.roles import Host
from emotopy.running.engine import Engine, InProcess
from emotopy.running.secrecy import Secrecy
from emotopy.running.stages import Stage, StageRunner
from emotopy.storage.cache import StageCache
from emotopy.storage.provenance import versions


class HoldsStages:
    """What holds stages or a registry: no plain data, so that it is neither pickled nor copied deeply.

    Stages are objects of plugins, which may hold files, connections and compiled code; a pickle of them would depend on
    versions that nobody checks when it is opened. `INSTEAD` says what to do.
    """

    INSTEAD: ClassVar[str] = ""

    def __copy__(self) -> Self:
        return self  # nothing in it changes

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise NotPicklable.of(type(self).__name__, self.INSTEAD)


@attrs.frozen(eq=False)
class Pathway(HoldsStages):
    """A pathway whose configuration was checked against what is installed.

    `ROLES_USED` are the roles it fills, in the order in which data pass them; a notebook proposes the calls `NEXT`.
    """

    INSTEAD: ClassVar[str] = "create it where it is needed, from its configuration: from_config(...)"
    NAME: ClassVar[str] = ""
    ROLES_USED: ClassVar[tuple[str, ...]] = ()
    NEXT: ClassVar[tuple[str, ...]] = ()

    config: Config
    registry: Registry = attrs.field(repr=False)
    cache: StageCache = attrs.field(factory=StageCache, repr=False)
    host: Host = attrs.field(factory=Host, repr=False)
    engine: Engine = attrs.field(factory=InProcess, repr=False)

    @classmethod
    def from_config(
        cls,
        config: Mapping[str, Any] | Config | None = None,
        *,
        preset: str | None = None,
        seed: int | None = None,
        registry: Registry | None = None,
        cache: str | Path | None = None,
        host: Host | None = None,
        engine: Engine | None = None,
    ) -> Self:
        """Make a pathway from a configuration laid over a preset; everything named is checked before any work.

        Parameters
        ----------
        config : mapping or Config, optional
            Stages by role, and further keys (`emotopy config show`); the preset alone by default.
        preset : str, optional
            What the configuration is laid over; ``recommended`` by default.
        seed : int, optional
            Of everything random; the configuration's by default.
        registry : Registry, optional
            Registry of stages. Default: all installed plugins.
        cache : str or Path, optional
            Folder that caches finished stages. Default: no cache.
        host : Host, optional
            Host for messages, progress, cancellation and deadline.
        engine : Engine, optional
            What works on what can be done in pieces; this process by default.

        Returns
        -------
        TextPathway or BrainPathway
            The pathway of this class.

        Raises
        ------
        ConfigError
            The configuration is wrong, or lacks a stage; UnknownName and DuplicateName are among these.
        """
        registry = registry or Registry.load()  # whose plugins may offer the preset
        if not isinstance(config, Config):
            config = assemble([config or {}], preset=preset, registry=registry)
        if seed is not None:
            config = attrs.evolve(config, seed=seed)
        config = config.check(registry, (*cls.ROLES_USED, "reporter"))
        for role in cls.ROLES_USED:
            if role not in config.stages:
                message = f"{role}: the {cls.NAME} pathway needs one, but preset {config.preset!r} has none"
                raise ConfigError(message, path=role)
        kept = StageCache(Path(cache) if cache else None)
        return cls(config, registry, kept, host or Host(), engine or InProcess())

    @classmethod
    def from_layers(
        cls,
        layers: Sequence[Mapping[str, Any]],
        *,
        preset: str | None = None,
        registry: Registry | None = None,
        **arguments: Any,
    ) -> Self:
        """Make a pathway from several layers, the last one on top.

        Parameters
        ----------
        layers : sequence of mapping
            Configurations, as for `from_config`.
        preset : str, optional
            What they are laid over; ``recommended`` by default.
        registry : Registry, optional
            Registry of stages. Default: all installed plugins.
        **arguments : object
            Further arguments, as for `from_config`.

        Returns
        -------
        TextPathway or BrainPathway
            The pathway of this class.

        Raises
        ------
        ConfigError
            As for `from_config`.
        """
        registry = registry or Registry.load()
        config = assemble(layers, preset=preset, registry=registry)
        return cls.from_config(config, registry=registry, **arguments)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the stages in order, what differs from the default, and what sets it."""
        from emotopy.notebook import pathway_html

        return pathway_html(
            f"{self.NAME} pathway", self.config, self.registry, self.ROLES_USED, calls=self.NEXT, subject=self
        )

    def stage(self, role: str) -> Stage:
        """Make one stage alone, to query it (for its price, for example).

        Parameters
        ----------
        role : str
            The role, as ``embedder``.

        Returns
        -------
        Stage
            The stage; `object` is the plugin's.
        """
        return self._runner().make(role)

    def _runner(self, notes: Sequence[str] = (), *, no_texts: bool = False) -> StageRunner:
        host = attrs.evolve(self.host, cache_dir=self.cache.directory)
        secrecy = Secrecy(fence=self.registry.fence) if no_texts else None
        return StageRunner(
            self.config,
            self.registry,
            self.cache,
            versions(),
            host,
            notes=list(notes),
            secrecy=secrecy,
            engine=self.engine,
        )
