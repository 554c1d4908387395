"""The cache of vectors on disk: what it keeps, what it doesn't hold, and who may write it at once."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
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
