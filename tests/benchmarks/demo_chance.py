"""How often does the demo's study find what wasn't planted, and what was?

    python tests/benchmarks/demo_chance.py [--seeds 40]

The diaries of `emotopy demo` are mapped once. Then, for seeds from 0, the order of reading, the listeners' signals and
their motion are drawn anew, decoded as the demo does, and bridged with the texts. Wanted: of the tests in which nothing
was planted (the control rating everywhere; fear from amplitude, motion and time), p < 0.05 in 5 % (the 99 % binomial
band is printed; tests of one seed share signals, so it is a little too narrow); the planted coupling is found.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import pandas as pd
from scipy.stats import binom

from emotopy.cli.demo import N_SURROGATES, PLANTED, fear_of, simulate_listeners, unplanted
from emotopy.datasets.sample import made_up_diaries_path
from emotopy.pathways.brain.pathway import BrainPathway
from emotopy.pathways.bridge.pathway import bridge
from emotopy.pathways.text.pathway import map_texts
from emotopy.readers.tables import read_table
from emotopy.registry import Registry

LEVEL = 0.05
QUICK = {"reducer": "pca", "clusterer": "kmeans", "reporter": "tables", "interval": {"n": 100}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=40)
    n_seeds = parser.parse_args().seeds
    registry = Registry.load()
    frame = read_table(made_up_diaries_path())
    texts = map_texts(frame, text="text", group="group", unit="writer", id="id", config=QUICK, registry=registry)
    with tempfile.TemporaryDirectory() as folder:
        texts.write(Path(folder) / "texts", registry)
        fear = fear_of(Path(folder) / "texts")
    regions = tuple(registry.make("atlas", "affect18").regions)
    pathway = BrainPathway.from_config({"null": {"n": N_SURROGATES}}, registry=registry)
    null, found, bridged = [], [], []
    for seed in range(n_seeds):
        decoding = pathway.decode(simulate_listeners(fear, regions, seed))
        scores = decoding.scores
        null.append(unplanted(scores).assign(seed=seed))
        found.append(scores[(scores["emotion"] == PLANTED) & (scores["features"] == "sliding-window")])
        table = bridge(texts, decoding, registry=registry).table
        bridged.append(table[(table["emotion"] == PLANTED) & (table["weights"] == "absolute")])
    show(pd.concat(null), pd.concat(found), pd.concat(bridged))


def show(tests: pd.DataFrame, found: pd.DataFrame, bridged: pd.DataFrame) -> None:
    """Print the rates."""
    tests = tests.assign(below=tests["p"] < LEVEL, family=tests["p_family"] < LEVEL)
    low, high = binom.ppf([0.005, 0.995], len(tests), LEVEL) / len(tests)
    print(tests.groupby(["features", "emotion"], sort=False)[["below", "family"]].mean().round(3).to_string())
    print(
        f"all {len(tests)} tests without a plant: p < {LEVEL:g} in {tests['below'].mean():.3f} "
        f"(band {low:.3f}–{high:.3f}); p family < {LEVEL:g} in {tests['family'].mean():.3f}"
    )
    print(f"seeds with one or more below {LEVEL:g}: {tests.groupby('seed')['below'].any().mean():.3f}")
    for what, table in (("decoded", found), ("bridged", bridged)):
        r = table["r"]
        print(
            f"{what}: r {r.mean():.2f} ({r.min():.2f} to {r.max():.2f}), p < {LEVEL:g} in "
            f"{(table['p'] < LEVEL).mean():.2f}"
        )


if __name__ == "__main__":
    main()
