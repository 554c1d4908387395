"""Measure annotators against GPT-4's labels of *Alice* (91 segments, Plutchik's eight), and on GoEmotions dev.

    python tests/benchmarks/annotators.py --data ../shared/data [--decay 0.5] [--draws 2000]

Each annotator rates the segments' texts, alone (decay 0) and with the segments before (one decay for all,
`emotopy_plugins.annotators.goemotions.with_past`). Per emotion: Pearson r over the 91 segments; then the plain mean
over emotions. A column that doesn't vary has r 0. Interval: 95 % of a moving-block bootstrap (circular, blocks of 9
segments), all emotions drawn together. Null: the 95 % quantile of the mean r over all 90 circular shifts of the labels.
Differences with the same decay are paired, drawn on the same blocks.

Mixtures, decay and both heads were fixed without these labels. One thing was chosen by them: of the two heads, the one
that the annotator uses unless told otherwise (`goemotions` here is its default, the head `mean`). GPT-4 read the story
up to the segment, the annotators read the segment, and with a decay an average over those before. GPT-4 is no human
reader. First it is checked that row k of the labels is segment k: rows are numbered, and the segments' last words end,
in the story's TextGrid, where `segment_ends.csv` says.
"""

from __future__ import annotations

import argparse
import csv
import difflib
import re
import sys
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np

from emotopy.emotions import LABELS, PLUTCHIK8
from emotopy.readers.narratives import read_narrative
from emotopy.records import FloatArray
from emotopy.roles import Annotator, Host
from emotopy_plugins.annotators.anchors import AnchorsAnnotator
from emotopy_plugins.annotators.goemotions import GoEmotionsAnnotator, with_past
from emotopy_plugins.annotators.lexicon import LexiconAnnotator
from emotopy_plugins.embedders.static import StaticEmbedder
from emotopy_plugins.intensity_scorers.goemotions import GoEmotionsScorer
from emotopy_plugins.intensity_scorers.nrc import NrcIntensityScorer
from emotopy_plugins.shared.goemotions_head import GoEmotionsModel, Kind

sys.path.insert(0, str(Path(__file__).parent))
from goemotions_head import Labelled, best_thresholds, f1_scores, read_labelled, show

BLOCK = 9
COMPARED = (("lexicon", "anchors"), ("goemotions", "anchors"), ("words head", "anchors"), ("goemotions", "words head"))
ENOUGH_FOUND, CLOSE_S = 0.95, 2.0
"""Share of segments whose last word must be found in the TextGrid, and how near its end must lie: one volume."""


class Story(NamedTuple):
    """Texts of the segments, their ends in seconds, and GPT-4's labels (n_segments, 8) in the order of `PLUTCHIK8`."""

    texts: list[str]
    ends_s: FloatArray
    values: FloatArray


