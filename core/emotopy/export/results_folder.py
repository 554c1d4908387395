"""A results directory that was written before: which kind it is, its tables, read as they stand and checked."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from emotopy.errors import InputError
from emotopy.storage.results import FORMAT, FORMAT_NAME, MANIFEST, PROVENANCE, read_manifest

if TYPE_CHECKING:
    import pandas as pd

KINDS: Mapping[str, tuple[str, ...]] = {
    "texts": ("regions.csv",),
    "comparison": ("comparison.csv",),
    "decoding": ("scores.csv", "subjects.csv", "predictions.parquet"),
    "bridge": ("bridge.csv",),
}
"""The files that a results directory of each kind lists; the first tells the kind."""
MOST_PROVENANCE_BYTES = 16 << 20
MOST_TABLE_BYTES = 1 << 30
MOST_PREDICTIONS = 50_000_000
"""Rows of a table of predictions that are read at most."""
AGAIN = "make the results again"
MOST_NAMED = 8
"""Files that an error names."""


@attrs.frozen
class ResultsFolder:
    """A results directory: its path, kind, provenance, and the files that its manifest lists (name → SHA-256)."""

    path: Path
    kind: str
    provenance: Mapping[str, Any]
    manifest: Mapping[str, str]

    @classmethod
    def open(cls, path: Path, kinds: Mapping[str, tuple[str, ...]] = KINDS) -> ResultsFolder:
        """Look at a folder. Raises InputError where it is none of ours, older, damaged, or of none of the kinds.

        `kinds` are the files that a folder of each kind lists; the first tells the kind. No file but the folder's
        provenance is read.
        """
        manifest = listed_files(path)
        provenance = _provenance(path)
        for kind, needed in kinds.items():
            if needed[0] in manifest:
                for name in needed[1:]:
                    if name not in manifest:
                        raise InputError.at(name, wanted=f"this table of a {kind}", got="no such file", advice=AGAIN)
                return cls(path, kind, provenance, manifest)
        raise InputError.at(
            PROVENANCE,
            wanted="results with one of the tables " + ", ".join(needed[0] for needed in kinds.values()),
            got=_listed_in_words(manifest),
            advice=_advice(manifest),
        )

    @property
    def run(self) -> Mapping[str, Any]:
        """The provenance without the list of files: what the result itself says."""
        return {key: value for key, value in self.provenance.items() if key != MANIFEST}

    def check(self, name: str) -> None:
        """Raise InputError where a listed file is gone, a link, or was changed."""
        file = check_listed(self.path, name, self.manifest)
        with file.open("rb") as opened:
            if hashlib.file_digest(opened, "sha256").hexdigest() != self.manifest[name]:
                raise _changed(name)

    def read(self, name: str, most_bytes: int = MOST_TABLE_BYTES) -> bytes:
        """Return the content of a listed file; InputError where it is gone, a link, too large, or was changed."""
        content = read_listed(self.path, name, self.manifest, most_bytes)
        if hashlib.sha256(content).hexdigest() != self.manifest[name]:
            raise _changed(name)
        return content

    def table(self, name: str) -> tuple[list[str], list[list[str]]]:
        """Return header and rows of a listed CSV file, every cell as it is written there."""
        try:
            rows = list(csv.reader(io.StringIO(self.read(name).decode("utf-8"), newline=""), strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            raise InputError.at(name, wanted="a CSV table in UTF-8", got=str(error), advice=AGAIN) from error
        if not rows or len(set(rows[0])) < len(rows[0]) or any(len(row) != len(rows[0]) for row in rows):
            raise InputError.at(
                name, wanted="a header of unique names, and rows of the same length", got="others", advice=AGAIN
            )
        return rows[0], rows[1:]

    def predictions(self) -> pd.DataFrame:
        """Return the table of predictions of a decoding."""
        from pyarrow import ArrowException, BufferReader, parquet

        name = "predictions.parquet"
        try:
            with parquet.ParquetFile(BufferReader(self.read(name))) as file:
                n_bytes = sum(file.metadata.row_group(i).total_byte_size for i in range(file.num_row_groups))
                if file.metadata.num_rows > MOST_PREDICTIONS or n_bytes > 4 * MOST_TABLE_BYTES:
                    raise InputError.at(
                        name,
                        wanted=f"at most {MOST_PREDICTIONS:,} rows and {4 * MOST_TABLE_BYTES:,} bytes unpacked",
                        got=f"{file.metadata.num_rows:,} rows, {n_bytes:,} bytes",
                    )
                frame: pd.DataFrame = file.read().to_pandas(ignore_metadata=True)
        except (ArrowException, OSError, ValueError) as error:
            raise InputError.at(name, wanted="a Parquet table", got=str(error), advice=AGAIN) from error
        for column in ("subject", "features", "emotion"):
            if column not in frame:
                raise InputError.at(name, column=column, wanted="this column", got="none", advice=AGAIN)
        return frame


def listed_files(path: Path) -> Mapping[str, str]:
    """Return the files that a results directory of ours lists, name → SHA-256.

    Raises InputError where the folder is none of ours, or was written by an older or a newer version.
    """
    if not path.is_dir():
        raise InputError.at(path.name or str(path), wanted="a results directory", got="no folder of that name")
    manifest = read_manifest(path)
    if manifest is not None:
        return manifest
    wanted = f"a results directory, whose {PROVENANCE} lists its files"
    if not (path / PROVENANCE).is_file():
        inside = sorted(one.parent.name for one in _few(path.glob(f"*/{PROVENANCE}")))
        advice = f"there are results in {', '.join(inside)}" if inside else "give the folder of a run of emotopy"
        raise InputError.at(path.name or str(path), wanted=wanted, got=f"a folder without {PROVENANCE}", advice=advice)
    held = _provenance(path).get(MANIFEST)
    if held is None:
        raise InputError.at(PROVENANCE, wanted=wanted, got="none, as older versions of emotopy wrote it", advice=AGAIN)
    written_as = held.get(FORMAT) if isinstance(held, dict) else None
    if isinstance(written_as, str) and written_as != FORMAT_NAME:
        raise InputError.at(
            PROVENANCE, wanted=repr(FORMAT_NAME), got=repr(written_as[:80]), advice="use the emotopy that wrote it"
        )
    raise InputError.at(PROVENANCE, wanted=wanted, got="a list that is damaged", advice=AGAIN)


def read_listed(path: Path, name: str, manifest: Mapping[str, str], most_bytes: int) -> bytes:
    """Return the content of a listed file; InputError where it isn't listed, gone, a link, or too large."""
    file = check_listed(path, name, manifest)
    with file.open("rb") as opened:
        content = opened.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise InputError.at(name, wanted=f"at most {most_bytes:,} bytes", got="more")
    return content


