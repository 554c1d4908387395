"""The conformance suite: what each role promises, as checks that any plugin can run against itself."""

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
    """Return every offer of a role with every check of the role, for `pytest.mark.parametrize`.

    Nothing is made before a check runs, and then once for most of them.

    Parameters
    ----------
    role : str
        `embedder`, `reducer`, ... as in a configuration.
    registry : Registry, optional
        Where the offers come from; by default everything that is installed.
    only_owner : str, optional
        Only the offers of this distribution.
    options : mapping of str to mapping, optional
        Options by the offer's name, for stages that need some, or that are to be checked with some.
    stages : mapping of str to object, optional
        Stages by role, for those that need another one; doubles by default.
    remote : bool, default False
        Check stages that send texts elsewhere too, though that may cost money.
    only : iterable of str, optional
        Names of checks, or patterns of them (``same_*``); by default every check of the role.

    Returns
    -------
    list of (Candidate, Check)
        The pairs, offer by offer.

    Raises
    ------
    UnknownName
        No role or check is called so, or the owner offers no stage of the role: a suite without checks would pass.

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
