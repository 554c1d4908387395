"""Results directories: whole or absent, whatever happens while they are written."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys

import pytest

from emotopy.errors import OutputError
from emotopy.storage.results import MANIFEST, PROVENANCE, atomic_directory, check_free, manifest_of

pytestmark = pytest.mark.usefixtures("flags")


def tree(folder):
    """Everything below a folder, with the contents of files."""
    return {
        path.relative_to(folder).as_posix(): path.read_text() if path.is_file() else None for path in folder.rglob("*")
    }


def write(directory, text="new", *, force=False, error=None, files=None, meanwhile=None, told=None):
    """Write results of two files and their provenance, as results are written."""
    notify = [].append if told is None else told.append
    with atomic_directory(directory, force=force, files=files, notify=notify) as partial:
        (partial / "regions.csv").write_text(text)
        (partial / "part").mkdir()
        (partial / "part" / "x.csv").write_text(text)
        provenance = {MANIFEST: manifest_of(partial)}
        (partial / PROVENANCE).write_text(json.dumps(provenance))
        if meanwhile:
            meanwhile()
        if error:
            raise error


def results(text):
    """What `write` leaves in the directory, its provenance aside."""
    return {"regions.csv": text, "part": None, "part/x.csv": text}


def without_provenance(folder):
    return {name: text for name, text in tree(folder).items() if name != PROVENANCE}


def test_a_directory_appears_whole_with_its_parents(tmp_path):
    """Inside the block the directory isn't there; after it, it is, and nothing else."""
    wanted = tmp_path / "a" / "b" / "results"
    with atomic_directory(wanted) as partial:
        assert not wanted.exists()
        (partial / "x").write_text("1")
    assert tree(tmp_path) == {"a": None, "a/b": None, "a/b/results": None, "a/b/results/x": "1"}


@pytest.mark.parametrize("error", [RuntimeError("x"), KeyboardInterrupt(), SystemExit(1), OSError(28, "full")])
def test_whatever_ends_the_block_leaves_nothing(tmp_path, error):
    """An error, Ctrl-C or a full disk leaves neither the directory nor its parents nor a hidden rest."""
    with pytest.raises(OutputError if isinstance(error, OSError) else type(error)):
        write(tmp_path / "a" / "b" / "results", error=error)
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("error", [RuntimeError("x"), KeyboardInterrupt()])
def test_what_stood_there_before_stays_when_the_new_fails(tmp_path, error):
    """With `force` too, the old results go only when the new ones are whole."""
    wanted = tmp_path / "results"
    write(wanted, "old")
    before = tree(tmp_path)
    with pytest.raises(type(error)):
        write(wanted, force=True, error=error)
    assert tree(tmp_path) == before


