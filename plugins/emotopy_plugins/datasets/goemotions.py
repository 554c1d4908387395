"""Data set `goemotions`: 58,000 Reddit comments with 27 emotions and neutral.

Demszky et al. (2020), arXiv 2005.00547; google-research/goemotions, Apache 2.0 / CC BY 4.0. Three forms:

- `train.tsv`, `dev.tsv`, `test.tsv`: text, comma-separated label numbers, id; tab-separated, no header, no quoting;
- `simplified/train-*.parquet`, `validation-*`, `test-*` of Hugging Face: the same in columns `text, labels, id`;
- `goemotions_1.csv` to `_3.csv`, or `raw/train-*.parquet`: a row per comment and rater, a column of 0 and 1 per label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import attrs

from emotopy.emotions import LABELS
from emotopy.errors import InputError
from emotopy.hookspecs import hookimpl
from emotopy.readers.cell_values import described
from emotopy.readers.tables import read_table
from emotopy.readers.text_io import read_text
from emotopy.records.dataset_info import DatasetCard, with_remarks
from emotopy.roles import Dataset, Factory, Host
from emotopy.storage.remote import File, RemoteSource, fetch
from emotopy_plugins.datasets.common import check_choice, write_example

if TYPE_CHECKING:
    import pandas as pd

Split = Literal["train", "dev", "test", "all"]
SPLITS = ("train", "dev", "test")
FILES = "train.tsv, dev.tsv, test.tsv"
FEWEST_RATERS = 2
"""From so many raters a label counts, as in the authors' own files of agreed labels."""
CARD = DatasetCard(
    name="goemotions",
    title="GoEmotions",
    cite="Demszky et al. (2020), GoEmotions: a dataset of fine-grained emotions, ACL, arXiv 2005.00547",
    licence="CC BY 4.0 (repository Apache 2.0)",
    home="https://github.com/google-research/google-research/tree/master/goemotions",
    language="en",
    rows="comments",
    columns=("id", "text", "split", "labels", "label"),
    map_columns={"group": "label", "id": "id"},
)
ORIGINAL = RemoteSource(
    name=CARD.name,
    home=f"{CARD.home}/data",
    url="https://raw.githubusercontent.com/google-research/google-research/master/goemotions/data/",
    files={
        "train.tsv": File("train.tsv", "1c254a142be5c00e80d819b9ae1bbd36d94b2eeb8f4b1271846508d57e57d9c5"),
        "dev.tsv": File("dev.tsv", "575489c079c9de1097062a01738f998590d6b7ead66dd1c9fd1d2ba01fd8bc62"),
        "test.tsv": File("test.tsv", "0587b2dd8b27b97352adbfc3fb083d46005c8946657fdc2b1ca8b1cc7f1f8be4"),
    },
)
"""Checksums as TensorFlow Datasets and Hugging Face Datasets publish them, those of train and dev measured here too."""


EXAMPLE = {
    "train.tsv": "I was so scared of the dark\t14\tt1\nWhat a lovely day\t18\tt2\nOh no, I miss him\t25,9\tt3\n",
    "dev.tsv": "That made me laugh\t1\td1\nOn Monday at nine\t27\td2\n",
    "test.tsv": "How dare you\t2\te1\nThank you so much\t15\te2\n",
}
"""Made up."""


