"""Claims: one run at a place, and what runs that were killed leave behind."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import threading

import pytest

from emotopy.errors import OutputError
from emotopy.storage.claims import OWNER, break_claim, claimed, held
from emotopy.storage.results import (
    MANIFEST,
    PROVENANCE,
    atomic_directory,
    manifest_of,
    reserved,
    reserved_files,
    write_files,
)

WRITER = """
import json, sys, time
from pathlib import Path
from emotopy.storage.results import MANIFEST, PROVENANCE, atomic_directory, manifest_of

place, text, stop = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
n_changes = 0

def wait(here):
    if here == stop:
        print("here", flush=True)
        time.sleep(60)

def watch(event, arguments):
    global n_changes
    if event in ("os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir"):
        n_changes += 1
        wait(str(n_changes - 1))  # before the file system is changed

sys.addaudithook(watch)
force = len(sys.argv) < 5
with atomic_directory(place, force=force, files={place.with_name("table.csv"): text.encode()}) as partial:
    (partial / "x.csv").write_text(text)
    wait("half")
    provenance = {MANIFEST: manifest_of(partial)}
    (partial / PROVENANCE).write_text(json.dumps(provenance))
    wait("written")
print("done", flush=True)
"""


def start(place, text, stop="never", *flags):
    """Start a process that writes results, and stops at a point; return it when it is there."""
    command = [sys.executable, "-c", WRITER, str(place), text, stop, *flags]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    process.is_done = process.stdout.readline().strip() == "done"
    assert not process.is_done or stop not in ("half", "written")
    return process


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)


def write(place, text, told):
    with atomic_directory(place, force=True, notify=told.append) as partial:
        (partial / "x.csv").write_text(text)
        (partial / PROVENANCE).write_text(json.dumps({MANIFEST: manifest_of(partial)}))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_two_runs_cannot_hold_one_place(tmp_path):
    """In another process or thread; the second is told at once, and may try again when the first has ended."""
    place = tmp_path / "results"
    process = start(place, "first", "written")
    with pytest.raises(OutputError, match=r"\.results\.lock"):
        write(place, "second", [])
    kill(process)
    told = []
    write(place, "second", told)
    assert (place / "x.csv").read_text() == "second"
    assert told
    assert names(tmp_path) == ["results"]

    failed = []

    def other():
        try:
            with claimed(place):
                pass
        except OutputError as error:
            failed.append(error)

    with claimed(place):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(failed) == 1
    with claimed(place):
        pass


def test_one_run_may_claim_a_place_twice(tmp_path):
    """What a run holds, its parts hold too, until the outermost block ends."""
    place = tmp_path / "results"
    with claimed(place) as outer:
        with claimed(tmp_path / "a" / ".." / "results") as inner:
            assert list(inner.values()) == list(outer.values())
        assert held(place)
        assert names(tmp_path) == [".results.lock"]
    assert not held(place)
    assert names(tmp_path) == []


@pytest.mark.parametrize("stop", ["half", "written"])
def test_what_a_killed_run_had_not_finished_is_removed_by_the_next(tmp_path, stop):
    """Its half-written folder, with texts in it; the results that were there are there still."""
    place, told = tmp_path / "results", []
    write(place, "old", [])
    kill(start(place, "new", stop))
    assert (place / "x.csv").read_text() == "old"
    with reserved(place, force=True, notify=told.append):
        assert (place / "x.csv").read_text() == "old"
    assert told
    assert names(tmp_path) == ["results"]


@pytest.mark.slow
def test_a_run_killed_before_any_change_of_the_file_system_leaves_old_or_new_results_whole(tmp_path):
    """After the next run has looked: the directory and the table beside it, both old or both new, and nothing else."""
    seen = []
    for stop in range(200):
        home = tmp_path / str(stop)
        home.mkdir()
        place = home / "results"
        assert start(place, "old").is_done
        process = start(place, "new", str(stop))
        kill(process)
        with reserved(place, force=True, notify=lambda message: None):
            text = (place / "x.csv").read_text()
        assert (home / "table.csv").read_text() == text
        assert names(home) == ["results", "table.csv"]
        assert names(place) == [PROVENANCE, "x.csv"]
        seen.append(text)
        if process.is_done:
            break
    assert process.is_done
    assert seen == sorted(seen, reverse=True)  # first old, from some moment on new
    assert len(seen) > 10


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_first_run_that_is_ended_before_any_change_leaves_all_or_nothing(tmp_path, how):
    """Without --force files are linked to their places first: the hidden name that is left isn't another output."""
    seen = []
    for stop in range(200):
        home = tmp_path / str(stop)
        home.mkdir()
        process = start(home / "results", "new", str(stop), "first")
        process.send_signal(how)
        process.communicate(timeout=30)
        with contextlib.suppress(OutputError), reserved(home / "results", notify=lambda message: None):
            pass
        with contextlib.suppress(OutputError), reserved_files([home / "table.csv"], notify=lambda message: None):
            pass
        assert names(home) in ([], ["results", "table.csv"])
        seen.append(len(names(home)))
        if process.is_done:
            break
    assert process.is_done
    assert seen == sorted(seen)
    assert len(seen) > 8


