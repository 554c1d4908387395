"""Tables in memory, from any library: the one place where they become a pandas DataFrame.

A table is recognised by what it can do, so that no library is imported to find out: the Arrow PyCapsule interface
(`__arrow_c_stream__`: pyarrow, polars, DuckDB; `to_arrow_table` of older DuckDB), `to_table` (pyarrow's data sets),
`with_format` (Hugging Face datasets), a dict of columns, rows as dicts. docs/data.md lists them. No message
quotes a text.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emotopy.errors import EmotopyError, InputError
from emotopy.readers.cell_values import OBJECT, described, is_missing
from emotopy.readers.confidential import is_confidential, mark
from emotopy.readers.delimited import named
from emotopy.records.axes import FloatArray

if TYPE_CHECKING:
    import pandas as pd

WANTED = (
    "a table: a DataFrame of pandas or polars, an Arrow table, a DuckDB relation, a Hugging Face dataset, a dict of "
    "columns or a list of dicts"
)
PLAIN = "one value in each row: a text, a number, a truth value or a time"
TYPES, TABULAR = ("dtype", "type"), ("columns", "column_names", "schema")
"""What a column (a Series, an Arrow array) has one of; and a table, of which a column has none."""
_INDEX = re.compile(r"__index_level_\d+__")
"""How pandas names an index without a name when it hands its table to Arrow."""
_WAYS = ("toPandas", "compute", "collect", "to_pandas")
"""Methods that make a table of what is none yet: of Spark, Dask, polars' LazyFrame, others."""


def is_table(given: Any) -> bool:
    """Whether something is a table for `as_frame`, or a dict; a list may be one, too, but has to be looked into."""
    import pandas as pd

    return (
        isinstance(given, (pd.DataFrame, Mapping))
        or (_gives_arrow(given) and not is_column(given))
        or hasattr(given, "to_arrow_table")
        or _is_arrow_dataset(given)
        or _is_hugging_face(given)
    )


def is_column(given: Any) -> bool:
    """Whether something is one column: a Series of pandas or polars, an Arrow array."""
    import pandas as pd

    has_one_type = any(_has(given, name) for name in TYPES) and not any(_has(given, name) for name in TABULAR)
    return isinstance(given, pd.Series) or (_gives_arrow(given) and has_one_type)


def is_rows(given: Any) -> bool:
    """Whether something is a table given as a list of rows, each a dict."""
    return isinstance(given, (list, tuple)) and any(isinstance(row, Mapping) for row in given)


def class_name(given: Any) -> str:
    """Return what an object is, as its users call it.

    >>> class_name([]), class_name(Counter())
    ('list', 'collections.Counter')
    """
    kind = type(given)
    package = kind.__module__.partition(".")[0]
    return kind.__qualname__ if package == "builtins" else f"{package}.{kind.__qualname__}"


def as_frame(
    given: Any, name: str = "table", *, asked: Iterable[str] | None = (), whole_numbers: bool = True
) -> pd.DataFrame:
    """Return a table of any library as a DataFrame.

    Columns hold what they hold where pandas reads the same table. Columns of lists, structs and bytes are left out,
    unless they are asked for; so is an index without a name that pandas gave to Arrow. A mark of confidential texts
    (`emotopy.readers.confidential`) that the table's Arrow schema carries stands in `attrs` of the DataFrame.

    Parameters
    ----------
    given
        A DataFrame of pandas (returned as it is) or polars; a pyarrow Table, RecordBatch, RecordBatchReader or
        Dataset; a DuckDB relation; a Hugging Face Dataset; whatever has `__arrow_c_stream__`; a dict of columns; rows
        as dicts.
    name : str, default "table"
        What messages call it.
    asked : iterable of str or None, default ()
        Columns that will be read, as far as they are there. None: all of them, without the index that pandas gave.
    whole_numbers : bool, default True
        Whether columns of whole numbers with gaps keep them whole, as objects; else they become floats.

    Returns
    -------
    DataFrame

    Raises
    ------
    InputError
        It is no table, or can't be read as one; has no columns, or two of one name; a column that is asked for holds
        several values in a row.
    """
    import pandas as pd

    if isinstance(given, pd.DataFrame):
        _check_names([str(column) for column in given.columns], name)
        return given
    if isinstance(given, Mapping):
        return _from_columns(given, name)
    if is_table(given):
        return _from_arrow(given, name, None if asked is None else frozenset(asked), whole_numbers=whole_numbers)
    if isinstance(given, Iterable) and not isinstance(given, (str, bytes)) and not is_column(given):
        rows = list(given)
        if any(isinstance(row, Mapping) for row in rows):
            return _from_rows(rows, name)
    raise no_table(given, name)


