"""Files that belong together, written whole or not at all."""

from __future__ import annotations

import pytest

from emotopy.errors import OutputError
from emotopy.storage.results import check_files_free, write_files

pytestmark = pytest.mark.usefixtures("flags")


def test_all_files_are_written(tmp_path):
    """Each has its bytes, and nothing else is left."""
    write_files({tmp_path / "a.tsv": b"1", tmp_path / "a.json": b"2"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.tsv": b"1", "a.json": b"2"}


def test_one_that_exists_keeps_all_from_being_written(tmp_path):
    """Without force nothing is touched; with it all are replaced."""
    (tmp_path / "a.json").write_bytes(b"old")
    contents = {tmp_path / "a.tsv": b"1", tmp_path / "a.json": b"2"}
    with pytest.raises(OutputError, match=r"a\.json exists; give another --out, or --force"):
        write_files(contents)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    write_files(contents, force=True)
    assert (tmp_path / "a.json").read_bytes() == b"2"


def test_places_that_cannot_take_a_file_are_said(tmp_path):
    """A folder of that name, a folder that isn't there."""
    (tmp_path / "a.tsv").mkdir()
    with pytest.raises(OutputError, match=r"a\.tsv is a folder"):
        check_files_free([tmp_path / "a.tsv"], force=True)
    with pytest.raises(OutputError, match="absent isn't a folder; create it first"):
        check_files_free([tmp_path / "absent" / "a.tsv"])


def test_what_the_system_refuses_leaves_nothing_behind(tmp_path):
    """A name that is too long for the system is an error of ours."""
    contents = {tmp_path / "a.tsv": b"1", tmp_path / f"{'x' * 300}.json": b"2"}
    with pytest.raises(OutputError, match="name is too long"):
        write_files(contents)
    assert list(tmp_path.iterdir()) == []
