"""`emotopy data goemotions`, `schema-guided`, `paired-answers`: tables of texts."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from emotopy.cli.data.common import Fetch, Force, Mirror, Out, Split, SplitName, check_out, source, write


def goemotions(
    *,
    out: Out,
    folder: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Folder with train.tsv, dev.tsv or test.tsv.")
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
