"""Is the brain pathway honest? How often ratings that know nothing of the signal are "significant".

    python tests/benchmarks/honest.py --bold real --data ../shared/data [--each 100] [--surrogates 200]
    python tests/benchmarks/honest.py --bold planted

Independent simulated ratings (`simulate_ratings`: AR(1) of 20 and 60 s, Gaussian and sparse, under the HRF), `--each`
of the four kinds, are decoded from the same signal as `emotopy.decode` would: the recommended preset, each rating
with its own surrogates, everything chosen anew for each. Signal: 27 listeners of *Alice* (6 regions), or 20 subjects
of the frozen scenario with nothing planted (30 regions). Wanted: the share of p < 0.05 of every score, and of the
paired difference of connectivity and amplitude, within the 99 % binomial band around 0.05. The null `phase` is what
the preset uses; `circular` is shown beside it as what it is: a sensitivity check, mildly liberal.

Features and factorisations don't depend on the ratings, so there is one cross-validator per feature set, and ratings
and surrogates pass through it as columns.
"""

from __future__ import annotations

import argparse
import itertools
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binom

from emotopy.inference.crossval import null_scores
from emotopy.inference.null_comparison import compare_with_null, paired
from emotopy.inference.nulls import NULLS
from emotopy.inference.rating_courses import volume_course
from emotopy.pathways.brain.features import feature_sets, time_grid
from emotopy.pathways.brain.pathway import BrainPathway
from emotopy.pathways.brain.rows import StudyTargets, TargetCourses
from emotopy.pathways.brain.study import Study
from emotopy.readers.regressors import Regressors
from emotopy.readers.series import read_series_folder
from emotopy.running.stages import StageRunner
from emotopy.simulate import simulate_bold, simulate_ratings
from emotopy.storage.provenance import versions

TR_S = 2.0
LEVEL = 0.05
KINDS = tuple(itertools.product((20.0, 60.0), ("gaussian", "sparse")))
MAIN, AMPLITUDE = "sliding-window", "amplitude"
AT_ONCE = 10  # ratings whose surrogates are worked off together: bounds memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bold", choices=["real", "planted"], default="real")
    parser.add_argument("--data", type=Path, help="folder that holds alice-brennan2016/, for --bold real")
    parser.add_argument("--each", type=int, default=100, help="ratings of each of the four kinds")
    parser.add_argument("--surrogates", type=int, default=200, help="per rating and null")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    begun = time.perf_counter()
    if arguments.bold == "real":
        series, _ = read_series_folder(arguments.data / "alice-brennan2016" / "timecourses", TR_S)
    else:
        series = simulate_bold("nothing", seed=arguments.seed).series
    bench = Bench(series)
    print(f"{arguments.bold} BOLD: {len(series)} subjects, {len(bench.validators)} feature sets, {bench.n_rows:,} rows")
    tables = []
    for number, (tau_s, kind) in enumerate(KINDS):
        rngs = np.random.default_rng([arguments.seed, number]).spawn(arguments.each)
        parts = batched(rngs, AT_ONCE)
        tables.extend(bench.p_values(part, tau_s, kind, arguments.surrogates) for part in parts)
        print(f"  {kind}, {tau_s:g} s: {time.perf_counter() - begun:.0f} s", flush=True)
    table = pd.concat(tables, ignore_index=True)
    low, high = (count / (4 * arguments.each) for count in binom.interval(0.99, 4 * arguments.each, LEVEL))
    print(f"\nshare of p < {LEVEL:g} over {4 * arguments.each} ratings, 99 % binomial band {low:.4f} to {high:.4f}")
    show(table, low, high)
    print(f"{time.perf_counter() - begun:.0f} s, of the processor {time.process_time():.0f} s")


class Bench:
    """One signal, made ready: a cross-validator per feature set."""

    def __init__(self, series) -> None:
        pathway = BrainPathway.from_config()
        config = pathway.config
        runner = StageRunner(config, pathway.registry, pathway.cache, versions(), pathway.host)
        connectivity, decoder = runner.make("connectivity"), runner.make("neural_decoder")
        # ratings of full length: all of them have the rows of any
        noise = np.random.default_rng(0).standard_normal((series[0].n_volumes, 1))
        study = Study.of(series, targets=[Regressors(one.subject, ("any",), noise) for one in series])
        self.grid = time_grid(connectivity, study.stories[0], config.windowing)
        rows = StudyTargets.of(study, [self.grid]).rows(study)
        self.plan, self.target_row = config.split.plan(rows.layout), rows.target_row
        self.n_rows = len(self.target_row)
        sets = feature_sets(runner, connectivity, study, [self.grid])
        self.validators = {
            one.name: decoder.object.cross_validator(rows.pick(one.make(), one.name), self.plan, self.target_row)
            for one in sets
            if not one.is_baseline
        }

    def p_values(self, rngs, tau_s, kind, n_surrogates):
        """Return a table ``tau_s, kind, null, what, p``; a rating per generator."""
        n_volumes = self.grid.n_volumes
        observed, drawn = [], {name: [] for name in NULLS}
        for rng in rngs:
            ratings = simulate_ratings(n_volumes * TR_S, tau_s, kind, seed=rng)
            target = TargetCourses.of(ratings.emotions, [volume_course(ratings, TR_S, n_volumes).values])
            observed.append(target.values_at(self.grid)[:, 0])
            for name, draw in NULLS.items():
                surrogates = draw(rng, n_surrogates, target.courses[0])[..., 0]  # (n_surrogates, n_volumes)
                drawn[name].append(self.grid.course(surrogates.T).T)
        values = np.stack(observed, axis=1)[None]  # (1, n_target_rows, n_ratings)
        surrogates = {name: np.stack(each, axis=2) for name, each in drawn.items()}
        scores, null = {}, {}
        for what, validator in self.validators.items():
            scores[what] = null_scores(validator, self.plan, self.target_row, values)[0]
            null[what] = {
                name: null_scores(validator, self.plan, self.target_row, each) for name, each in surrogates.items()
            }
        found = []
        for name in NULLS:
            found.extend((name, what, compare_with_null(scores[what], null[what][name]).p) for what in self.validators)
            two = (scores[MAIN], scores[AMPLITUDE]), (null[MAIN][name], null[AMPLITUDE][name])
            found.append((name, f"{MAIN} − {AMPLITUDE}", paired(*two).p))
        return pd.DataFrame(
            [(tau_s, kind, name, what, p) for name, what, each in found for p in each],
            columns=["tau_s", "kind", "null", "what", "p"],
        )


def show(table, low, high):
    shares = (table.assign(hit=table["p"] < LEVEL)).groupby(["null", "what"], sort=False)
    for (null, what), rows in shares:
        share = rows["hit"].mean()
        by_kind = rows.groupby(["tau_s", "kind"])["hit"].mean()
        apart = ", ".join(f"{kind} {tau_s:g} s {value:.2f}" for (tau_s, kind), value in by_kind.items())
        verdict = "within" if low <= share <= high else "OUTSIDE"
        print(f"{null:9} {what:30} {share:.4f} {verdict:8} ({apart})")


def batched(items, n):
    """Return consecutive parts of n."""
    return [items[start : start + n] for start in range(0, len(items), n)]


if __name__ == "__main__":
    main()
