"""A full disk, a limit on files, a read-only disk: told, older results intact, paid answers kept."""

from __future__ import annotations

import resource
import shutil
import sys

import pytest
from tests import runs
from tests.faults.scene import AT_ONCE, MAP, PAID, QUICK, TEXTS, environment, files, hidden, write_texts
from tests.faults.server import Server

pytestmark = pytest.mark.slow
KEY = "k"
TABLES = ("--set", "reporter=tables")


@pytest.fixture
def server():
    with Server() as running:
        yield running


@pytest.fixture
def home(tmp_path):
    """A folder with texts, and results of other texts on `out`."""
    write_texts(tmp_path / TEXTS, 8)
    write_texts(tmp_path / "few.csv", 6)
    words = ("map", "few.csv", "--text", "text", "--out", "out", *QUICK, *TABLES)
    done = emotopy(words, tmp_path)
    assert done.code == 0, done.err
    return tmp_path


def emotopy(words, home, **options):
    return runs.run([sys.executable, "-m", "emotopy", *words], cwd=home, env=environment(home, KEY), **options)


def limited(n_bytes):
    """Let files grow to so many bytes alone; py3langid unpacks its model into one, so that the language is said."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))


def test_a_limit_on_files_leaves_older_results_and_what_was_paid(home, server):
    """EFBIG, told of the results; answers that are in the cache are used, and stay."""
    words = (*MAP, *PAID, "--set", f"embedder.base_url={server.url}", "--language", "en", "--force")
    assert emotopy((*words, "--out", "other"), home).code == 0
    n_paid = server.tally(KEY).received.total()
    before = files(home)
    done = emotopy(words, home, preexec_fn=limited(60_000))
    assert done.code == 1, done.err
    assert "a file there may not grow so large" in done.error
    assert files(home) == before
    assert not hidden(home)
    assert emotopy(words, home).code == 0
    assert server.tally(KEY).received.total() == n_paid


def test_a_cache_that_may_not_grow_keeps_what_it_has(home, server):
    """Older results stay; no more is paid for twice than was on its way when the cache was full."""
    words = (*MAP, *PAID, "--set", f"embedder.base_url={server.url}", "--language", "en", "--force")
    before = files(home)
    done = emotopy(words, home, preexec_fn=limited(120_000))
    assert done.code == 1, done.err
    assert "vectors.sqlite" in done.error
    assert files(home) == before
    assert not hidden(home)
    assert emotopy(words, home).code == 0
    assert server.tally(KEY).n_twice <= AT_ONCE


SCRIPT = """
mount -t tmpfs -o size=160k none disk || exit 77
cp -r out disk/out || exit 78
"$@" 2>full; echo "full $?"
diff -r out disk/out && echo "full intact"
ls -A disk
mount -o remount,ro disk || exit 77
"$@" 2>read-only; echo "read-only $?"
diff -r out disk/out && echo "read-only intact"
mount -o remount,rw,size=20m disk
"$@" 2>roomy; echo "roomy $?"
"""


@pytest.mark.skipif(not shutil.which("unshare"), reason="needs unshare to mount a small disk")
def test_a_full_disk_and_a_read_only_one_leave_older_results_and_paid_answers(home, server):
    """ENOSPC and EROFS, told each; once there is room, nothing is sent again that was answered."""
    (home / "disk").mkdir()
    url = f"embedder.base_url={server.url}"
    words = [sys.executable, "-m", "emotopy", *MAP, *PAID, "--set", url, "--out", "disk/out", "--force", "--quiet"]
    done = runs.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh", *words],
        cwd=home,
        env=environment(home, KEY),
    )
    if done.code == 77 or "unshare" in done.err:
        pytest.skip("may not mount here")
    expected = ["full 1", "full intact", "out", "read-only 1", "read-only intact", "roomy 0"]
    assert [line for line in done.out.splitlines() if line in expected] == expected, done
    errors = {name: (home / name).read_text() for name in ("full", "read-only")}
    assert "no space is left there" in errors["full"]
    assert "the file system is read-only" in errors["read-only"]
    assert server.tally(KEY).n_twice == 0
