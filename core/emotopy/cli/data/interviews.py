"""`emotopy data daic-woz` and `e-daic`: confidential interviews, never fetched."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from emotopy.cli.data.common import Force, Out, UnitText, UnitTextName, check_out, write

FLAGS = ("--group", "group", "--unit", "participant", "--id", "id")
Folder = Annotated[
    Path, typer.Option("--from", metavar="DIR", help="Folder with the sessions 300_P, ... and the label files.")
]


class SpeakersName(StrEnum):
    """What `--speakers` may be."""

    participant = "participant"
    interviewer = "interviewer"
    both = "both"


def daic_woz(
    *,
    folder: Folder,
    out: Out,
    speakers: Annotated[
        SpeakersName, typer.Option(help="Whose words. The interviewer's prompts give the diagnosis away.")
    ] = SpeakersName.participant,
    unit_text: UnitText = UnitTextName.turn,
    force: Force = False,
) -> None:
    """DAIC-WOZ (Gratch et al. 2014): what participants say, the groups depressed and healthy by PHQ-8. Confidential."""
    from emotopy.datasets.daic_woz import CARD, load_daic_woz

    check_out(out, force=force)
    frame = load_daic_woz(folder, speakers=speakers.value, unit_text=unit_text.value)
    options = {"speakers": speakers.value, "unit_text": unit_text.value}
    write(frame, out, CARD, options, f"{unit_text.value}s", FLAGS, force=force)


def e_daic(*, folder: Folder, out: Out, unit_text: UnitText = UnitTextName.turn, force: Force = False) -> None:
    """E-DAIC, the extended DAIC (AVEC 2019): as daic-woz, from transcripts that a machine made. Confidential."""
    from emotopy.datasets.e_daic import CARD, load_e_daic

    check_out(out, force=force)
    frame = load_e_daic(folder, unit_text=unit_text.value)
    write(frame, out, CARD, {"unit_text": unit_text.value}, f"{unit_text.value}s", FLAGS, force=force)
