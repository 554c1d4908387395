"""`emotopy map`: texts on the emotion atlas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import attrs
import typer

from emotopy.cli.config import ConfigFile, Preset, Sets, read_layers
from emotopy.cli.console import (
    EngineName,
    Force,
    NoCache,
    Quiet,
    Scheduler,
    cache_directory,
    console_host,
    format_table,
    load_registry,
    open_engine,
    out_or_dry_run,
    reserve,
    write_results,
)
from emotopy.cli.design import print_design
from emotopy.cli.escapes import escape_controls
from emotopy.cli.figures import FiguresDir, check_figures
from emotopy.cli.rerun import FromFile, load_rerun, print_comparison

MOST_GROUPS = 30
"""The summary on the screen names no more; regions.csv holds all."""


if TYPE_CHECKING:
    from emotopy.pathways.text.result import TextResult
    from emotopy.pathways.text.stored_result import StoredTextResult


def map_file(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="The texts: CSV, TSV, .xlsx, JSON Lines, Parquet, a folder of Parquet files, or plain text with "
            "one text per line.",
        ),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Folder for the results, created by the command. Not needed with --dry-run."
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            metavar="COL", help="Column that holds the texts. Default: `text`, or the only column of strings."
        ),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(metavar="COL", help="Column that holds each text's group; results are also averaged per group."),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(
            metavar="COL",
            help="Column that holds the person or document each text belongs to; statistics count these, not texts.",
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Option(
            metavar="COL",
            help="Column that holds the time of each text; adds time courses and change points. `position` "
            "follows each text from its beginning to its end instead.",
        ),
    ] = None,
    date_format: Annotated[
        str | None,
        typer.Option(
            metavar="FORM",
            help="Format of the times, where it is ambiguous: day-first, month-first, excel, unix, unix-ms, "
            "number, or a pattern such as %d.%m.%Y.",
        ),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(metavar="NAME", help="Sheet of an .xlsx file. Default: the first sheet with data.")
    ] = None,
    bandwidth: Annotated[
        float | None,
        typer.Option(
            metavar="H",
            help="Bandwidth of the time courses, in the unit of the time column (days for dates). Default: chosen by "
            "cross-validation.",
        ),
    ] = None,
    id_: Annotated[
        str | None, typer.Option("--id", metavar="COL", help="Column of unique text ids. Default: row numbers.")
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COL", help="Column to copy to texts.parquet, so that `compare` can use it. Can be repeated."
        ),
    ] = None,
    from_: FromFile = None,
    preset: Preset = None,
    config: ConfigFile = None,
    sets: Sets = None,
    segments: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Also write a table with one row per sentence; FILE ends in .csv or .parquet."
        ),
    ] = None,
    figures: FiguresDir = None,
    language: Annotated[
        str | None,
        typer.Option(
            metavar="CODE",
            help="Language of all texts, as a code such as de. By default, texts in a language that the stages "
            "don't support are set aside; `any` maps them anyway.",
        ),
    ] = None,
    level: Annotated[
        Literal["region", "node"] | None,
        typer.Option(help="Whether result rows are regions or atlas nodes. Default: region."),
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Seed for all random numbers. Default: 0.")] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Cache folder for the output of finished stages. Default: your user cache folder."
        ),
    ] = None,
    no_cache: NoCache = False,
    texts: Annotated[
        bool | None,
        typer.Option(
            "--texts/--no-texts",
            help="Whether written files may contain input texts. Default: no for files marked as confidential, "
            "yes otherwise.",
            show_default=False,
        ),
    ] = None,
    allow_upload: Annotated[
        bool,
        typer.Option("--allow-upload", help="Allow stages to send the texts of a confidential file to their servers."),
    ] = False,
    engine: EngineName = None,
    scheduler: Scheduler = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Check the input, print the design and the estimated cost, and stop. Nothing is sent or written.",
        ),
    ] = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Map texts onto brain regions: assigned share, profile and intensity of each region.

    Rows without text are kept with status "empty". Rows without a group count only in the group "all".
    """
    from emotopy.pathways.text.pathway import TextPathway
    from emotopy.readers.confidential import is_confidential
    from emotopy.readers.corpora import POSITION, corpus_from
    from emotopy.readers.tables import hash_table, read_table
    from emotopy.running import recorded, rerun
    from emotopy.running.secrecy import without_messages
    from emotopy.running.uploads import check_no_upload

    cache = cache_directory(cache, no_cache=no_cache)
    _check_times(time, bandwidth, date_format, is_rerun=from_ is not None)
    out = out_or_dry_run(out, dry_run=dry_run)
    # Cheap checks first: nothing is computed, loaded or paid for before they pass.
    host = console_host(context, quiet=quiet, force=force, out=out)
    if out is not None:
        reserve(context, out, force=force, inputs=[file, from_], host=host)
    _check_places(segments, figures, file, out, force=force)
    registry = load_registry(context)
    columns: dict[str, Any] = {"text": text, "group": group, "unit": unit, "time": time, "id": id_, "keep": keep or []}
    columns |= {name: value for name, value in (("date_format", date_format), ("sheet", sheet)) if value is not None}
    again = load_rerun(context, from_, "map", sets, registry, host)
    if again is not None:
        again.check_input(sha256=hash_table(file))
        columns, texts, bandwidth = again.arguments(columns=dict, texts=bool | None, bandwidth=float | int | None)
        recorded.check_columns(columns, again.path.name)
    given = {"level": level, "language": language, "seed": seed}
    layers = [again.layer] if again else read_layers(config, sets)
    layers += [{name: value for name, value in given.items() if value is not None}]
    pathway = TextPathway.from_layers(
        layers,
        preset=preset,
        registry=registry,
        cache=cache,
        host=host,
    )
    confidential = is_confidential(file)
    no_texts = confidential if texts is None else not texts
    if confidential:
        check_no_upload(pathway, allow_upload=allow_upload)
    may_go = {"is_secret": confidential or no_texts, "allow_upload": allow_upload}
    pathway = attrs.evolve(pathway, engine=open_engine(context, engine, scheduler, **may_go))
    with host.progress(f"reading {file.name}", None):
        frame = read_table(file, sheet=columns.get("sheet"), whole=columns.get("time") == POSITION)
        corpus = corpus_from(frame, **{flag: value for flag, value in columns.items() if flag != "sheet"})
    partitions = {name: rows for name, rows in frame.attrs.items() if name == "partitions"}
    del frame  # of a large file as much as all that is made of it
    if dry_run:
        print_design(pathway.check(corpus, no_texts=no_texts, keep_segments=segments is not None))
        return
    assert out is not None
    source = {
        "file": file.name,
        "sha256": hash_table(file),
        **partitions,
        **rerun.recorded_arguments("map", columns=columns, texts=texts, bandwidth=bandwidth),
    }
    with without_messages(no_texts=no_texts):
        result = pathway.fit(
            corpus, no_texts=no_texts, source=source, bandwidth=bandwidth, keep_segments=segments is not None
        ).result
        beside = {} if segments is None else {segments: SEGMENT_WRITERS[segments.suffix.lower()](result)}
        write_results(
            result, out, registry, host, figures=figures, force=force, files=beside, private=confidential or no_texts
        )
    _print_summary(result)
    _print_times(result)
    print(f"\nResults are in {out}")
    print_comparison(again, out)


