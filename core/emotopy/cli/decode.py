"""`emotopy decode`: emotion time courses from the scans of people who heard a story."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
from emotopy.cli.design import print_study
from emotopy.cli.figures import FiguresDir, check_figures
from emotopy.cli.rerun import FromFile, load_rerun, print_comparison
from emotopy.cli.scans import AUTO, Reading, Scans, digest, files_of, goes_with
from emotopy.cli.stories import Stories

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from emotopy.pathways.brain.pathway import BrainPathway
    from emotopy.pathways.brain.result import Decoding
    from emotopy.pathways.brain.study import Study
    from emotopy.readers.series import OnBad
    from emotopy.roles import Host

DROPS: dict[str | None, OnBad] = {None: "error", "subjects": "exclude-subjects", "regions": "drop-regions"}


def decode(
    context: typer.Context,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Folder for the results, created by the command. Not needed with --dry-run."
        ),
    ] = None,
    series: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of region time series, one file per subject.")
    ] = None,
    bold: Annotated[
        str | None,
        typer.Option(
            metavar="GLOB", help="Pattern that matches the BOLD images, such as 'sub-*/*_bold.nii.gz'. Needs an atlas."
        ),
    ] = None,
    fmriprep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of fMRIPrep derivatives. Needs --task.")
    ] = None,
    task: Annotated[str | None, typer.Option(metavar="T", help="Task label (task-T) of the files to read.")] = None,
    header: Annotated[
        str | None,
        typer.Option(
            metavar="yes|no", help="Whether the first row of each --series file holds region names. Default: detected."
        ),
    ] = None,
    atlas: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Atlas whose regions the signal is averaged over. Default: the preset's."),
    ] = None,
    confounds: Annotated[
        str | None, typer.Option(metavar="GLOB", help="Pattern that matches the confounds tables of the --bold images.")
    ] = None,
    confound_columns: Annotated[
        str | None,
        typer.Option(metavar="A,B*", help="Confounds columns to regress out, comma-separated; * is a wildcard."),
    ] = None,
    ratings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Emotion ratings of the story over time: the decoding targets.")
    ] = None,
    story: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE",
            help="One of several stories and its ratings. NAME is the task label or folder of its scans. Repeat for "
            "each story.",
        ),
    ] = None,
    emotions: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Rating columns to decode, comma-separated. Default: all emotion columns."),
    ] = None,
    sampling: Annotated[
        float | None,
        typer.Option(metavar="HZ", help="Sampling rate of ratings without a time column, in rows per second."),
    ] = None,
    time_unit: Annotated[
        str | None, typer.Option("--time-unit", metavar="s|ms", help="Unit of the rating times. Default: s.")
    ] = None,
    targets: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Instead of --ratings: folder of <subject>-<name>.txt files with one target value per volume.",
        ),
    ] = None,
    tr: Annotated[
        float | None,
        typer.Option(
            metavar="S", help="Repetition time in seconds. Needed with --series; otherwise read from the images."
        ),
    ] = None,
    start: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]S", help="Story time at the onset of the first volume, in seconds. Default: 0."),
    ] = None,
    motion: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of head motion parameters; as a baseline, the ratings are also decoded from motion alone.",
        ),
    ] = None,
    motion_skip: Annotated[
        int, typer.Option(metavar="N", help="Number of motion rows before the first volume, to skip.")
    ] = 0,
    motion_order: Annotated[
        str,
        typer.Option(metavar="spm|fsl|afni|auto", help="Software whose column order unnamed motion columns follow."),
    ] = AUTO,
    motion_units: Annotated[
        str,
        typer.Option(
            metavar="mm-rad|mm-deg|auto", help="Units of the motion parameters, where column names don't give them."
        ),
    ] = AUTO,
    regressors: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder of <subject>-<name>.txt files with one value per volume; as baselines, the ratings are "
            "also decoded from these.",
        ),
    ] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Also decode from this connectivity measure, for comparison. Can be repeated.",
        ),
    ] = None,
    drop: Annotated[
        str | None,
        typer.Option(
            metavar="subjects|regions",
            help="Exclude the subjects or drop the regions that have invalid signals. Default: stop with an error.",
        ),
    ] = None,
    trim: Annotated[
        bool, typer.Option("--trim", help="Cut longer recordings at their end, to the length of the shortest.")
    ] = False,
    from_: FromFile = None,
    preset: Preset = None,
    config: ConfigFile = None,
    sets: Sets = None,
    seed: Annotated[int | None, typer.Option(help="Seed for all random numbers. Default: 0.")] = None,
    cache: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Cache folder for finished work. Default: your user cache folder."),
    ] = None,
    no_cache: NoCache = False,
    engine: EngineName = None,
    scheduler: Scheduler = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the input, print the design, and stop. Nothing is written.")
    ] = False,
    figures: FiguresDir = None,
    save_decoder: Annotated[
        Path | None,
        typer.Option(
            "--save-decoder", metavar="DIR", help="Also fit a decoder to all data and save it in this folder."
        ),
    ] = None,
    causal: Annotated[
        bool,
        typer.Option(
            "--causal", help="With --save-decoder: fit a causal decoder, which `track` can run during a scan."
        ),
    ] = False,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Decode the emotions of a story from dynamic functional connectivity, and test the scores against a null."""
    from emotopy.config import build
    from emotopy.pathways.brain.pathway import BrainPathway
    from emotopy.pathways.brain.study import Study
    from emotopy.running.rerun import recorded_arguments

    registry, host = load_registry(context), console_host(context, quiet=quiet, force=force, out=out)
    again = load_rerun(context, from_, "decode", sets, registry, host)
    reading = Reading(
        task, tr, header, confound_columns, motion_skip, motion_order, motion_units, emotions, sampling, time_unit
    )
    stories = Stories.of(story, start, ratings)
    if again is not None:
        reading = Reading.of_run(again)
        stories = Stories.of_run(again, stories)
        drop, trim = again.arguments(drop=str | None, trim=bool)
    _exactly_one({"--series": series, "--bold": bold, "--fmriprep": fmriprep})
    _exactly_one({"--ratings": ratings, "--targets": targets, "--story": story or None})
    goes_with("--confounds", confounds, "--bold", bold)
    reading.check(
        series=series,
        fmriprep=fmriprep,
        confounds=confounds,
        motion=motion,
        ratings=ratings,
        stories=list(stories.files),
    )
    kept = cache_directory(cache, no_cache=no_cache)
    if drop not in DROPS:
        raise typer.BadParameter(f"wanted subjects or regions, got {drop}", param_hint="'--drop'")
    out = out_or_dry_run(out, dry_run=dry_run)
    _check_places(save_decoder, figures, out, causal=causal, force=force)
    # Quick checks come first: nothing is read or computed before they pass.
    given = [series, fmriprep, ratings, *stories.files.values(), targets, motion, regressors]
    _reserve(context, [out, None if dry_run else save_decoder], given, force=force, host=host)
    layers = [again.layer] if again else _layers(config, sets, atlas=atlas, seed=seed, compare=compare)
    chosen = build(*layers, preset=preset, registry=registry)
    notes: list[str] = []
    notify = collecting(notes, host)
    options = {"on_bad": DROPS[drop], "trim": trim, "notify": notify}
    pathway = BrainPathway.from_config(
        chosen,
        registry=registry,
        cache=kept,
        host=attrs.evolve(host, notify=notify),
        engine=open_engine(context, engine, scheduler),
    )
    scans = Scans(series, bold, fmriprep, confounds, motion, regressors, targets)
    read = scans.read(stories, reading, pathway, options)
    named = [*([ratings] if ratings else []), *stories.files.values()]
    files = [*read.signals.files, *scans.files_beside(stories), *(one for path in named for one in files_of(path))]
    files_digest = digest(files)
    if again is not None:
        again.check_input(files_sha256=files_digest)
    study = Study.of(
        read.signals.series,
        read.ratings,
        targets=read.targets,
        start_s=stories.all_starts(list(stories.files)) if stories.files else stories.start_s,
        confounds=read.signals.confounds,
        motion=read.motion,
        regressors=read.regressors,
        networks=read.signals.networks,
        source={
            "files": {"signal": scans.name, **_rating_files(targets, stories)},
            "files_sha256": files_digest,
            **({} if stories.files else {"start_s": stories.start_s}),
            **read.signals.atlas,
            **recorded_arguments("decode", **stories.recorded, drop=drop, trim=trim, **attrs.asdict(reading)),
        },
        notes=[*notes, *(stories.doubts if targets is None else ())],
    )
    for note in study.notes:  # what was found when stories were put side by side
        notify(note)
    _check_decoder(pathway, study, save_decoder, causal=causal)
    if dry_run:
        print_study(pathway.check(study))
        return
    assert out is not None
    decoding = pathway.decode(study)
    write_results(decoding, out, registry, host, figures=figures, force=force, notify=notify)
    print_summary(decoding)
    print(f"\nResults are in {out}")
    if save_decoder is not None:
        _keep_decoder(decoding, pathway, save_decoder, causal=causal, force=force)
    print_comparison(again, out)


