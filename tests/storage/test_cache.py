"""The stage cache: private, whole or absent, no pickle, bounded."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from emotopy.storage.cache import (
    PARTIAL,
    STALE_S,
    StageCache,
    hash_array,
    hash_file,
    hash_texts,
    key_of,
    make_private,
)

KEY = key_of("a stage", {"n_dims": 3}, "an input")


@pytest.fixture
def cache(tmp_path):
    """A cache in a folder that isn't there yet."""
    return StageCache(tmp_path / "deep" / "cache")


def stored(cache):
    return sorted(path.name for path in cache.directory.rglob("*") if path.is_file())


def test_what_was_stored_comes_back(cache, rng):
    """Arrays of any plain type and shape come back the same, under their key alone."""
    arrays = {
        "vectors": rng.standard_normal((7, 5)).astype(np.float32),
        "labels": np.array([-1, 0, 3]),
        "names": np.array(["joy", "Überraschung"]),
        "empty": np.zeros((0, 4)),
        "notes": json.dumps(["said"]),
    }
    cache.store(KEY, arrays)
    found = cache.load(KEY)
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == np.asarray(array).dtype
    assert cache.load(key_of("another")) is None


def test_without_a_directory_nothing_is_kept(tmp_path, monkeypatch):
    """`StageCache()` keeps and finds nothing, and writes nowhere."""
    monkeypatch.chdir(tmp_path)
    StageCache().store(KEY, {"x": np.ones(2)})
    assert StageCache().load(KEY) is None
    assert list(tmp_path.iterdir()) == []


def test_only_the_user_can_read_it(cache):
    """Files are 0600 and every folder that was made is 0700, whatever the umask."""
    before = os.umask(0)
    try:
        cache.store(KEY, {"x": np.ones(2)})
    finally:
        os.umask(before)
    for path in (cache.directory.parent, *cache.directory.parent.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_folder_that_exists_keeps_its_mode(tmp_path):
    """A folder that the user chose is the user's."""
    (tmp_path / "mine").mkdir(mode=0o755)
    (tmp_path / "mine").chmod(0o755)
    make_private(tmp_path / "mine" / "cache")
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "mine" / "cache").stat().st_mode) == 0o700


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_counts_as_absent(cache, data):
    """Cut short, or with any byte changed: the arrays as they were, or None; never others, never an exception."""
    arrays = {"vectors": np.arange(12.0).reshape(4, 3), "notes": json.dumps(["x"])}
    cache.store(KEY, arrays)
    (path,) = cache.directory.rglob("*.npz")
    whole = path.read_bytes()
    if data.draw(st.booleans()):
        path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    else:
        place, byte = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 255))
        path.write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
    found = cache.load(KEY)
    if found is not None and set(found) == set(arrays):
        np.testing.assert_array_equal(found["vectors"], arrays["vectors"])


def test_a_pickle_in_its_place_is_not_opened(cache, tmp_path):
    """A file that somebody put there can't run code: objects are never unpickled, nor pickled."""
    cache.store(KEY, {"x": np.ones(2)})
    (path,) = cache.directory.rglob("*.npz")
    marker = tmp_path / "ran"

    class Payload:
        def __reduce__(self):
            return os.mkdir, (str(marker),)

    np.savez(path, x=np.array([Payload()], dtype=object))
    assert cache.load(KEY) is None
    assert not marker.exists()
    with pytest.raises(TypeError, match="plain arrays"):
        cache.store(KEY, {"x": np.array([{}], dtype=object)})


def test_what_was_used_longest_ago_goes_first(cache):
    """Beyond its size (three files here) the cache drops the file that was used longest ago; reading is use."""
    small = StageCache(cache.directory, most_bytes=3_500)
    for i, key in enumerate(("a", "b", "c")):
        small.store(key, {"x": np.zeros(100)})
        os.utime(cache.directory / "stages" / f"{key}.npz", (i, i))
    assert small.load("a") is not None
    small.store("d", {"x": np.zeros(100)})
    assert stored(small) == ["a.npz", "c.npz", "d.npz"]


