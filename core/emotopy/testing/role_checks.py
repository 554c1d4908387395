"""The conformance suite: what each role promises, as checks that any plugin can run against itself."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from emotopy.errors import UnknownName, listed, nearest
from emotopy.registry import Registry
from emotopy.roles import ROLES
from emotopy.testing.suite import Candidate, Check


def conformance(
    role: str,
    registry: Registry | None = None,
    *,
    only_owner: str | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    stages: Mapping[str, Any] | None = None,
    remote: bool = False,
) -> list[tuple[Candidate, Check]]:
    """Return every offer of a role with every check of the role, for `pytest.mark.parametrize`.

    Parameters
    ----------
    role
        `embedder`, `reducer`, ... as in a configuration.
    registry
        Where the offers come from; by default everything that is installed.
    only_owner
        Only the offers of this distribution.
    options
        Options by the offer's name, for stages that need some, or that are to be checked with some.
    stages
        Stages by role, for those that need another one; doubles by default.
    remote
        Check stages that send texts elsewhere too, though that may cost money.

    Nothing is made before a check runs. Raises UnknownName for a role that isn't one, and for an owner who offers no
    stage of the role: a suite without checks would pass.
    """
    registry = registry or Registry.load()
    checks = checks_of(role)
    candidates = [
        Candidate(offer, registry, (options or {}).get(offer.name, {}), stages or {}, remote)
        for offer in registry.offers(role)
        if only_owner in (None, offer.owner)
    ]
    if only_owner is not None and not candidates:
        owners = {offer.owner for offer in registry.offers(role)}
        hidden = "".join(f" Not loaded: {problem}." for problem in registry.problems)
        raise UnknownName(
            f"{only_owner!r} offers no {role}; is it installed?{nearest(only_owner, owners)} Who does: "
            f"{listed(owners)}.{hidden}"
        )
    return [(candidate, check) for candidate in candidates for check in checks]


def checks_of(role: str) -> list[Check]:
    """Return the checks of a role: those of every role, then its own. Raises UnknownName."""
    from emotopy.testing import generic_checks, process_checks, saves_checks

    if role not in ROLES:
        raise UnknownName(f"{role!r} is no role.{nearest(role, ROLES)} Roles: {listed(ROLES)}")
    own = vars(importlib.import_module(f"emotopy.testing.{role}_checks"))
    return [
        Check(promise)
        for promise in (
            *generic_checks.EVERY_ROLE,
            *process_checks.EVERY_ROLE,
            *process_checks.CHECKS.get(role, ()),
            *saves_checks.CHECKS.get(role, ()),
            *(function for name, function in own.items() if name.startswith("check_")),
        )
    ]
