"""What the commands of `emotopy data` share: options, where originals come from, the table and the file beside it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emotopy.cli.console import escape_controls

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.datasets.dataset_info import Card

MOST_LINES = 20
"""The screen names no more that was left out; the file beside the table names all."""


class SplitName(StrEnum):
    """What `--split` may be."""

    train = "train"
    dev = "dev"
    test = "test"
    all = "all"


class UnitTextName(StrEnum):
    """What `--unit-text` may be."""

    turn = "turn"
    chunk = "chunk"
    interview = "interview"


Out = Annotated[
    Path,
    typer.Option("--out", metavar="FILE.parquet", help="The table to write; what to know of it goes to FILE.json."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the files.")]
Split = Annotated[SplitName, typer.Option(help="Which part; all: all that there is.")]
UnitText = Annotated[
    UnitTextName, typer.Option(help="What a row is; chunks have up to 300 characters, cut between words.")
]
Fetch = Annotated[
    bool,
    typer.Option("--fetch", help="Instead of --from: fetch the originals into the cache folder, checksums verified."),
]
Mirror = Annotated[
    str | None, typer.Option(metavar="URL", help="With --fetch: another folder that holds the same files.")
]


def source(folder: Path | None, mirror: str | None, *, fetch: bool, fetched: Callable[..., Path]) -> Path:
    """Return the folder that was named, or that of the originals once they are fetched.

    Raises typer.BadParameter unless exactly one of the two was asked for.
    """
    if (folder is None) != fetch:
        got = "both" if fetch else "neither"
        raise typer.BadParameter(f"wanted --from DIR or --fetch, got {got}", param_hint="'--from'")
    if mirror is not None and not fetch:
        raise typer.BadParameter("says where to fetch from, but nothing is fetched", param_hint="'--mirror'")
    return folder if folder is not None else fetched(mirror=mirror, notify=notify)


def check_out(out: Path, *, force: bool) -> None:
    """Check before any work that the table and the file beside it can go where they shall."""
    from emotopy.storage.files import check_files_free

    if out.suffix.lower() != ".parquet":
        raise typer.BadParameter(f"wanted a name that ends in .parquet, got {out.name}", param_hint="'--out'")
    if out.parent.exists():
        check_files_free(_files(out), force=force)


def write(
    frame: pd.DataFrame, out: Path, card: Card, options: dict[str, Any], what: str, flags: Iterable[str], *, force: bool
) -> None:
    """Write the table and the file beside it, say what was left out, and how to go on (`flags` of `emotopy map`)."""
    import json

    from emotopy.datasets.dataset_info import left_out_of, notes_of
    from emotopy.readers.confidential import is_confidential, parquet_bytes
    from emotopy.storage.files import write_files

    confidential, left_out, notes = is_confidential(frame), left_out_of(frame), notes_of(frame)
    about = {
        "dataset": card.title,
        "cite": card.cite,
        "licence": card.licence,
        "home": card.home,
        "confidential": confidential,
        "options": options,
        "n_rows": len(frame),
        "columns": [str(name) for name in frame.columns],
        "left_out": [{"what": one.what, "reason": one.reason} for one in left_out],
        "notes": notes,
    }
    table, beside = _files(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    sidecar = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
    contents = {table: parquet_bytes(frame), beside: sidecar.encode("utf-8", "backslashreplace")}
    write_files(contents, force=force)
    for note in notes:
        notify(f"note: {note}")
    for one in left_out[:MOST_LINES]:
        notify(f"left out: {one}")
    if len(left_out) > MOST_LINES:
        notify(f"... and {len(left_out) - MOST_LINES:,} more, in {beside}")
    if confidential:
        notify(
            f"note: {card.title}: {card.licence}. The table is marked as confidential: `emotopy map` keeps its texts "
            "out of what it writes, and gives them to no server."
        )
    print(f"Wrote {len(frame):,} {what} to {out}")
    print("Next:", command("emotopy", "map", out, *flags, "--out", "results"))


def command(*words: object) -> str:
    """Return words as a command for a shell.

    >>> command("emotopy", "map", "my texts.csv")
    "emotopy map 'my texts.csv'"
    """
    return shlex.join(str(word) for word in words)


def notify(message: str) -> None:
    """Say something on stderr."""
    print(escape_controls(message), file=sys.stderr)


def _files(out: Path) -> tuple[Path, Path]:
    return out, out.with_suffix(".json")
