"""`--figures`: the figures of a result as files, beside its tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from emotopy.records import Result
    from emotopy.registry import Registry
    from emotopy.roles import Host

FiguresDir = Annotated[
    Path | None,
    typer.Option(
        "--figures", metavar="DIR", help="Also draw figures for publication in this folder, each as PNG, SVG and PDF."
    ),
]


def check_figures(directory: Path | None, out: Path | None, *, force: bool) -> None:
    """Raise, before any work, where figures can't go to a folder."""
    from emotopy.plotting.formats import FORMATS
    from emotopy.running.figures import FIGURES
    from emotopy.storage.results import check_files_free

    if directory is None:
        return
    ours = directory.resolve()
    if out is not None and (ours == out.resolve() or out.resolve() in ours.parents):
        raise typer.BadParameter("wanted a folder outside --out", param_hint="'--figures'")
    if directory.exists() and not directory.is_dir():
        raise typer.BadParameter(f"{directory.name} isn't a folder", param_hint="'--figures'")
    if directory.is_dir():
        check_files_free([directory / f"{name}.{one}" for name in FIGURES for one in FORMATS], force=force)


def figure_files(result: Result, directory: Path, registry: Registry, host: Host) -> dict[Path, bytes]:
    """Return the files of a result's figures; their folder is made.

    A figure that can't be drawn is told of: what was computed is worth more than its picture.
    """
    from emotopy.running.figures import Plots

    with host.progress("drawing figures", None):
        files = Plots(result, registry).files(directory, notify=host.notify)
    directory.mkdir(parents=True, exist_ok=True)
    return files
