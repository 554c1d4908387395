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
    help="Bring named data sets, and chats and transcripts of yours, into one table; without a name, list them.",
)

Out = Annotated[
    Path,
    typer.Option("--out", metavar="FILE.parquet", help="The table to write; what to know of it goes to FILE.json."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the files.")]


@app.callback()
def list_datasets(context: typer.Context) -> None:
    """List the data sets that are installed: what a row is, language, licence, who offers it."""
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
    print("\nemotopy data NAME --help says how; emotopy plugins show NAME shows what it is and its options.")


OwnFile = Annotated[Path, typer.Argument(metavar="FILE", help="Your file; for Slack, the folder of the export.")]
DateFormat = Annotated[
    str | None,
    typer.Option(metavar="FORM", help="day-first or month-first, for dates of WhatsApp that leave a doubt."),
]


@app.command("chat")
def chat(*, file: OwnFile, out: Out, date_format: DateFormat = None, force: Force = False) -> None:
    """A chat as WhatsApp, Telegram or Slack export it: a row per message, speaker and time. Confidential."""
    from emotopy.readers.own_files import CHAT, load_chat

    check_out(out, force=force)
    frame = load_chat(file, date_format=date_format)
    flags = ("--unit", "speaker", "--time", "time", "--id", "id")
    write(frame, out, CHAT, {"file": file.name, "date_format": date_format}, flags, force=force)


@app.command("transcript")
def transcript(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="SubRip (.srt), WebVTT (.vtt), or `Name: ...` a line.")],
    out: Out,
    force: Force = False,
) -> None:
    """A transcript of yours: a row per turn or caption, with its second and its speaker. Confidential."""
    from emotopy.readers.own_files import TRANSCRIPT, load_transcript

    check_out(out, force=force)
    frame = load_transcript(file)
    flags = [*(("--unit", "speaker") if frame["speaker"].notna().any() else ())]
    flags += ["--time", "time"] if frame["time"].notna().any() else []
    write(frame, out, TRANSCRIPT, {"file": file.name}, (*flags, "--id", "id"), force=force)
