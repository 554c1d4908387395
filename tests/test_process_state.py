"""Whatever belongs to the process is after each public function as it was before, also when it runs in a thread.

A library puts nothing back: the fence of the command line stands in the main thread alone.
"""

from __future__ import annotations

import csv
import decimal
import gc
import io
import locale
import logging
import os
import random
import signal
import socket
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import emotopy
from emotopy.readers.chats import read_chat
from emotopy.readers.matrices import read_matrix
from emotopy.readers.narratives import read_narrative
from emotopy.readers.ratings import read_ratings
from emotopy.readers.tables import read_table
from emotopy.simulate import simulate_bold
from emotopy.storage.remote import _quiet
from emotopy_plugins.shared.quiet import silenced

LONG = "so " * 60_000
TEXTS = [f"{word} and {other}" for word in ("fear", "joy", "grief", "home") for other in ("dogs", "rain", "I", "you")]


def state():
    """Return what belongs to the process and that Python can tell."""
    root, pooch = logging.getLogger(), logging.getLogger("pooch")
    mask = os.umask(0o077)
    os.umask(mask)
    found = {
        "csv's limit": csv.field_size_limit(),
        "warning filters": list(warnings.filters),
        "showwarning": warnings.showwarning,
        "root logger": (root.level, list(root.handlers), list(root.filters), root.disabled, root.manager.disable),
        "pooch's logger": (pooch.level, list(pooch.filters)),
        "locale": locale.setlocale(locale.LC_ALL),
        "environment": dict(os.environ),
        "working directory": Path.cwd(),
        "Python's generator": random.getstate(),
        "NumPy's generator": np.random.get_state()[1].tobytes(),  # noqa: NPY002 (we watch, not draw)
        "NumPy's errors": np.geterr(),
        "NumPy's printing": np.get_printoptions(),
        "pandas' options": [pd.get_option(one) for one in ("display.max_rows", "display.width")],
        "decimal's context": repr(decimal.getcontext()),
        "recursion limit": sys.getrecursionlimit(),
        "switch interval": sys.getswitchinterval(),
        "longest integer in words": sys.get_int_max_str_digits(),
        "umask": mask,
        "socket's timeout": socket.getdefaulttimeout(),
        "signals": [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGPIPE)],
        "garbage collection": (gc.isenabled(), gc.get_threshold()),
        "streams": (sys.stdout, sys.stderr, sys.stdin),
        "hooks": (sys.excepthook, threading.excepthook, sys.getprofile(), sys.gettrace()),
        "search path": list(sys.path),
        "threads": {one.name for one in threading.enumerate() if not one.daemon} - {threading.current_thread().name},
    }
    if "matplotlib" in sys.modules:
        import matplotlib as mpl

        found["matplotlib's parameters"] = dict(mpl.rcParams)
    if "numba" in sys.modules:
        import numba

        found["numba's threads"] = numba.get_num_threads()
    return found


def csv_table(folder):
    (folder / "a.csv").write_text(f'id,text\n1,"{LONG}"\n')
    return read_table(folder / "a.csv")


def workbook(folder):
    """One with a data validation of a kind that openpyxl warns of is made by Excel alone; a plain one here."""
    pd.DataFrame({"text": TEXTS}).to_excel(folder / "a.xlsx", index=False)
    return read_table(folder / "a.xlsx")


def json_lines(folder):
    (folder / "a.jsonl").write_text('{"text": "so it is"}\n')
    return read_table(folder / "a.jsonl")


def parquet(folder):
    pd.DataFrame({"text": TEXTS}).to_parquet(folder / "a.parquet")
    return read_table(folder / "a.parquet")


def large_table(folder):
    """Above a megabyte Arrow reads it."""
    (folder / "b.csv").write_text("id,text\n" + "1,so it is and was and will be\n" * 40_000)
    return read_table(folder / "b.csv")


def matrix(folder):
    np.savetxt(folder / "a.tsv", np.random.default_rng(0).standard_normal((9, 3)), delimiter="\t")
    (folder / "b.tsv").write_text("1\t2\n5\tn/a\n7\tn/a\n9\tn/a\n")
    np.save(folder / "a.npy", np.eye(4))
    return [read_matrix(folder / name) for name in ("a.tsv", "b.tsv", "a.npy")]


def chat(folder):
    (folder / "chat.txt").write_text("31/12/2024, 22:59 - Ann: hello\n31/12/2024, 23:59 - Bob: no\n")
    return read_chat(folder / "chat.txt")


def narrative(folder):
    rows = [f"{i * 2.0}\t{i * 2.0 + 1}\t{text}" for i, text in enumerate(TEXTS)]
    (folder / "story.tsv").write_text("onset\toffset\ttext\n" + "\n".join(rows) + "\n")
    return read_narrative(folder / "story.tsv")