def test_the_newest_stays_however_large(cache):
    """A file larger than the whole cache is kept until the next one comes."""
    small = StageCache(cache.directory, most_bytes=10)
    small.store("a", {"x": np.zeros(100)})
    assert stored(small) == ["a.npz"]
    os.utime(cache.directory / "stages" / "a.npz", (1, 1))
    small.store("b", {"x": np.zeros(100)})
    assert stored(small) == ["b.npz"]


def test_leavings_of_a_killed_process_are_cleared_after_a_day(cache):
    """A half-written file of today may still be written; one of two days ago won't."""
    cache.store("a", {"x": np.zeros(3)})
    folder = cache.directory / "stages"
    for name, age in (("old", 2 * STALE_S), ("new", 0)):
        (folder / f"{name}{PARTIAL}").write_bytes(b"x")
        then = (folder / f"{name}{PARTIAL}").stat().st_mtime - age
        os.utime(folder / f"{name}{PARTIAL}", (then, then))
    cache.store("b", {"x": np.zeros(3)})
    assert stored(cache) == ["a.npz", "b.npz", f"new{PARTIAL}"]


def test_a_place_that_cannot_be_written_costs_only_the_reuse(tmp_path):
    """A cache in a file's place stores nothing and says nothing."""
    (tmp_path / "file").write_text("x")
    cache = StageCache(tmp_path / "file" / "cache")
    cache.store(KEY, {"x": np.ones(2)})
    assert cache.load(KEY) is None


FULL = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from emotopy.storage.cache import StageCache
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
cache = StageCache(Path(sys.argv[1]))
cache.store("small", {"x": np.zeros(10)})
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
cache.store("large", {"x": np.zeros(100_000)})
print(cache.load("large"), cache.load("small")["x"].shape)
"""


def test_a_full_disk_leaves_no_half_file(tmp_path):
    """When a file can't grow any more, nothing half-written stays, and what was there before still is."""
    ran = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["None", "(10,)"]
    assert [path.name for path in (tmp_path / "stages").iterdir()] == ["small.npz"]


def test_an_interrupt_while_storing_leaves_no_half_file(cache):
    """Ctrl-C passes, and the file that was being written is gone."""

    class Interrupts:
        dtype = np.dtype(float)

        def __array__(self, dtype=None, copy=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.store(KEY, {"x": Interrupts()})
    cache.store("other", {"x": np.ones(2)})
    assert stored(cache) == ["other.npz"]


# Hashes -------------------------------------------------------------------------------------------------------------


@given(st.lists(st.text(max_size=4), max_size=4), st.lists(st.text(max_size=4), max_size=4))
def test_texts_hash_alike_only_if_they_are(one, other):
    """Neighbours don't run into each other: ["ab", "c"] and ["a", "bc"] differ; lone surrogates hash too."""
    assert (hash_texts(one) == hash_texts(other)) == (one == other)
    assert hash_texts(["\ud800"]) != hash_texts(["?"])


@given(
    hnp.arrays(st.sampled_from([np.float32, np.uint8, np.int64]), hnp.array_shapes(min_dims=1, max_dims=2, min_side=0))
)
def test_arrays_hash_by_type_shape_and_values(array):
    """A copy hashes alike, in any memory order; another type, shape or value doesn't."""
    assert hash_array(np.asfortranarray(array)) == hash_array(array)
    assert hash_array(array[None]) != hash_array(array)
    assert hash_array(array.astype(np.float64)) != hash_array(array)
    if array.size:
        changed = array.copy()
        changed.flat[0] = 7 if changed.flat[0] != 7 else 8
        assert hash_array(changed) != hash_array(array)


def test_files_hash_by_their_bytes(tmp_path):
    """The SHA-256 is the one that everybody's tools give."""
    (tmp_path / "a").write_bytes(b"abc")
    assert hash_file(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_keys_depend_on_every_part_but_not_on_the_order_of_options():
    """A mapping's order doesn't matter, any value does."""
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})
    keys = {key_of(*parts) for parts in (("a",), ("a", "b"), ({"a": 1},), ({"a": 2},), ({"a": "1"},), (["a"], "b"))}
    assert len(keys) == 6
