"""`emotopy data`: public data sets, from their official layout to what the other commands take."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from emotopy.cli.console import escape_controls

if TYPE_CHECKING:
    import pandas as pd

    from emotopy.datasets.dataset_info import Card

app = typer.Typer(
    no_args_is_help=True, help="Bring public data sets, and chats and transcripts of yours, into one table."
)

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
    from emotopy.storage.results import check_files_free

    if out.suffix.lower() != ".parquet":
        raise typer.BadParameter(f"wanted a name that ends in .parquet, got {out.name}", param_hint="'--out'")
    if out.parent.exists():
        check_files_free(_files(out), force=force)


def write(
    frame: pd.DataFrame, out: Path, card: Card, options: dict[str, Any], what: str, flags: Iterable[str], *, force: bool
) -> None:
    """Write the table and the file beside it, say what was left out, and how to go on (`flags` of `emotopy map`)."""
    from emotopy.datasets.dataset_info import left_out_of, notes_of
    from emotopy.readers.confidential import is_confidential, schema_marks
    from emotopy.storage.parquet import parquet_bytes
    from emotopy.storage.results import write_files

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


@app.callback()
def _data() -> None:
    pass


@app.command("goemotions")
def goemotions(
    *,
    out: Out,
    folder: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Folder with train.tsv, ..., or Hugging Face's files.")
    ] = None,
    fetch: Fetch = False,
    mirror: Mirror = None,
    split: Split = SplitName.train,
    force: Force = False,
) -> None:
    """GoEmotions (Demszky et al. 2020): a row per comment, `labels`, and `label` where there is just one."""
    from emotopy.datasets.goemotions import CARD, fetch_goemotions, load_goemotions

    check_out(out, force=force)
    folder = source(folder, mirror, fetch=fetch, fetched=partial(fetch_goemotions, split.value))
    frame = load_goemotions(folder, split.value)
    write(frame, out, CARD, {"split": split.value}, "comments", ("--group", "label", "--id", "id"), force=force)


INTERVIEW_FLAGS = ("--group", "group", "--unit", "participant", "--id", "id")
Sessions = Annotated[
    Path, typer.Option("--from", metavar="DIR", help="Folder with the sessions 300_P, ... and the label files.")
]


class SpeakersName(StrEnum):
    """What `--speakers` may be."""

    participant = "participant"
    interviewer = "interviewer"
    both = "both"


@app.command("daic-woz")
def daic_woz(
    *,
    folder: Sessions,
    out: Out,
    speakers: Annotated[
        SpeakersName, typer.Option(help="Whose words. The interviewer's prompts give the diagnosis away.")
    ] = SpeakersName.participant,
    unit_text: UnitText = UnitTextName.turn,
    force: Force = False,
) -> None:
    """DAIC-WOZ (Gratch et al. 2014): what participants say, the groups depressed and healthy by PHQ-8. Confidential."""
    from emotopy.datasets.daic_woz import CARD, load_daic_woz

    check_out(out, force=force)
    frame = load_daic_woz(folder, speakers=speakers.value, unit_text=unit_text.value)
    options = {"speakers": speakers.value, "unit_text": unit_text.value}
    write(frame, out, CARD, options, f"{unit_text.value}s", INTERVIEW_FLAGS, force=force)


@app.command("e-daic")
def e_daic(*, folder: Sessions, out: Out, unit_text: UnitText = UnitTextName.turn, force: Force = False) -> None:
    """E-DAIC, the extended DAIC (AVEC 2019): as daic-woz, from transcripts that a machine made. Confidential."""
    from emotopy.datasets.e_daic import CARD, load_e_daic

    check_out(out, force=force)
    frame = load_e_daic(folder, unit_text=unit_text.value)
    write(frame, out, CARD, {"unit_text": unit_text.value}, f"{unit_text.value}s", INTERVIEW_FLAGS, force=force)


@app.command("schema-guided")
def schema_guided(
    *,
    folder: Annotated[Path, typer.Option("--from", metavar="DIR", help="Folder with train/, dev/ and test/.")],
    out: Out,
    split: Split = SplitName.train,
    force: Force = False,
) -> None:
    """Schema-Guided Dialogue (Rastogi et al. 2020): a row per turn, the groups user and system, pairs by dialogue."""
    from emotopy.datasets.schema_guided import CARD, load_schema_guided

    check_out(out, force=force)
    frame = load_schema_guided(folder, split.value)
    flags = ("--group", "group", "--unit", "unit", "--id", "id", "--keep", "dialogue")
    write(frame, out, CARD, {"split": split.value}, "turns", flags, force=force)


@app.command("paired-answers")
def paired_answers(
    *,
    table: Annotated[Path, typer.Option("--from", metavar="FILE", help="CSV, TSV, JSON Lines or Parquet.")],
    out: Out,
    human: Annotated[
        str,
        typer.Option(metavar="COL", help="Column of people's answers; with --answerer, what stands for them there."),
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="COL", help="Column of a model's answers, repeatable; with --answerer, a name there."),
    ] = None,
    question: Annotated[str | None, typer.Option(metavar="COL", help="Column of the question, or its id.")] = None,
    topic: Annotated[str | None, typer.Option(metavar="COL", help="Column of the question's topic.")] = None,
    answerer: Annotated[
        str | None, typer.Option(metavar="COL", help="For a table with a row per answer: who gave it.")
    ] = None,
    text: Annotated[str, typer.Option(metavar="COL", help="With --answerer: the column of answers.")] = "text",
    force: Force = False,
) -> None:
    """Answers of people and language models to the same questions, from a table of yours: a row per answer."""
    from emotopy.datasets.paired_answers import CARD, load_paired_answers

    check_out(out, force=force)
    columns = {"human": human, "models": model or [], "question": question, "topic": topic, "answerer": answerer}
    frame = load_paired_answers(
        table, human=human, models=model or (), question=question, topic=topic, answerer=answerer, text=text
    )
    flags = ["--group", "group", "--unit", "unit", "--id", "id", "--keep", "question"]
    flags += ["--keep", "topic"] if topic else []
    write(frame, out, CARD, {"file": table.name, **columns, "text": text}, "answers", flags, force=force)


OwnFile = Annotated[Path, typer.Argument(metavar="FILE", help="Your file; for Slack, the folder of the export.")]
DateFormat = Annotated[
    str | None,
    typer.Option(metavar="FORM", help="day-first or month-first, for dates of WhatsApp that leave a doubt."),
]


@app.command("chat")
def chat(*, file: OwnFile, out: Out, date_format: DateFormat = None, force: Force = False) -> None:
    """A chat as WhatsApp, Telegram or Slack export it: a row per message, speaker and time. Confidential."""
    from emotopy.datasets.chats import CARD, load_chat

    check_out(out, force=force)
    frame = load_chat(file, date_format=date_format)
    flags = ("--unit", "speaker", "--time", "time", "--id", "id")
    write(frame, out, CARD, {"file": file.name, "date_format": date_format}, "messages", flags, force=force)


@app.command("transcript")
def transcript(
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="SubRip (.srt), WebVTT (.vtt), or `Name: ...` a line.")],
    out: Out,
    force: Force = False,
) -> None:
    """A transcript of yours: a row per turn or caption, with its second and its speaker. Confidential."""
    from emotopy.datasets.transcripts import CARD, load_transcript

    check_out(out, force=force)
    frame = load_transcript(file)
    flags = [*(("--unit", "speaker") if frame["speaker"].notna().any() else ())]
    flags += ["--time", "time"] if frame["time"].notna().any() else []
    write(frame, out, CARD, {"file": file.name}, "turns", (*flags, "--id", "id"), force=force)


@app.command("alice")
def alice(
    *, folder: Annotated[Path, typer.Option("--from", metavar="DIR", help="Folder with timecourses/, motion/, ....")]
) -> None:
    """Brennan's Alice (2016): check the folder, and print the commands that annotate and decode it."""
    from emotopy.datasets.alice import MOTION_SKIP, REGIONS, load_alice

    found = load_alice(folder, notify=lambda message: notify(f"note: {message}"))
    for one in found.excluded:
        notify(f"left out: {one.reason}")
    series = found.series[0]
    print(f"{len(found.series)} listeners, {series.n_volumes} volumes of {found.tr_s:g} s, {len(REGIONS)} regions")
    print("Next:")
    names = folder / "timecourses" / "regions.txt"
    if not names.exists():
        print(command("printf", r"%s\n", *REGIONS), ">", command(names))
    print(command("emotopy", "annotate", found.narrative_path, "--out", "ratings.tsv"))
    clock = ("--tr", f"{found.tr_s:g}", "--start", f"{found.start_s:g}")
    beside = ("--motion", folder / "motion", "--motion-skip", MOTION_SKIP, "--regressors", folder / "regressors")
    print(
        command(
            *("emotopy", "decode", "--series", folder / "timecourses", "--ratings", "ratings.tsv"),
            *(*clock, *beside, "--out", "results"),
        )
    )


@app.command("neuroquery")
def neuroquery(
    *,
    folder: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Folder with coordinates.tsv.gz, ....")
    ] = None,
    fetch: Fetch = False,
    mirror: Mirror = None,
) -> None:
    """NeuroQuery (Dockès et al. 2020): check the studies, and print the command that builds evidence from them."""
    from emotopy.datasets.neuroquery import fetch_neuroquery, load_neuroquery

    folder = source(folder, mirror, fetch=fetch, fetched=fetch_neuroquery)
    studies = load_neuroquery(folder)
    print(f"{len(studies):,} studies, {len(studies.peaks):,} peaks, {len(studies.vocabulary):,} words in {folder}")
    print("Next:", command("emotopy", "evidence", "build", "--from", folder, "--out", "evidence.csv"))
