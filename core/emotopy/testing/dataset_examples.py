"""The example that a data set writes of itself: its files, written anew for each check, and what loads from them."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from emotopy.testing.suite import require


@attrs.frozen
class ExampleFiles:
    """The files of a data set's own example, by path, and which of them `load` is given: "" for the folder."""

    files: Mapping[str, bytes]
    entry: str

    def load(self, dataset: Any) -> dict[str, bytes]:
        """Write the files into a folder, load them from there, and return what came as JSON, under one name.

        Cells of a table and arrays of records are told apart by their values, paths by their names alone.
        """
        with tempfile.TemporaryDirectory() as folder:
            loaded = dataset.load(self.written(Path(folder)))
            return {"loaded": json.dumps(_plain(loaded)).encode("utf-8", "surrogatepass")}

    def written(self, folder: Path) -> Path:
        """Write the files into a folder; return what `load` is given."""
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder / self.entry if self.entry else folder


def _plain(value: Any) -> Any:  # noqa: PLR0911 (one branch per kind of value)
    """Return tables, records, arrays, sparse matrices and paths as what JSON holds."""
    if hasattr(value, "to_csv"):
        return {str(name): [repr(cell) for cell in value[name]] for name in value.columns}
    if hasattr(value, "toarray"):
        return value.toarray().tolist()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if attrs.has(type(value)):
        return {field.name: _plain(getattr(value, field.name)) for field in attrs.fields(type(value))}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return value.name
    return value if value is None or isinstance(value, (str, int, float, bool)) else type(value).__qualname__


def example_files(dataset: Any) -> ExampleFiles:
    """Return the example that a data set writes of itself."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        entry = Path(dataset.example(folder))
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        require(files, f"{type(dataset).__name__}: example() must write at least one file into the folder")
        require(
            entry == folder or folder in entry.parents,
            f"{type(dataset).__name__}: example() must return the folder that it was given, or a path in it",
        )
        return ExampleFiles(files, "" if entry == folder else entry.relative_to(folder).as_posix())