def test_a_claim_of_another_machine_is_never_judged(tmp_path):
    """Nobody here can tell whether its run is gone; force doesn't break it, the user may."""
    place = tmp_path / "results"
    folder = tmp_path / ".results.lock"
    folder.mkdir()
    (folder / OWNER).write_text(json.dumps({"host": "another", "pid": 1}))
    for force in (False, True):
        with pytest.raises(OutputError, match="another machine"), atomic_directory(place, force=force):
            pass
    assert break_claim(place)
    write(place, "mine", [])
    assert names(tmp_path) == ["results"]
    assert not break_claim(place)


def test_a_claim_in_use_here_is_not_broken(tmp_path):
    """Only runs that are gone lose theirs."""
    place = tmp_path / "results"
    process = start(place, "x", "half")
    with pytest.raises(OutputError):
        break_claim(place)
    kill(process)
    assert break_claim(place)
    assert [name for name in names(tmp_path) if name.endswith(".lock")] == []


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff" * 50, b'{"host": 3}'])
def test_a_damaged_claim_is_no_foreign_exception(tmp_path, content):
    """A claim that says nothing is taken over, or refused as another machine's."""
    folder = tmp_path / ".results.lock"
    folder.mkdir()
    (folder / OWNER).write_bytes(content)
    (folder / "journal.json").write_bytes(content)
    try:
        write(tmp_path / "results", "x", [])
    except OutputError:
        assert content == b'{"host": 3}'
    else:
        assert names(tmp_path) == ["results"]


def test_a_journal_moves_only_hidden_output_to_its_own_place(tmp_path):
    """A journal that names other files, made by mistake or malice, moves nothing."""
    folder = tmp_path / ".results.lock"
    folder.mkdir()
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    moves = [[str(tmp_path / "a"), str(tmp_path / "b")], [str(tmp_path / "a"), str(tmp_path / "results")]]
    (folder / "journal.json").write_text(json.dumps({"force": True, "moves": moves}))
    with claimed(tmp_path / "results"):
        pass
    (folder).mkdir(exist_ok=True)
    (folder / "journal.json").write_text(json.dumps({"force": True, "moves": moves}))
    write(tmp_path / "results", "x", [])
    assert (tmp_path / "a").read_text() == "a"
    assert (tmp_path / "b").read_text() == "b"


def test_a_pair_of_files_is_claimed_together(tmp_path):
    """Two runs that share one file of their pairs don't write it both."""
    with claimed(tmp_path / "s.csv"):
        failed = []

        def other():
            try:
                write_files({tmp_path / "r.tsv": b"1", tmp_path / "s.csv": b"2"})
            except OutputError as error:
                failed.append(error)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert len(failed) == 1
    assert names(tmp_path) == []


def test_a_place_with_a_long_name_has_hidden_names_of_its_own(tmp_path):
    """Two places that begin alike don't stand in each other's way."""
    one, other = tmp_path / ("x" * 200 + "1"), tmp_path / ("x" * 200 + "2")
    with claimed(one), claimed(other):
        assert len(names(tmp_path)) == 2
