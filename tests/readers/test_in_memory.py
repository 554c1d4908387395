"""Tables in memory: of every library what pandas gives, and clear errors where there is nothing to give."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal

import attrs
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.readers.tables_in_memory import FORMS, Capsules, arrow

from emotopy.errors import InputError
from emotopy.readers.confidential import is_confidential, mark
from emotopy.readers.corpora import as_corpus
from emotopy.readers.in_memory import as_cells, as_frame, as_matrix, class_name, is_column, is_table
from emotopy.readers.ratings import ratings_of

BERLIN = dt.timezone(dt.timedelta(hours=2))
FRAME = pd.DataFrame(
    {
        "said": ["I am afraid of it.", None, "Nobody knows me here.", "", "Ärger, 怒り", "I am afraid of it."],
        "who": pd.Categorical(["anna", "ben", "anna", None, "cem", "ben"]),
        "session": pd.array([1, None, 3, 2**53 + 1, 5, 6], dtype="Int64"),
        "age": [31.5, np.nan, 28.0, 44.0, 19.25, 60.0],
        "paid": [Decimal("1.50"), None, Decimal("2.00"), Decimal("0.25"), Decimal("7.00"), Decimal("1.10")],
        "old": pd.array([True, None, False, True, True, False], dtype="boolean"),
        "at": pd.to_datetime([f"2024-03-3{i % 2}T0{i}:30:00+02:00" for i in range(6)]),
        "day": [dt.date(2024, 1, 1 + i) for i in range(6)],
    }
)
ASKED = {"text": "said", "group": "who", "unit": "session", "keep": ["age", "paid", "old", "day"]}


def held(corpus):
    """What a corpus holds, NaN equal to NaN."""
    columns = {
        name: [None if isinstance(value, float) and np.isnan(value) else value for value in values]
        for name, values in corpus.columns.items()
    }
    return attrs.asdict(attrs.evolve(corpus, columns={}), recurse=False) | {"columns": columns}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("time", ["at", "day"])
def test_every_library_gives_the_corpus_of_pandas(form, time):
    """Texts, names with gaps, whole numbers beyond what a float holds, decimals, truth values, times with a zone."""
    expected = held(as_corpus(FRAME, time=time, **ASKED))
    assert expected["unit"][:4] == ("1", None, "3", str(2**53 + 1))
    assert expected["columns"]["paid"][:3] == [1.5, None, 2.0]
    assert expected["group"] == ("anna", "ben", "anna", None, "cem", "ben")
    found = held(as_corpus(FORMS[form](FRAME), time=time, **ASKED))
    if form == "duckdb" and time == "at":  # DuckDB keeps moments, and shows them in the zone of its session
        as_moments = [pd.to_datetime(list(one["time"]), utc=True).tolist() for one in (found, expected)]
        assert as_moments[0] == as_moments[1]
        found["time"] = expected["time"]
    assert found == expected


@pytest.mark.parametrize("form", FORMS)
def test_a_table_of_texts_alone_needs_no_names(form):
    """The only column of strings, as in pandas."""
    frame = pd.DataFrame({"n": [1, 2, 3], "said": ["so it is", "and so on", "it rains"]})
    assert as_corpus(FORMS[form](frame)).text == as_corpus(frame).text == ("so it is", "and so on", "it rains")


@pytest.mark.parametrize("form", FORMS)
def test_ratings_and_matrices_are_those_of_pandas(form):
    """To the last bit."""
    frame = pd.DataFrame({"onset": [0, 4, 8, 12], "duration": [4.0] * 4, "fear": [0.1, 0.7, 0.2, 0.3]})
    expected, found = ratings_of(frame), ratings_of(FORMS[form](frame))
    for name in ("onset_s", "duration_s", "values"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    np.testing.assert_array_equal(as_matrix(FORMS[form](frame), "series"), frame.to_numpy())


def test_columns_are_columns_and_tables_are_tables():
    """Whatever library they are of."""
    series = [pd.Series(["a"]), pa.array(["a"]), pa.chunked_array([["a"]])]
    tables = [make(FRAME) for name, make in FORMS.items() if name != "rows as dicts"]
    if "polars" in sys.modules:
        series.append(sys.modules["polars"].Series(["a"]))
    assert all(is_column(one) and not is_table(one) for one in series)
    assert all(is_table(one) and not is_column(one) for one in [FRAME, *tables])
    assert not any(is_table(one) or is_column(one) for one in ("a", ["a"], 3, None, np.zeros(3), iter("a")))


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
)
def test_columns_of_texts_are_texts(kind):
    """However Arrow holds them, by row and as a column alone."""
    column = pa.array(["so it is", None, "and so on"]).cast(kind)
    for texts in (column, pa.chunked_array([column.slice(0, 1), column.slice(1)]), pa.table({"text": column})):
        assert as_corpus(texts).text == ("so it is", "", "and so on")


def test_a_column_of_polars_is_texts():
    """A Series is no table."""
    pl = pytest.importorskip("polars", reason="polars isn't installed")
    assert as_corpus(pl.Series(["so it is", None])).text == ("so it is", "")
    assert as_corpus({"text": pl.Series(["so it is", None])}).text == ("so it is", "")
    with pytest.raises(InputError):
        as_corpus(pl.Series([["so"], ["it is"]]))


def test_odd_ways_of_holding_texts_are_unfolded():
    """Categories that stand twice or are missing, runs, types of an extension."""
    odd = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None]), pa.array(["so it is", "so it is", None]))
    runs = pa.RunEndEncodedArray.from_arrays([1, 3, 4], ["so it is", "and so on", None])
    own = pa.ExtensionArray.from_storage(pa.json_(), pa.array(["so it is", "2", None, "x y"]))
    frame = as_frame(pa.table({"odd": odd, "runs": runs, "own": own}), asked=["odd", "runs", "own"])
    found = {name: as_corpus(pd.DataFrame({"text": frame[name]})).text for name in frame.columns}
    assert found == {
        "odd": ("so it is", "so it is", "", ""),
        "runs": ("so it is", "and so on", "and so on", ""),
        "own": ("so it is", "2", "", "x y"),
    }


# What is refused ------------------------------------------------------------------------------------------------------

NESTED = {
    "list": pa.array([["secret"], ["words"]]),
    "large list": pa.array([["secret"], ["words"]], pa.large_list(pa.string())),
    "struct": pa.array([{"a": "secret"}, {"a": "words"}]),
    "map": pa.array([[("a", "secret")], []], pa.map_(pa.string(), pa.string())),
    "bytes": pa.array([b"secret", b"words"]),
    "categories of lists": pa.DictionaryArray.from_arrays(pa.array([0, 1]), pa.array([["secret"], ["words"]])),
}


@pytest.mark.parametrize("kind", NESTED)
def test_a_column_of_several_values_is_refused_where_it_is_asked_for(kind):
    """Column and type are named, no value is; a column that nobody asks for is no matter."""
    table = pa.table({"said": ["so it is", "and so on"], "more": NESTED[kind]})
    assert as_corpus(table).text == as_corpus(table, text="said").text == ("so it is", "and so on")
    for asked in ({"text": "more"}, {"group": "more"}, {"unit": "more"}, {"keep": ["more"]}):
        with pytest.raises(InputError) as caught:
            as_corpus(table, **{"text": "said", **asked})
        assert caught.value.column == "more"
        assert "secret" not in str(caught.value)
        assert caught.value.got in str(caught.value)
    with pytest.raises(InputError) as caught:
        as_corpus(table.rename_columns(["said", "text"]))
    assert caught.value.column == "text", "the column that means the texts isn't passed over"
    with pytest.raises(InputError) as caught:
        as_matrix(table.select(["more"]), "subject a")
    assert (caught.value.file, caught.value.column) == ("subject a", "more")


@pytest.mark.parametrize("form", ["pyarrow", "capsules", "pandas", "arrow dataset"])
def test_two_columns_of_one_name_and_none_at_all_are_refused(form):
    """Whichever is asked for, a table is read as one whole."""
    make = {**FORMS, "pandas": lambda frame: frame}[form]
    make = {"pyarrow": lambda table: table, "capsules": Capsules, "pandas": pa.Table.to_pandas}.get(form, make)
    twice = pa.table([["so it is"], ["a"], ["b"]], names=["text", "g", "g"])
    if form == "arrow dataset":
        from pyarrow import dataset

        make = dataset.dataset
    with pytest.raises(InputError) as caught:
        as_corpus(make(twice))
    assert caught.value.column == "g"
    with pytest.raises(InputError) as caught:
        as_corpus(make(pa.table({})))
    assert caught.value.column is None


@pytest.mark.parametrize("none", [{}, [], pa.table({"text": pa.array([], pa.string())}), pd.DataFrame({"text": []})])
def test_a_table_without_rows_is_refused(none):
    """Nothing to map."""
    with pytest.raises(InputError):
        as_corpus(none)


@pytest.mark.parametrize("strange", [3, None, 2.5, object(), np.float64(1), dt.date(2024, 1, 1)])
def test_what_is_no_table_is_named_by_its_class(strange):
    """Never by what it holds."""
    for read in (as_corpus, as_frame, lambda one: as_matrix({"a": one}, "a")):
        with pytest.raises(InputError) as caught:
            read(strange)
        assert caught.value.wanted
        assert type(strange).__name__ in caught.value.got


def test_a_query_of_polars_is_told_to_be_collected():
    """It is a table only then; the message names polars' class, not "a DataFrame"."""
    pl = pytest.importorskip("polars", reason="polars isn't installed")
    lazy = pl.DataFrame({"text": ["secret words of mine"]}).lazy()
    for read in (as_corpus, as_frame, lambda one: as_matrix({"a": one}, "a")):
        with pytest.raises(InputError) as caught:
            read(lazy)
        assert "polars.LazyFrame" in caught.value.got
        assert "secret" not in str(caught.value)
    with pytest.raises(InputError) as caught:
        as_corpus(lazy)
    assert "collect" in caught.value.advice


