"""`emotopy cache`: what finished work is kept, and how to clear it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emotopy.cli.console import format_table

app = typer.Typer(no_args_is_help=True, help="Show and clear the cache of finished work.")

Folder = Annotated[
    Path | None, typer.Option("--cache", metavar="DIR", help="Cache folder. Default: your user cache folder.")
]
PAID = ("vectors.sqlite", "ratings.sqlite")
"""Databases of answers that were paid for."""


@app.command()
def show(cache: Folder = None) -> None:
    """Show where the cache is and how large it is."""
    from emotopy.storage.cache import default_directory

    folder = cache or default_directory()
    rows = [["what", "entries", "MB"]]
    stages = _sizes(folder / "stages", "*.npz")
    rows.append(["stages", f"{len(stages):,}", f"{sum(stages) / 1e6:.1f}"])
    for name in PAID:
        size = _sizes(folder, name)
        rows.append([name, "there" if size else "none", f"{sum(size) / 1e6:.1f}"])
    print(f"{folder}\n")
    print(format_table(rows))


@app.command(epilog="Example: emotopy cache clean")
def clean(
    cache: Folder = None,
    *,
    paid: Annotated[
        bool, typer.Option("--paid", help="Also delete answers of paid services; getting them again costs money again.")
    ] = False,
    claim: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT", help="Release the claim on OUT that a run on another machine left behind; delete nothing."
        ),
    ] = None,
) -> None:
    """Delete cached work except answers of paid services, or release a claim on an output folder."""
    from emotopy.storage.cache import default_directory
    from emotopy.storage.claims import break_claim
    from emotopy.storage.os_errors import as_output_error

    if claim is not None:
        if cache is not None or paid:
            raise typer.BadParameter("this flag deletes nothing; leave the other flags out", param_hint="'--claim'")
        print(f"The claim on {claim} was released." if break_claim(claim) else f"There is no claim on {claim}.")
        return
    folder = cache or default_directory()
    paths = [*(folder / "stages").glob("*.npz")]
    paths += [path for name in PAID if paid for path in folder.glob(f"{name}*")]
    n_bytes = sum(path.stat().st_size for path in paths)
    with as_output_error():
        for path in paths:
            path.unlink(missing_ok=True)
    print(f"Deleted {len(paths):,} files of {n_bytes / 1e6:.1f} MB in {folder}.")
    kept = [name for name in PAID if not paid and (folder / name).is_file()]
    if kept:
        print(f"Answers of paid services were kept: {', '.join(kept)}. --paid deletes them, too.")


def _sizes(folder: Path, pattern: str) -> list[int]:
    return [path.stat().st_size for path in folder.glob(pattern)] if folder.is_dir() else []
