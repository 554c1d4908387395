"""Brings a data set into one table with a file beside it, or says what its records are; commands that come next."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from emotopy.cli.console import console_host
from emotopy.cli.escapes import escape_controls

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.records.dataset_info import DatasetCard
    from emotopy.registry import Offer, Registry
    from emotopy.roles import Dataset

MOST_LINES = 20
"""The screen names no more that was left out; the file beside the table names all."""


def bring(
    context: typer.Context,
    registry: Registry,
    offer: Offer,
    options: Mapping[str, Any],
    *,
    source: Path | None,
    out: Path | None = None,
    fetch: bool = False,
    mirror: str | None = None,
    sets: Sequence[str] | None = None,
    force: bool = False,
) -> None:
    """Load a named data set from `source`, or from where it is published; write its table, or describe its records.

    `options` are those of flags, `sets` words OPTION=VALUE. Nothing is read before all that was asked for is checked.
    """
    from emotopy.config.serialise import to_plain
    from emotopy.datasets.load import card_of, load_from, make_dataset

    _check_source(source, mirror, fetch=fetch)
    if out is not None:
        check_out(out, force=force)
    given = offer.signature.check(_with_sets(options, sets or []), "dataset", str(offer))
    dataset = make_dataset(registry, offer, given, host := console_host(context))
    if source is None:
        source = _fetched(dataset, mirror)
    with host.progress(f"reading {source.name}", None):
        loaded = load_from(offer, dataset, source, fence=registry.fence, log=host.log)
    card = card_of(offer, dataset)
    if out is None:
        for line in _description(dataset, loaded, card, source):
            print(escape_controls(line))
        return
    used = {one.name: given.get(one.name, one.default) for one in offer.signature.options.values()}
    file = {"file": source.name} if card.source == "file" else {}
    about = {**file, **to_plain(used, portable=True)}
    write(loaded, out, card, about, _map_flags(loaded, card), force=force)


def check_out(out: Path, *, force: bool) -> None:
    """Check before any work that the table and the file beside it can go where they shall."""
    from emotopy.storage.results import check_files_free

    if out.suffix.lower() != ".parquet":
        raise typer.BadParameter(f"wanted a file name that ends in .parquet, got {out.name}", param_hint="'--out'")
    if out.parent.exists():
        check_files_free(_files(out), force=force)


def write(
    frame: pd.DataFrame, out: Path, card: DatasetCard, options: Mapping[str, Any], flags: Iterable[str], *, force: bool
) -> None:
    """Write the table and the file beside it, say what was left out, and how to go on (`flags` of `emotopy map`)."""
    from emotopy.readers.confidential import is_confidential, schema_marks
    from emotopy.records.dataset_info import left_out_of, notes_of
    from emotopy.storage.parquet import parquet_bytes
    from emotopy.storage.results import write_files

    confidential, left_out, notes = is_confidential(frame), left_out_of(frame), notes_of(frame)
    about = {
        "dataset": card.title,
        "cite": card.cite,
        "licence": card.licence,
        "home": card.home,
        "confidential": confidential,
        "options": dict(options),
        "n_rows": len(frame),
        "columns": [str(name) for name in frame.columns],
        "left_out": [{"what": one.what, "reason": one.reason} for one in left_out],
        "notes": notes,
    }
    table, beside = _files(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    sidecar = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
    contents = {table: parquet_bytes(frame, schema_marks(frame)), beside: sidecar.encode("utf-8", "backslashreplace")}
    write_files(contents, force=force)
    for note in notes:
        notify(f"note: {note}")
    for one in left_out[:MOST_LINES]:
        notify(f"left out: {one}")
    if len(left_out) > MOST_LINES:
        notify(f"... and {len(left_out) - MOST_LINES:,} more, in {beside}")
    if confidential:
        notify(
            f"note: {card.title}: {card.licence}. The table is marked as confidential: `emotopy map` doesn't "
            "write its texts to any file and doesn't send them to any server."
        )
    print(f"Wrote {len(frame):,} {card.rows} to {out}")
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


def _check_source(folder: Path | None, mirror: str | None, *, fetch: bool) -> None:
    """Raise typer.BadParameter unless exactly one of a folder and a download was asked for."""
    if (folder is None) != fetch:
        got = "both" if fetch else "neither"
        raise typer.BadParameter(f"wanted --from DIR or --fetch, got {got}", param_hint="'--from'")
    if mirror is not None and not fetch:
        raise typer.BadParameter("this flag needs --fetch", param_hint="'--mirror'")


def _fetched(dataset: Dataset, mirror: str | None) -> Path:
    from emotopy.roles import FetchesOriginals

    assert isinstance(dataset, FetchesOriginals)  # others have no --fetch
    return dataset.fetch(mirror=mirror)


def _with_sets(options: Mapping[str, Any], sets: Sequence[str]) -> dict[str, Any]:
    """Return options of flags and of `--set`. Raises ConfigError for one that is said twice, or isn't OPTION=VALUE."""
    from emotopy.config import parse_sets
    from emotopy.errors import ConfigError

    for word in sets:
        if not word.partition("=")[1] or not word.partition("=")[0].strip():
            raise ConfigError(f"--set {word}: wanted OPTION=VALUE, such as split=dev")
    words = [word.strip().removeprefix("dataset.") for word in sets]
    found: dict[str, Any] = parse_sets(f"dataset.{word}" for word in words).get("dataset", {})
    if twice := sorted(found.keys() & options.keys()):
        raise ConfigError(
            f"dataset.{twice[0]}: given twice, with --set and with its own flag; give it once",
            path=f"dataset.{twice[0]}",
        )
    return {**found, **options}


def _map_flags(frame: pd.DataFrame, card: DatasetCard) -> list[str]:
    """Return the flags of `emotopy map` that the card names, of columns that hold something."""
    flags = []
    for flag, columns in card.map_columns.items():
        for column in (columns,) if isinstance(columns, str) else columns:
            if column in frame.columns and frame[column].notna().any():
                flags += [f"--{flag}", column]
    return flags


def _description(dataset: Dataset, loaded: Any, card: DatasetCard, source: Path) -> Sequence[str]:
    from emotopy.roles import DescribesRecords

    if isinstance(dataset, DescribesRecords):
        return dataset.describe(loaded, source)
    return [
        (
            f"{card.title} in {source} is complete and readable; load it in Python with "
            f"emotopy.load_dataset({card.name!r}, ...)"
        )
    ]
