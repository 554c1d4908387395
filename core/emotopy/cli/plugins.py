"""`emotopy plugins`: which stages there are, and what went wrong with those that there aren't."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated

import typer

from emotopy.cli.console import Settings, aligned

if TYPE_CHECKING:
    from emotopy.options import Option

app = typer.Typer(help="List the stages that are installed.", invoke_without_command=True)


@app.callback()
def list_offers(context: typer.Context) -> None:
    """List every stage by role, with its owner; problems come at the end."""
    if context.invoked_subcommand:
        return
    from emotopy.registry import Registry

    settings: Settings = context.obj
    registry = Registry.load(plugins=settings.plugins)
    offers = registry.offers()
    names = [(offer.role, offer.name) for offer in offers]
    rows = [["role", "name", "owner", "version", "status"]]
    for offer in offers:
        status = "ok" if names.count((offer.role, offer.name)) == 1 else f"clash: say {offer.full_name}"
        rows.append([offer.role, offer.name, offer.owner, offer.version, status])
    print(aligned(rows))
    for blocked in registry.blocked:
        print(f"blocked: {blocked}")
    for problem in registry.problems:
        print(f"failed: {problem}")
        if settings.debug:
            print(problem.traceback)
    if registry.problems and not settings.debug:
        print("`emotopy --debug plugins` shows the tracebacks.")


@app.command()
def show(context: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Show what a stage is for and its options with their defaults."""
    from emotopy.errors import UnknownName, listed, nearest
    from emotopy.registry import Registry

    settings: Settings = context.obj
    registry = Registry.load(plugins=settings.plugins)
    offers = registry.offers()
    found = [offer for offer in offers if name in (offer.name, offer.full_name, f"{offer.role}.{offer.name}")]
    if not found:
        names = {offer.name for offer in offers}
        hidden = "".join(f" Not loaded: {problem}." for problem in registry.problems)
        raise UnknownName(f"no stage is called {name!r}.{nearest(name, names)} There are: {listed(names)}.{hidden}")
    for offer in found:
        print(f'{offer.role} = "{offer.name}"    {offer.owner} {offer.version}, {offer.plugin}')
        print(inspect.getdoc(offer.factory) or "")
        rows = [[option.name, option.type_name, _default(option)] for option in offer.signature.options.values()]
        rows += [
            [parameter, f"name of a stage: {role}", "default: the pathway's"]
            for parameter, role in offer.signature.stages.items()
        ]
        print(f"\nOptions, as --set {offer.role}.OPTION=VALUE" if rows else "\nNo options")
        print(aligned(rows, indent="  "), end="\n" if rows else "")


def _default(option: Option) -> str:
    """Say an option's default as a configuration would."""
    from emotopy.options import SEED

    if option.required:
        return "required"
    if option.name == SEED and option.default is None:
        return "default: the run's seed"
    if isinstance(option.default, bool) or option.default is None:
        return f"default: {str(option.default).lower()}"
    return f"default: {option.default!r}"
