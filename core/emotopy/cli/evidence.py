"""`emotopy evidence`: tables of terms × regions from the literature."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emotopy.cli.console import Settings

app = typer.Typer(no_args_is_help=True, help="Build tables of evidence from the literature.")


@app.callback()
def _evidence() -> None:
    pass


@app.command()
def build(
    context: typer.Context,
    *,
    folder: Annotated[Path, typer.Option("--from", metavar="DIR", help="Folder with NeuroQuery's data.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The table to write, CSV.")],
    atlas: Annotated[str, typer.Option(metavar="NAME|CSV", help="An atlas, or a CSV of coordinates.")] = "affect18",
    terms: Annotated[Path | None, typer.Option(metavar="FILE", help="CSV of term and synonyms.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.")] = False,
) -> None:
    """Measure from 13,459 studies how each term goes with each region of an atlas."""
    from emotopy.evidence.command import build_for_atlas
    from emotopy.registry import Registry

    settings: Settings = context.obj
    registry = Registry.load(plugins=settings.plugins)
    table = build_for_atlas(folder, atlas, terms, out, registry=registry, force=force)
    print(f"Wrote {len(table.terms)} terms × {len(table.regions)} regions to {out}")
