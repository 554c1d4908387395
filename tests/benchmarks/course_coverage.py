"""Do the intervals of courses over time cover what they say? Simulated diaries, and simulated persons.

    python tests/benchmarks/course_coverage.py [--runs 200]

A diary: 100 or 300 texts at random times, 18 columns of rank 6, a slow sine of growing size, four noises as in
change_points.py; bandwidths of 5, 10 and 20 % of the span. Persons: 10 or 20 of them, each with a level of their own
(variance 0.5, texts 1), 10 texts each. Wanted: the 95 % interval covers the smoothed truth at 0.93 to 0.97 of the
moments; a diary whose noise lasts longer than the kernel is beyond the method, as a note in docs/over-time.md says.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from emotopy.inference.smoothing import (
    first_frequency,
    kernel_weights,
    residuals_of,
    serial_course,
    smooth,
    unit_course,
)

sys.path.insert(0, str(Path(__file__).parent))
from made_up_noise import PROSE, serial_noise

NOISES = {"independent": 0.0, "neighbours 0.3": 0.3, "neighbours 0.6": 0.6, "prose-like": PROSE}
SPAN = 100.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    for n in (100, 300):
        for name, lasting in NOISES.items():
            rates = [
                np.mean([diary(np.random.default_rng([run, n]), n, lasting, SPAN * share) for run in range(runs)])
                for share in (0.05, 0.1, 0.2)
            ]
            print(f"diary of {n}, {name:<15}" + "".join(f"{rate:8.3f}" for rate in rates), flush=True)
    for n in (10, 20):
        rates = [
            np.mean([persons(np.random.default_rng([run, n]), n, SPAN * share, run) for run in range(runs)])
            for share in (0.1, 0.2)
        ]
        print(f"{n} persons of ten texts        " + "".join(f"{rate:8.3f}" for rate in rates), flush=True)


def diary(rng, n, lasting, bandwidth):
    times = np.sort(rng.uniform(0, SPAN, n))
    truth = np.sin(2 * np.pi * times / SPAN)[:, None] * np.linspace(0, 1, 18)
    values, ones = truth + serial_noise(rng, n, lasting), np.ones_like(truth)
    weights = kernel_weights(np.linspace(times[0], times[-1], 15), times, bandwidth)
    left = residuals_of(values, ones, times, bandwidth)
    course = serial_course(
        values, ones, weights, left, first=first_frequency(SPAN, bandwidth), longest=max(1.0, n * bandwidth / SPAN)
    )
    return covered(course, smooth(truth, ones, weights))


def persons(rng, n, bandwidth, seed):
    units = np.repeat(np.arange(n), 10)
    times = rng.uniform(0, SPAN, len(units))
    truth = np.sin(2 * np.pi * times / SPAN)[:, None] * np.linspace(0, 1, 4)
    level = rng.normal(0, np.sqrt(0.5), (n, 4))[units]
    weights = kernel_weights(np.linspace(5, 95, 7), times, bandwidth)
    ones = np.ones_like(truth)
    course = unit_course(truth + level + rng.normal(size=truth.shape), ones, weights, units, n=399, seed=(seed,))
    return covered(course, smooth(truth, ones, weights))


def covered(course, wanted):
    told = np.isfinite(course.low)
    return np.mean(((course.low <= wanted) & (wanted <= course.high))[told])


if __name__ == "__main__":
    main()
