"""Reducer `umap` beside umap-learn, and with fewer and more landmarks: time, and the quality of the clusters.

    python tests/benchmarks/reduction.py --data ../shared/data [--texts 43410] [--seeds 2] [--without-umap-learn]

The vectors of GoEmotions train by the embedder `static`, whole comments; the clusterer `hdbscan` with its defaults.
Labels are those of the comments with a single one. Every method is run with seeds 0, 1, ..., and ours as often with
other landmarks: vectors are doubled then, which changes no angle and every key. umap-learn runs as emotopy called it
before: on 50 principal components, 100 epochs above 30,000 rows, seeded.

Figures: processor seconds of the reducer; clusters; share of noise; agreement with the 28 labels as adjusted mutual
information, with noise as a label of its own, and over the texts that are in a cluster; adjusted Rand index between
runs that differ by the seed, and between runs that differ by the landmarks; trustworthiness, and the share of 15
neighbours kept, over 4,000 rows drawn once. Labels of train were looked at to choose between versions of the layout;
`--split dev` gives texts that nothing was chosen on.
"""

from __future__ import annotations

import argparse
import itertools
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bench_table import DATA, Column, Settings, Table
from sklearn.manifold import trustworthiness
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from emotopy_plugins.clusterers.hdbscan import HdbscanClusterer
from emotopy_plugins.datasets.goemotions import GoEmotionsDataset
from emotopy_plugins.reducers.pca import PcaReducer
from emotopy_plugins.reducers.umap import UmapReducer
from emotopy_plugins.shared.static_vectors import StaticEmbedder

NAMES = ("reduction", "reduction-small")
COMPONENTS = ("processor", "clusters", "noise", "ami", "ami_clustered", "trust", "kept")
Points = Callable[[np.ndarray, int], np.ndarray]


def umap_learn(vectors: np.ndarray, seed: int) -> np.ndarray:
    """Return umap-learn's points, as emotopy got them before; it compiles at the first call."""
    import umap

    if min(vectors.shape) > 50:
        vectors = PcaReducer(50, random_state=seed).fit_transform(vectors).astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        epochs = 100 if len(vectors) > 30_000 else None
        options: dict[str, Any] = {"n_epochs": epochs, "random_state": seed, "n_jobs": 1}
        return umap.UMAP(n_components=5, n_neighbors=15, min_dist=0.0, metric="cosine", **options).fit_transform(
            vectors
        )


def ours(n_landmarks: int | None, factor: float = 1.0) -> Points:
    """Return our reducer with so many landmarks; another power of two as factor gives other ones."""
    return lambda vectors, seed: UmapReducer(n_landmarks=n_landmarks, random_state=seed).fit_transform(vectors * factor)


def measure(points_of: Points, vectors: np.ndarray, labels: np.ndarray, seed: int) -> tuple[dict[str, float], Any]:
    """Return the figures of one run, and its clusters."""
    start = time.process_time()
    points = points_of(vectors, seed)
    taken = time.process_time() - start
    clusters = HdbscanClusterer().fit_predict(points)
    known = labels != ""
    inside = known & (clusters >= 0)
    drawn = np.random.default_rng(0).permutation(len(vectors))[:4_000]
    near, now = (
        NearestNeighbors(n_neighbors=15, metric=metric, algorithm="brute").fit(x[drawn]).kneighbors()[1]
        for x, metric in ((vectors, "cosine"), (points, "euclidean"))
    )
    found = {
        "processor": taken,
        "clusters": int(clusters.max()) + 1,
        "noise": float((clusters < 0).mean()),
        "ami": adjusted_mutual_info_score(labels[known], clusters[known]),
        "ami_clustered": adjusted_mutual_info_score(labels[inside], clusters[inside]),
        "trust": trustworthiness(vectors[drawn], points[drawn], n_neighbors=15, metric="cosine"),
        "kept": float(np.mean([len(np.intersect1d(a, b)) / 15 for a, b in zip(near, now, strict=True)])),
    }
    return found, clusters


def pairwise(clusterings: Sequence[np.ndarray]) -> float | None:
    """Return the mean adjusted Rand index of all pairs; None where there is one alone."""
    pairs = list(itertools.combinations(clusterings, 2))
    return float(np.mean([adjusted_rand_score(*pair) for pair in pairs])) if pairs else None


