"""Tables in several Parquet files: one table, whatever order the files lie in; what doesn't fit is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from emotopy.errors import InputError
from emotopy.readers.confidential import is_confidential, mark, schema_marks
from emotopy.readers.partitions import natural_key, parts_of
from emotopy.readers.table_notes import read_notes
from emotopy.readers.tables import hash_table, read_table
from emotopy.storage.parquet import parquet_bytes


def write(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(columns), path)
    return path


@pytest.fixture
def parts(tmp_path):
    """Eleven files, so that their names sort otherwise as words than by number."""
    folder = tmp_path / "parts"
    for number in range(11):
        write(folder / f"part.{number}.parquet", id=[f"{number}-{i}" for i in range(3)], text=["a", "b", "c"])
    return folder


def test_rows_follow_each_other_in_the_natural_order_of_the_names(parts):
    """Part 2 before part 10; each row keeps its id."""
    frame = read_table(parts)
    assert frame["id"].tolist() == [f"{number}-{i}" for number in range(11) for i in range(3)]
    assert frame.attrs["partitions"] == [3] * 11
    assert len(read_notes(frame)) == 1


def test_a_pattern_names_some_files(parts):
    """And a folder in front of it is no part of their names."""
    frame = read_table(parts / "part.1*.parquet")
    assert frame["id"].tolist() == [f"{number}-{i}" for number in (1, 10) for i in range(3)]


def test_one_table_whatever_it_is_cut_into(tmp_path, rng):
    """The frame of the parts is that of the file they were cut from."""
    whole = pa.table({"text": [f"text {i}" for i in range(23)], "age": rng.standard_normal(23), "n": np.arange(23)})
    (tmp_path / "one").mkdir()
    parquet.write_table(whole, tmp_path / "one.parquet")
    for number, (start, stop) in enumerate([(0, 5), (5, 5), (5, 22), (22, 23)]):
        parquet.write_table(whole.slice(start, stop - start), tmp_path / "one" / f"{number}.parquet")
    pd.testing.assert_frame_equal(read_table(tmp_path / "one"), read_table(tmp_path / "one.parquet"), check_flags=False)


@given(st.lists(st.integers(0, 10**6), unique=True, max_size=20))
def test_numbers_in_names_sort_by_value(numbers):
    """Whatever they are padded with."""
    names = [f"part-{number:0{number % 7}d}-x.parquet" for number in numbers]
    assert [names.index(name) for name in sorted(names, key=natural_key)] == list(np.argsort(numbers))


def test_an_empty_partition_is_told(parts):
    """It has no rows, and so no types to differ by."""
    write(parts / "part.5.parquet", id=pa.array([], pa.int64()), text=pa.array([], pa.float64()))
    write(parts / "part.6.parquet")
    frame = read_table(parts)
    assert len(frame) == 27
    assert any("part.5.parquet, part.6.parquet" in note for note in read_notes(frame))


def test_other_columns_are_named(parts):
    """With the file, what was wanted, and what came."""
    write(parts / "part.7.parquet", id=["x"], txt=["a"])
    with pytest.raises(InputError) as error:
        read_table(parts)
    assert (error.value.file, error.value.column) == ("parts/part.7.parquet", "text")
    assert "id, text" in error.value.wanted
    assert "txt" in error.value.got


def test_columns_of_an_empty_partition_are_looked_at(parts):
    """A file without rows that has columns is one of this table, or it isn't."""
    write(parts / "part.7.parquet", txt=pa.array([], pa.string()))
    with pytest.raises(InputError) as error:
        read_table(parts)
    assert error.value.file == "parts/part.7.parquet"


@pytest.mark.parametrize("values", [[1, 2], [True, False], [0.5, 1.5]])
def test_other_types_are_named(parts, values):
    """1 and "1" aren't the same id."""
    write(parts / "part.3.parquet", id=values, text=["a", "b"])
    with pytest.raises(InputError) as error:
        read_table(parts)
    assert (error.value.file, error.value.column) == ("parts/part.3.parquet", "id")
    assert error.value.wanted.startswith("string")