def _print_times(result: TextResult | StoredTextResult) -> None:
    """Print what the courses over time came to, and how times were read."""
    if result.courses is not None:
        n = len(result.courses.changes)
        print(
            f"\nOver time: bandwidth {result.courses.bandwidth:.3g} {result.courses.unit}".rstrip()
            + f", {n} change point{'s' * (n != 1)}"
        )
    for note in result.notes:
        if note.startswith("time: "):
            print(f"\n{escape_controls(note)}")


def _check_times(time: str | None, bandwidth: float | None, date_format: str | None, *, is_rerun: bool) -> None:
    """Raise BadParameter for what is said of times without their column."""
    if bandwidth is not None and (time is None or not 0 < bandwidth < float("inf")):
        raise typer.BadParameter("wanted a number above 0, together with --time", param_hint="'--bandwidth'")
    if date_format is not None and time is None and not is_rerun:
        raise typer.BadParameter(
            "this flag describes the format of times; name their column with --time", param_hint="'--date-format'"
        )


def _check_places(path: Path | None, figures: Path | None, file: Path, out: Path | None, *, force: bool) -> None:
    """Raise where the table of segments can't be written to `path`, or figures to theirs."""
    from emotopy.storage.results import check_files_free

    check_figures(figures, out, force=force)

    if path is None:
        return
    if path.suffix.lower() not in SEGMENT_WRITERS or path == file:
        raise typer.BadParameter(
            f"wanted a file name that ends in .csv or .parquet and differs from the input's, got {path.name}",
            param_hint="'--segments'",
        )
    check_files_free([path], force=force)


def _segments_csv(result: TextResult | StoredTextResult) -> bytes:
    from emotopy.storage.csv_safe import csv_text

    return csv_text(result.segments, digits=9).encode("utf-8")


def _segments_parquet(result: TextResult | StoredTextResult) -> bytes:
    from emotopy.storage.parquet import parquet_bytes

    return parquet_bytes(result.segments)


SEGMENT_WRITERS = {".csv": _segments_csv, ".parquet": _segments_parquet}


def _print_summary(result: TextResult | StoredTextResult) -> None:
    """Print each group's regions of the highest mean profile, as a first look."""
    from emotopy.readers.corpora import ALL
    from emotopy.records import label
    from emotopy.records.result import columns_of

    column = "node" if result.level == "node" else "region"
    groups = list(dict.fromkeys(result.regions["group"]))
    shown = groups[1:] or groups
    texts = columns_of(result, "texts", {"status", "group"}.__contains__)
    scored = texts[texts["status"] == "scored"]
    rows = [["group", "texts", "highest mean profile (SD above the reference)"]]
    for group in shown[:MOST_GROUPS]:
        table = result.regions[result.regions["group"] == group].nlargest(4, "relative")
        places = zip(table[column], table["relative"], strict=True)
        if table["relative"].isna().all():
            rows.append([group, "0", "no text could be mapped"])
            continue
        n_texts = len(scored) if group == ALL else int((scored["group"] == group).sum())
        rows.append([group, f"{n_texts:,}", ", ".join(f"{label(name)} {value:+.2f}" for name, value in places)])
    print(format_table(rows))
    if len(shown) > MOST_GROUPS:
        print(f"... and {len(shown) - MOST_GROUPS:,} more groups in regions.csv")
