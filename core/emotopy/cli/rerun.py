"""`--from`: repeating a run from its provenance; the flag, and what it does to the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from emotopy.registry import Registry
    from emotopy.roles import Host
    from emotopy.running.rerun import Rerun

FromFile = Annotated[
    Path | None,
    typer.Option(
        "--from", metavar="FILE", help="Repeat an earlier run: use the settings recorded in this provenance.json."
    ),
]

INPUTS = frozenset(
    {"file", "series", "bold", "fmriprep", "confounds", "ratings", "story", "targets", "motion", "regressors"}
)
HOW = frozenset(
    {
        *("from_", "out", "sets", "cache", "no_cache", "allow_upload", "dry_run", "force", "quiet", "segments"),
        "figures",
        *("save_decoder", "causal", "engine", "scheduler"),
    }
)
"""Where the input is, and how the run goes: what no provenance tells, so that it is given anew."""


def load_rerun(
    context: typer.Context, path: Path | None, command: str, sets: list[str] | None, registry: Registry, host: Host
) -> Rerun | None:
    """Return the run that `--from` names, checked against what is installed; None without the flag.

    What is known to differ is said. Flags that the provenance decides may not be given beside it.
    """
    if path is None:
        return None
    from emotopy.config import parse_sets
    from emotopy.running.rerun import Rerun

    for name in context.params:
        source = context.get_parameter_source(name)
        if name not in INPUTS | HOW and source is not None and source.name == "COMMANDLINE":
            flag = next((one.opts[0] for one in context.command.params if one.name == name), name)
            raise typer.BadParameter(f"{flag} is taken from the provenance; leave it out", param_hint="'--from'")
    repetition = Rerun.read(path, command).with_files(parse_sets(sets or [])).check(registry)
    for difference in repetition.differences:
        host.notify(f"this run differs from the run it repeats: {difference}")
    return repetition


def print_comparison(repetition: Rerun | None, out: Path) -> None:
    """Print how the files compare with those of the run that was repeated."""
    for line in repetition.compare(out) if repetition else ():
        print(line)
