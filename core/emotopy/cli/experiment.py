"""`emotopy experiment`: a data set, mapped as recommended and as published, compared both ways, side by side."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import attrs
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
    write_results,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from emotopy.experiments.definition import Definition
    from emotopy.experiments.experiment import Experiment


WORDS = {"relative": "profile", "intensity": "intensity"}


def experiment(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            metavar="NAME|FILE.toml",
            help="Experiment: depression, emotions, human-vs-llm, decoding, or a TOML file of your own.",
        ),
    ],
    *,
    data: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Folder of the data set; for human-vs-llm, a table.")
    ] = None,
    series: Annotated[
        Path | None, typer.Option(metavar="DIR", help="decoding: folder of region time series, one file per subject.")
    ] = None,
    ratings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="decoding: emotion ratings of the story over time.")
    ] = None,
    tr: Annotated[float | None, typer.Option(metavar="S", help="decoding: repetition time in seconds.")] = None,
    start: Annotated[
        float | None,
        typer.Option(
            metavar="S", help="decoding: story time at the onset of the first volume, in seconds. Default: 0."
        ),
    ] = None,
    header: Annotated[
        str | None,
        typer.Option(
            metavar="yes|no",
            help="decoding: whether the first row of each --series file holds region names. Default: detected.",
        ),
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(
            "--emotions", metavar="A,B", help="decoding: rating columns to decode, comma-separated. Default: all."
        ),
    ] = None,
    surrogates: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="decoding: number of surrogate ratings per procedure. Default: 20."),
    ] = None,
    drop: Annotated[
        Literal["subjects", "regions"] | None,
        typer.Option(
            help="decoding: exclude the subjects or drop the regions that have invalid signals. Default: stop with "
            "an error."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for the results, created by the command.")
    ] = None,
    sets: Sets = None,
    human: Annotated[
        str | None, typer.Option(metavar="COL", help="human-vs-llm: column of the answers that people wrote.")
    ] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="COL", help="human-vs-llm: column of the answers of one model. Can be repeated."),
    ] = None,
    question: Annotated[str | None, typer.Option(metavar="COL", help="human-vs-llm: column of the questions.")] = None,
    topic: Annotated[str | None, typer.Option(metavar="COL", help="human-vs-llm: column of the topics.")] = None,
    answerer: Annotated[
        str | None,
        typer.Option(
            metavar="COL", help="human-vs-llm, for tables with one row per answer: column that names who answered."
        ),
    ] = None,
    text: Annotated[str | None, typer.Option(metavar="COL", help="With --answerer: column of the answers.")] = None,
    hold: Annotated[
        Literal["question", "length", "nothing"] | None,
        typer.Option(
            help="human-vs-llm: pair answers by question (default), hold length constant, or adjust for nothing."
        ),
    ] = None,
    max_length_ratio: Annotated[
        float | None,
        typer.Option(
            metavar="R", help="human-vs-llm: leave out questions whose answers differ in length by more than this."
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="For a quick look: use only N people, texts or questions per group."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Seed for all random numbers. Default: 0.")
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Cache folder for the output of finished stages. Default: your user cache folder."
        ),
    ] = None,
    no_cache: NoCache = False,
    allow_upload: Annotated[
        bool, typer.Option("--allow-upload", help="Allow stages to send confidential texts to their servers.")
    ] = False,
    force: Force = False,
    show: Annotated[
        bool, typer.Option("--show", help="Print the experiment as TOML, as a starting point for your own, and stop.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Run an experiment: compare the published procedure with the recommended one on the same embeddings.

    `--set embedder=`, `atlas=`, `interval.` and `reporter=` change both procedures; all other settings change only the
    recommended one.
    """
    from emotopy.config import parse_sets
    from emotopy.experiments.definition import changed, definition_text, read_definition

    definition = read_definition(what)
    if show:
        print(definition_text(what), end="")
        return
    scans = Scans(series, ratings, tr, start, header, columns, surrogates, drop)
    scans.check(needed=definition.experiment == "decoding")
    if definition.experiment == "decoding":
        _only(data=data, human=human, model=model, question=question, topic=topic, answerer=answerer, text=text)
        _only(hold=hold, max_length_ratio=max_length_ratio, limit=limit, cache=cache)
        if out is None:
            raise typer.BadParameter("an experiment needs it", param_hint="'--out'")
        layer = {**(parse_sets(sets) if sets else {}), **({} if seed is None else {"seed": seed})}
        _decoding(context, definition, scans, out, layer, force=force, quiet=quiet)
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

    registry, host = load_registry(context), console_host(context, quiet=quiet, force=force, out=out)
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
    write_results(result, out, registry, host, force=force, private=result.no_texts)
    _print_summary(result)
    print(f"\nResults are in {out}")


