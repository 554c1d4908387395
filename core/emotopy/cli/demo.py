"""`emotopy demo`: both pathways on what ships, a report of each at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emotopy.cli.console import Force, Quiet, console_host, load_registry, reserve, write_results
from emotopy.cli.map import map_file

N_SURROGATES = 99
"""Enough for p = 0.01; a real study wants more."""


def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the results go.")] = Path("emotopy-demo"),
    *,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Map made-up diaries of 24 writers, decode a simulated study, and write a report of each."""
    from emotopy.datasets.sample import diaries_path

    texts, brain = out / "texts", out / "brain"
    for directory in (texts, brain):
        reserve(context, directory, force=force, host=console_host(context, quiet=quiet))
    map_file(
        context,
        diaries_path(),
        out=texts,
        text="text",
        group="group",
        unit="writer",
        time="day",
        id_="id",
        no_cache=True,
        force=force,
        quiet=quiet,
    )
    print()
    _decode_simulation(context, brain, force=force, quiet=quiet)
    print(
        f"\nOpen {texts / 'report.html'} and {brain / 'report.html'} in a browser; the diaries are made up, the scans "
        "simulated."
    )


def _decode_simulation(context: typer.Context, out: Path, *, force: bool, quiet: bool) -> None:
    """Plant a coupling that follows fear but not joy, and decode both."""
    from emotopy.cli.decode import print_summary
    from emotopy.pathways.brain.pathway import BrainPathway
    from emotopy.pathways.brain.study import Study
    from emotopy.readers.motion import Motion
    from emotopy.simulate import simulate_bold

    simulated = simulate_bold(
        "coupling", n_subjects=8, n_regions=12, n_carriers=6, emotions=("fear", "joy"), planted=("fear",)
    )
    registry, host = load_registry(context), console_host(context, quiet=quiet)
    pathway = BrainPathway.from_config({"null": {"n": N_SURROGATES}}, registry=registry, host=host)
    study = Study.of(
        simulated.series,
        simulated.ratings,
        motion=[Motion(one.parameters, one.fd_mm) for one in simulated.motion],
        source={"simulated": "coupling follows fear, joy is not planted"},
        notes=[
            "This study is simulated: in 8 made-up listeners the coupling of 6 regions follows fear; joy is nowhere."
        ],
    )
    decoding = pathway.decode(study)
    write_results(decoding, out, registry, host, force=force)
    print_summary(decoding)
    print(f"\nResults are in {out}")
