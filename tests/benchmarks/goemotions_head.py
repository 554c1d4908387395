"""Learn the GoEmotions heads that ship, on GoEmotions train alone, and measure them on dev.

    python tests/benchmarks/goemotions_head.py --data ../shared/data [--hidden 128] [--check | --topics]

Writes `goemotions.head.safetensors`, and prints its SHA-256, which stands in `emotopy_plugins.shared.goemotions_head`.
`--check` learns anew and compares instead: the same machine, library versions and number of threads give the same file;
elsewhere the last bits of sums differ, so what is compared is macro-F1 on dev (to 0.01). `--topics` compares the heads
on topics that they weren't learnt on: train is cut into four clusters of mean vectors, and each is predicted from the
other three; it reads train alone.

Thresholds, one per label, are those of the largest F1 on train, where each of five parts is predicted by a head that
was learnt on the other four (no text stands in two parts). Dev is read for the figures at the end, and chooses nothing:
layers, width, dropout, decay of weights, number of epochs and C were chosen on a third of train that was left out.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np

from emotopy.emotions import LABELS
from emotopy.records import FloatArray, IntArray
from emotopy.storage.cache import hash_texts
from emotopy_plugins.shared.goemotions_head import SHIPPED, GoEmotionsModel, Head, Kind, WordCounts, plutchik, read_head
from emotopy_plugins.shared.static_vectors import StaticEmbedder

N_FOLDS, N_EPOCHS, BATCH, WARM_UP = 5, 15, 256, 100
RATE, DECAY, DROPOUT = 0.01, 0.01, 0.3
COMMON_NAMES = """
adam amanda amy andrew angela anna anthony ashley barbara ben brian carol charles chris daniel david deborah
dorothy dylan edward elizabeth emily emma eric ethan frank george hannah harry helen henry jack jacob james jason jeff
jennifer jessica john jonathan joseph joshua julia karen kate kevin laura linda lisa lucy margaret mark martha mary
matthew megan michael michelle nancy nathan nicole oliver olivia pamela patrick paul peter rachel rebecca richard robert
ronald ruth ryan samuel sandra sarah scott simon sophia stephen susan thomas timothy victoria walter william zoe
"""
"""First names, for those that GoEmotions masks; none of a story that annotators are measured on."""
SHARE_NAMED = 0.5
"""Of the masked names, those that get one."""

MOMENTUM, SMOOTHING, EPSILON = 0.9, 0.999, 1e-8


VECTORS = StaticEmbedder(negation=False).fingerprint


class Labelled(NamedTuple):
    """Comments and which of the 28 labels each has, (n_texts, 28)."""

    texts: list[str]
    labels: FloatArray


def read_labelled(path: Path) -> Labelled:
    """Read a part of GoEmotions: text, comma-separated label numbers, id; tab-separated, no header, no quoting."""
    rows = [line.split("\t") for line in path.read_bytes().decode().split("\n") if line]
    labels = np.zeros((len(rows), len(LABELS)))
    for row, (_, numbers, *_rest) in enumerate(rows):
        labels[row, [int(number) for number in numbers.split(",")]] = 1
    return Labelled([row[0] for row in rows], labels)


def learn(part: Labelled, n_hidden: int, seed: int = 0) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return W, b, U, c: cross-entropy summed over labels, Adam with decoupled decay of weights, dropout of h."""
    rng = np.random.default_rng(seed)
    cut = WordCounts.of(with_names(part.texts, rng))
    counts = cut.weights.multiply(1 / np.sqrt(cut.n_words)[:, None]).tocsr()
    vectors = StaticEmbedder(negation=False).embed(cut.vocabulary).astype(np.float64)
    labels = part.labels[cut.text]
    share = labels.mean(axis=0).clip(1e-4, 1 - 1e-4)
    values = [
        rng.standard_normal((vectors.shape[1], n_hidden)) / 4,
        np.zeros(n_hidden),
        rng.standard_normal((n_hidden, len(LABELS))) / 10,
        np.log(share / (1 - share)),
    ]
    decayed = (True, False, True, False)
    first, second = [np.zeros_like(one) for one in values], [np.zeros_like(one) for one in values]
    step, n_steps = 0, N_EPOCHS * (len(labels) // BATCH)
    for _ in range(N_EPOCHS):
        order = rng.permutation(len(labels))
        for rows in np.split(order[: len(order) // BATCH * BATCH], len(order) // BATCH):
            step += 1
            rate = RATE * (1 - step / (n_steps + 1)) * min(1.0, step / WARM_UP)
            keeps = (rng.random((BATCH, n_hidden)) > DROPOUT) / (1 - DROPOUT)
            slopes = gradients(values, counts[rows], vectors, labels[rows], keeps)
            for i, slope in enumerate(slopes):
                first[i] = MOMENTUM * first[i] + (1 - MOMENTUM) * slope
                second[i] = SMOOTHING * second[i] + (1 - SMOOTHING) * slope**2
                change = first[i] / (1 - MOMENTUM**step) / (np.sqrt(second[i] / (1 - SMOOTHING**step)) + EPSILON)
                scale = 4.0 if i == 0 else 1.0  # unit vectors of 256 numbers are small: their weights move faster
                values[i] = values[i] - rate * (scale * change + DECAY * decayed[i] * values[i])
    return tuple(values)


def with_names(texts: Sequence[str], rng: np.random.Generator) -> list[str]:
    """Return the texts with a random first name in the place of half of the masked ones.

    GoEmotions has `[NAME]` for every name, so a head would meet its first name in the user's texts. Like this it learns
    that which name it is says nothing.
    """

    names = COMMON_NAMES.split()

    def name(found: re.Match[str]) -> str:
        return names[rng.integers(len(names))] if rng.random() < SHARE_NAMED else found[0]

    return [re.sub(r"\[NAME\]", name, text) for text in texts]


def gradients(values, counts, vectors, labels, keeps) -> list[FloatArray]:
    """Return the gradients of the mean cross-entropy of a batch with respect to W, b, U, c."""
    W, b, U, c = values
    used, place = np.unique(counts.indices, return_inverse=True)
    counts = type(counts)((counts.data, place, counts.indptr), shape=(counts.shape[0], len(used)))
    before = vectors[used] @ W + b
    sums = (counts @ np.maximum(before, 0)) * keeps
    excess = (1 / (1 + np.exp(-(sums @ U + c))) - labels) / len(labels)
    of_words = (counts.T @ ((excess @ U.T) * keeps)) * (before > 0)
    return [vectors[used].T @ of_words, of_words.sum(axis=0), sums.T @ excess, excess.sum(axis=0)]


def best_thresholds(probabilities: FloatArray, labels: FloatArray) -> FloatArray:
    """Return, for each label, a threshold at which F1 is largest, halfway between two probabilities, (n_emotions,)."""
    order = np.argsort(-probabilities, axis=0, kind="stable")
    ranked = np.take_along_axis(probabilities, order, axis=0)
    hits = np.cumsum(np.take_along_axis(labels, order, axis=0), axis=0)
    n_given = np.arange(1, len(labels) + 1)[:, None]
    f1 = 2 * hits / (n_given + labels.sum(axis=0))
    ties = np.vstack([ranked[:-1] == ranked[1:], np.zeros((1, labels.shape[1]), dtype=bool)])
    best = np.where(ties, -1.0, f1).argmax(axis=0)
    following = np.vstack([ranked[1:], np.zeros((1, labels.shape[1]))])
    columns = np.arange(labels.shape[1])
    return np.asarray((ranked[best, columns] + following[best, columns]) / 2)


def f1_scores(probabilities: FloatArray, labels: FloatArray, thresholds: FloatArray) -> FloatArray:
    """Return F1 of each label, (n_emotions,); 0 for one that is neither given nor there."""
    given = probabilities >= thresholds
    return np.asarray(2 * (given * labels).sum(axis=0) / np.maximum(given.sum(axis=0) + labels.sum(axis=0), 1))


def folds_of(texts: Sequence[str], seed: int = 0) -> IntArray:
    """Return a part from 0 to 4 for each text, (n_texts,); equal texts are in one."""
    distinct, which = np.unique(np.array(texts, dtype=object), return_inverse=True)
    return np.asarray(np.random.default_rng(seed).permutation(len(distinct))[which] % N_FOLDS)


def cross_fitted(part: Labelled, fit: Callable[[Labelled], Callable[[Sequence[str]], FloatArray]]) -> FloatArray:
    """Return each text's probabilities by a model that wasn't learnt on it, (n_texts, 28)."""
    found, fold = np.zeros(part.labels.shape), folds_of(part.texts)
    for number in range(N_FOLDS):
        out = fold == number
        kept = Labelled([text for text, is_out in zip(part.texts, out, strict=True) if not is_out], part.labels[~out])
        found[out] = fit(kept)([text for text, is_out in zip(part.texts, out, strict=True) if is_out])
    return found


def learn_linear(part: Labelled) -> tuple[FloatArray, FloatArray]:
    """Return L, d: a logistic regression per label on the vectors of the embedder `static`, by scikit-learn."""
    from sklearn.linear_model import LogisticRegression

    vectors = StaticEmbedder().embed(part.texts).astype(np.float64)
    models = [LogisticRegression(C=1.0, max_iter=1000).fit(vectors, column) for column in part.labels.T]
    return np.stack([one.coef_[0] for one in models], axis=1), np.array([one.intercept_[0] for one in models])


def model_of(part: Labelled, kind: Kind, n_hidden: int) -> Callable[[Sequence[str]], FloatArray]:
    """Learn one of the heads, without thresholds; return what gives its probabilities."""
    none, n_dims = np.zeros(len(LABELS)), StaticEmbedder().n_dims
    words = [np.zeros((n_dims, 1)), np.zeros(1), np.zeros((1, len(LABELS))), none]
    mean = [np.zeros((n_dims, len(LABELS))), none]
    words, mean = (learn(part, n_hidden), mean) if kind == "words" else (words, learn_linear(part))
    return GoEmotionsModel(kind, Head.of([*words, none], [*mean, none], embedder=VECTORS)).probabilities


def show(name: str, dev: Labelled, probabilities: FloatArray, thresholds: FloatArray) -> float:
    """Print and return macro-F1 on dev, with a bootstrap interval over comments."""
    each = f1_scores(probabilities, dev.labels, thresholds)
    rng = np.random.default_rng(0)
    draws = [rng.integers(0, len(dev.texts), len(dev.texts)) for _ in range(1000)]
    spread = [f1_scores(probabilities[rows], dev.labels[rows], thresholds).mean() for rows in draws]
    low, high = np.percentile(spread, [2.5, 97.5])
    print(f"{name}: macro-F1 on dev {each.mean():.4f} (95 % interval over comments {low:.3f} to {high:.3f})")
    print("  " + "  ".join(f"{label} {value:.2f}" for label, value in zip(LABELS, each, strict=True)), flush=True)
    return float(each.mean())


def calibration_error(probabilities: FloatArray, labels: FloatArray, n_bins: int = 10) -> float:
    """Return the mean distance of probabilities and shares, in bins of equal width, weighed by numbers, over labels."""
    errors = []
    for p, y in zip(probabilities.T, labels.T, strict=True):
        bins = np.minimum((p * n_bins).astype(int), n_bins - 1)
        sums = [np.bincount(bins, weights=values, minlength=n_bins) for values in (p, y)]
        errors.append(np.abs(sums[0] - sums[1]).sum() / len(p))
    return float(np.mean(errors))


def show_topics(train: Labelled, n_hidden: int) -> None:
    """Print how well topics that were left out are predicted: r of Plutchik's eight, macro-F1 across halves."""
    from sklearn.cluster import KMeans

    vectors = StaticEmbedder().embed(train.texts).astype(np.float64)
    topic = KMeans(4, n_init=3, random_state=0).fit_predict(vectors)
    for kind in get_args(Kind):
        r, f1 = [], []
        for number in range(4):
            kept, left_out = (
                Labelled([train.texts[row] for row in rows], train.labels[rows])
                for rows in (np.flatnonzero(topic != number), np.flatnonzero(topic == number))
            )
            found, labels = model_of(kept, kind, n_hidden)(left_out.texts), left_out.labels
            pairs = zip(plutchik(found).T, plutchik(labels).T, strict=True)
            r.append(np.mean([np.corrcoef(one, other)[0, 1] for one, other in pairs]))
            half = np.random.default_rng(0).permutation(len(labels)) % 2 == 0
            for own, other in ((half, ~half), (~half, half)):
                f1.append(f1_scores(found[own], labels[own], best_thresholds(found[other], labels[other])).mean())
        print(f"{kind}: topics left out, mean r of the eight {np.mean(r):.3f}, macro-F1 {np.mean(f1):.3f}", flush=True)


def main() -> None:
    """Learn and write, or compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with goemotions/")
    parser.add_argument("--hidden", type=int, default=128, help="width of the layer")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="file to write")
    parser.add_argument("--check", action="store_true", help="compare with the file that ships instead of writing")
    parser.add_argument("--topics", action="store_true", help="compare on topics left out, and write nothing")
    options = parser.parse_args()
    train, dev = (read_labelled(options.data / "goemotions" / f"{part}.tsv") for part in ("train", "dev"))
    begun = time.perf_counter()
    if options.topics:
        show_topics(train, options.hidden)
        return
    numbers = {"words": learn(train, options.hidden), "mean": learn_linear(train)}
    thresholds = {}
    for kind in get_args(Kind):
        unseen = cross_fitted(train, lambda part, kind=kind: model_of(part, kind, options.hidden))
        thresholds[kind] = best_thresholds(unseen, train.labels)
        macro = f1_scores(unseen, train.labels, thresholds[kind]).mean()
        print(f"{kind}: on train, by the other parts: macro-F1 {macro:.4f}", flush=True)
    head = Head.of(
        *([*numbers[kind], thresholds[kind]] for kind in get_args(Kind)),
        embedder=VECTORS,
        source="GoEmotions train (Demszky et al. 2020, arXiv 2005.00547), CC BY 4.0, repository Apache-2.0",
        n_texts=len(train.texts),
        corpus_sha256=hash_texts(train.texts),
        made_by="tests/benchmarks/goemotions_head.py",
        seed=0,
    )
    seen = set(train.texts)
    new = np.array([text not in seen for text in dev.texts])
    probabilities = {}
    for kind in get_args(Kind):
        model = GoEmotionsModel(kind, head)
        found = probabilities[kind] = model.probabilities(dev.texts)
        show(kind, dev, found, model.thresholds)
        each = f1_scores(found[new], dev.labels[new], model.thresholds)
        print(f"  the {new.sum():,} comments of dev that don't stand in train word for word: {each.mean():.4f}")
        print(f"  error of calibration on dev, mean over labels: {calibration_error(found, dev.labels):.4f}")
    content = head.to_bytes()
    print(f"{len(content):,} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}, {time.perf_counter() - begun:.0f} s")
    if not options.check:
        options.out.write_bytes(content)
        return
    shipped = read_head()
    if content == shipped.to_bytes():
        print("the file that ships is what the data give, to the last bit")
        return
    for kind in get_args(Kind):
        ours, theirs = GoEmotionsModel(kind, head), GoEmotionsModel(kind, shipped)
        other = theirs.probabilities(dev.texts)
        same = float(((other >= theirs.thresholds) == (probabilities[kind] >= ours.thresholds)).mean())
        scores = [
            f1_scores(values, dev.labels, one.thresholds).mean()
            for values, one in ((other, theirs), (probabilities[kind], ours))
        ]
        print(f"{kind}: the file that ships differs; {same:.2%} of labels on dev agree, macro-F1 {scores}")
        if abs(scores[0] - scores[1]) > 0.01:
            sys.exit("that is more than rounding")


if __name__ == "__main__":
    main()
