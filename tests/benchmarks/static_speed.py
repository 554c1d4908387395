"""Speed of the static embedder beside wordllama's own class, in one run on the same texts.

    python tests/benchmarks/static_speed.py FOLDER/goemotions/train.tsv [--repeats 5]

Ours runs as it is by default and without the option `negation`, which is what wordllama's class computes. All are
loaded and warmed up first; runs alternate, so that a busy machine slows all. Prints the median texts per second of
each, ratios, and the largest difference between the vectors of ours without negation and of wordllama's.
"""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from bench_table import Column, Settings, Table, goemotions_texts
from processes import Used, median, ratio, works_in_turn
from threadpoolctl import threadpool_limits

from emotopy_plugins.shared import static_vectors as static

NAMES = ("static",)


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


def measured(texts: list[str], repeats: int) -> tuple[dict[str, list[Used]], float]:
    """Return what the runs of each contender took, in turn, and the largest difference from the class' vectors."""
    contenders = {
        "emotopy static": static.StaticEmbedder().embed,
        "without negation": static.StaticEmbedder(negation=False).embed,
        "wordllama class": original_class(),
    }
    for embed in contenders.values():
        embed(texts[:100])
    found = works_in_turn({name: partial(embed, texts) for name, embed in contenders.items()}, repeats=repeats)
    difference = np.abs(contenders["without negation"](texts) - contenders["wordllama class"](texts)).max()
    return found, float(difference)


def tables(settings: Settings) -> list[Table]:
    """Return the embedder's speed beside wordllama's class."""
    texts = goemotions_texts(settings)
    if not texts or not settings.wants("static"):
        return []
    rows, differences = [], []
    for threads in settings.threads:
        os.environ["RAYON_NUM_THREADS"] = str(threads)  # what the tokenizers' threads are called
        with threadpool_limits(limits=threads):
            found, difference = measured(texts, settings.repeats)
        differences.append(difference)
        rows += [
            {
                "embedder": name,
                "threads": threads,
                "wall": len(texts) / median(runs).wall_s,
                "cpu": len(texts) / median(runs).cpu_s,
                "times": ratio(found["wordllama class"], runs).wall_s,
            }
            for name, runs in found.items()
        ]
    columns = (
        Column("embedder", "Embedder"),
        Column("threads", "threads"),
        Column("wall", "median", "texts/s"),
        Column("cpu", "by processor time", "texts/s"),
        Column("times", "times the class' speed"),
    )
    note = (
        f"{len(texts):,} comments of GoEmotions train; vectors without negation differ from the class' by at most "
        f"{max(differences):.0e}."
    )
    command = "python tests/benchmarks/static_speed.py ../shared/data/goemotions/train.tsv"
    return [Table("static", "Embedder `static` beside wordllama's class", command, columns, rows, note)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, help="tab-separated, text in the first column, no header")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    texts = [line.split("\t")[0] for line in options.texts.read_text(encoding="utf-8").splitlines()]
    found, difference = measured(texts, options.repeats)
    speeds = {name: len(texts) / median(runs).wall_s for name, runs in found.items()}
    print(f"{len(texts)} texts, median of {options.repeats} runs")
    for name, speed in speeds.items():
        slowest = max(run.wall_s for run in found[name])
        print(f"{name:16} {speed:8.0f} texts/s   (slowest run {len(texts) / slowest:.0f})")
    ours, plain, theirs = speeds.values()
    print(f"static is {ours / theirs:.2f} times as fast as wordllama's class, {plain / theirs:.2f} without negation")
    print(f"negation takes {plain / ours:.2f} times as long")
    print(f"largest difference of vectors {difference:.1e}")


if __name__ == "__main__":
    main()