def test_force_replaces_results_and_empty_folders(tmp_path):
    """A results directory, and an empty folder, are replaced on request alone."""
    write(tmp_path / "results", "old")
    (tmp_path / "empty").mkdir()
    for kind in ("results", "empty"):
        with pytest.raises(OutputError, match="--force"):
            write(tmp_path / kind)
        write(tmp_path / kind, force=True)
        assert without_provenance(tmp_path / kind) == results("new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "results"]


def test_force_keeps_files_that_are_not_ours_and_names_them(tmp_path):
    """Files that the provenance doesn't list, or that were changed since, stay: beside new ones of the same name."""
    wanted = tmp_path / "results"
    write(wanted, "old")
    (wanted / "notes.txt").write_text("mine")
    (wanted / "part" / "figure.svg").write_text("mine, too")
    (wanted / "regions.csv").write_text("old, edited")
    (wanted / "link").symlink_to(tmp_path / "gone")
    told = []
    write(wanted, force=True, told=told)
    kept = {"notes.txt": "mine", "part/figure.svg": "mine, too", "regions.csv.kept": "old, edited", "link": None}
    assert without_provenance(wanted) == results("new") | kept
    (message,) = told
    assert all(name in message for name in kept)
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def test_just_any_provenance_makes_no_results_directory(tmp_path):
    """Another program's provenance, one that lists nothing or leads out of the folder: --force touches nothing."""
    ours = manifest_of(tmp_path)
    foreign = [
        {},
        [],
        {"files": {}},
        {MANIFEST: []},
        {MANIFEST: {"files": {}}},
        {MANIFEST: {**ours, "format": "another"}},
        *({MANIFEST: {**ours, "files": files}} for files in ([], {"a": 1}, {"a": "0"}, {"../a": "0" * 64})),
        *({MANIFEST: {**ours, "files": {name: "0" * 64}}} for name in ("/a", "b/../../a", "..\\a")),
    ]
    for i, content in enumerate(["", "{", "[" * 1000, *map(json.dumps, foreign)]):
        folder = tmp_path / str(i)
        folder.mkdir()
        (folder / PROVENANCE).write_text(content)
        with pytest.raises(OutputError):
            write(folder, force=True)
        assert tree(folder) == {PROVENANCE: content}


def test_what_appears_meanwhile_is_not_touched(tmp_path):
    """A folder or file that appears at the place while the run is at work stays; the results go beside it."""
    for force in (False, True):
        for kind in ("folder", "file", "link"):
            home = tmp_path / f"{kind}-{force}"
            home.mkdir()
            wanted = home / "results"

            def appear(wanted=wanted, kind=kind, home=home):
                if kind == "folder":
                    wanted.mkdir()
                    (wanted / "thesis.txt").write_text("my only copy")
                elif kind == "file":
                    wanted.write_text("mine")
                else:
                    wanted.symlink_to(home)

            with pytest.raises(OutputError, match="results-2"):
                write(wanted, force=force, meanwhile=appear)
            assert without_provenance(home / "results-2") == results("new")
            assert sorted(path.name for path in home.iterdir()) == ["results", "results-2"]
            assert kind != "folder" or tree(wanted) == {"thesis.txt": "my only copy"}


def test_input_inside_the_output_is_refused(tmp_path):
    """Results would replace it; also through a detour."""
    wanted = tmp_path / "results"
    write(wanted, "old")
    (wanted / "texts.csv").write_text("text\nx\n")
    for path in (wanted / "texts.csv", wanted, tmp_path / "other" / ".." / "results" / "texts.csv"):
        with pytest.raises(OutputError):
            check_free(wanted, force=True, inputs=[path])
    check_free(wanted, force=True, inputs=[tmp_path / "texts.csv", tmp_path / "results2" / "texts.csv"])


def test_detours_lead_to_the_same_place(tmp_path):
    """`X/../X` is X: old and new results don't end in hidden folders."""
    wanted = tmp_path / "results"
    write(wanted, "old")
    write(wanted / ".." / "results", force=True)
    assert without_provenance(wanted) == results("new")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    write(tmp_path / "a" / ".." / "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "results"]


def test_files_appear_with_the_directory_or_not_at_all(tmp_path):
    """A table beside the directory: both or neither."""
    wanted, table = tmp_path / "results", tmp_path / "segments.csv"
    with pytest.raises(RuntimeError):
        write(wanted, files={table: b"1"}, error=RuntimeError("x"))
    assert tree(tmp_path) == {}
    with pytest.raises(OutputError):
        write(wanted, files={table: b"1"}, meanwhile=lambda: table.write_bytes(b"mine"))
    assert tree(tmp_path) == {"segments.csv": "mine"}
    write(wanted, files={table: b"1"}, force=True)
    assert table.read_bytes() == b"1"
    assert without_provenance(wanted) == results("new")


def test_force_never_deletes_what_is_not_ours(tmp_path):
    """A folder without our file, a file, a link (also one that leads nowhere) stay, force or not."""
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.txt").write_text("my only copy")
    (tmp_path / "file").write_text("x")
    write(tmp_path / "results", "old")
    (tmp_path / "link").symlink_to(tmp_path / "results")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    before = tree(tmp_path)
    for name in ("foreign", "file", "link", "nowhere"):
        for force in (False, True):
            with pytest.raises(OutputError, match=name):
                check_free(tmp_path / name, force=force)
            with pytest.raises(OutputError):
                write(tmp_path / name, force=force)
    assert tree(tmp_path) == before


def test_checking_leaves_nothing_behind(tmp_path):
    """The check before the work makes no folder and no file."""
    check_free(tmp_path / "a" / "b" / "results")
    assert tree(tmp_path) == {}


@pytest.mark.parametrize("place", ["file/results", "file/a/results", "x" * 300, "a/" + "x" * 300])
def test_impossible_places_are_refused_before_the_work(tmp_path, place):
    """A part of the path that is a file, and a name too long, are errors that name the place and what to do."""
    (tmp_path / "file").write_text("x")
    for attempt in (check_free, write):
        with pytest.raises(OutputError, match="give another --out"):
            attempt(tmp_path / place)
    assert tree(tmp_path) == {"file": "x"}


def test_a_long_name_works_as_long_as_the_file_system_takes_it(tmp_path):
    """The hidden name beside it is no longer than the name itself may be."""
    write(tmp_path / ("ö" * 127))
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("chattr"), reason="needs root, and a file system with flags")
def test_a_place_without_permission_is_refused(tmp_path):
    """A folder that may not be changed is an error that says so."""
    locked = tmp_path / "locked"
    locked.mkdir()
    if subprocess.run(["chattr", "+i", str(locked)], capture_output=True, check=False).returncode:
        pytest.skip("this file system has no immutable folders")
    try:
        with pytest.raises(OutputError, match="no permission to write there"):
            check_free(locked / "results")
    finally:
        subprocess.run(["chattr", "-i", str(locked)], check=True)


FULL = """
import resource, signal, sys
from pathlib import Path
from emotopy.errors import OutputError
from emotopy.storage.results import atomic_directory
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    with atomic_directory(Path(sys.argv[1]) / "new" / "results") as partial:
        (partial / "small.csv").write_bytes(bytes(100))
        (partial / "large.csv").write_bytes(bytes(100_000))
except OutputError as error:
    print(error)
"""


def test_no_space_leaves_nothing_and_says_what_to_do(tmp_path):
    """When a file can't grow any more, nothing stays behind, and the message proposes another place."""
    ran = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "give another path" in ran.stdout
    assert tree(tmp_path) == {}


def test_a_full_file_system_leaves_nothing(tmp_path):
    """On a file system that is really full, the message says so, and nothing stays."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting isn't permitted here")
    try:
        with pytest.raises(OutputError, match="no space is left"), atomic_directory(disk / "results") as partial:
            (partial / "large.csv").write_bytes(bytes(200_000))
        assert tree(disk) == {}
        (disk / "filler").write_bytes(bytes(65_536))
        with pytest.raises(OutputError, match="no space is left"):
            check_free(disk / "results")
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(("umask", "mode"), [(0o077, 0o700), (0o022, 0o755)])
def test_others_may_read_what_the_umask_lets_them(tmp_path, umask, mode):
    """The tables hold texts: whoever keeps files to themselves keeps these too."""
    before = os.umask(umask)
    try:
        write(tmp_path / "results")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "results").stat().st_mode) == mode
