"""Fifty plugin distributions: all listed, none of them makes the start heavy."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from emotopy.testing.generic_checks import HEAVY

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "fifty_plugins.py"
COUNT = """
import sys
from emotopy.cli import main
try:
    main(["plugins"])
finally:
    print("heavy:", *sorted(set(sys.argv[1:]) & set(sys.modules)))
"""


def test_fifty_distributions_are_listed_without_a_heavy_import(site):
    """Each with owner and version; the factories, which would import, are read and not called."""
    spec = importlib.util.spec_from_file_location("fifty_plugins", BENCHMARK)
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    benchmark.install(site.folder)
    run = site.run(*HEAVY, code=COUNT)
    assert (run.code, run.err) == (0, "")
    lines = run.out.splitlines()
    rows = [line.split() for line in lines if line.startswith("embedder ") and "lengths-" in line]
    assert [row[1:4] for row in rows] == sorted([f"lengths-{i}", f"fifty-{i}", f"1.{i}"] for i in range(50))
    assert {row[-1] for row in rows} == {"scale=1.0"}
    assert lines[-1] == "heavy:"
