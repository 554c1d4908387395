"""Processor time of `emotopy plugins check` for a TF-IDF embedder, against that of another checkout.

    git worktree add ../before 2d9d3b0
    python tests/benchmarks/conformance_cost.py --before ../before --sentences 600 10000 --times 5

The embedder fits scikit-learn's TF-IDF and a truncated SVD to made-up sentences when it is made, as an embedder must
that brings its own vocabulary. User and system time of the command and of its child processes count; the two
checkouts take turns, and the ratio is that of the medians. The second figure of each line is how often the embedder
was made.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

EMBEDDER = '''
"""TF-IDF and LSA, fitted to sentences of its own."""
import os
from pathlib import Path
from typing import Annotated

import numpy as np
from annotated_types import Ge
from emotopy import hookimpl


class Tfidf:
    """Embeds texts by TF-IDF and LSA."""

    def __init__(self, n_dims: Annotated[int, Ge(1)] = 50, random_state: int = 0) -> None:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        with Path(os.environ["TFIDF_MADE"]).open("a") as file:
            file.write("x")
        rng = np.random.default_rng(0)
        words = np.array(["".join(rng.choice(list("aeioubdfgklmnprst"), 6)) for _ in range(5000)])
        drawn = np.minimum(rng.zipf(1.3, (int(os.environ["TFIDF_SENTENCES"]), 14)), 5000) - 1
        sentences = [" ".join(row) for row in words[drawn]]
        self._tfidf = TfidfVectorizer(ngram_range=(1, 2), max_features=20_000)
        self._svd = TruncatedSVD(n_dims, random_state=random_state).fit(self._tfidf.fit_transform(sentences))

    def embed(self, texts):
        return self._svd.transform(self._tfidf.transform(texts)).astype(np.float32)


@hookimpl
def register_embedders():
    return {"tfidf": Tfidf}
'''
FILES = {
    "tfidf_of_the_benchmark.py": EMBEDDER,
    "tfidf_of_the_benchmark-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tfidf-of-the-benchmark\n"
    "Version: 1.0\n",
    "tfidf_of_the_benchmark-1.0.dist-info/entry_points.txt": "[emotopy]\ntfidf = tfidf_of_the_benchmark\n",
}


def seconds_of(checkout: Path, folder: Path, sentences: int) -> tuple[float, int]:
    """Return the processor seconds of one check in a checkout, and how often the embedder was made."""
    made = folder / "made"
    made.write_text("")
    paths = [checkout / "core", checkout / "plugins", folder]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(path) for path in paths),
        "TFIDF_MADE": str(made),
        "TFIDF_SENTENCES": str(sentences),
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = [sys.executable, "-m", "emotopy", "plugins", "check", "tfidf"]
    ran = subprocess.run(words, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if ran.returncode:
        raise SystemExit(f"{checkout}: {ran.stdout[-800:]}{ran.stderr[-800:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, len(made.read_text())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=Path, required=True, help="a checkout to compare with")
    parser.add_argument("--sentences", type=int, nargs="+", default=[600, 10_000])
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    checkouts = {"before": asked.before.resolve(), "now": Path(__file__).resolve().parents[2]}
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; median of {asked.times}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in FILES.items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_text(content)
        for sentences in asked.sentences:
            found: dict[str, list[tuple[float, int]]] = {which: [] for which in checkouts}
            for _ in range(asked.times):
                for which, checkout in checkouts.items():
                    found[which].append(seconds_of(checkout, folder, sentences))
            medians = {which: statistics.median(one for one, _ in runs) for which, runs in found.items()}
            for which, runs in found.items():
                low, high = min(one for one, _ in runs), max(one for one, _ in runs)
                made = runs[0][1]
                print(
                    f"{sentences:6d} sentences, {which:6}: {medians[which]:6.2f} s ({low:.2f} to {high:.2f}), "
                    f"made {made}"
                )
            print(f"{sentences:6d} sentences, ratio {medians['now'] / medians['before']:.2f}", flush=True)


if __name__ == "__main__":
    main()
