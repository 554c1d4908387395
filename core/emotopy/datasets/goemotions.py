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
FILES = "train.tsv, dev.tsv, test.tsv"


def load_goemotions(folder: Path, split: str = "train") -> pd.DataFrame:
    """Load a split, or `all` splits that the folder holds.

    Columns: ``id, text, split, labels`` (list of names), ``label`` (the name where there is just one, else missing).

    Raises InputError for an absent file or a line of another form (names it), UnknownName for an unknown split.
    """
    import pandas as pd

    if split not in (*SPLITS, "all"):
        raise UnknownName(f"split: {split!r} is none.{nearest(split, (*SPLITS, 'all'))} Splits: train, dev, test, all")
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; wanted the one that holds {FILES}")
    wanted = [folder / f"{name}.tsv" for name in SPLITS if split in (name, "all")]
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


def _read(file: Path) -> list[tuple[str, str, str, list[str]]]:
    try:
        lines = file.read_bytes().decode("utf-8").split("\n")
    except OSError as error:
        raise InputError(f"{file} can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        place = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(f"{file.name}, line {place}: byte 0x{error.object[error.start]:02x} is not UTF-8") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        parts = line.rstrip("\r").split("\t")
        numbers = parts[1].split(",") if len(parts) == 3 else []
        if not numbers or not all(word.isdecimal() and int(word) < len(LABELS) for word in numbers):
            raise InputError(
                f"{file.name}, line {number}: wanted text, label numbers 0 to {len(LABELS) - 1} and id, separated by "
                f"tabs, got {line[:60]!r}"
            )
        rows.append((parts[2], parts[0], file.stem, [LABELS[int(word)] for word in numbers]))
    return rows
