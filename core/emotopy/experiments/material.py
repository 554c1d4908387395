"""What an experiment is about: a table of texts with its columns, and what the loader says of it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.datasets.dataset_info import Card, LeftOut, left_out_of, notes_of
from emotopy.errors import InputError
from emotopy.experiments.definition import Columns
from emotopy.readers.confidential import is_confidential
from emotopy.readers.corpora import corpus_from
from emotopy.readers.tables import read_table
from emotopy.records import Corpus
from emotopy.storage.cache import hash_file

if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(eq=False)
class Material:
    """Texts in a table, which columns hold what, and what to know of them.

    `limit_by` is the column whose values `--limit` counts: in each group, or (`question`) over all groups alike.
    """

    frame: pd.DataFrame
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

    def limited(self, limit: int, seed: int) -> Material:
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


def from_loader(frame: pd.DataFrame, card: Card, columns: Columns, **more: Any) -> Material:
    """Return what a loader gave, with its remarks."""
    return Material(
        frame,
        columns,
        {"dataset": card.name},
        card,
        tuple(left_out_of(frame)),
        tuple(notes_of(frame)),
        confidential=is_confidential(frame),
        **more,
    )


def from_table(path: Path, columns: Columns, **more: Any) -> Material:
    """Return a table of the user's own, or one that `emotopy data` made."""
    frame = read_table(path)
    source = {"file": path.name, "sha256": hash_file(path)}
    return Material(frame, columns, source, confidential=is_confidential(path), **more)
