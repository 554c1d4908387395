"""Parquet with fixed settings and fixed metadata: the same table gives the same bytes whatever pandas wrote it.

pandas would put its version and its index into the file. We write the metadata ourselves, as little as restores the
nullable integers on reading (format: https://pandas.pydata.org/docs/development/developer.html).
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import pandas as pd

WRITING: dict[str, Any] = {
    "version": "2.6",
    "data_page_version": "1.0",
    "compression": "zstd",
    "compression_level": 3,
    "use_dictionary": True,
    "write_statistics": True,
    "row_group_size": 65_536,
}
"""Settings of the Parquet writer, all fixed, since the library's defaults change between versions."""


def write_parquet(frame: pd.DataFrame, path: Path) -> Path:
    """Write `frame` without its index; return the path."""
    path.write_bytes(parquet_bytes(frame))
    return path


def parquet_bytes(frame: pd.DataFrame, metadata: Mapping[bytes, bytes] | None = None) -> bytes:
    """Return `frame` without its index as a Parquet file; `metadata` are further keys of the file's schema."""
    import pyarrow.parquet as pq

    table = arrow_table(frame)
    if metadata:
        table = table.replace_schema_metadata({**table.schema.metadata, **metadata})
    sheet = io.BytesIO()
    pq.write_table(table, sheet, **WRITING)
    return sheet.getvalue()


class RowGroupWriter:
    """Writes a table whose rows come a part at a time; the file is that of `write_parquet` of the whole.

    Row groups have a fixed number of rows, whatever parts the rows come in. Every part has the same columns, of the
    same types. `close` has to be called; a context does.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None
        self._waiting: list[Any] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def add(self, frame: pd.DataFrame) -> None:
        """Add rows."""
        self._waiting.append(arrow_table(frame))
        size = WRITING["row_group_size"]
        if sum(map(len, self._waiting)) >= size:
            rows = self._joined()
            whole = len(rows) - len(rows) % size
            self._write(rows.slice(0, whole))
            self._waiting = [rows.slice(whole)] if whole < len(rows) else []

    def close(self) -> None:
        """Write what is left, and finish the file."""
        if self._waiting:
            self._write(self._joined())
            self._waiting = []
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _joined(self) -> Any:
        import pyarrow as pa

        return pa.concat_tables(self._waiting).combine_chunks()

    def _write(self, rows: Any) -> None:
        import pyarrow.parquet as pq

        settings = {name: value for name, value in WRITING.items() if name != "row_group_size"}
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, rows.schema, **settings)
        self._writer.write_table(rows, row_group_size=WRITING["row_group_size"])


def split_rows(path: Path, n_rows: Sequence[int]) -> Path:
    """Make a folder of Parquet files out of a Parquet file, at its place: as many rows each, in their order.

    The files are called ``part-00000.parquet`` and on, so that their alphabetical order is that of the rows. What reads
    a table by its path (pandas, Arrow, Dask, Spark) reads the folder as it would the file.
    """
    import pyarrow.parquet as pq

    folder = path.with_name(f"{path.name}.parts")
    folder.mkdir()
    settings = {name: value for name, value in WRITING.items() if name != "row_group_size"}
    digits = max(5, len(str(len(n_rows))))
    with pq.ParquetFile(path) as file:
        batches, waiting = file.iter_batches(batch_size=WRITING["row_group_size"]), file.schema_arrow.empty_table()
        for number, wanted in enumerate(n_rows):
            with pq.ParquetWriter(folder / f"part-{number:0{digits}}.parquet", file.schema_arrow, **settings) as writer:
                left = wanted
                while left:
                    if not len(waiting):
                        waiting = _table_of(next(batches))
                    some = waiting.slice(0, left)
                    writer.write_table(some, row_group_size=WRITING["row_group_size"])
                    left, waiting = left - len(some), waiting.slice(len(some))
    path.unlink()
    return folder.rename(path)


def parquet_files(path: Path) -> list[Path]:
    """Return the files of a Parquet table: itself, or those of its folder (`split_rows`) in the order of the rows."""
    if not path.is_dir():
        return [path]
    return sorted((one for one in path.iterdir() if one.is_file()), key=lambda one: (len(one.name), one.name))


def _table_of(batch: Any) -> Any:
    import pyarrow as pa

    return pa.Table.from_batches([batch])


def arrow_table(frame: pd.DataFrame) -> Any:
    """Return `frame` as an Arrow table with metadata of our own making.

    Text becomes `string`, times microseconds, integers and booleans stay what they are and may be missing; a column of
    objects of several kinds becomes text.
    """
    import pyarrow as pa

    names = [str(name) for name in frame.columns]
    arrays = [_array(frame.iloc[:, i]) for i in range(frame.shape[1])]
    described = [_describe(name, array.type) for name, array in zip(names, arrays, strict=True)]
    # Without an index entry, pandas gives a fresh 0 … n − 1 on reading.
    metadata = {"index_columns": [], "column_indexes": [], "columns": described, "pandas_version": "2.0.0"}
    fields = [pa.field(name, array.type) for name, array in zip(names, arrays, strict=True)]
    schema = pa.schema(fields, metadata={"pandas": json.dumps(metadata, sort_keys=True)})
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(column: pd.Series[Any]) -> Any:
    import pyarrow as pa

    try:
        array = pa.array(column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # objects of several kinds
        array = pa.array([None if gone else str(value) for value, gone in zip(column, column.isna(), strict=True)])
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_large_string(array.type) or pa.types.is_string_view(array.type) or pa.types.is_null(array.type):
        array = array.cast(pa.string())
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.timestamp("us", tz=array.type.tz), safe=False)
    return array


def _describe(name: str, kind: Any) -> dict[str, Any]:
    import pyarrow as pa

    metadata = None
    if pa.types.is_integer(kind):
        plain = str(kind)
        numpy_type = plain.replace("uint", "UInt") if plain.startswith("u") else plain.replace("int", "Int")
    elif pa.types.is_boolean(kind):
        plain, numpy_type = "bool", "boolean"
    elif pa.types.is_floating(kind):
        plain = numpy_type = {"halffloat": "float16", "float": "float32", "double": "float64"}[str(kind)]
    elif pa.types.is_timestamp(kind):
        plain, numpy_type = ("datetimetz", "datetime64[us]") if kind.tz else ("datetime", "datetime64[us]")
        metadata = {"timezone": kind.tz} if kind.tz else None
    else:
        plain, numpy_type = ("unicode", "object") if pa.types.is_string(kind) else (str(kind), "object")
    return {"name": name, "field_name": name, "pandas_type": plain, "numpy_type": numpy_type, "metadata": metadata}
