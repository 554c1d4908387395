"""Decoding across stories, in the frozen scenarios of `emotopy.simulate.simulate_stories`, beside its null.

    OMP_NUM_THREADS=1 python tests/benchmarks/stories.py [--studies 12] [--null-studies 400] [--only across,null]

`across`: 3 stories heard by 8 subjects, coupling 0.12. r within a story (`subject-and-block`, each story decoded by
itself) beside r across stories (`subject-and-story`: a new listener of a story that training hasn't heard), where the
stories share their carriers and where each has its own.

`null`: studies of 4 subjects whose coupling follows an emotion, `joy`, that all listeners share, while another one,
`fear`, is decoded, which the signal knows nothing of: the share of p ≤ 0.05 of fear, over stories and within each,
under phase surrogates drawn for each story. The figures see simulated data alone. Random numbers are seeded by the
study's number.
"""

from __future__ import annotations

import argparse
import functools
import time

import numpy as np
import pandas as pd
from scipy.stats import binom, binomtest

from emotopy.inference.crossval import score_surrogates, story_scores
from emotopy.inference.null_comparison import compare_with_null
from emotopy.inference.scores import score_blocks
from emotopy.pathways.brain.analysis import DecodingTask, validator_of
from emotopy.pathways.brain.features import feature_sets, time_grid
from emotopy.pathways.brain.pathway import BrainPathway
from emotopy.pathways.brain.rows import StudyTargets
from emotopy.pathways.brain.study import Study
from emotopy.registry import Registry
from emotopy.running.stages import StageRunner
from emotopy.simulate import simulate_stories
from emotopy.storage.provenance import versions

LEVEL = 0.05
MOST_FALSE = 0.078
"""Upper end of the 99 % binomial band of a share of 0.05 in 400."""
LEAST_RATIO = 0.8
WITHIN = (0.40, 0.50)
BARE = {"features": [], "remove_evoked": False, "baselines": False}
NULL_SIZE = {"n_subjects": 4, "n_regions": 5, "n_carriers": 3, "emotions": ("fear", "joy"), "planted": ("joy",)}
NULL_STUDIES = {
    "story": ({"kind": "story", "n_blocks": 3}, {"n_stories": 3, "n_volumes": 160}),
    "subject-and-story": ({"kind": "subject-and-story", "n_blocks": 3}, {"n_stories": 3, "n_volumes": 160}),
    "subject-and-block": ({"kind": "subject-and-block", "n_blocks": 4}, {"n_stories": 2, "n_volumes": 300}),
}


@functools.cache
def registry() -> Registry:
    return Registry.load()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=12, help="of each kind of carriers")
    parser.add_argument("--null-studies", type=int, default=400, help="of each split")
    parser.add_argument("--surrogates", type=int, default=99)
    parser.add_argument("--only", default="across,null")
    arguments = parser.parse_args()
    begun = time.perf_counter(), time.process_time()
    if "across" in arguments.only.split(","):
        across(arguments.studies, arguments.surrogates)
    for split in NULL_STUDIES if "null" in arguments.only.split(",") else ():
        false_positives(split, arguments.null_studies, arguments.surrogates)
    print(f"\n{time.perf_counter() - begun[0]:.0f} s, of the processor {time.process_time() - begun[1]:.0f} s")


def across(n_studies: int, n_surrogates: int) -> None:
    """Print r within and across stories, and their ratio, by carriers."""
    rows = []
    for carriers in ("shared", "own"):
        for seed in range(n_studies):
            made = simulate_stories(carriers, seed=seed)
            within = [
                Scored.of(Study.of(one.series, {name: one.ratings}), {"kind": "subject-and-block"}, 1).r[0]
                for name, one in made.stories.items()
            ]
            found = Scored.of(Study.of(made.series, made.ratings), {"kind": "subject-and-story"}, n_surrogates)
            rows.append((carriers, seed, np.mean(within), found.r[0], found.null.mean(), found.quantile, found.p[0]))
    table = pd.DataFrame(rows, columns=["carriers", "seed", "within", "across", "null_mean", "null_95", "p"])
    print(f"\n{n_studies} studies of each kind, {n_surrogates} surrogates; means over studies ± standard error")
    for carriers, of_kind in table.groupby("carriers", sort=False):
        mean, error = of_kind.mean(numeric_only=True), of_kind.sem(numeric_only=True)
        print(
            f"{carriers:7s} within {mean['within']:.3f} ± {error['within']:.3f}, across {mean['across']:.3f} ± "
            f"{error['across']:.3f} (ratio {mean['across'] / mean['within']:.2f}); null mean {mean['null_mean']:.3f}, "
            f"95 % {mean['null_95']:.3f}; p ≤ {LEVEL:g} in {(of_kind['p'] <= LEVEL).mean():.2f}"
        )
    shared, own = (table[table["carriers"] == kind].mean(numeric_only=True) for kind in ("shared", "own"))
    asserted(f"r within a story {WITHIN[0]:g} to {WITHIN[1]:g}", WITHIN[0] <= shared["within"] <= WITHIN[1])
    asserted(f"across ≥ {LEAST_RATIO:g} × within, shared", shared["across"] >= LEAST_RATIO * shared["within"])
    error = table[table["carriers"] == "own"]["across"].sem()
    asserted("across at its null, own carriers", abs(own["across"] - own["null_mean"]) < 2.6 * error)


