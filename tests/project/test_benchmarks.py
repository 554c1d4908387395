"""`make bench`: the page has a place for every table, and the runner runs."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "benchmarks"
PAGE = ROOT / "docs" / "performance.md"


@pytest.fixture
def benchmarks(monkeypatch):
    """Import a module of the folder as its scripts do; nothing of it stays."""
    monkeypatch.syspath_prepend(str(FOLDER))
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if (FOLDER / f"{name}.py").is_file():
            del sys.modules[name]


def bench(*words):
    return subprocess.run(
        [sys.executable, str(FOLDER / "bench.py"), *words], capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_the_page_has_a_place_for_every_table_and_for_no_other(benchmarks):
    """Markers stand once each."""
    runner = benchmarks("bench")
    marked = runner.marked(PAGE.read_text(encoding="utf-8"))
    assert sorted(marked) == sorted(runner.modules())
    assert len(set(marked)) == len(marked)


def test_the_smallest_table_is_measured(tmp_path):
    """A real run of seconds: Markdown on stdout, JSON with the machine in a file."""
    place = tmp_path / "figures.json"
    done = bench("--only", "machine", "--quick", "--threads", "1", "--json", str(place))
    assert done.returncode == 0, done.stderr
    assert "| GEMM, float32, 1 threads |" in done.stdout
    told = json.loads(place.read_text(encoding="utf-8"))
    (table,) = told["tables"]
    assert table["name"] == "machine"
    assert told["quick"]
    assert told["machine"]["Python"] in table["measured"]


def test_unknown_tables_and_quick_pages_are_refused(tmp_path):
    """A page holds no figures of a quick run."""
    assert bench("--only", "nonsense").returncode == 2
    page = tmp_path / "page.md"
    page.write_text("<!-- table machine -->\n<!-- end machine -->\n")
    assert bench("--only", "machine", "--quick", "--out", str(page)).returncode == 2
    assert page.read_text() == "<!-- table machine -->\n<!-- end machine -->\n"


def test_tables_are_put_between_their_markers(benchmarks):
    """The rest of the page stays to the letter, and a second run replaces the first."""
    placed = benchmarks("bench").placed
    page = "a\n<!-- table x -->\n<!-- end x -->\nb\n<!-- table y -->\nold\n<!-- end y -->\nc\n"
    once = placed(page, "y", "new \\1\n\n")
    assert once == page.replace("old", "new \\1")
    assert placed(once, "y", "old") == page
    with pytest.raises(ValueError, match="z"):
        placed(page, "z", "new")


def test_a_table_says_what_it_holds(benchmarks):
    """Cells to their digits, units in headings, missing values as dashes in Markdown and null in JSON."""
    table_of = benchmarks("bench_table")
    columns = (table_of.Column("name", "Name"), table_of.Column("s", "time", "s", 2))
    table = table_of.Table(
        "t", "T", "run it", columns, [{"name": "a|b", "s": 1234.5}, {"name": "c", "s": float("nan")}]
    )
    assert "| Name | time, s |\n|---|---|\n| a/b | 1,234 |\n| c | – |" in table.to_markdown()
    assert json.loads(json.dumps(table.to_dict(), allow_nan=False))["rows"][1]["s"] is None
    with pytest.raises(ValueError, match="seconds"):
        table_of.Table("t", "T", "run it", columns, [{"seconds": 1}])


def test_growth_is_told_in_exponents(benchmarks):
    """Linear 1, quadratic 2; slopes of a quadratic double."""
    table_of = benchmarks("bench_table")
    assert table_of.growth([1, 2, 4], [3, 6, 24]) == [None, pytest.approx(1), pytest.approx(2)]
    assert table_of.last_slopes([1, 2, 4, 8], [1, 4, 16, 64]) == pytest.approx(2)
    assert table_of.last_slopes([1, 2], [1, 4]) is None


def test_processes_are_measured_with_their_own_memory(benchmarks):
    """Peak memory is the child's, not that of whoever starts it; a failure is one."""
    processes = benchmarks("processes")
    held = bytearray(300_000_000)
    held[::4096] = b"\1" * len(held[::4096])
    used = processes.in_turn(
        {
            "small": [sys.executable, "-S", "-c", "print('done')"],
            "large": [sys.executable, "-S", "-c", "x = b'1' * 150_000_000; sum(range(10**6))"],
        },
        repeats=2,
        warm_up=False,
    )
    small, large = (processes.median(used[name]) for name in ("small", "large"))
    assert small.peak_mb < 100 < large.peak_mb < 300
    assert used["small"][0].out == "done\n"
    assert 0 < small.cpu_s < large.cpu_s
    assert processes.ratio(used["large"], used["small"]).peak_mb > 1
    with pytest.raises(processes.Failed, match="ended with 3"):
        processes.measure([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(processes.Failed, match="could not be started"):
        processes.measure(["/nowhere/python"])
    assert held


def test_works_take_turns(benchmarks):
    """A, B, A, B; the warm-up isn't counted."""
    order = []
    works = {"a": lambda: order.append("a"), "b": lambda: order.append("b")}
    used = benchmarks("processes").works_in_turn(works, repeats=2, loops=1)
    assert order == ["a", "b"] * 3
    assert [len(runs) for runs in used.values()] == [2, 2]
