"""What the command line says: to stdout the answer, to stderr everything that passes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import attrs
import typer

from emotopy.cli.escapes import escape_controls

if TYPE_CHECKING:
    from emotopy.registry import Registry
    from emotopy.roles import Host
    from emotopy.running.engine import Engine
    from emotopy.running.writing import WritableResult


@attrs.frozen
class Settings:
    """Flags that stand before the command."""

    debug: bool = False
    plugins: bool = True
    grace_s: float = 8.0


def console_host(
    context: typer.Context | None = None, *, quiet: bool = False, force: bool = False, out: Path | None = None
) -> Host:
    """Return a host that prints to stderr; a quiet one prints nothing. Flags before the command are the context's.

    `force` and `out`, where results will go, are for work that needs more than the machine has.
    """
    from emotopy.cli.progress import progress_on
    from emotopy.cli.threads import one_thread
    from emotopy.roles import Host

    settings: Settings = Settings() if context is None else context.obj
    if quiet:
        return Host(grace_s=settings.grace_s, force=force, results_dir=out, one_thread=one_thread)
    display = progress_on(sys.stderr)
    return Host(
        notify=lambda message: display.say(f"note: {message}"),
        log=display.say,
        progress=display.open,
        grace_s=settings.grace_s,
        force=force,
        results_dir=out,
        one_thread=one_thread,
    )


def print_error(message: str) -> None:
    """Say on stderr what went wrong."""
    _stderr(f"error: {escape_controls(message, keep=chr(10))}")


def format_table(rows: Sequence[Sequence[str]], *, indent: str = "") -> str:
    """Lay rows out in columns, two spaces apart.

    >>> print(format_table([["role", "name"], ["embedder", "static"]]))
    role      name
    embedder  static
    """
    if not rows:
        return ""
    rows = [[escape_controls(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(indent + line for line in lines)


def _stderr(message: str) -> None:
    with suppress(OSError):  # nobody listens any more; the work goes on
        print(message, file=sys.stderr, flush=True)


NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither read nor write the cache.")]
EngineName = Annotated[
    str | None,
    typer.Option("--engine", metavar="dask", help="Distribute the work over several processes or machines with Dask."),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="With --engine dask: address of a running scheduler. Default: the cores of this machine.",
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Replace the results in DIR, and start even if the work may need more memory or disk space than "
        "available.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print no progress and no notes, only errors.")]


def load_registry(context: typer.Context) -> Registry:
    """Return the stages that are installed, the built-in ones alone with `--no-plugins`."""
    from emotopy.registry import Registry

    settings: Settings = context.obj
    return Registry.load(plugins=settings.plugins, fence=True)


def open_engine(context: typer.Context, engine: str | None, scheduler: str | None, **texts: bool) -> Engine:
    """Return the engine that the flags name, open until the command ends.

    `texts` say whether they may go there, as `emotopy.running.uploads.check_engine` wants it. Raises ConfigError where
    they may not, EngineError where nobody answers.
    """
    from emotopy.running.engine import InProcess

    if engine is None and scheduler is None:
        return InProcess()
    from emotopy.running.engines import as_engine
    from emotopy.running.uploads import check_engine

    chosen = as_engine(engine, scheduler)
    if texts:
        check_engine(chosen, **texts)
    context.with_resource(chosen)
    return chosen


def cache_directory(cache: Path | None, *, no_cache: bool) -> Path | None:
    """Return where finished work is kept: `--cache`, else the user's cache folder; None with `--no-cache`."""
    from emotopy.storage.cache import default_directory

    if cache is not None and no_cache:
        raise typer.BadParameter("--no-cache turns the cache off; leave out one of the two", param_hint="'--cache'")
    return None if no_cache else cache or default_directory()


def reserve(
    context: typer.Context, out: Path, *, force: bool = False, inputs: Sequence[Path | None] = (), host: Host
) -> None:
    """Hold the place of the results until the command ends, before any work; OutputError where they can't go there."""
    from emotopy.storage.results import reserved

    given = [path for path in inputs if path is not None]
    context.with_resource(reserved(out, force=force, inputs=given, notify=host.notify))


def write_results(
    result: WritableResult, out: Path, registry: Registry, host: Host, *, figures: Path | None = None, **options: Any
) -> None:
    """Write the results directory, with its progress, and figures to theirs; `options` go to `write`."""
    from emotopy.cli.figures import figure_files

    if figures is not None:
        options["files"] = {**(options.get("files") or {}), **figure_files(result, figures, registry, host)}
    with host.progress("writing results", None):
        result.write(out, registry, **{"notify": host.notify, **options})


def out_or_dry_run(out: Path | None, *, dry_run: bool) -> Path | None:
    """Return where results go; a run that isn't dry has to say so."""
    if out is None and not dry_run:
        raise typer.BadParameter(
            "wanted a folder for the results, or --dry-run to only check the input", param_hint="'--out'"
        )
    return out
