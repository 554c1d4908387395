"""NeuroQuery's studies: where each reports peaks, and which words its abstract uses.

Source: github.com/neuroquery/neuroquery_data, folder `data/` (Dockès et al. 2020, eLife 9:e53385). Read as published:
`coordinates.tsv.gz` (study id, table, MNI x y z), `metadata.tsv.gz` (study id, title; row order of the counts),
`abstract_counts.npz` (studies × words) and `vocabulary.txt` (one word or phrase a line, column order of the counts).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from emotopy.datasets.dataset_info import Card
from emotopy.datasets.remote import File, RemoteSource, fetch
from emotopy.errors import InputError
from emotopy.readers.text_io import MOST_BYTES, read_bounded
from emotopy.records import FloatArray, IntArray

COORDINATES = "coordinates.tsv.gz"
METADATA = "metadata.tsv.gz"
COUNTS = "abstract_counts.npz"
VOCABULARY = "vocabulary.txt"
FILES = (COORDINATES, METADATA, COUNTS, VOCABULARY)
CARD = Card(
    name="neuroquery",
    title="NeuroQuery",
    cite="Dockès et al. (2020), NeuroQuery, comprehensive meta-analysis of human brain mapping, eLife 9:e53385",
    licence="BSD 3-Clause (repository)",
    home="https://github.com/neuroquery/neuroquery_data",
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


def fetch_neuroquery(
    *,
    folder: Path | None = None,
    mirror: str | None = None,
    notify: Callable[[str], None] = lambda message: None,
) -> Path:
    """Fetch the four files (7.6 MB) where they aren't here yet; return their folder, which `load_neuroquery` reads.

    Options and errors as `remote.fetch`.
    """
    return fetch(ORIGINAL, folder=folder, mirror=mirror, notify=notify)


@attrs.frozen(eq=False)
class Studies:
    """Published studies: the peaks each reports, and how often its abstract uses each word of a vocabulary.

    `peaks` (n_peaks, 3) are MNI x, y, z in millimetres, each once per study though several of its tables show it;
    `study_of_peak` (n_peaks,) is the row of its study; `counts` is a sparse matrix (n_studies, n_words) with a column
    per entry of `vocabulary`; `inputs` maps file names to SHA-256 checksums, empty for studies made in memory.

    Raises InputError where these don't fit together.
    """

    ids: tuple[str, ...]
    peaks: FloatArray
    study_of_peak: IntArray
    counts: Any
    vocabulary: tuple[str, ...]
    inputs: Mapping[str, str] = attrs.field(factory=dict)

    def __attrs_post_init__(self) -> None:
        if self.peaks.ndim != 2 or self.peaks.shape[1] != 3 or not np.isfinite(self.peaks).all():
            raise InputError(f"peaks: wanted finite x, y, z in a row each, got an array of shape {self.peaks.shape}")
        if self.study_of_peak.shape != (len(self.peaks),):
            raise InputError(f"study_of_peak: wanted a row number for each of {len(self.peaks)} peaks")
        if len(self.peaks) and not 0 <= self.study_of_peak.min() <= self.study_of_peak.max() < len(self.ids):
            raise InputError(f"study_of_peak: wanted row numbers from 0 to {len(self.ids) - 1}")
        if self.counts.shape != (len(self.ids), len(self.vocabulary)):
            raise InputError(
                f"the word counts have shape {self.counts.shape}, but there are {len(self.ids)} studies and "
                f"{len(self.vocabulary)} words; are the files of the same release?"
            )

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def n_peaks(self) -> IntArray:
        """How many peaks each study reports, (n_studies,)."""
        return np.bincount(self.study_of_peak, minlength=len(self.ids))


def load_neuroquery(folder: Path) -> Studies:
    """Read the studies from a folder that holds the four files, itself or in a subfolder `data/`.

    A peak that several tables of a study show counts once. Nothing is unpickled.

    Raises InputError for a folder or file that is absent, unreadable, or not of its form.
    """
    folder = _data_folder(folder)
    contents = {name: read_bounded(folder / name, MOST_BYTES) for name in FILES}
    ids = tuple(_frame(contents[METADATA], METADATA, ["id"])["id"].astype(str))
    if len(set(ids)) != len(ids):
        raise InputError(
            f"{METADATA}: wanted each study once, but an id stands twice",
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


def _data_folder(folder: Path) -> Path:
    if not folder.is_dir():
        raise InputError(
            f"{folder} is no folder; wanted NeuroQuery's data: {', '.join(FILES)}",
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
            f"{name}: wanted the columns {', '.join(columns)}, {', '.join(missing)} isn't there",
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
            f"{COORDINATES}: {len(unknown)} studies aren't in {METADATA}, {min(unknown)!r} for one; "
            "are the files of the same release?",
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
            f"{VOCABULARY}: wanted UTF-8 text, one word or phrase a line, but {error}",
            file=VOCABULARY,
            wanted="UTF-8 text, one word or phrase a line",
            got=str(error),
        ) from error
    if len(set(words)) != len(words):
        raise InputError(
            f"{VOCABULARY}: wanted each word once, but one stands twice",
            file=VOCABULARY,
            wanted="each word once",
            got="one twice",
        )
    return words
