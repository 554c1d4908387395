"""`emotopy report`: the report of a results directory, made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emotopy.cli.config import Sets
from emotopy.cli.console import Quiet, console_host, load_registry


def report(
    context: typer.Context,
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Results folder of map, compare, decode, bridge or experiment.")
    ],
    *,
    texts: Annotated[
        Path | None,
        typer.Option(
            "--texts", metavar="FILE", help="Show the texts in the report; FILE is the file that was mapped, unchanged."
        ),
    ] = None,
    text: Annotated[
        str | None, typer.Option(metavar="COL", help="Column of texts in FILE. Default: the column that was mapped.")
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(metavar="NAME", help="Sheet of an .xlsx file. Default: the sheet that was mapped.")
    ] = None,
    sets: Sets = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the report even if it has changed since emotopy wrote it.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Write the report of existing results again, with texts or with other options of the reporter.

    Nothing is recomputed.

    Only report.html and its checksum in provenance.json are replaced.
    """
    from emotopy.config import parse_sets
    from emotopy.export.report import remake_report

    for flag, value in (("--text", text), ("--sheet", sheet)):
        if value is not None and texts is None:
            raise typer.BadParameter(
                "this flag describes how FILE is read; name the file with --texts", param_hint=f"'{flag}'"
            )
    page = remake_report(
        directory,
        texts=texts,
        text=text,
        sheet=sheet,
        options=parse_sets(sets or []),
        force=force,
        registry=load_registry(context),
        host=console_host(context, quiet=quiet),
    )
    print(f"The report is {page}")
