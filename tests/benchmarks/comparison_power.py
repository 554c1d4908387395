"""What a group comparison finds, and whether its effect sizes are right.

    python tests/benchmarks/comparison_power.py --data ../shared/data [--draws 50] [--runs 1000]

Power: 40 made-up speakers of 10 single-label comments each, 20 who speak of fear against 20 of joy, drawn from
GoEmotions train without replacement. Mark: the amygdala's `relative` is family-wise significant in at least 80 % of
draws.

Effect sizes: shifts of known g at 10, 20 and 40 units a group, in normal populations, with spreads of 1:2, in skewed
populations (χ² of 4, skewness 1.4, like unit means of few texts), and skewed with spreads of 1:2. Marks: coverage of
the 95 % interval in 0.93 to 0.97; mean error of g printed. Exponential populations (skewness 2) and unequal groups
follow as a stress test, without verdict. ± and bands are 99 %.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from emotopy.inference.group_comparison import compare_groups, compare_pairs

sys.path.insert(0, str(Path(__file__).parent))
from calibration import binomial_band
from made_up_speakers import Comments, read_comments

SHIFTS = (0.0, 0.2, 0.5, 0.8)
SIZES = ((10, 10), (20, 20), (40, 40))
COLUMNS = 200
"""Independent runs that one call takes, a column each."""

Population = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]


def normal(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return rng.standard_normal(shape)


def skewed(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return (rng.chisquare(4, shape) - 4) / np.sqrt(8)


def exponential(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    return rng.exponential(size=shape) - 1


def sample(
    draw: Population, sizes: tuple[int, int], spreads: tuple[float, float], shift: float, rng: np.random.Generator
) -> np.ndarray:
    """Return (n_a + n_b, COLUMNS); the first group's mean is `shift` standardisers higher."""
    scale = np.sqrt((spreads[0] ** 2 + spreads[1] ** 2) / 2)
    groups = [spread * draw(rng, (n, COLUMNS)) for n, spread in zip(sizes, spreads, strict=True)]
    return np.vstack([groups[0] + shift * scale, groups[1]])


def show(name: str, g: np.ndarray, low: np.ndarray, high: np.ndarray, shift: float, *, judged: bool = True) -> bool:
    covered = (low <= shift) & (shift <= high)
    rate, band = covered.mean(), binomial_band(covered.mean(), len(covered))
    fine = 0.93 <= rate <= 0.97
    error = 2.576 * g.std(ddof=1) / np.sqrt(len(g))
    print(
        f"{name:42} g = {shift:.1f}  error of g {g.mean() - shift:+.3f} ± {error:.3f}   coverage {rate:.3f} "
        f"[{band[0]:.3f}, {band[1]:.3f}]  width {np.median(high - low):.2f}  {('pass' if fine else 'MISS') * judged}",
        flush=True,
    )
    return fine


