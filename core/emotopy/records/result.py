"""The one face of every result: what a reporter is given, whatever was computed."""

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
    """Tables with their provenance and notes.

    Attributes
    ----------
    kind : str
        What was computed: ``texts``, ``comparison``, ``decoding``, ``bridge``, ``experiment``, or the kind of a result
        that another package defines.
    tables : mapping of str to DataFrame
        Every table by name, in the order in which they are written; the name is the stem of its file.
        `emotopy.result_files` declares the columns.
    provenance : mapping
        Versions, seed, plugin owners, configuration and input hashes: JSON-ready, without times or absolute paths.
    notes : tuple of str
        What a reader has to know: licences, fallbacks, warnings, the reference used.
    no_texts : bool
        True where input texts must appear in nothing that is written; `tables` then holds none.

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
    """A result some of whose tables stand in Parquet files, since they are large.

    `tables` reads such a table as a whole whenever it is asked for; a reporter copies the file, or reads some columns.
    """

    @property
    def table_files(self) -> Mapping[str, Path]:
        """The file of each such table, by the table's name."""
        ...

    def columns_of(self, table: str, wanted: Callable[[str], bool]) -> pd.DataFrame:
        """Read the columns of a table whose names are wanted."""
        ...


def table_files(result: Result) -> Mapping[str, Path]:
    """Return the Parquet files that hold tables of a result already, by the table's name; mostly none."""
    return result.table_files if isinstance(result, StoredTables) else {}


def columns_of(result: Result, table: str, wanted: Callable[[str], bool]) -> pd.DataFrame:
    """Return the columns of a result's table whose names are wanted; no others are read from a file."""
    if isinstance(result, StoredTables):
        return result.columns_of(table, wanted)
    whole = result.tables[table]
    return whole[[name for name in whole.columns if wanted(str(name))]]


class RegionResult(Result, Protocol):
    """A result with values for every region of an atlas, in its table ``regions``: the kind ``texts``.

    Attributes
    ----------
    axis : RegionAxis
        The regions and the nodes that make them up.
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
