"""`emotopy bridge`: what the text of a story predicts, beside what the brains of its listeners show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emotopy.cli.console import Force, Quiet, console_host, format_table, load_registry, reserve, write_results

if TYPE_CHECKING:
    from emotopy.pathways.bridge.result import Bridge


def bridge(
    context: typer.Context,
    texts: Annotated[Path, typer.Argument(metavar="TEXT_RESULTS", help="Results of `map` on the story's segments.")],
    brain: Annotated[Path, typer.Argument(metavar="BRAIN_RESULTS", help="Results of `decode` on the same story.")],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the results go.")],
    ratings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The story's ratings, joined to the texts by onset; else the scorer's."),
    ] = None,
    atlas: Annotated[
        str | None, typer.Option(metavar="NAME|CSV", help="Where the regions lie, if TEXT_RESULTS can't tell.")
    ] = None,
    surrogates: Annotated[int, typer.Option(metavar="N", help="Maps of the null.", min=1)] = 9999,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the null.", min=0)] = 0,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Compare the regions that a story's text predicts for an emotion with those that its decoder reads.

    Both sides lie on one atlas and are compared emotion by emotion; p is against maps of the same smoothness at other
    places.
    """
    from emotopy.pathways.bridge.pathway import bridge as compare
    from emotopy.storage.results import is_private

    registry, host = load_registry(context), console_host(context, quiet=quiet)
    if force and out.resolve() in (texts.resolve(), brain.resolve()):
        raise typer.BadParameter("the bridge would replace a side of itself; give another", param_hint="'--out'")
    reserve(context, out, force=force, inputs=[texts, brain, ratings], host=host)
    result = compare(
        texts,
        brain,
        ratings=ratings,
        atlas=atlas,
        n_surrogates=surrogates,
        seed=seed,
        registry=registry,
        host=host,
    )
    private = is_private(texts) or is_private(brain)
    write_results(result, out, registry, host, force=force, private=private)
    print_summary(result)
    print(f"\nResults are in {out}")


def print_summary(result: Bridge) -> None:
    numbers = ("r", "null_mean", "null_95", "p", "p_family")
    rows = [
        [row["emotion"], row["weights"], *(_shown(float(row[name])) for name in numbers)]
        for row in result.table.to_dict("records")
    ]
    print(format_table([["emotion", "weights", "r", "null mean", "null 95 %", "p", "p family"], *rows]))


def _shown(value: float) -> str:
    return "" if value != value else f"{value:.3f}"  # noqa: PLR0124 (NaN)
