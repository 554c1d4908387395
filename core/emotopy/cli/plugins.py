"""`emotopy plugins`: which stages there are, and what went wrong with those that there aren't; one of them, shown."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated

import typer

from emotopy.cli.console import Settings, escape_controls, format_table
from emotopy.cli.plugins_check import check, find
from emotopy.cli.plugins_new import new

if TYPE_CHECKING:
    from emotopy.registry.options import Option

app = typer.Typer(help="List the stages that are installed; show, check or start one.", invoke_without_command=True)
app.command("check")(check)
app.command("new")(new)


@app.callback()
def list_offers(context: typer.Context) -> None:
    """List every stage by role, with owner, status and options; what was blocked or failed comes at the end."""
    if context.invoked_subcommand:
        return
    from emotopy.registry import Registry

    settings: Settings = context.obj
    registry = Registry.load(plugins=settings.plugins)
    rows = [["role", "name", "owner", "version", "status", "options"]]
    for offer in registry.offers():
        options = ", ".join(_with_default(option) for option in offer.signature.options.values())
        rows.append([offer.role, offer.name, offer.owner, offer.version, registry.status(offer), options])
    print(format_table(rows))
    for remark in registry.remarks:
        print(f"note: {escape_controls(remark)}")
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
    from emotopy.registry import Registry

    settings: Settings = context.obj
    for offer in find(Registry.load(plugins=settings.plugins), name):
        print(f'{offer.role} = "{offer.name}"    {offer.owner} {offer.version}, {offer.plugin}')
        print(inspect.getdoc(offer.factory) or "")
        rows = [[option.name, option.type_name, _default(option)] for option in offer.signature.options.values()]
        rows += [
            [parameter, f"name of a stage: {role}", "default: the pathway's"]
            for parameter, role in offer.signature.stages.items()
        ]
        print(f"\nOptions, as --set {offer.role}.OPTION=VALUE" if rows else "\nNo options")
        print(format_table(rows, indent="  "), end="\n" if rows else "")


def _with_default(option: Option) -> str:
    """Say an option with its default, as `--set` would; one that the run fills or that has none by its name alone."""
    from emotopy.registry.options import SEED

    if option.required or (option.name == SEED and option.default is None):
        return option.name
    return f"{option.name}={_default(option).removeprefix('default: ')}"


def _default(option: Option) -> str:
    """Say an option's default as a configuration would."""
    from emotopy.registry.options import SEED

    if option.required:
        return "required"
    if option.name == SEED and option.default is None:
        return "default: the run's seed"
    if isinstance(option.default, bool) or option.default is None:
        return f"default: {str(option.default).lower()}"
    return f"default: {option.default!r}"
