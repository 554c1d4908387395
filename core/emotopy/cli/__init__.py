"""The command line, thin: it reads flags, calls the library, and says in one message what went wrong."""

from __future__ import annotations

import sys
from typing import Annotated

import click
import typer

from emotopy.cli import config, data, evidence, plugins
from emotopy.cli import map as map_command
from emotopy.cli.console import Settings
from emotopy.errors import EmotopyError

app = typer.Typer(
    name="emotopy",
    help="Map emotion onto the brain, from text and from fMRI.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(map_command.demo)
app.command("map")(map_command.map_file)
app.add_typer(evidence.app, name="evidence")
app.add_typer(data.app, name="data")
app.add_typer(plugins.app, name="plugins")
app.add_typer(config.app, name="config")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"emotopy {version('emotopy')}")
        raise typer.Exit


@app.callback()
def _globals(
    context: typer.Context,
    *,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    no_plugins: Annotated[bool, typer.Option("--no-plugins", help="Use the built-in stages alone.")] = False,
    _version_flag: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = Settings(debug=debug, plugins=not no_plugins)


def main() -> None:
    """Run the command line; exit 0, 1 for an error of ours (or the system's), 2 for usage, 130 when interrupted."""
    debug = "--debug" in sys.argv
    try:
        status = app(standalone_mode=False)
    except EmotopyError as error:
        if debug:
            raise
        _complain(str(error))
        status = 1
    except click.exceptions.Abort:
        _complain("interrupted; nothing half-written was left behind")
        status = 130
    except click.ClickException as error:
        error.show(file=sys.stderr)
        status = error.exit_code
    except KeyboardInterrupt:
        _complain("interrupted; nothing half-written was left behind")
        status = 130
    except BrokenPipeError:  # the reader of our output went away, which is its right
        sys.stderr.close()
        status = 0
    except MemoryError:
        if debug:
            raise
        _complain("memory ran out; map fewer texts at a time, or give the machine more")
        status = 1
    sys.exit(status if isinstance(status, int) else 0)


def _complain(message: str) -> None:
    print(f"error: {message}", file=sys.stderr)