def ratings(folder):
    rows = [f"{i * 2.0}\t{i % 5}\t{i % 3}" for i in range(30)]
    (folder / "ratings.tsv").write_text("time\tjoy\tfear\n" + "\n".join(rows) + "\n")
    return read_ratings(folder / "ratings.tsv")


def annotate(folder):
    return emotopy.annotate(narrative(folder), "anchors", "joy,fear", segmentation="given")


def map_texts(folder):
    config = {"reporter": [], "reducer": "umap", "clusterer": "kmeans"}
    frame = pd.DataFrame({"text": TEXTS, "group": ["a", "b"] * 8, "unit": [f"u{i % 8}" for i in range(16)]})
    result = emotopy.map_texts(frame, text="text", group="group", unit="unit", config=config)
    return result.compare("a", "b", n_permutations=20)


def cluster(folder):
    return emotopy.map_texts(TEXTS, config={"reporter": [], "reducer": "pca", "clusterer": "hdbscan"})


def decode(folder):
    study = simulate_bold("coupling", n_subjects=3, n_volumes=362, n_regions=4, n_carriers=2, seed=1)
    compare = {"features": [], "remove_evoked": False, "baselines": False}
    config = {"reporter": [], "null": {"n": 3}, "compare": compare}
    return emotopy.decode(study.series, study.ratings, config=config)


FUNCTIONS = (
    csv_table, workbook, json_lines, parquet, large_table, matrix, chat, narrative, ratings, annotate, map_texts,
    cluster, decode,
)  # fmt: skip


def in_a_thread(work):
    failed = []

    def run():
        try:
            work()
        except BaseException as error:  # noqa: BLE001 (told below)
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(300)
    if failed:
        raise failed[0]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_process_is_as_before(function, tmp_path):
    """From the second call on: libraries that a first call imports set up themselves, whatever they like."""
    in_a_thread(lambda: function(tmp_path))
    before = state()
    in_a_thread(lambda: function(tmp_path))
    after = state()
    assert {what: (before[what], value) for what, value in after.items() if value != before[what]} == {}


@pytest.mark.parametrize("function", [csv_table, workbook, json_lines, matrix, chat, narrative, ratings])
def test_readers_change_nothing_meanwhile(function, tmp_path):
    """Another thread that looks all the while sees one limit of csv, and one list of filters.

    Not of those readers that look columns up in a DataFrame: pandas 3.1 swaps the filters for a moment when it does so
    for the first time (`pandas.core.dtypes.common.pandas_dtype`), which no caller can change.
    """
    looks_up = function in (narrative, ratings)
    function(tmp_path)
    seen, done = set(), threading.Event()

    def look():
        while not done.is_set():
            filters = None if looks_up else (id(warnings.filters), len(warnings.filters))
            seen.add((csv.field_size_limit(), filters))

    watcher = threading.Thread(target=look)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        watcher.start()
        for _ in range(5):
            function(tmp_path)
    finally:
        sys.setswitchinterval(interval)
        done.set()
        watcher.join(60)
    assert len(seen) == 1


def test_filters_of_overlapping_threads_leave_nothing_behind():
    """The first one in is the first one out, and the host puts in a filter of its own meanwhile, which stays."""
    with warnings.catch_warnings():
        before = list(warnings.filters)
        first, second = silenced("one thing"), silenced("one thing")
        first.__enter__()
        second.__enter__()
        warnings.filterwarnings("error", message="the host's")
        of_the_host = warnings.filters[0]
        first.__exit__(None, None, None)
        with warnings.catch_warnings(record=True) as said:
            warnings.warn("one thing of the second thread", stacklevel=1)
        assert not said
        second.__exit__(None, None, None)
        assert list(warnings.filters) == [of_the_host, *before]
        with pytest.warns(UserWarning, match="one thing"):
            warnings.warn("one thing again", stacklevel=1)


def test_a_loggers_level_is_not_touched():
    """Two downloads at once: messages of these threads are dropped, those of others, and errors, come through."""
    logger, out = logging.Logger("like pooch's", logging.INFO), io.StringIO()  # noqa: LOG001 (of nobody else)
    logger.addHandler(logging.StreamHandler(out))
    first, second = _quiet(logger), _quiet(logger)
    first.__enter__()
    second.__enter__()
    logger.info("mine")
    logger.error("an error")
    in_a_thread(lambda: logger.info("another thread's"))
    assert logger.level == logging.INFO
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    logger.info("afterwards")
    assert out.getvalue().split("\n") == ["an error", "another thread's", "afterwards", ""]
    assert not logger.filters
