"""The same table as other libraries hold it, for tests; a test skips where its library is absent."""

from __future__ import annotations

import os

import attrs
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import dataset as arrow_dataset

os.environ.setdefault("HF_HUB_OFFLINE", "1")


@attrs.frozen
class Capsules:
    """An Arrow stream, and nothing else that could be known of it."""

    _held: pa.Table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._held.__arrow_c_stream__(requested_schema)


def arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


def batch(frame: pd.DataFrame) -> pa.RecordBatch:
    return pa.RecordBatch.from_pandas(frame, preserve_index=False)


def reader(frame: pd.DataFrame) -> pa.RecordBatchReader:
    table = arrow(frame)
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=3))


def chunked(frame: pd.DataFrame) -> pa.Table:
    table = arrow(frame)
    return pa.concat_tables([table.slice(0, 2), table.slice(2, 0), table.slice(2)])


def views(frame: pd.DataFrame) -> pa.Table:
    """Texts as `string_view`."""
    table = arrow(frame)
    kinds = [
        pa.string_view() if pa.types.is_string(kind) or pa.types.is_large_string(kind) else kind
        for kind in table.schema.types
    ]
    return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))


def polars(frame: pd.DataFrame):
    pl = pytest.importorskip("polars", reason="polars isn't installed")
    return pl.from_arrow(arrow(frame))


def duckdb(frame: pd.DataFrame):
    duck = pytest.importorskip("duckdb", reason="duckdb isn't installed")
    return duck.connect().from_arrow(arrow(frame))


def hugging_face(frame: pd.DataFrame):
    """As a data set of which rows were chosen, in the order of the frame."""
    datasets = pytest.importorskip("datasets", reason="Hugging Face's datasets isn't installed")
    backwards = datasets.Dataset(arrow(frame.iloc[::-1].reset_index(drop=True)))
    return backwards.select(range(len(frame) - 1, -1, -1))


def columns(frame: pd.DataFrame) -> dict[str, list]:
    return {str(name): frame[name].tolist() for name in frame.columns}


def rows(frame: pd.DataFrame) -> list[dict]:
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


FORMS = {
    "pyarrow": arrow,
    "record batch": batch,
    "stream of batches": reader,
    "chunks": chunked,
    "string views": views,
    "arrow dataset": lambda frame: arrow_dataset.dataset(arrow(frame)),
    "scan of an arrow dataset": lambda frame: arrow_dataset.dataset(arrow(frame)).scanner(),
    "capsules": lambda frame: Capsules(arrow(frame)),
    "pandas with Arrow's types": lambda frame: arrow(frame).to_pandas(types_mapper=pd.ArrowDtype),
    "polars": polars,
    "duckdb": duckdb,
    "hugging face": hugging_face,
    "dict of columns": columns,
    "rows as dicts": rows,
    "arrays by column": lambda frame: {name: arrow(frame)[name] for name in frame.columns},
}
"""A function per form of table: from a pandas DataFrame to it."""
