"""`emotopy annotate`: rate the emotions of a story over its time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from emotopy.cli.config import Sets
from emotopy.cli.console import NoCache, Quiet, cache_directory, console_host, format_table, load_registry

if TYPE_CHECKING:
    from emotopy.pathways.annotation.agreement import Agreement
    from emotopy.pathways.annotation.pathway import Annotating
    from emotopy.pathways.annotation.result import Annotation


def annotate(
    context: typer.Context,
    story: Annotated[
        Path,
        typer.Argument(
            metavar="STORY",
            help="The story with word or sentence times: a TextGrid, .srt, .vtt, a table with times, or JSON from a "
            "forced aligner.",
        ),
    ],
    *,
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="FILE.tsv", help="Table to write; a .json sidecar and an .svg plot are written next to it."
        ),
    ],
    segments: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Also write the texts of the segments, as input for `map --time onset` and then `bridge`.",
        ),
    ] = None,
    annotator: Annotated[
        str, typer.Option(metavar="NAME", help="Annotator: anchors, lexicon, goemotions, llm, or one from a plugin.")
    ] = "anchors",
    emotions: Annotated[
        str,
        typer.Option(
            metavar="SET|a,b,c",
            help="Emotions to rate: plutchik8, ekman6, valence-arousal, goemotions28, or comma-separated names.",
        ),
    ] = "plutchik8",
    segmentation: Annotated[
        Literal["seconds", "pause", "sentence", "given"], typer.Option(help="How the story is divided into segments.")
    ] = "seconds",
    width: Annotated[
        float, typer.Option(metavar="S", help="Window width in seconds, for --segmentation seconds.")
    ] = 8.0,
    step: Annotated[
        float,
        typer.Option(metavar="S", help="Time from one window to the next in seconds, for --segmentation seconds."),
    ] = 4.0,
    pause: Annotated[
        float,
        typer.Option(metavar="S", help="Shortest pause that ends a segment, in seconds, for --segmentation pause."),
    ] = 0.6,
    text: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="TextGrid tier or table column that holds the words, where it is ambiguous."),
    ] = None,
    time_unit: Annotated[
        Literal["s", "ms"] | None,
        typer.Option("--time-unit", help="Unit of the times in the story file and in --against. Default: s."),
    ] = None,
    sets: Sets = None,
    against: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Human ratings to compare with, from one rater or several.")
    ] = None,
    sampling: Annotated[
        float | None,
        typer.Option(metavar="HZ", help="Sampling rate of --against without a time column, in rows per second."),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed for all random numbers.")] = 0,
    cache: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Cache folder for answers of paid services. Default: your user cache folder."),
    ] = None,
    no_cache: NoCache = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Check the input, print the estimated cost, and stop. Nothing is sent or written."
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    quiet: Quiet = False,
) -> None:
    """Rate the emotions of a story over time; write a table of ratings, its JSON sidecar and a plot."""
    from emotopy.emotions import emotion_names
    from emotopy.pathways.annotation.agreement import agreement
    from emotopy.pathways.annotation.pathway import prepare
    from emotopy.pathways.annotation.result import outputs, segments_text
    from emotopy.readers.narratives import read_narrative
    from emotopy.readers.ratings import read_raters
    from emotopy.storage.cache import hash_file
    from emotopy.storage.results import reserved_files

    kept = cache_directory(cache, no_cache=no_cache)
    if out.suffix.lower() != ".tsv":
        raise typer.BadParameter(f"wanted a file name that ends in .tsv, got {out.name}", param_hint="'--out'")
    if segments is not None and (segments.suffix.lower() != ".csv" or segments == story):
        raise typer.BadParameter(
            f"wanted a file name that ends in .csv and differs from the story's, got {segments.name}",
            param_hint="'--segments'",
        )
    files = [*outputs(out), *([segments] if segments else [])]
    host = console_host(context, quiet=quiet)
    # Quick checks come first: nothing is rated or paid for before they pass.
    if not dry_run:
        context.with_resource(reserved_files(files, force=force, notify=host.notify))
    names = emotion_names(emotions)
    if sampling is not None and against is None:
        raise typer.BadParameter("this flag describes --against, which wasn't given", param_hint="'--sampling'")
    raters = {}
    if against is not None:
        raters = read_raters(against, names, sampling_hz=sampling, time_unit=time_unit, notify=host.notify)
    narrative = read_narrative(story, text=text, time_unit=time_unit)
    work = prepare(
        narrative,
        emotions=names,
        **_stages(annotator, sets),
        segmentation=segmentation,
        width_s=width,
        step_s=step,
        pause_s=pause,
        seed=seed,
        registry=load_registry(context),
        cache=kept,
        host=host,
    )
    if raters:
        work.check_against(raters)
    if dry_run:
        _print_estimate(work)
        return
    source = {"file": story.name, "sha256": hash_file(story)}
    annotation = work.run(source=source if time_unit is None else {**source, "time_unit": time_unit})
    compared = agreement(annotation.ratings, raters) if raters else ()
    beside = {} if segments is None else {segments: segments_text(annotation.segments)}
    annotation.write(out, force=force, compared=compared, files=beside)
    _print_summary(annotation, compared)
    print(f"\nWrote {', '.join(str(path) for path in files)}")


def _stages(annotator: str, sets: list[str] | None) -> dict[str, Any]:
    """Return what `--annotator` and `--set` choose, for `prepare`.

    Raises ConfigError for a key of a stage that an annotation doesn't have.
    """
    from emotopy.config import parse_sets
    from emotopy.errors import ConfigError

    layer = parse_sets(sets or [])
    named = layer.pop("annotator", {})
    if isinstance(named, str) or "use" in named:
        raise ConfigError("--set annotator: choose the annotator with --annotator NAME; --set only changes its options")
    embedder = layer.pop("embedder", "static")
    if layer:
        raise ConfigError(f"--set {next(iter(layer))}: an annotation uses only the stages annotator and embedder")
    if isinstance(embedder, dict) and "use" not in embedder:
        embedder = {"use": "static", **embedder}
    return {"annotator": {"use": annotator, **named}, "embedder": embedder}


def _print_estimate(work: Annotating) -> None:
    segments, estimate = work.segments, work.estimate()
    rows = [
        ["segments", f"{len(segments):,}"],
        ["silent stretches left out", f"{segments.n_silent:,}"],
        ["emotions", f"{len(work.emotions):,}"],
    ]
    if estimate is None:
        rows.append(["cost", f"none, because {work.stage} sends nothing"])
    else:
        cost = "unknown price" if estimate.cost_usd is None else f"at most {estimate.cost_usd:.4f} USD"
        rows += [
            ["already in the cache", f"{estimate.n_cached:,}"],
            ["estimated tokens", f"at most {estimate.n_tokens:,}"],
            ["requests", f"{estimate.n_requests:,}"],
            ["cost", cost],
        ]
    for note in work.narrative.notes:
        rows.append(["note", note])
    print(format_table(rows))


def _print_summary(annotation: Annotation, compared: tuple[Agreement, ...]) -> None:
    """Print each emotion's mean, range and strongest moment, and its agreement with the human raters."""
    ratings = annotation.ratings
    print(
        f"{len(ratings.onset_s):,} segments from {float(ratings.onset_s[0]):g} s, known until "
        f"{ratings.known_until_s:g} s; {annotation.segments.n_silent} silent stretches left out"
    )
    by_emotion = {one.emotion: one for one in compared}
    header = ["emotion", "mean", "SD", "strongest at"]
    header += ["ICC(2,1)", "ICC(2,k)"] if annotation.reliability else []
    header += ["r with human", "seconds", "one rater", "ceiling"] if compared else []
    rows = [header]
    for number, name in enumerate(ratings.emotions):
        values = ratings.values[:, number]
        row = [name, f"{values.mean():.3f}", f"{values.std():.3f}", f"{ratings.onset_s[int(values.argmax())]:.1f} s"]
        if annotation.reliability:
            found = annotation.reliability[name]
            row += [_shown(found.single), _shown(found.mean)]
        if name in by_emotion:
            one = by_emotion[name]
            row += [_shown(one.r), str(one.n_seconds), _shown(one.ceiling.rater_to_rest), _shown(one.ceiling.ceiling)]
        elif compared:
            row += ["not rated", "", "", ""]
        rows.append(row)
    print("\n" + format_table(rows))


def _shown(value: float) -> str:
    return "undefined" if value != value else f"{value:.2f}"  # noqa: PLR0124 (NaN)
