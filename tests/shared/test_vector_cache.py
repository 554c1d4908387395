"""The cache of vectors on disk: what it keeps, what it doesn't hold, and who may write it at once."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from emotopy.errors import OutputError
from emotopy_plugins.shared.vector_cache import VectorCache


@given(arrays(np.float32, (3, 5), elements=st.floats(width=32)))
def test_vectors_come_back_bit_by_bit(vectors):
    """What is put is got, exactly, as float32 of the same length."""
    cache = VectorCache()
    cache.put("space", ["joy", "grief", "calm"], vectors)
    held = cache.get("space", ["calm", "joy", "unknown"])
    assert set(held) == {"calm", "joy"}
    assert held["calm"].tobytes() == vectors[2].tobytes()
    assert held["calm"].dtype == np.float32


def test_spaces_are_apart(rng):
    """The same text in another space is another vector, or none."""
    cache = VectorCache()
    one, other = rng.standard_normal((2, 1, 4)).astype(np.float32)
    cache.put("one", ["joy"], one)
    assert cache.get("other", ["joy"]) == {}
    cache.put("other", ["joy"], other)
    np.testing.assert_array_equal(cache.get("one", ["joy"])["joy"], one[0])
    np.testing.assert_array_equal(cache.get("other", ["joy"])["joy"], other[0])


def test_the_first_vector_stays(rng):
    """Some models aren't deterministic; a text keeps the vector it got first."""
    cache = VectorCache()
    first, second = rng.standard_normal((2, 1, 4)).astype(np.float32)
    cache.put("space", ["joy"], first)
    cache.put("space", ["joy"], second)
    np.testing.assert_array_equal(cache.get("space", ["joy"])["joy"], first[0])


def test_another_object_reads_the_same_file(tmp_path, rng):
    """What is on disk outlives the object; `holds` agrees with `get`."""
    vectors = rng.standard_normal((2, 3)).astype(np.float32)
    VectorCache(tmp_path / "v.sqlite").put("space", ["joy", "grief"], vectors)
    cache = VectorCache(tmp_path / "v.sqlite")
    assert cache.holds("space", ["joy", "calm"]) == {"joy"}
    np.testing.assert_array_equal(cache.get("space", ["grief"])["grief"], vectors[1])


def test_the_file_is_private_and_holds_no_text(tmp_path, rng):
    """Mode 0600, also where it was wider before; of the texts only hashes."""
    path = tmp_path / "new" / "v.sqlite"
    VectorCache(path).put("space", ["a secret diary"], rng.standard_normal((1, 3)))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"secret" not in path.read_bytes()
    path.chmod(0o644)
    VectorCache(path).holds("space", ["a secret diary"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_put_that_fails_keeps_nothing(tmp_path, rng):
    """Vectors and texts of different number: an error, and no half of them in the file."""
    cache = VectorCache(tmp_path / "v.sqlite")
    with pytest.raises(ValueError, match="shorter"):
        cache.put("space", ["joy", "grief"], rng.standard_normal((1, 3)))
    assert cache.holds("space", ["joy", "grief"]) == set()
    cache.put("space", ["calm"], rng.standard_normal((1, 3)))
    assert cache.holds("space", ["calm"]) == {"calm"}


def test_a_file_that_is_no_cache_is_an_error_that_names_it(tmp_path):
    """Damage is said, with the way out, and never taken for an empty cache."""
    path = tmp_path / "v.sqlite"
    path.write_bytes(b"something else entirely " * 100)
    with pytest.raises(OutputError, match=r"v\.sqlite: file is not a database.*delete the file"):
        VectorCache(path).get("space", ["joy"])


def test_a_cache_of_a_later_version_is_left_alone(tmp_path):
    """A format that this version doesn't know isn't written to."""
    path = tmp_path / "v.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA application_id = 0x656D6F74")
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(OutputError, match="newer emotopy"):
        VectorCache(path).put("space", ["joy"], np.ones((1, 3)))


def test_threads_share_one_object(tmp_path):
    """Eight threads put and get at once; nothing is lost or mixed up."""
    cache = VectorCache(tmp_path / "v.sqlite")

    def work(number: int) -> None:
        texts = [f"text {i}" for i in range(number, number + 20)]
        cache.put("space", texts, np.array([[i, i] for i in range(number, number + 20)]))
        assert set(cache.get("space", texts)) == set(texts)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(0, 80, 10)))
    held = cache.get("space", [f"text {i}" for i in range(90)])
    assert {text: list(vector) for text, vector in held.items()} == {f"text {i}": [i, i] for i in range(90)}


