"""Does the bridge find weights that were planted from the evidence, and nothing where plants are unrelated?

    python tests/benchmarks/bridge.py fields   [--runs 1000] [--seed 1]   the null on maps of known smoothness
    python tests/benchmarks/bridge.py plants   [--runs 1000] [--seed 1]   simulated scans, plants unrelated to the text
    python tests/benchmarks/bridge.py decodes  [--runs 40]   [--seed 1]   the same through decode() and bridge(), whole
    python tests/benchmarks/bridge.py recovery [--runs 10]   [--seed 1]   loadings from the evidence table, whole

Atlas `affect18`: 18 regions. A story is made of the diaries that ship, 181 segments of 4 s, drawn so that eight
emotions rise and fall slowly; ratings by `anchors`, profiles by `recommended` (pca and kmeans for the clusters, which
weights don't use). Scans: `simulate_bold("coupling", loadings=…)`, 8 or 20 listeners, 362 volumes of 2 s.

Wanted: where nothing relates text to brain, p < 0.05 in 3–7 % of the runs, and within the 99 % binomial band; planted
evidence is found. `fields` also shows what was rejected (`pair`, a permutation of regions), and where the null fails:
maps on both sides whose covariance is that of the evidence table, which distance doesn't explain.

`plants` takes the pattern of the rating itself (what a decoder that predicts it perfectly would give), 20 times cheaper
than a decoder; `decodes` runs all of it. Verdicts are printed; the exit code is 0 whatever they are.
"""

from __future__ import annotations

import argparse
import csv
import time
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.stats import binom

from emotopy.datasets.sample import diaries_path
from emotopy.evidence.table import read_table
from emotopy.inference.correlation import pearson, pearson_matrix
from emotopy.inference.explanation import EdgePatterns, region_weights
from emotopy.inference.moran import eigenmaps, inverse_distances, null_correlations, region_distances
from emotopy.inference.null_comparison import compare_with_null
from emotopy.inference.rating_courses import volume_course
from emotopy.inference.windows import windowed_means
from emotopy.pathways.annotation.pathway import annotate
from emotopy.pathways.brain.pathway import decode
from emotopy.pathways.bridge.pathway import bridge
from emotopy.pathways.text.pathway import map_texts
from emotopy.records.brain import Narrative, Ratings, Windowing, Word
from emotopy.records.regions import RegionWeights
from emotopy.registry import Registry
from emotopy.simulate import simulate_bold
from emotopy_plugins.region_mappers.evidence import SHIPPED_TABLE