def coverage(name, draw, sizes, spreads, shift, runs: int, *, judged: bool = True) -> bool:
    found = []
    for block in range(runs // COLUMNS):
        rng = np.random.default_rng([block, *sizes, round(10 * shift)])
        values = sample(draw, sizes, spreads, shift, rng)
        is_first = np.arange(sum(sizes)) < sizes[0]
        one = compare_groups(values, is_first, n_permutations=1, rng=rng)
        found.append([one.g, one.g_low, one.g_high])
    return show(f"{name}, {sizes[0]}/{sizes[1]}", *np.hstack(found), shift, judged=judged)


def paired_coverage(n: int, shift: float, runs: int) -> bool:
    found = []
    for block in range(runs // COLUMNS):
        rng = np.random.default_rng([block, n, round(10 * shift)])
        shared = rng.standard_normal((n, COLUMNS))
        first, second = (np.sqrt(0.6) * shared + np.sqrt(0.4) * rng.standard_normal((n, COLUMNS)) for _ in range(2))
        one = compare_pairs(first + shift, second, n_permutations=1, rng=rng)
        found.append([one.g, one.g_low, one.g_high])
    return show(f"pairs, normal, r = 0.6, {n}", *np.hstack(found), shift)


def covariate_coverage(n: int, shift: float, runs: int) -> bool:
    """Normal values, a covariate that differs between groups by one deviation and explains a fifth within them."""
    found = []
    for block in range(runs // COLUMNS):
        rng = np.random.default_rng([block, n, round(10 * shift)])
        is_first = np.arange(2 * n) < n
        covariate = rng.standard_normal(2 * n) + is_first
        values = rng.standard_normal((2 * n, COLUMNS)) * np.sqrt(0.8) + np.sqrt(0.2) * covariate[:, None]
        values += shift * is_first[:, None]
        one = compare_groups(values, is_first, covariates=covariate[:, None], n_permutations=1, rng=rng)
        found.append([one.g, one.g_low, one.g_high])
    return show(f"with a covariate, normal, {n}/{n}", *np.hstack(found), shift)


def fear_against_joy(comments: Comments, draws: int) -> None:
    """Print how often regions are found."""
    found = []
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        rows = np.vstack([rng.permutation(comments.of_label(name))[:200].reshape(20, 10) for name in ("fear", "joy")])
        one = compare_groups(comments.unit_values(rows), np.arange(40) < 20, families=comments.families, rng=rng)
        found.append(one.p_family[comments.families == 0] < 0.05)
    share = np.mean(found, axis=0)
    amygdala = share[comments.regions.index("amygdala")]
    band = binomial_band(amygdala, draws)
    print(
        f"fear against joy, {draws} draws: amygdala family-wise significant in {amygdala:.2f} "
        f"[{band[0]:.2f}, {band[1]:.2f}] of draws (wanted 0.80): {'pass' if amygdala >= 0.8 else 'MISS'}"
    )
    order = np.argsort(-share)
    print("  " + ", ".join(f"{comments.regions[i]} {share[i]:.2f}" for i in order))
    print(f"  g found with 80 % power: {one.detectable_g[0]:.2f} in relative, {one.detectable_g[1]:.2f} in intensity")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds goemotions/; without it, effect sizes alone")
    parser.add_argument("--draws", type=int, default=50)
    parser.add_argument("--runs", type=int, default=1000, help="runs per population, size and shift; multiples of 200")
    options = parser.parse_args()
    if options.runs < 200 or options.runs % 200:
        parser.error(f"--runs: wanted a multiple of 200, got {options.runs}")
    if options.data is not None:
        fear_against_joy(read_comments(options.data), options.draws)
    start, busy = time.perf_counter(), time.process_time()
    fine = []
    for name, draw, spreads in (
        ("normal", normal, (1.0, 1.0)),
        ("normal, spread 1:2", normal, (1.0, 2.0)),
        ("skewed", skewed, (1.0, 1.0)),
        ("skewed, spread 1:2", skewed, (1.0, 2.0)),
    ):
        fine += [coverage(name, draw, sizes, spreads, shift, options.runs) for sizes in SIZES for shift in SHIFTS]
    fine += [paired_coverage(n, 0.5, options.runs) for n in (10, 20, 40)]
    fine += [covariate_coverage(n, 0.5, options.runs) for n in (10, 20, 40)]
    print(f"{sum(fine)} of {len(fine)} coverages in 0.93 to 0.97")
    for name, draw, spreads, sizes in (
        ("exponential", exponential, (1.0, 1.0), (20, 20)),
        ("exponential, spread 1:2", exponential, (1.0, 2.0), (20, 20)),
        ("exponential, spread 1:2", exponential, (1.0, 2.0), (40, 40)),
        ("normal, spread 2:1", normal, (2.0, 1.0), (15, 60)),
        ("skewed, spread 2:1", skewed, (2.0, 1.0), (15, 60)),
    ):
        coverage(name, draw, sizes, spreads, 0.8, options.runs, judged=False)
    print(f"effect sizes: {time.perf_counter() - start:.0f} s, processor {time.process_time() - busy:.0f} s")


if __name__ == "__main__":
    main()