def as_cells(given: Any, name: str = "values") -> list[Any]:
    """Return a column of any library, or whatever else can be iterated, as a list of Python's own values.

    Raises InputError for what has no values to iterate over.
    """
    import pandas as pd

    if isinstance(given, pd.Series):
        return list(given.tolist())
    if is_column(given):
        return _arrow_cells(given, name)
    if not isinstance(given, Iterable) or _is_lazy(given) or getattr(given, "shape", None) == ():
        raise no_table(given, name, wanted=f"a list, a column, or {WANTED}")
    return list(given)


def as_matrix(given: Any, name: str) -> FloatArray:
    """Return a table of numbers as an array (n_rows, n_columns); an array as it is.

    Raises InputError that names row and column of the first cell that holds none.
    """
    if not (is_table(given) or is_rows(given)):
        return np.asarray(given)
    frame = as_frame(given, name, asked=None, whole_numbers=False)
    for column, kind in frame.dtypes.items():
        if getattr(kind, "kind", "") in "mM":  # NumPy makes nanoseconds of times, if all columns hold some
            raise InputError.at(name, column=str(column), wanted="numbers", got="times", advice="leave the column out")
    for missing in (None, np.nan):  # pandas' own mark for it is no number to NumPy
        try:
            return np.array(frame if missing is None else frame.to_numpy(na_value=missing), dtype=np.float64)
        except (TypeError, ValueError):
            continue
    for number, column in enumerate(map(str, frame.columns)):
        for row, cell in enumerate(frame.iloc[:, number].tolist(), start=1):
            if not (is_missing(cell) or _is_number(cell)):
                raise InputError.at(name, row=row, column=column, wanted="a number", got=described(cell))
    raise InputError.at(name, wanted="a table of numbers", got="a table that can't be one")


def _is_number(cell: Any) -> bool:
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True


def no_table(given: Any, name: str, *, wanted: str = WANTED) -> InputError:
    """Return the error for something that is no table: what it is, and what makes a table of it."""
    way = next((method for method in _WAYS if callable(getattr(given, method, None))), None)
    return InputError.at(name, wanted=wanted, got=class_name(given), advice=f"give its .{way}()" if way else "")


def _has(given: Any, name: str) -> bool:
    """Whether it has an attribute; one that can't be had now, as of a closed connection's table, is there."""
    try:
        return hasattr(given, name)
    except Exception:  # noqa: BLE001 (of any library)
        return True


def _gives_arrow(given: Any) -> bool:
    return hasattr(given, "__arrow_c_stream__") or hasattr(given, "__arrow_c_array__")


def _is_arrow_dataset(given: Any) -> bool:
    """Whether it is a data set of pyarrow, or a scan of one."""
    return hasattr(given, "to_table") and type(given).__module__.startswith("pyarrow")


def _is_hugging_face(given: Any) -> bool:
    """Whether it is a `datasets.Dataset`; a stream of rows (IterableDataset) has no length."""
    return all(hasattr(given, name) for name in ("with_format", "column_names", "features", "__len__", "select"))


def _is_lazy(given: Any) -> bool:
    """Whether it is a query of polars: iterating over it isn't refused by all of its versions."""
    return hasattr(given, "collect") and hasattr(given, "collect_schema")


