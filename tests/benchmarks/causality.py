"""What does it cost to know only the past? The causal pipeline's scores beside those of the zero-phase one.

    OMP_NUM_THREADS=1 python tests/benchmarks/causality.py [--data ../shared/data] [--only planted|beginning|control]
                                                           [--seeds 0 1 2 3 4] [--surrogates 200] [--orders 1 2 3 5]

*planted*: the frozen scenario (`simulate_bold("coupling")`: 20 listeners, 362 volumes, 30 regions of which 10 carry),
preset `recommended` without rivals and baselines; `decoding.refit(causal=True).scores` has both. Both analyses have the
same windows, ratings, folds and surrogates, and differ in the filter alone. `--orders` tries filters of other orders.

*beginning*: how far Fisher's z of a run that has just begun is from that of a filter that has run for 200 s before, by
where the window begins: root mean square over windows and edges, beside the deviation of z over time. On the planted
scenario, and with `--data` on the real recordings of *Alice* (27 listeners, six language regions).

*control* (needs `--data`): the recordings' positive control, word rate and sound power, under both filters: from the
regions' levels at volumes t − 1, t, t + 1 (high-pass 1/128 Hz; the causal answer for t is there one volume later),
where there is a signal, and from connectivity in windows, where none is known.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import attrs
import numpy as np

from emotopy.pathways.brain.pathway import decode
from emotopy.records.brain import Windowing
from emotopy.roles import Host
from emotopy.simulate import simulate_bold
from emotopy_plugins.connectivity.sliding_window import SlidingWindow
from emotopy_plugins.datasets.alice import AliceDataset
from emotopy_plugins.shared import causal_filter
from emotopy_plugins.shared.causal_filter import CausalHighPass

BARE = {"compare": {"features": [], "remove_evoked": False, "baselines": False}}
WARM = 100
"""Volumes that a filter runs before the run that has just begun."""
SHARES = (0.0, 0.25, 0.5, 1.0, 2.0)
"""Where windows begin, in widths from the run's beginning."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder that holds alice-brennan2016/")
    parser.add_argument("--only", choices=["planted", "beginning", "control"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--surrogates", type=int, default=200)
    parser.add_argument("--orders", nargs="+", type=int, default=[causal_filter.ORDER], help="of the causal filter")
    arguments = parser.parse_args()
    alice = AliceDataset(host=Host(notify=print)).load(arguments.data / "alice-brennan2016") if arguments.data else None
    if arguments.only in (None, "planted"):
        for order in arguments.orders:
            causal_filter.ORDER = order
            print(f"order {order}")
            planted(arguments.seeds, arguments.surrogates)
    if arguments.only in (None, "beginning"):
        beginning("planted scenario, seed 0", simulate_bold("coupling").series)
        if alice is not None:
            beginning("real recordings", alice.series)
    if arguments.only in (None, "control") and alice is not None:
        control(alice, arguments.surrogates)


def planted(seeds, n_surrogates):
    costs = []
    for seed in seeds:
        begun = time.perf_counter()
        study = simulate_bold("coupling", seed=seed)
        config = {**BARE, "null": {"n": n_surrogates}}
        scores = decode(study.series, study.ratings, config=config).refit(causal=True).scores.set_index("causal")
        causal, usual = scores.loc[True], scores.loc[False]
        costs.append(usual["r"] - causal["r"])
        shown = [
            f"{name} r {one['r']:.3f} (null 95 % {one['null_95']:.3f}, p {one['p']:.3f})"
            for name, one in (("zero-phase", usual), ("causal", causal))
        ]
        print(f"planted, seed {seed}: {', '.join(shown)}; {time.perf_counter() - begun:.0f} s", flush=True)
    print(f"causality costs r {np.mean(costs):+.3f} (from {min(costs):+.3f} to {max(costs):+.3f})\n", flush=True)


def beginning(what, series):
    first = series[0]
    windowing = Windowing(step_s=first.tr_s)
    measure, width = SlidingWindow(windowing, causal=True), windowing.width(first.tr_s)
    off, deviation = [], []
    for one in series:
        values = np.asarray(one.values, dtype=float)
        warm = CausalHighPass(measure.cutoff_hz, one.tr_s).apply(values)[WARM:]
        cold = CausalHighPass(measure.cutoff_hz, one.tr_s).apply(values[WARM:])
        z_warm, z_cold = (measure.features(part, one.tr_s).astype(float) for part in (warm, cold))
        off.append((z_warm - z_cold) ** 2)
        deviation.append(z_warm.std(axis=0))
    by_window = np.sqrt(np.mean(off, axis=(0, 2)))
    sd = np.mean(deviation)
    shown = ", ".join(f"{share:g} widths: {by_window[round(share * width)] / sd:.3f}" for share in SHARES)
    print(f"beginning, {what}: off by (in deviations of z over time, {sd:.2f}) {shown}\n", flush=True)


def control(alice, n_surrogates):
    tr_s = alice.series[0].tr_s
    filtered = [
        attrs.evolve(one, values=CausalHighPass(1 / 128, tr_s).apply(np.asarray(one.values, dtype=float)))
        for one in alice.series
    ]
    alike = [attrs.evolve(one, values=CausalHighPass(1 / 128, tr_s).apply(one.values)) for one in alice.regressors]
    lags = {"use": "amplitude", "mode": "lags"}
    unfiltered = {**lags, "high_pass_hz": 0.0}
    for what, series, targets, connectivity in (
        ("levels, zero-phase", alice.series, alice.regressors, lags),
        ("levels, causal", filtered, alice.regressors, unfiltered),
        ("levels, causal, courses filtered alike", filtered, alike, unfiltered),
        ("connectivity, zero-phase", alice.series, alice.regressors, "sliding-window"),
        ("connectivity, causal", alice.series, alice.regressors, {"use": "sliding-window", "causal": True}),
    ):
        config = {**BARE, "connectivity": connectivity, "null": {"n": n_surrogates}}
        scores = decode(series, targets=targets, config=config).scores
        for _, row in scores.iterrows():
            r, null_95, p = row["r"], row["null_95"], row["p"]
            print(f"control, {what}: {row['emotion']} r {r:.3f} (null 95 % {null_95:.3f}, p {p:.3f})", flush=True)


if __name__ == "__main__":
    main()
