"""A table in several Parquet files: a folder of them, or a pattern (`parts/*.parquet`), as Dask, Spark and Arrow write.

The rows of the files follow each other in the natural order of the files' names (`part-2` before `part-10`), whatever
order the file system lists them in: that is all that a row's number says. Rows that have to be told apart elsewhere
have an id column. Folders named `column=value` add that column, as Hive has it.
"""

from __future__ import annotations

import glob
import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import attrs

from emotopy.errors import InputError, listed
from emotopy.readers.table_notes import add_read_notes
from emotopy.readers.text_io import read_bounded

if TYPE_CHECKING:
    import pandas as pd

ENDING = ".parquet"
MOST_FILES = 100_000
"""A folder of more isn't a table that somebody wants read."""
MOST_NAMED = 5
"""Files that a message names."""
RESULTS = "provenance.json"
"""A folder that holds it is no table but what was made of one."""
NULL = "__HIVE_DEFAULT_PARTITION__"
"""What Hive calls the folder of rows without a value."""


@attrs.frozen
class Part:
    """A file of a partitioned table: `name` is its path below the table's folder, `values` what its folders say."""

    path: Path
    name: str
    values: tuple[tuple[str, str | None], ...] = ()


def is_partitioned(path: Path) -> bool:
    """Whether a path names a folder, or a pattern of files."""
    return path.is_dir() or (glob.has_magic(str(path)) and not path.exists())


def parts_of(path: Path) -> list[Part]:
    """Return the files of a partitioned table, in the natural order of their names.

    Files and folders whose names start with a dot or an underscore are passed over, as Spark and Arrow do.

    Raises InputError where there are none, or too many, or one lies in a folder that isn't named `column=value`.
    """
    if path.is_dir():
        if (path / RESULTS).exists():
            raise InputError.at(
                path.name,
                wanted=f"a folder of {ENDING} files with texts",
                got="results of emotopy",
                advice="name the file or folder that was mapped",
            )
        home = path
        found = [one for one in path.rglob(f"*{ENDING}") if one.is_file()]
    else:
        n_plain = next(i for i, part in enumerate(path.parts) if glob.has_magic(part))
        home = Path(*path.parts[:n_plain])
        found = [one for one in home.glob(str(Path(*path.parts[n_plain:]))) if one.is_file()]
    if len(found) > MOST_FILES:
        raise InputError.at(
            path.name, wanted=f"at most {MOST_FILES:,} files", got=f"{len(found):,}", advice="join some of them"
        )
    parts = []
    for one in found:
        inside = one.relative_to(home)
        if any(name.startswith((".", "_")) for name in inside.parts):
            continue
        parts.append(Part(one, inside.as_posix(), tuple(_value(folder, inside, path) for folder in inside.parts[:-1])))
    if not parts:
        raise InputError.at(
            path.name,
            wanted=f"a folder of {ENDING} files, or a pattern that names some",
            got="none",
            advice="name a file, or the folder that holds the parts",
        )
    return sorted(parts, key=lambda part: natural_key(part.name))


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Return what a name is sorted by: numbers in it by their value.

    >>> sorted(["part.10", "part.9", "part.1"], key=natural_key)
    ['part.1', 'part.9', 'part.10']
    """
    pieces = re.split(r"([0-9]+)", name)
    return [(0, int(one), one) if i % 2 else (1, 0, one) for i, one in enumerate(pieces)] + [(1, 0, name)]


def hash_parts(parts: Sequence[Part]) -> str:
    """Return the SHA-256 of the files' own, in their order; files by another name and order are another table."""
    digest = hashlib.sha256()
    for part in parts:
        with part.path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
        digest.update(repr(part.values).encode())
    return digest.hexdigest()


def read_parts(path: Path, most_bytes: int) -> pd.DataFrame:
    """Read a partitioned table; `most_bytes` bounds what its files take together.

    What was found stands in `table_notes.read_notes` of the table, the rows of each file in its `attrs["partitions"]`.

    Raises InputError that names the file: one that can't be read, that has other columns than the first, or a column of
    another type. A file without rows is fine, and told.
    """
    import pyarrow as pa

    parts = parts_of(path)
    size = sum(part.path.stat().st_size for part in parts)
    if size > most_bytes:
        raise InputError.at(
            path.name,
            wanted=f"files of at most {most_bytes / 2**30:.0f} GiB together",
            got=f"{size / 2**30:.1f} GiB",
            advice="map some of them at a time",
        )
    tables = [_read(part, path.name, most_bytes) for part in parts]
    named = [(f"{path.name}/{part.name}", table) for part, table in zip(parts, tables, strict=True)]
    table = pa.concat_tables(_aligned(named))
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True, integer_object_nulls=True)
    rows = [len(one) for one in tables]
    files = f"{len(parts):,} Parquet file{'s' * (len(parts) != 1)} of {len(frame):,} rows together"
    order = "in the natural order of their names; `row` counts through them"
    notes = [f"{path.name} was read as {files}, {order}."]
    empty = [part.name for part, n in zip(parts, rows, strict=True) if not n]
    if empty:
        more = f" and {len(empty) - MOST_NAMED:,} more" if len(empty) > MOST_NAMED else ""
        notes.append(f"Files without rows: {', '.join(empty[:MOST_NAMED])}{more}.")
    if passed := _passed_over(path):
        notes.append(f"Files in other formats in {path.name} were skipped: {', '.join(passed)}.")
    frame.attrs["partitions"] = rows
    return add_read_notes(frame, tuple(notes))


