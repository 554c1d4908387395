"""The commands of named data sets: made from what plugins offer, when `emotopy data` is asked for one."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

import typer
from typer.core import TyperGroup

from emotopy.cli.console import load_registry
from emotopy.cli.dataset_tables import bring

if TYPE_CHECKING:
    from emotopy.records.dataset_info import DatasetCard
    from emotopy.registry import Offer, Registry
    from emotopy.registry.options import Option

OTHER_FLAGS = {"models": "--model"}
"""Options whose flag, from before data sets were plugins, isn't the option's name."""
OWN_FLAGS = ("source", "out", "fetch", "mirror", "sets", "force")
"""Parameters of the command itself."""
SEVERAL = (tuple, list, set, frozenset, Sequence)
"""Types whose flag may be given several times."""
TAKEN = (*OWN_FLAGS, "context", "from", "set", "help")
"""An option of such a name has no flag; it is set with `--set`."""


class DatasetGroup(TyperGroup):
    """A group of commands that also has one for each data set that is installed, loaded when it is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands: the data sets', then those that stand in the code."""
        registry = _registry_of(ctx)
        return [*(_name_of(offer, registry) for offer in registry.offers("dataset")), *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of a name.

        Raises UnknownName with the nearest and the choices, DuplicateName for a short name that two plugins offer.
        """
        from emotopy.errors import UnknownName, unknown_name

        found = super().get_command(ctx, cmd_name)
        if found is not None:
            return found
        registry = _registry_of(ctx)
        try:
            offer = registry.offer("dataset", cmd_name)
        except UnknownName as error:
            names = [*error.choices, *super().list_commands(ctx)]
            hidden = "".join(f" Not loaded: {problem}." for problem in registry.problems)
            reason = f"data: there is no data set {cmd_name!r}"
            raise unknown_name(reason, cmd_name, names, "There are", more=f".{hidden}", kind="dataset") from error
        return command_of(registry, offer, cmd_name)


def _registry_of(context: Any) -> Registry:
    """Return the stages that are installed, loaded once per run of the command line."""
    found: Registry = context.meta.get("emotopy.registry") or load_registry(context)
    context.meta["emotopy.registry"] = found
    return found


def command_of(registry: Registry, offer: Offer, name: str) -> Any:
    """Return the command of a data set: `--from`, `--out` where it gives a table, a flag for each of its options."""
    from emotopy.roles import FetchesOriginals

    flags = {option.name: _flag(option) for option in offer.signature.options.values() if option.name not in TAKEN}
    can_fetch = _has(offer.factory, FetchesOriginals)

    def run(context: typer.Context, **given: Any) -> None:
        own = {key: given.pop(key) for key in OWN_FLAGS if key in given}
        options = {key: value for key, value in given.items() if value is not None and value != []}
        bring(context, registry, offer, _read(options, offer), **own)

    parameters = {"context": (typer.Context, inspect.Parameter.empty), **_own_flags(offer.card, can_fetch=can_fetch)}
    parameters |= {key: (annotation, None) for key, annotation in flags.items()}
    _declare(run, parameters)
    about = inspect.cleandoc(offer.factory.__doc__ or offer.card.title).split("\n\nParameters\n")[0]
    made = typer.Typer(add_completion=False)
    made.command(name, help=f"{about}\n\n`emotopy plugins show {name}` lists all options.")(run)
    return typer.main.get_command(made)


def _own_flags(card: DatasetCard, *, can_fetch: bool) -> dict[str, tuple[Any, Any]]:
    """Return the parameters that the commands of data sets share, each with its default."""
    empty = inspect.Parameter.empty
    what = "Folder that holds the data set." if card.source == "folder" else "File that holds the data set."
    option = typer.Option("--from", metavar="DIR" if card.source == "folder" else "FILE", help=what)
    found: dict[str, tuple[Any, Any]] = {"source": (Annotated[Path, option], empty)}
    if can_fetch:
        about = "Instead of --from: download the original files to the cache folder and verify their checksums."
        elsewhere = "With --fetch: base URL of a mirror that holds the same files."
        found = {
            "source": (Annotated[Path | None, option], None),
            "fetch": (Annotated[bool, typer.Option("--fetch", help=about)], False),
            "mirror": (Annotated[str | None, typer.Option("--mirror", metavar="URL", help=elsewhere)], None),
        }
    about = "Set an option of the data set; the flags below do the same. Can be repeated."
    sets = Annotated[list[str] | None, typer.Option("--set", metavar="OPTION=VALUE", help=about)]
    if card.columns:
        about = "Table to write; its description is written to FILE.json."
        found["out"] = (Annotated[Path, typer.Option("--out", metavar="FILE.parquet", help=about)], empty)
        found["force"] = (Annotated[bool, typer.Option("--force", help="Replace existing files.")], False)
    return {**found, "sets": (sets, None)}


def _flag(option: Option) -> Any:
    """Return the annotation of an option's flag; None means that it wasn't given."""
    from emotopy.bounds import split_annotation
    from emotopy.registry.type_messages import as_toml

    default = "" if option.required else f"; default: {as_toml(option.default)}"
    words = [f"--{option.name.replace('_', '-')}"]
    words += [OTHER_FLAGS[option.name]] if option.name in OTHER_FLAGS else []
    kind, bare = str, split_annotation(option.annotation)[0]
    members = [one for one in typing.get_args(bare) if one is not types.NoneType]
    if typing.get_origin(bare) in (Union, types.UnionType) and len(members) == 1:
        bare = split_annotation(members[0])[0]
    if bare is bool:
        flag = typer.Option(f"{words[0]}/--no-{words[0].removeprefix('--')}", help=option.type_name + default)
        return Annotated[bool | None, flag]
    if _is_words(bare):
        return Annotated[bare | None, typer.Option(*words, help=f"One of them{default}")]
    metavar = "TEXT" if bare is str else "VALUE"
    about = typer.Option(*words, metavar=metavar, help=option.type_name + default)
    several = typing.get_origin(bare) in SEVERAL
    return Annotated[list[kind] | None, about] if several else Annotated[kind | None, about]  # type: ignore[valid-type]


def _is_words(bare: Any) -> bool:
    """Whether a type is a choice among words."""
    return typing.get_origin(bare) is Literal and all(isinstance(one, str) for one in typing.get_args(bare))


def _read(given: Mapping[str, Any], offer: Offer) -> dict[str, Any]:
    """Read what flags gave as `--set` would; a string that its option takes as one stays as it is."""
    from emotopy.config.serialise import toml_value
    from emotopy.errors import ConfigError
    from emotopy.registry.options import convert

    def value_of(word: Any, annotation: Any) -> Any:
        try:
            return convert(word, annotation, "")
        except ConfigError:
            return [toml_value(one) for one in word] if isinstance(word, list) else toml_value(str(word))

    return {key: value_of(value, offer.signature.options[key].annotation) for key, value in given.items()}


def _declare(function: Callable[..., Any], parameters: Mapping[str, tuple[Any, Any]]) -> None:
    """Give a function the signature that typer reads: annotation and default by name."""
    kinds = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        for name, (annotation, default) in parameters.items()
    ]
    function.__annotations__ = {name: annotation for name, (annotation, _) in parameters.items()}
    function.__signature__ = inspect.Signature(kinds)  # type: ignore[attr-defined]


def _has(factory: Any, protocol: type) -> bool:
    """Whether a class keeps a protocol of methods, before an instance is made."""
    return all(callable(getattr(factory, name, None)) for name in vars(protocol) if not name.startswith("_"))


def _name_of(offer: Offer, registry: Registry) -> str:
    """Return the short name of an offer where nobody else has it, else the full one."""
    same = [other for other in registry.offers("dataset") if other.name == offer.name]
    return offer.name if len(same) == 1 else offer.full_name
