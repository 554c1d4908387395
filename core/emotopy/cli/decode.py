"""`emotopy decode`: emotion time courses from the scans of people who heard a story."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import attrs
import typer

from emotopy.cli.config import ConfigFile, Preset, Sets, read_layers
from emotopy.cli.console import Settings, aligned, console_host

if TYPE_CHECKING:
    from emotopy.config import Config
    from emotopy.pathways.decoding import Decoding
    from emotopy.records.axes import FloatArray
    from emotopy.records.brain import RegionSeries
    from emotopy.registry import Registry
    from emotopy.roles import Host

DROPS = {None: "error", "subjects": "exclude-subjects", "regions": "drop-regions"}


def decode(
    context: typer.Context,
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the results go.")],
    series: Annotated[Path | None, typer.Option(metavar="DIR", help="Region series, a file per subject.")] = None,
    bold: Annotated[str | None, typer.Option(metavar="GLOB", help="BOLD images, with --atlas.")] = None,
    fmriprep: Annotated[Path | None, typer.Option(metavar="DIR", help="fMRIPrep derivatives, with --task.")] = None,
    task: Annotated[str | None, typer.Option(metavar="T", help="Task of the fMRIPrep derivatives.")] = None,
    atlas: Annotated[str | None, typer.Option(metavar="NAME", help="Where BOLD is read; the preset's.")] = None,
    confounds: Annotated[str | None, typer.Option(metavar="GLOB", help="Confounds tables of --bold.")] = None,
    ratings: Annotated[Path | None, typer.Option(metavar="FILE", help="The story's ratings, on its clock.")] = None,
    targets: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Instead: <subject>-<name>.txt, per volume.")
    ] = None,
    tr: Annotated[float | None, typer.Option(metavar="S", help="Repetition time.")] = None,
    start: Annotated[float, typer.Option(metavar="S", help="The story's clock at the first volume's onset.")] = 0.0,
    motion: Annotated[Path | None, typer.Option(metavar="DIR", help="Motion parameters, a baseline.")] = None,
    motion_skip: Annotated[int, typer.Option(metavar="N", help="Rows of motion before the first volume.")] = 0,
    regressors: Annotated[Path | None, typer.Option(metavar="DIR", help="<subject>-<name>.txt: baselines.")] = None,
    compare: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Measure to compare with.")] = None,
    drop: Annotated[str | None, typer.Option(metavar="subjects|regions", help="What to do about bad regions.")] = None,
    trim: Annotated[bool, typer.Option("--trim", help="Cut longer recordings at their end.")] = False,
    preset: Preset = None,
    config: ConfigFile = None,
    sets: Sets = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random; 0 by default.")] = None,
    cache: Annotated[Path | None, typer.Option(metavar="DIR", help="Where finished work is kept.")] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Keep and reuse nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace the results in DIR.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Nothing on stderr but errors.")] = False,
) -> None:
    """Decode a story's emotions from dynamic functional connectivity, beside its null."""
    from emotopy.config import build
    from emotopy.datasets.motion import read_motion_folder
    from emotopy.datasets.ratings import read_ratings
    from emotopy.datasets.regressors import read_regressor_folder
    from emotopy.pathways.brain import BrainPathway
    from emotopy.registry import Registry
    from emotopy.storage.cache import default_directory
    from emotopy.storage.results import check_free

    _exactly_one({"--series": series, "--bold": bold, "--fmriprep": fmriprep})
    _exactly_one({"--ratings": ratings, "--targets": targets})
    _goes_with("--task", task, "--fmriprep", fmriprep)
    _goes_with("--confounds", confounds, "--bold", bold)
    _goes_with("--motion-skip", motion_skip or None, "--motion", motion)
    if fmriprep is not None and task is None:
        raise typer.BadParameter("--fmriprep needs the task's name", param_hint="'--task'")
    if cache is not None and no_cache:
        raise typer.BadParameter("--no-cache keeps nothing, so there is nothing to put there", param_hint="'--cache'")
    if drop not in DROPS:
        raise typer.BadParameter(f"wanted subjects or regions, got {drop}", param_hint="'--drop'")
    settings: Settings = context.obj
    # Cheap checks first: nothing is read or computed before they pass.
    check_free(out, force=force)
    # --atlas is another way to say --set atlas: options that are set beside it are the named atlas's
    layers = read_layers(config, [*(sets or []), *([f"atlas={atlas}"] if atlas else [])])
    more: dict[str, Any] = {"seed": seed, "compare": {"features": compare} if compare else None}
    layers.append({key: value for key, value in more.items() if value is not None})
    registry = Registry.load(plugins=settings.plugins)
    chosen = build(*layers, preset=preset, registry=registry)
    host = console_host(quiet=quiet)
    notes: list[str] = []
    say = _noting(notes, host)
    options = {"on_bad": DROPS[drop], "trim": trim, "say": say}
    rated = read_ratings(ratings) if ratings else None
    runs, beside, names = _signals(
        series, bold, fmriprep, task, confounds, tr, chosen, registry, attrs.evolve(host, say=say), options
    )
    courses = ratings or targets
    assert courses is not None
    pathway = BrainPathway.from_config(
        chosen, registry=registry, cache=None if no_cache else cache or default_directory(), host=host
    )
    decoding = pathway.decode(
        runs,
        rated,
        targets=read_regressor_folder(targets, runs, say=say) if targets else None,
        start_s=start,
        confounds=beside,
        motion=read_motion_folder(motion, runs, skip=motion_skip) if motion else None,
        regressors=read_regressor_folder(regressors, runs, say=say) if regressors else None,
        source={"files": {**names, "ratings" if ratings else "targets": courses.name}, "start_s": start},
        notes=notes,
    )
    decoding.write(out, force=force)
    print_summary(decoding)
    print(f"\nResults are in {out}")