def check_listed(path: Path, name: str, manifest: Mapping[str, str]) -> Path:
    """Return the path of a listed file; InputError where it isn't listed, gone, or a link."""
    file = path / name
    if name not in manifest:
        raise InputError.at(name, wanted="this file in the results", got="none", advice=AGAIN)
    steps = [file, *file.parents[: len(Path(name).parts) - 1]]
    if any(step.is_symlink() for step in steps):
        raise InputError.at(name, wanted="a file", got="a link, which is not followed", advice=AGAIN)
    if not file.is_file():
        raise InputError.at(name, wanted="the file that the results list", got="none there", advice=AGAIN)
    return file


def _changed(name: str) -> InputError:
    return InputError.at(name, wanted="the file as emotopy wrote it", got="one that was changed since", advice=AGAIN)


def _provenance(path: Path) -> dict[str, Any]:
    file = path / PROVENANCE
    with file.open("rb") as opened:
        content = opened.read(MOST_PROVENANCE_BYTES + 1)
    if len(content) > MOST_PROVENANCE_BYTES:
        raise InputError.at(PROVENANCE, wanted=f"at most {MOST_PROVENANCE_BYTES:,} bytes", got="more")
    try:
        held = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError.at(PROVENANCE, wanted="JSON", got=str(error), advice=AGAIN) from error
    if not isinstance(held, dict):
        raise InputError.at(PROVENANCE, wanted="a JSON object", got=type(held).__name__, advice=AGAIN)
    return held


def _listed_in_words(manifest: Mapping[str, str]) -> str:
    """Return the first names of a list of files."""
    shown = sorted(manifest)[:MOST_NAMED]
    more = f" and {len(manifest) - len(shown):,} more" if len(manifest) > len(shown) else ""
    return ", ".join(shown) + more or "a folder that lists no file"


def _advice(manifest: Mapping[str, str]) -> str:
    """Say what to do with a folder that lists no table."""
    if any(f"/{PROVENANCE}" in name for name in manifest):
        return "of an experiment, take the folders in it one by one"
    return "the run wrote no tables; run it again with the reporter `csv` among its reporters"


def _few(paths: Iterator[Path], most: int = 8) -> list[Path]:
    return [path for path, _ in zip(paths, range(most), strict=False)]
