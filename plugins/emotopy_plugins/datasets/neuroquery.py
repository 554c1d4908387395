"""Data set `neuroquery`, NeuroQuery's studies: where each reports peaks, and which words its abstract uses.

Source: github.com/neuroquery/neuroquery_data, folder `data/` (Dockès et al. 2020, eLife 9:e53385). Read as published:
`coordinates.tsv.gz` (study id, table, MNI x y z), `metadata.tsv.gz` (study id, title; row order of the counts),
`abstract_counts.npz` (studies × words) and `vocabulary.txt` (one word or phrase a line, column order of the counts).
"""

from __future__ import annotations

import gzip
import hashlib
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.evidence.studies import Studies
from emotopy.hookspecs import hookimpl
from emotopy.readers.text_io import MOST_BYTES, read_bounded
from emotopy.records import FloatArray, IntArray
from emotopy.records.dataset_info import DatasetCard
from emotopy.roles import Dataset, Factory, Host
from emotopy.storage.remote import File, RemoteSource, fetch

COORDINATES = "coordinates.tsv.gz"
METADATA = "metadata.tsv.gz"
COUNTS = "abstract_counts.npz"
VOCABULARY = "vocabulary.txt"
FILES = (COORDINATES, METADATA, COUNTS, VOCABULARY)
CARD = DatasetCard(
    name="neuroquery",
    title="NeuroQuery",
    cite="Dockès et al. (2020), NeuroQuery, comprehensive meta-analysis of human brain mapping, eLife 9:e53385",
    licence="BSD 3-Clause (repository)",
    home="https://github.com/neuroquery/neuroquery_data",
    language="en",
    rows="studies",
)
PREFIX = "data-neuroquery_version-1_"
WORDS = f"{PREFIX}vocab-neuroquery156521_"
ORIGINAL = RemoteSource(
    name=CARD.name,
    home=f"{CARD.home}/tree/main/data",
    url="https://raw.githubusercontent.com/neuroquery/neuroquery_data/4580f86267fb7c14ac1f601e298cbed898d79f2d/data/",
    files={
        COORDINATES: File(
            f"{PREFIX}coordinates.tsv.gz", "b97cf50346dc8a6f78b3c02c8a19680679d7dbdf35f760a1032e46c2cad3666c"
        ),
        METADATA: File(f"{PREFIX}metadata.tsv.gz", "d84d2c7b2e2ca1692381419833fde043fb42d279014104c3c957feeeece140ea"),
        COUNTS: File(
            f"{WORDS}source-abstract_type-count_features.npz",
            "1afb653a7c638377dae3ac9785e0e7ba04d62d89ecbd4c2b2dee8514365138c8",
        ),
        VOCABULARY: File(f"{WORDS}vocabulary.txt", "54a768ac2cd266f38a3010a20fd8b10abb107677776c8bda7060c8f9a4517793"),
    },
)
"""The release's names by those used here; the commit is the one that NiMARE fetches, checksums are of our copies."""


