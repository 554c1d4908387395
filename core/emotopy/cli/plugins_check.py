"""`emotopy plugins check`: whether a stage keeps the promises of its role, one outcome per promise."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emotopy.cli.console import Settings, escape_controls

if TYPE_CHECKING:
    from emotopy.registry import Offer, Registry
    from emotopy.testing import Outcome

WIDTH = len("not applicable")


def check(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A stage: its name, OWNER:NAME or ROLE.NAME.")],
    *,
    role: Annotated[str | None, typer.Option(metavar="ROLE", help="Where several roles have the name.")] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", metavar="OPTION=VALUE", help="An option to check it with; repeatable.")
    ] = None,
    remote: Annotated[
        bool, typer.Option("--remote", help="Check a stage that sends texts elsewhere, though it may cost money.")
    ] = False,
) -> None:
    """Check a stage against the conformance suite; exit 1 if it breaks a promise.

    Each promise is ok, failed (and why), not applicable (the stage never made it), or not checked (a key, a library, a
    network is missing).
    """
    from emotopy.registry import Registry

    settings: Settings = context.obj
    registry = Registry.load(plugins=settings.plugins)
    outcomes: list[Outcome] = []
    for offer in find(registry, name, role):
        print(f'{offer.role} = "{offer.name}"    {offer.owner} {offer.version}, {offer.plugin}', flush=True)
        outcomes += _checked(registry, offer, _options(sets or [], offer.role), remote=remote, debug=settings.debug)
    counts = Counter(one.status for one in outcomes)
    print(", ".join(f"{counts[status]} {status}" for status in ("ok", "failed", "not applicable", "not checked")))
    if counts["failed"]:
        raise typer.Exit(1)


def find(registry: Registry, name: str, role: str | None = None) -> list[Offer]:
    """Return the offers that `name` means, short, `owner:name` or `role.name`; those of one role, where it is given.

    Raises UnknownName with the nearest and the choices.
    """
    from emotopy.errors import unknown_name
    from emotopy.roles import ROLES

    if role is not None and role not in ROLES:
        raise unknown_name(f"--role: {role!r} is no role", role, ROLES, "Roles", kind="role")
    offers = registry.offers(role)
    found = [offer for offer in offers if name in (offer.name, offer.full_name, f"{offer.role}.{offer.name}")]
    if not found:
        names = {offer.name for offer in offers}
        hidden = "".join(f" Not loaded: {problem}." for problem in registry.problems)
        raise unknown_name(f"no {role or 'stage'} is called {name!r}", name, names, "There are", more=f".{hidden}")
    return found


def _checked(registry: Registry, offer: Offer, options: dict[str, Any], *, remote: bool, debug: bool) -> list[Outcome]:
    """Run the suite on one offer, and print each outcome as it falls."""
    from emotopy.testing import Candidate, check_outcome
    from emotopy.testing.role_checks import checks_of

    offer.signature.check(options, offer.role)  # a slip in --set is the user's, not the stage's
    candidate = Candidate(offer, registry, options, remote=remote)
    outcomes = []
    for one in checks_of(offer.role):
        found = check_outcome(candidate, one)
        outcomes.append(found)
        why = f": {escape_controls(found.why)}" if found.why else ""
        print(f"  {found.status:<{WIDTH}}  {found.promise}{why}", flush=True)
        if debug and found.traceback:
            print(found.traceback, flush=True)
    return outcomes


def _options(sets: list[str], role: str) -> dict[str, Any]:
    """Read `--set OPTION=VALUE`, or ROLE.OPTION=VALUE as elsewhere. Raises ConfigError for a word without "="."""
    from emotopy.config.serialise import toml_value
    from emotopy.errors import ConfigError

    options = {}
    for word in sets:
        key, equals, value = (part.strip() for part in word.partition("="))
        if not equals or not key:
            raise ConfigError(f"--set {word}: wanted OPTION=VALUE, such as n_components=5")
        options[key.removeprefix(f"{role}.")] = toml_value(value)
    return options