def read_labels(folder: Path) -> Story:
    """Read the labels; exits where rows aren't numbered from 0 in order, or numbers of rows differ."""
    texts = (folder / "segments.txt").read_text(encoding="utf-8").splitlines()
    with (folder / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (folder / "segment_ends.csv").open(newline="") as file:
        ends = list(csv.DictReader(file))
    numbers = [str(i) for i in range(len(texts))]
    if not [row[""] for row in rows] == [row[""] for row in ends] == numbers:
        sys.exit("rows of labels, ends and segments don't go together")
    values = [[float({key.lower(): value for key, value in row.items()}[name]) for name in PLUTCHIK8] for row in rows]
    return Story(texts, np.array([float(row["timestamps"]) for row in ends]), np.array(values))


def check_times(labels: Story, textgrid: Path) -> None:
    """Compare the ends of the segments' last words in the TextGrid with the given ends; exit where they differ."""
    words_said = read_narrative(textgrid).words
    spoken = [re.sub(r"[^a-z]", "", word.text.lower()) for word in words_said]
    offsets = np.array([word.offset_s for word in words_said])
    written, last = [], []
    for text in labels.texts:
        words = [word for each in re.split(r"[\s-]+", text.lower()) if (word := re.sub(r"[^a-z]", "", each))]
        written += words
        last.append(len(written) - 1)
    pairs = difflib.SequenceMatcher(None, written, spoken, autojunk=False).get_matching_blocks()
    place = {one.a + i: one.b + i for one in pairs for i in range(one.size)}
    apart = np.array([offsets[place[end]] - at for end, at in zip(last, labels.ends_s, strict=True) if end in place])
    near = np.abs(apart - np.median(apart)) <= CLOSE_S
    print(
        f"segments and rows: {len(labels.texts)}; last words found in the TextGrid: {len(apart)}; their end is "
        f"{np.median(apart):+.2f} s from the given one (median), within {CLOSE_S:g} s of that for {near.sum()}"
    )
    if len(apart) < ENOUGH_FOUND * len(labels.texts) or near.mean() < ENOUGH_FOUND:
        sys.exit("segments and ends don't go together")


def correlations(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return Pearson r of each column, (..., n_columns), over the second last axis; 0 where a column doesn't vary."""
    x, y = (values - values.mean(axis=-2, keepdims=True) for values in (one, other))
    scale = np.sqrt((x**2).sum(axis=-2) * (y**2).sum(axis=-2))
    return np.asarray(np.divide((x * y).sum(axis=-2), scale, out=np.zeros_like(scale), where=scale > 1e-12))


def block_rows(n_rows: int, n_draws: int, seed: int = 0) -> np.ndarray:
    """Return rows of a circular moving-block bootstrap, (n_draws, n_rows)."""
    rng = np.random.default_rng(seed)
    n_blocks = -(-n_rows // BLOCK)
    starts = rng.integers(0, n_rows, (n_draws, n_blocks, 1))
    return ((starts + np.arange(BLOCK)) % n_rows).reshape(n_draws, -1)[:, :n_rows]


def interval(values: FloatArray) -> str:
    """Return the middle 95 % in words."""
    low, high = np.percentile(values, [2.5, 97.5])
    return f"{low:+.2f} to {high:+.2f}"


def show_intensity(dev: Labelled) -> None:
    """Print how often a comment with an emotion alone has a higher intensity than a neutral one (AUC), by scorer."""
    from scipy.stats import mannwhitneyu

    neutral = LABELS.index("neutral")
    single = dev.labels.sum(axis=1) == 1
    is_neutral, is_emotion = (single & (dev.labels[:, neutral] == value) for value in (1, 0))
    for scorer in (NrcIntensityScorer(Host()), GoEmotionsScorer(), GoEmotionsScorer(head="mean")):
        values = scorer.score(dev.texts).values
        u = mannwhitneyu(values[is_emotion], values[is_neutral]).statistic
        name = f"{type(scorer).__name__} {getattr(scorer, 'head', '')}"
        n_emotion, n_neutral = is_emotion.sum(), is_neutral.sum()
        print(f"{name}: AUC on dev {u / n_emotion / n_neutral:.3f}, {n_emotion:,} comments against {n_neutral:,}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data", type=Path, required=True, help="folder with alice-gpt4/, alice-brennan2016/, goemotions/"
    )
    parser.add_argument("--decay", type=float, default=0.5, help="of past segments, the same for all")
    parser.add_argument("--draws", type=int, default=2000, help="of the bootstrap")
    options = parser.parse_args()
    labels = read_labels(options.data / "alice-gpt4")
    check_times(labels, options.data / "alice-brennan2016" / "DownTheRabbitHole.TextGrid")
    train, dev = (read_labelled(options.data / "goemotions" / f"{part}.tsv") for part in ("train", "dev"))
    annotators: dict[str, Annotator] = {
        "anchors": AnchorsAnnotator(StaticEmbedder()),
        "lexicon": LexiconAnnotator(Host()),
        "goemotions": GoEmotionsAnnotator(),
        "words head": GoEmotionsAnnotator(head="words"),
    }
    n_rows = len(labels.texts)
    drawn = block_rows(n_rows, options.draws)
    shifts = np.stack([np.roll(labels.values, by, axis=0) for by in range(1, n_rows)])
    print(
        f"{'annotator':11} decay  mean r  95 % interval   null 95 %  "
        + " ".join(f"{name[:8]:>8}" for name in PLUTCHIK8)
    )
    differences = []
    for decay in (0.0, options.decay):
        bootstrapped = {}
        for name, annotator in annotators.items():
            ratings = with_past(annotator.annotate(labels.texts, PLUTCHIK8), decay)
            each = correlations(ratings, labels.values)
            bootstrapped[name] = correlations(ratings[drawn], labels.values[drawn]).mean(axis=-1)
            null = np.quantile(correlations(np.broadcast_to(ratings, shifts.shape), shifts).mean(axis=-1), 0.95)
            spread = interval(bootstrapped[name])
            columns = " ".join(f"{r:8.2f}" for r in each)
            print(f"{name:11} {decay:5g}  {each.mean():6.3f}  {spread}  {null:9.3f}  {columns}")
            bootstrapped[name] = np.append(bootstrapped[name], each.mean())
        for name, other in COMPARED:
            change = bootstrapped[name] - bootstrapped[other]
            differences.append(f"{name} − {other}, decay {decay:g}: {change[-1]:+.3f} ({interval(change[:-1])})")
    print("\n".join(differences))
    for kind in get_args(Kind):
        rated = GoEmotionsAnnotator(head=kind, mixtures=False).annotate(dev.texts, LABELS)
        show(f"head {kind}", dev, rated, GoEmotionsModel(kind).thresholds)
    rated = {part: annotators["anchors"].annotate(one.texts, LABELS) for part, one in (("train", train), ("dev", dev))}
    thresholds = best_thresholds(rated["train"], train.labels)
    show("anchors, thresholds from train", dev, rated["dev"], thresholds)
    show_intensity(dev)
    everything = f1_scores(np.ones(dev.labels.shape), dev.labels, np.zeros(len(LABELS)))
    print(f"every label given to every comment: macro-F1 on dev {everything.mean():.4f}")


if __name__ == "__main__":
    main()