def _passed_over(path: Path) -> list[str]:
    """Return the names of the first files in the folder that aren't Parquet files."""
    others = (one.name for one in path.iterdir() if one.is_file()) if path.is_dir() else ()
    return sorted(name for name in others if not name.startswith((".", "_")) and not name.endswith(ENDING))[:MOST_NAMED]


def _value(folder: str, inside: Path, path: Path) -> tuple[str, str | None]:
    column, equals, value = folder.partition("=")
    if not equals or not column:
        raise InputError.at(
            f"{path.name}/{inside.as_posix()}",
            wanted="files in the folder itself, or in folders named column=value",
            got=f"the folder {folder!r}",
            advice="name the folder that holds the parts",
        )
    return unquote(column), None if value == NULL else unquote(value)


def _read(part: Part, folder: str, most_bytes: int) -> Any:
    """Return a file's Arrow table, with the columns that its folders say."""
    import pyarrow as pa
    from pyarrow import parquet

    name = f"{folder}/{part.name}"
    data = read_bounded(part.path, most_bytes)
    try:
        table = parquet.read_table(pa.BufferReader(data)).replace_schema_metadata(None)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError.at(
            name,
            wanted="a Parquet file",
            got="an empty file" if not data else f"one that can't be read ({type(error).__name__})",
            advice="write it again, or remove it from the folder",
        ) from error
    for column, value in part.values:
        if column in table.column_names:
            raise InputError.at(
                name, column=column, wanted="a column that only the folder name gives", got="one in the file, too"
            )
        table = table.append_column(column, pa.array([value] * len(table), pa.string()))
    return table


def _aligned(tables: Sequence[tuple[str, Any]]) -> list[Any]:
    """Return the tables with the columns of the first in its order, and one type for each column."""
    import pyarrow as pa

    filled = [(name, table) for name, table in tables if len(table)] or list(tables[:1])
    first, columns = filled[0][0], filled[0][1].column_names
    if len(set(columns)) < len(columns):
        twice = next(column for column in columns if columns.count(column) > 1)
        raise InputError.at(first, column=twice, wanted="columns of different names", got="two of this name")
    kinds: dict[str, tuple[Any, str]] = {}
    for name, table in filled:
        if sorted(table.column_names) != sorted(columns):
            raise _other_columns(name, table.column_names, first, columns)
        for column in columns:
            kind = _kind(table.schema.field(column).type)
            known = kinds.get(column)
            if pa.types.is_null(kind):  # a column without a value has no type
                continue
            if known is not None and known[0] != kind:
                raise InputError.at(
                    name,
                    column=column,
                    wanted=f"{known[0]}, as in {known[1]}",
                    got=str(kind),
                    advice="give the column one type in all files",
                )
            kinds.setdefault(column, (kind, name))
    for name, table in tables:
        if not len(table) and table.column_names and sorted(table.column_names) != sorted(columns):
            raise _other_columns(name, table.column_names, first, columns)
    schema = pa.schema([(column, kinds[column][0] if column in kinds else pa.null()) for column in columns])
    return [table.select(columns).cast(schema) for _, table in filled]


def _other_columns(name: str, got: Sequence[str], first: str, wanted: Sequence[str]) -> InputError:
    """Return the error for a file whose columns aren't those of the first."""
    lacking, more = sorted(set(wanted) - set(got)), sorted(set(got) - set(wanted))
    difference = "; ".join(
        [*([f"lacks {listed(lacking)}"] if lacking else []), *([f"has {listed(more)} besides"] if more else [])]
    )
    return InputError.at(
        name,
        column=next(iter(lacking or more), None),
        wanted=f"the columns {listed(wanted)}, as in {first}",
        got=f"{listed(got)} ({difference or 'one of them twice'})",
        advice="give all files the same columns, or remove it from the folder",
    )


def _kind(kind: Any) -> Any:
    """Return the type that a column counts as: however texts are held, they are texts."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    return kind
