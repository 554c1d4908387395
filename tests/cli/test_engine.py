"""`--engine dask` and tables in several files, from the command line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emotopy.readers.confidential import mark, schema_marks
from emotopy.readers.ratings import table_text
from emotopy.simulate import simulate_bold
from emotopy.storage.parquet import parquet_bytes

pytestmark = pytest.mark.slow

FAST = ("--set", "reducer=pca", "--set", "clusterer=kmeans", "--set", "fit_texts=100", "--no-cache")
WORDS = ["happy", "sunny", "laugh", "love", "afraid", "dark", "scream", "terror", "river", "window", "table", "paper"]


def frame_of(n=300):
    """Texts with ids; every writer wrote some."""
    rng = np.random.default_rng(5)
    return pd.DataFrame(
        {
            "id": [f"t{i:03d}" for i in rng.permutation(n)],
            "text": [f"I thought about the {' '.join(rng.choice(WORDS, 5))}." for _ in range(n)],
            "writer": [f"writer {i % 12}" for i in range(n)],
            "when": [("before", "after")[i % 2] for i in range(n)],
        }
    )


@pytest.fixture
def parts(tmp_path):
    """Four files of 100, 0, 150 and 50 rows."""
    folder, frame = tmp_path / "parts", frame_of()
    folder.mkdir()
    for number, (start, stop) in enumerate([(0, 100), (100, 100), (100, 250), (250, 300)]):
        frame[start:stop].to_parquet(folder / f"part.{number}.parquet", index=False)
    return folder


COLUMNS = ("--id", "id", "--unit", "writer", "--group", "when")


def provenance(folder):
    return json.loads((folder / "provenance.json").read_text("utf-8"))


def test_parts_in_parts_out_and_the_same_numbers(call, parts, tmp_path):
    """Each part's rows stand in a part of the same number; ids stay with their rows; regions are those of one file."""
    frame_of().to_parquet(tmp_path / "one.parquet", index=False)
    for source, out in (("one.parquet", "one"), ("parts", "several")):
        run = call("map", source, *COLUMNS, "--out", out, *FAST)
        assert run.code == 0, run.err
    one = pd.read_parquet(tmp_path / "one" / "texts.parquet")
    folder = tmp_path / "several" / "texts.parquet"
    written = [pd.read_parquet(path) for path in sorted(folder.iterdir())]
    assert [len(part) for part in written] == [100, 0, 150, 50]
    pd.testing.assert_frame_equal(pd.read_parquet(folder), one)
    for number, part in enumerate(written):
        assert part["id"].tolist() == pd.read_parquet(parts / f"part.{number}.parquet")["id"].tolist()
    for name in ("regions.csv", "clusters.csv"):
        assert (tmp_path / "several" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()
    told = provenance(tmp_path / "several")
    assert told["input"]["partitions"] == [100, 0, 150, 50]
    assert "texts.parquet/part-00003.parquet" in told["manifest"]["files"]


def test_results_in_parts_are_compared_and_repeated(call, parts, tmp_path):
    """`compare` reads them; `--from` finds the same input and writes the same files."""
    frame_of().to_parquet(tmp_path / "one.parquet", index=False)
    for source, out in (("one.parquet", "one"), ("parts", "several")):
        assert call("map", source, *COLUMNS, "--out", out, *FAST).code == 0
        assert call("compare", out, "before", "after", "--out", f"{out}-compared").code == 0
    ours, theirs = (pd.read_csv(tmp_path / f"{name}-compared" / "comparison.csv") for name in ("one", "several"))
    pd.testing.assert_frame_equal(ours, theirs)
    run = call("map", "parts", "--from", "several", "--out", "again", "--no-cache")
    assert run.code == 0, run.err
    count = sum(path.is_file() for path in (tmp_path / "several").rglob("*"))
    assert f"{count} of {count} files are identical" in run.out
    (parts / "part.3.parquet").unlink()
    run = call("map", "parts", "--from", "several", "--out", "other", "--no-cache")
    assert run.code == 1
    assert not (tmp_path / "other").exists()


def test_results_in_parts_are_replaced(call, parts, tmp_path):
    """With --force: by a file where a folder was, and back."""
    frame_of().to_parquet(tmp_path / "one.parquet", index=False)
    for source in ("parts", "one.parquet", "parts"):
        run = call("map", source, *COLUMNS, "--out", "out", "--force", *FAST)
        assert run.code == 0, run.err
        assert (tmp_path / "out" / "texts.parquet").is_dir() == (source == "parts")
        assert len(pd.read_parquet(tmp_path / "out" / "texts.parquet")) == 300


def test_parts_that_do_not_fit_leave_nothing_behind(call, parts, tmp_path):
    """Other columns and other types: one message, no folder."""
    pd.DataFrame({"id": ["x"], "txt": ["y"]}).to_parquet(parts / "part.2.parquet", index=False)
    run = call("map", "parts", *COLUMNS, "--out", "out", *FAST)
    assert run.code == 1
    assert run.error.startswith("parts/part.2.parquet")
    assert not (tmp_path / "out").exists()


def test_confidential_parts_stay_here(call, parts, tmp_path):
    """One marked file is enough: no texts in the output, and no cluster without leave."""
    frame = mark(frame_of()[250:])
    (parts / "part.3.parquet").write_bytes(parquet_bytes(frame, schema_marks(frame)))
    assert call("map", "parts", *COLUMNS, "--out", "out", *FAST).code == 0
    assert "text" not in pd.read_parquet(tmp_path / "out" / "texts.parquet").columns
    asked = ("--engine", "dask", "--scheduler", "tcp://127.0.0.1:9")
    run = call("map", "parts", *COLUMNS, "--out", "there", *FAST, *asked)
    assert run.code == 1
    assert "--allow-upload" in run.error
    assert not (tmp_path / "there").exists()


def test_engines_that_are_none_and_schedulers_that_are_not_there(call, parts, tmp_path):
    """Told before any work; nothing is written, nor taken away."""
    assert call("map", "parts", *COLUMNS, "--out", "out", *FAST).code == 0
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    for words in (("--engine", "dusk"), ("--scheduler", address), ("--engine", "dask", "--scheduler", address)):
        run = call("map", "parts", *COLUMNS, "--out", "out", "--force", *FAST, *words)
        assert run.code == 1, run.out
        assert run.error
    assert {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


@pytest.fixture
def dask_process(environment, tmp_path):
    """Run `python -m emotopy` in a process whose only network is the loopback, where the system lets it be cut."""
    cut = ["unshare", "--net", "--map-root-user", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    try:
        can = subprocess.run([*cut, "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        can = False

    def start(*words):
        return subprocess.Popen(
            [*(cut if can else []), sys.executable, "-m", "emotopy", *map(str, words)],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    return start


def workers_of(session):
    """Return the process numbers of the workers that a command started."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                own = int((folder / "stat").read_text().rpartition(")")[2].split()[3]) == session
                if own and b"spawn_main" in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
    return found


@pytest.mark.extra
def test_map_by_workers_writes_the_files_of_one_process(call, dask_process, parts, tmp_path):
    """Every file, byte by byte; a run by workers is repeated in one process. No network but the loopback."""
    pytest.importorskip("distributed", reason="needs emotopy[dask]")
    running = dask_process("map", "parts", *COLUMNS, "--out", "there", *FAST, "--engine", "dask")
    out, err = running.communicate(timeout=300)
    assert running.returncode == 0, err
    assert "Results are in there" in out
    assert call("map", "parts", *COLUMNS, "--out", "here", *FAST).code == 0
    for path in (tmp_path / "here").rglob("*"):
        if path.is_file():
            assert (tmp_path / "there" / path.relative_to(tmp_path / "here")).read_bytes() == path.read_bytes(), path
    run = call("map", "parts", "--from", "there", "--out", "again", "--no-cache")
    assert "files are identical" in run.out


@pytest.mark.extra
def test_decode_by_workers_and_ctrl_c(call, dask_process, tmp_path):
    """Interrupted: one message, no folder, no worker left; then in full, with the scores of one process."""
    pytest.importorskip("distributed", reason="needs emotopy[dask]")
    study = simulate_bold(
        "coupling", n_subjects=3, n_volumes=300, n_regions=5, n_carriers=3, coupling=0.45,
        emotions=("fear",), planted=("fear",), seed=1,
    )  # fmt: skip
    (tmp_path / "series").mkdir()
    for one in study.series:
        pd.DataFrame(one.values, columns=list(one.regions)).to_csv(
            tmp_path / "series" / f"{one.subject}.tsv", sep="\t", index=False
        )
    (tmp_path / "ratings.tsv").write_text(table_text(study.ratings))
    words = ("decode", "--series", "series", "--ratings", "ratings.tsv", "--tr", study.series[0].tr_s, "--no-cache")
    words = (*words, "--set", "split=subject", "--set", "compare.remove_evoked=false")

    running = dask_process(*words, "--out", "stopped", "--engine", "dask", "--set", "null.n=50000", "--force")
    while len(workers_of(running.pid)) < 2:
        assert running.poll() is None
        time.sleep(0.1)
    workers = workers_of(running.pid)
    time.sleep(3)  # the connection is made, or work has begun
    os.killpg(running.pid, signal.SIGINT)
    _, err = running.communicate(timeout=120)
    assert running.returncode == 130, err
    assert "Traceback" not in err
    assert not (tmp_path / "stopped").exists()
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]

    words = (*words, "--set", "null.n=60")
    running = dask_process(*words, "--out", "there", "--engine", "dask")
    _, err = running.communicate(timeout=300)
    assert running.returncode == 0, err
    run = call(*words, "--out", "here")
    assert run.code == 0, run.err
    for name in ("scores.csv", "subjects.csv"):
        ours, theirs = (pd.read_csv(tmp_path / where / name) for where in ("here", "there"))
        pd.testing.assert_frame_equal(ours, theirs, rtol=1e-6, atol=1e-6)
