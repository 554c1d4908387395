"""The brain pathway on real BOLD: a positive control that must be found, and the emotions of *Alice*, chapter 1.

    python tests/benchmarks/alice.py --data ../shared/data [--only control|emotions] [--surrogates N] [--cache DIR]

27 listeners, 6 language regions, 362 volumes of 2 s (Brennan et al. 2016). *Control*: the word rate and the sound power
of the recording, each subject's own courses under the HRF, decoded from the regions' levels at volumes t − 1, t, t + 1
(amplitude, mode lags), 999 surrogates. Expected: word rate r ≈ 0.17 (null 95 % 0.07), sound power r ≈ 0.12 (0.055),
p ≤ 0.005. *Emotions*: `annotate` with `anchors` on the TextGrid, then `decode` with the recommended preset, 200
surrogates, against amplitude, motion, time, word rate and loudness. Seconds are wall clock, processor in brackets.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from emotopy.pathways.annotation.pathway import annotate
from emotopy.pathways.brain.pathway import decode
from emotopy.roles import Host
from emotopy_plugins.datasets.alice import AliceDataset

EXPECTED = {"rate": (0.17, 0.07), "sndpwr": (0.12, 0.055)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds alice-brennan2016/")
    parser.add_argument("--only", choices=["control", "emotions"], help="one of the two")
    parser.add_argument("--surrogates", type=int, help="of the null; 999 for the control, 200 for the emotions")
    parser.add_argument("--cache", type=Path, help="folder for finished work; by default none is kept")
    arguments = parser.parse_args()
    alice = AliceDataset(host=Host(notify=print)).load(arguments.data / "alice-brennan2016")
    for one in alice.excluded:
        print(f"left out: {one.reason}")
    first = alice.series[0]
    print(f"{len(alice.series)} subjects, {first.n_volumes} volumes, {len(first.regions)} regions\n")
    host = Host(
        notify=lambda message: print(f"  note: {message}"), log=lambda message: print(f"  {message}", flush=True)
    )
    if arguments.only != "emotions":
        control(alice, arguments.surrogates or 999, host, arguments.cache)
    if arguments.only != "control":
        emotions(alice, arguments.surrogates or 200, host, arguments.cache)


def control(alice, n_surrogates, host, cache):
    print("positive control: word rate and sound power from the regions' levels")
    clock = Stopwatch()
    config = {
        "connectivity": {"use": "amplitude", "mode": "lags"},
        "null": {"n": n_surrogates},
        "compare": {"baselines": False, "features": []},
    }
    decoding = decode(alice.series, targets=alice.regressors, config=config, cache=cache, host=host)
    show(decoding)
    scores = decoding.scores.set_index("emotion")
    for name, (r, null_95) in EXPECTED.items():
        row = scores.loc[name]
        found = abs(row["r"] - r) < 0.03 and abs(row["null_95"] - null_95) < 0.03 and row["p"] <= 0.005
        print(f"{name}: expected r ≈ {r} (null 95 % {null_95}), p ≤ 0.005: {'as expected' if found else 'NOT SO'}")
    print(f"{clock}\n")


def emotions(alice, n_surrogates, host, cache):
    print("emotions: anchors on the TextGrid, then the recommended preset")
    clock = Stopwatch()
    ratings = annotate(alice.narrative(), "anchors", host=host).ratings
    print(f"annotated {len(ratings.onset_s)} segments, known until {ratings.known_until_s:.0f} s: {clock}")
    clock = Stopwatch()
    decoding = decode(
        alice.series,
        ratings,
        start_s=alice.start_s,
        motion=alice.motion,
        regressors=alice.regressors,
        config={"null": {"n": n_surrogates}},
        cache=cache,
        host=host,
    )
    show(decoding)
    print("sliding-window against the others (two-sided, the same surrogates):")
    print(decoding.paired[decoding.paired["features_b"] == "amplitude"].round(3).to_string(index=False))
    print(clock)


def show(decoding):
    print(decoding.scores.drop(columns=["r2", "mse"]).merge(decoding.sensitivity).round(3).to_string(index=False))


class Stopwatch:
    """Wall clock and processor time since it was made."""

    def __init__(self) -> None:
        self.wall, self.processor = time.perf_counter(), time.process_time()

    def __str__(self) -> str:
        return f"{time.perf_counter() - self.wall:.1f} s ({time.process_time() - self.processor:.1f} s)"


if __name__ == "__main__":
    main()
