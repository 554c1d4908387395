"""Whether a pathway, as it is configured, would send texts to another machine."""

from __future__ import annotations

from typing import Any

from emotopy.readers.confidential import check_upload
from emotopy.roles import Host
from emotopy.running.base import Pathway
from emotopy.running.stages import Stage, StageRunner
from emotopy.storage.cache import StageCache
from emotopy.storage.provenance import versions

FIRST = ("atlas", "embedder")
"""Stages that others are lent are made before them."""


def check_no_upload(pathway: Pathway, *, allow_upload: bool = False) -> None:
    """Check that no stage of the pathway would send texts away, nor one that a stage is lent, nor a reporter.

    The stages are made for this once more, silently; nothing is sent and nothing cached.

    Raises ConfigError that names stage and address, unless `allow_upload`, and what making the stages raises.
    """
    if not allow_upload:
        check_upload(stages_of(pathway))


def stages_of(pathway: Pathway) -> dict[str, Any]:
    """Return the objects of all stages that the pathway needs, and of those they are lent, by their names."""
    config = pathway.config
    runner = StageRunner(config, pathway.registry, StageCache(), versions(), Host())
    roles = sorted(pathway.ROLES_USED, key=lambda role: role not in FIRST)
    made = [runner.make(role) for role in roles]
    made += [runner.make("reporter", choice) for choice in config.reporters]
    return {str(stage): stage.object for one in made for stage in _with_dependencies(one)}


def _with_dependencies(stage: Stage) -> list[Stage]:
    return [
        stage,
        *(inner for dependencies in stage.dependencies.values() for inner in _with_dependencies(dependencies)),
    ]
