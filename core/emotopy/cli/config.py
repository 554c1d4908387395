"""`emotopy config`: make, check, show a configuration; and the flags by which every command takes one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from emotopy.cli.console import load_registry

app = typer.Typer(no_args_is_help=True, help="Create, check and show configuration files.")

Preset = Annotated[
    str | None,
    typer.Option(
        metavar="P",
        help="Preset of stages and options: recommended (default), vos2025, zhang2026, or one from a plugin.",
    ),
]
ConfigFile = Annotated[
    Path | None, typer.Option(metavar="F", help="TOML or JSON file whose settings override the preset.")
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a stage (embedder=multilingual) or an option (reducer.n_components=5). Overrides preset and "
        "file. Can be repeated.",
    ),
]


def read_layers(file: Path | None, sets: list[str] | None) -> list[dict[str, Any]]:
    """Return the layers that a command's flags give: the file, then what was set."""
    from emotopy.config import parse_sets, read_file

    layers = [read_file(file)] if file else []
    return [*layers, parse_sets(sets)] if sets else layers


@app.command(epilog="Example: emotopy config init study.toml --preset recommended")
def init(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write, .toml or .json.")] = Path("emotopy.toml"),
    *,
    preset: Preset = None,
) -> None:
    """Write a configuration file that lists the choices of a preset, as a starting point.

    The file is JSON if FILE ends in .json, and TOML otherwise.
    """
    from emotopy.config import assemble
    from emotopy.config.serialise import to_toml
    from emotopy.errors import OutputError

    values = assemble([], preset=preset, registry=load_registry(context) if preset else None).to_dict()
    name = values["preset"]
    head = f"# The choices of preset {name}. `emotopy plugins` lists all installed stages.\n"
    text = _json(values) + "\n" if file.suffix.lower() == ".json" else head + to_toml(values)
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise OutputError(f"{file} already exists; give another name") from None
    except OSError as error:
        raise OutputError(f"{file} can't be written: {error.strerror}") from error
    print(f"Wrote {file}")


@app.command(epilog="Example: emotopy config check study.toml")
def check(context: typer.Context, file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Check the keys, stages, options and values of a configuration file against the installed stages."""
    from emotopy.config import build, read_file

    build(read_file(file), registry=load_registry(context))
    print(f"{file.name} is valid")


@app.command(epilog="Example: emotopy config show --config study.toml --set reducer.n_components=5")
def show(
    context: typer.Context,
    *,
    preset: Preset = None,
    config: ConfigFile = None,
    sets: Sets = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of TOML.")] = False,
) -> None:
    """Print the configuration that results from a preset, a file and `--set`."""
    from emotopy.config import build
    from emotopy.config.serialise import to_toml

    values = build(*read_layers(config, sets), preset=preset, registry=load_registry(context)).to_dict()
    print(_json(values) + "\n" if as_json else to_toml(values), end="")


@app.command()
def schema(context: typer.Context) -> None:
    """Print the JSON Schema of a configuration file, for the installed stages."""
    from emotopy.config.schema import schema as make_schema

    print(_json(make_schema(load_registry(context))))


def _json(values: Any) -> str:
    return json.dumps(values, indent=2, ensure_ascii=False)
