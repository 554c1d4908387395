"""Learn the GoEmotions head that ships, on GoEmotions train alone, and measure it on dev.

    python tests/benchmarks/goemotions_head.py --data ../shared/data [--hidden 128] [--check] [--linear]

Writes `goemotions.head.safetensors`, and prints its SHA-256, which stands in `emotopy_plugins.shared.goemotions_head`.
`--check` learns anew and compares instead: the same machine, library versions and number of threads give the same file;
elsewhere the last bits of sums differ, so what is compared is macro-F1 on dev (to 0.01) and how often labels are given
to the same comments. `--linear` measures what a linear model on the mean vectors reaches, for comparison.

Thresholds, one per label, are those of the largest F1 on train, where each of five parts is predicted by a head that
was learnt on the other four (no text stands in two parts). Dev is read for the figures at the end, and chooses nothing:
layers, width, dropout, decay of weights and number of epochs were chosen on a third of train that was left out.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from emotopy.emotions import LABELS
from emotopy.records import FloatArray, IntArray
from emotopy.storage.cache import hash_texts
from emotopy_plugins.shared.goemotions_head import SHIPPED, GoEmotionsModel, Head, WordCounts, read_head
from emotopy_plugins.shared.static_vectors import StaticEmbedder

N_FOLDS, N_EPOCHS, BATCH, WARM_UP = 5, 15, 256, 100
RATE, DECAY, DROPOUT = 0.01, 0.01, 0.3
MOMENTUM, SMOOTHING, EPSILON = 0.9, 0.999, 1e-8


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
    cut = WordCounts.of(part.texts)
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


def linear(part: Labelled) -> Callable[[Sequence[str]], FloatArray]:
    """Return logistic regressions on the vectors of the embedder `static`, for comparison."""
    from sklearn.linear_model import LogisticRegression

    embed = StaticEmbedder().embed
    vectors = embed(part.texts).astype(np.float64)
    models = [LogisticRegression(C=1.0, max_iter=500).fit(vectors, column) for column in part.labels.T]
    return lambda texts: np.column_stack([model.predict_proba(embed(texts))[:, 1] for model in models])


def head_of(part: Labelled, n_hidden: int, thresholds: FloatArray | None = None) -> Head:
    """Learn a head; without thresholds they are zero."""
    return Head.of(
        *learn(part, n_hidden),
        np.zeros(len(LABELS)) if thresholds is None else thresholds,
        embedder=StaticEmbedder(negation=False).fingerprint,
        source="GoEmotions train (Demszky et al. 2020, arXiv 2005.00547), CC BY 4.0, repository Apache-2.0",
        n_texts=len(part.texts),
        corpus_sha256=hash_texts(part.texts),
        made_by="tests/benchmarks/goemotions_head.py",
        seed=0,
    )


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


def main() -> None:
    """Learn and write, or compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with goemotions/")
    parser.add_argument("--hidden", type=int, default=128, help="width of the layer")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="file to write")
    parser.add_argument("--check", action="store_true", help="compare with the file that ships instead of writing")
    parser.add_argument("--linear", action="store_true", help="measure the linear model, and write nothing")
    options = parser.parse_args()
    train, dev = (read_labelled(options.data / "goemotions" / f"{part}.tsv") for part in ("train", "dev"))
    begun = time.perf_counter()
    if options.linear:
        thresholds = best_thresholds(cross_fitted(train, linear), train.labels)
        show("logistic regression on mean vectors", dev, linear(train)(dev.texts), thresholds)
        return
    unseen = cross_fitted(train, lambda part: GoEmotionsModel(head_of(part, options.hidden)).probabilities)
    thresholds = best_thresholds(unseen, train.labels)
    print(f"on train, by the other parts: macro-F1 {f1_scores(unseen, train.labels, thresholds).mean():.4f}")
    head = head_of(train, options.hidden, thresholds)
    probabilities = GoEmotionsModel(head).probabilities(dev.texts)
    macro = show(f"head of width {options.hidden}", dev, probabilities, head.thresholds)
    content = head.to_bytes()
    print(f"{len(content):,} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}, {time.perf_counter() - begun:.0f} s")
    if not options.check:
        options.out.write_bytes(content)
        return
    shipped = read_head()
    if content == shipped.to_bytes():
        print("the file that ships is what the data give, to the last bit")
        return
    other = GoEmotionsModel(shipped).probabilities(dev.texts)
    same = float(((other >= shipped.thresholds) == (probabilities >= head.thresholds)).mean())
    difference = abs(float(f1_scores(other, dev.labels, shipped.thresholds).mean()) - macro)
    print(f"the file that ships differs: {same:.2%} of labels on dev agree, macro-F1 differs by {difference:.4f}")
    if difference > 0.01:
        sys.exit("that is more than rounding")


if __name__ == "__main__":
    main()
