"""GoEmotions: 58,000 Reddit comments with 27 emotions and neutral.

Demszky et al. (2020), arXiv 2005.00547; google-research/goemotions, Apache 2.0 / CC BY 4.0. Files `train.tsv`,
`dev.tsv`, `test.tsv`: text, comma-separated label numbers, id; tab-separated, no header, no quoting.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from emotopy.datasets.dataset_info import Card
from emotopy.datasets.remote import File, RemoteSource, fetch
from emotopy.emotions import LABELS
from emotopy.errors import InputError, UnknownName, nearest
from emotopy.readers.text_io import read_text

if TYPE_CHECKING:
    import pandas as pd

SPLITS = ("train", "dev", "test")
FILES = "train.tsv, dev.tsv, test.tsv"
CARD = Card(
    name="goemotions",
    title="GoEmotions",
    cite="Demszky et al. (2020), GoEmotions: a dataset of fine-grained emotions, ACL, arXiv 2005.00547",
    licence="CC BY 4.0 (repository Apache 2.0)",
    home="https://github.com/google-research/google-research/tree/master/goemotions",
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


def fetch_goemotions(
    split: str = "train",
    *,
    folder: Path | None = None,
    mirror: str | None = None,
    notify: Callable[[str], None] = lambda message: None,
) -> Path:
    """Fetch a split, or `all`, where it isn't here yet; return its folder. Options and errors as `remote.fetch`."""
    names = [f"{name}.tsv" for name in _splits(split)]
    return fetch(ORIGINAL, names, folder=folder, mirror=mirror, notify=notify)


def load_goemotions(folder: Path, split: str = "train") -> pd.DataFrame:
    """Load a split, or `all` splits that the folder holds.

    Columns: ``id, text, split, labels`` (list of names), ``label`` (the name where there is just one, else missing).

    Raises InputError for an absent file or a line of another form (names it), UnknownName for an unknown split.
    """
    import pandas as pd

    wanted = [folder / f"{name}.tsv" for name in _splits(split)]
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; wanted the one that holds {FILES}")
    files = [file for file in wanted if file.is_file()]
    if not files:
        raise InputError(
            f"{folder} holds no {' nor '.join(file.name for file in wanted)}; wanted {FILES}, from data/ of "
            "https://github.com/google-research/google-research/tree/master/goemotions"
        )
    frame = pd.DataFrame([row for file in files for row in _read(file)], columns=["id", "text", "split", "labels"])
    if frame.empty:
        raise InputError(f"{', '.join(file.name for file in files)}: empty; wanted a comment a line")
    single = [labels[0] if len(labels) == 1 else None for labels in frame["labels"]]
    return frame.assign(label=pd.array(single, dtype="string"))


def _splits(split: str) -> tuple[str, ...]:
    if split not in (*SPLITS, "all"):
        raise UnknownName(f"split: {split!r} is none.{nearest(split, (*SPLITS, 'all'))} Splits: train, dev, test, all")
    return SPLITS if split == "all" else (split,)


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
                f"tabs, got {line[:60]!r}"
            )
        rows.append((parts[2], parts[0], file.stem, [LABELS[int(word)] for word in numbers]))
    return rows
