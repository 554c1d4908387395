"""The data of an experiment: a table of texts with its columns, and the loader of each experiment."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.datasets import daic_woz, e_daic, goemotions, paired_answers
from emotopy.datasets.dataset_info import Card, LeftOut, left_out_of, notes_of
from emotopy.errors import ConfigError, InputError
from emotopy.experiments.definition import Columns, Definition
from emotopy.readers.confidential import is_confidential
from emotopy.readers.corpora import corpus_from
from emotopy.readers.table_notes import read_notes
from emotopy.readers.tables import hash_table, read_table
from emotopy.records import Corpus
from emotopy.records.reprs import counted
from emotopy.storage.cache import hash_file

if TYPE_CHECKING:
    import pandas as pd


QUESTION, TOPIC = "question", "topic"
"""Columns of a table of answers."""
DEPRESSION = {"DAIC-WOZ": daic_woz, "E-DAIC": e_daic}


@attrs.frozen(eq=False)
class ExperimentData:
    """Texts in a table, which columns hold what, and what to know of them.

    `limit_by` is the column whose values `--limit` counts: in each group, or (`question`) over all groups alike.
    """

    frame: pd.DataFrame = attrs.field(repr=counted)
    columns: Columns
    source: Mapping[str, Any]
    card: Card | None = None
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    confidential: bool = False
    limit_by: str | None = None
    limit_over_groups: bool = False

    @property
    def corpus(self) -> Corpus:
        """The texts as the pathway takes them."""
        c = self.columns
        return corpus_from(self.frame, text=c.text, group=c.group, unit=c.unit, id=c.id, keep=c.keep)

    def limited(self, limit: int, seed: int) -> ExperimentData:
        """Return `limit` units (texts, where there are none) of each group, drawn at random, with all their texts."""
        if limit < 1:
            raise InputError(f"limit: wanted 1 or more, got {limit}")
        units = (
            np.arange(len(self.frame)) if self.limit_by is None else self.frame[self.limit_by].to_numpy(dtype=object)
        )
        groups = self.frame[self.columns.group].astype(object).fillna("").to_numpy(dtype=object)
        if self.limit_over_groups:
            groups = np.full(len(groups), "", dtype=object)
        keep = np.zeros(len(units), dtype=bool)
        for group in sorted(set(groups)):
            there = sorted(set(units[groups == group]))
            rng = np.random.default_rng([seed, zlib.crc32(str(group).encode("utf-8", "surrogatepass"))])
            chosen = {there[i] for i in rng.choice(len(there), min(limit, len(there)), replace=False)}
            keep |= (groups == group) & np.array([unit in chosen for unit in units])
        what = "texts" if self.limit_by is None else f"values of {self.limit_by}"
        where = "" if self.limit_over_groups else " in each group"
        note = f"A quick look: {limit:,} {what}{where}, drawn at random; leave --limit out for the experiment itself."
        return attrs.evolve(self, frame=self.frame[keep].reset_index(drop=True), notes=(note, *self.notes))


def load_depression(definition: Definition, path: Path) -> ExperimentData:
    """Load the folder of whichever of the two data sets it is, or a table that `emotopy data` made of one.

    Raises InputError for a folder that has the label files of neither, or of both.
    """
    columns = definition.columns
    if path.is_file():
        return _from_table(path, columns, limit_by=columns.unit)
    which = recognise(path)
    load = {"DAIC-WOZ": daic_woz.load_daic_woz, "E-DAIC": e_daic.load_e_daic}[which]
    frame = load(path, unit_text=definition.data.unit_text)
    return _from_loader(frame, DEPRESSION[which].CARD, columns, limit_by=columns.unit)


def recognise(folder: Path) -> str:
    """Return `DAIC-WOZ` or `E-DAIC`, by the names of the label files in a folder or one below it."""
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder; wanted that of DAIC-WOZ or E-DAIC, or a table made by `emotopy data`")
    names = {which: module.LABEL_FILES for which, module in DEPRESSION.items()}
    there = {path.name for pattern in ("*.csv", "*/*.csv") for path in folder.glob(pattern)}
    found = [which for which, files in names.items() if any(name in there for _, name in files)]
    if len(found) != 1:
        what = "the label files of both" if found else "no label files of either"
        raise InputError(
            f"{folder} holds {what}: wanted those of DAIC-WOZ ({names['DAIC-WOZ'][0][1]}, ...) or of E-DAIC "
            f"({names['E-DAIC'][0][1]}, ...), with the session folders 300_P, ..."
        )
    return found[0]


def load_emotions(definition: Definition, path: Path) -> ExperimentData:
    """Load the folder of GoEmotions, or a table."""
    columns = definition.columns
    if path.is_file():
        return _from_table(path, columns, limit_by=columns.unit)
    return _from_loader(
        goemotions.load_goemotions(path, definition.data.split), goemotions.CARD, columns, limit_by=columns.unit
    )


def load_answers(definition: Definition, path: Path) -> ExperimentData:
    """Load a table of answers; every question that people and a model answered.

    Raises ConfigError where the columns of the models aren't named.
    """
    asked = definition.data
    if asked.answerer is None and not asked.models:
        raise ConfigError(
            "data.models: wanted the columns of the models' answers (--model COL, repeatable), or for a table with a "
            "row per answer the column that says who gave it (--answerer COL)"
        )
    frame = paired_answers.load_paired_answers(
        path,
        human=asked.human,
        models=asked.models,
        question=asked.question,
        topic=asked.topic,
        answerer=asked.answerer,
        text=asked.text,
    )
    columns = attrs.evolve(definition.columns, keep=(QUESTION, *([TOPIC] if asked.topic else [])))
    found = _from_loader(frame, paired_answers.CARD, columns, limit_by=QUESTION, limit_over_groups=True)
    return attrs.evolve(found, source={"file": path.name, "sha256": hash_file(path)})


def _from_loader(frame: pd.DataFrame, card: Card, columns: Columns, **more: Any) -> ExperimentData:
    """Return what a loader gave, with its remarks."""
    return ExperimentData(
        frame,
        columns,
        {"dataset": card.name},
        card,
        tuple(left_out_of(frame)),
        tuple(notes_of(frame)),
        confidential=is_confidential(frame),
        **more,
    )


def _from_table(path: Path, columns: Columns, **more: Any) -> ExperimentData:
    """Return a table of the user's own, or one that `emotopy data` made."""
    frame = read_table(path)
    source = {"file": path.name, "sha256": hash_table(path)}
    more = {"notes": read_notes(frame), **more}
    return ExperimentData(frame, columns, source, confidential=is_confidential(path), **more)
