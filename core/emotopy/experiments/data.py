"""The data of an experiment: a table of texts with its columns, from the data set that it names."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from emotopy.datasets.load import ROLE, card_of, load_from, make_dataset
from emotopy.errors import ConfigError, InputError, listed, nearest, unknown_name
from emotopy.experiments.definition import Columns, Data, Definition
from emotopy.readers.confidential import is_confidential
from emotopy.readers.corpora import corpus_from
from emotopy.readers.table_notes import read_notes
from emotopy.readers.tables import hash_table, read_table
from emotopy.records import Corpus
from emotopy.records.dataset_info import DatasetCard, LeftOut, left_out_of, notes_of
from emotopy.records.reprs import counted
from emotopy.registry import BUILT_IN, Offer, Registry
from emotopy.registry.options import convert
from emotopy.roles import Dataset, Host, RecognisesSource
from emotopy.storage.cache import hash_file
from emotopy.wording import flag, worded

if TYPE_CHECKING:
    import pandas as pd


QUESTION, TOPIC = "question", "topic"
"""Columns of a table of answers."""


@attrs.frozen(eq=False)
class ExperimentData:
    """Texts in a table, which columns hold what, and what to know of them.

    `limit_by` is the column whose values `--limit` counts: in each group, or (`question`) over all groups alike.
    """

    frame: pd.DataFrame = attrs.field(repr=counted)
    columns: Columns
    source: Mapping[str, Any]
    card: DatasetCard | None = None
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
        note = f"Quick look with only {limit:,} {what}{where}, drawn at random; "
        note += f"leave out {worded('--limit', 'the limit')} for the full experiment."
        return attrs.evolve(self, frame=self.frame[keep].reset_index(drop=True), notes=(note, *self.notes))


def load_data(definition: Definition, path: Path, registry: Registry, host: Host | None = None) -> ExperimentData:
    """Load the data set that an experiment names from where its plugin reads it, or a table in its place.

    A file is a table of the user's own or one that `emotopy data` made, unless the data set is read from a file itself.

    Raises UnknownName for a data set that nobody offers, ConfigError for an option that it doesn't have, InputError for
    data that aren't there, aren't what was named, or can't be read.
    """
    asked, columns = definition.data, definition.columns
    offers = [registry.offer(ROLE, name, "data.dataset") for name in asked.datasets]
    of_answers = definition.experiment == "human-vs-llm"
    limit = {"limit_by": QUESTION, "limit_over_groups": True} if of_answers else {"limit_by": columns.unit}
    if path.is_file() and not any(offer.card.source == "file" for offer in offers):
        return _from_table(path, columns, **limit)
    host = host or Host()
    candidates = [(offer, make_dataset(registry, offer, _options(asked, offer), host)) for offer in offers]
    offer, dataset = _recognised(candidates, path)
    frame = load_from(offer, dataset, path, fence=registry.fence, log=host.log)
    card = card_of(offer, dataset)
    if not card.columns:
        raise ConfigError(
            f"data.dataset: {offer} returns records, but an experiment needs a table of texts",
            path="data.dataset",
            wanted="a data set with a table",
            got=offer.name,
        )
    if of_answers:
        columns = attrs.evolve(columns, keep=(QUESTION, *([TOPIC] if _has_values(frame, TOPIC) else [])))
    _check_columns(frame, columns, offer)
    owner = {} if offer.owner == BUILT_IN else {"owner": offer.owner, "version": offer.version}
    named = {"dataset": card.name, **owner}
    file = {"file": path.name, "sha256": hash_file(path)} if path.is_file() else {}
    return ExperimentData(
        frame,
        columns,
        (file | (named if owner else {})) or named,
        card,
        tuple(left_out_of(frame)),
        tuple(notes_of(frame)),
        confidential=is_confidential(frame),
        **limit,
    )


def _options(asked: Data, offer: Offer) -> dict[str, Any]:
    """Return the options that an experiment says for a data set.

    Raises ConfigError for one that the data set doesn't have, and for one that is said twice.
    """
    said, known = asked.said(), offer.signature.options
    if "models" in known and "answerer" in known and asked.answerer is None and not asked.models and not asked.options:
        raise ConfigError(
            f"data.models: wanted the columns of the models' answers ({flag('--model', 'COL')}, once "
            "per column), or, for a table with one row per answer, the column that names who answered "
            f"({flag('--answerer', 'COL')})",
            path="data.models",
        )
    if twice := sorted(said.keys() & asked.options.keys()):
        key = twice[0]
        raise ConfigError(f"data.{key}: given twice, here and in data.options; give it once", path=f"data.{key}")
    if lacking := sorted(said.keys() - known.keys()):
        path = f"data.{lacking[0]}"
        reason = f"{path}: {offer} has no such option"
        raise unknown_name(reason, lacking[0], known, "Options", kind="option", path=path)
    said = {key: convert(value, known[key].annotation, f"data.{key}") for key, value in said.items()}
    return offer.signature.check({**said, **asked.options}, "data.options", str(offer))


def _recognised(candidates: Sequence[tuple[Offer, Dataset]], path: Path) -> tuple[Offer, Dataset]:
    """Return the one data set that recognises the path as its own; the only one there is isn't asked."""
    if len(candidates) == 1:
        return candidates[0]
    titles = " or ".join(offer.card.title for offer, _ in candidates)
    if not path.exists():
        wanted = f"that of {titles}, or a table made by `emotopy data`"
        raise InputError(f"{path} isn't a folder; wanted {wanted}", file=path.name, wanted=wanted, got="no folder")
    found = [one for one in candidates if isinstance(one[1], RecognisesSource) and one[1].recognises(path)]
    if len(found) != 1:
        got = f"files of {' and '.join(offer.card.title for offer, _ in found)}" if found else "files of none of them"
        raise InputError.at(
            path.name, wanted=f"the files of one of {titles}", got=got, advice="or name one of them as data.dataset"
        )
    return found[0]


def _has_values(frame: pd.DataFrame, column: str) -> bool:
    return column in frame.columns and bool(frame[column].notna().any())


def _check_columns(frame: pd.DataFrame, columns: Columns, offer: Offer) -> None:
    """Raise ConfigError, with the key of `[columns]`, for a column that the data set's table lacks."""
    there = [str(name) for name in frame.columns]
    for key, value in attrs.asdict(columns).items():
        for column in (value,) if isinstance(value, str) else value or ():
            if column not in there:
                path = f"columns.{key}"
                raise ConfigError(
                    f"{path}: the table of {offer} has no column {column!r}.{nearest(column, there)} Columns: "
                    f"{listed(there)}",
                    path=path,
                    wanted=listed(there),
                    got=column,
                )


def _from_table(path: Path, columns: Columns, **more: Any) -> ExperimentData:
    """Return a table of the user's own, or one that `emotopy data` made."""
    frame = read_table(path)
    source = {"file": path.name, "sha256": hash_table(path)}
    more = {"notes": read_notes(frame), **more}
    return ExperimentData(frame, columns, source, confidential=is_confidential(path), **more)
