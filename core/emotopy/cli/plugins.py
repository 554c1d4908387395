"""`emotopy plugins`: which stages there are, what went wrong with those that there aren't; one shown, checked, made."""

from __future__ import annotations

import inspect
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emotopy.cli.console import Settings, console_host, format_table, load_registry
from emotopy.cli.escapes import escape_controls

if TYPE_CHECKING:
    from collections.abc import Sequence

    from emotopy.registry import Offer, Preset, Registry
    from emotopy.registry.options import Option
    from emotopy.testing import Candidate, Check, Outcome

app = typer.Typer(help="List the installed stages; show or check one; write a new plugin.", invoke_without_command=True)

WIDTH = len("not applicable")


@app.callback()
def list_offers(context: typer.Context) -> None:
    """List every installed stage by role, with its plugin, status and options.

    Blocked and failed plugins are listed at the end.
    """
    if context.invoked_subcommand:
        return
    from emotopy.config import all_presets

    settings: Settings = context.obj
    registry = load_registry(context)
    rows = [["role", "name", "owner", "version", "status", "options"]]
    for offer in registry.offers():
        options = ", ".join(_with_default(part) for option in offer.signature.options.values() for part in option.parts)
        rows.append([offer.role, offer.name, offer.owner, offer.version, registry.status(offer), options])
    unfit: list[str] = []
    for preset in all_presets(registry):
        status, why = preset_status(preset, registry)
        rows.append(["preset", preset.name, preset.owner, preset.version, status, ""])
        unfit += [f"{preset}: {why}"] if why else []
    print(format_table(rows))
    for line in unfit:
        print(f"can't be used: {escape_controls(line)}")
    for remark in registry.remarks:
        print(f"note: {escape_controls(remark)}")
    for blocked in registry.blocked:
        print(f"blocked: {blocked}")
    for problem in registry.problems:
        print(f"failed: {problem}")
        if settings.debug:
            print(problem.traceback)
    if registry.problems and not settings.debug:
        print("`emotopy --debug plugins` shows the tracebacks of these errors.")


@app.command(epilog="Example: emotopy plugins check static")
def check(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Stage to use: NAME, OWNER:NAME or ROLE.NAME.")],
    *,
    role: Annotated[
        str | None,
        typer.Option(metavar="ROLE", help="Role of the stage, where several roles have a stage of this name."),
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="OPTION=VALUE", help="Option to check the stage with. Can be repeated."),
    ] = None,
    remote: Annotated[
        bool, typer.Option("--remote", help="Also check a stage that sends texts to a server. This may cost money.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="CHECK",
            help="Run only checks with this name or pattern (such as same_*). Can be repeated.",
        ),
    ] = None,
    durations: Annotated[
        bool, typer.Option("--durations", help="Print the duration of each check in seconds.")
    ] = False,
) -> None:
    """Run the conformance suite on a stage; exit with 1 if a check fails.

    Each check is reported as ok, failed (with the reason), not applicable (the stage doesn't offer the feature), or not
    checked (a key, a library or the network is missing). Most checks share one instance of the stage; --durations
    counts its construction for the first of them.
    """
    from emotopy.testing import Candidate
    from emotopy.testing.role_checks import chosen

    registry = load_registry(context)
    offers = _find(registry, name, role)
    checks = chosen([offer.role for offer in offers], only)
    outcomes: list[Outcome] = []
    for offer in offers:
        print(f'{offer.role} = "{offer.name}"    {offer.owner} {offer.version}, {offer.plugin}', flush=True)
        options = _options(sets or [], offer.role)
        offer.signature.check(options, offer.role)  # a slip in --set is the user's, not the stage's
        candidate = Candidate(offer, registry, options, remote=remote)
        outcomes += _checked(candidate, checks[offer.role], context, durations=durations)
    counts = Counter(one.status for one in outcomes)
    total = f" in {sum(one.seconds for one in outcomes):.1f} s" if durations else ""
    words = ", ".join(f"{counts[status]} {status}" for status in ("ok", "failed", "not applicable", "not checked"))
    print(f"{words}{total}")
    if counts["failed"]:
        raise typer.Exit(1)


