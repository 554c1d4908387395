"""`emotopy data`: public data sets, from their official layout into one table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Bring public data sets into one table.")


@app.callback()
def _data() -> None:
    pass


@app.command()
def goemotions(
    *,
    folder: Annotated[Path, typer.Option("--from", metavar="DIR", help="Folder with train.tsv, dev.tsv or test.tsv.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.parquet", help="The table to write.")],
    split: Annotated[str, typer.Option(help="train, dev, test, or all that the folder holds.")] = "train",
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.")] = False,
) -> None:
    """GoEmotions (Demszky et al. 2020): a row per comment, `labels`, and `label` where there is just one."""
    from emotopy.datasets.goemotions import load_goemotions
    from emotopy.errors import OutputError
    from emotopy.storage.results import write_parquet

    if out.suffix.lower() != ".parquet":
        raise typer.BadParameter(f"wanted a name that ends in .parquet, got {out.name}", param_hint="'--out'")
    if out.exists() and not force:
        raise OutputError(f"{out} exists; give another --out, or --force to replace it")
    frame = load_goemotions(folder, split)
    write_parquet(frame, out, force=force)
    print(f"Wrote {len(frame):,} comments to {out}")
