"""`emotopy data`: named data sets of plugins, and chats and transcripts of one's own, as one table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emotopy.cli.console import format_table, load_registry
from emotopy.cli.dataset_command import DatasetGroup
from emotopy.cli.dataset_tables import check_out, write

app = typer.Typer(
    cls=DatasetGroup,
    invoke_without_command=True,
    help="Convert published data sets, or your own chats and transcripts, to one table. Without a name, list the "
    "data sets.",
)

Out = Annotated[
    Path,
    typer.Option("--out", metavar="FILE.parquet", help="Table to write; its description is written to FILE.json."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace existing files.")]


@app.callback()
def list_datasets(context: typer.Context) -> None:
    """List the installed data sets: what a row is, language, licence and plugin."""
    if context.invoked_subcommand:
        return
    from emotopy.readers.own_files import CHAT, TRANSCRIPT

    registry = load_registry(context)
    rows = [["name", "what", "rows", "language", "confidential", "licence", "owner"]]
    named = [(offer.card, offer.name, offer.owner) for offer in registry.offers("dataset")]
    for card, name, owner in [*named, *((card, card.name, "-") for card in (CHAT, TRANSCRIPT))]:
        confidential = "yes" if card.confidential else "no"
        rows.append([name, card.title, card.rows, card.language or "-", confidential, card.licence, owner])
    print(format_table(rows))
    for problem in registry.problems:
        print(f"failed: {problem}")
    print(
        "\n`emotopy data NAME --help` explains how to get a data set; `emotopy plugins show NAME` describes it "
        "and its options."
    )


OwnFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="Your exported file; for Slack, the folder of the export.")
]
DateFormat = Annotated[
    str | None,
    typer.Option(metavar="FORM", help="day-first or month-first, for ambiguous WhatsApp dates."),
]


@app.command("chat")
def chat(*, file: OwnFile, out: Out, date_format: DateFormat = None, force: Force = False) -> None:
    """Convert a chat that WhatsApp, Telegram or Slack exported: one row per message, with speaker and time.

    The table is marked as confidential.
    """
    from emotopy.readers.own_files import CHAT, load_chat

    check_out(out, force=force)
    frame = load_chat(file, date_format=date_format)
    flags = ("--unit", "speaker", "--time", "time", "--id", "id")
    write(frame, out, CHAT, {"file": file.name, "date_format": date_format}, flags, force=force)


@app.command("transcript")
def transcript(
    *,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="SubRip (.srt), WebVTT (.vtt), or plain text with a `Name: ...` line per turn."
        ),
    ],
    out: Out,
    force: Force = False,
) -> None:
    """Convert your own transcript: one row per turn or caption, with its time in seconds and its speaker.

    The table is marked as confidential.
    """
    from emotopy.readers.own_files import TRANSCRIPT, load_transcript

    check_out(out, force=force)
    frame = load_transcript(file)
    flags = [*(("--unit", "speaker") if frame["speaker"].notna().any() else ())]
    flags += ["--time", "time"] if frame["time"].notna().any() else []
    write(frame, out, TRANSCRIPT, {"file": file.name}, (*flags, "--id", "id"), force=force)
