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
        Path, typer.Argument(metavar="DIR", help="What map, compare, decode, bridge or experiment wrote.")
    ],
    *,
    texts: Annotated[
        Path | None,
        typer.Option("--texts", metavar="FILE", help="Show the texts: the file that was mapped, unchanged."),
    ] = None,
    text: Annotated[
        str | None, typer.Option(metavar="COL", help="Column of texts in FILE; the one that was mapped by default.")
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(metavar="NAME", help="Sheet of an .xlsx; the one that was mapped by default.")
    ] = None,
    sets: Sets = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a report that was changed since emotopy wrote it.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Make the report of results anew: with its texts, or other options of the reporter; nothing is computed.

    Only report.html is replaced, and its checksum in provenance.json.
    """
    from emotopy.config import parse_sets
    from emotopy.export.report import remake_report

    for flag, value in (("--text", text), ("--sheet", sheet)):
        if value is not None and texts is None:
            raise typer.BadParameter("says how FILE is read; name it with --texts", param_hint=f"'{flag}'")
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