def test_several_tables_are_told_by_their_names():
    """A DatasetDict, or the sheets of a workbook: one of them has to be chosen."""
    datasets = pytest.importorskip("datasets", reason="Hugging Face's datasets isn't installed")
    one = datasets.Dataset.from_dict({"text": ["so it is"]})
    for several in (datasets.DatasetDict({"train": one, "test": one}), {"train": FRAME, "test": FRAME}):
        with pytest.raises(InputError) as caught:
            as_corpus(several)
        assert "train" in caught.value.got
        assert "test" in caught.value.got
        assert "'train'" in caught.value.advice
    assert as_corpus(datasets.DatasetDict({"train": one})["train"]).text == ("so it is",)


def test_a_stream_of_rows_is_read_row_by_row():
    """An IterableDataset has no columns yet, but rows."""
    datasets = pytest.importorskip("datasets", reason="Hugging Face's datasets isn't installed")
    rows = [{"text": "so it is", "who": "a"}, {"text": "and so on", "who": None}]
    corpus = as_corpus(datasets.Dataset.from_list(rows).to_iterable_dataset(), group="who")
    assert (corpus.text, corpus.group) == (("so it is", "and so on"), ("a", None))


def test_no_message_of_a_library_gets_through():
    """What fails while the table is read may quote a cell; neither the error nor what it came from does."""
    duck = pytest.importorskip("duckdb", reason="duckdb isn't installed")
    relation = duck.connect().sql("select cast(said as integer) as text from (values ('secret words of mine')) t(said)")
    with pytest.raises(InputError) as caught:
        as_corpus(relation)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@attrs.frozen