def _only(**given: Any) -> None:
    """Raise BadParameter for flags of the experiments with texts."""
    for name, value in given.items():
        if value:
            raise typer.BadParameter("decoding doesn't have it", param_hint=f"'--{name.replace('_', '-')}'")


@attrs.frozen
class Scans:
    """What the experiment `decoding` reads, and how; see the flags."""

    series: Path | None
    ratings: Path | None
    tr: float | None
    start: float | None
    header: str | None
    emotions: str | None
    surrogates: int | None
    drop: Literal["subjects", "regions"] | None

    def check(self, *, needed: bool) -> None:
        """Raise BadParameter for flags that are missing, or that belong to another experiment."""
        for name, value in attrs.asdict(self, recurse=False).items():
            if needed and name in ("series", "ratings") and value is None:
                raise typer.BadParameter("the experiment decoding needs it", param_hint=f"'--{name}'")
            if not needed and value is not None:
                raise typer.BadParameter("only decoding has it", param_hint=f"'--{name}'")
        if self.start is not None and not math.isfinite(self.start):
            raise typer.BadParameter(f"wanted a finite number of seconds, got {self.start}", param_hint="'--start'")


def _decoding(
    context: typer.Context,
    definition: Definition,
    scans: Scans,
    out: Path,
    layer: Mapping[str, Any],
    *,
    force: bool,
    quiet: bool,
) -> None:
    """Run the experiment `decoding`, print and write it."""
    from emotopy.cli.decode import DROPS, collecting
    from emotopy.cli.scans import AUTO, Reading, digest, files_of, header_of, tell_exclusions
    from emotopy.experiments.decoding import ALL, run_decoding
    from emotopy.experiments.definition import changed
    from emotopy.pathways.brain.study import Study
    from emotopy.readers.series import read_series_folder

    assert scans.series is not None
    assert scans.ratings is not None
    registry, host = load_registry(context), console_host(context, quiet=quiet, force=force, out=out)
    definition = changed(definition, "decoding", n_surrogates=scans.surrogates)
    reading = Reading(None, scans.tr, scans.header, None, 0, AUTO, AUTO, scans.emotions, None, None)
    reading.check(series=scans.series, fmriprep=None, confounds=None, motion=None, ratings=scans.ratings)
    reserve(context, out, force=force, inputs=[scans.series, scans.ratings], host=host)
    notes: list[str] = []
    notify = collecting(notes, host)
    rated = reading.ratings(scans.ratings, notify)
    runs, exclusions = read_series_folder(
        scans.series, scans.tr, header=header_of(scans.header), on_bad=DROPS[scans.drop], notify=notify
    )
    tell_exclusions(exclusions, notify)
    start = scans.start or 0.0
    files = [*files_of(scans.series), *files_of(scans.ratings)]
    study = Study.of(
        runs,
        rated,
        start_s=start,
        source={
            "files": {"signal": scans.series.name, "ratings": scans.ratings.name},
            "files_sha256": digest(files),
            "start_s": start,
        },
        notes=notes,
    )
    told = attrs.evolve(host, notify=notify)
    result = run_decoding(definition, study, sets=layer, registry=registry, host=told)
    write_results(result, out, registry, host, force=force)
    rows = [["procedure", "split", "R2", "on surrogates", "p", "r", "on surrogates", "p"]]
    for one in result.procedures[result.procedures["emotion"] == ALL].to_dict("records"):
        numbers = (one[name] for name in ("r2", "r2_surrogate_mean", "r2_p", "r", "r_surrogate_mean", "r_p"))
        rows.append([one["procedure"], one["split"], *("-" if math.isnan(x) else f"{x:.3f}" for x in numbers)])
    print(format_table(rows))
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