def _check_places(place: Path | None, figures: Path | None, out: Path | None, *, causal: bool, force: bool) -> None:
    """Raise BadParameter for a folder of the decoder or of figures that is the results', in it or around it."""
    check_figures(figures, out, force=force)
    goes_with("--causal", causal or None, "--save-decoder", place)
    if place is not None and out is not None:
        ours, theirs = place.resolve(), out.resolve()
        if ours == theirs or theirs in ours.parents or ours in theirs.parents:
            raise typer.BadParameter("wanted a folder other than --out", param_hint="'--save-decoder'")


def _reserve(
    context: typer.Context, places: Sequence[Path | None], inputs: Sequence[Path | None], *, force: bool, host: Host
) -> None:
    for place in places:
        if place is not None:
            reserve(context, place, force=force, inputs=inputs, host=host)


def _check_decoder(pathway: BrainPathway, study: Study, place: Path | None, *, causal: bool) -> None:
    """Raise ConfigError, before any work, for a decoder that couldn't be kept."""
    from emotopy.pathways.brain.refit import RefitPathway

    if place is not None:
        RefitPathway.of(pathway).check(study, causal=causal)


def _keep_decoder(decoding: Decoding, pathway: BrainPathway, place: Path, *, causal: bool, force: bool) -> None:
    """Learn the decoder from all data and save it; print where, and for a causal one what cross-validation says."""
    cache, host = pathway.cache.directory, pathway.host
    with host.progress("fitting the decoder to all data", None):
        decoder = decoding.refit(causal=causal, registry=pathway.registry, cache=cache, host=host)
    decoder.save(place, force=force, notify=host.notify)
    print(f"The decoder is in {place}")
    if decoder.scores["causal"].any():
        rows = [
            [row["emotion"], "causal" if row["causal"] else "zero-phase", f"{row['r']:.3f}", f"{row['null_95']:.3f}"]
            for row in decoder.scores.to_dict("records")
        ]
        print(format_table([["emotion", "filter", "r", "null 95 %"], *rows]))