def _check_names(names: Sequence[str], name: str) -> None:
    if not names:
        raise InputError.at(name, wanted="a table with columns", got="one without any")
    if len(set(names)) < len(names):
        twice, n_columns = Counter(names).most_common(1)[0]
        raise InputError.at(
            name,
            column=twice,
            wanted="columns of different names",
            got=f"{n_columns} of this name",
            advice="rename them, or choose columns first",
        )


# Dicts and lists


def _from_columns(columns: Mapping[Any, Any], name: str) -> pd.DataFrame:
    """Make a table of a dict of columns."""
    import pandas as pd

    _check_names([str(key) for key in columns], name)
    tables = [str(key) for key, cells in columns.items() if is_table(cells)]
    if tables:
        raise InputError.at(
            name,
            wanted="one table",
            got=f"a {class_name(columns)} of several ({named(tables)})",
            advice=f"give one of them: data[{tables[0]!r}]",
        )
    for key, cells in columns.items():
        if isinstance(cells, (str, bytes)) or not isinstance(cells, Iterable):
            got = described(cells) if isinstance(cells, (str, bytes)) else class_name(cells)
            raise InputError(
                f"{name}: wanted a dict of columns, each a list of cells, got {got} as column {named([str(key)])}",
                column=str(key),
                wanted="a list of cells",
                got=class_name(cells),
            )
    lists = {str(key): as_cells(cells, name) for key, cells in columns.items()}
    lengths = {key: len(cells) for key, cells in lists.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{key} {length}" for key, length in lengths.items())
        raise InputError(f"{name}: wanted columns of one length, got {told}", wanted="columns of one length", got=told)
    return pd.DataFrame({key: pd.Series(cells, dtype=OBJECT) for key, cells in lists.items()})


def _from_rows(rows: list[Any], name: str) -> pd.DataFrame:
    """Make a table of rows; a row that lacks a column has nothing in it."""
    import pandas as pd

    strange = next((i for i, row in enumerate(rows) if not isinstance(row, Mapping)), None)
    if strange is not None:
        raise InputError.at(name, row=strange + 1, wanted="a dict, as in other rows", got=class_name(rows[strange]))
    keys = dict.fromkeys(key for row in rows for key in row)
    _check_names(list(map(str, keys)), name)
    return pd.DataFrame({str(key): pd.Series([row.get(key) for row in rows], dtype=OBJECT) for key in keys})


# Arrow


def _from_arrow(given: Any, name: str, asked: frozenset[str] | None, *, whole_numbers: bool) -> pd.DataFrame:
    import pyarrow as pa

    try:
        table = _arrow_table(given, name, asked)
        wanted = _readable(table.schema, name, asked)
        plain = pa.Table.from_arrays(
            [_plain(table.column(one)) for one in wanted], names=[table.schema.field(one).name for one in wanted]
        )
        # What pandas noted of the table (its index) is put aside, as in a file; large whole numbers stay whole.
        frame: pd.DataFrame = plain.to_pandas(ignore_metadata=True, integer_object_nulls=whole_numbers)
    except (EmotopyError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 (of any library; its message, and what it was raised from, may quote cells)
        raise InputError.at(
            name,
            wanted=WANTED,
            got=f"a {class_name(given)} that can't be read ({type(error).__name__})",
            advice="see whether its own library can read all of it",
        ) from None
    return mark(frame) if is_confidential(table) else frame


def _arrow_table(given: Any, name: str, asked: frozenset[str] | None) -> Any:
    """Return a table as pyarrow's; columns that are left out aren't read where that saves reading them."""
    import pyarrow as pa

    if isinstance(given, pa.Table):
        return given
    if _is_hugging_face(given):
        return given.with_format("arrow")[:]
    if _is_arrow_dataset(given) and hasattr(given, "get_fragments"):
        names = [given.schema.field(one).name for one in _readable(given.schema, name, asked)]
        return given.to_table(columns=names).replace_schema_metadata(given.schema.metadata)
    if _is_arrow_dataset(given):
        return given.to_table()
    return pa.table(given) if _gives_arrow(given) else given.to_arrow_table()


def _readable(schema: Any, name: str, asked: frozenset[str] | None) -> list[int]:
    """Return the places of the columns that hold one value a row; see `as_frame` for what is raised."""
    _check_names(schema.names, name)
    index = _index_columns(schema) if asked is None else {one for one in schema.names if _INDEX.fullmatch(one)} - asked
    found = []
    for place, field in enumerate(schema):
        if field.name in index:
            continue
        if _is_plain(field.type):
            found.append(place)
        elif asked is None or field.name in asked:
            raise InputError.at(
                name,
                column=field.name,
                wanted=PLAIN,
                got=_type_name(field.type),
                advice="make a column of texts or numbers of it",
            )
    return found


def _index_columns(schema: Any) -> set[str]:
    """Return the columns that were the index of a DataFrame, by what pandas noted or how it calls them."""
    try:
        noted = json.loads((schema.metadata or {}).get(b"pandas", b"{}"))["index_columns"]
    except (ValueError, KeyError, TypeError):
        noted = ()
    return {name for name in schema.names if name in noted or _INDEX.fullmatch(name)}


def _is_plain(kind: Any) -> bool:
    import pyarrow.types as pt

    kind = _values_of(kind)
    is_text = pt.is_string(kind) or pt.is_large_string(kind) or getattr(pt, "is_string_view", pt.is_string)(kind)
    is_time = pt.is_temporal(kind) and not pt.is_interval(kind)
    return bool(
        is_text
        or is_time
        or pt.is_integer(kind)
        or pt.is_floating(kind)
        or pt.is_boolean(kind)
        or pt.is_decimal(kind)
        or pt.is_null(kind)
    )


def _values_of(kind: Any) -> Any:
    """Return the type of a column's values, however they are held."""
    import pyarrow as pa

    while True:
        if isinstance(kind, pa.BaseExtensionType):
            kind = kind.storage_type
        elif pa.types.is_dictionary(kind) or pa.types.is_run_end_encoded(kind):
            kind = kind.value_type
        else:
            return kind


def _type_name(kind: Any) -> str:
    """Name a type as Arrow does, without the fields of structs, which may be many.

    >>> import pyarrow as pa
    >>> _type_name(pa.list_(pa.int64())), _type_name(pa.struct({"a": pa.string()}))
    ('list<item: int64>', 'struct<1 field>')
    """
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return f"struct<{kind.num_fields} field{'s' * (kind.num_fields != 1)}>"
    text = str(kind)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _plain(column: Any) -> Any:
    """Return a column whose values pandas can hold: of extensions what they store, runs and odd categories unfolded."""
    import pyarrow as pa
    import pyarrow.compute as pc

    while True:
        kind = column.type
        if isinstance(kind, pa.BaseExtensionType):
            column = pa.chunked_array([one.storage for one in column.chunks], type=kind.storage_type)
        elif pa.types.is_run_end_encoded(kind):
            column = pa.chunked_array([pc.run_end_decode(one) for one in column.chunks], type=kind.value_type)
        elif pa.types.is_dictionary(kind) and not _has_categories(column):
            column = column.cast(kind.value_type)
        else:
            return column


def _has_categories(column: Any) -> bool:
    """Whether a dictionary's values are categories as pandas wants them: none missing, none twice."""
    values = [one.dictionary for one in column.chunks]
    return all(not one.null_count and len(one.unique()) == len(one) for one in values)


def _arrow_cells(column: Any, name: str) -> list[Any]:
    import pyarrow as pa

    try:
        whole = column if isinstance(column, (pa.Array, pa.ChunkedArray)) else pa.chunked_array(column)
        cells = pa.chunked_array([whole]) if isinstance(whole, pa.Array) else whole
        found = _plain(cells).to_pylist() if _is_plain(whole.type) else None
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (as above)
        got = f"a {class_name(column)} that can't be read ({type(error).__name__})"
        raise InputError.at(name, wanted="a column", got=got) from None
    if found is None:
        raise InputError.at(name, wanted=PLAIN, got=_type_name(whole.type))
    return list(found)
