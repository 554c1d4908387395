"""Tables of results as Arrow tables, which polars, DuckDB, Spark and others take as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotopy.storage.parquet import arrow_table, parquet_files

if TYPE_CHECKING:
    import pandas as pd

UNITS = {"_s": "s", "_mm": "mm"}
"""Units that stand at the end of a column's name, as docs/axes-and-units.md has them."""
FROM_INPUT = "kept_"
"""Columns that begin so come from the user's table, in a unit that only the user knows."""


class ArrowTables:
    """What has tables by name, and gives them to Arrow, too.

    A column's unit stands in the metadata of its field (`unit`) where its name or `units` says it.
    """

    if TYPE_CHECKING:

        @property
        def tables(self) -> Mapping[str, pd.DataFrame]: ...

    @property
    def units(self) -> Mapping[str, str]:
        """Units of columns whose names don't say them, by column."""
        return {}

    def to_arrow(self) -> Mapping[str, Any]:
        """Return the tables as Arrow tables, by name.

        Each is made when it is asked for, and holds what the Parquet files of results hold: texts as `string`, whole
        numbers that may be missing as `int64`, empty cells as null. `pandas.DataFrame`, `polars.from_arrow` and
        `duckdb.sql` take them.

        Returns
        -------
        mapping of str to pyarrow.Table
            By the names that `tables` has. The schema's metadata say what result it is of (`emotopy.kind`,
            `emotopy.table`), a field's metadata its unit.

        Raises
        ------
        KeyError
            From the mapping, for a name that isn't there.
        """
        return _LazyArrow(self)


class _LazyArrow(Mapping[str, Any]):
    """The tables of a result as Arrow tables, each made when it is asked for."""

    def __init__(self, result: Any) -> None:
        self._result = result

    def __getitem__(self, name: str) -> Any:
        files = getattr(self._result, "table_files", {})
        if name in files:
            return _with_units(_read(files[name]), self._result, name)
        return _with_units(arrow_table(self._result.tables[name]), self._result, name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._result.tables)

    def __len__(self) -> int:
        return len(self._result.tables)

    def __contains__(self, name: object) -> bool:
        return name in self._result.tables

    def __repr__(self) -> str:
        return f"<Arrow tables: {', '.join(self)}>"


def _read(path: Path) -> Any:
    """Read a table of a Parquet file, or of a folder of them in the order of the rows."""
    import pyarrow as pa
    from pyarrow import parquet

    return pa.concat_tables([parquet.ParquetFile(file).read() for file in parquet_files(path)])


def _with_units(table: Any, result: Any, name: str) -> Any:
    """Return the table with what is known of it: the result's kind, the units of columns."""
    import pyarrow as pa

    fields = []
    for field in table.schema:
        ending = next(
            (one for one in UNITS if field.name.endswith(one) and not field.name.startswith(FROM_INPUT)), None
        )
        unit = result.units.get(field.name) or UNITS.get(ending or "")
        fields.append(field.with_metadata({"unit": unit}) if unit else field)
    kind = str(getattr(result, "kind", type(result).__name__))
    said = {"emotopy.kind": kind, "emotopy.table": name}
    metadata = {**(table.schema.metadata or {}), **{key.encode(): value.encode() for key, value in said.items()}}
    return table.cast(pa.schema(fields, metadata=metadata))