WRITER = """
import sys
from pathlib import Path
import numpy as np
from emotopy_plugins.shared.vector_cache import VectorCache
cache = VectorCache(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for i in range(int(sys.argv[2]), int(sys.argv[2]) + 60):
    cache.put("space", [f"text {i}"], np.array([[i, i, i]]))
"""


def test_two_processes_write_at_once(tmp_path):
    """Two writers that overlap: every vector of both is there, and the file is sound."""
    path = tmp_path / "v.sqlite"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(start)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for start in (0, 30)
    ]
    for writer in writers:  # both have started before either writes
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    held = VectorCache(path).get("space", [f"text {i}" for i in range(90)])
    assert {text: list(vector) for text, vector in held.items()} == {f"text {i}": [i, i, i] for i in range(90)}
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# Damage, and files of others ------------------------------------------------------------------------------------------


def test_damaged_entries_are_dropped_and_told_of(tmp_path, rng):
    """Any bit of a vector, its length, its type or its checksum: never a wrong vector, never a foreign exception."""
    path = tmp_path / "v.sqlite"
    texts = [f"text {i}" for i in range(8)]
    vectors = rng.standard_normal((8, 3)).astype(np.float32)
    VectorCache(path).put("space", texts, vectors)
    flipped = bytes([vectors[0].tobytes()[0] ^ 1]) + vectors[0].tobytes()[1:]
    damages = [("vector", flipped), ("vector", b"abc"), ("vector", b""), ("vector", "text"), ("vector", 7.5)]
    damages += [("checksum", b"12345678"), ("checksum", None)]
    with closing(sqlite3.connect(path)) as db, db:
        ids = [row[0] for row in db.execute("SELECT rowid FROM vectors ORDER BY rowid")]
        for rowid, (column, value) in zip(ids, damages, strict=False):
            db.execute(f"UPDATE vectors SET {column} = ? WHERE rowid = ?", (value, rowid))
    told = []
    cache = VectorCache(path, told.append)
    assert list(cache.get("space", texts)) == ["text 7"]
    assert len(told) == 1
    assert "7 damaged" in told[0]
    cache.put("space", texts, vectors)
    assert len(cache.get("space", texts)) == 8
    assert len(told) == 1


@pytest.mark.parametrize(
    "script",
    [
        "CREATE TABLE bookmarks (url TEXT)",
        "CREATE TABLE vectors (id INTEGER); PRAGMA user_version = 1",
        "PRAGMA application_id = 77",
        "PRAGMA user_version = 3",
    ],
)
def test_the_database_of_another_program_is_never_written_into(tmp_path, script):
    """It stays as it is, byte by byte."""
    path = tmp_path / "v.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)
    before = path.read_bytes()
    for use in (lambda cache: cache.put("space", ["joy"], np.ones((1, 3))), lambda cache: cache.get("space", ["joy"])):
        with pytest.raises(OutputError):
            use(VectorCache(path))
    assert path.read_bytes() == before


def test_a_cache_of_version_1_is_read_and_gets_checksums(tmp_path, rng):
    """What was paid for with an older version isn't paid for again."""
    path = tmp_path / "v.sqlite"
    vectors = rng.standard_normal((2, 3)).astype("<f4")
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(
            "CREATE TABLE spaces (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
            "CREATE TABLE vectors (space INTEGER NOT NULL REFERENCES spaces (id), text_sha256 BLOB NOT NULL,"
            " vector BLOB NOT NULL, PRIMARY KEY (space, text_sha256)); PRAGMA user_version = 1;"
        )
        db.execute("INSERT INTO spaces (name) VALUES ('space')")
        for text, vector in zip(["joy", "fear"], vectors, strict=True):
            digest = hashlib.sha256(text.encode()).digest()
            db.execute("INSERT INTO vectors VALUES (1, ?, ?)", (digest, vector.tobytes()))
    held = VectorCache(path).get("space", ["joy", "fear"])
    np.testing.assert_array_equal(np.stack([held["joy"], held["fear"]]), vectors)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE vectors SET vector = x'00000000'")
    assert VectorCache(path).get("space", ["joy", "fear"]) == {}


# Two runs on one cache ------------------------------------------------------------------------------------------------


