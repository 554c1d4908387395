"""`emotopy experiment`: a data set, mapped as recommended and as published, compared both ways, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from emotopy.cli.config import Sets
from emotopy.cli.console import (
    Force,
    NoCache,
    Quiet,
    cache_directory,
    console_host,
    format_table,
    load_registry,
    reserve,
)

if TYPE_CHECKING:
    from emotopy.experiments.experiment import Experiment


WORDS = {"relative": "profile", "intensity": "intensity"}


def experiment(
    context: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="NAME|FILE.toml", help="depression, emotions, human-vs-llm, or a file of yours.")
    ],
    *,
    data: Annotated[
        Path | None, typer.Option(metavar="PATH", help="The data set's folder, or for human-vs-llm a table.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where the results go.")] = None,
    sets: Sets = None,
    human: Annotated[str | None, typer.Option(metavar="COL", help="human-vs-llm: column of people's answers.")] = None,
    model: Annotated[
        list[str] | None, typer.Option(metavar="COL", help="human-vs-llm: column of a model's answers; repeatable.")
    ] = None,
    question: Annotated[str | None, typer.Option(metavar="COL", help="human-vs-llm: column of the question.")] = None,
    topic: Annotated[str | None, typer.Option(metavar="COL", help="human-vs-llm: column of the topic.")] = None,
    answerer: Annotated[
        str | None, typer.Option(metavar="COL", help="human-vs-llm, a row per answer: who gave it.")
    ] = None,
    text: Annotated[str | None, typer.Option(metavar="COL", help="With --answerer: the column of answers.")] = None,
    hold: Annotated[
        Literal["question", "length", "nothing"] | None,
        typer.Option(help="human-vs-llm: pair answers by question (default), or hold length constant, or nothing."),
    ] = None,
    max_length_ratio: Annotated[
        float | None,
        typer.Option(metavar="R", help="human-vs-llm: leave out questions whose answers differ more in length."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="A quick look: N people, texts or questions a group.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Seed of everything random; 0 by default.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where finished stages are kept; by default your cache folder.")
    ] = None,
    no_cache: NoCache = False,
    allow_upload: Annotated[
        bool, typer.Option("--allow-upload", help="Let stages send confidential texts to their servers.")
    ] = False,
    force: Force = False,
    show: Annotated[
        bool, typer.Option("--show", help="Print the experiment's TOML, to start from; run nothing.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Run an experiment: what the published procedure says, and what holds, on the same embeddings.

    `--set embedder=`, `atlas=`, `interval.` and `reporter=` change both presets, everything else `recommended` alone.
    """
    from emotopy.config import parse_sets
    from emotopy.experiments.definition import changed, definition_text, read_definition

    definition = read_definition(what)
    if show:
        print(definition_text(what), end="")
        return
    if data is None or out is None:
        missing = "--data" if data is None else "--out"
        raise typer.BadParameter("an experiment needs it", param_hint=f"'{missing}'")
    kept = cache_directory(cache, no_cache=no_cache)
    asked = {"human": human, "models": model or None, "question": question, "topic": topic}
    asked |= {"answerer": answerer, "text": text}
    held = {"hold": hold, "max_length_ratio": max_length_ratio}
    given = [name for name, value in {**asked, **held}.items() if value is not None]
    if given and definition.experiment != "human-vs-llm":
        flag = given[0].replace("models", "model").replace("_", "-")
        raise typer.BadParameter("only human-vs-llm has it", param_hint=f"'--{flag}'")
    definition = changed(changed(definition, "data", **asked), "comparison", **held)

    from emotopy.experiments.run import run_experiment

    registry, host = load_registry(context), console_host(context, quiet=quiet)
    reserve(context, out, force=force, inputs=[data], host=host)
    result = run_experiment(
        definition,
        data,
        sets={**(parse_sets(sets) if sets else {}), **({} if seed is None else {"seed": seed})},
        registry=registry,
        cache=kept,
        host=host,
        limit=limit,
        allow_upload=allow_upload,
    )
    result.write(out, registry, force=force, private=result.no_texts, notify=host.notify)
    _print_summary(result)
    print(f"\nResults are in {out}")


def _print_summary(result: Experiment) -> None:
    """Print for each pair of groups what either procedure finds, and what it finds where there is nothing."""
    from emotopy.experiments.summary import summarise

    rows = [["groups", "procedure", "finds", "in random splits", "splits with any"]]
    for pair in summarise(result):
        for one in pair.verdicts:
            place = "nodes" if one.splits_with_any is None else "regions"
            name = one.procedure if one.splits_with_any is None else f"ours, {WORDS[one.procedure]}"
            rate = f"{100 * one.false_rate:.0f} % p < 0.05" if pair.n_splits else "-"
            any_ = "-" if one.splits_with_any is None else f"{one.splits_with_any} of {pair.n_splits}"
            rows.append([f"{pair.a} - {pair.b}", name, f"{one.found} of {one.n_tests} {place}", rate, any_])
    print(format_table(rows))