def _signals(
    series: Path | None,
    bold: str | None,
    fmriprep: Path | None,
    task: str | None,
    confounds: str | None,
    tr: float | None,
    config: Config,
    registry: Registry,
    host: Host,
    options: dict[str, Any],
) -> tuple[list[RegionSeries], list[FloatArray | None], dict[str, str]]:
    """Read the series from whichever source was named; confounds beside them, and the name of the source."""
    from emotopy.datasets.bold import find_fmriprep, find_runs, read_bold
    from emotopy.datasets.series import read_series_folder
    from emotopy.errors import ConfigError
    from emotopy.registry import Context

    if series is not None:
        runs, exclusions = read_series_folder(series, tr, **options)
        beside: list[FloatArray | None] = [None] * len(runs)
        name = series.name
    else:
        if "atlas" not in config.stages:
            raise ConfigError(f"atlas: preset {config.preset!r} chooses none to read BOLD with; say --atlas NAME")
        choice = config.stages["atlas"]
        atlas = registry.make("atlas", choice.use, Context(config.seed, host), **choice.options)
        if fmriprep is not None:
            assert task is not None
            found = find_fmriprep(fmriprep, task, atlas)
            name = fmriprep.name
        else:
            assert bold is not None
            found = find_runs(bold, confounds)
            name = Path(bold).name
        signals = read_bold(found, atlas, tr, **options)
        runs, beside, exclusions = list(signals.series), list(signals.confounds), list(signals.exclusions)
    for one in exclusions:
        options["say"](f"Left out: {one.reason}.")
    return runs, beside, {"signal": name}


def _noting(notes: list[str], host: Host) -> Any:
    def say(message: str) -> None:
        if message not in notes:
            notes.append(message)
            host.say(message)

    return say


def _exactly_one(given: dict[str, Any]) -> None:
    named = [flag for flag, value in given.items() if value is not None]
    if len(named) != 1:
        got = " and ".join(named) or "none"
        raise typer.BadParameter(f"wanted exactly one of {', '.join(given)}, got {got}")


def _goes_with(flag: str, value: Any, other: str, given: Any) -> None:
    if value is not None and given is None:
        raise typer.BadParameter(f"says something about {other}, which isn't there", param_hint=f"'{flag}'")


def print_summary(decoding: Decoding) -> None:
    """Print the scores beside their null."""
    numbers = ("r", "null_95", "p", "p_family")
    rows = [
        [row["emotion"], row["features"], *(f"{row[name]:.3f}" for name in numbers)]
        for row in decoding.scores.to_dict("records")
    ]
    print(aligned([["emotion", "features", "r", "null 95 %", "p", "p family"], *rows]))