KEYS = [("space", f"text {i}") for i in range(60)]


def answering(path, asked, *, wait_s=0.02, fail_after=None):
    """Return a function that asks for keys five at a time and keeps what comes; it may fail after some."""
    cache = VectorCache(path)

    def ask(keys):
        for start in range(0, len(keys), 5):
            if fail_after is not None and start >= fail_after:
                raise RuntimeError("the server is gone")
            batch = keys[start : start + 5]
            asked.extend(batch)
            time.sleep(wait_s)
            cache.put("space", [text for _, text in batch], np.ones((len(batch), 3)))

    return cache, ask


def test_two_threads_ask_for_each_text_once(tmp_path):
    """On one cache, with overlapping texts: every text is asked for by one of them, and both have all in the end."""
    asked = []

    def run(keys):
        cache, ask = answering(tmp_path / "v.sqlite", asked)
        theirs = cache.ask_once(keys, ask)
        assert all(vector.tolist() == [1.0, 1.0, 1.0] for vector in theirs.values())
        return len(cache.get("space", [text for _, text in keys]))

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(run, [KEYS, KEYS[20:], KEYS[::-1]])) == [60, 40, 60]
    assert sorted(asked) == sorted(KEYS)


def test_runs_that_make_a_cache_at_once_all_take_it_for_theirs(tmp_path):
    """Each sees an empty file or a finished one, never one that another run is about to fill."""
    for number in range(40):
        barrier = threading.Barrier(6)

        def run(path, barrier):
            barrier.wait(10)
            return VectorCache(path).holds("space", ["a"])

        with ThreadPoolExecutor(6) as pool:
            found = [pool.submit(run, tmp_path / f"{number}.sqlite", barrier) for _ in range(6)]
            assert [one.result(10) for one in found] == [set()] * 6


def test_what_a_failing_run_had_claimed_is_asked_for_by_another(tmp_path):
    """The other waits while the first is at work, and takes over what it leaves."""
    asked, failed = [], []
    barrier = threading.Barrier(2)

    def failing():
        cache, ask = answering(tmp_path / "v.sqlite", asked, fail_after=20)

        def late(keys):
            barrier.wait(10)
            ask(keys)

        try:
            cache.ask_once(KEYS, late)
        except RuntimeError as error:
            failed.append(error)

    thread = threading.Thread(target=failing)
    thread.start()
    barrier.wait(10)
    told, logged = [], []
    _, ask = answering(tmp_path / "v.sqlite", asked)
    cache = VectorCache(tmp_path / "v.sqlite", told.append, logged.append)
    cache.ask_once(KEYS, ask)
    thread.join(10)
    assert len(failed) == 1
    assert len(logged) == 1  # that it waits
    assert told == []  # what is told ends in the results, which don't depend on other runs
    assert sorted(asked) == sorted(KEYS)
    assert len(cache.get("space", [text for _, text in KEYS])) == 60


CLAIMER = """
import sys, time
from pathlib import Path
from emotopy_plugins.shared.vector_cache import VectorCache

def ask(keys):
    print(len(keys), flush=True)
    time.sleep(60)

VectorCache(Path(sys.argv[1])).ask_once([("space", f"text {i}") for i in range(60)], ask)
"""


def test_claims_of_a_killed_process_end_with_it(tmp_path):
    """Nobody waits for a run of this machine that is gone."""
    path = tmp_path / "v.sqlite"
    process = subprocess.Popen([sys.executable, "-c", CLAIMER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "60\n"
    cache, _ = answering(path, [])
    assert cache._claim(KEYS, "{}") == []
    process.kill()
    process.communicate(timeout=30)
    asked = []
    cache, ask = answering(path, asked, wait_s=0)
    cache.ask_once(KEYS, ask)
    assert asked == KEYS


@pytest.mark.parametrize(("until", "is_free"), [(-1, True), (30, False), (1e9, True)])
def test_claims_of_another_machine_hold_until_they_expire(tmp_path, until, is_free):
    """Nobody can tell whether its run is there; one that lies years ahead is damaged."""
    path = tmp_path / "v.sqlite"
    cache, _ = answering(path, [])
    owner = json.dumps({"where": ["another"], "pid": 1})
    assert cache._claim(KEYS, owner) == KEYS
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE claims SET until = ?", (time.time() + until,))
    assert (cache._claim(KEYS, "{}") == KEYS) is is_free