class Breaks:
    """A table that fails with a text of its own."""

    columns: tuple[str, ...] = ("text",)

    def __arrow_c_stream__(self, requested_schema=None):
        raise RuntimeError("secret words of mine")


def test_a_table_that_breaks_is_named():
    """By its class and that of its error."""
    with pytest.raises(InputError) as caught:
        as_corpus(Breaks())
    assert "Breaks" in caught.value.got
    assert "RuntimeError" in caught.value.got
    assert "secret" not in str(caught.value)


@attrs.frozen
class TooLarge:
    """A table that there is no memory for."""

    columns: tuple[str, ...] = ("text",)

    def __arrow_c_stream__(self, requested_schema=None):
        raise MemoryError


def test_memory_that_runs_out_is_no_fault_of_the_table():
    """It passes as what it is."""
    with pytest.raises(MemoryError):
        as_corpus(TooLarge())


# The mark, the index, the imports -------------------------------------------------------------------------------------


def test_the_mark_goes_where_the_format_can_carry_it():
    """From pandas into Arrow's schema and back; selections of rows keep it, on both sides."""
    marked = mark(pd.DataFrame({"text": ["so it is", "and so on"]}))
    tables = [arrow(marked), mark(arrow(FRAME)), mark(arrow(FRAME)).slice(1), marked[:1]]
    tables += [Capsules(mark(arrow(FRAME))), pa.RecordBatchReader.from_stream(mark(arrow(FRAME)))]
    assert all(is_confidential(as_frame(table, asked=["text"])) for table in tables)
    assert all(is_confidential(table) for table in tables if hasattr(table, "schema"))
    assert not is_confidential(as_frame(arrow(FRAME)))
    assert not is_confidential(arrow(FRAME))
    assert not any(is_confidential(one) for one in ({"text": ["a"]}, ["a"], "a", None, 3))


def test_marking_an_arrow_table_changes_no_other():
    """Its data are shared; keys that it had stay."""
    plain = arrow(FRAME).replace_schema_metadata({"mine": "1"})
    marked = mark(plain)
    assert marked.schema.metadata[b"mine"] == b"1"
    assert not is_confidential(plain)
    assert marked.equals(plain)