def false_positives(split: str, n_studies: int, n_surrogates: int) -> None:
    """Print the share of p ≤ 0.05 of an emotion that isn't there."""
    chosen, size = NULL_STUDIES[split]
    overall, within = [], []
    for seed in range(n_studies):
        made = simulate_stories(seed=seed, **NULL_SIZE, **size)
        found = Scored.of(Study.of(made.series, made.ratings), chosen, n_surrogates)
        overall.append(found.p[0])
        within += list(found.story_p)
    low, high = (count / n_studies for count in binom.interval(0.99, n_studies, LEVEL))
    print(f"\n{split}: {n_studies} null studies, {n_surrogates} surrogates, 99 % band {low:.4f} to {high:.4f}")
    for what, p in (("over stories", overall), ("within a story", within)):
        n_false = int((np.array(p) <= LEVEL).sum())
        limit = binomtest(n_false, len(p), alternative="less").proportion_ci(0.99).high
        print(f"  {what}: {n_false} of {len(p)} p ≤ {LEVEL:g}, {n_false / len(p):.4f} (upper 99 % limit {limit:.4f})")
    asserted(f"{split}: share over stories ≤ {MOST_FALSE:g}", np.mean(np.array(overall) <= LEVEL) <= MOST_FALSE)


def asserted(what: str, holds: bool) -> None:
    """Print whether a requirement holds."""
    print(f"  {'holds' if holds else 'FALLS SHORT'}: {what}")


class Scored:
    """The first feature set of a study, scored beside phase surrogates, as `BrainPathway.decode` does it.

    `r` and `p` (n_emotions,); `null` (n_surrogates,) and `quantile` of the first emotion, `story_p` its p by story.
    """

    def __init__(self, r: np.ndarray, p: np.ndarray, null: np.ndarray, story_p: np.ndarray) -> None:
        self.r, self.p, self.null, self.story_p = r, p, null, story_p
        self.quantile = float(np.quantile(null, 0.95))

    @classmethod
    def of(cls, study: Study, split: dict, n_surrogates: int) -> Scored:
        pathway = BrainPathway.from_config(
            {"null": {"n": n_surrogates}, "split": split, "compare": BARE}, registry=registry()
        )
        runner = StageRunner(pathway.config, pathway.registry, pathway.cache, versions(), pathway.host)
        connectivity, decoder = runner.make("connectivity"), runner.make("neural_decoder")
        grids = [time_grid(connectivity, story, pathway.config.windowing) for story in study.stories]
        targets = StudyTargets.of(study, grids)
        rows = targets.rows(study)
        task = DecodingTask.of(pathway.config, study, targets, rows)
        features = feature_sets(runner, connectivity, study, grids)[0]
        validator = validator_of(decoder, rows.pick(features.make(), features.name), task)
        predictions = validator.predict(task.values).predictions
        scores = score_blocks(predictions, task.targets, task.plan.index.subject, task.plan.cell)
        scored = score_surrogates(validator, task.plan, task.target_row, task.surrogates["phase"])
        null, by_story = scored.scores, scored.by_story
        observed = story_scores(scores, task.plan)
        story_p = [compare_with_null(r, n).p[0] for r, n in zip(observed, by_story, strict=True)]
        return cls(scores.mean, compare_with_null(scores.mean, null).p, null[:, 0], np.array(story_p))


if __name__ == "__main__":
    main()
