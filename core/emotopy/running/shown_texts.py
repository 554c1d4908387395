"""A result together with its input texts, for a report that shows them: checked to be the texts that were mapped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.errors import InputError
from emotopy.readers.corpora import as_corpus
from emotopy.records import RegionAxis, Result
from emotopy.records.result import columns_of, table_files
from emotopy.records.text import Level
from emotopy.storage.cache import hash_texts
from emotopy.wording import worded

if TYPE_CHECKING:
    import pandas as pd

TEXTS = "texts"
"""The kind of the results that have texts, and the name of their table of texts."""
HASH_SHOWN = 12
"""Characters of a SHA-256 that a message shows."""


@attrs.frozen(eq=False)
class ResultWithTexts:
    """A result that is shown with its texts; it keeps `emotopy.records.ShowsTexts`, all else is the result's.

    Attributes
    ----------
    result : Result
        The result.
    shown_texts : mapping of str to str
        The texts as they were given, by their `id` in the table ``texts``.
    """

    result: Result
    shown_texts: Mapping[str, str] = attrs.field(repr=False)

    @property
    def kind(self) -> str:
        """What was computed."""
        return self.result.kind

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Every table by name."""
        return self.result.tables

    @property
    def provenance(self) -> Mapping[str, Any]:
        """What the result came from."""
        return self.result.provenance

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes that a reader of the results needs."""
        return self.result.notes

    @property
    def no_texts(self) -> bool:
        """Whether input texts must appear in nothing that is written."""
        return self.result.no_texts

    @property
    def axis(self) -> RegionAxis:
        """The region axis."""
        axis: RegionAxis = self.result.axis  # type: ignore[attr-defined]
        return axis

    @property
    def level(self) -> Level:
        """Whether tables have a row per region or per node."""
        level: Level = self.result.level  # type: ignore[attr-defined]
        return level

    @property
    def table_files(self) -> Mapping[str, Path]:
        """The Parquet files that hold tables of the result already."""
        return table_files(self.result)

    def columns_of(self, table: str, wanted: Callable[[str], bool]) -> pd.DataFrame:
        """Read the columns of a table whose names are wanted."""
        return columns_of(self.result, table, wanted)

    def __getattr__(self, name: str) -> Any:
        """Return what the result has beside the protocols."""
        if name in ("result", "shown_texts") or name.startswith("__"):  # of a copy that isn't filled yet
            raise AttributeError(name)
        return getattr(self.result, name)


def with_texts(result: Result, texts: Any, *, name: str = "texts") -> ResultWithTexts:
    """Return a result with the texts that it was made from.

    Parameters
    ----------
    result : Result
        A result of the kind ``texts``.
    texts : table, iterable of str, column, Corpus, or mapping of str to str
        The texts that were mapped, all of them and in their order: whatever `emotopy.map_texts` takes, of a table the
        columns ``text`` and the like. Their SHA-256 must be the one that the provenance holds. Or a mapping from id to
        text, of some texts or all: those are taken as they are.
    name : str, default "texts"
        What messages call the texts.

    Returns
    -------
    ResultWithTexts

    Raises
    ------
    InputError
        The result has no texts (another kind, or mapped with `no_texts`), or the texts aren't those that were mapped;
        `wanted` and `got` say how they differ.
    """
    check_may_show(result)
    ids = columns_of(result, TEXTS, {"id"}.__contains__)["id"].astype(str).tolist()
    if isinstance(texts, Mapping) and all(isinstance(text, str) for text in texts.values()):
        known = set(ids)
        strange = next((one for one in texts if one not in known), None)
        if strange is not None:
            raise InputError.at(
                name,
                wanted="ids of the table of texts",
                got="an id that isn't there",
                advice="give a mapping from id to text",
                row=list(texts).index(strange) + 1,
            )
        return ResultWithTexts(result, {one: texts[one] for one in ids if texts.get(one)})
    corpus = as_corpus(texts)
    if len(corpus) != len(ids):
        raise InputError.at(name, wanted=f"{len(ids):,} rows, as were mapped", got=f"{len(corpus):,} rows")
    recorded = _input(result).get("texts_sha256")
    if not isinstance(recorded, str):
        raise InputError.at(
            name,
            wanted="results whose provenance holds the SHA-256 of the texts",
            got="results of a version that didn't record it",
            advice="give a mapping from id to text, or map again",
        )
    found = hash_texts(corpus.text)
    if found != recorded:
        raise InputError.at(
            name,
            column="text",
            wanted=f"the texts that were mapped, SHA-256 {recorded[:HASH_SHOWN]}…",
            got=f"other texts, or another order, SHA-256 {found[:HASH_SHOWN]}…",
            advice="name the column that was mapped",
        )
    return ResultWithTexts(result, {one: text for one, text in zip(ids, corpus.text, strict=True) if text})


def check_may_show(result: Result) -> None:
    """Raise InputError for a result that has no texts to show, or must not show them."""
    if result.kind != TEXTS:
        raise InputError.at(
            "texts", wanted="results of `emotopy map`, which have texts", got=f"results of the kind {result.kind!r}"
        )
    if result.no_texts:
        raise InputError.at(
            "texts",
            wanted="results that may show texts",
            got="results that keep texts out of all files (no_texts)",
            advice=f"leave out the texts, or map again with {worded('--texts', 'no_texts=False')}",
        )


def _input(result: Result) -> Mapping[str, Any]:
    found = result.provenance.get("input")
    return found if isinstance(found, Mapping) else {}