LEVEL, N_SURROGATES = 0.05, 999
TR_S, N_VOLUMES, SEGMENT_S = 2.0, 362, 4.0
N_SEGMENTS = 181
PLANTED = ("fear", "joy", "sadness", "disgust")
QUICK = {"reducer": "pca", "clusterer": "kmeans", "reporter": "tables", "interval": {"n": 100}}
DECODER = {"null": {"n": 9}, "compare": {"features": [], "remove_evoked": False, "baselines": False}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seed", type=int, default=1, help="0 was used to choose the null, so not to report it")
    arguments = parser.parse_args()
    wall, used = time.perf_counter(), time.process_time()
    part, runs = PARTS[arguments.part]
    part(Bench(), arguments.runs or runs, np.random.default_rng(arguments.seed))
    print(f"{time.perf_counter() - wall:.0f} s, {time.process_time() - used:.0f} s of the processor")


class Bench:
    """The atlas, its evidence, and the diaries with ratings and profiles."""

    def __init__(self):
        self.registry = Registry.load()
        self.atlas = self.registry.make("atlas", "affect18")
        self.regions = tuple(self.atlas.regions)
        self.distances = region_distances(self.atlas.nodes, self.regions)
        self.xyz = np.array([node.xyz_mm for node in self.atlas.nodes])
        owner = np.array([self.regions.index(node.region) for node in self.atlas.nodes])
        self.mean_of_nodes = (owner == np.arange(len(self.regions))[:, None]).astype(float)
        self.mean_of_nodes /= self.mean_of_nodes.sum(axis=1, keepdims=True)

    @cached_property
    def evidence(self):
        return read_table(SHIPPED_TABLE)

    @cached_property
    def texts(self):
        with diaries_path().open(newline="", encoding="utf-8") as file:
            return [row["text"] for row in csv.DictReader(file)]

    @cached_property
    def rated(self):
        """Ratings of each diary by itself, (n_texts, n_emotions)."""
        return self.annotated(self.texts).ratings

    @cached_property
    def profile(self):
        return map_texts(self.texts, config=QUICK, registry=self.registry).mapped.mapping.profile

    def annotated(self, texts):
        words = tuple(Word(t, i * SEGMENT_S, (i + 1) * SEGMENT_S) for i, t in enumerate(texts))
        end_s = len(texts) * SEGMENT_S
        story = Narrative(words, end_s, end_s, name="diaries", given=True)
        return annotate(story, segmentation="given", registry=self.registry)

    def story(self, rng):
        """Draw a story: which diary each segment tells, so that emotions rise and fall over about 40 s."""
        scaled = (self.rated.values - self.rated.values.mean(0)) / self.rated.values.std(0)
        kernel = np.exp(-0.5 * (np.arange(-15, 16) * SEGMENT_S / 20.0) ** 2)
        noise = rng.standard_normal((scaled.shape[1], N_SEGMENTS + 30))
        wish = np.stack([np.convolve(row, kernel / np.linalg.norm(kernel), mode="valid") for row in noise], axis=1)
        offered = rng.integers(len(self.texts), size=(N_SEGMENTS, 12))
        liked = np.einsum("ske,se->sk", scaled[offered], wish)
        return offered[np.arange(N_SEGMENTS), liked.argmax(axis=1)]

    def ratings(self, chosen):
        return Ratings(
            self.rated.emotions,
            np.arange(N_SEGMENTS) * SEGMENT_S,
            np.full(N_SEGMENTS, SEGMENT_S),
            self.rated.values[chosen],
            N_SEGMENTS * SEGMENT_S,
        )

    def smooth(self, rng, n, covariance):
        """Draw maps with this covariance between nodes, a region the mean of its nodes, (n, n_regions)."""
        root = np.linalg.cholesky(covariance + 1e-9 * np.eye(len(covariance)))
        return rng.standard_normal((n, len(covariance))) @ root.T @ self.mean_of_nodes.T

    def exponential(self, length_mm, *, mirrored=False):
        places = np.column_stack([np.abs(self.xyz[:, 0]), self.xyz[:, 1:]]) if mirrored else self.xyz
        return np.exp(-np.linalg.norm(places[:, None] - places[None], axis=2) / length_mm)

    def gaussian(self, length_mm):
        return np.exp(-((np.linalg.norm(self.xyz[:, None] - self.xyz[None], axis=2) / length_mm) ** 2))

    def p(self, text, brain, seed):
        null = null_correlations(text, brain, self.distances, n=N_SURROGATES, seed=seed)
        return compare_with_null(pearson(text, brain), null), null


def band(n):
    """The 99 % binomial band of a rate of 5 % in n runs."""
    return binom.ppf([0.005, 0.995], n, LEVEL) / n


def verdict(rate, n):
    low, high = band(n)
    inside = "inside" if low <= rate <= high else "OUTSIDE"
    return f"{inside} {low:.3f}–{high:.3f}; {'holds' if 0.03 <= rate <= 0.07 else 'FAILS'}: 3–7 %"


def fields(bench, n, rng):
    """Two independent maps of one covariance: how often p < 0.05, by the way the null is made."""
    kinds = {"white": np.eye(len(bench.xyz))}
    kinds |= {f"exponential {mm} mm": bench.exponential(mm) for mm in (10, 20, 40, 80)}
    kinds |= {f"exponential {mm} mm, sides alike": bench.exponential(mm, mirrored=True) for mm in (20, 40, 80)}
    kinds |= {f"gaussian {mm} mm": bench.gaussian(mm) for mm in (20, 40)}
    draws = {name: [bench.smooth(rng, n, c) for _ in range(2)] for name, c in kinds.items()}
    centred = bench.evidence.at_regions - bench.evidence.at_regions.mean(axis=0)

    def from_evidence():
        return rng.standard_normal((n, len(centred))) @ centred

    smooth = bench.smooth(rng, n, bench.exponential(40))
    story = bench.story(rng)
    text = [pearson_matrix(drifting(rng).T, bench.profile[story].T)[0] for _ in range(n)]
    draws["text weights of random ratings | exponential 40 mm"] = [np.array(text), smooth]
    draws["evidence-like | exponential 40 mm"] = [from_evidence(), smooth]
    draws["evidence-like | evidence-like"] = [from_evidence(), from_evidence()]
    vectors, _ = eigenmaps(inverse_distances(bench.distances))
    print(f"{'maps':54} permuted    pair  singleton")
    for name, (first, second) in draws.items():
        rates = {}
        for how in ("permuted", "pair", "singleton"):
            hits = 0
            for i in range(n):
                one, other = first[[i]], second[[i]]
                if how == "permuted":
                    shuffled = rng.permuted(np.tile(other, (N_SURROGATES, 1)), axis=1)[:, None]
                    found = compare_with_null(pearson(one, other), pearson(one, shuffled))
                elif how == "pair":
                    null = pearson(one, in_pairs(np.random.default_rng(rng.integers(2**31)), other, vectors))
                    found = compare_with_null(pearson(one, other), null)
                else:
                    found, _ = bench.p(one, other, int(rng.integers(2**31)))
                hits += found.p[0] < LEVEL
            rates[how] = hits / n
        print(f"{name:54} {rates['permuted']:8.3f}{rates['pair']:8.3f}{rates['singleton']:11.3f}  "
              f"{verdict(rates['singleton'], n)}", flush=True)  # fmt: skip


def in_pairs(rng, maps, vectors):
    """Surrogates by the rejected procedure `pair`: random pairs of parts are turned by random angles.

    `maps` (n_emotions, n_regions) give (N_SURROGATES, n_emotions, n_regions). A part that is left over gets a random
    sign. Moran's I is kept on average only.
    """
    parts = maps @ vectors
    n, n_parts = N_SURROGATES, parts.shape[1]
    n_pairs = n_parts // 2
    order = rng.permuted(np.tile(np.arange(n_parts), (n, 1)), axis=1)
    shuffled = parts[:, order].transpose(1, 0, 2)  # (n, n_emotions, n_parts)
    angle = rng.uniform(0.0, 2 * np.pi, size=(n, 1, n_pairs))
    cosine, sine = np.cos(angle), np.sin(angle)
    first, second = shuffled[..., :n_pairs], shuffled[..., n_pairs : 2 * n_pairs]
    left_over = shuffled[..., 2 * n_pairs :] * rng.choice([-1.0, 1.0], size=(n, 1, n_parts - 2 * n_pairs))
    turned = np.concatenate([cosine * first - sine * second, sine * first + cosine * second, left_over], axis=-1)
    back = np.argsort(order, axis=1)[:, None, :]
    mixed = np.take_along_axis(turned, np.broadcast_to(back, turned.shape), axis=-1)
    return maps.mean(axis=1)[:, None] + mixed @ vectors.T


def drifting(rng):
    """A random rating that drifts over about 40 s, (n_segments, 1)."""
    kernel = np.exp(-0.5 * (np.arange(-15, 16) * SEGMENT_S / 20.0) ** 2)
    return np.convolve(rng.standard_normal(N_SEGMENTS + 30), kernel, mode="valid")[:, None]


def unrelated(bench, rng, kind):
    """Loadings that know nothing of the text, for four emotions; squares sum to at most 1 in every region."""
    covariance = bench.exponential(40) if kind == "smooth" else np.eye(len(bench.xyz))
    return scaled(bench, bench.smooth(rng, len(PLANTED), covariance), PLANTED)


def scaled(bench, maps, emotions):
    low, high = maps.min(axis=1, keepdims=True), maps.max(axis=1, keepdims=True)
    loadings = (maps - low) / (high - low)
    return RegionWeights(emotions, bench.regions, loadings / np.sqrt((loadings**2).sum(axis=0).max()))


def plants(bench, n, rng):
    """Unrelated loadings in simulated scans: p per emotion, family-wise, and of the mean."""
    measure = bench.registry.make("connectivity", "sliding-window")
    for kind in ("smooth", "rough", "nothing"):
        hits, family, overall = np.zeros(len(PLANTED)), 0, 0
        for _ in range(n):
            story = bench.story(rng)
            ratings = bench.ratings(story)
            study = simulate_bold(
                "nothing" if kind == "nothing" else "coupling",
                n_subjects=8, n_volumes=N_VOLUMES, tr_s=TR_S, ratings=ratings,
                loadings=unrelated(bench, rng, kind), seed=rng,
            )  # fmt: skip
            places = [ratings.emotions.index(name) for name in PLANTED]
            text = pearson_matrix(ratings.values[:, places].T, bench.profile[story].T)
            brain = pattern_weights(measure, study, ratings, places, bench.regions)
            found, null = bench.p(text, brain, int(rng.integers(2**31)))
            whole = compare_with_null(np.array([found.observed.mean()]), null.mean(axis=1, keepdims=True))
            hits += found.p < LEVEL
            family += (found.p_family < LEVEL).any()
            overall += whole.p[0] < LEVEL
        each = ", ".join(f"{name} {rate:.3f}" for name, rate in zip(PLANTED, hits / n, strict=True))
        print(f"{kind:8} {n} runs: per emotion {hits.mean() / n:.3f} ({each})")
        for name, rate in ((PLANTED[0], hits[0] / n), ("any, family-wise", family / n), ("all, mean", overall / n)):
            print(f"  {name:18} {rate:.3f}  {verdict(rate, n)}", flush=True)


def pattern_weights(measure, study, ratings, places, regions):
    """Mean |pattern| per region, (n_emotions, n_regions), of a decoder that predicts the ratings perfectly."""
    windowing = Windowing()
    starts = windowing.starts(TR_S, N_VOLUMES)
    course = volume_course(ratings, TR_S, N_VOLUMES).values[:, places]
    target = windowed_means(course, starts, windowing.weights(TR_S))
    target = (target - target.mean(axis=0)) / target.std(axis=0)
    edges = np.mean([measure.features(measure.clean(run.values, TR_S), TR_S) for run in study.series], axis=0)
    patterns = target.T @ (edges - edges.mean(axis=0)) / len(target)
    return region_weights(EdgePatterns(PLANTED, regions, patterns, np.ones_like(patterns))).values


def whole(bench, rng, loadings, n_subjects):
    """Story → annotate → map; simulate → decode; bridge."""
    chosen = bench.story(rng)
    texts = [bench.texts[i] for i in chosen]
    annotation = bench.annotated(texts)
    frame = pd.DataFrame({"text": texts, "onset": annotation.segments.onset_s})
    mapped = map_texts(frame, text="text", time="onset", config=QUICK, registry=bench.registry)
    told = {"ratings": annotation.ratings, "loadings": loadings, "seed": rng}
    study = simulate_bold("coupling", n_subjects=n_subjects, n_volumes=N_VOLUMES, tr_s=TR_S, **told)
    keep = [annotation.ratings.emotions.index(name) for name in PLANTED]
    rated = Ratings(
        PLANTED,
        annotation.ratings.onset_s,
        annotation.ratings.duration_s,
        annotation.ratings.values[:, keep],
        annotation.ratings.known_until_s,
    )
    decoding = decode(study.series, rated, config=DECODER, registry=bench.registry)
    return bridge(mapped, decoding, ratings=rated, registry=bench.registry), decoding


def decodes(bench, n, rng):
    """Unrelated smooth loadings, the whole way."""
    tables = []
    for run in range(n):
        result, _ = whole(bench, rng, unrelated(bench, rng, "smooth"), 8)
        tables.append(result.table.assign(run=run))
    report(pd.concat(tables), n)


def recovery(bench, n, rng):
    """Loadings from the evidence for four emotions at once, and for fear alone."""
    rows = [bench.evidence.terms.index(name) for name in PLANTED]
    together = scaled(bench, bench.evidence.at_regions[rows], PLANTED)
    alone = scaled(bench, bench.evidence.at_regions[rows[:1]], PLANTED[:1])
    for what, loadings in (("four emotions", together), ("fear alone", alone)):
        tables = []
        for run in range(n):
            result, decoding = whole(bench, rng, loadings, 20)
            planted = pearson(loadings.values, result.brain_weights.values[: len(loadings.values)])
            said = pearson(loadings.values, result.text_weights.values[: len(loadings.values)])
            table = result.table.assign(run=run)
            unsigned = pearson(np.abs(result.text_weights.values), result.brain_weights.values)
            tables.append(table)
            scores = decoding.scores.set_index("emotion")["r"]
            print(f"{what}, run {run}: r of decoder {scores.round(2).to_dict()}; brain weights with loadings "
                  f"{planted.round(2)}, text weights with loadings {said.round(2)}, |text| with brain "
                  f"{unsigned.round(2)}", flush=True)  # fmt: skip
        print(what)
        report(pd.concat(tables), n)


def report(table, n):
    for (kind, emotion), rows in table.groupby(["weights", "emotion"], sort=False):
        hit, family = (rows["p"] < LEVEL).mean(), (rows["p_family"] < LEVEL).mean()
        print(f"  {kind:9} {emotion:8} r {rows['r'].mean():+.2f} (SD {rows['r'].std():.2f})  median p "
              f"{rows['p'].median():.4f}  p < 0.05 in {hit:.2f} of {n}, family-wise {family:.2f}")  # fmt: skip


PARTS = {"fields": (fields, 1000), "plants": (plants, 1000), "decodes": (decodes, 40), "recovery": (recovery, 10)}


if __name__ == "__main__":
    main()
