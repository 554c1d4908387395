"""Does the brain pathway find what was planted, and only that?

    python tests/benchmarks/recovers.py [--plants coupling amplitude motion nothing] [--seeds 0 1] [--subjects 10]

The frozen scenario (`simulate_bold` with its defaults: 20 subjects, 362 volumes of 2 s, 30 regions of which 10 carry),
preset `recommended`, 200 surrogates. Wanted:

- coupling: `sliding-window` r ≥ 0.5, `amplitude` at its null (r below the null's 95 %, p > 0.05).
- amplitude: `amplitude` r ≥ 0.5; `sliding-window` above its null, at it with `+remove-evoked`, and notes say so.
- motion: the notes name motion.
- nothing: every feature set of the brain at its null. A test at 5 % errs once in 20: see `honest.py` for its rate.

`--subjects 10` shows the power at half the size, against the same marks. Verdicts are printed, counted; the exit code
is 0 whatever they are.
"""

from __future__ import annotations

import argparse
import time

from emotopy.pathways.brain.pathway import decode
from emotopy.readers.motion import Motion
from emotopy.simulate import simulate_bold

STRONG = 0.5
PLANTS = ("coupling", "amplitude", "motion", "nothing")
MAIN, EVOKED, AMPLITUDE = "sliding-window", "sliding-window+remove-evoked", "amplitude"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plants", nargs="+", choices=PLANTS, default=PLANTS)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0], help="of the simulation; the analysis has seed 0")
    parser.add_argument("--subjects", type=int, default=20)
    parser.add_argument("--surrogates", type=int, default=200)
    arguments = parser.parse_args()
    kept = {}
    for plant in arguments.plants:
        for seed in arguments.seeds:
            for what, holds in run(plant, seed, arguments.subjects, arguments.surrogates).items():
                kept.setdefault((plant, what), []).append(holds)
    print(f"\n{arguments.subjects} subjects, {len(arguments.seeds)} seeds:")
    for (plant, what), verdicts in kept.items():
        print(f"{plant:10} {what:64} {sum(verdicts)} of {len(verdicts)}")


def run(plant, seed, n_subjects, n_surrogates):
    study = simulate_bold(plant, n_subjects=n_subjects, seed=seed)
    motion = [Motion(one.parameters, one.fd_mm) for one in study.motion]
    begun = time.perf_counter()
    decoding = decode(study.series, study.ratings, motion=motion, config={"null": {"n": n_surrogates}})
    scores = decoding.scores.merge(decoding.sensitivity)
    print(f"\n{plant}, seed {seed}, {n_subjects} subjects: {time.perf_counter() - begun:.0f} s")
    print(scores[["features", "r", "null_mean", "null_95", "p", "p_sensitivity"]].round(3).to_string(index=False))
    rows = scores.set_index("features")
    verdicts = VERDICTS[plant](rows, decoding.notes)
    for note in decoding.notes:
        print(f"  note: {note}")
    for what, holds in verdicts.items():
        print(f"  {'holds' if holds else 'FAILS'}: {what}", flush=True)
    return verdicts


def at_null(row):
    return bool(row["p"] > 0.05 and row["r"] <= row["null_95"])


def coupling(rows, notes):
    return {
        "sliding-window r >= 0.5": rows.loc[MAIN, "r"] >= STRONG,
        "sliding-window above its null": rows.loc[MAIN, "p"] <= 0.05,
        "still above it with +remove-evoked": rows.loc[EVOKED, "p"] <= 0.05,
        "amplitude at its null": at_null(rows.loc[AMPLITUDE]),
    }


def amplitude(rows, notes):
    return {
        "amplitude r >= 0.5": rows.loc[AMPLITUDE, "r"] >= STRONG,
        "sliding-window above its null": rows.loc[MAIN, "p"] <= 0.05,
        "at its null with +remove-evoked": at_null(rows.loc[EVOKED]),
        # with a story that evokes little within windows there is nothing to warn of
        "the notes call it evoked, where there is something to call": rows.loc[MAIN, "p"] > 0.05
        or any("evoked co-activation" in note for note in notes),
    }


def motion(rows, notes):
    return {
        "motion decodes the rating": rows.loc["motion", "p"] <= 0.05,
        "the notes name motion": any("decoded from motion alone" in note for note in notes),
    }


def nothing(rows, notes):
    return {
        **{f"{name} at its null": at_null(rows.loc[name]) for name in (MAIN, EVOKED, AMPLITUDE, "motion")},
        "the notes accuse nobody": not any("also decoded from" in note or "evoked co" in note for note in notes),
    }


VERDICTS = {"coupling": coupling, "amplitude": amplitude, "motion": motion, "nothing": nothing}


if __name__ == "__main__":
    main()
