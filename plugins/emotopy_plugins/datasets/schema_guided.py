"""Data set `schema-guided`, Schema-Guided Dialogue: over 20,000 task dialogues between a user and a system.

Rastogi et al. (2020), AAAI, arXiv 1909.05855; github.com/google-research-datasets/dstc8-schema-guided-dialogue,
CC BY-SA 4.0. Official layout: `train/`, `dev/`, `test/` with `dialogues_001.json`, ...: lists of dialogues with
`dialogue_id`, `services` and `turns` (`speaker` USER or SYSTEM, `utterance`). Crowd workers worded an outline that a
simulator had made, for both sides: this is no record of people talking to a machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import attrs

from emotopy.errors import InputError
from emotopy.hookspecs import hookimpl
from emotopy.readers.cell_values import described
from emotopy.readers.text_io import read_text
from emotopy.records.dataset_info import DatasetCard, LeftOut, n_words, with_remarks
from emotopy.roles import Dataset, Factory
from emotopy_plugins.datasets.common import check_choice, write_example

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("id", "text", "group", "unit", "dialogue", "turn", "service", "split", "n_words")
CARD = DatasetCard(
    name="schema-guided",
    title="Schema-Guided Dialogue",
    cite="Rastogi et al. (2020), Towards scalable multi-domain conversational agents, AAAI, arXiv 1909.05855",
    licence="CC BY-SA 4.0",
    home="https://github.com/google-research-datasets/dstc8-schema-guided-dialogue",
    language="en",
    rows="turns",
    columns=COLUMNS,
    map_columns={"group": "group", "unit": "unit", "id": "id", "keep": "dialogue"},
)
Split = Literal["train", "dev", "test", "all"]
SPLITS = ("train", "dev", "test")
GROUPS = {"USER": "user", "SYSTEM": "system"}
EXAMPLE = {
    f"{split}/dialogues_001.json": json.dumps(
        [
            {
                "dialogue_id": "1_00000",
                "services": ["Restaurants_1"],
                "turns": [
                    {"speaker": "USER", "utterance": f"I would love a table for {n}."},
                    {"speaker": "SYSTEM", "utterance": "At what time shall that be?"},
                ],
            }
        ]
    )
    for n, split in enumerate(SPLITS, start=2)
}
"""Made up."""

Row = tuple[str, str, str, str, str, int, str, str]


@attrs.define(eq=False)
class SchemaGuidedDataset:
    """Schema-Guided Dialogue (Rastogi et al. 2020): a row per turn, the groups user and system, pairs by dialogue.

    Parameters
    ----------
    split : {"train", "dev", "test", "all"}, default "train"
        Which part; ``all``: all that the folder holds.
    """

    card = CARD

    split: Split = "train"

    def __attrs_post_init__(self) -> None:
        check_choice(self.split, (*SPLITS, "all"), "split")

    def example(self, folder: Path) -> Path:
        """Write three made-up dialogues, one of each split, into `folder`; return it."""
        return write_example(folder, EXAMPLE)

    def load(self, source: Path) -> pd.DataFrame:
        """Load the turns of the split, from the folder `source`.

        Columns: ``id, text, group`` (user or system), ``unit`` (a dialogue's speaker), ``dialogue`` (what pairs two
        units; with its split, as the files number dialogues anew in each), ``turn`` (from 1), ``service`` (those of the
        dialogue, joined by +), ``split, n_words``. Turns without words are left out and listed.

        Raises InputError for an absent folder, a file that is no JSON (names the line) or of another form (names the
        dialogue).
        """
        import pandas as pd

        folder = source
        if not folder.is_dir():
            raise InputError(
                f"{folder} isn't a folder; wanted the folder that holds train/, dev/ and test/",
                file=folder.name,
                wanted="the folder that holds train/, dev/ and test/",
                got="no folder",
            )
        names = SPLITS if self.split == "all" else (self.split,)
        files = [(name, path) for name in names for path in sorted((folder / name).glob("dialogues_*.json"))]
        if not files:
            raise InputError(
                f"{folder}: wanted {' or '.join(f'{name}/dialogues_001.json' for name in names)}, ..., "
                f"but there are none; get them from {CARD.home}",
                file=folder.name,
                wanted=" or ".join(f"{name}/dialogues_001.json" for name in names),
                got="none",
            )
        rows: list[Row] = []
        left_out: list[LeftOut] = []
        seen: dict[str, str] = {}
        for name, path in files:
            for dialogue, services, turns in _dialogues(path, name):
                if dialogue in seen:
                    raise InputError(
                        f"{path.name}: dialogue {dialogue} is also in {seen[dialogue]}; ids must be unique",
                        file=path.name,
                        wanted="ids that differ",
                        got=dialogue,
                    )
                seen[dialogue] = path.name
                for number, (speaker, text) in enumerate(turns, start=1):
                    one = f"{dialogue}/{number:03d}"
                    if not text.strip():
                        left_out.append(LeftOut(one, "the turn contains no words"))
                        continue
                    group = GROUPS[speaker]
                    rows.append((one, text, group, f"{dialogue}/{group}", dialogue, number, services, name))
        if not rows:
            raise InputError(
                f"{folder}: the dialogues of {', '.join(names)} contain no words",
                file=folder.name,
                wanted="dialogues with words",
                got="none",
            )
        frame = pd.DataFrame(rows, columns=list(COLUMNS[:-1]))
        frame["n_words"] = n_words(frame["text"])
        return with_remarks(frame, left_out)


@hookimpl
def register_datasets() -> Mapping[str, Factory[Dataset]]:
    """Offer `schema-guided`."""
    return {"schema-guided": SchemaGuidedDataset}


def _dialogues(path: Path, split: str) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Yield each dialogue's id, services and turns (speaker, text)."""
    try:
        content = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise InputError(
            f"{split}/{path.name}, line {error.lineno}: isn't valid JSON: {error.msg}; download it again",
            file=f"{split}/{path.name}",
            row=error.lineno,
            wanted="JSON",
            got=error.msg,
            advice="get it again",
        ) from error
    except RecursionError as error:
        raise InputError(
            f"{split}/{path.name}: wanted a list of dialogues, got JSON that is nested too deep",
            file=f"{split}/{path.name}",
            wanted="a list of dialogues",
            got="JSON that is nested too deep",
        ) from error
    if not isinstance(content, list):
        raise InputError(
            f"{split}/{path.name}: wanted a list of dialogues, got {type(content).__name__}",
            file=f"{split}/{path.name}",
            wanted="a list of dialogues",
            got=type(content).__name__,
        )
    for number, found in enumerate(content, start=1):
        try:
            name, services = found["dialogue_id"], [str(service) for service in found["services"]]
            turns = [_turn(turn) for turn in found["turns"]]
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"{split}/{path.name}, dialogue {number}: wanted dialogue_id, services, and turns with speaker (USER "
                f"or SYSTEM) and utterance, but {type(error).__name__}: {error}",
                file=f"{split}/{path.name}",
                row=number,
                wanted="dialogue_id, services, and turns with speaker and utterance",
                got=type(error).__name__,
            ) from error
        yield f"{split}/{name}", "+".join(services), turns


def _turn(turn: Any) -> tuple[str, str]:
    speaker, text = turn["speaker"], turn["utterance"]
    if speaker not in GROUPS:
        raise ValueError(f"speaker {described(speaker)}")
    if not isinstance(text, str):
        raise TypeError(f"utterance {described(text)}")
    return speaker, " ".join(text.split())
