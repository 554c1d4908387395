"""How long a host waits between two moments at which a call sees its cancellation: the longest stretches, by work.

    OMP_NUM_THREADS=1 python -m tests.benchmarks.uninterruptible [--texts N] [--regions N] [--subjects N]

Texts are made of frequent words; scans are simulated. Seconds are those of the processor (one thread), so that other
work of the machine hardly counts. A stretch is told with the work that was under way when it began.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

import emotopy
from emotopy.pathways.brain.study import Study
from emotopy.roles import Host
from emotopy.simulate import simulate_bold

WORDS = (
    "time year people way day man thing woman life child world school state family student group country problem hand "
    "part place case week company system program question work government number night point home water room mother "
    "area money story fact month lot right study book eye job word business issue side kind head house service friend "
    "father power hour game line end member law car city community name president team minute idea kid body fear joy "
    "anger grief love hope shame pride disgust surprise calm terror happy sad afraid angry glad lonely proud ashamed"
)
SHOWN = 8


class Stretches:
    """A host's `cancel` and `progress` that note how much processor time goes by between two questions."""

    def __init__(self) -> None:
        self.doing = ["(before the first)"]
        self.longest: dict[str, float] = {}
        self.n, self.total, self.last, self.began_in = 0, 0.0, time.process_time(), self.doing[-1]

    def cancel(self) -> bool:
        """Note a stretch; never cancel."""
        now = time.process_time()
        what, stretch = self.began_in, now - self.last
        self.longest[what] = max(self.longest.get(what, 0.0), stretch)
        self.n, self.total, self.last, self.began_in = self.n + 1, self.total + stretch, now, self.doing[-1]
        return False

    @contextmanager
    def progress(self, what: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """Note what is under way."""
        del total
        self.doing.append(what)
        yield lambda n: None
        done = self.doing.pop()
        if len(self.doing) == 1:
            self.doing[0] = f"after {done}"

    def show(self, title: str) -> None:
        """Print the longest ones."""
        print(f"{title}: {self.total:.1f} s of the processor, {self.n:,} moments")
        for what, stretch in sorted(self.longest.items(), key=lambda one: -one[1])[:SHOWN]:
            print(f"  {stretch:7.2f} s  {what}")


def measured(title: str, work: Callable[[Host], object]) -> None:
    """Run a call and show its stretches; imports of libraries are made by a small call before."""
    stretches = Stretches()
    work(Host(cancel=stretches.cancel, progress=stretches.progress))
    stretches.cancel()
    stretches.show(title)


def texts_of(n: int) -> list[str]:
    """Return n different texts of 5 to 25 words."""
    rng, words = np.random.default_rng(0), WORDS.split()
    return [" ".join(rng.choice(words, int(rng.integers(5, 26)))) for _ in range(n)]


def main() -> None:
    """Measure mapping and decoding."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--texts", type=int, default=10_000)
    asked.add_argument("--regions", type=int, default=100)
    asked.add_argument("--subjects", type=int, default=12)
    options = asked.parse_args()
    emotopy.map_texts(texts_of(40))
    texts = texts_of(options.texts)
    measured(f"map_texts, {options.texts:,} texts", lambda host: emotopy.map_texts(texts, host=host))
    scans = simulate_bold("coupling", n_subjects=options.subjects, n_regions=options.regions, n_carriers=10)
    study = Study.of(scans.series, scans.ratings)

    def decode(host: Host) -> object:
        return emotopy.BrainPathway.from_config({"null": {"n": 100}}, host=host).decode(study)

    measured(f"decode, {options.subjects} subjects, {options.regions} regions, 100 surrogates", decode)


if __name__ == "__main__":
    main()
