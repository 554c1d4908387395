"""Speed of the intensity scorers beside nrclex, in one run on the same texts.

    python tests/benchmarks/nrc_speed.py FOLDER/goemotions/train.tsv [--repeats 5]

Ours start from raw texts, tokenising included; nrclex is given token lists that were cut beforehand, since its own
tokeniser needs a download. Runs alternate, so that a busy machine slows all. Prints the median texts per second.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from emotopy_plugins.intensity_scorers.lexical import LexicalScorer
from emotopy_plugins.shared.nrc_files import read_bundled
from emotopy_plugins.shared.nrc_scorer import NrcScorer, plain_counts
from emotopy_plugins.shared.tokenizer import tokenize
from emotopy_plugins.shared.vader_rules import Rules


def nrclex_counts(token_lists: list[list[str]]) -> None:
    """Count with nrclex, one text after the other."""
    from nrclex import NRCLex

    scorer = NRCLex()
    for tokens in token_lists:
        scorer.load_token_list(tokens)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, help="tab-separated, text in the first column, no header")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    texts = [line.split("\t")[0] for line in options.texts.read_text(encoding="utf-8").splitlines()]

    words = read_bundled()
    token_lists = [tokenize(text) for text in texts]
    off = Rules(negation=False, intensifiers=False, capitals=False, exclamations=False)
    plain, ruled, lexical = NrcScorer(words, off), NrcScorer(words), LexicalScorer()
    contenders: dict[str, Callable[[], object]] = {
        "nrc, plain, raw texts": lambda: plain.score(texts),
        "nrc, all rules, raw texts": lambda: ruled.score(texts),
        "lexical, raw texts": lambda: lexical.score(texts),
        "plain_counts, token lists": lambda: plain_counts(token_lists, words),
        "nrclex, token lists": lambda: nrclex_counts(token_lists),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(options.repeats):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)

    print(f"{len(texts):,} texts, median of {options.repeats} runs")
    for name, taken in seconds.items():
        speed, slowest = len(texts) / statistics.median(taken), len(texts) / max(taken)
        print(f"{name:26} {speed:9,.0f} texts/s   (slowest run {slowest:,.0f})")


if __name__ == "__main__":
    main()
