"""Is a group comparison calibrated? Rates of false findings where groups don't differ, over made-up speakers.

    python tests/benchmarks/calibration.py --data ../shared/data [--seeds 1000] [--first-seed 0] [--published 20]
        [--only a,b,c,d] [--statistic ours|welch|difference] [--intensity ours|ratio]

(a) 40 speakers of 20 comments, split at random. The same test on rows instead of speakers is the control: below 0.10
    the set-up would be too weak to tell. The published procedure (preset vos2025 on the embedder `static`, each group
    fitted on its own, its own test) stands beside it for `--published` seeds.
(b) Equal means, but 56 speakers against 133 or 15 against 60, of 5 comments against 40, with a spread of mixtures of
    1:1, 1:2 or 2:1; every speaker drawn afresh. One design again with four times as many speakers.
(c) A covariate that differs between the groups by one deviation: without any effect; with an effect while the group has
    none: the share of disgust in a speaker's mixture is 0.35 + 0.12 × covariate.
(d) Three groups at once (omnibus): 20/20/20 of 20 at random, and 20/40/80 of 5/20/40 with equal means.

Marks: p < 0.05 in 0.04 to 0.06 of regions; family-wise in at most 0.065 of seeds. Bands are 99 %: binomial for the
family-wise rate, from the spread over seeds for the other (regions of a seed go together).

`--statistic` compares labellings by plain Welch t, or by the plain difference of means, instead of ours: what the
corrections in `emotopy.inference.welch` are for. Not for (c) and (d). `--intensity ratio` takes a unit's own ratio
Σ a·x / Σ a for its intensity.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import numpy as np

from emotopy.experiments.published import oversampled_mann_whitney
from emotopy.inference.group_comparison import compare_groups, compare_many
from emotopy.inference.max_t import compare_with_relabellings
from emotopy.inference.permutations import relabel
from emotopy.inference.welch import Powers, group_moments

sys.path.insert(0, str(Path(__file__).parent))
from made_up_speakers import MEASURES, Comments, Pool, intraclass_correlation, read_comments

N_PERMUTATIONS = 999
TIGHT = 4.2
"""Dirichlet concentration that halves the spread of mixtures: their variance goes with 1 / (concentration + 1)."""

Question = tuple[np.ndarray, np.ndarray, np.ndarray | None]
"""Unit values, each unit's group (numbered from 0), covariates."""