@app.command(epilog="Example: emotopy plugins new my-embedder --role embedder")
def new(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the plugin; it mustn't exist yet.")],
    *,
    role: Annotated[
        list[str],
        typer.Option(
            metavar="ROLE[=NAME]",
            help="Role of the new stage: embedder, reducer, clusterer, atlas, ... Can be repeated.",
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the distribution, such as my-embedder. Default: the name of DIR."),
    ] = None,
) -> None:
    """Write a working, installable plugin: a pyproject.toml, a module, and a test that runs the conformance suite.

    With several roles, or with ROLE=NAME, the plugin is a package with one module per stage.
    """
    from emotopy.scaffold.write import Scaffold, scaffold_of, write_plugin

    scaffold = scaffold_of(role, name or directory.resolve().name)
    for path in write_plugin(directory, scaffold):
        print(path)
    stages = [scaffold] if isinstance(scaffold, Scaffold) else scaffold.stages
    checks = "\n".join(f"      emotopy plugins check {stage.name}" for stage in stages)
    print(f"\nNext: pip install --editable {directory}\n{checks}")


@app.command(epilog="Example: emotopy plugins show static")
def show(context: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Describe a stage and its options with their defaults, or list the choices of a preset."""
    from emotopy.config import all_presets

    registry = load_registry(context)
    presets = [preset for preset in all_presets(registry) if name in (preset.name, preset.full_name)]
    for preset in presets:
        _show_preset(preset, registry)
    for offer in _find(registry, name, optional=bool(presets)):
        print(f'{offer.role} = "{offer.name}"    {offer.owner} {offer.version}, {offer.plugin}')
        print(inspect.getdoc(offer.factory) or "")
        rows = []
        for option in (part for one in offer.signature.options.values() for part in one.parts):
            default = _default(option) or "the run's seed"
            rows.append([option.name, option.type_name, "required" if option.required else f"default: {default}"])
        rows += [
            [parameter, f"name of a stage: {role}", "default: the pathway's"]
            for parameter, role in offer.signature.stages.items()
        ]
        if offer.role == "dataset":
            print(f"\n{format_table(_card_rows(offer))}")
            heading = f"Options, as emotopy data {offer.name} --set OPTION=VALUE"
        else:
            heading = f"Options, as --set {offer.role}.OPTION=VALUE"
        print(f"\n{heading}" if rows else "\nNo options")
        print(format_table(rows, indent="  "), end="\n" if rows else "")


def preset_status(preset: Preset, registry: Registry) -> tuple[str, str]:
    """Say whether a preset can be used as it is: "ok", how to name one of a clash, or that it can't be, and why."""
    from emotopy.config import all_presets, build
    from emotopy.errors import ConfigError

    if sum(other.name == preset.name for other in all_presets(registry)) > 1:
        return f"clash: say {preset.full_name}", ""
    try:
        build(preset=preset.full_name, registry=registry)
    except ConfigError as error:
        return "can't be used", str(error)
    return "ok", ""


def _show_preset(preset: Preset, registry: Registry) -> None:
    """Print a preset as a configuration file has it, with what lies below it."""
    from emotopy.config.serialise import to_toml

    print(f'preset = "{preset.name}"    {preset.owner} {preset.version}'.rstrip())
    print(to_toml(preset.layer), end="")
    status, why = preset_status(preset, registry)
    if status != "ok":
        print(escape_controls(f"# {status}{f': {why}' if why else ''}"))


def _find(registry: Registry, name: str, role: str | None = None, *, optional: bool = False) -> list[Offer]:
    """Return the offers that `name` means, short, `owner:name` or `role.name`; those of one role, where it is given.

    Raises UnknownName with the nearest and the choices, unless they are `optional`.
    """
    from emotopy.errors import unknown_name
    from emotopy.roles import ROLES

    if role is not None and role not in ROLES:
        raise unknown_name(f"--role: there is no role {role!r}", role, ROLES, "Roles", kind="role")
    offers = registry.offers(role)
    found = [offer for offer in offers if name in (offer.name, offer.full_name, f"{offer.role}.{offer.name}")]
    if not found and not optional:
        names = {offer.name for offer in offers}
        hidden = "".join(f" Not loaded: {problem}." for problem in registry.problems)
        raise unknown_name(f"no {role or 'stage'} is called {name!r}", name, names, "There are", more=f".{hidden}")
    return found


def _card_rows(offer: Offer) -> list[list[str]]:
    """Return what the card of a data set says, a row per line."""
    card = offer.card
    return [
        ["title", card.title],
        ["cite", card.cite],
        ["licence", card.licence],
        ["home", card.home],
        ["language", card.language or "no texts"],
        ["rows", card.rows],
        ["columns", ", ".join(card.columns) or "none: it gives records"],
        ["confidential", "yes" if card.confidential else "no"],
        ["read from", f"a {card.source}"],
    ]


def _with_default(option: Option) -> str:
    """Say an option with its default, as `--set` would; one that the run fills or that has none by its name alone."""
    default = _default(option)
    return option.name if default is None else f"{option.name}={default}"


def _default(option: Option) -> str | None:
    """Return an option's default as a configuration has it; None where there is none, and where the run fills it."""
    from emotopy.registry.options import SEED
    from emotopy.registry.type_messages import as_toml

    filled = option.required or (option.name == SEED and option.default is None)
    return None if filled else as_toml(option.default)


def _checked(
    candidate: Candidate, checks: Sequence[Check], context: typer.Context, *, durations: bool
) -> list[Outcome]:
    """Run checks on one offer, and print each outcome as it falls."""
    from emotopy.testing import check_outcome

    settings: Settings = context.obj
    host, outcomes = console_host(context), []
    with host.progress(f"checking {candidate}", len(checks)) as advance:
        for one in checks:
            with host.progress(str(one).replace("_", " "), None):
                found = check_outcome(candidate, one)
            outcomes.append(found)
            why = f": {escape_controls(found.why)}" if found.why else ""
            took = f"{found.seconds:8.2f} s  " if durations else ""
            print(f"  {found.status:<{WIDTH}}  {took}{found.promise}{why}", flush=True)
            if settings.debug and found.traceback:
                print(found.traceback, flush=True)
            advance(1)
    return outcomes


def _options(sets: list[str], role: str) -> dict[str, Any]:
    """Read `--set OPTION=VALUE`, or ROLE.OPTION=VALUE as elsewhere. Raises ConfigError for a word without "="."""
    from emotopy.config import parse_sets
    from emotopy.errors import ConfigError

    words = [word.strip() for word in sets]
    for word in words:
        if "=" not in word or word.startswith("="):
            raise ConfigError(f"--set {word}: wanted OPTION=VALUE, such as n_components=5")
    options: dict[str, Any] = parse_sets(f"{role}.{word.removeprefix(f'{role}.')}" for word in words).get(role, {})
    return options
