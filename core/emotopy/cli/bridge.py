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
    texts: Annotated[
        Path, typer.Argument(metavar="TEXT_RESULTS", help="Results folder of `map` on the segments of the story.")
    ],
    brain: Annotated[
        Path, typer.Argument(metavar="BRAIN_RESULTS", help="Results folder of `decode` on the same story.")
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the results, created by the command.")],
    ratings: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Emotion ratings of the story, matched to the texts by onset. Default: the intensities scored from "
            "the texts.",
        ),
    ] = None,
    atlas: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|CSV",
            help="Atlas that holds the positions of the regions, if TEXT_RESULTS doesn't record one.",
        ),
    ] = None,
    surrogates: Annotated[
        int, typer.Option(metavar="N", help="Number of surrogate maps for the null distribution.", min=1)
    ] = 9999,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the surrogate maps.", min=0)] = 0,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Compare the regions that the text of a story predicts for an emotion with those that its decoder uses.

    Both results must use the same atlas. Emotions are compared one by one, and p comes from surrogate maps with the
    same spatial smoothness.
    """
    from emotopy.pathways.bridge.pathway import bridge as compare
    from emotopy.storage.results import is_private

    registry, host = load_registry(context), console_host(context, quiet=quiet)
    if force and out.resolve() in (texts.resolve(), brain.resolve()):
        raise typer.BadParameter(
            "the bridge would replace results that it reads; give another folder", param_hint="'--out'"
        )
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