@attrs.define(eq=False)
class GoEmotionsDataset:
    """GoEmotions (Demszky et al. 2020): a row per comment, `labels`, and `label` where there is just one.

    Parameters
    ----------
    split : {"train", "dev", "test", "all"}, default "train"
        Which part; ``all``: all that the folder holds.
    """

    card = CARD

    split: Split = "train"
    host: Host = attrs.field(factory=Host, repr=False)

    def __attrs_post_init__(self) -> None:
        check_choice(self.split, (*SPLITS, "all"), "split")

    @property
    def _splits(self) -> tuple[str, ...]:
        return SPLITS if self.split == "all" else (self.split,)

    def fetch(self, folder: Path | None = None, mirror: str | None = None) -> Path:
        """Fetch the split's files where they aren't here yet; return their folder.

        As `emotopy.storage.remote.fetch`.
        """
        names = [f"{name}.tsv" for name in self._splits]
        return fetch(ORIGINAL, names, folder=folder, mirror=mirror, notify=self.host.log)

    def example(self, folder: Path) -> Path:
        """Write seven made-up comments into `folder`; return it."""
        return write_example(folder, EXAMPLE)

    def load(self, source: Path) -> pd.DataFrame:
        """Load the split from the folder `source`, in whichever of the three forms it is.

        Columns: ``id, text, split, labels`` (list of names), ``label`` (the name where there is just one, else
        missing). Of the raw form, which has no splits, a comment is one row, and its labels are those that two raters
        or more gave it (as published); notes say so.

        Raises InputError for an absent file or a line of another form (names it).
        """
        import pandas as pd

        folder, names = source, self._splits
        if not folder.is_dir():
            raise InputError(
                f"{folder} isn't a folder; wanted the folder that holds {FILES}",
                file=folder.name,
                wanted=FILES,
                got="no folder",
            )
        files = [folder / f"{name}.tsv" for name in names if (folder / f"{name}.tsv").is_file()]
        tables = [(name, file) for name in names for file in _simplified(folder, name)]
        raters = _raw(folder)
        notes: list[str] = []
        if files:
            rows = [row for file in files for row in _read(file)]
        elif tables:
            files = [file for _, file in tables]
            rows = [row for name, file in tables for row in _read_simplified(file, name)]
        elif raters:
            files = raters
            rows, notes = _read_raw(raters)
        else:
            raise InputError(
                f"{folder} has no {' and no '.join(f'{name}.tsv' for name in names)}; wanted {FILES}, "
                "from data/ of "
                "https://github.com/google-research/google-research/tree/master/goemotions, or Hugging "
                "Face's Parquet",
                file=folder.name,
                wanted=FILES,
                got="none of them",
            )
        frame = pd.DataFrame(rows, columns=["id", "text", "split", "labels"])
        if frame.empty:
            raise InputError(
                f"{', '.join(file.name for file in files)}: empty; wanted one comment per line",
                file=files[0].name,
                wanted="a comment a line",
                got="an empty file",
            )
        single = [labels[0] if len(labels) == 1 else None for labels in frame["labels"]]
        frame = frame.assign(label=pd.array(single, dtype="string"))
        return with_remarks(frame, (), notes) if notes else frame


@hookimpl
def register_datasets() -> Mapping[str, Factory[Dataset]]:
    """Offer `goemotions`."""
    return {"goemotions": GoEmotionsDataset}


def _simplified(folder: Path, split: str) -> list[Path]:
    """Return the Parquet files of a split, in the folder or one below."""
    stem = "validation" if split == "dev" else split
    return next((found for place in (folder, folder / "simplified") if (found := _parquet(place, stem))), [])


def _parquet(folder: Path, stem: str) -> list[Path]:
    return sorted(path for pattern in (f"{stem}.parquet", f"{stem}-*.parquet") for path in folder.glob(pattern))


def _raw(folder: Path) -> list[Path]:
    """Return the files of the raw form: the original CSVs, or Parquet."""
    places = (folder, folder / "full_dataset")
    found = next((files for place in places if (files := sorted(place.glob("goemotions_[0-9].csv")))), [])
    return found or _parquet(folder / "raw", "train")


