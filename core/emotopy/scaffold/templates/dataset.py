"""Data set `my-dataset`: a folder with a table of notes. Replace it with the layout of your data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from emotopy import hookimpl
from emotopy.errors import InputError
from emotopy.readers import read_table
from emotopy.records import DatasetCard, LeftOut, with_remarks
from emotopy.roles import Dataset, Factory

if TYPE_CHECKING:
    import pandas as pd

FILE = "notes.csv"


class MyDataset:
    """Loads notes from before and after an event: `notes.csv` with the columns `person, moment, note`."""

    card = DatasetCard(
        name="my-dataset",
        title="My data set",
        cite="authors, year, title and journal",
        licence="its licence, or its data use agreement",
        home="https://example.org/download-page",
        language="en",
        rows="notes",
        columns=("id", "text", "group", "unit"),
        map_columns={"group": "group", "unit": "unit", "id": "id"},
        confidential=False,  # if True, its texts appear in no output and are sent to no server
    )

    def __init__(self, moment: Literal["before", "after", "both"] = "both") -> None:
        self.moment = moment

    def load(self, source: Path) -> pd.DataFrame:
        """Return one row per note from the folder `source`; notes without words are left out and listed."""
        import pandas as pd

        if not (source / FILE).is_file():
            raise InputError.at(source.name, wanted=f"a folder that holds {FILE}", got="none")
        table = read_table(source / FILE)
        for column in ("person", "moment", "note"):
            if column not in table.columns:
                raise InputError.at(FILE, column=column, wanted="person, moment, note", got="no such column")
        rows, left_out = [], []
        for number, (person, moment, note) in enumerate(
            zip(table["person"], table["moment"], table["note"], strict=True), start=1
        ):
            if not isinstance(note, str) or not note.strip():
                left_out.append(LeftOut(f"row {number}", "the note holds no words"))
            elif self.moment in (moment, "both"):
                rows.append((f"{number:05d}", note, moment, person))
        if not rows:
            raise InputError.at(FILE, wanted="notes", got="none")
        return with_remarks(pd.DataFrame(rows, columns=list(self.card.columns)), left_out)

    def example(self, folder: Path) -> Path:
        """Write made-up data in the same layout, with which the conformance suite checks `load`."""
        lines = ["person,moment,note", "a,before,I am so nervous", "a,after,what a relief", "b,before,calm", "b,after,"]
        (folder / FILE).write_text("\n".join(lines) + "\n", "utf-8")
        return folder


@hookimpl
def register_datasets() -> Mapping[str, Factory[Dataset]]:
    """Offer `my-dataset`."""
    return {"my-dataset": MyDataset}
