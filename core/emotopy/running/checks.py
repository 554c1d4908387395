"""Checks of a run that isn't made: every stage exists, can be made, and finds its libraries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from emotopy.errors import MissingExtra
from emotopy.roles import Estimate, Priced
from emotopy.running.stages import Stage, StageRunner

FIRST = ("atlas", "embedder")
"""Roles that others depend on; their stages are made first."""


def check_stages(runner: StageRunner, roles: Sequence[str]) -> dict[str, Stage]:
    """Make the stages of these roles, and the reporters; return the stages by role.

    Raises ConfigError for what can't be made as configured, MissingExtra for a stage whose libraries aren't installed,
    PluginError for one that fails.
    """
    made = {role: runner.make(role) for role in sorted(roles, key=lambda role: role not in FIRST)}
    reporters = [runner.make("reporter", choice) for choice in runner.config.reporters]
    for stage in (inner for one in [*made.values(), *reporters] for inner in with_dependencies(one)):
        if not stage.owner:
            continue
        offer = runner.registry.offer(stage.role, stage.full_name)
        if offer.missing:
            names = ", ".join(offer.missing)
            raise MissingExtra(f'{offer} needs {names}; do: pip install "{offer.owner}[{offer.extra}]"')
    return {role: made[role] for role in roles}


def with_dependencies(stage: Stage) -> Iterator[Stage]:
    """Yield a stage and those that it was given."""
    yield stage
    for dependency in stage.dependencies.values():
        yield from with_dependencies(dependency)


def estimates(stages: Sequence[Stage], texts: Sequence[str]) -> dict[str, Estimate]:
    """Return what the stages that have a price would take for these texts, by their names; nothing is sent."""
    found = {}
    for stage in (inner for one in stages for inner in with_dependencies(one)):
        if isinstance(stage.object, Priced):
            found[str(stage)] = stage.guard("estimate()", partial(stage.object.estimate, texts), texts)
    return found
