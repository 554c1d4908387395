"""Processor time of `emotopy plugins check` for a TF-IDF embedder, against that of another checkout.

    git worktree add ../before 2d9d3b0
    python tests/benchmarks/conformance_cost.py --before ../before --sentences 600 10000 --times 5

The embedder fits scikit-learn's TF-IDF and a truncated SVD to made-up sentences when it is made, as an embedder must
that brings its own vocabulary. User and system time of the command and of its child processes count; the two checkouts
take turns, and the ratio is that of the medians. "made" says how often the embedder was made in a run.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
from pathlib import Path

from processes import in_turn

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
DISTRIBUTION = "tfidf_of_the_benchmark"
FILES = {
    f"{DISTRIBUTION}.py": EMBEDDER,
    f"{DISTRIBUTION}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {DISTRIBUTION}\nVersion: 1.0\n",
    f"{DISTRIBUTION}-1.0.dist-info/entry_points.txt": f"[emotopy]\ntfidf = {DISTRIBUTION}\n",
}


def command(checkout: Path, folder: Path, sentences: int) -> list[str]:
    """Return the words that check the embedder with the code of a checkout."""
    paths = os.pathsep.join(str(path) for path in (checkout / "core", checkout / "plugins", folder))
    settings = [f"PYTHONPATH={paths}", f"TFIDF_MADE={folder / 'made'}", f"TFIDF_SENTENCES={sentences}"]
    return ["/usr/bin/env", *settings, sys.executable, "-m", "emotopy", "plugins", "check", "tfidf"]


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
            commands = {which: command(checkout, folder, sentences) for which, checkout in checkouts.items()}
            made: dict[str, int] = {}
            last = [""]

            def prepare(which: str, made: dict[str, int] = made, last: list[str] = last, folder: Path = folder) -> None:
                if last[0]:
                    made[last[0]] = len((folder / "made").read_text())
                (folder / "made").write_text("")
                last[0] = which

            used = in_turn(commands, repeats=asked.times, cwd=folder, warm_up=False, prepare=prepare)
            prepare("")
            medians = {which: statistics.median(one.cpu_s for one in runs) for which, runs in used.items()}
            for which, runs in used.items():
                low, high = min(one.cpu_s for one in runs), max(one.cpu_s for one in runs)
                spread = f"{medians[which]:6.2f} s ({low:.2f} to {high:.2f})"
                print(f"{sentences:6d} sentences, {which:6}: {spread}, made {made[which]}")
            print(f"{sentences:6d} sentences, ratio {medians['now'] / medians['before']:.2f}", flush=True)


if __name__ == "__main__":
    main()
