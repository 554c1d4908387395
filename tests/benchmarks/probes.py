"""Probes: what the default stages make of sentences whose emotion is known, because they were written for it.

    python tests/benchmarks/probes.py --data ../shared/data [--frozen]

`data/probes.csv` holds 240 sentences of our own. 48 sets of four say the same about one of eight emotions (those of
*agreement*) in four ways: plain, strong, negated, about someone else (`other`). 16 neutral sentences, 8 of emoji and 8
of nonsense say nothing of emotion; 16 are ironic, their `emotion` is the one that is meant. `halves` drew which half
is tuned on and which is shown once, set by set within an emotion, before anything was run on them.

Every figure is printed for the stages as they were (`before`: options `negation` of
`static` and `extra_words` of `nrc` off, bitwise what they gave when the probes were written) and as they are by default
(`after`), in one run. Profiles are standardised against GoEmotions train, whose single-label
comments also give the mean profile of each emotion, all by the same embedder. In the tables:

- `r`: Pearson's r over 18 regions between a sentence's profile and the mean profile of its own emotion, mean over
  sentences. `rank`: the place of its own emotion among the eight when they are sorted by r (1 is best, chance 4.5).
  `first`: share of sentences for which it is 1 (chance 0.125).
- `lean`: how far the profile goes in the direction of its emotion's mean profile m: profile · m / |m|, in standard
  deviations; `peak`: its value in the region where m is largest (the amygdala for fear).
- `rms`: root mean square of the profile over regions; about 1 for a text of the reference; 0 says nothing.
- `intensity`: mean of the scorer's value; `> 0`: share of sentences with any.
- Pairs of one set. `stronger`: share of sets in which the strong sentence has the intensity of the plain one or more.
  `distance`: rms of negated minus plain. `kept`: mean lean of the negated sentences ÷ mean lean of the plain ones, and
  the same for intensity: 1 means that negation does nothing, 0 that it takes all away.
- Irony. `literal`: share of sentences whose first emotion is joy, love or desire, as the words say.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import attrs
import numpy as np

from emotopy.evidence.profile import (
    BETA,
    anchors,
    profile,
    reference_constants,
    standardise,
    term_similarity,
)
from emotopy.evidence.table import read_table
from emotopy.inference.correlation import pearson
from emotopy.records import FloatArray, IntArray
from emotopy.roles import Embedder, IntensityScorer

sys.path.insert(0, str(Path(__file__).parent))
from agreement import Comments, read_goemotions
from frozen_agreement import EMOTIONS

PROBES = Path(__file__).parent / "data" / "probes.csv"
TABLE = Path(__file__).resolve().parents[2] / "plugins" / "emotopy_plugins" / "region_mappers" / "data" / "affect18.csv"
SEED = 12
KINDS_IN_SETS = ("plain", "strong", "negated", "other")
LITERAL = ("joy", "love", "desire")


@attrs.frozen
class Probe:
    """One sentence; `number` is its set's, or its own, within an emotion."""

    id: str
    half: str
    kind: str
    emotion: str
    text: str

    @property
    def number(self) -> int:
        """Sentences of one emotion and number belong together."""
        return int(self.id.split("-")[1])


def read_probes(path: Path = PROBES) -> list[Probe]:
    """Read the sentences."""
    with path.open(newline="", encoding="utf-8") as file:
        return [Probe(**row) for row in csv.DictReader(file)]


