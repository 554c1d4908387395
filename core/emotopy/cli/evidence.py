"""`emotopy evidence`: tables of terms × regions from the literature."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emotopy.cli.console import Quiet, console_host, load_registry

app = typer.Typer(no_args_is_help=True, help="Build evidence tables from the neuroimaging literature.")


@app.callback()
def _evidence() -> None:
    pass


@app.command(
    epilog="Example: emotopy evidence build --from neuroquery --atlas affect18 --terms terms.csv --out table.csv"
)
def build(
    context: typer.Context,
    *,
    folder: Annotated[Path, typer.Option("--from", metavar="DIR", help="Folder that holds the NeuroQuery data.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="CSV table to write.")],
    atlas: Annotated[
        str, typer.Option(metavar="NAME|CSV", help="Name of an atlas, or a CSV file of coordinates.")
    ] = "affect18",
    terms: Annotated[Path | None, typer.Option(metavar="FILE", help="CSV file of terms and their synonyms.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.")] = False,
    quiet: Quiet = False,
) -> None:
    """Measure in 13,459 studies how strongly each term is associated with each region of an atlas."""
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