def test_however_texts_are_held_they_are_texts(parts):
    """Large strings, categories, and a column without a single value; columns in another order."""
    write(parts / "part.3.parquet", text=pa.array(["x"], pa.large_string()), id=pa.array(["i"]).dictionary_encode())
    write(parts / "part.4.parquet", id=pa.array([None, None]), text=["y", "z"])
    frame = read_table(parts)
    assert frame["text"][9:12].tolist() == ["x", "y", "z"]
    assert frame["id"][9] == "i"
    assert frame["id"][10:12].isna().all()


def test_folders_may_say_a_column(tmp_path):
    """As Hive writes them; in no case a second time."""
    write(tmp_path / "t" / "label=joy" / "0.parquet", text=["a"])
    write(tmp_path / "t" / "label=a%2Fb" / "0.parquet", text=["b"])
    write(tmp_path / "t" / "label=__HIVE_DEFAULT_PARTITION__" / "0.parquet", text=["c"])
    frame = read_table(tmp_path / "t")
    found = frame.set_index("text")["label"]
    assert (found["a"], found["b"]) == ("joy", "a/b")
    assert pd.isna(found["c"])
    write(tmp_path / "t" / "label=joy" / "1.parquet", text=["a"], label=["joy"])
    with pytest.raises(InputError) as error:
        read_table(tmp_path / "t")
    assert error.value.column == "label"


def test_folders_that_say_nothing_are_named(parts):
    """A table below the table is none of its parts."""
    write(parts / "old" / "part.0.parquet", id=["x"], text=["y"])
    with pytest.raises(InputError) as error:
        read_table(parts)
    assert error.value.file == "parts/old/part.0.parquet"


def test_hidden_files_are_passed_over_and_other_forms_told(parts):
    """What Spark and file systems leave beside the parts; a CSV isn't passed over in silence."""
    (parts / "_SUCCESS").touch()
    (parts / ".part.0.parquet.crc").write_bytes(b"crc")
    write(parts / "_temporary" / "0.parquet", other=[1])
    assert len(read_notes(read_table(parts))) == 1
    (parts / "more.csv").write_text("id,text\n1,a\n")
    frame = read_table(parts)
    assert len(frame) == 33
    assert any("more.csv" in note for note in read_notes(frame))


@pytest.mark.parametrize("content", [b"", b"PAR1 not at all"])
def test_a_damaged_part_is_named(parts, content):
    """By its name in the folder."""
    (parts / "part.2.parquet").write_bytes(content)
    with pytest.raises(InputError) as error:
        read_table(parts)
    assert error.value.file == "parts/part.2.parquet"


def test_folders_without_parts_and_results_of_ours(tmp_path, parts):
    """Nothing is made of nothing, nor results of results."""
    (tmp_path / "nothing").mkdir()
    (parts / "provenance.json").write_text("{}")
    for path in (tmp_path / "nothing", tmp_path / "no*.parquet", parts):
        with pytest.raises(InputError) as error:
            read_table(path)
        assert error.value.file == path.name


def test_files_too_large_together(parts, monkeypatch):
    """The bound of one file holds for all of them."""
    monkeypatch.setattr("emotopy.readers.tables.MOST_BYTES", 5000)
    with pytest.raises(InputError) as error:
        read_table(parts)
    assert error.value.file == "parts"


def test_the_hash_is_that_of_the_rows_order(parts):
    """A file renamed within the order is the same table; one moved in it, or changed, isn't."""
    before = hash_table(parts)
    (parts / "part.10.parquet").rename(parts / "part.12.parquet")
    assert hash_table(parts) == before
    (parts / "part.12.parquet").rename(parts / "part.-1.parquet")
    (parts / "part.-1.parquet").rename(parts / "apart.parquet")
    assert hash_table(parts) != before


def test_one_confidential_part_makes_the_table_so(parts):
    """The mark stands in each file's schema."""
    assert not is_confidential(parts)
    frame = mark(pd.DataFrame({"id": ["x"], "text": ["y"]}))
    (parts / "part.4.parquet").write_bytes(parquet_bytes(frame, schema_marks(frame)))
    assert is_confidential(parts)
    assert is_confidential(parts / "part.4*")
    assert len(parts_of(parts)) == 11
