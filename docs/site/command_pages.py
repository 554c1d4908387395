"""Pages of the command line: one per command, from the commands themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markdown import cell, code, table


def write(folder: Path) -> None:
    """Write the pages of all commands."""
    import typer

    from emotopy.cli import app

    folder.mkdir(parents=True)
    group = typer.main.get_command(app)
    commands: dict[str, Any] = group.commands
    for name, command in commands.items():
        (folder / f"{name}.md").write_text(_page(f"emotopy {name}", command), "utf-8")
    rows = [[f"[`emotopy {name}`]({name}.md)", cell(_summary(command))] for name, command in commands.items()]
    toctree = "\n".join(commands)
    (folder / "index.md").write_text(
        f"# Command line\n\n{group.help}\n\n{table(['command', 'what it does'], rows)}"
        f"Options that stand before the command:\n\n{_options(group)}{group.epilog}\n\n"
        f"```{{toctree}}\n:hidden:\n\n{toctree}\n```\n",
        "utf-8",
    )


def _page(name: str, command: Any, level: int = 1) -> str:
    """Return a command's page, with those of the commands below it as sections."""
    below: dict[str, Any] = getattr(command, "commands", {})
    text = f"{'#' * level} {name}\n\n{(command.help or '').strip()}\n\n"
    usage = [name, *(["COMMAND"] if below else []), *(_argument(one) for one in _parameters(command, "argument"))]
    text += f"```text\n{' '.join([*usage, '[OPTIONS]'])}\n```\n\n"
    text += _arguments(command) + _options(command)
    return text + "".join(_page(f"{name} {word}", one, level + 1) for word, one in below.items())


def _summary(command: Any) -> str:
    return (command.help or "").partition("\n\n")[0]


def _parameters(command: Any, kind: str) -> list[Any]:
    return [one for one in command.params if one.param_type_name == kind and not getattr(one, "hidden", False)]


def _argument(one: Any) -> str:
    name = (one.metavar or one.name.upper()).strip("[]{}")
    several = f"{name}..." if one.nargs == -1 and not name.endswith("...") else name
    return several if one.required else f"[{several}]"


def _arguments(command: Any) -> str:
    rows = [[code(_argument(one)), cell(one.help or "")] for one in _parameters(command, "argument")]
    return table(["argument", "meaning"], rows)


def _options(command: Any) -> str:
    rows = [
        [_flags(one), cell(f"{one.help or ''}{' Required.' if one.required else ''}"), _default(one)]
        for one in _parameters(command, "option")
        if "--help" not in one.opts
    ]
    return table(["option", "meaning", "default"], rows)


def _flags(one: Any) -> str:
    """Return the forms of an option, with the word for its value."""
    value = "" if one.is_flag else f" {one.metavar or _type_word(one)}"
    return ", ".join(code(f"{flag}{value}") for flag in [*one.opts, *one.secondary_opts])


def _type_word(one: Any) -> str:
    """Return the word for a value without one of its own, in the forms that typer has had for it."""
    described = getattr(one, "type_descriptor", None)
    name = getattr(getattr(described, "annotation", None), "__name__", None) or getattr(
        getattr(one, "type", None), "name", "value"
    )
    return name.upper()


def _default(one: Any) -> str:
    """Return a default that says something: no empty, absent or false one."""
    value = one.default() if callable(one.default) else one.default
    if value is None or value is False or value in ((), [], ""):
        return ""
    plain = getattr(value, "value", value)
    return code(" ".join(map(str, plain)) if isinstance(plain, (list, tuple)) else plain)
