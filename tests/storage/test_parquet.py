"""Parquet files: the same table gives the same bytes, and readers get back what was written."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq

from emotopy.storage.parquet import arrow_table, parquet_bytes, write_parquet


def test_parquet_bytes_do_not_depend_on_how_pandas_holds_them(tmp_path):
    """Python objects, pandas strings and categories, shifted indexes: one table, one file."""
    values, numbers = ["a", None, "bé"], [1, None, 3]
    frames = [
        pd.DataFrame({"s": pd.Series(values, dtype=kind), "n": pd.array(numbers, dtype="Int64")})
        for kind in (object, "string", "category", "str")
    ]
    frames.append(frames[0].set_axis([7, 8, 9]))
    found = {write_parquet(frame, tmp_path / "x.parquet").read_bytes() for frame in frames}
    assert len(found) == 1


def test_columns_of_several_kinds_become_text():
    """Objects of several kinds, and a column without any value, are text; times are microseconds."""
    frame = pd.DataFrame(
        {
            "mixed": pd.Series([1, "two", None], dtype=object),
            "none": pd.Series([None, None, None], dtype=object),
            "time": pd.to_datetime(["2024-01-01T00:00", None, "2024-01-03T10:00"]),
            "yes": [True, False, True],
        }
    )
    table = arrow_table(frame)
    assert [str(kind) for kind in table.schema.types] == ["string", "string", "timestamp[us]", "bool"]
    assert table["mixed"].to_pylist() == ["1", "two", None]
    assert table.to_pandas()["time"][2] == pd.Timestamp("2024-01-03T10:00")


def test_further_keys_stand_in_the_schema(tmp_path):
    """They come beside what pandas reads; without them the file is the one that a path gets."""
    frame = pd.DataFrame({"text": ["a", "b"], "n": pd.array([1, None], dtype="Int64")})
    path = write_parquet(frame, tmp_path / "x.parquet")
    assert path.read_bytes() == parquet_bytes(frame)
    path.write_bytes(parquet_bytes(frame, {b"mine": b"1"}))
    assert pq.read_schema(path).metadata[b"mine"] == b"1"
    pd.testing.assert_frame_equal(pd.read_parquet(path), frame, check_dtype=False)
