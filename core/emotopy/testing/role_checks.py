"""The conformance suite: checks of the contract of each role, which any plugin can run on its own stages."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from emotopy.errors import UnknownName, listed, nearest, unknown_name
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
    only: Iterable[str] | None = None,
) -> list[tuple[Candidate, Check]]:
    """Return all pairs of an offer and a check of a role, for `pytest.mark.parametrize`.

    Stages are created only when a check runs, and most checks share one instance.

    Parameters
    ----------
    role : str
        Role as in a configuration: `embedder`, `reducer`, ...
    registry : Registry, optional
        Registry of the offers. Default: all installed plugins.
    only_owner : str, optional
        Only the offers of this distribution.
    options : mapping of str to mapping, optional
        Options by name of the offer, with which its stage is created.
    stages : mapping of str to object, optional
        Stages by role, for offers that need another stage. Default: test doubles.
    remote : bool, default False
        Also check stages that send texts to a server. This may cost money.
    only : iterable of str, optional
        Names or patterns (``same_*``) of checks. Default: all checks of the role.

    Returns
    -------
    list of (Candidate, Check)
        The pairs, sorted by offer.

    Raises
    ------
    UnknownName
        The role or check is unknown, or the owner offers no stage of the role; an empty suite would always pass.

    Examples
    --------
    >>> from emotopy.testing import doubles
    >>> pairs = conformance("embedder", Registry([doubles]), only=["same_*"])
    >>> for candidate, check in pairs:
    ...     check(candidate)
    """
    registry = registry or Registry.load()
    checks = chosen([role], only)[role]
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
    from emotopy.testing import cache_checks, generic_checks, process_checks, saves_checks, state_checks

    if role not in ROLES:
        raise UnknownName(f"{role!r} is no role.{nearest(role, ROLES)} Roles: {listed(ROLES)}")
    own = vars(importlib.import_module(f"emotopy.testing.{role}_checks"))
    return [
        Check(promise)
        for promise in (
            *generic_checks.EVERY_ROLE,
            *state_checks.EVERY_ROLE,
            *process_checks.EVERY_ROLE,
            *cache_checks.EVERY_ROLE,
            *saves_checks.CHECKS.get(role, ()),
            *(function for name, function in own.items() if name.startswith("check_")),
        )
    ]


def chosen(roles: Iterable[str], only: Iterable[str] | None = None) -> dict[str, list[Check]]:
    """Return the checks of these roles, or of them those whose names are given; patterns and spaces will do.

    Raises UnknownName for a name that no check of any of the roles has.

    >>> [str(check) for check in chosen(["embedder"], ["same text *"])["embedder"]]
    ['same_text_same_row']
    """
    found = {role: checks_of(role) for role in roles}
    if only is None:
        return found
    names = {str(check) for checks in found.values() for check in checks}
    patterns = {word: word.strip().replace(" ", "_") for word in only}
    for word, pattern in patterns.items():
        if not any(fnmatchcase(name, pattern) for name in names):
            raise unknown_name(f"no check is called {word!r}", pattern, names, "There are", kind="check")
    return {
        role: [one for one in checks if any(fnmatchcase(str(one), pattern) for pattern in patterns.values())]
        for role, checks in found.items()
    }