@attrs.define(eq=False)
class NeuroQueryDataset:
    """NeuroQuery (Dockès et al. 2020): check the studies, and print the command that builds evidence from them.

    In Python, it returns `emotopy.evidence.studies.Studies` with the peaks and abstract words of 13,459 studies.
    """

    card = CARD

    host: Host = attrs.field(factory=Host, repr=False)

    def fetch(self, folder: Path | None = None, mirror: str | None = None) -> Path:
        """Fetch the four files (7.6 MB) where they aren't here yet; return their folder.

        As `emotopy.storage.remote.fetch`.
        """
        return fetch(ORIGINAL, folder=folder, mirror=mirror, notify=self.host.log)

    def example(self, folder: Path) -> Path:
        """Write three made-up studies with five peaks and four words into `folder`; return it."""
        import io

        from scipy import sparse

        buffer = io.BytesIO()
        counts = np.array([[2, 0, 1, 0], [0, 1, 0, 0], [0, 0, 3, 1]])
        sparse.save_npz(buffer, sparse.csr_matrix(counts), compressed=False)
        peaks = ("1\t0\t-20\t-5\t-18", "1\t0\t20\t-5\t-18", "2\t0\t-40\t8\t0", "3\t1\t0\t45\t20", "3\t2\t0\t-50\t25")
        tables = {
            COORDINATES: "\n".join(["id\ttable_id\tx\ty\tz", *peaks, ""]),
            METADATA: "id\ttitle\n1\tFear\n2\tDisgust\n3\tJoy\n",
        }
        for name, content in tables.items():
            (folder / name).write_bytes(gzip.compress(content.encode(), mtime=0))
        (folder / COUNTS).write_bytes(buffer.getvalue())
        (folder / VOCABULARY).write_bytes(b"fear\ndisgust\njoy\nself\n")
        return folder

    def describe(self, loaded: Studies, source: Path) -> Sequence[str]:
        """Say what there is, and the command that builds evidence from it."""
        following = shlex.join(["emotopy", "evidence", "build", "--from", str(source), "--out", "evidence.csv"])
        return [
            f"{len(loaded):,} studies, {len(loaded.peaks):,} peaks, {len(loaded.vocabulary):,} words in {source}",
            f"Next: {following}",
        ]

    def load(self, source: Path) -> Studies:
        """Read the studies from a folder that holds the four files, itself or in a subfolder `data/`.

        A peak that several tables of a study show counts once. Nothing is unpickled.

        Raises InputError for a folder or file that is absent, unreadable, or not of its form.
        """
        folder = _data_folder(source)
        contents = {name: read_bounded(folder / name, MOST_BYTES) for name in FILES}
        ids = tuple(_frame(contents[METADATA], METADATA, ["id"])["id"].astype(str))
        if len(set(ids)) != len(ids):
            raise InputError(
                f"{METADATA}: wanted each study once, but an id occurs twice",
                file=METADATA,
                wanted="each study once",
                got="an id twice",
            )
        peaks, study_of_peak = _peaks(contents[COORDINATES], ids)
        return Studies(
            ids=ids,
            peaks=peaks,
            study_of_peak=study_of_peak,
            counts=_counts(contents[COUNTS]),
            vocabulary=_vocabulary(contents[VOCABULARY]),
            inputs={name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
        )


@hookimpl
def register_datasets() -> Mapping[str, Factory[Dataset]]:
    """Offer `neuroquery`."""
    return {"neuroquery": NeuroQueryDataset}


def _data_folder(folder: Path) -> Path:
    if not folder.is_dir():
        raise InputError(
            f"{folder} isn't a folder; wanted the NeuroQuery data: {', '.join(FILES)}",
            file=folder.name,
            wanted=", ".join(FILES),
            got="no folder",
        )
    for place in (folder, folder / "data"):
        missing = [name for name in FILES if not (place / name).is_file()]
        if not missing:
            return place
        if len(missing) < len(FILES):
            break  # the right place, but incomplete
    raise InputError(
        f"{folder} lacks {', '.join(missing)}; wanted the folder data/ of https://github.com/neuroquery/neuroquery_data",
        file=folder.name,
        wanted="the folder data/ of neuroquery_data",
        got=f"a folder without {', '.join(missing)}",
    )


def _frame(content: bytes, name: str, columns: list[str]) -> Any:
    import io

    import pandas as pd

    try:
        frame = pd.read_csv(io.BytesIO(content), sep="\t", compression="gzip", dtype={"id": str})
    except (OSError, EOFError, ValueError) as error:
        raise InputError(
            f"{name}: wanted gzipped tab-separated values, but {error}",
            file=name,
            wanted="gzipped tab-separated values",
            got=str(error),
        ) from error
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InputError(
            f"{name}: wanted the columns {', '.join(columns)}, missing: {', '.join(missing)}",
            file=name,
            column=missing[0],
            wanted=", ".join(columns),
            got="columns of other names",
        )
    return frame


def _peaks(content: bytes, ids: tuple[str, ...]) -> tuple[FloatArray, IntArray]:
    frame = _frame(content, COORDINATES, ["id", "x", "y", "z"])
    row_of = {study: row for row, study in enumerate(ids)}
    unknown = set(frame["id"]) - row_of.keys()
    if unknown:
        raise InputError(
            f"{COORDINATES}: {len(unknown)} studies aren't in {METADATA}, such as {min(unknown)!r}; "
            "check that the files belong to the same release",
            file=COORDINATES,
            wanted=f"studies of {METADATA}",
            got=f"{len(unknown)} others",
        )
    try:
        xyz = frame[["x", "y", "z"]].to_numpy(dtype=np.float64)
    except ValueError as error:
        raise InputError(
            f"{COORDINATES}: wanted numbers in x, y, z, but {error}",
            file=COORDINATES,
            wanted="numbers in x, y, z",
            got=str(error),
        ) from error
    if not np.isfinite(xyz).all():
        line = int(np.argwhere(~np.isfinite(xyz))[0, 0]) + 2
        raise InputError(
            f"{COORDINATES}, line {line}: wanted finite x, y, z",
            file=COORDINATES,
            row=line,
            wanted="finite x, y, z",
            got="something else",
        )
    rows = frame["id"].map(row_of).to_numpy(dtype=np.float64)
    distinct = np.unique(np.column_stack([rows, xyz]), axis=0)
    return distinct[:, 1:], distinct[:, 0].astype(np.int64)


def _counts(content: bytes) -> Any:
    import io
    import zipfile

    from scipy import sparse

    try:
        counts: Any = sparse.load_npz(io.BytesIO(content))  # loads with allow_pickle=False
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{COUNTS}: wanted a sparse matrix as scipy.sparse.save_npz writes it, but {error}",
            file=COUNTS,
            wanted="a sparse matrix of scipy",
            got=str(error),
        ) from error
    return counts.tocsc()


def _vocabulary(content: bytes) -> tuple[str, ...]:
    try:
        words = tuple(content.decode("utf-8").removesuffix("\n").replace("\r\n", "\n").split("\n"))
    except UnicodeDecodeError as error:
        raise InputError(
            f"{VOCABULARY}: wanted UTF-8 text, one word or phrase per line, but {error}",
            file=VOCABULARY,
            wanted="UTF-8 text, one word or phrase per line",
            got=str(error),
        ) from error
    if len(set(words)) != len(words):
        raise InputError(
            f"{VOCABULARY}: wanted each word once, but one occurs twice",
            file=VOCABULARY,
            wanted="each word once",
            got="one twice",
        )
    return words
