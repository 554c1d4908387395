"""Is a large study bounded in memory and time? 400 regions × 26 subjects, noise, recommended windows, nested.

    python tests/benchmarks/bounded.py [--step 8] [--surrogates 200]

Peak memory and time of one `decode` in a process of its own (`resource.getrusage` of the child, Linux: kilobytes).
Wanted: at the recommended step of 8 s (85 windows) under 6 GB and 5 minutes; at a step of one TR (`--step 2`: 341
windows) under 6 GB and 30 minutes. One feature set, 79,800 edges, no baselines; patterns and surrogates included.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time

MOST_GB = 6.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--step", type=float, default=8.0, help="of the windows, in seconds")
    parser.add_argument("--regions", type=int, default=400)
    parser.add_argument("--subjects", type=int, default=26)
    parser.add_argument("--surrogates", type=int, default=200)
    arguments = parser.parse_args()
    child = multiprocessing.get_context("spawn").Process(target=run, args=(arguments,))
    begun = time.perf_counter()
    child.start()
    child.join()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken_s, peak_gb = time.perf_counter() - begun, used.ru_maxrss / 1024**2
    minutes = 5 if arguments.step >= 8 else 30
    print(f"peak {peak_gb:.2f} GB, {taken_s:.0f} s ({used.ru_utime + used.ru_stime:.0f} s of the processor)")
    holds = child.exitcode == 0 and peak_gb < MOST_GB and taken_s < 60 * minutes
    print(f"{'holds' if holds else 'FAILS'}: under {MOST_GB:g} GB and {minutes} minutes")


def run(arguments):
    from emotopy.pathways.brain.pathway import decode
    from emotopy.roles import Host
    from emotopy.simulate import simulate_bold

    study = simulate_bold("nothing", n_subjects=arguments.subjects, n_regions=arguments.regions)
    config = {
        "windowing": {"step_s": arguments.step},
        "null": {"n": arguments.surrogates},
        "compare": {"features": [], "remove_evoked": False, "baselines": False},
    }
    begun = time.perf_counter()
    host = Host(log=lambda message: print(message, flush=True))
    decoding = decode(study.series, study.ratings, config=config, host=host)
    windows = len(decoding.predictions) // arguments.subjects
    size = f"{arguments.regions} regions, {arguments.subjects} subjects, {windows} windows"
    print(f"{size}, {len(decoding.edges):,} edges")
    print(f"decode alone: {time.perf_counter() - begun:.0f} s")
    print(decoding.scores[["emotion", "features", "r", "null_95", "p"]].round(3).to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
