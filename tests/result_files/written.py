"""Holds what a run wrote against what `emotopy.result_files` declares."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pandas as pd
from pandas.api import types

from emotopy.result_files import Column, ResultFile, ResultKind

IS_TYPE = {
    "integer": types.is_integer_dtype,
    "number": types.is_float_dtype,
    "boolean": types.is_bool_dtype,
    "text": lambda dtype: types.is_string_dtype(dtype) or types.is_object_dtype(dtype),
    "time": lambda dtype: types.is_datetime64_any_dtype(dtype) or types.is_float_dtype(dtype),
}


@attrs.frozen
class Seen:
    """What was seen of a kind of result: declared files and columns that some run wrote, and what isn't as declared."""

    kind: ResultKind
    files: set[str] = attrs.field(factory=set)
    columns: set[tuple[str, str]] = attrs.field(factory=set)
    empty: set[tuple[str, str]] = attrs.field(factory=set)
    wrong: list[str] = attrs.field(factory=list)

    def result(self, result: Any, folder: Path) -> None:
        """Look at the files of a result that was written, and at its tables."""
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and "/" not in name:
                self.file(name)
        for name, table in result.tables.items():
            paths = [path for path in (folder / f"{name}.csv", folder / f"{name}.parquet") if path.exists()]
            if len(paths) != 1:
                self.wrong.append(f"{name}: {len(paths)} files of this table")
            for path in paths:
                self.table(path.name, table)

    def file(self, name: str) -> ResultFile | None:
        """Look at a file's name."""
        declared = self.kind.file(name)
        if declared is None:
            self.wrong.append(f"{name}: a file that isn't declared")
        else:
            self.files.add(declared.name)
        return declared

    def table(self, name: str, table: pd.DataFrame) -> None:
        """Look at the columns of a table: each declared, in the declared order, of its type, range and values."""
        declared = self.file(name)
        if declared is None:
            return
        order = []
        for label in map(str, table.columns):
            column = declared.column(label)
            if column is None:
                self.wrong.append(f"{name}: column {label!r} isn't declared")
                continue
            order.append([one.name for one in declared.columns].index(column.name))
            self.columns.add((declared.name, column.name))
            self._cells(f"{name}: {label}", declared.name, column, table[label])
        if order != sorted(order):
            self.wrong.append(f"{name}: columns stand in another order than declared: {list(table.columns)}")

    def _cells(self, place: str, file: str, column: Column, cells: pd.Series) -> None:
        is_missing = cells.isna() | (cells.astype(object) == "")
        if is_missing.any():
            self.empty.add((file, column.name))
            if not column.empty:
                self.wrong.append(f"{place}: {int(is_missing.sum())} empty cells, and no declaration says when")
        known = cells[~is_missing]
        if len(cells) == 0:
            return
        is_kept_number = column.name.startswith("kept_") and types.is_float_dtype(cells.dtype)
        if not is_kept_number and not IS_TYPE[column.type](cells.dtype):
            self.wrong.append(f"{place}: {cells.dtype}, declared as {column.type}")
        elif column.values and not set(known) <= set(column.values):
            self.wrong.append(f"{place}: {sorted(set(known) - set(column.values))} aren't among the declared values")
        elif column.type in ("integer", "number") and not is_kept_number and len(known):
            values = known.to_numpy(dtype=float)
            low, high = values.min(), values.max()
            slack = 1e-6  # single precision
            if (column.low is not None and low < column.low - slack) or (
                column.high is not None and high > column.high + slack
            ):
                self.wrong.append(f"{place}: {low:g} to {high:g}, declared as {column.range}")
            if not np.isfinite(values).all():
                self.wrong.append(f"{place}: not finite")

    def unwritten(self, among: Mapping[str, object] | None = None) -> list[str]:
        """Return declared files and columns that no run wrote; of these files alone, where they are given."""
        files = [one for one in self.kind.files if among is None or one.name in among]
        columns = [(one.name, column.name) for one in files for column in one.columns]
        return [one.name for one in files if one.name not in self.files] + [
            f"{file}: {column}" for file, column in columns if (file, column) not in self.columns
        ]