def compare(
    methods: dict[str, int | str | None], vectors: np.ndarray, labels: np.ndarray, seeds: int
) -> list[dict[str, Any]]:
    """Return a row of means over seeds for each method."""
    rows = []
    for name, n_landmarks in methods.items():
        points_of = umap_learn if n_landmarks == "umap-learn" else ours(n_landmarks)  # type: ignore[arg-type]
        runs = [measure(points_of, vectors, labels, seed) for seed in range(seeds)]
        row: dict[str, Any] = {"method": name, "ari_seeds": pairwise([clusters for _, clusters in runs])}
        row |= {key: float(np.mean([found[key] for found, _ in runs])) for key in COMPONENTS}
        row["noise_largest"] = max(found["noise"] for found, _ in runs)
        if isinstance(n_landmarks, int) and n_landmarks < len(vectors):
            others = [measure(ours(n_landmarks, 2.0**k), vectors, labels, 0) for k in range(1, seeds + 1)]
            row["ari_redrawn"] = pairwise([runs[0][1], *(clusters for _, clusters in others)])
            row["noise_largest"] = max(row["noise_largest"], *(found["noise"] for found, _ in others))
        rows.append(row)
        print(row, flush=True)
    return rows


def corpus(data: Path, split: str = "train", n_texts: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return the vectors and the single labels ('' where there are several) of GoEmotions."""
    frame = GoEmotionsDataset(split=split).load(data / "goemotions").head(n_texts)
    labels = frame["label"].astype(object).where(frame["label"].notna(), "").to_numpy().astype(str)
    return StaticEmbedder().embed(list(frame["text"])), labels


def table(name: str, rows: list[dict[str, Any]], note: str, command: str) -> Table:
    """Return the figures as a table."""
    columns = (
        Column("method", "Reducer"),
        Column("processor", "processor", "s"),
        Column("clusters", "clusters"),
        Column("noise", "noise"),
        Column("noise_largest", "noise, largest"),
        Column("ami", "AMI, noise a label"),
        Column("ami_clustered", "AMI, clustered"),
        Column("ari_seeds", "ARI, seeds"),
        Column("ari_redrawn", "ARI, other landmarks"),
        Column("trust", "trustworthiness"),
        Column("kept", "neighbours kept"),
    )
    return Table(name, "Reducer `umap` beside umap-learn", command, columns, rows, note)


def tables(settings: Settings) -> list[Table]:
    """Return the tables of the whole corpus and of small ones."""
    if not (settings.data / "goemotions").is_dir():
        print("left out: it needs goemotions/ (--data)")
        return []
    found = []
    command = "python tests/benchmarks/reduction.py --data ../shared/data"
    with threadpool_limits(limits=1):
        if settings.wants("reduction"):
            vectors, labels = corpus(settings.data, n_texts=1_500 if settings.quick else None)
            methods = {"umap-learn": "umap-learn", "20,000 landmarks": 20_000}
            if not settings.quick:
                methods |= {"10,000 landmarks": 10_000, "all landmarks": None}
            note = f"{len(vectors):,} comments, means of two seeds. umap-learn compiles in the first of its runs."
            found.append(table("reduction", compare(methods, vectors, labels, 2), note, command))
        if settings.wants("reduction-small"):
            rows = []
            for n_texts in (240, 1_000, 4_000):
                vectors, labels = corpus(settings.data, n_texts=n_texts)
                methods = {f"umap-learn, {n_texts:,} texts": "umap-learn", f"ours, {n_texts:,} texts": None}
                rows += compare(methods, vectors, labels, 2 if settings.quick else 5)
            note = "The first comments, means of five seeds."
            found.append(table("reduction-small", rows, note, f"{command} --texts 240"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder that holds goemotions/")
    parser.add_argument("--split", default="train", choices=("train", "dev"))
    parser.add_argument("--texts", type=int, help="so many of them (all)")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--landmarks", type=int, nargs="*", default=[20_000], help="0: all texts")
    parser.add_argument("--without-umap-learn", action="store_true")
    options = parser.parse_args()
    vectors, labels = corpus(options.data, options.split, options.texts)
    methods: dict[str, int | str | None] = {} if options.without_umap_learn else {"umap-learn": "umap-learn"}
    methods |= {f"{n:,} landmarks" if n else "all landmarks": n or None for n in options.landmarks}
    with threadpool_limits(limits=1):
        rows = compare(methods, vectors, labels, options.seeds)
    note = f"{len(vectors):,} comments of {options.split}, means of {options.seeds} seeds."
    print(table("reduction", rows, note, "reduction.py").to_markdown())


if __name__ == "__main__":
    main()
