"""NeuroQuery's files, on small ones of the same form."""

from __future__ import annotations

import gzip
import hashlib
import pickle

import numpy as np
import pytest
from scipy import sparse

from emotopy.errors import InputError
from emotopy.evidence.studies import Studies
from emotopy_plugins.datasets.neuroquery import FILES, NeuroQueryDataset

COORDINATES = """\
id\ttable_id\ttable_name\tx\ty\tz
007\tt1\tTable 1\t-3.0\t42.0\t12.0
30\tt1\tTable 1\t1.0\t2.0\t3.0
007\tt2\tTable 2\t-3.0\t42.0\t12.0
007\tt2\tTable 2\t4.0\t-57.0\t24.0
"""
METADATA = "id\ttitle\n30\tA study\n007\tAnother, of licence\n5\tOne without peaks\n"
COUNTS = sparse.csr_matrix([[1.0, 0, 0, 2], [0, 1, 0, 0], [0, 0, 0, 3]])


def packed(text: str) -> bytes:
    """Gzip without the time, so that the names of tests are the same in every process."""
    return gzip.compress(text.encode(), mtime=0)


@pytest.fixture
def folder(tmp_path):
    """The four files, as published but small."""
    (tmp_path / "coordinates.tsv.gz").write_bytes(packed(COORDINATES))
    (tmp_path / "metadata.tsv.gz").write_bytes(packed(METADATA))
    sparse.save_npz(tmp_path / "abstract_counts.npz", COUNTS)
    (tmp_path / "vocabulary.txt").write_text("fear\nangry faces\ncafé\njoy\n", encoding="utf-8")
    return tmp_path


def test_studies_are_read_in_the_order_of_the_metadata(folder):
    """Ids stay strings; a study without peaks is a study."""
    studies = NeuroQueryDataset().load(folder)
    assert studies.ids == ("30", "007", "5")
    assert studies.vocabulary == ("fear", "angry faces", "café", "joy")
    np.testing.assert_array_equal(studies.counts.toarray(), COUNTS.toarray())
    assert len(studies) == 3


def test_a_peak_that_two_tables_show_counts_once(folder):
    """Four rows are three peaks."""
    studies = NeuroQueryDataset().load(folder)
    assert studies.n_peaks.tolist() == [1, 2, 0]
    assert studies.study_of_peak.tolist() == [0, 1, 1]
    assert studies.peaks.tolist() == [[1, 2, 3], [-3, 42, 12], [4, -57, 24]]


def test_inputs_are_known_by_their_checksums(folder):
    """Every file's SHA-256 is kept, without its path."""
    expected = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES}
    assert NeuroQueryDataset().load(folder).inputs == expected


def test_a_subfolder_data_will_do(folder, tmp_path_factory):
    """The repository's own layout keeps the files in `data/`."""
    root = tmp_path_factory.mktemp("repository")
    folder.rename(root / "data")
    assert len(NeuroQueryDataset().load(root)) == 3


def test_absent_files_are_named(folder):
    """A folder that isn't there, and one that lacks a file, say what is wanted and where it is found."""
    with pytest.raises(InputError, match=r"isn't a folder; wanted the NeuroQuery data: coordinates"):
        NeuroQueryDataset().load(folder / "nowhere")
    (folder / "vocabulary.txt").unlink()
    with pytest.raises(InputError, match=r"lacks vocabulary\.txt; wanted the folder data/ of https://github"):
        NeuroQueryDataset().load(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("coordinates.tsv.gz", b"plain text", "coordinates.tsv.gz: wanted gzipped"),
        ("coordinates.tsv.gz", packed("id\tx\ty\n1\t2\t3\n"), "missing: z"),
        ("coordinates.tsv.gz", packed(COORDINATES.replace("30\t", "31\t")), "1 studies aren't in"),
        ("coordinates.tsv.gz", packed(COORDINATES.replace("2.0\t3", "\t3")), "line 3: wanted finite"),
        ("coordinates.tsv.gz", packed(COORDINATES.replace("24.0", "high")), "wanted numbers in x"),
        ("metadata.tsv.gz", packed(METADATA.replace("5\t", "30\t")), "an id occurs twice"),
        ("metadata.tsv.gz", packed(METADATA)[:-12], "metadata.tsv.gz"),
        ("vocabulary.txt", b"fear\nfear\ncaf\njoy\n", "one occurs twice"),
        ("vocabulary.txt", b"fear\njoy\n", "shape (3, 4), but there are 3 studies and 2 words"),
        ("vocabulary.txt", b"\xff\n", "UTF-8"),
        ("abstract_counts.npz", b"no zip", "abstract_counts.npz: wanted a sparse matrix"),
        ("abstract_counts.npz", b"PK\x03\x04 cut", "abstract_counts.npz: wanted a sparse matrix"),
    ],
)
def test_wrong_files_are_named(folder, name, content, message):
    """What isn't of its form is an error with the file's name."""
    (folder / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        NeuroQueryDataset().load(folder)
    assert message in str(caught.value)


def test_a_pickle_is_refused(folder):
    """Counts that would run code when unpickled are an error, and the code doesn't run."""

    class Bomb:
        def __reduce__(self):
            return (folder.joinpath("exploded").touch, ())

    (folder / "abstract_counts.npz").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(InputError, match="wanted a sparse matrix"):
        NeuroQueryDataset().load(folder)
    np.savez(folder / "abstract_counts.npz", format=np.array(Bomb(), dtype=object))
    with pytest.raises(InputError, match="wanted a sparse matrix"):
        NeuroQueryDataset().load(folder)
    assert not (folder / "exploded").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"peaks": np.zeros((2, 2))}, "x, y, z"),
        ({"peaks": np.array([[0, 0, np.nan], [0, 0, 0]])}, "finite"),
        ({"study_of_peak": np.array([0])}, "each of 2 peaks"),
        ({"study_of_peak": np.array([0, 3])}, "from 0 to 2"),
    ],
)
def test_studies_must_fit_together(changes, message):
    """Peaks have three finite coordinates and a study each."""
    fields = {"ids": ("a", "b", "c"), "peaks": np.zeros((2, 3)), "study_of_peak": np.array([0, 2]),
              "counts": COUNTS, "vocabulary": ("w", "x", "y", "z")}  # fmt: skip
    with pytest.raises(InputError, match=message):
        Studies(**fields | changes)