def _rating_files(targets: Path | None, stories: Stories) -> dict[str, Any]:
    """Return the names of the files that hold ratings or targets, as the provenance has them."""
    if stories.files:
        return {"ratings": {name: path.name for name, path in stories.files.items()}}
    courses = stories.ratings or targets
    assert courses is not None
    return {"ratings" if stories.ratings else "targets": courses.name}


def _layers(
    config: Path | None, sets: list[str] | None, *, atlas: str | None, seed: int | None, compare: list[str] | None
) -> list[dict[str, Any]]:
    """Return the layers of the configuration that the flags give, the last one on top."""
    # --atlas is short for --set atlas; other --set options of the atlas are the named atlas's
    layers = read_layers(config, [*(sets or []), *([f"atlas={atlas}"] if atlas else [])])
    layers += [{"seed": seed}] if seed is not None else []
    return layers + ([{"compare": {"features": compare}}] if compare else [])


def collecting(notes: list[str], host: Host) -> Callable[[str], None]:
    """Return a function that shows the user a message once, and appends it to `notes`."""

    def notify(message: str) -> None:
        if message not in notes:
            notes.append(message)
            host.notify(message)

    return notify


def _exactly_one(given: dict[str, Any]) -> None:
    named = [flag for flag, value in given.items() if value is not None]
    if len(named) != 1:
        got = " and ".join(named) or "none"
        raise typer.BadParameter(f"wanted exactly one of {', '.join(given)}, got {got}")


def print_summary(decoding: Decoding) -> None:
    """Print the scores beside their null."""
    numbers = ("r", "null_95", "p", "p_family")
    rows = [
        [row["emotion"], row["features"], *("-" if math.isnan(row[name]) else f"{row[name]:.3f}" for name in numbers)]
        for row in decoding.scores.to_dict("records")
    ]
    print(format_table([["emotion", "features", "r", "null 95 %", "p", "p family"], *rows]))
    if decoding.stories is not None:
        main = decoding.stories[decoding.stories["features"] == decoding.scores["features"].iloc[0]]
        rows = [
            [row["emotion"], row["story"], *("-" if math.isnan(row[name]) else f"{row[name]:.3f}" for name in numbers)]
            for row in main.to_dict("records")
        ]
        print("\n" + format_table([["emotion", "story", "r", "null 95 %", "p", "p family"], *rows]))
