"""A result as a plugin's section gets it: what the section changes in its tables changes nothing for others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from emotopy.records import Result
from emotopy.records.result import columns_of, table_files

if TYPE_CHECKING:
    import pandas as pd


class Copies(Mapping[str, Any]):
    """Tables, each a copy of its own whenever it is asked for."""

    def __init__(self, tables: Mapping[str, pd.DataFrame]) -> None:
        self._tables = tables

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self._tables[name].copy()

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)


class Apart:
    """A result whose tables and provenance are copies; all else is the result's.

    What the protocols of results ask for is held by the object itself, where they look for it.
    """

    def __init__(self, result: Result) -> None:
        self._result = result
        self.tables = Copies(result.tables)
        self.provenance = _copied(result.provenance)
        if files := table_files(result):
            self.table_files = files
            self.columns_of = partial(columns_of, result)
        shown = getattr(result, "shown_texts", None)
        if shown is not None:  # then it keeps `ShowsTexts`, as the result does
            self.shown_texts = dict(shown)

    def __getattr__(self, name: str) -> Any:
        """Return what the result has."""
        if name.startswith("__") or name == "_result":
            raise AttributeError(name)
        return getattr(self._result, name)


def _copied(value: Any) -> Any:
    """Return mappings and lists copied, to any depth."""
    if isinstance(value, Mapping):
        return {key: _copied(one) for key, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value
