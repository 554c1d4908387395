"""Whether a pathway, as it is configured, would send texts to another machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emotopy.errors import ConfigError, EmotopyError, PluginError
from emotopy.roles import Host, Priced, Sends
from emotopy.running.base import Pathway
from emotopy.running.checks import FIRST, with_dependencies
from emotopy.running.engine import Engine
from emotopy.running.stages import StageRunner
from emotopy.storage.cache import StageCache
from emotopy.storage.provenance import versions
from emotopy.wording import flag, setting

UNNAMED = "an address it doesn't name"


def check_no_upload(pathway: Pathway, *, allow_upload: bool = False) -> None:
    """Check that no stage of the pathway, none of its dependencies and no reporter would send texts away.

    The stages are made for this once more, silently; nothing is sent and nothing cached.

    Raises ConfigError that names stage and address, unless `allow_upload`, and what making the stages raises.
    """
    if not allow_upload:
        check_upload(stages_of(pathway))


def check_engine(engine: Engine, *, is_secret: bool, allow_upload: bool = False) -> None:
    """Check that texts which are confidential, or stay out of all that is written, don't go to a cluster unasked.

    Workers that a run starts on its own machine are no other machine: they talk over the loopback alone and keep
    nothing on the disk. A scheduler that others run may have workers anywhere, which log, and spill to their disks.

    Raises ConfigError that names the address, unless `allow_upload`.
    """
    if is_secret and engine.address is not None and not allow_upload:
        raise ConfigError(
            f"{flag('--scheduler')} would send these texts to the workers of {engine.address}, but they "
            f"are marked as confidential or kept out of all files ({flag('--no-texts')}); leave out "
            f"{flag('--scheduler')} to use only workers on this machine. If your agreement on the data "
            f"permits it, use {flag('--allow-upload')}",
            path="scheduler",
            wanted="workers of this machine",
            got=engine.address,
        )


def stages_of(pathway: Pathway) -> dict[str, Any]:
    """Return the objects of all stages that the pathway needs, and of their dependencies, by their names."""
    config = pathway.config
    runner = StageRunner(config, pathway.registry, StageCache(), versions(), Host())
    roles = sorted(pathway.ROLES_USED, key=lambda role: role not in FIRST)
    made = [runner.make(role) for role in roles]
    made += [runner.make("reporter", choice) for choice in config.reporters]
    return {str(stage): stage.object for one in made for stage in with_dependencies(one)}


def destinations(stages: Mapping[str, Any]) -> dict[str, str]:
    """Return which of the stages (name → object) would send texts to another machine, and to what address.

    A stage that has a price but names no address counts as sending to an unnamed one. A plugin that sends texts and
    declares neither price nor address can't be detected.
    """
    found = {}
    for name, stage in stages.items():
        try:
            # Up to Python 3.11 the first reads the property, which is the plugin's code.
            address = stage.address if isinstance(stage, Sends) else UNNAMED if isinstance(stage, Priced) else None
        except EmotopyError:
            raise
        except Exception as error:
            raise PluginError(f"{name} failed in address: {type(error).__name__}: {error}") from error
        if address is not None:
            found[name] = str(address)
    return found


def check_upload(stages: Mapping[str, Any], *, allow_upload: bool = False) -> None:
    """Check that no stage (name → object) would send confidential texts away.

    Raises ConfigError that names stage and address, unless `allow_upload`.
    """
    if allow_upload:
        return
    for name, address in destinations(stages).items():
        raise ConfigError(
            f"{name} would send these texts to {address}, but they are marked as confidential; use a "
            f"stage that runs on this machine ({setting('embedder=static')}, or a server at "
            f"http://localhost). If your agreement on the data permits it, use {flag('--allow-upload')}"
        )