def test_an_index_that_pandas_gave_to_arrow_is_no_column_of_texts():
    """Unless it is asked for; volumes have no region of their number."""
    frame = pd.DataFrame({"said": ["so it is", "and so on"]}, index=["a", "b"])
    table = pa.Table.from_pandas(frame)
    assert as_corpus(table).text == as_corpus(frame).text
    assert as_corpus(table, text="said", id="__index_level_0__").id == ("a", "b")
    series = pd.DataFrame({"insula": [0.5, 0.25]}, index=pd.Index([7, 8], name="volume"))
    np.testing.assert_array_equal(as_matrix(pa.Table.from_pandas(series), "series"), series.to_numpy())


def test_no_library_is_imported_to_find_out_what_a_table_is():
    """Neither to read one of another library, nor to refuse what is none."""
    code = (
        "import sys, pyarrow\n"
        "from emotopy.readers.corpora import as_corpus\n"
        "from emotopy.errors import InputError\n"
        "as_corpus(pyarrow.table({'text': ['a b']})); as_corpus({'text': ['a b']}); as_corpus([{'text': 'a b'}])\n"
        "try: as_corpus(3)\n"
        "except InputError: pass\n"
        "print(*({'polars', 'duckdb', 'datasets'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_class_names_say_the_library():
    """And not the module that a class happens to stand in."""
    assert class_name(FRAME) == "pandas.DataFrame"
    assert class_name(pa.table({})) == "pyarrow.Table"
    assert class_name("a") == "str"


def test_cells_are_of_python():
    """Whoever compares names can't know Arrow's scalars."""
    for values in (["a", None], pa.array(["a", None]), pd.Series(["a", None], dtype=object), iter(["a", None])):
        assert as_cells(values) == ["a", None]
    with pytest.raises(InputError):
        as_cells(3)


# Properties -----------------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
KINDS = {
    "text": (WORDS, [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]),
    "whole": (st.integers(-(2**31), 2**31 - 1), [pa.int32(), pa.int64(), pa.decimal128(38, 0)]),
    "float": (st.floats(width=32, allow_nan=False, allow_infinity=False), [pa.float64(), pa.float32()]),
    "decimal": (st.decimals(-1000, 1000, places=2), [pa.decimal128(12, 2), pa.decimal256(40, 2)]),
    "truth": (st.booleans(), [pa.bool_()]),
    "day": (st.dates(dt.date(1900, 1, 1), dt.date(2100, 1, 1)), [pa.date32()]),
    "moment": (
        st.datetimes().filter(lambda moment: 1900 <= moment.year < 2100),
        [pa.timestamp("us"), pa.timestamp("us", "UTC")],
    ),
}


@st.composite
def typed_columns(draw):
    """A column of one kind with gaps, as a list and as an Arrow array of a type that can hold it, in chunks."""
    values, types = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    cells = draw(st.lists(st.none() | values, min_size=1, max_size=8))
    kind = draw(st.sampled_from(types))
    column = pa.array(cells, kind.value_type if pa.types.is_dictionary(kind) else kind).cast(kind)
    cut = draw(st.integers(0, len(cells)))
    return column.to_pylist(), pa.chunked_array([column.slice(0, cut), column.slice(cut)], type=kind)


@given(typed_columns())
def test_a_column_of_any_arrow_type_is_what_pandas_makes_of_its_values(drawn):
    """As names and as kept values; the texts stand beside it."""
    cells, column = drawn
    said = [f"text number {i}" for i in range(len(cells))]
    plain = pd.DataFrame({"said": said, "more": pd.Series(cells, dtype=object)})
    table = pa.table({"said": said, "more": column})
    asked = {"text": "said", "unit": "more", "keep": ["more"]}
    for make in (lambda one: one, Capsules):
        found, expected = held(as_corpus(make(table), **asked)), held(as_corpus(plain, **asked))
        for name in ("text", "unit", "columns"):
            assert found[name] == expected[name]


def test_a_table_of_times_alone_is_no_table_of_numbers():
    """NumPy would make nanoseconds since 1970 of them without a word."""
    times = pd.date_range("2024-01-01", periods=4, freq="2s")
    for column in (times, times.tz_localize("Europe/Berlin"), times - times[0]):
        for make in (lambda one: one, arrow):
            with pytest.raises(InputError) as caught:
                as_matrix(make(pd.DataFrame({"volume": column})), "series")
            assert caught.value.got == "times"


def test_what_has_no_rows_to_iterate_over_is_refused():
    """An array without axes, too."""
    for nothing in (np.array("a text"), 5, None):
        with pytest.raises(InputError):
            as_cells(nothing)


@pytest.mark.extra
def test_a_query_of_a_closed_connection_is_named():
    """DuckDB raises when such a relation is asked for anything."""
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    relation = connection.sql("select 'a text' as text")
    connection.close()
    with pytest.raises(InputError) as caught:
        as_corpus(relation)
    assert "DuckDBPyRelation" in caught.value.got
