"""Experiment *depression*: DAIC-WOZ or E-DAIC, depressed against healthy participants."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from emotopy.datasets import daic_woz, e_daic
from emotopy.errors import InputError
from emotopy.experiments.definition import Definition
from emotopy.experiments.material import Material, from_loader, from_table

if TYPE_CHECKING:
    import pandas as pd


def load(definition: Definition, path: Path) -> Material:
    """Load the folder of whichever of the two data sets it is, or a table that `emotopy data` made of one.

    Raises InputError for a folder that has the label files of neither, or of both.
    """
    columns = definition.columns
    if path.is_file():
        return from_table(path, columns, limit_by=columns.unit)
    unit_text = definition.data.unit_text
    readers: dict[str, Callable[[], pd.DataFrame]] = {
        "DAIC-WOZ": lambda: daic_woz.load_daic_woz(path, unit_text=unit_text),
        "E-DAIC": lambda: e_daic.load_e_daic(path, unit_text=unit_text),
    }
    cards = {"DAIC-WOZ": daic_woz.CARD, "E-DAIC": e_daic.CARD}
    which = recognise(path)
    return from_loader(readers[which](), cards[which], columns, limit_by=columns.unit)


def recognise(folder: Path) -> str:
    """Return `DAIC-WOZ` or `E-DAIC`, by the names of the label files in a folder or one below it."""
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; wanted that of DAIC-WOZ or E-DAIC, or a table made by `emotopy data`")
    names = {"DAIC-WOZ": daic_woz.LABEL_FILES, "E-DAIC": e_daic.LABEL_FILES}
    there = {path.name for pattern in ("*.csv", "*/*.csv") for path in folder.glob(pattern)}
    found = [which for which, files in names.items() if any(name in there for _, name in files)]
    if len(found) != 1:
        what = "the label files of both" if found else "no label files of either"
        raise InputError(
            f"{folder} holds {what}: wanted those of DAIC-WOZ ({names['DAIC-WOZ'][0][1]}, ...) or of E-DAIC "
            f"({names['E-DAIC'][0][1]}, ...), with the session folders 300_P, ..."
        )
    return found[0]
