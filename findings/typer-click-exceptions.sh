#!/bin/sh
# typer 0.29.2 beside click 8.5.1.
#
# Behaviour: typer brings a copy of click. What it raises for a wrong command line is an exception of the copy, which has
# the same name as click's and is none of click's: `except click.ClickException` doesn't catch it.
#
# Why it surprises: typer was a layer over the package click for years, and programs catch click's exceptions around a
# command that runs with `standalone_mode=False`. With click installed, too, such code imports and runs, and fails only for
# users who mistype.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check typer==0.29.2 click==8.5.1
cd "$folder"
venv/bin/python - <<'END'
from importlib.metadata import version

import click
import typer

print("typer", version("typer"), "click", version("click"))
app = typer.Typer()


@app.command()
def double(number: int) -> None:
    print(2 * number)


command = typer.main.get_command(app)
try:
    command.main(["three"], prog_name="double", standalone_mode=False)
except click.ClickException as error:
    raise SystemExit(f"click's own class catches {type(error).__module__}.{type(error).__name__} now")
except Exception as error:
    names = [f"{base.__module__}.{base.__name__}" for base in type(error).__mro__[:3]]
    print("not caught by click.ClickException:", ", ".join(names))
    assert type(error).__name__ == "BadParameter"
    assert isinstance(error, typer.BadParameter)
END
