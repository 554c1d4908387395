"""Speed of the static embedder beside wordllama's own class, in one run on the same texts.

    python tests/benchmarks/static_speed.py FOLDER/goemotions/train.tsv [--repeats 5]

Ours runs as it is by default and without the option `negation`, which is what wordllama's class computes. All are
loaded and warmed up first; runs alternate, so that a busy machine slows all. Prints the median texts per second of
each, ratios, and the largest difference between the vectors of ours without negation and of wordllama's.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from emotopy_plugins.shared import static_vectors as static


def original_class() -> Callable[[list[str]], np.ndarray]:
    """Return `embed` of wordllama's class with its defaults; built by hand, as its loader needs a download."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer
    from wordllama.inference import WordLlamaInference

    logging.getLogger().handlers.clear()
    folder = static.wordllama_folder()
    weights = load_file(folder / static.WEIGHTS)["embedding.weight"]
    model = WordLlamaInference(weights, Tokenizer.from_file(str(folder / static.TOKENIZER)))
    return lambda texts: model.embed(texts, norm=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, help="tab-separated, text in the first column, no header")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    texts = [line.split("\t")[0] for line in options.texts.read_text(encoding="utf-8").splitlines()]

    contenders = {
        "emotopy static": static.StaticEmbedder().embed,
        "without negation": static.StaticEmbedder(negation=False).embed,
        "wordllama class": original_class(),
    }
    for embed in contenders.values():
        embed(texts[:100])
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    vectors = {}
    for _ in range(options.repeats):
        for name, embed in contenders.items():
            start = time.perf_counter()
            vectors[name] = embed(texts)
            seconds[name].append(time.perf_counter() - start)

    speeds = {name: len(texts) / statistics.median(taken) for name, taken in seconds.items()}
    print(f"{len(texts)} texts, median of {options.repeats} runs")
    for name, speed in speeds.items():
        print(f"{name:16} {speed:8.0f} texts/s   (slowest run {len(texts) / max(seconds[name]):.0f})")
    ours, plain, theirs = speeds.values()
    print(f"static is {ours / theirs:.2f} times as fast as wordllama's class, {plain / theirs:.2f} without negation")
    print(f"negation takes {plain / ours:.2f} times as long")
    difference = np.abs(vectors["without negation"] - vectors["wordllama class"]).max()
    print(f"largest difference of vectors {difference:.1e}")


if __name__ == "__main__":
    main()
