"""The interface that all results share, and that reporters receive."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from emotopy.records.regions import RegionAxis
from emotopy.records.text import Level

if TYPE_CHECKING:
    import pandas as pd


@runtime_checkable
class Result(Protocol):
    """A result: tables with provenance and notes.

    Attributes
    ----------
    kind : str
        Kind of the result: ``texts``, ``comparison``, ``decoding``, ``bridge``, ``experiment``, or one that another
        package defines.
    tables : mapping of str to DataFrame
        Tables by name, in the order in which they are written; the name is the stem of the file name.
        `emotopy.result_files` declares the columns.
    provenance : mapping
        Versions, seed, plugin owners, configuration and input hashes; JSON-serialisable, without times or absolute
        paths.
    notes : tuple of str
        Notes for readers of the result: licences, fallbacks, warnings, and the reference used.
    no_texts : bool
        Whether input texts are kept out of all written files; `tables` then contains none.

    Examples
    --------
    >>> import attrs, pandas as pd
    >>> @attrs.frozen
    ... class Counts:
    ...     tables: dict
    ...     kind: str = "counts"
    ...     provenance: dict = attrs.field(factory=dict)
    ...     notes: tuple = ()
    ...     no_texts: bool = True
    >>> isinstance(Counts({"counts": pd.DataFrame({"n": [1, 2]})}), Result)
    True
    """

    @property
    def kind(self) -> str: ...

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]: ...

    @property
    def provenance(self) -> Mapping[str, Any]: ...

    @property
    def notes(self) -> tuple[str, ...]: ...

    @property
    def no_texts(self) -> bool: ...


@runtime_checkable
class StoredTables(Protocol):
    """A result with large tables that are stored in Parquet files.

    `tables` reads such a table completely on every access; reporters copy the file or read single columns instead.
    """

    @property
    def table_files(self) -> Mapping[str, Path]:
        """The Parquet file of each such table, by name of the table."""
        ...

    def columns_of(self, table: str, wanted: Callable[[str], bool]) -> pd.DataFrame:
        """Read the selected columns of a table."""
        ...


def table_files(result: Result) -> Mapping[str, Path]:
    """Return the Parquet files in which tables of a result are already stored, by name; usually none."""
    return result.table_files if isinstance(result, StoredTables) else {}


def columns_of(result: Result, table: str, wanted: Callable[[str], bool]) -> pd.DataFrame:
    """Return the selected columns of a table; other columns aren't read from a file."""
    if isinstance(result, StoredTables):
        return result.columns_of(table, wanted)
    whole = result.tables[table]
    return whole[[name for name in whole.columns if wanted(str(name))]]


class RegionResult(Result, Protocol):
    """A result with values for every region of an atlas in its table ``regions``; its kind is ``texts``.

    Attributes
    ----------
    axis : RegionAxis
        Regions and their nodes.
    level : {"region", "node"}
        Whether the table has a row per region or per node.

    Examples
    --------
    >>> import emotopy
    >>> quick = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}}
    >>> result: RegionResult = emotopy.map_texts(["I was afraid.", "We danced all night."], config=quick)
    >>> (result.level, len(result.axis.regions))
    ('region', 18)
    """

    @property
    def axis(self) -> RegionAxis: ...

    @property
    def level(self) -> Level: ...
