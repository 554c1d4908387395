"""`emotopy export`: results in other people's formats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emotopy.cli.console import Quiet, console_host

app = typer.Typer(no_args_is_help=True, help="Export results to formats that other tools read.")


@app.callback()
def _formats() -> None:
    """Keep `bids` a word of its own: one command alone would be taken for all of `export`."""


@app.command(epilog="Example: emotopy export bids decoding --out bids --author 'A. Author' --license CC0")
def bids(
    context: typer.Context,
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Results folder of map, compare, decode or bridge.")],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="BIDS", help="Folder for the dataset, created by the command.")],
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="Name of the dataset, for dataset_description.json.")
    ] = None,
    author: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Author of the dataset. Can be repeated.")
    ] = None,
    licence: Annotated[
        str | None, typer.Option("--license", metavar="NAME", help="Licence of the dataset, such as CC0.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a dataset that an earlier export wrote to BIDS.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Export results as a BIDS derivatives dataset: brain maps, the segmentation, and tables with sidecars.

    Texts are never exported.
    """
    from emotopy.export import export_bids

    host = console_host(context, quiet=quiet)
    export_bids(directory, out, name=name, authors=author or (), licence=licence, force=force, notify=host.notify)
    print(f"The dataset is in {out}")
