"""`emotopy export`: results in other people's formats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emotopy.cli.console import Quiet, console_host

app = typer.Typer(no_args_is_help=True, help="Write results in other people's formats.")


@app.callback()
def _formats() -> None:
    """Keep `bids` a word of its own: one command alone would be taken for all of `export`."""


@app.command()
def bids(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="What map, compare, decode or bridge wrote.")],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="BIDS", help="The folder of the dataset.")],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the dataset.")] = None,
    author: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="An author of the dataset; can be repeated.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option("--license", metavar="NAME", help="Licence of the dataset, such as CC0.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a dataset that an export wrote to BIDS.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write results as a BIDS derivatives dataset: maps, segmentation, tables with sidecars; never a text."""
    from emotopy.export import export_bids

    host = console_host(context, quiet=quiet)
    export_bids(directory, out, name=name, authors=author or (), licence=licence, force=force, notify=host.notify)
    print(f"The dataset is in {out}")
