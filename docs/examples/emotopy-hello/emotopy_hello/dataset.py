"""Data set `letters`: a folder of text files `WRITER_YEAR.txt`, one row per paragraph."""

from emotopy import hookimpl
from emotopy.errors import InputError
from emotopy.readers import read_text
from emotopy.records import DatasetCard, LeftOut, with_remarks


class Letters:
    """Loads letters of several writers and years; the year is the group, the writer is the unit."""

    card = DatasetCard(
        name="letters",
        title="Letters",
        cite="whoever keeps them",
        licence="as their writers agreed",
        home="a shoe box",
        language="en",
        rows="paragraphs",
        columns=("id", "text", "group", "unit"),
        map_columns={"group": "group", "unit": "unit", "id": "id"},
        confidential=True,
    )

    def __init__(self, whole: bool = False) -> None:
        """With `whole`, a row is a letter instead of a paragraph."""
        self.whole = whole

    def load(self, source):
        """Return one row per paragraph or letter; letters without words are left out and listed."""
        import pandas as pd

        files = sorted(source.glob("*_*.txt"))
        if not files:
            raise InputError.at(source.name, wanted="a folder with letters WRITER_YEAR.txt", got="none")
        rows, left_out = [], []
        for file in files:
            writer, _, year = file.stem.rpartition("_")
            text = read_text(file)
            pieces = [piece.strip() for piece in ([text] if self.whole else text.split("\n\n")) if piece.strip()]
            if not pieces:
                left_out.append(LeftOut(file.stem, "no words"))
            rows += [(f"{file.stem}/{n}", piece, year, writer) for n, piece in enumerate(pieces, start=1)]
        if not rows:
            raise InputError.at(source.name, wanted="letters with words", got="empty files")
        return with_remarks(pd.DataFrame(rows, columns=list(self.card.columns)), left_out)

    def example(self, folder):
        """Write two made-up letters into `folder`; return it."""
        (folder / "anna_1899.txt").write_text("Dear friend,\n\nthe sea was wild and I was afraid.\n", "utf-8")
        (folder / "ben_1900.txt").write_text("All is well here.\n\nWe laughed a lot.\n", "utf-8")
        return folder


@hookimpl
def register_datasets():
    """Offer `letters`."""
    return {"letters": Letters}
