"""Bytes, processor time and memory of the report's slices: ``python -m tests.benchmarks.slices_cost 2 region``.

The values are made up: cost doesn't depend on them, but for how well pictures of few colours are packed.
"""

from __future__ import annotations

import resource
import sys
import time

import pandas as pd  # noqa: F401 (what a run has imported anyway)
import scipy  # noqa: F401
from tests.reporters.conftest import build_result

import sklearn  # noqa: F401
from emotopy import Registry
from emotopy.records import PageLimits
from emotopy_plugins.reporters.sections.slices import render_slices
from emotopy_plugins.reporters.view_img import view_img_function


def peak_mb() -> int:
    """Return the most memory that the process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(n_groups: int, level: str) -> None:
    """Print the cost for a number of groups, on regions or nodes of `affect18`."""
    atlas = Registry.load(plugins=False).make("atlas", "affect18")
    result = build_result(texts_per_group={f"g{i}": ["a", "b"] for i in range(n_groups)}, atlas=atlas, level=level)
    print("before", peak_mb(), "MB")
    for name, work in {
        "import": view_img_function,
        "first": lambda: render_slices(result, PageLimits()),
        "again": lambda: render_slices(result, PageLimits()),
    }.items():
        start = time.process_time()
        fragment = work()
        print(f"{name}: {time.process_time() - start:.2f} s, peak {peak_mb()} MB")
    print(sum(len(one.encode()) for one in (fragment.body, *fragment.scripts, *fragment.styles)), "bytes")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
