"""`emotopy data alice` and `neuroquery`: data that other commands read as they are; checked, with what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from emotopy.cli.data.common import Fetch, Mirror, command, notify, source


def alice(
    *, folder: Annotated[Path, typer.Option("--from", metavar="DIR", help="Folder with timecourses/, motion/, ....")]
) -> None:
    """Brennan's Alice (2016): check the folder, and print the commands that annotate and decode it."""
    from emotopy.datasets.alice import MOTION_SKIP, REGIONS, load_alice

    found = load_alice(folder, notify=lambda message: notify(f"note: {message}"))
    for one in found.excluded:
        notify(f"left out: {one.reason}")
    series = found.series[0]
    print(f"{len(found.series)} listeners, {series.n_volumes} volumes of {found.tr_s:g} s, {len(REGIONS)} regions")
    print("Next:")
    names = folder / "timecourses" / "regions.txt"
    if not names.exists():
        print(command("printf", r"%s\n", *REGIONS), ">", command(names))
    print(command("emotopy", "annotate", found.narrative_path, "--out", "ratings.tsv"))
    clock = ("--tr", f"{found.tr_s:g}", "--start", f"{found.start_s:g}")
    beside = ("--motion", folder / "motion", "--motion-skip", MOTION_SKIP, "--regressors", folder / "regressors")
    print(
        command(
            *("emotopy", "decode", "--series", folder / "timecourses", "--ratings", "ratings.tsv"),
            *(*clock, *beside, "--out", "results"),
        )
    )


def neuroquery(
    *,
    folder: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="Folder with coordinates.tsv.gz, ....")
    ] = None,
    fetch: Fetch = False,
    mirror: Mirror = None,
) -> None:
    """NeuroQuery (Dockès et al. 2020): check the studies, and print the command that builds evidence from them."""
    from emotopy.datasets.neuroquery import fetch_neuroquery, load_neuroquery

    folder = source(folder, mirror, fetch=fetch, fetched=fetch_neuroquery)
    studies = load_neuroquery(folder)
    print(f"{len(studies):,} studies, {len(studies.peaks):,} peaks, {len(studies.vocabulary):,} words in {folder}")
    print("Next:", command("emotopy", "evidence", "build", "--from", folder, "--out", "evidence.csv"))