def random_split(comments: Comments, rng: np.random.Generator, n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of n speakers (n, 20), and which half each of them is in."""
    return Pool(comments, rng).speakers(n, 20), (rng.permutation(n) >= n // 2).astype(int)


def scenario_a(comments: Comments, rng: np.random.Generator) -> Question:
    rows, member = random_split(comments, rng)
    return comments.unit_values(rows), member, None


def scenario_a_rows(comments: Comments, rng: np.random.Generator) -> Question:
    rows, member = random_split(comments, rng)
    return comments.unit_values(rows.reshape(-1, 1)), np.repeat(member, rows.shape[1]), None


def scenario_b(sizes: tuple[int, ...], n_texts: tuple[int, ...], concentrations: tuple[float, ...]):
    def draw(comments: Comments, rng: np.random.Generator) -> Question:
        pool = Pool(comments, rng)
        groups = zip(sizes, n_texts, concentrations, strict=True)
        return comments.unit_values(*[pool.speakers(*one) for one in groups]), member_of(sizes), None

    return draw


def scenario_c(slope: float, sizes: tuple[int, int] = (20, 20), *, adjust: bool = True):
    def draw(comments: Comments, rng: np.random.Generator) -> Question:
        covariate = rng.standard_normal(sum(sizes)) + (member_of(sizes) == 0)
        lean = np.clip(0.35 + slope * covariate, 0, 1) if slope else 0.0
        rows = Pool(comments, rng).speakers(sum(sizes), 20, lean=lean, towards=comments.names.index("disgust"))
        return comments.unit_values(rows), member_of(sizes), covariate[:, None] if adjust else None

    return draw


def member_of(sizes: tuple[int, ...]) -> np.ndarray:
    return np.repeat(np.arange(len(sizes)), sizes)


@attrs.frozen(eq=False)
class Plain:
    """Welch's t as it is, or the difference of means, of values without gaps."""

    powers: Powers
    studentised: bool

    def __call__(self, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        one, other = group_moments(self.powers, labels, 2)
        size = np.abs(one.mean - other.mean)
        if self.studentised:
            size /= np.sqrt(one.variance / one.n + other.variance / other.n)
        return size, size


def p_values(statistic: str, question: Question, families: np.ndarray, rng: np.random.Generator):
    """Return p and family-wise p, (n_columns,) each."""
    values, member, covariates = question
    if statistic != "ours":
        plain = Plain(Powers.of(values, 2), studentised=statistic == "welch")
        found = compare_with_relabellings(plain, relabel(member, N_PERMUTATIONS, rng), families)
    elif member.max() > 1:
        found = compare_many(values, member, families=families, n_permutations=N_PERMUTATIONS, rng=rng)
    else:
        found = compare_groups(
            values,
            member == 0,
            families=families,
            covariates=covariates,
            n_permutations=N_PERMUTATIONS,
            n_resamples=0,  # of g nobody asks here
            rng=rng,
        )
    return found.p, found.p_family


def rates(
    comments: Comments, draw: Callable[..., Question], seeds: range, statistic: str = "ours"
) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of regions with p < 0.05, and whether any is family-wise, both (n_seeds, n_measures)."""
    alone, family = np.empty((len(seeds), 2)), np.empty((len(seeds), 2))
    for place, seed in enumerate(seeds):
        question = draw(comments, np.random.default_rng([seed, 0]))
        p, p_family = p_values(statistic, question, comments.families, np.random.default_rng([seed, 1]))
        for measure in range(2):
            own = comments.families == measure
            alone[place, measure] = (p[own] < 0.05).mean()
            family[place, measure] = (p_family[own] < 0.05).any()
    return alone, family


def binomial_band(share: float, n: int) -> tuple[float, float]:
    from scipy.stats import binomtest

    interval = binomtest(round(share * n), n).proportion_ci(0.99)
    return interval.low, interval.high


def show(name: str, alone: np.ndarray, family: np.ndarray, *, judged: bool = True) -> None:
    """Print a row per measure: rate with band, family-wise rate with band, verdict."""
    for measure, label in enumerate(MEASURES):
        rate, wise = alone[:, measure].mean(), family[:, measure].mean()
        half = 2.576 * alone[:, measure].std(ddof=1) / np.sqrt(len(alone))
        low, high = binomial_band(wise, len(family))
        verdict = "pass" if 0.04 <= rate <= 0.06 and wise <= 0.065 else "MISS"
        verdict = verdict * judged
        print(
            f"{name:52} {label:9}  {rate:.3f} [{rate - half:.3f}, {rate + half:.3f}]"
            f"   {wise:.3f} [{low:.3f}, {high:.3f}]  {verdict}",
            flush=True,
        )


def published(comments: Comments, n_seeds: int, n_speakers: int) -> None:
    """Print what the published procedure calls significant in (a), with so many speakers."""
    from emotopy.pathways.text.pathway import TextPathway

    pathway = TextPathway.from_config(
        {"embedder": "static", "reporter": [], "interval": {"n": 100}, "level": "node"}, preset="vos2025"
    )
    shares = []
    for seed in range(n_seeds):
        rows, member = random_split(comments, np.random.default_rng([seed, 0]), n_speakers)
        halves = rows[member == 0].ravel(), rows[member == 1].ravel()
        fits = [pathway.fit([comments.texts[i] for i in half]).mapped for half in halves]
        found = oversampled_mann_whitney(
            np.concatenate([fit.intensities.values for fit in fits]),
            np.concatenate([fit.mapping.assignment.argmax(axis=1) for fit in fits]),
            np.repeat([True, False], [len(fit.intensities.values) for fit in fits]),
            len(fits[0].mapping.targets),
            np.random.default_rng([seed, 1]),
        )
        shares.append((found.p < 0.05).mean())
    print(
        f"(a) published procedure, {n_speakers} speakers of 20, {n_seeds} seeds: p < 0.05 in {np.mean(shares):.3f} of "
        f"29 nodes (lowest seed {min(shares):.3f}); at least one node in {np.mean(np.array(shares) > 0):.2f} of seeds"
    )


def show_correlation(comments: Comments) -> None:
    """Print how alike a speaker's comments are: too little, and rows could pass for units."""
    rows = [random_split(comments, np.random.default_rng([seed, 0]))[0] for seed in range(50)]
    icc = np.mean([intraclass_correlation(comments.profile[one.ravel()], one.shape[1]) for one in rows], axis=0)
    print(
        f"(a) intraclass correlation of `relative`: mean over regions {icc.mean():.3f}, {icc.min():.3f} to "
        f"{icc.max():.3f} ({'enough' if icc.mean() >= 0.05 else 'TOO LITTLE'}; wanted 0.05)"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds goemotions/")
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first-seed", type=int, default=0, help="another start is another draw of everything")
    parser.add_argument("--published", type=int, default=20, help="seeds of the published procedure, 0 for none")
    parser.add_argument("--only", default="a,b,c,d", help="parts to run")
    parser.add_argument("--statistic", choices=("ours", "welch", "difference"), default="ours")
    parser.add_argument("--intensity", choices=("ours", "ratio"), default="ours")
    options = parser.parse_args()
    by = options.statistic
    parts = options.only.split(",")
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    few = seeds[:200]  # enough for what isn't near any mark
    comments = read_comments(options.data)._replace(by_ratio=options.intensity == "ratio")
    start, busy = time.perf_counter(), time.process_time()
    sizes = f"{len(comments.labels):,} comments of {len(comments.names)} emotions"
    print(f"seeds {seeds[0]}-{seeds[-1]}, {N_PERMUTATIONS} relabellings, {sizes}")
    print(f"{'scenario':52} {'measure':9}  p < 0.05 [99 % band]    family-wise [99 % band]")
    if "a" in parts:
        show_correlation(comments)
        show("(a) random split, 20/20 speakers of 20", *rates(comments, scenario_a, seeds, by))
        control = rates(comments, scenario_a_rows, few, by)
        show(f"    the same, rows as units ({len(few)} seeds)", *control, judged=False)
        print(f"    control {'works' if control[0][:, 0].mean() > 0.10 else 'IS TOO WEAK'}: rows wanted above 0.10")
        if options.published:
            published(comments, options.published, 40)
            published(comments, options.published, 400)
    if "b" in parts:
        for sizes in ((56, 133), (15, 60)):
            for n_texts in ((5, 40), (40, 5)):
                for spread, spreads in (("1:1", (0.3, 0.3)), ("1:2", (TIGHT, 0.3)), ("2:1", (0.3, TIGHT))):
                    name = f"(b) {sizes[0]}/{sizes[1]} of {n_texts[0]}/{n_texts[1]}, spread {spread}"
                    show(name, *rates(comments, scenario_b(sizes, n_texts, spreads), seeds, by))
        crowd = scenario_b((224, 532), (5, 40), (0.3, TIGHT))
        show(f"(b) 224/532 of 5/40, spread 2:1 ({len(few)} seeds)", *rates(comments, crowd, few, by))
    if "c" in parts:
        show("(c) covariate differs, no effect", *rates(comments, scenario_c(0.0), seeds))
        show("(c) covariate differs and has an effect", *rates(comments, scenario_c(0.12), seeds))
        show("(c) the same, 15/60 speakers", *rates(comments, scenario_c(0.12, (15, 60)), seeds))
        left_out = rates(comments, scenario_c(0.12, adjust=False), few)
        show("    the covariate left out", *left_out, judged=False)
    if "d" in parts:
        show("(d) 20/20/20 of 20", *rates(comments, scenario_b((20,) * 3, (20,) * 3, (0.3,) * 3), seeds))
        show("(d) 20/40/80 of 5/20/40", *rates(comments, scenario_b((20, 40, 80), (5, 20, 40), (0.3,) * 3), seeds))
    print(f"{time.perf_counter() - start:.0f} s, processor {time.process_time() - busy:.0f} s")


if __name__ == "__main__":
    main()