def _read_simplified(file: Path, split: str) -> list[tuple[str, str, str, list[str]]]:
    frame = read_table(file)
    _check_columns(frame, file, ("text", "labels", "id"))
    rows = []
    for row, (text, numbers, name) in enumerate(zip(frame["text"], frame["labels"], frame["id"], strict=True), start=1):
        try:
            labels = [LABELS[number] for number in numbers if int(number) >= 0]
        except (TypeError, ValueError, IndexError):
            labels = []
        if not labels or len(labels) < len(numbers):
            raise InputError(
                f"{file.name}, row {row}: wanted label numbers 0 to {len(LABELS) - 1}, got {described(numbers)}",
                file=file.name,
                row=row,
                column="labels",
                wanted=f"label numbers 0 to {len(LABELS) - 1}",
                got=described(numbers, quotes=False),
            )
        rows.append((str(name), str(text), split, labels))
    return rows


def _read_raw(files: list[Path]) -> tuple[list[tuple[str, str, str, list[str]]], list[str]]:
    """Return a row per comment, with the labels that two raters or more gave it, and notes."""
    texts: dict[str, str] = {}
    votes: dict[str, Counter[str]] = {}
    n_ratings = 0
    for file in files:
        frame = read_table(file)
        _check_columns(frame, file, ("text", "id", "rater_id"))
        given = [name for name in LABELS if name in frame.columns]
        if not given:
            raise InputError(
                f"{file.name}: has no column of a label such as {LABELS[0]!r}",
                file=file.name,
                wanted=LABELS[0],
                got="columns of other names",
            )
        n_ratings += len(frame)
        for name, text in zip(frame["id"], frame["text"], strict=True):
            texts.setdefault(str(name), str(text))
        for label in given:
            chosen = frame["id"][[_is_chosen(cell, file, row, label) for row, cell in enumerate(frame[label], start=1)]]
            for name in chosen:
                votes.setdefault(str(name), Counter())[label] += 1
    rows = [
        (name, text, "raw", [label for label in LABELS if votes.get(name, Counter())[label] >= FEWEST_RATERS])
        for name, text in texts.items()
    ]
    n_without = sum(not labels for *_, labels in rows)
    told = (
        f"The raw files have {n_ratings:,} ratings of {len(rows):,} comments; each comment is one row, "
        f"with the labels that at least {FEWEST_RATERS} raters gave it."
    )
    notes = [told, "The raw files have no splits; all comments were read."]
    if n_without:
        notes.append(f"{n_without:,} comments have no label that {FEWEST_RATERS} raters agree on.")
    return rows, notes


def _is_chosen(cell: Any, file: Path, row: int, label: str) -> bool:
    if str(cell) not in ("0", "1"):
        raise InputError(
            f"{file.name}, row {row}: column {label!r}: wanted 0 or 1, got {described(cell)}",
            file=file.name,
            row=row,
            column=label,
            wanted="0 or 1",
            got=described(cell, quotes=False),
        )
    return str(cell) == "1"


def _check_columns(frame: pd.DataFrame, file: Path, columns: tuple[str, ...]) -> None:
    missing = next((name for name in columns if name not in frame.columns), None)
    if missing is not None:
        there = ", ".join(map(str, frame.columns))
        raise InputError(
            f"{file.name}: has no column {missing!r}; wanted {', '.join(columns)}; columns: {there}",
            file=file.name,
            column=missing,
            wanted=", ".join(columns),
            got=there,
        )


def _read(file: Path) -> list[tuple[str, str, str, list[str]]]:
    rows = []
    for number, line in enumerate(read_text(file).split("\n"), start=1):
        if not line.strip():
            continue
        parts = line.split("\t")
        numbers = parts[1].split(",") if len(parts) == 3 else []
        if not numbers or not all(word.isdecimal() and int(word) < len(LABELS) for word in numbers):
            raise InputError(
                f"{file.name}, line {number}: wanted text, label numbers 0 to {len(LABELS) - 1} and id, separated by "
                f"tabs, got {len(parts)} columns",
                file=file.name,
                row=number,
                wanted="text, label numbers, id",
                got=f"{len(parts)} columns",
            )
        rows.append((parts[2], parts[0], file.stem, [LABELS[int(word)] for word in numbers]))
    return rows
