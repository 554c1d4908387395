"""GoEmotions: 58,000 Reddit comments with 27 emotions and neutral.

Demszky et al. (2020), arXiv 2005.00547; google-research/goemotions, Apache 2.0 / CC BY 4.0. Files `train.tsv`,
`dev.tsv`, `test.tsv`: text, comma-separated label numbers, id; tab-separated, no header, no quoting.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emotopy.errors import InputError, UnknownName, nearest

if TYPE_CHECKING:
    import pandas as pd

LABELS = (
    "admiration",
    "amusement",
    "anger",
    "annoyance",
    "approval",
    "caring",
    "confusion",
    "curiosity",
    "desire",
    "disappointment",
    "disapproval",
    "disgust",
    "embarrassment",
    "excitement",
    "fear",
    "gratitude",
    "grief",
    "joy",
    "love",
    "nervousness",
    "optimism",
    "pride",
    "realization",
    "relief",
    "remorse",
    "sadness",
    "surprise",
    "neutral",
)
"""Label names by number."""

SPLITS = ("train", "dev", "test")


def load_goemotions(folder: Path, split: str = "train") -> pd.DataFrame:
    """Load a split, or `all` splits that the folder holds.

    Columns: ``id, text, split, labels`` (list of names), ``label`` (the name where there is just one, else missing).

    Raises InputError for an absent file or a line of another form (names it), UnknownName for an unknown split.
    """
    import pandas as pd

    if split not in (*SPLITS, "all"):
        raise UnknownName(f"split: {split!r} is none.{nearest(split, (*SPLITS, 'all'))} Splits: train, dev, test, all")
    wanted = [name for name in SPLITS if split in (name, "all")]
    files = [folder / f"{name}.tsv" for name in wanted if split == name or (folder / f"{name}.tsv").is_file()]
    rows = [row for file in files for row in _read(file)]
    if not rows:
        raise InputError(
            f"{folder} holds none of train.tsv, dev.tsv, test.tsv; google-research/goemotions has them"
        )
    frame = pd.DataFrame(rows, columns=["id", "text", "split", "labels"])
    single = [labels[0] if len(labels) == 1 else None for labels in frame["labels"]]
    return frame.assign(label=pd.array(single, dtype="string"))


def _read(file: Path) -> list[tuple[str, str, str, list[str]]]:
    try:
        lines = file.read_bytes().decode("utf-8").split("\n")
    except OSError as error:
        raise InputError(f"{file} can't be read: {error.strerror}; wanted GoEmotions' official {file.name}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file.name} is not UTF-8 at byte {error.start}") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            text, numbers, comment = line.rstrip("\r").split("\t")
            labels = [LABELS[int(word)] for word in numbers.split(",")]
        except (ValueError, IndexError) as error:
            raise InputError(
                f"{file.name}, line {number}: wanted text, label numbers 0–{len(LABELS) - 1} and id, separated by tabs, "
                f"got {line[:60]!r}"
            ) from error
        rows.append((comment, text, file.stem, labels))
    return rows
