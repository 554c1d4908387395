"""How long does a decoder take for a volume while the scanner runs? Wanted: at most 5 ms, median and 99 %, on one core.

    OMP_NUM_THREADS=1 python tests/benchmarks/stream_latency.py [--regions 6 100 400] [--tr 2.0] [--volumes 1000]
                                                                [--pause-ms 10]

A causal decoder of eight emotions with coefficients of noise (latency doesn't depend on their values), 44 s windows,
volumes of noise; times are those of `DecoderStream.update`, all checks included, once the first window is full. Beside
them the largest difference from `predict` on the same run. Every thread pool is limited to one thread. Volumes come
every `--pause-ms`, as they come every TR from a scanner: a process that computes without a pause uses up its time slice
and then waits for the others'. Times are wall clock, and the processor's: on a busy machine the first include waits for
a free core, the second don't. The verdict is that of the wall clock.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from emotopy.config import build
from emotopy.pathways.brain.decoder import Decoder
from emotopy.records.brain import RegionSeries
from emotopy.registry import Registry
from emotopy.roles import Host

N_EMOTIONS = 8
MOST_MS = 5.0
CONFIG = {"connectivity": {"use": "sliding-window", "causal": True}}


def decoder_of_noise(n_regions: int, tr_s: float, rng: np.random.Generator) -> Decoder:
    registry = Registry.load()
    return Decoder(
        emotions=tuple(f"emotion_{i}" for i in range(N_EMOTIONS)),
        regions=tuple(f"region_{i}" for i in range(n_regions)),
        tr_s=tr_s,
        coefficients=rng.standard_normal((n_regions * (n_regions - 1) // 2, N_EMOTIONS)) / n_regions,
        intercept=rng.standard_normal(N_EMOTIONS),
        penalties=np.ones(N_EMOTIONS),
        scores=pd.DataFrame(),
        has_confounds=False,
        n_subjects=1,
        n_rows=1,
        config=build(CONFIG).check(registry, ("connectivity",)),
        provenance={},
        notes=(),
        registry=registry,
        host=Host(),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--regions", type=int, nargs="+", default=[6, 100, 400])
    parser.add_argument("--tr", type=float, default=2.0, help="in seconds")
    parser.add_argument("--volumes", type=int, default=1000)
    parser.add_argument("--pause-ms", type=float, default=10.0, help="between volumes")
    options = parser.parse_args()
    holds = True
    with threadpool_limits(limits=1):
        for n_regions in options.regions:
            rng = np.random.default_rng(0)
            decoder = decoder_of_noise(n_regions, options.tr, rng)
            width = decoder.windowing.width(options.tr)
            volumes = 900 + rng.standard_normal((options.volumes + width, n_regions))
            stream = decoder.stream(options.tr)
            taken, answers = [], []
            for volume in volumes:
                time.sleep(options.pause_ms / 1e3)
                begun = time.perf_counter(), time.process_time()
                answers.append(stream.update(volume))
                taken.append((time.perf_counter() - begun[0], time.process_time() - begun[1]))
            wall_ms, processor_ms = 1e3 * np.array(taken[width:]).T
            run = RegionSeries("new", decoder.regions, volumes[: 200 + width], options.tr)
            (batch,) = decoder.predict(run, step_s=options.tr)
            off = np.abs(np.array(answers[width - 1 : 200 + width]) - batch.values).max()
            holds &= bool(np.quantile(wall_ms, 0.99) <= MOST_MS)
            print(
                f"{n_regions} regions, windows of {width} volumes, {len(wall_ms)} volumes; off the batch by {off:.1e}"
            )
            for what, ms in (("wall clock", wall_ms), ("processor", processor_ms)):
                median, high = np.quantile(ms, [0.5, 0.99])
                print(f"  {what:10}  median {median:.2f} ms, 99 % {high:.2f} ms, largest {ms.max():.2f} ms")
    print(f"{'holds' if holds else 'FAILS'}: median and 99 % up to {MOST_MS:g} ms")


if __name__ == "__main__":
    main()
