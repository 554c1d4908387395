"""`emotopy evidence`: tables of terms × regions from the literature."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emotopy.cli.console import Quiet, console_host, load_registry

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
    quiet: Quiet = False,
) -> None:
    """Measure from 13,459 studies how each term goes with each region of an atlas."""
    from emotopy.datasets.load import load_dataset
    from emotopy.errors import OutputError
    from emotopy.evidence.build import build_table
    from emotopy.evidence.terms import read_terms
    from emotopy.registry import BUILT_IN

    registry = load_registry(context)
    for path in (out, out.with_suffix(".json")):
        if path.exists() and not force:
            raise OutputError(f"{path} exists; give another --out, or --force to replace it")
    if atlas.lower().endswith((".csv", ".tsv")):
        chosen = registry.make("atlas", "coordinates", table=atlas)
    else:
        chosen = registry.make("atlas", atlas)
    wanted, host = read_terms(terms), console_host(context, quiet=quiet)
    with host.progress(f"reading {folder.name}", None):
        studies = load_dataset(f"{BUILT_IN}:neuroquery", folder, registry=registry, host=host)
    table = build_table(studies, chosen.nodes, wanted, atlas=getattr(chosen, "name", atlas), host=host)
    out.parent.mkdir(parents=True, exist_ok=True)
    table.write(out)
    print(f"Wrote {len(table.terms)} terms × {len(table.regions)} regions to {out}")