def halves(probes: Sequence[Probe]) -> dict[str, str]:
    """Return id → half as the seed draws it: half the sets of every emotion, half of every other kind and emotion."""
    rng = np.random.default_rng(SEED)
    strata: dict[tuple[str, str], set[int]] = {}
    for probe in probes:
        strata.setdefault(_stratum(probe), set()).add(probe.number)
    frozen = {
        stratum: set((1 + rng.permutation(len(numbers))[: len(numbers) // 2]).tolist())
        for stratum, numbers in strata.items()
    }
    return {probe.id: "frozen" if probe.number in frozen[_stratum(probe)] else "tuning" for probe in probes}


def _stratum(probe: Probe) -> tuple[str, str]:
    return "set" if probe.kind in KINDS_IN_SETS else probe.kind, probe.emotion


def mapping(embedder: Embedder, comments: Comments) -> Callable[[list[str]], FloatArray]:
    """Return what maps texts to standardised profiles (n_texts, n_regions): shipped table, reference the comments."""
    table = read_table(TABLE)
    words = [word for words in table.words for word in words]
    at = anchors(embedder.embed(words), [len(words) for words in table.words])
    distinct = sorted({text for text in comments.texts if text.strip()})
    constants = reference_constants(embedder.embed(distinct), at, table, source="GoEmotions train")

    def profiles(texts: list[str]) -> FloatArray:
        similarity = term_similarity(embedder.embed(texts), at)
        log_odds = profile(standardise(similarity, constants.term_mean, constants.term_sd), table.at_regions, BETA)
        return standardise(log_odds, constants.region_mean, constants.region_sd)

    return profiles


@attrs.frozen(eq=False)
class Measured:
    """What the stages make of probes: `profiles` (n_probes, n_regions), `intensity` (n_probes,).

    `means` (n_emotions, n_regions) are the mean profiles of the eight emotions.
    """

    probes: Sequence[Probe]
    profiles: FloatArray
    intensity: FloatArray
    means: FloatArray

    @classmethod
    def of(cls, probes: Sequence[Probe], embedder: Embedder, scorer: IntensityScorer, comments: Comments) -> Measured:
        """Run both stages on the probes, and the embedder on the comments for reference and mean profiles."""
        profiles = mapping(embedder, comments)
        of_comments, labels = profiles(comments.texts), np.array(comments.labels)
        means = np.array([of_comments[labels == emotion].mean(axis=0) for emotion in EMOTIONS])
        texts = [probe.text for probe in probes]
        return cls(probes, profiles(texts), scorer.score(texts).values, means)

    def kind(self, kind: str) -> Measured:
        """Return one kind of sentence."""
        return self._where([probe.kind == kind for probe in self.probes])

    def half(self, half: str) -> Measured:
        """Return one half of the sentences."""
        return self._where([probe.half == half for probe in self.probes])

    def _where(self, chosen: Sequence[bool]) -> Measured:
        rows = np.flatnonzero(chosen)
        return Measured([self.probes[row] for row in rows], self.profiles[rows], self.intensity[rows], self.means)

    @property
    def own(self) -> IntArray:
        """Which emotion each sentence has, (n_probes,)."""
        return np.array([EMOTIONS.index(probe.emotion) for probe in self.probes])

    @property
    def r(self) -> FloatArray:
        """r with the mean profile of every emotion, (n_probes, n_emotions); a flat profile counts as 0."""
        rows = [pearson(np.repeat(one[None], len(self.means), axis=0), self.means) for one in self.profiles]
        return np.nan_to_num(np.array(rows))

    @property
    def r_own(self) -> FloatArray:
        """r with the mean profile of the sentence's own emotion, (n_probes,)."""
        return self.r[np.arange(len(self.probes)), self.own]

    @property
    def rank(self) -> FloatArray:
        """The place of the sentence's own emotion, from 1; among equals the middle, (n_probes,)."""
        r, own = self.r, self.r_own[:, None]
        return 1 + (r > own).sum(axis=1) + ((r == own).sum(axis=1) - 1) / 2

    @property
    def lean(self) -> FloatArray:
        """How far each profile goes along its emotion's mean profile, (n_probes,)."""
        direction = self.means / np.linalg.norm(self.means, axis=1, keepdims=True)
        return np.einsum("ir,ir->i", self.profiles, direction[self.own])

    @property
    def peak(self) -> FloatArray:
        """The value in the region where the emotion's mean profile is largest, (n_probes,)."""
        return self.profiles[np.arange(len(self.probes)), self.means.argmax(axis=1)[self.own]]

    @property
    def rms(self) -> FloatArray:
        """Root mean square of each profile, (n_probes,)."""
        return np.sqrt((self.profiles**2).mean(axis=1))


def figures(measured: Measured) -> dict[str, dict[str, float]]:
    """Return every figure, row → name → value."""
    rows: dict[str, dict[str, float]] = {}
    for kind in (*KINDS_IN_SETS, "irony"):
        part = measured.kind(kind)
        rows[kind] = {
            "n": len(part.probes),
            "r": part.r_own.mean(),
            "rank": part.rank.mean(),
            "first": (part.rank == 1).mean(),
            "lean": part.lean.mean(),
            "peak": part.peak.mean(),
        } | _sizes(part)
    for kind in ("neutral", "emoji", "nonsense"):
        part = measured.kind(kind)
        rows[kind] = {"n": len(part.probes)} | _sizes(part)
    plain, strong, negated = (measured.kind(kind) for kind in ("plain", "strong", "negated"))
    rows["strong against plain"] = {"stronger": (strong.intensity >= plain.intensity).mean()}
    rows["negated against plain"] = {
        "distance": np.sqrt(((negated.profiles - plain.profiles) ** 2).mean(axis=1)).mean(),
        "kept lean": negated.lean.mean() / plain.lean.mean(),
        "kept intensity": negated.intensity.mean() / plain.intensity.mean(),
    }
    for emotion in EMOTIONS:
        here = [probe.emotion == emotion for probe in plain.probes]
        one, other = plain._where(here), negated._where(here)
        rows[f"  {emotion}, plain → negated"] = {
            "lean": one.lean.mean(), "lean negated": other.lean.mean(), "r": one.r_own.mean(),
            "r negated": other.r_own.mean(), "peak": one.peak.mean(), "peak negated": other.peak.mean(),
        }  # fmt: skip
    irony = measured.kind("irony")
    first = irony.r.argmax(axis=1)
    rows["irony, as the words say"] = {"literal": np.isin(first, [EMOTIONS.index(name) for name in LITERAL]).mean()}
    return rows


def _sizes(part: Measured) -> dict[str, float]:
    return {"rms": part.rms.mean(), "intensity": part.intensity.mean(), "> 0": (part.intensity > 0).mean()}


def show(before: Mapping[str, Mapping[str, float]], after: Mapping[str, Mapping[str, float]]) -> None:
    """Print both, row by row: before → after."""
    for row, values in before.items():
        cells = [
            f"{name} {value:g}" if name == "n" else f"{name} {value:.3f} → {after[row][name]:.3f}"
            for name, value in values.items()
        ]
        print(f"{row:28s} " + "   ".join(cells))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with goemotions/")
    parser.add_argument("--frozen", action="store_true", help="the frozen half too; look at it once")
    options = parser.parse_args()
    from emotopy.roles import Host
    from emotopy_plugins.embedders.static import StaticEmbedder
    from emotopy_plugins.intensity_scorers.nrc import NrcIntensityScorer

    comments = read_goemotions(options.data / "goemotions")
    probes = read_probes()
    chosen = probes if options.frozen else [probe for probe in probes if probe.half == "tuning"]
    stages = {
        "before": (StaticEmbedder(negation=False), NrcIntensityScorer(Host(), extra_words=False)),
        "after": (StaticEmbedder(), NrcIntensityScorer(Host())),
    }
    measured = {name: Measured.of(chosen, *pair, comments) for name, pair in stages.items()}
    for half in ("tuning", "frozen") if options.frozen else ("tuning",):
        print(f"{half} half, before → after")
        show(*(figures(one.half(half)) for one in measured.values()))


if __name__ == "__main__":
    main()
